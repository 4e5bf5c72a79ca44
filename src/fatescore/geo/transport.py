"""How one file comes from a mirror: the protocol, its errors, the partial file, a folder as mirror, and no mirror."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from fatescore.errors import FetchError, InputError
from fatescore.files import write_json

PREFIX = ".resume-"


class MissingError(Exception):
    """The mirror has no such file (404)."""


class RefusedError(Exception):
    """The mirror will not give the file (403 and the like)."""


class WrongContentError(Exception):
    """The file is something else altogether, such as a web page; another attempt will not help."""


class TransientError(Exception):
    """A connection fault, server overload or cut transfer; ``wait`` are the seconds that the server asks for."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class DamagedError(TransientError):
    """What has arrived is corrupted; another attempt must start from the beginning."""


class OutOfRangeError(DamagedError):
    """The server has no more than what is here; ``total`` bytes (-1: unknown)."""

    def __init__(self, total: int) -> None:
        super().__init__("the file is shorter than what has arrived of it")
        self.total = total


@dataclass(frozen=True)
class PartialFile:
    """Bytes of a download that will become ``final``, and the version of the served file that they belong to.

    It survives a killed process, so that the next run resumes. Versions are never mixed: the server is asked for the
    rest of that very version (If-Range), and sends the whole file when it has another.
    """

    final: Path

    @property
    def path(self) -> Path:
        """Where the bytes are until the file is complete."""
        return self.final.with_name(PREFIX + self.final.name)

    @property
    def _version_file(self) -> Path:
        return self.final.with_name(f"{PREFIX}{self.final.name}.json")

    def resumable(self, url: str) -> tuple[int, str]:
        """Return how many bytes are here and the version they belong to; 0 where the download must start anew."""
        try:
            record = json.loads(self._version_file.read_text(encoding="utf-8"))
            size = self.path.stat().st_size
        except (OSError, ValueError):
            return 0, ""
        if not isinstance(record, dict) or record.get("url") != url or not record.get("version"):
            return 0, ""
        return size, str(record["version"])

    def start(self, url: str, version: str) -> None:
        """Discard what is here; ``version`` identifies the served file, empty where the server does not."""
        self.discard()
        if version:
            write_json(self._version_file, {"url": url, "version": version})

    def finish(self) -> None:
        """Move the file to its final name."""
        self.path.replace(self.final)
        self.discard()

    def discard(self) -> None:
        """Remove what is here."""
        self._version_file.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


class Transport(Protocol):
    """Lists folders and copies one file, in one attempt each."""

    def list_files(self, url: str) -> list[str]:
        """Return the names of the files in a folder, sorted."""

    def size(self, url: str) -> int | None:
        """Return the file's size in bytes, ``None`` where it is unknown."""

    def download(self, url: str, target: PartialFile) -> str:
        """Write the file's bytes to ``target.path``; return its date, or an empty text."""


class FolderTransport:
    """A mirror on a disk, addressed by ``file://``."""

    def __init__(self, base_url: str) -> None:
        if not _local(base_url).is_dir():
            raise InputError(
                f"the mirror {base_url} is not a folder", expected="a copy of GEO's file tree", fix="check it"
            )

    def list_files(self, url: str) -> list[str]:
        """List a folder."""
        folder = _local(url)
        if not folder.is_dir():
            raise MissingError(url)
        return sorted(entry.name for entry in folder.iterdir() if entry.is_file())

    def size(self, url: str) -> int | None:
        """Return the size of a file."""
        return _local_file(url).stat().st_size

    def download(self, url: str, target: PartialFile) -> str:
        """Copy a file."""
        source = _local_file(url)
        try:
            target.start(url, "")
            shutil.copyfile(source, target.path)
        except PermissionError as error:
            raise RefusedError(f"{url} ({error.strerror})") from error
        return datetime.fromtimestamp(int(source.stat().st_mtime), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class OfflineTransport:
    """No mirror at all: every request is refused, and none is made."""

    def _refuse(self, url: str, target: PartialFile | None = None) -> NoReturn:
        del target
        raise FetchError(
            f"{url} is not here, and --offline forbids to ask for it", expected="files that were fetched before",
            fix="fetch them with a network first, or restore a bundle",
        )  # fmt: skip

    list_files = size = download = _refuse


def _local(url: str) -> Path:
    return Path(url2pathname(urlsplit(url).path))


def _local_file(url: str) -> Path:
    path = _local(url)
    if not path.is_file():
        raise MissingError(url)
    return path

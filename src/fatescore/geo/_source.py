"""Where files come from: a web server, a folder, or nowhere. Lists folders and copies one file; never tries twice."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from fatescore.errors import FetchError, InputError
from fatescore.geo._faults import MissingError, RefusedError
from fatescore.geo._partial import Partial
from fatescore.geo._web import WebSource
from fatescore.geo.progress import Watch, lines


class Source(Protocol):
    """What fetch needs of a mirror."""

    def names(self, url: str) -> list[str]:
        """Return the names of the files in a folder, sorted."""

    def copy(self, url: str, target: Partial) -> str:
        """Bring the file's bytes to ``target.path``; return its date, or an empty text."""

    def size(self, url: str) -> int | None:
        """Return the file's size in bytes, ``None`` where it is not told."""


class FolderSource:
    """A mirror on a disk, addressed by ``file://``."""

    def names(self, url: str) -> list[str]:
        """List a folder."""
        folder = _local(url)
        if not folder.is_dir():
            raise MissingError(url)
        return sorted(entry.name for entry in folder.iterdir() if entry.is_file())

    def size(self, url: str) -> int | None:
        """Look the size up."""
        source = _local(url)
        if not source.is_file():
            raise MissingError(url)
        return source.stat().st_size

    def copy(self, url: str, target: Partial) -> str:
        """Copy a file."""
        source = _local(url)
        if not source.is_file():
            raise MissingError(url)
        try:
            target.begin(url, "")
            shutil.copyfile(source, target.path)
        except PermissionError as error:
            raise RefusedError(f"{url} ({error.strerror})") from error
        return datetime.fromtimestamp(int(source.stat().st_mtime), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class NoSource:
    """No mirror at all: whatever is asked for is refused, and no request is made."""

    base_url: str

    def _refuse(self, url: str) -> FetchError:
        return FetchError(
            f"{url} is not here, and --offline forbids to ask for it", expected="files that were fetched before",
            fix="fetch them with a network first, or restore a bundle",
        )  # fmt: skip

    def names(self, url: str) -> list[str]:
        """Refuse."""
        raise self._refuse(url)

    def copy(self, url: str, target: Partial) -> str:
        """Refuse."""
        raise self._refuse(url)

    def size(self, url: str) -> int | None:
        """Refuse."""
        raise self._refuse(url)


def open_source(base_url: str, timeout: tuple[float, float], *, offline: bool = False, watch: Watch = lines) -> Source:
    """Return the source for the scheme of ``base_url``; ``watch`` hears how far a download is."""
    if offline:
        return NoSource(base_url)
    if not base_url.lower().startswith("file://"):
        return WebSource(timeout, watch)
    if not _local(base_url).is_dir():
        raise InputError(f"the mirror {base_url} is not a folder", expected="a copy of GEO's file tree", fix="check it")
    return FolderSource()


def _local(url: str) -> Path:
    return Path(url2pathname(urlsplit(url).path))

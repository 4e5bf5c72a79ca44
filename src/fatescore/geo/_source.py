"""Where files come from: a web server, a folder, or nowhere. Lists folders and copies one file; never tries twice."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import requests

from fatescore._version import __version__
from fatescore.errors import FetchError, InputError
from fatescore.geo._partial import Partial
from fatescore.geo._polite import polite

logger = logging.getLogger(__name__)

_BLOCK = 1 << 16  # what a killed run loses at most
SAY_EVERY = 15.0  # seconds between two lines about a long download
_RETRY_STATUS = {408, 425, 429, 500, 502, 503, 504}


class MissingError(Exception):
    """The server says that there is no such file (404)."""


class RefusedError(Exception):
    """The server will not give the file (403 and the like)."""


class TransientError(Exception):
    """Something that may pass: connection faults, server overload, a cut transfer."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class OutOfRangeError(TransientError):
    """The server has no more than what is here; ``total`` bytes (-1: it does not say)."""

    def __init__(self, total: int) -> None:
        super().__init__("the file is shorter than what has arrived of it")
        self.total = total


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
class WebSource:
    """A mirror on a web server. ``timeout`` holds the seconds to connect and between two blocks of bytes."""

    timeout: tuple[float, float] = (10.0, 60.0)

    def __post_init__(self) -> None:
        self.session = requests.Session()
        # identity: the served file is stored byte for byte, not what a proxy makes of it.
        self.session.headers.update({"User-Agent": f"fatescore/{__version__}", "Accept-Encoding": "identity"})

    def names(self, url: str) -> list[str]:
        """Read the links of a folder's index page."""
        folder = url.rstrip("/") + "/"
        with self._ask(folder) as answer:
            page = answer.text
        links = _Links()
        links.feed(page)
        own = unquote(urlsplit(answer.url).path)
        return sorted({name for link in links.found if (name := _child(link, own))})

    def size(self, url: str) -> int | None:
        """Ask for the head of the answer only."""
        with self._ask(url, method="HEAD") as answer:
            length = answer.headers.get("Content-Length", "")
            return int(length) if length.isdigit() else None

    def copy(self, url: str, target: Partial) -> str:
        """Download a file, or the rest of it where a part of the same version is here."""
        start, version = target.resumable(url)
        rest = {"Range": f"bytes={start}-", "If-Range": version} if start else {}
        try:
            return self._download(url, target, start, rest)
        except OutOfRangeError as error:
            if start and error.total == start:  # killed after its last byte
                return ""
            raise

    def _download(self, url: str, target: Partial, start: int, rest: Mapping[str, str]) -> str:
        with self._ask(url, rest) as answer:
            resumed = answer.status_code == 206
            if resumed and not answer.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                target.discard()
                raise TransientError("the server sent another part than the one asked for")
            if not resumed:
                target.begin(url, _version(answer))
            decode = not url.endswith((".gz", ".tar", ".tgz", ".h5", ".h5ad"))
            with target.path.open("ab" if resumed else "wb") as stream:
                _store(answer, stream, decode=decode)
            _check_length(answer)
            return _iso_date(answer.headers.get("Last-Modified", ""))

    @contextmanager
    def _ask(
        self, url: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> Iterator[requests.Response]:
        with polite(urlsplit(url).hostname or ""):
            try:
                answer = self.session.request(method, url, headers=headers, stream=True, timeout=self.timeout)
            except requests.exceptions.InvalidURL as error:
                raise MissingError(url) from error
            except requests.RequestException as error:
                raise TransientError(f"no answer ({_short(error)})") from error
            with answer:
                _check_status(answer, url)
                try:
                    yield answer
                except requests.RequestException as error:
                    raise TransientError(f"the transfer broke off ({_short(error)})") from error


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


def open_source(base_url: str, timeout: tuple[float, float], *, offline: bool = False) -> Source:
    """Return the source for the scheme of ``base_url``."""
    if offline:
        return NoSource(base_url)
    if not base_url.lower().startswith("file://"):
        return WebSource(timeout)
    if not _local(base_url).is_dir():
        raise InputError(f"the mirror {base_url} is not a folder", expected="a copy of GEO's file tree", fix="check it")
    return FolderSource()


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect link targets."""
        self.found += [value for key, value in attrs if tag == "a" and key == "href" and value]


def _child(link: str, folder: str) -> str:
    """Return the file name when ``link`` points to a file directly in ``folder``, else an empty text."""
    path = unquote(urlsplit(link).path)
    if path.startswith(folder):
        path = path[len(folder) :]
    return path.removeprefix("./") if path and "/" not in path.removeprefix("./") else ""


def _check_status(answer: requests.Response, url: str) -> None:
    if answer.status_code in (404, 410):
        raise MissingError(url)
    if answer.status_code in _RETRY_STATUS:
        raise TransientError(
            f"the server answered {answer.status_code}", _retry_after(answer.headers.get("Retry-After", ""))
        )
    if answer.status_code == 416:
        total = answer.headers.get("Content-Range", "").removeprefix("bytes */")
        raise OutOfRangeError(int(total) if total.isdigit() else -1)
    if not answer.ok:
        raise RefusedError(f"{url} (the server answered {answer.status_code})")


def _store(answer: requests.Response, stream: BinaryIO, *, decode: bool) -> None:
    length = answer.headers.get("Content-Length", "")
    of_all = f" of {int(length) / 1e6:.1f}" if length.isdigit() else ""
    said = time.monotonic()
    try:
        while block := answer.raw.read(_BLOCK, decode_content=decode):
            stream.write(block)
            if time.monotonic() - said > SAY_EVERY:
                said = time.monotonic()
                logger.info("%s: %.1f%s MB", answer.url, answer.raw.tell() / 1e6, of_all)
    except OSError:
        raise
    except Exception as error:  # urllib3's own errors; requests wraps them only in iter_content
        raise TransientError(f"the transfer broke off ({type(error).__name__})") from error


def _version(answer: requests.Response) -> str:
    """Return what names this version of the file to the server; weak tags and recoded bytes cannot be resumed."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        return ""
    tag = answer.headers.get("ETag", "")
    return tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")


def _check_length(answer: requests.Response) -> None:
    expected = answer.headers.get("Content-Length", "")
    seen = answer.raw.tell()
    if expected.isdigit() and seen != int(expected):
        raise TransientError(f"{seen} of {expected} bytes arrived")


def _retry_after(text: str) -> float:
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _iso_date(text: str) -> str:
    try:
        return parsedate_to_datetime(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError):
        return ""


def _short(error: Exception) -> str:
    return type(error).__name__


def _local(url: str) -> Path:
    return Path(url2pathname(urlsplit(url).path))

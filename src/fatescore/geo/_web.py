"""A mirror on a web server. Lists folders and copies one file; never tries twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import requests

from fatescore._version import __version__
from fatescore.geo._faults import MissingError, OutOfRangeError, RefusedError, TransientError
from fatescore.geo._partial import Partial
from fatescore.geo._polite import polite
from fatescore.geo.progress import Watch, lines

_BLOCK = 1 << 16  # what a killed run loses at most
_RETRY_STATUS = {408, 425, 429, 500, 502, 503, 504}


@dataclass
class WebSource:
    """A mirror on a web server.

    ``timeout`` holds the seconds to connect and between two blocks of bytes; ``watch`` hears how far a download is.
    """

    timeout: tuple[float, float] = (10.0, 60.0)
    watch: Watch = lines

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
            return _length(answer)

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
            here = start if resumed else 0
            rest_size = _length(answer)
            total = None if rest_size is None else here + rest_size
            with target.path.open("ab" if resumed else "wb") as stream, self.watch(url, here, total) as arrived:
                for block in _blocks(answer, decode=decode):
                    stream.write(block)
                    arrived(here + answer.raw.tell())
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


def _blocks(answer: requests.Response, *, decode: bool) -> Iterator[bytes]:
    try:
        while block := answer.raw.read(_BLOCK, decode_content=decode):
            yield block
    except Exception as error:  # urllib3's own errors; requests wraps them only in iter_content
        raise TransientError(f"the transfer broke off ({type(error).__name__})") from error


def _length(answer: requests.Response) -> int | None:
    text = answer.headers.get("Content-Length", "")
    return int(text) if text.isdigit() else None


def _version(answer: requests.Response) -> str:
    """Return what names this version of the file to the server; weak tags and recoded bytes cannot be resumed."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        return ""
    tag = answer.headers.get("ETag", "")
    return tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")


def _check_length(answer: requests.Response) -> None:
    expected, seen = _length(answer), answer.raw.tell()
    if expected is not None and seen != expected:
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

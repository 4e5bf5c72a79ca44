"""A mirror on a web server, within a request rate that all jobs of a user on this machine share."""

from __future__ import annotations

import getpass
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests
from filelock import FileLock, Timeout
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from fatescore._version import __version__
from fatescore.geo.progress import ProgressReporter, log_progress
from fatescore.geo.transport import MissingError, OutOfRangeError, PartialFile, RefusedError, TransientError

_BLOCK = 1 << 16  # what a killed run loses at most
_RETRY_STATUS = {408, 425, 429, 500, 502, 503, 504}
# NCBI asks for at most three requests a second and a few downloads at once.
MAX_CONCURRENT = 2
MIN_INTERVAL = 0.34  # seconds between two requests
_POLL = 0.05
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass
class HttpTransport:
    """A mirror on a web server; ``timeout`` in seconds to connect and between two blocks of bytes."""

    timeout: tuple[float, float] = (10.0, 60.0)
    progress: ProgressReporter = log_progress

    def __post_init__(self) -> None:
        self.session = requests.Session()
        # identity: the served file is stored byte for byte, not what a proxy makes of it.
        self.session.headers.update({"User-Agent": f"fatescore/{__version__}", "Accept-Encoding": "identity"})

    def list_files(self, url: str) -> list[str]:
        """Read the links of a folder's index page."""
        with self._request(url.rstrip("/") + "/") as response:
            return _index_page_files(response.text, response.url)

    def size(self, url: str) -> int | None:
        """Make a HEAD request."""
        with self._request(url, method="HEAD") as response:
            return _content_length(response)

    def download(self, url: str, target: PartialFile) -> str:
        """Download a file, or the rest of it where a part of the same version is here."""
        start, version = target.resumable(url)
        headers = {"Range": f"bytes={start}-", "If-Range": version} if start else {}
        try:
            return self._download(url, target, start, headers)
        except OutOfRangeError as error:
            if start and error.total == start:  # killed after its last byte
                return ""
            raise

    def _download(self, url: str, target: PartialFile, start: int, headers: Mapping[str, str]) -> str:
        with self._request(url, headers) as response:
            resumed = response.status_code == 206
            if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                target.discard()
                raise TransientError("the server sent another part than the one asked for")
            if not resumed:
                start = 0
                target.start(url, _version(response))
            decode = not url.endswith((".gz", ".tar", ".tgz", ".h5", ".h5ad"))
            length = _content_length(response)
            total = None if length is None else start + length
            with target.path.open("ab" if resumed else "wb") as stream, self.progress(url, start, total) as update:
                for block in _blocks(response, decode=decode):
                    stream.write(block)
                    update(start + response.raw.tell())
            received = response.raw.tell()
            if length is not None and received != length:
                raise TransientError(f"{received} of {length} bytes arrived")
            return _iso_date(response.headers.get("Last-Modified", ""))

    @contextmanager
    def _request(
        self, url: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> Iterator[requests.Response]:
        with rate_limit(urlsplit(url).hostname or ""):
            try:
                response = self.session.request(method, url, headers=headers, stream=True, timeout=self.timeout)
            except requests.exceptions.InvalidURL as error:
                raise MissingError(url) from error
            except requests.RequestException as error:
                raise TransientError(f"no answer ({type(error).__name__})") from error
            with response:
                _check_status(response, url)
                try:
                    yield response
                except requests.RequestException as error:
                    raise _broken_off(error) from error


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect link targets."""
        self.targets += [value for key, value in attrs if tag == "a" and key == "href" and value]


def _index_page_files(page: str, url: str) -> list[str]:
    """Return the files that a web server's index page of the folder ``url`` links to, sorted."""
    links = _Links()
    links.feed(page)
    folder = unquote(urlsplit(url).path)
    paths = (unquote(urlsplit(link).path).removeprefix(folder).removeprefix("./") for link in links.targets)
    return sorted({path for path in paths if path and "/" not in path})


def _check_status(response: requests.Response, url: str) -> None:
    status = response.status_code
    if status in (404, 410):
        raise MissingError(url)
    if status in _RETRY_STATUS:
        wait = 0.0
        with suppress(InvalidHeader):
            wait = Retry().parse_retry_after(response.headers.get("Retry-After", ""))
        raise TransientError(f"the server answered {status}", wait)
    if status == 416:
        total = response.headers.get("Content-Range", "").removeprefix("bytes */")
        raise OutOfRangeError(int(total) if total.isdigit() else -1)
    if not response.ok:
        raise RefusedError(f"{url} (the server answered {status})")


def _blocks(response: requests.Response, *, decode: bool) -> Iterator[bytes]:
    try:
        while block := response.raw.read(_BLOCK, decode_content=decode):
            yield block
    except Exception as error:  # urllib3's own errors; requests wraps them only in iter_content
        raise _broken_off(error) from error


def _broken_off(error: Exception) -> TransientError:
    return TransientError(f"the transfer broke off ({type(error).__name__})")


def _content_length(response: requests.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdigit() else None


def _version(response: requests.Response) -> str:
    """Return what identifies this version of the file; weak tags and recoded bytes cannot be resumed."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return ""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _iso_date(text: str) -> str:
    try:
        return parsedate_to_datetime(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError):
        return ""


@contextmanager
def rate_limit(host: str, folder: Path | None = None) -> Iterator[None]:
    """Hold one of the connections allowed to a host, and keep the interval between requests.

    This machine itself is not limited. The locks are in a folder of the user among the machine's temporary files.
    """
    if host in _LOOPBACK and folder is None:
        yield
        return
    folder = folder or Path(tempfile.gettempdir()) / f"fatescore-{getpass.getuser()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        _acquire_connection(stack, folder, host)
        _wait_interval(folder, host)
        yield


def _acquire_connection(stack: ExitStack, folder: Path, host: str) -> None:
    locks = [FileLock(folder / f"{host}.{k}.lock") for k in range(MAX_CONCURRENT)]
    while True:
        for lock in locks:
            with suppress(Timeout):
                stack.enter_context(lock.acquire(timeout=0))
                return
        time.sleep(_POLL)


def _wait_interval(folder: Path, host: str) -> None:
    last = folder / f"{host}.last"
    with FileLock(folder / f"{host}.interval.lock"):
        try:
            elapsed = time.time() - last.stat().st_mtime
        except OSError:
            elapsed = MIN_INTERVAL
        if 0 <= elapsed < MIN_INTERVAL:
            time.sleep(MIN_INTERVAL - elapsed)
        last.touch()

"""A mirror of GEO's file tree: its listings, and its files one at a time, retried as long as that may help."""

from __future__ import annotations

import gzip
import logging
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import tenacity

from fatescore.errors import FetchError
from fatescore.geo.accession import Accession, is_safe_name
from fatescore.geo.http_transport import HttpTransport
from fatescore.geo.progress import ProgressReporter, log_progress
from fatescore.geo.transport import (
    DamagedError,
    FolderTransport,
    MissingError,
    OfflineTransport,
    PartialFile,
    RefusedError,
    TransientError,
    Transport,
    WrongContentError,
)
from fatescore.packed import GZIP

logger = logging.getLogger(__name__)

T = TypeVar("T")

_BLOCK = 1 << 20
_HTML = (b"<!doctype html", b"<html", b"<head", b"<script")


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long to try.

    ``attempts`` in all; ``initial_wait`` seconds double with each attempt up to ``max_wait`` and are jittered; a
    server's Retry-After counts when it is longer, and one beyond ``max_wait`` ends the attempts. ``connect_timeout``
    and ``read_timeout`` are in seconds.
    """

    attempts: int = 5
    initial_wait: float = 1.0
    max_wait: float = 120.0
    connect_timeout: float = 10.0
    read_timeout: float = 60.0


DEFAULT_RETRY = RetryPolicy()


@dataclass(frozen=True)
class Mirror:
    """Where files come from, below ``base``."""

    base: str
    transport: Transport
    retry: RetryPolicy

    @classmethod
    def open(
        cls, base: str, retry: RetryPolicy, *, offline: bool = False, progress: ProgressReporter = log_progress
    ) -> Mirror:
        """Return the mirror at an address, with the transport for its scheme."""
        if offline:
            return cls(base, OfflineTransport(), retry)
        if base.lower().startswith("file://"):
            return cls(base, FolderTransport(base), retry)
        return cls(base, HttpTransport((retry.connect_timeout, retry.read_timeout), progress), retry)

    def url(self, relative: str) -> str:
        """Return the address of a file; one that is complete already stays as it is."""
        return relative if "://" in relative else f"{self.base}/{quote(relative)}"

    def matrices(self, accession: Accession) -> tuple[list[str], bool]:
        """Return the names of the series matrices, and whether the usual one was only guessed."""
        names = [name for name in self._list(accession.subfolder("matrix")) if name.endswith("_series_matrix.txt.gz")]
        return names or [accession.default_matrix], not names

    def supplementary(self, accession: Accession) -> list[str]:
        """Return the names of the supplementary files: from the folder's index, or from its ``filelist.txt``."""
        names = [name for name in self._list(accession.subfolder("suppl")) if name != "filelist.txt"]
        return names or self._from_filelist(accession)

    def size(self, relative: str) -> int | None:
        """Return a file's size in bytes, ``None`` where it is unknown."""
        url = self.url(relative)
        return self._retrying(lambda: self.transport.size(url), url)

    def download(self, relative: str, target: PartialFile) -> str:
        """Download a file, complete and checked, to ``target.path``; return its date."""
        url = self.url(relative)

        def attempt() -> str:
            try:
                date = self.transport.download(url, target)
                _check(target.path, url)
            except (DamagedError, WrongContentError):
                target.discard()
                raise
            return date

        try:
            return self._retrying(attempt, url)
        except WrongContentError as error:
            raise FetchError(
                f"{url} is not the file it should be: {error}",
                fix="open the address in a browser, or use another --base-url",
            ) from error
        except RefusedError as error:
            raise FetchError(
                f"the mirror refuses {error}", expected="a file that may be read", fix="ask the mirror's owner"
            ) from error
        except OSError as error:
            raise FetchError(f"{url} cannot be stored at {target.final} ({error.strerror or error})") from error

    def _list(self, folder: str) -> list[str]:
        url = f"{self.base}/{folder}"
        try:
            return [name for name in self._retrying(lambda: self.transport.list_files(url), url) if is_safe_name(name)]
        except (MissingError, RefusedError):
            return []

    def _from_filelist(self, accession: Accession) -> list[str]:
        with tempfile.TemporaryDirectory() as scratch:
            target = PartialFile(Path(scratch) / "filelist.txt")
            try:
                self.download(f"{accession.subfolder('suppl')}/filelist.txt", target)
            except MissingError:
                return []
            rows = [line.split("\t") for line in target.path.read_text("utf-8", "replace").splitlines()]
        own = f"{accession}_"  # the others are members of the archive
        names = {row[1] for row in rows if len(row) > 1 and (row[0] == "Archive" or row[1].startswith(own))}
        return sorted(filter(is_safe_name, names))

    def _retrying(self, action: Callable[[], T], url: str) -> T:
        retry = self.retry
        backoff = tenacity.wait_exponential(retry.initial_wait, retry.max_wait) + tenacity.wait_random(
            0, retry.initial_wait
        )

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            return max(backoff(state), getattr(error, "wait", 0.0))

        def may_pass(error: BaseException) -> bool:
            return isinstance(error, TransientError) and error.wait <= retry.max_wait

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(retry.attempts),
            wait=wait,
            retry=tenacity.retry_if_exception(may_pass),
            before_sleep=tenacity.before_sleep_log(logger, logging.INFO),
            reraise=True,
        )
        try:
            return retrying(action)
        except TransientError as error:
            attempts = retrying.statistics.get("attempt_number", 1)
            raise FetchError(
                f"{url} could not be downloaded completely in {attempts} attempts: {error}",
                fix="try again later, or use another mirror with --base-url",
            ) from error


def _check(path: Path, name: str) -> None:
    """Read a file to its end; the ending of the name it was asked for under says what it must be."""
    with path.open("rb") as stream:
        head = stream.read(512)
    if not head:
        raise WrongContentError("the answer is empty")
    if _is_html(head) and not name.endswith((".html", ".htm")):
        raise WrongContentError("the answer is a web page, not the file")
    if name.endswith((".gz", ".tgz")):
        if not head.startswith(GZIP):
            raise WrongContentError("the answer is not gzip although its name ends in .gz")
        _check_gzip(path)
    if name.endswith((".tar", ".tar.gz", ".tgz")):
        _check_tar(path)


def _is_html(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML)


def _check_gzip(path: Path) -> None:
    try:
        with gzip.open(path) as stream:
            if _is_html(stream.read(512)):  # a page compressed in transfer would pass for the file
                raise WrongContentError("the answer is a web page, not the file")
            while stream.read(_BLOCK):
                pass
    except (EOFError, OSError, zlib.error) as error:
        raise DamagedError(f"gzip cannot be read to its end ({error})") from error


def _check_tar(path: Path) -> None:
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is None:
                    continue
                size = 0
                while block := stream.read(_BLOCK):
                    size += len(block)
                if size != member.size:
                    raise DamagedError(f"tar member {member.name} has {size} of {member.size} bytes")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise DamagedError(f"tar cannot be read to its end ({error})") from error

"""A mirror of GEO's file tree: what it holds, and one file at a time, tried as often as is worth it."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import tenacity

from fatescore.errors import FetchError
from fatescore.geo import _verify
from fatescore.geo._faults import MissingError, OutOfRangeError, RefusedError, TransientError
from fatescore.geo._names import is_plain
from fatescore.geo._partial import Partial
from fatescore.geo._source import Source
from fatescore.geo.accession import Accession, join

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How often and how long to try.

    ``tries`` in all; ``first_wait`` seconds doubles with each try up to ``longest_wait`` and is jittered; a server's
    Retry-After counts when it is longer, and a demand beyond ``longest_wait`` ends the attempt. ``connect`` and
    ``read`` are time limits in seconds.
    """

    tries: int = 5
    first_wait: float = 1.0
    longest_wait: float = 120.0
    connect: float = 10.0
    read: float = 60.0


PATIENT = Patience()


@dataclass(frozen=True)
class Mirror:
    """Where files come from, below ``base``."""

    base: str
    source: Source
    patience: Patience

    def url(self, relative: str) -> str:
        """Return the address of a file; one that is whole already stays as it is."""
        return relative if "://" in relative else join(self.base, quote(relative))

    def matrices(self, accession: Accession) -> tuple[list[str], bool]:
        """Return the names of the series matrices, and whether the usual one was only guessed."""
        names = [name for name in self._list(accession.part("matrix")) if name.endswith("_series_matrix.txt.gz")]
        return names or [accession.default_matrix], not names

    def supplementary(self, accession: Accession) -> list[str]:
        """Return the names of the supplementary files, as the folder's index or its ``filelist.txt`` says."""
        folder = accession.part("suppl")
        return [name for name in self._list(folder) if name != "filelist.txt"] or self._from_filelist(accession)

    def size(self, relative: str) -> int | None:
        """Return a file's size, ``None`` where the server does not tell."""
        url = self.url(relative)
        return self._retry(lambda: self.source.size(url), url)

    def bring(self, relative: str, part: Partial) -> str:
        """Bring a file whole; return its date."""
        url = self.url(relative)

        def once() -> str:
            try:
                date = self.source.copy(url, part)
                _verify.check(part.path, url)
            except (OutOfRangeError, _verify.DamagedError) as error:  # nothing of it can be trusted
                part.discard()
                raise TransientError(str(error)) from error
            except _verify.WrongContentError as error:
                part.discard()
                raise FetchError(
                    f"{url} is not the file it should be: {error}",
                    fix="open the address in a browser, or use another --base-url",
                ) from error
            return date

        try:
            return self._retry(once, url)
        except RefusedError as error:
            raise FetchError(
                f"the mirror refuses {error}", expected="a file that may be read", fix="ask the mirror's owner"
            ) from error
        except OSError as error:
            raise FetchError(f"{url} cannot be stored at {part.final} ({error.strerror or error})") from error

    def _list(self, folder: str) -> list[str]:
        url = join(self.base, folder)
        try:
            return [name for name in self._retry(lambda: self.source.names(url), url) if is_plain(name)]
        except (MissingError, RefusedError):
            return []

    def _from_filelist(self, accession: Accession) -> list[str]:
        """Read names from ``filelist.txt`` where a server shows no index: the archive, and the series' own files."""
        with tempfile.TemporaryDirectory() as scratch:
            part = Partial(Path(scratch) / "filelist.txt")
            try:
                self.bring(join(accession.part("suppl"), "filelist.txt"), part)
            except MissingError:
                return []
            rows = [line.split("\t") for line in part.path.read_text(encoding="utf-8", errors="replace").splitlines()]
        own = str(accession) + "_"
        names = {row[1] for row in rows if len(row) > 1 and (row[0] == "Archive" or row[1].startswith(own))}
        return sorted(filter(is_plain, names))

    def _retry(self, action: Callable[[], T], url: str) -> T:
        patience = self.patience
        backoff = tenacity.wait_exponential(patience.first_wait, patience.longest_wait) + tenacity.wait_random(
            0, patience.first_wait
        )

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            return max(backoff(state), getattr(error, "wait", 0.0))

        def worth_it(error: BaseException) -> bool:
            return isinstance(error, TransientError) and error.wait <= patience.longest_wait

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(patience.tries),
            wait=wait,
            retry=tenacity.retry_if_exception(worth_it),
            before_sleep=tenacity.before_sleep_log(logger, logging.INFO),
            reraise=True,
        )
        try:
            return retrying(action)
        except TransientError as error:
            tries = retrying.statistics.get("attempt_number", 1)
            raise FetchError(
                f"{url} did not arrive whole in {tries} tries: {error}",
                fix="try again later, or use another mirror with --base-url",
            ) from error

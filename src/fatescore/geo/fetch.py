"""Bring the files of an accession here, whole, and pin them. The only part of fatescore that uses the network."""

from __future__ import annotations

import fnmatch
import logging
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import tenacity
from filelock import FileLock

from fatescore._files import atomic_path, sha256
from fatescore.errors import FetchError, InputError, nearest
from fatescore.geo import _verify
from fatescore.geo._lock import Lock
from fatescore.geo._peek import has_rows, platform_ids
from fatescore.geo._source import MissingError, RefusedError, Source, TransientError, open_source
from fatescore.geo.accession import DEFAULT_BASE_URL, Accession, check_base_url, join
from fatescore.typing import StrPath

logger = logging.getLogger(__name__)

T = TypeVar("T")

WHAT = ("auto", "matrix", "soft", "suppl", "platform")


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


@dataclass
class Fetched:
    """What :func:`fetch` brought.

    ``folder`` holds ``files`` (relative paths, sorted) and ``lock.json``. ``notes`` says what was absent upstream,
    ``changed`` names files whose upstream copy differs from the pinned one, which was kept.
    """

    accession: str
    folder: Path
    files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def fetch(
    accession: str,
    dest: StrPath,
    *,
    base_url: str = DEFAULT_BASE_URL,
    what: str | Sequence[str] = "auto",
    file: str = "",
    refresh: bool = False,
    patience: Patience = Patience(),
) -> Fetched:
    """Fetch the files of a GEO series or platform, prove that they are whole, and pin them.

    Parameters
    ----------
    accession
        ``GSE...`` or ``GPL...``.
    dest
        Folder that gets one folder per accession: ``matrix/``, ``soft/``, ``suppl/``, ``platform/``, ``lock.json``.
    base_url
        Root of GEO's file tree, or of a mirror of it: ``https://``, ``http://`` or ``file://``.
    what
        ``matrix``, ``soft``, ``suppl``, ``platform``, or ``auto``: the matrix, then the platform's annotation when
        the matrix has values, the supplementary files when it has none.
    file
        Glob that chooses among supplementary files; one that matches none of them is not used here.
    refresh
        Ask the server again for pinned files and report a change. Without it a pinned and undamaged file causes
        no request at all.
    patience
        Tries, waits and time limits.

    Returns
    -------
    The files and what is worth knowing about them.

    Raises
    ------
    InputError
        When the accession, the address or ``what`` is not valid.
    FetchError
        When the accession is unknown at the mirror, a file is refused, or stays damaged after the last try.
    """
    target = Accession.parse(accession)
    kinds = _kinds(what, target)
    base = check_base_url(base_url)
    folder = Path(dest) / str(target)
    source = open_source(base, (patience.connect, patience.read))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be made ({error.strerror})", expected="a folder that may be written to",
            fix="choose another --dest",
        ) from error  # fmt: skip
    with FileLock(folder / ".fetch.lock"):
        for rest in folder.rglob(".part-*"):  # of a run that was killed
            rest.unlink() if rest.is_file() else shutil.rmtree(rest)
        job = _Job(target, folder, base, source, Lock.read(folder, str(target), base), file, refresh, patience)
        try:
            for kind in kinds:
                getattr(job, f"get_{kind}")()
        except FetchError:
            _forget_if_bare(folder)
            raise
        return job.result()


def _forget_if_bare(folder: Path) -> None:
    """Leave no folder behind for an accession of which nothing could be had."""
    kept = [path for path in folder.rglob("*") if path.is_file() and path.name not in {"lock.json", ".fetch.lock"}]
    if not kept:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Job:
    accession: Accession
    folder: Path
    base: str
    source: Source
    lock: Lock
    file: str
    refresh: bool
    patience: Patience
    notes: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)

    def get_auto(self) -> None:
        if self.accession.kind == "GPL":
            self.get_platform()
            return
        known = self._pinned("matrix")
        matrices = known if known is not None else self._matrices()
        if not matrices:
            self.notes.append(f"{self.accession} has no series matrix at {self.base}")
        if any(has_rows(self.folder / name) for name in matrices):
            self.get_platform()
            return
        self.get_suppl()
        if not matrices and not self.lock.what.get("suppl"):
            raise self._unknown()

    def get_matrix(self) -> None:
        if self._pinned("matrix") is None and not self._matrices():
            raise self._unknown("series matrix")

    def get_soft(self) -> None:
        if self._pinned("soft") is None:
            name = f"soft/{self.accession.family}"
            try:
                self._bring(join(self.accession.part("soft"), self.accession.family), name)
            except MissingError as error:
                raise self._unknown("family SOFT file") from error
            self._complete("soft", [name])

    def get_suppl(self) -> None:
        pinned = self._pinned("suppl")
        names = self._supplementary() if pinned is None else pinned
        if not names:
            self.notes.append(f"{self.accession} has no supplementary files at {self.base}")
        if pinned is not None:
            return
        chosen = [name for name in names if fnmatch.fnmatch(name, self.file)] if self.file else []
        brought = []
        for name in chosen or names:
            self._bring(join(self.accession.part("suppl"), name), f"suppl/{name}")
            brought.append(f"suppl/{name}")
        self._complete("suppl", brought)

    def get_platform(self) -> None:
        pinned = self._pinned("platform")
        platforms = self._platforms()
        if pinned is not None:
            absent = [name for name in platforms if f"platform/{name}.annot.gz" not in pinned]
            self.notes += [f"{name} has no annotation file at {self.lock.base_url}" for name in absent]
            return
        brought = []
        for platform in platforms:
            name = f"platform/{platform}.annot.gz"
            try:
                self._bring(Accession.parse(platform).annotation, name)
                brought.append(name)
            except MissingError:
                self.notes.append(f"{platform} has no annotation file at {self.base}")
        if self.accession.kind == "GPL" and not brought:
            raise self._unknown("annotation file")
        self._complete("platform", brought)

    def _platforms(self) -> list[str]:
        if self.accession.kind == "GPL":
            return [str(self.accession)]
        matrices = self._pinned("matrix")
        matrices = matrices if matrices is not None else self._matrices()
        return sorted({name for path in matrices for name in platform_ids(self.folder / path)})

    def result(self) -> Fetched:
        for note in self.notes:
            logger.info("%s", note)
        for name in self.changed:
            logger.warning("%s changed upstream since it was pinned; the pinned file is kept", name)
        return Fetched(str(self.accession), self.folder, sorted(self.files), self.notes, self.changed)

    # --- one kind ---------------------------------------------------------------------------------------

    def _pinned(self, kind: str) -> list[str] | None:
        names = self.lock.what.get(kind)
        if names is None or self.refresh or not all(self.lock.is_whole(self.folder, name) for name in names):
            return None
        self.files.update(names)
        return names

    def _complete(self, kind: str, names: list[str]) -> None:
        self.lock.what[kind] = sorted(names)
        self.lock.write(self.folder)

    def _matrices(self) -> list[str]:
        names = [name for name in self._list("matrix") if name.endswith("_series_matrix.txt.gz")]
        guessed = not names
        brought = []
        for name in names or [self.accession.default_matrix]:
            try:
                self._bring(join(self.accession.part("matrix"), name), f"matrix/{name}")
            except MissingError:
                if guessed:
                    return []
                raise self._unknown(name) from None
            brought.append(f"matrix/{name}")
        self._complete("matrix", brought)
        return brought

    def _supplementary(self) -> list[str]:
        names = [name for name in self._list("suppl") if name != "filelist.txt"]
        return names or self._from_filelist()

    def _from_filelist(self) -> list[str]:
        """Read names from ``filelist.txt`` where a server shows no index: the archive, and the series' own files."""
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".part-") as scratch:
            part = Path(scratch) / "filelist.txt"
            try:
                self._try(join(self.base, join(self.accession.part("suppl"), "filelist.txt")), part)
            except MissingError:
                return []
            rows = [line.split("\t") for line in part.read_text(encoding="utf-8", errors="replace").splitlines()]
        own = str(self.accession) + "_"
        return sorted(row[1] for row in rows if len(row) > 1 and (row[0] == "Archive" or row[1].startswith(own)))

    def _list(self, part: str) -> list[str]:
        url = join(self.base, self.accession.part(part))
        try:
            return self._retry(lambda: self.source.names(url), url)
        except (MissingError, RefusedError):
            return []

    # --- one file ---------------------------------------------------------------------------------------

    def _bring(self, relative: str, name: str) -> None:
        """Fetch one file to ``name`` unless the pinned copy is whole."""
        whole = self.lock.is_whole(self.folder, name)
        if whole and not self.refresh:
            self.files.add(name)
            return
        url = join(self.base, quote(relative))
        final = self.folder / name
        final.parent.mkdir(parents=True, exist_ok=True)
        pin = self.lock.files.get(name)
        with atomic_path(final) as part:
            date = self._try(url, part)
            new = {"url": url, "size": part.stat().st_size, "sha256": sha256(part), "date": date}
            if pin is not None and new["sha256"] != pin["sha256"]:
                if not whole:
                    raise FetchError(
                        f"{url} is no longer the file pinned in {self.folder / 'lock.json'}",
                        expected=f"sha256 {pin['sha256']}, found {new['sha256']}",
                        fix="remove its entry from the lock file to accept the new one",
                    )
                self.changed.append(url)
                part.write_bytes(final.read_bytes())
        self.files.add(name)
        if pin is None:
            self.lock.files[name] = new
            self.lock.write(self.folder)

    def _try(self, url: str, part: Path) -> str:
        def once() -> str:
            date = self.source.copy(url, part)
            try:
                _verify.check(part, url)
            except _verify.DamagedError as error:
                raise TransientError(str(error)) from error
            except _verify.WrongContentError as error:
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
            raise FetchError(f"{url} cannot be stored in {self.folder} ({error.strerror or error})") from error

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

    def _unknown(self, wanted: str = "") -> FetchError:
        lacking = f" (no {wanted})" if wanted else ""
        return FetchError(f"{self.accession} is not at {self.base}{lacking}", fix="check the accession or the mirror")


def _kinds(what: str | Sequence[str], accession: Accession) -> list[str]:
    kinds = [kind.strip() for kind in what.split(",")] if isinstance(what, str) else list(what)
    for kind in kinds:
        if kind not in WHAT:
            raise InputError(f'"{kind}" cannot be fetched', expected=", ".join(WHAT), fix=nearest(kind, WHAT))
    if accession.kind == "GSM":
        raise InputError(
            f"{accession} is a sample", expected="a series (GSE) or platform (GPL)", fix="fetch its series"
        )
    return kinds

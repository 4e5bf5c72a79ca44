"""Bring the files of an accession here, whole, and pin them. The only part of fatescore that uses the network."""

from __future__ import annotations

import fnmatch
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from fatescore._files import sha256
from fatescore.errors import FetchError, InputError, nearest
from fatescore.geo._lock import Lock
from fatescore.geo._mirror import PATIENT, Mirror, Patience
from fatescore.geo._partial import Partial
from fatescore.geo._peek import has_rows, platform_ids
from fatescore.geo._source import MissingError, open_source
from fatescore.geo.accession import DEFAULT_BASE_URL, Accession, check_base_url, join
from fatescore.typing import StrPath

logger = logging.getLogger(__name__)

WHAT = ("auto", "matrix", "soft", "suppl", "platform", "counts")


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
    offline: bool = False,
    patience: Patience = PATIENT,
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
        ``matrix``, ``soft``, ``suppl``, ``platform``, ``counts`` (the raw counts that NCBI makes of human and mouse
        RNA-seq), or ``auto``: the matrix, then the platform's annotation when the matrix has values, the
        supplementary files when it has none.
    file
        Glob that chooses among supplementary files; one that matches none of them is not used here.
    refresh
        Ask the server again for pinned files and report a change. Without it a pinned and undamaged file causes
        no request at all.
    offline
        Make no request at all: everything that is needed must be here already.
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
    kinds = kinds_of(what, target)
    base = check_base_url(base_url)
    folder = Path(dest) / str(target)
    mirror = Mirror(base, open_source(base, (patience.connect, patience.read), offline=offline), patience)
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
        job = _Job(target, folder, mirror, Lock.read(folder, str(target), base), file, refresh)
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
    mirror: Mirror
    lock: Lock
    file: str
    refresh: bool
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
            self.notes.append(f"{self.accession} has no series matrix at {self.mirror.base}")
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
        names = self.mirror.supplementary(self.accession) if pinned is None else pinned
        if not names:
            self.notes.append(f"{self.accession} has no supplementary files at {self.mirror.base}")
        if pinned is not None:
            return
        brought = []
        for name in choose(names, self.file):
            self._bring(join(self.accession.part("suppl"), name), f"suppl/{name}")
            brought.append(f"suppl/{name}")
        self._complete("suppl", brought)

    def get_counts(self) -> None:
        if self._pinned("counts") is not None:
            return
        for address, name in self.accession.counts(self.mirror.base):
            try:
                self._bring(address, f"counts/{name}")
            except MissingError:
                continue
            self._complete("counts", [f"counts/{name}"])
            return
        self.notes.append(f"NCBI has made no counts of {self.accession}")
        self._complete("counts", [])

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
                self.notes.append(f"{platform} has no annotation file at {self.mirror.base}")
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
        names, guessed = self.mirror.matrices(self.accession)
        brought = []
        for name in names:
            try:
                self._bring(join(self.accession.part("matrix"), name), f"matrix/{name}")
            except MissingError:
                if guessed:
                    return []
                raise self._unknown(name) from None
            brought.append(f"matrix/{name}")
        self._complete("matrix", brought)
        return brought

    # --- one file ---------------------------------------------------------------------------------------

    def _bring(self, relative: str, name: str) -> None:
        """Fetch one file to ``name`` unless the pinned copy is whole."""
        whole = self.lock.is_whole(self.folder, name)
        if whole and not self.refresh:
            self.files.add(name)
            return
        url = self.mirror.url(relative)
        final = self.folder / name
        final.parent.mkdir(parents=True, exist_ok=True)
        pin = self.lock.files.get(name)
        part = Partial(final)
        date = self.mirror.bring(relative, part)
        new = {"url": url, "size": part.path.stat().st_size, "sha256": sha256(part.path), "date": date}
        changed = pin is not None and new["sha256"] != pin["sha256"]
        if not changed:
            part.finish()
        else:
            part.discard()
            if not whole:
                raise FetchError(
                    f"{url} is no longer the file pinned in {self.folder / 'lock.json'}",
                    expected=f"sha256 {pin['sha256'] if pin else ''}, found {new['sha256']}",
                    fix="remove its entry from the lock file to accept the new one",
                )
            self.changed.append(url)
        self.files.add(name)
        if pin is None:
            self.lock.files[name] = new
            self.lock.write(self.folder)

    def _unknown(self, wanted: str = "") -> FetchError:
        lacking = f" (no {wanted})" if wanted else ""
        return FetchError(
            f"{self.accession} is not at {self.mirror.base}{lacking}", fix="check the accession or the mirror"
        )


def choose(names: list[str], file: str) -> list[str]:
    """Return the names that the glob ``file`` matches; all where it matches none."""
    return [name for name in names if file and fnmatch.fnmatch(name, file)] or names


def kinds_of(what: str | Sequence[str], accession: Accession) -> list[str]:
    """Return the kinds of files that are asked for, checked."""
    kinds = [kind.strip() for kind in what.split(",")] if isinstance(what, str) else list(what)
    for kind in kinds:
        if kind not in WHAT:
            raise InputError(f'"{kind}" cannot be fetched', expected=", ".join(WHAT), fix=nearest(kind, WHAT))
    if accession.kind == "GSM":
        raise InputError(
            f"{accession} is a sample", expected="a series (GSE) or platform (GPL)", fix="fetch its series"
        )
    return kinds

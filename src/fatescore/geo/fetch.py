"""Bring the files of an accession here, whole, and pin them. The only part of fatescore that uses the network."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from fatescore.errors import FetchError, InputError, nearest
from fatescore.geo._job import Job
from fatescore.geo._lock import Lock
from fatescore.geo._mirror import PATIENT, Mirror, Patience
from fatescore.geo._source import open_source
from fatescore.geo.accession import DEFAULT_BASE_URL, Accession, check_base_url
from fatescore.geo.progress import Watch, lines
from fatescore.typing import StrPath

logger = logging.getLogger(__name__)

WHAT = ("auto", "matrix", "soft", "suppl", "platform", "counts")


@dataclass
class Fetched:
    """What :func:`fetch` brought.

    ``folder`` holds ``files`` (relative paths, sorted) and ``lock.json``. ``notes`` says what was absent upstream and
    what was fetched in its stead, ``changed`` names files whose upstream copy is gone or differs from the pinned one,
    which was kept.
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
    watch: Watch = lines,
) -> Fetched:
    """Fetch the files of a GEO series or platform, prove that they are whole, and pin them.

    Parameters
    ----------
    accession
        ``GSE...`` or ``GPL...``.
    dest
        Folder that gets one folder per accession: ``matrix/``, ``soft/``, ``suppl/``, ``platform/``, ``counts/``,
        ``lock.json``.
    base_url
        Root of GEO's file tree, or of a mirror of it: ``https://``, ``http://`` or ``file://``.
    what
        ``matrix``, ``soft``, ``suppl``, ``platform``, ``counts`` (the raw counts that NCBI makes of human and mouse
        RNA-seq, and its table of that genome's genes), or ``auto``: the matrix, then the platform's annotation when
        the matrix has values, the supplementary files when it has none, and NCBI's counts when no supplementary
        file can hold values.
    file
        Glob that chooses among supplementary files; one that matches none of them is not used here.
    refresh
        Ask the server again for pinned files and report a change. Without it a pinned and undamaged file causes
        no request at all.
    offline
        Make no request at all: everything that is needed must be here already.
    patience
        Tries, waits and time limits.
    watch
        Hears how far each download is: ``fatescore.geo.progress.lines``, or a bar from ``progress.bars()``.

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
    source = open_source(base, (patience.connect, patience.read), offline=offline, watch=watch)
    mirror = Mirror(base, source, patience)
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
        job = Job(target, folder, mirror, Lock.read(folder, str(target), base), file, refresh)
        try:
            for kind in kinds:
                getattr(job, f"get_{kind}")()
        except FetchError:
            _forget_if_bare(folder)
            raise
        return _result(job)


def _result(job: Job) -> Fetched:
    notes = list(dict.fromkeys(job.notes))
    for note in notes:
        logger.info("%s", note)
    for name in job.changed:
        logger.warning("%s changed upstream since it was pinned; the pinned file is kept", name)
    return Fetched(str(job.accession), job.folder, sorted(job.files), notes, job.changed)


def _forget_if_bare(folder: Path) -> None:
    """Leave no folder behind for an accession of which nothing could be had."""
    kept = [path for path in folder.rglob("*") if path.is_file() and path.name not in {"lock.json", ".fetch.lock"}]
    if not kept:
        shutil.rmtree(folder, ignore_errors=True)


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

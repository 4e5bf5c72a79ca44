"""Fetch the files of an accession, complete and pinned, or list them. Only this package uses the network."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from fatescore.errors import FetchError, InputError, nearest
from fatescore.geo.accession import DEFAULT_BASE_URL, Accession, check_base_url, select_files
from fatescore.geo.accession_files import FILE_NAME, AccessionFiles, Manifest
from fatescore.geo.mirror import DEFAULT_RETRY, Mirror, RetryPolicy
from fatescore.geo.progress import ProgressReporter, log_progress
from fatescore.geo.transport import MissingError, RefusedError
from fatescore.typing import StrPath

logger = logging.getLogger(__name__)

WHAT = ("auto", "matrix", "soft", "suppl", "platform", "counts")


@dataclass
class FetchResult:
    """The result of :func:`fetch`.

    ``folder`` holds ``files`` (relative paths, sorted) and ``manifest.json``, whose entries are ``pins``. ``notes``
    says what was absent upstream and what was fetched instead, ``changed`` holds the addresses of files whose upstream
    copy is gone or differs from the pinned one, which was kept.
    """

    accession: str
    folder: Path
    files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    pins: dict[str, dict[str, Any]] = field(default_factory=dict)


def fetch(
    accession: str,
    dest: StrPath,
    *,
    base_url: str = DEFAULT_BASE_URL,
    what: str | Sequence[str] = "auto",
    file: str = "",
    refresh: bool = False,
    offline: bool = False,
    retry: RetryPolicy = DEFAULT_RETRY,
    progress: ProgressReporter = log_progress,
    can_hold_values: Callable[[str], bool] = lambda name: True,
) -> FetchResult:
    """Fetch the files of a GEO series or platform, check that they are complete, and pin them.

    Parameters
    ----------
    accession
        ``GSE...`` or ``GPL...``.
    dest
        Folder that gets one folder per accession: ``matrix/``, ``soft/``, ``suppl/``, ``platform/``, ``counts/``,
        ``manifest.json``.
    base_url
        Root of GEO's file tree, or of a mirror of it: ``https://``, ``http://`` or ``file://``.
    what
        ``matrix``, ``soft``, ``suppl``, ``platform``, ``counts`` (the raw counts that NCBI makes of human and mouse
        RNA-seq, and its table of that genome's genes), or ``auto``: the matrix, then the platform's annotation when
        the matrix has values (the family SOFT file, which has the platform's table, where there is no annotation),
        the supplementary files when it has none, and NCBI's counts when no supplementary file can hold values.
    file
        Glob that chooses among supplementary files; one that matches none of them is not used here.
    refresh
        Ask the server again for pinned files and report a change. Without it a pinned and undamaged file causes
        no request at all.
    offline
        Make no request at all: everything that is needed must be here already.
    retry
        Attempts, waits and time limits.
    progress
        Reports each download: ``fatescore.geo.progress.log_progress``, or a bar from ``progress_bars()`` there.
    can_hold_values
        Tells by its name whether a reader may find values in a supplementary file, such as
        :func:`fatescore.ingest.can_hold_values`; used by ``auto``, where without it any file may hold some.

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
    mirror = Mirror.open(base, retry, offline=offline, progress=progress)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be made ({error.strerror})", expected="a folder that may be written to",
            fix="choose another --dest",
        ) from error  # fmt: skip
    with FileLock(folder / ".fetch.lock"):
        for leftover in folder.rglob(".part-*"):  # of a run that was killed
            leftover.unlink() if leftover.is_file() else shutil.rmtree(leftover)
        manifest = Manifest.read(folder, str(target), base)
        wanted = AccessionFiles(target, folder, mirror, manifest, file, refresh, can_hold_values)
        try:
            for kind in kinds:
                getattr(wanted, f"get_{kind}")()
        except FetchError:
            files = (path for path in folder.rglob("*") if path.is_file())
            if all(path.name in {FILE_NAME, ".fetch.lock"} for path in files):
                shutil.rmtree(folder, ignore_errors=True)  # no folder for what could not be fetched at all
            raise
        return _result(wanted)


def _result(fetched: AccessionFiles) -> FetchResult:
    notes = list(dict.fromkeys(fetched.notes))
    for note in notes:
        logger.info("%s", note)
    for name in fetched.changed:
        logger.warning("%s changed upstream since it was pinned; the pinned file is kept", name)
    files = sorted(fetched.files)
    pins = {name: fetched.manifest.files[name] for name in files}
    return FetchResult(str(fetched.accession), fetched.folder, files, notes, fetched.changed, pins)


def _kinds(what: str | Sequence[str], accession: Accession) -> list[str]:
    """Return the requested kinds of files, checked."""
    kinds = [kind.strip() for kind in what.split(",")] if isinstance(what, str) else list(what)
    for kind in kinds:
        if kind not in WHAT:
            raise InputError(f'"{kind}" cannot be fetched', expected=", ".join(WHAT), fix=nearest(kind, WHAT))
    if accession.kind == "GSM":
        raise InputError(
            f"{accession} is a sample", expected="a series (GSE) or platform (GPL)", fix="fetch its series"
        )
    return kinds


@dataclass(frozen=True)
class ListedFile:
    """A file that would be fetched; ``size`` in bytes is ``None`` where it is unknown."""

    kind: str
    name: str
    url: str
    size: int | None


def preview(
    accession: str,
    *,
    base_url: str = DEFAULT_BASE_URL,
    what: str | Sequence[str] = "auto",
    file: str = "",
    retry: RetryPolicy = DEFAULT_RETRY,
    can_hold_values: Callable[[str], bool] = lambda name: True,
) -> list[ListedFile]:
    """List what :func:`fatescore.geo.fetch` would fetch, and how big it is; nothing is stored.

    Parameters
    ----------
    accession, base_url, what, file, retry, can_hold_values
        As for :func:`fatescore.geo.fetch`. With ``auto`` all candidates are listed; which are fetched depends on
        whether the matrix has values. What only the matrix says is unknown: the platforms of a series, and its
        supplementary files where the mirror does not list them.

    Raises
    ------
    FetchError
        When the accession is unknown at the mirror.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import fatescore as fs
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "series/GSE1nnn/GSE1234/matrix"
    >>> folder.mkdir(parents=True)
    >>> _ = (folder / "GSE1234_series_matrix.txt.gz").write_bytes(bytes(10))
    >>> [(file.name, file.size) for file in fs.geo.preview("GSE1234", base_url=folder.parents[3].as_uri())]
    [('GSE1234_series_matrix.txt.gz', 10)]
    """
    target = Accession.parse(accession)
    base = check_base_url(base_url)
    mirror = Mirror.open(base, retry)
    kinds = _kinds(what, target)
    supplement = cache(lambda: select_files(mirror.supplementary(target), file))
    if "auto" in kinds:
        kinds = ["platform"] if target.kind == "GPL" else ["matrix", "suppl"]
        if target.kind == "GSE" and not any(map(can_hold_values, supplement())):
            kinds.append("counts")
    candidates: dict[str, Callable[[], Sequence[tuple[str, str]]]] = {
        "matrix": lambda: [(f"{target.subfolder('matrix')}/{name}", name) for name in mirror.matrices(target)[0]],
        "soft": lambda: [(f"{target.subfolder('soft')}/{target.family}", target.family)],
        "suppl": lambda: [(f"{target.subfolder('suppl')}/{name}", name) for name in supplement()],
        "platform": lambda: [(target.annotation, f"{target}.annot.gz")] if target.kind == "GPL" else [],
        "counts": lambda: [remote for made in target.counts(base) for remote in (made.counts, made.genes)],
    }
    found = []
    for kind in kinds:
        for relative, name in candidates[kind]():
            try:
                found.append(ListedFile(kind, name, mirror.url(relative), mirror.size(relative)))
            except (MissingError, RefusedError):
                continue
    if not found:
        raise FetchError(f"{target} is not at {base}", fix="check the accession or the mirror")
    return found

"""Fetch the files of accessions, and check them against the catalogue."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from fatescore import catalogue
from fatescore.errors import FetchError
from fatescore.geo import DEFAULT_BASE_URL, FetchResult, fetch
from fatescore.geo.progress import ProgressReporter, log_progress
from fatescore.ingest import can_hold_values
from fatescore.ingest.facts import check
from fatescore.typing import StrPath

logger = logging.getLogger(__name__)


def fetch_accessions(
    accessions: Sequence[str],
    dest: StrPath,
    *,
    base_url: str = DEFAULT_BASE_URL,
    what: str | Sequence[str] = "auto",
    file: str = "",
    refresh: bool = False,
    offline: bool = False,
    progress: ProgressReporter = log_progress,
    on_fetched: Callable[[FetchResult], None] = lambda _: None,
) -> dict[str, Any]:
    """Fetch the files of accessions; one that fails does not stop the others.

    Parameters
    ----------
    accessions
        ``GSE...`` or ``GPL...``.
    dest, base_url, what, file, refresh, offline, progress
        As for :func:`fatescore.geo.fetch`.
    on_fetched
        Called with the result of each accession as soon as it is complete.

    Returns
    -------
    ``files`` (paths), ``pins`` (path -> url, size, sha256 and date), ``notes`` (with those on the
    catalogue), and ``changed`` (addresses of files that changed upstream).

    Raises
    ------
    InputError
        When an accession, the address or ``what`` is not valid.
    FetchError
        Naming each accession that could not be fetched, after the others were.

    Examples
    --------
    >>> import gzip, pathlib, tempfile
    >>> from fatescore.steps.fetch import fetch_accessions
    >>> root = pathlib.Path(tempfile.mkdtemp())
    >>> folder = root / "series/GSE1nnn/GSE1234/soft"
    >>> folder.mkdir(parents=True)
    >>> _ = (folder / "GSE1234_family.soft.gz").write_bytes(gzip.compress(b"^SERIES = GSE1234"))
    >>> facts = fetch_accessions(["GSE1234"], root / "here", base_url=root.as_uri(), what="soft")
    >>> [pathlib.Path(name).name for name in facts["files"]]
    ['GSE1234_family.soft.gz']
    """
    facts: dict[str, Any] = {"files": [], "pins": {}, "notes": [], "changed": []}
    failed: dict[str, FetchError] = {}
    for accession in accessions:
        try:
            result = fetch(
                accession, dest, base_url=base_url, what=what, file=file, refresh=refresh, offline=offline,
                progress=progress, can_hold_values=can_hold_values,
            )  # fmt: skip
        except FetchError as error:
            failed[accession] = error
            continue
        on_fetched(result)
        facts["files"] += [str(result.folder / name) for name in result.files]
        facts["pins"] |= {str(result.folder / name): pin for name, pin in result.pins.items()}
        facts["notes"] += [*result.notes, *_check_catalogue(result)]
        facts["changed"] += result.changed
    if len(accessions) == len(failed) == 1:
        raise failed[accessions[0]]
    if failed:
        raise FetchError(
            f"{len(failed)} of {len(accessions)} accessions could not be fetched: "
            + "; ".join(f"{name}: {error}" for name, error in failed.items())
        )
    return facts


def _check_catalogue(result: FetchResult) -> list[str]:
    """Return what the catalogue says otherwise, and which of its facts hold or are not in the files."""
    if result.accession not in catalogue.names():
        return []
    checked = check(catalogue.load(result.accession), result.folder)
    notes = [str(one) for one in checked if one.holds is False]
    for note in notes:
        logger.warning("%s: %s", result.accession, note)
    hold = ", ".join(one.fact.name for one in checked if one.holds) or "none"
    unknown = ", ".join(one.fact.name for one in checked if one.holds is None)
    summary = f"of the catalogue's facts {hold} hold" + (f"; not in these files: {unknown}" if unknown else "")
    logger.info("%s: %s", result.accession, summary)
    return [*notes, summary]

"""Bring the files of GEO accessions here, prove that they are whole, and pin them in a lock file."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

from fatescore import catalogue
from fatescore.cli._step import add_step_arguments, run_step
from fatescore.errors import FetchError
from fatescore.geo import DEFAULT_BASE_URL, Fetched, fetch, preview
from fatescore.geo._lock import Lock
from fatescore.geo.fetch import WHAT
from fatescore.geo.progress import bars, lines
from fatescore.ingest.facts import check

logger = logging.getLogger(__name__)

HELP = "download GEO accessions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("accession", nargs="+", metavar="ACC", help="GSE or GPL accession")
    parser.add_argument(
        "--base-url", default=DEFAULT_BASE_URL, metavar="URL",
        help="GEO's file tree or a mirror of it: https://, http:// or file:// (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--dest", type=Path, default=Path("resources/geo"), metavar="DIR", help="gets one folder per accession"
    )
    parser.add_argument(
        "--what", default="auto", metavar="KINDS",
        help=f"comma-separated: {', '.join(WHAT)} (default: auto = the matrix, then the platform or, "
        "when the matrix has no values, the supplementary files or, when none can hold values, NCBI's counts)",
    )  # fmt: skip
    parser.add_argument("--file", default="", metavar="GLOB", help="choose among supplementary files")
    parser.add_argument("--refresh", action="store_true", help="ask again for pinned files and report changes")
    parser.add_argument("--dry-run", action="store_true", help="list what would come and how big it is")
    parser.add_argument("--offline", action="store_true", help="make no request: everything must be here already")
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Fetch each accession; print its files, one a line."""
    if args.dry_run:
        _show(args)
        return

    run_step("fetch", args, [], lambda: _work(args))


def _work(args: argparse.Namespace) -> dict[str, Any]:
    facts: dict[str, Any] = {"files": [], "pins": {}, "notes": [], "changed": []}
    failed: dict[str, FetchError] = {}
    watch = bars() if sys.stderr.isatty() else lines
    for accession in args.accession:
        try:
            got = fetch(
                accession, args.dest, base_url=args.base_url, what=args.what, file=args.file,
                refresh=args.refresh, offline=args.offline, watch=watch,
            )  # fmt: skip
        except FetchError as error:  # the others can still come
            failed[accession] = error
            continue
        facts["files"] += [str(got.folder / name) for name in got.files]
        pins = Lock.read(got.folder, got.accession, args.base_url).files
        facts["pins"] |= {str(got.folder / name): pins[name] for name in got.files if name in pins}
        facts["notes"] += [*got.notes, *_against_catalogue(got)]
        facts["changed"] += got.changed
    if args.status_out is None and facts["files"]:
        print("\n".join(facts["files"]))
    if len(args.accession) == len(failed) == 1:
        raise failed[args.accession[0]]
    if failed:
        raise FetchError(
            f"{len(failed)} of {len(args.accession)} accessions could not be fetched: "
            + "; ".join(f"{name}: {error}" for name, error in failed.items())
        )
    return facts


def _against_catalogue(got: Fetched) -> list[str]:
    """Say what the catalogue has otherwise, and what it could not be asked."""
    if got.accession not in catalogue.names():
        return []
    checked = check(catalogue.load(got.accession), got.folder)
    notes = [str(one) for one in checked if one.holds is False]
    for note in notes:
        logger.warning("%s: %s", got.accession, note)
    hold = [one.fact.name for one in checked if one.holds]
    open_ones = [one.fact.name for one in checked if one.holds is None]
    told = f"of the catalogue's facts {', '.join(hold) or 'none'} hold"
    notes.append(told + (f"; these files do not say: {', '.join(open_ones)}" if open_ones else ""))
    logger.info("%s: %s", got.accession, notes[-1])
    return notes


def _show(args: argparse.Namespace) -> None:
    total, unknown = 0, 0
    for accession in args.accession:
        for file in preview(accession, base_url=args.base_url, what=args.what, file=args.file):
            print(f"{accession}\t{file.kind}\t{'?' if file.size is None else file.size}\t{file.url}")
            total += file.size or 0
            unknown += file.size is None
    print(f"total\t\t{total}\t{unknown} of unknown size" if unknown else f"total\t\t{total}\t")

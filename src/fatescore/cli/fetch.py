"""Fetch the files of GEO accessions, check that they are complete, and pin them in a manifest."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from fatescore.cli.steps import report_outcome
from fatescore.geo import DEFAULT_BASE_URL, FetchResult, preview
from fatescore.geo.fetch import WHAT
from fatescore.geo.progress import log_progress, progress_bars
from fatescore.ingest import can_hold_values
from fatescore.steps import DATASET_STEPS, record_outcome
from fatescore.steps.fetch import fetch_accessions
from fatescore.tables.folder import DatasetFolder

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
    parser.add_argument("--refresh", action="store_true", help="check pinned files on the server and report changes")
    parser.add_argument("--dry-run", action="store_true", help="list the files and their sizes, fetch nothing")
    parser.add_argument("--offline", action="store_true", help="make no request: everything must be here already")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR",
        help="folder of the data set: record the outcome there, and exit 0 also where the files cannot be fetched",
    )  # fmt: skip


def run(args: argparse.Namespace) -> None:
    """Fetch each accession; print its files, one a line."""
    if args.dry_run:
        _print_preview(args)
    elif args.folder is None:
        _fetch(args)
    else:
        step, folder = DATASET_STEPS["fetch"], DatasetFolder(args.folder)
        outcome = record_outcome(step, folder, lambda: _fetch(args), child_process=args.child_process)
        report_outcome(outcome, keep_going=True)


def _fetch(args: argparse.Namespace) -> dict[str, Any]:
    def print_files(result: FetchResult) -> None:
        if args.folder is None and result.files:
            print("\n".join(str(result.folder / name) for name in result.files))

    return fetch_accessions(
        args.accession, args.dest, base_url=args.base_url, what=args.what, file=args.file, refresh=args.refresh,
        offline=args.offline, progress=progress_bars() if sys.stderr.isatty() else log_progress, on_fetched=print_files,
    )  # fmt: skip


def _print_preview(args: argparse.Namespace) -> None:
    total, unknown = 0, 0
    for accession in args.accession:
        for file in preview(
            accession, base_url=args.base_url, what=args.what, file=args.file, can_hold_values=can_hold_values
        ):
            print(f"{accession}\t{file.kind}\t{'?' if file.size is None else file.size}\t{file.url}")
            total += file.size or 0
            unknown += file.size is None
    print(f"total\t\t{total}\t{unknown} of unknown size" if unknown else f"total\t\t{total}\t")

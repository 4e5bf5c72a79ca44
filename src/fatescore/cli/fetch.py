"""Bring the files of GEO accessions here, prove that they are whole, and pin them in a lock file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from fatescore.cli._step import add_step_arguments, run_step
from fatescore.geo import DEFAULT_BASE_URL, fetch, preview
from fatescore.geo.fetch import WHAT

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
        "when the matrix has no values, the supplementary files)",
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

    def work() -> dict[str, Any]:
        facts: dict[str, Any] = {"files": [], "notes": [], "changed": []}
        for accession in args.accession:
            got = fetch(
                accession, args.dest, base_url=args.base_url, what=args.what, file=args.file,
                refresh=args.refresh, offline=args.offline,
            )  # fmt: skip
            facts["files"] += [str(got.folder / name) for name in got.files]
            facts["notes"] += got.notes
            facts["changed"] += got.changed
        if args.status_out is None:
            print("\n".join(facts["files"]))
        return facts

    run_step("fetch", args, [], work)


def _show(args: argparse.Namespace) -> None:
    total, unknown = 0, 0
    for accession in args.accession:
        for file in preview(accession, base_url=args.base_url, what=args.what, file=args.file):
            print(f"{accession}\t{file.kind}\t{'?' if file.size is None else file.size}\t{file.url}")
            total += file.size or 0
            unknown += file.size is None
    print(f"total\t\t{total}\t{unknown} of unknown size" if unknown else f"total\t\t{total}\t")

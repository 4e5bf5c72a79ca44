"""Detect what files hold, and why, as a draft of datasets.tsv and samples.tsv for a person to confirm."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from fatescore.errors import InputError
from fatescore.geo import Accession
from fatescore.ingest.inspection import Inspection, inspect
from fatescore.tables.io import write_tsv

HELP = "detect what files hold, and draft their tables"
_FETCHED = Path("resources/geo")  # the default of fatescore fetch
_MAX_LISTED = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("source", metavar="FILE|ACC", help="a file, a folder, or an accession in resources/geo")
    parser.add_argument("--file", default="", metavar="GLOB", help="choose among the files of a folder")
    parser.add_argument("--draft", type=Path, metavar="DIR", help="write datasets.tsv and samples.tsv there")


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    source = Path(args.source)
    if not source.exists():
        source = _FETCHED / str(Accession.parse(args.source))
        if not source.exists():
            raise InputError(
                f"{args.source} is neither a file nor in {_FETCHED}", fix=f"run fatescore fetch {args.source} first"
            )
    found = inspect(source, file=args.file)
    tables = {"datasets.tsv": pd.DataFrame([found.dataset]), "samples.tsv": found.samples}
    if args.draft is not None:
        for name in tables:
            if (args.draft / name).exists():
                raise InputError(f"{args.draft / name} exists", fix="give another folder: a draft replaces nothing")
        for name, table in tables.items():
            write_tsv(args.draft / name, table)
    print("\n".join(_lines(found, tables)))


def _lines(found: Inspection, tables: dict[str, pd.DataFrame]) -> list[str]:
    lines = [f"{what}: {found.dataset.get(what, '') or '-'}  ({why})" for what, why in found.reasons.items()]
    lines += ["", "fields that could name a condition, likeliest first:" if found.groups else "no field names groups"]
    for column, values in list(found.groups.items())[:_MAX_LISTED]:
        listed = ", ".join(f"{value} ({n})" for value, n in list(values.items())[:_MAX_LISTED])
        lines.append(f"  {column}: {listed}{', ...' if len(values) > _MAX_LISTED else ''}")
    for name, table in tables.items():
        lines += ["", f"draft of {name} (fill in every ?):", table.to_csv(sep="\t", index=False).rstrip("\n")]
    return lines

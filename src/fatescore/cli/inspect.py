"""Detect what files hold, and why; with --output as a draft of config/ for a person to confirm and complete."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

from fatescore.errors import InputError, few
from fatescore.geo import Accession
from fatescore.ingest.inspection import UNKNOWN, Inspection, inspect

HELP = "detect what files hold, and draft their tables"
_FETCHED = Path("resources/geo")  # the default of fatescore fetch
_MAX_LISTED = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("source", metavar="SOURCE", help="a folder, a file, or an accession in resources/geo")
    add_reading_options(parser)
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write config/ there: config.yaml, datasets.tsv, samples.tsv"
    )


def add_reading_options(parser: Any) -> None:
    """Add the columns of datasets.tsv that say how files are read."""
    parser.add_argument("--layout", default="auto", metavar="NAME", help="how the values are stored (config/README.md)")
    parser.add_argument("--file", default="", metavar="GLOB", help="choose among the files of a folder")
    parser.add_argument("--sample-key", default="", metavar="NAME", help="column that names the sample of each cell")


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    found = inspect_source(args.source, args)
    lines = _lines(found)
    if args.output is not None:
        from fatescore.steps.init import draft
        from fatescore.steps.project import write_project

        written = write_project(draft(found), args.output)
        again = shlex.join(["fatescore", "init", args.source, "--samples", str(written / "samples.tsv")])
        lines += ["", f"wrote {written}; fill in every {UNKNOWN}, or only those of samples.tsv and run {again}"]
    print("\n".join(lines))


def inspect_source(source: str, args: argparse.Namespace) -> Inspection:
    """Inspect a file, a folder or an accession that was fetched."""
    place = Path(source)
    if not place.exists():
        try:
            place = _FETCHED / str(Accession.parse(source))
        except InputError as error:
            raise InputError(f"{source} does not exist", expected="a file, a folder, or a GEO accession") from error
        if not place.exists():
            raise InputError(f"{source} is neither a file nor in {_FETCHED}", fix=f"run fatescore fetch {source} first")
    return inspect(place, layout=args.layout, file=args.file, sample_key=args.sample_key)


def _lines(found: Inspection) -> list[str]:
    levels = found.samples["condition"].value_counts(sort=False)
    said = found.dataset | {
        "samples": str(len(found.samples)), "donors": str(found.samples["donor"].nunique()),
        "condition": few([f"{level} ({n})" for level, n in levels.items()]),
    }  # fmt: skip
    lines = [f"{what}: {said.get(what) or '-'}  ({why})" for what, why in found.reasons.items()]
    lines += [f"note: {note}" for note in found.raw.notes[:_MAX_LISTED]]
    lines += ["", "fields that could name a condition, likeliest first:" if found.groups else "no field names groups"]
    for column, values in list(found.groups.items())[:_MAX_LISTED]:
        listed = ", ".join(f"{value} ({n})" for value, n in list(values.items())[:_MAX_LISTED])
        lines.append(f"  {column}: {listed}{', ...' if len(values) > _MAX_LISTED else ''}")
    return lines

"""Turn a submitter's files into one AnnData file with current gene symbols and every sample labelled.

fatescore ingest results/datasets/A      a data set that settings.json of the run describes
fatescore ingest A --path counts.tsv --samples samples.tsv --organism human --assay bulk --scale counts
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from fatescore._schema import check_patterns, schema, validate
from fatescore.cli.steps import add_folder, report_outcome
from fatescore.config import Dataset
from fatescore.errors import InputError
from fatescore.steps import ingest_described, run_step
from fatescore.tables.folder import DatasetFolder

HELP = "read any supported layout into an .h5ad file"
_NOT_LOCAL = ("dataset", "source", "accession")  # the folder names the data set


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb: the columns of the table of data sets."""
    add_folder(parser)
    row = parser.add_argument_group("a data set that no settings describe")
    for name, column in schema("datasets")["properties"].items():
        if name not in _NOT_LOCAL:
            row.add_argument(
                f"--{name.replace('_', '-')}", choices=column.get("enum"), metavar=None if "enum" in column else "TEXT",
                help=column["description"].strip().replace("%", "%%"),
            )  # fmt: skip
    row.add_argument("--samples", type=Path, metavar="FILE", help="sample table (TSV)")
    row.add_argument(
        "--patterns", metavar="JSON",
        help="how columns of the sample table are read from the sample fields (config/README.md)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> None:
    """Ingest one data set."""
    names = [name for name in schema("datasets")["properties"] if name not in _NOT_LOCAL]
    given = {name: value for name in names if (value := getattr(args, name)) is not None}
    if not given and args.samples is None and args.patterns is None:
        outcome = run_step("ingest", args.folder, child_process=args.child_process)
    else:
        outcome = _ingest_described(args, given)
    report_outcome(outcome, keep_going=args.keep_going)


def _ingest_described(args: argparse.Namespace, given: dict[str, str]) -> Any:
    from fatescore.ingest import read_samples

    row = {"dataset": DatasetFolder(args.folder).name, "source": "local", **given}
    validate(row, "datasets", "the options", table=True)
    if "path" not in given:
        raise InputError("--path is missing", expected="a file or folder to read")
    dataset = Dataset(**row, patterns=_patterns(args.patterns))  # type: ignore[arg-type]
    samples = None if args.samples is None else read_samples(args.samples)
    return ingest_described(args.folder, dataset, samples, child_process=args.child_process)


def _patterns(text: str | None) -> dict[str, Any]:
    try:
        patterns: dict[str, Any] = json.loads(text or "{}")
    except ValueError as error:
        raise InputError(f"--patterns is not JSON ({error})", expected="a map of columns to patterns") from error
    check_patterns(patterns, "--patterns")
    return patterns

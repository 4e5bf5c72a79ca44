"""Turn a submitter's files into one AnnData file with current gene symbols and every sample labelled."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from fatescore import organisms
from fatescore._schema import check_patterns
from fatescore.cli._step import add_step_arguments, run_step
from fatescore.errors import InputError
from fatescore.files import atomic_path
from fatescore.ingest import ingest, layout_names, read_samples
from fatescore.tables.io import write_tsv
from fatescore.typing import ASSAYS, SCALES

HELP = "read any supported layout into an .h5ad file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("input", type=Path, metavar="INPUT", help="file, folder, or folder written by fatescore fetch")
    parser.add_argument("--samples", type=Path, metavar="FILE", help="sample table (TSV)")
    parser.add_argument(
        "--patterns", default="{}", metavar="JSON",
        help="how columns of the sample table are read from the sample fields (config/README.md)",
    )  # fmt: skip
    parser.add_argument("--organism", choices=organisms.names(), required=True)
    parser.add_argument("--assay", choices=ASSAYS, required=True)
    parser.add_argument("--scale", choices=SCALES, required=True, help="scale of the values; checked per sample")
    parser.add_argument("--layout", choices=layout_names(), default="auto", help="default: %(default)s")
    parser.add_argument("--file", default="", metavar="GLOB", help="choose among the files of a folder")
    parser.add_argument("--sample-key", default="", metavar="COLUMN", help="obs column that names samples (h5ad)")
    parser.add_argument("--population", default="bmsc", help="bmsc, or what else it is (default: %(default)s)")
    parser.add_argument("--overlap-group", default="", help="name that data sets with donors in common share")
    parser.add_argument("--title", default="", help="title of the data set (default: the series' own)")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help=".h5ad to write")
    parser.add_argument("--sample-fields", type=Path, metavar="FILE", help="table of every sample field to write")
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Ingest one data set."""
    outputs = [path for path in (args.output, args.sample_fields) if path is not None]

    def work() -> dict[str, Any]:
        result = ingest(
            args.input,
            samples=None if args.samples is None else read_samples(args.samples),
            dataset=args.dataset,
            organism=args.organism,
            assay=args.assay,
            scale=args.scale,
            layout=args.layout,
            file=args.file,
            sample_key=args.sample_key,
            population=args.population,
            title=args.title,
            patterns=_patterns(args.patterns),
            overlap_group=args.overlap_group,
        )
        with atomic_path(args.output) as part:
            result.adata.write_h5ad(part, compression="gzip")
        if args.sample_fields is not None:
            write_tsv(args.sample_fields, result.sample_fields)
        return result.facts

    run_step("ingest", args, outputs, work)


def _patterns(text: str) -> dict[str, Any]:
    try:
        patterns: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise InputError(f"--patterns is not JSON ({error})", expected="a map of columns to patterns") from error
    check_patterns(patterns, "--patterns")
    return patterns

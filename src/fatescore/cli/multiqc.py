"""Write the quality control of a data set for MultiQC, as custom content.

fatescore multiqc --dataset A --qc qc.tsv --metrics qc_metrics.tsv --cells qc_cells.parquet
                  --samples-output qc_samples_mqc.json --dropped-output qc_dropped_mqc.json

MultiQC finds files that end in _mqc.json by itself and puts those of several data sets into two sections.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore.files import check_output, write_text
from fatescore.tables import columns as col
from fatescore.tables.io import read_parquet, read_tsv

HELP = "write the quality control for MultiQC"
EXPECTED = "a table written by fatescore qc"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    add = parser.add_argument
    add("--dataset", required=True, help="name of the data set")
    add("--qc", required=True, type=Path, metavar="FILE", help="qc.tsv")
    add("--metrics", type=Path, metavar="FILE", help="qc_metrics.tsv")
    add("--cells", type=Path, metavar="FILE", help="qc_cells.parquet")
    add("--samples-output", required=True, type=Path, metavar="FILE", help="table of samples, *_mqc.json")
    add("--dropped-output", required=True, type=Path, metavar="FILE", help="what became of the cells, *_mqc.json")


def run(args: argparse.Namespace) -> None:
    """Write both sections."""
    from fatescore.report.multiqc import dropped_section, samples_section

    for path in (args.samples_output, args.dropped_output):
        check_output(path)
    metrics = pd.DataFrame() if args.metrics is None else read_tsv(args.metrics)
    cells = pd.DataFrame() if args.cells is None else read_parquet(args.cells, EXPECTED)
    qc = read_tsv(args.qc)
    check_columns(qc, [col.SAMPLE], args.qc, EXPECTED)
    check_columns(metrics, [col.SAMPLE], args.metrics, EXPECTED)
    check_columns(cells, [col.SAMPLE, col.QC_FAIL_REASON], args.cells, EXPECTED)
    _write(args.samples_output, samples_section(args.dataset, qc, metrics))
    _write(args.dropped_output, dropped_section(args.dataset, cells))


def _write(path: Path, section: dict[str, Any]) -> None:
    """Write JSON in the order given, which is that of columns and bars."""
    write_text(path, json.dumps(section, indent=2, ensure_ascii=False, allow_nan=False) + "\n")

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

from fatescore import _keys
from fatescore._files import check_input, check_output, read_tsv, write_text
from fatescore.errors import InputError

HELP = "write the quality control for MultiQC"


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
    cells = pd.DataFrame() if args.cells is None else _read_cells(args.cells)
    qc = read_tsv(args.qc)
    _check(args.qc, qc, [_keys.SAMPLE])
    _check(args.metrics, metrics, [_keys.SAMPLE])
    _check(args.cells, cells, [_keys.SAMPLE, _keys.DROPPED])
    _write(args.samples_output, samples_section(args.dataset, qc, metrics))
    _write(args.dropped_output, dropped_section(args.dataset, cells))


def _read_cells(path: Path) -> pd.DataFrame:
    expected = "a file written by fatescore qc --cells"
    if check_input(path, expected).stat().st_size == 0:
        return pd.DataFrame()
    try:
        return pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read as Parquet ({error})", expected=expected) from error


def _check(path: Path | None, table: pd.DataFrame, needed: list[str]) -> None:
    missing = [name for name in needed if name not in table] if len(table.columns) else []
    if missing:
        raise InputError(
            f"{path} has no column {', '.join(missing)}",
            expected="a table written by fatescore qc",
            fix="check the path",
        )


def _write(path: Path, section: dict[str, Any]) -> None:
    """Write JSON in the order given, which is that of columns and bars."""
    write_text(path, json.dumps(section, indent=2, ensure_ascii=False, allow_nan=False) + "\n")

"""Find samples that occur twice, within a data set or across data sets.

fatescore copies raw1.h5ad raw2.h5ad --output copies.tsv      compare data sets
fatescore copies raw1.h5ad --fingerprint fingerprint.parquet  keep what is needed to compare one later

Data sets are read one at a time; a kept fingerprint takes the place of its data set.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from fatescore.cli._h5ad import open_ingested
from fatescore.cli._step import add_step_arguments, read_status, run_step
from fatescore.errors import InputError
from fatescore.files import atomic_path, check_input, check_output
from fatescore.tables import FINGERPRINT
from fatescore.tables import columns as col
from fatescore.tables.codes import Status
from fatescore.tables.io import read_parquet, write_tsv

if TYPE_CHECKING:
    from fatescore.pp.twins import Fingerprints

logger = logging.getLogger(__name__)

HELP = "find samples that occur twice, within and across data sets"
_PARQUET = ".parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument(
        "inputs", nargs="*", type=Path, metavar="FILE", help="h5ad files written by ingest, or kept fingerprints"
    )
    written = parser.add_mutually_exclusive_group(required=True)
    written.add_argument("--output", type=Path, metavar="TSV", help="copies.tsv to write: one row per pair")
    written.add_argument("--fingerprint", type=Path, metavar="PARQUET", help="fingerprint of the one FILE to write")
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Compare data sets, or keep the fingerprint of one."""
    if args.fingerprint is None:
        _compare(args)
        return
    if len(args.inputs) != 1 or args.fingerprint.suffix != _PARQUET:
        raise InputError(
            f"--fingerprint {args.fingerprint} with {len(args.inputs)} files",
            expected=f"one h5ad file, and a name that ends in {_PARQUET}", fix="keep the fingerprints one at a time",
        )  # fmt: skip
    run_step("copies", args, [args.fingerprint], lambda: _keep(args))


def _keep(args: argparse.Namespace) -> dict[str, Any]:
    found = _of_h5ad(args.inputs[0], args.dataset)
    with atomic_path(args.fingerprint) as part:
        pd.concat([found.samples, found.genes], axis=1).to_parquet(part, index=False)
    return {"n_samples": len(found.samples), "n_genes": found.genes.shape[1]}


def _compare(args: argparse.Namespace) -> None:
    from fatescore import pp
    from fatescore.report.copies import copies_said

    check_output(args.output)
    for outcome in map(read_status, args.status_in):
        if outcome["status"] != Status.OK:
            said = f"{outcome['status']} at {outcome['step']}: {outcome['reason']}"
            logger.warning("%s is not compared: %s", outcome["dataset"], said)
    fingerprints = [found for path in args.inputs if (found := _of(path)) is not None]
    _check_names(fingerprints)
    copies = pp.twins(fingerprints)
    write_tsv(args.output, copies)
    for declared in (False, True):
        for said in copies_said(copies, declared):
            logger.info("%s", said)


def _of(path: Path) -> Fingerprints | None:
    """Return the fingerprint of a file; None for the empty file of a data set that stopped before."""
    check_input(path, "an h5ad file written by ingest, or a fingerprint")
    if path.stat().st_size == 0:
        logger.info("%s is empty and not compared: its data set stopped before", path)
        return None
    return _of_parquet(path) if path.suffix == _PARQUET else _of_h5ad(path)


def _of_parquet(path: Path) -> Fingerprints:
    from fatescore.pp.twins import Fingerprints

    expected = "a file written by fatescore copies --fingerprint"
    table, columns = read_parquet(path, expected), list(FINGERPRINT.names)
    check_columns(table, columns, path, expected)
    return Fingerprints(table[columns], table.drop(columns=columns))


def _of_h5ad(path: Path, dataset: str = "") -> Fingerprints:
    from fatescore import pp

    adata, _ = open_ingested(path)
    found = pp.fingerprint(adata)
    if dataset or not found.samples[col.DATASET].all():
        found.samples[col.DATASET] = dataset or str(path)
    return found


def _check_names(fingerprints: Sequence[Fingerprints]) -> None:
    """Refuse one name for two data sets: a copy would pass for one within a data set."""
    seen: set[str] = set()
    for found in fingerprints:
        for name in found.samples[col.DATASET].unique():
            if name in seen:
                raise InputError(
                    f'two of the files hold a data set "{name}"', expected="data sets of different names",
                    fix="give one another name: fatescore copies FILE --fingerprint OUT.parquet --dataset NAME",
                )  # fmt: skip
            seen.add(name)

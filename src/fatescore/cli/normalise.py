"""Bring counts or linear values to a log scale; values that are log2 already stay as they are.

Cells are read and written in chunks. With --pseudobulk their counts are also summed per donor, condition and cell type.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fatescore.cli._h5ad import open_ingested
from fatescore.cli._step import add_step_arguments, run_step
from fatescore.errors import InputError
from fatescore.files import atomic_path
from fatescore.tables import columns as col

if TYPE_CHECKING:
    from anndata import AnnData

HELP = "bring values to a log scale"
GROUPS = (col.DONOR, col.CONDITION, col.CELL_TYPE)
MIN_CELLS, MIN_COUNTS = 10, 10_000.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("input", type=Path, help="qc.h5ad")
    parser.add_argument("--output", type=Path, required=True, help="normalised.h5ad")
    parser.add_argument(
        "--pseudobulk", type=Path, metavar="FILE",
        help="pseudobulk.h5ad: one row per donor, condition and cell type; of bulk samples and arrays without rows",
    )  # fmt: skip
    parser.add_argument(
        "--min-cells", type=int, default=MIN_CELLS, help="cells of a pseudobulk, fewer are left out (%(default)s)"
    )
    parser.add_argument(
        "--min-counts", type=float, default=MIN_COUNTS, help="counts of a pseudobulk (default: %(default)s)"
    )
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Run normalisation."""
    outputs = [path for path in (args.output, args.pseudobulk) if path is not None]
    if len({path.resolve() for path in (args.input, *outputs)}) <= len(outputs):
        raise InputError("the input and the outputs are not all different files", fix="give each its own name")
    for flag, value in (("--min-cells", args.min_cells), ("--min-counts", args.min_counts)):
        if not 0 <= value < np.inf:  # NaN is not
            raise InputError(f"{flag} is {value}", expected="0 or a number above it")
    run_step("normalise", args, outputs, lambda: _work(args))


def _work(args: argparse.Namespace) -> dict[str, Any]:
    from fatescore import pp
    from fatescore._h5ad_rows import rows_of, write_rows

    adata, facts = open_ingested(args.input)
    how = {"assay": facts["assay"], "scale": facts["scale"]}
    cells = facts["assay"] == "single_cell"
    if cells:  # a cell's values depend on that cell alone
        said = pp.normalise(rows_of(adata, np.arange(min(adata.n_obs, 1))), **how).uns
        write_rows(args.output, adata, uns=said, transform=lambda chunk: pp.normalise(chunk, **how).X)
    else:
        out = pp.normalise(adata, **how)
        said = out.uns
        with atomic_path(args.output) as part:
            out.write_h5ad(part, compression="gzip")
    found = {"normalised": said[col.UNS]["normalise"]}
    if args.pseudobulk is not None:
        found |= _write_pseudobulk(args, adata if cells and facts["scale"] == "counts" else adata[:0].copy())
    return found


def _write_pseudobulk(args: argparse.Namespace, cells: AnnData) -> dict[str, Any]:
    from fatescore import pp

    summed, found = cells, {}
    if cells.n_obs:
        groups = [name for name in GROUPS if name in cells.obs]
        summed = pp.pseudobulk(cells, by=groups, min_cells=args.min_cells, min_counts=args.min_counts)
        left = summed.uns[col.UNS][col.LEFT_OUT]
        names = left[groups].agg(" | ".join, axis=1) if len(left) else []
        found = {"n_pseudobulks": summed.n_obs, "pseudobulks_left_out": dict(zip(names, left["reason"], strict=True))}
        if summed.n_obs:
            summed = pp.normalise(summed, assay="bulk", scale="counts")
    with atomic_path(args.pseudobulk) as part:
        summed.write_h5ad(part, compression="gzip")
    return found

"""Lay the cells of a data set out in two dimensions (UMAP), the scored ones among the others.

Shown are all cells that pass quality control, stromal or not; bulk samples and arrays leave a table without rows.
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
from fatescore.tables import EMBEDDING
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFailReason
from fatescore.tables.io import read_parquet

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

HELP = "lay cells out in two dimensions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("input", type=Path, help="raw.h5ad written by ingest")
    parser.add_argument(
        "--cells", type=Path, required=True, help="qc_cells.parquet: which cells pass, and what they are"
    )
    parser.add_argument("--output", type=Path, required=True, help="embedding.parquet: one row per cell shown")
    parser.add_argument("--seed", type=int, default=0, help="of components, neighbours and layout (default: 0)")
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Embed."""
    run_step("embed", args, [args.output], lambda: _work(args))


def _work(args: argparse.Namespace) -> dict[str, Any]:
    import pandas as pd

    from fatescore import pp

    adata, facts = open_ingested(args.input)
    table = pd.DataFrame(columns=list(EMBEDDING.names))
    if facts["assay"] == "single_cell":
        table = pp.embed(_that_pass(adata, _read_cells(args.cells)), seed=args.seed)
    with atomic_path(args.output) as part:
        table.to_parquet(part, index=False)
    return {"n_embedded": len(table)}


def _read_cells(path: Path) -> pd.DataFrame:
    expected = "qc_cells.parquet written by fatescore qc"
    columns = [col.OBS_NAME, col.QC_FAIL_REASON, col.CELL_TYPE, col.TOTAL_COUNTS]
    cells = read_parquet(path, expected, columns=columns)
    if not len(cells.columns):
        raise InputError(f"{path} cannot be read: it is empty", expected=expected, fix="run fatescore qc again")
    return cells


def _that_pass(adata: AnnData, cells: pd.DataFrame) -> AnnData:
    """Return the cells that pass, their matrices where they are, with cell type and depth in ``obs``."""
    if cells[col.OBS_NAME].tolist() != adata.obs_names.tolist():
        raise InputError(
            f"the {len(cells):,} judged cells are not the {adata.n_obs:,} of the data",
            expected="qc_cells.parquet of the same raw.h5ad", fix="run fatescore qc on it again",
        )  # fmt: skip
    for name in (col.CELL_TYPE, col.TOTAL_COUNTS):
        adata.obs[name] = cells[name].array
    return adata[np.flatnonzero(cells[col.QC_FAIL_REASON].isin(["", QcFailReason.NOT_STROMAL]))]

"""Lay the cells of a data set out in two dimensions (UMAP), the scored ones among the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fatescore import pp
from fatescore.errors import InputError
from fatescore.steps.h5ad import SINGLE_CELL, open_step
from fatescore.tables import EMBEDDING, QC_CELLS
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFailReason
from fatescore.tables.folder import RAW, DatasetFolder
from fatescore.tables.io import read_parquet

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData


def embed(folder: DatasetFolder, *, seed: int = 0) -> dict[str, Any]:
    """Write a map of the cells that pass quality control, stromal or not; of bulk samples and arrays without rows.

    Parameters
    ----------
    folder
        Holds ``raw.h5ad`` and ``qc_cells.parquet``; gets ``embedding.parquet``.
    seed
        Of components, neighbours and layout.

    Returns
    -------
    Facts: the number of cells on the map.
    """
    adata, facts = open_step(folder.file(RAW))
    table = EMBEDDING.frame()
    if facts["assay"] == SINGLE_CELL:
        table = pp.embed(_passing(adata, _read_cells(folder)), seed=seed)
    folder.write(EMBEDDING, table)
    return {"n_embedded": len(table)}


def _read_cells(folder: DatasetFolder) -> pd.DataFrame:
    path, expected = folder.file(QC_CELLS), "qc_cells.parquet written by fatescore qc"
    cells = read_parquet(path, expected, columns=[col.OBS_NAME, col.QC_FAIL_REASON, col.CELL_TYPE, col.TOTAL_COUNTS])
    if not len(cells.columns):
        raise InputError(f"{path} cannot be read: it is empty", expected=expected, fix="run fatescore qc again")
    return cells


def _passing(adata: AnnData, cells: pd.DataFrame) -> AnnData:
    """Return the cells that pass, their matrices where they are, with cell type and depth in ``obs``."""
    if cells[col.OBS_NAME].tolist() != adata.obs_names.tolist():
        raise InputError(
            f"the {len(cells):,} judged cells are not the {adata.n_obs:,} of the data",
            expected="qc_cells.parquet of the same raw.h5ad", fix="run fatescore qc on it again",
        )  # fmt: skip
    for name in (col.CELL_TYPE, col.TOTAL_COUNTS):
        adata.obs[name] = cells[name].array
    return adata[np.flatnonzero(cells[col.QC_FAIL_REASON].isin(["", QcFailReason.NOT_STROMAL]))]

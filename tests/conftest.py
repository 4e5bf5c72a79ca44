"""Fixtures for the whole suite."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
FORMS = (
    "CSR", "CSR array", "CSC", "dense", "dense by columns", "float32", "float32 CSR", "integers", "integer CSR",
    "int64 indices", "unsorted", "twice stored", "zeros stored", "Dask", "Dask in tiles", "Dask CSR", "Dask CSR array",
    "disk CSR", "disk CSR gzip", "disk CSC", "disk dense",
)  # fmt: skip


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data, or skip with a clear message."""
    folder = Path(os.environ.get("FATESCORE_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "geo").is_dir():
        pytest.skip(f"real data not at {folder}: set FATESCORE_REAL_DATA to run this test")
    return folder


@pytest.fixture(params=FORMS)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[pd.DataFrame], Any]:
    """Put a table of whole numbers (observations x genes) into an AnnData; once for every way of storing X."""
    import anndata as ad

    def make(table: pd.DataFrame) -> ad.AnnData:
        where, _, how = request.param.rpartition("disk ")
        X = _matrix(table.to_numpy(dtype=np.float64), how.removesuffix(" gzip"))
        adata = ad.AnnData(X, obs=pd.DataFrame(index=table.index), var=pd.DataFrame(index=table.columns))
        adata.layers["counts"] = adata.X
        if where or request.param.startswith("disk"):
            path = tmp_path / "x.h5ad"
            adata.write_h5ad(path, compression="gzip" if how.endswith("gzip") else None)
            adata = ad.read_h5ad(path, backed="r")
        return adata

    return make


def _matrix(dense: np.ndarray, form: str) -> Any:
    import scipy.sparse as sp

    rows = 5
    csr = sp.csr_matrix(dense)
    if form.startswith("Dask"):
        import dask.array as da

        blocks = da.from_array(dense, chunks=(rows, 20 if form == "Dask in tiles" else -1))
        kinds = {"Dask CSR": sp.csr_matrix, "Dask CSR array": sp.csr_array}
        return blocks.map_blocks(kinds[form]) if form in kinds else blocks
    if form == "int64 indices":
        csr.indices, csr.indptr = csr.indices.astype(np.int64), csr.indptr.astype(np.int64)
    if form == "unsorted":
        entries = [np.arange(a, b)[::-1] for a, b in zip(csr.indptr[:-1], csr.indptr[1:], strict=True)]
        order = np.concatenate(entries)
        csr = sp.csr_matrix((csr.data[order], csr.indices[order], csr.indptr), shape=csr.shape)
    if form == "twice stored":  # a quarter of the value, then the rest
        parts = np.outer(csr.data, [0.25, 0.75]).ravel()
        csr = sp.csr_matrix((parts, np.repeat(csr.indices, 2), 2 * csr.indptr), shape=csr.shape)
    if form == "zeros stored":
        n_obs, n_genes = dense.shape
        csr = sp.csr_matrix((dense.ravel(), np.tile(np.arange(n_genes), n_obs), np.arange(n_obs + 1) * n_genes))
    others = {
        "CSR array": lambda: sp.csr_array(dense), "CSC": csr.tocsc, "dense": dense.copy,
        "dense by columns": lambda: np.asfortranarray(dense), "float32": lambda: dense.astype(np.float32),
        "float32 CSR": lambda: csr.astype(np.float32), "integers": lambda: dense.astype(np.int64),
        "integer CSR": lambda: csr.astype(np.int32),
    }  # fmt: skip
    return others[form]() if form in others else csr

"""An index beyond the matrix is an error: scipy crashes on it, or reads what is not there."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.ingest import h5ad, tenx_mtx


@pytest.mark.parametrize(("name", "value"), [("indices", 99), ("indices", -1), ("indptr", 99)])
def test_h5ad(tmp_path: Path, name: str, value: int) -> None:
    path = tmp_path / "x.h5ad"
    counts = sp.csr_matrix(np.array([[1, 0, 2], [0, 3, 0]], dtype=np.float32))
    ad.AnnData(counts, var=pd.DataFrame(index=["RUNX2", "PPARG", "SP7"])).write_h5ad(path)
    with h5py.File(path, "r+") as stored:
        stored[f"X/{name}"][1] = value
    with pytest.raises(InputError, match="cannot be read as AnnData"):
        h5ad.open_h5ad(path)


@pytest.mark.parametrize("entry", ["0 1 5", "1 0 5", "4 1 5", "1 3 5"])
def test_matrix_market(tmp_path: Path, entry: str) -> None:
    (tmp_path / "GSM1_matrix.mtx").write_text(
        f"%%MatrixMarket matrix coordinate integer general\n3 2 2\n1 1 4\n{entry}\n"
    )
    (tmp_path / "GSM1_barcodes.tsv").write_text("A-1\nC-1\n")
    (tmp_path / "GSM1_features.tsv").write_text("RUNX2\tRUNX2\nPPARG\tPPARG\nSP7\tSP7\n")
    with pytest.raises(InputError, match="the matrix cannot be read"):
        tenx_mtx.read(tmp_path)

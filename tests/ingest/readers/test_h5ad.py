"""AnnData files."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.ingest.readers import h5ad


@pytest.mark.parametrize(("name", "value"), [("indices", 99), ("indices", -1), ("indptr", 99)])
def test_an_index_beyond_the_matrix_is_an_error(tmp_path: Path, name: str, value: int) -> None:
    # scipy crashes on it, or reads what is not there
    path = tmp_path / "x.h5ad"
    counts = sp.csr_matrix(np.array([[1, 0, 2], [0, 3, 0]], dtype=np.float32))
    ad.AnnData(counts, var=pd.DataFrame(index=["RUNX2", "PPARG", "SP7"])).write_h5ad(path)
    with h5py.File(path, "r+") as stored:
        stored[f"X/{name}"][1] = value
    with pytest.raises(InputError, match="cannot be read as AnnData"):
        h5ad.open_h5ad(path)

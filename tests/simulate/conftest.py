"""What the simulated counts show, by gene names alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData


@pytest.fixture(scope="session")
def log_ratio() -> Callable[[AnnData], pd.Series]:
    """Bone over fat programme per observation, from counts and gene names alone (no library code)."""

    def compute(adata: AnnData) -> pd.Series:
        bone = ["RUNX2", "ALPL", "COL1A1", "SP7", "IBSP", "BGLAP"]
        fat = ["PPARG", "CEBPA"]
        names = pd.Index(adata.var_names).str.upper()
        counts = adata.layers["counts"].toarray()
        share = np.log2(counts / counts.sum(axis=1, keepdims=True) + 1e-9)
        ratio = share[:, names.isin(bone)].mean(axis=1) - share[:, names.isin(fat)].mean(axis=1)
        return pd.Series(ratio, index=adata.obs_names)

    return compute

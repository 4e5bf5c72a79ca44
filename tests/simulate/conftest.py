"""One mirror and one set of cells for the whole room."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from fatescore import simulate

SMALL = {"cells_per_donor": 40, "n_genes": 500}


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate.mirror(tmp_path_factory.mktemp("mirror") / "geo", seed=0, **SMALL)


@pytest.fixture(scope="session")
def digest() -> Callable[[Path], dict[str, bytes]]:
    def read(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
        }

    return read


@pytest.fixture(scope="session")
def text() -> Callable[[Path], str]:
    def read(path: Path) -> str:
        return gzip.decompress(path.read_bytes()).decode("utf-8")

    return read


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

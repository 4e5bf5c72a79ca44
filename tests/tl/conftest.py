"""Counts, gene sets and nulls of the scoring tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore import methods

N_OBS, N_GENES = 24, 200
LINEAR = tuple(name for name in methods.names() if methods.get(name).linear)
HOW = {"ucell": {"max_rank": 150}, "aucell": {"n_up": 100}}  # settings that use most ranks, so that few z are missing
SETS: dict[str, Any] = {
    "up": [f"g{i}" for i in range(3, 160, 17)],
    "signed": [f"g{i}" for i in range(5, 190, 23)] + [f"g{i}-" for i in range(13, 190, 31)],
    "weighted": {f"g{i}": 1.0 + i % 3 for i in range(8, 200, 19)},
    "down": [f"g{i}-" for i in range(100, 110)],
    "two": ["g40", "g150"],
    "one": ["g77"],
}


def _counts(n_obs: int = N_OBS, n_genes: int = N_GENES, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    level = rng.gamma(0.5, 4, n_genes) * rng.lognormal(0, 0.5, (n_obs, 1))
    names = [f"g{i}" for i in range(n_genes)]
    return pd.DataFrame(rng.poisson(level).astype(float), index=[f"c{i}" for i in range(n_obs)], columns=names)


@pytest.fixture(scope="session")
def counts() -> Callable[..., pd.DataFrame]:
    """Poisson counts of cells x genes: ``counts(n_obs, n_genes, seed)``."""
    return _counts


@pytest.fixture
def table() -> pd.DataFrame:
    return _counts()


@pytest.fixture(params=LINEAR)
def linear(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["matched", "uniform", "permutation", "fitted"])
def null(request: pytest.FixtureRequest) -> Any:
    return fs.tl.fit_null(_counts(60, seed=1)) if request.param == "fitted" else request.param


@pytest.fixture(scope="session")
def gene_sets() -> dict[str, Any]:
    return SETS


def _with_null(data: pd.DataFrame | ad.AnnData, method: str, null: Any, sets: Any = None, **how: Any) -> pd.DataFrame:
    """Score, z and p of an AnnData or a DataFrame, in one shape."""
    how = {"n_permutations": 20, **HOW.get(method, {}), **how}
    result = fs.tl.score_gene_sets(data, sets or SETS, method=method, null=null, **how)
    if result is None:
        result = pd.concat({what: data.obsm[f"{what}_{method}"] for what in ("score", "z", "pval")}, axis=1)
    return result


@pytest.fixture(scope="session")
def with_null() -> Callable[..., pd.DataFrame]:
    """Score, z and p: ``with_null(data, method, null, sets, **how)``."""
    return _with_null

"""singscore and the combined z-score against their definitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import fatescore as fs


@pytest.fixture
def table() -> pd.DataFrame:
    counts = np.random.default_rng(0).poisson(2, (8, 50)).astype(float)
    return pd.DataFrame(counts, columns=[f"g{i}" for i in range(50)])


UP, DOWN = ["g1", "g8", "g20", "g33"], ["g2", "g9", "g47"]


def centred(rank: pd.DataFrame) -> pd.Series:
    """Mean rank between the smallest and largest that so many genes can have, less a half."""
    n, k = 50, rank.shape[1]
    low, high = (k + 1) / 2, (2 * n - k + 1) / 2
    return (rank.mean(axis=1) - low) / (high - low) - 0.5


def test_singscore_is_the_centred_mean_of_smallest_ranks(table: pd.DataFrame) -> None:
    rank = pd.DataFrame(stats.rankdata(table, method="min", axis=1), columns=table.columns)
    sets = {"up": UP, "down": [f"{g}-" for g in DOWN], "both": UP + [f"{g}-" for g in DOWN]}
    got = fs.tl.score_gene_sets(table, sets, method="singscore", dispersion=True)
    up, down = centred(rank[UP]), centred(51 - rank[DOWN])
    np.testing.assert_allclose(got["score"], pd.concat([up, down, up + down], axis=1), atol=1e-12)
    mad = {k: stats.median_abs_deviation(rank[v], axis=1) * 1.4826 for k, v in (("up", UP), ("down", DOWN))}
    expected = np.column_stack([mad["up"], mad["down"], (mad["up"] + mad["down"]) / 2])
    np.testing.assert_allclose(got["dispersion"], expected, atol=1e-12)


def test_zscore_is_the_weighted_sum_of_standardised_genes(table: pd.DataFrame) -> None:
    table["g3"] = 4.0  # without variance: counts 0
    z = ((table - table.mean()) / table.std()).fillna(0.0)
    weights = pd.Series({"g1": 1.0, "g3": 2.0, "g8": -0.5})
    got = fs.tl.score_gene_sets(table, {"s": weights.to_dict()}, method="zscore")["s"]
    np.testing.assert_allclose(got, z[weights.index] @ weights / np.sqrt((weights**2).sum()), atol=1e-12)

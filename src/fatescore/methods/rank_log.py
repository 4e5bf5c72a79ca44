"""Mean log2 distance from the bottom of the ranking: the project's own default.

A gene at rank r of N has the value log2(N / r). Expression falls with rank about as a power law (Zipf), so
the value is close to linear in log expression and does not saturate at the top, where a percentile does.
The difference of two weighted means is a log2 ratio of geometric mean ranks, free of N: one scale for
cells, bulk samples and arrays. Genes that tie share the mean of their positions' values, which is the
expectation over random tie-breaking.
"""

from __future__ import annotations

import functools

import numpy as np
import scipy.sparse as sp

from fatescore.methods import register_rank
from fatescore.methods._ranking import RankPart, RankPlan, RankValue, scale_columns


@functools.lru_cache(maxsize=8)
def rank_value(n_genes: int) -> RankValue:
    """Return the value log2(N / r) of rank r among ``n_genes``.

    Examples
    --------
    >>> rank_value(4).table.round(2).tolist()
    [0.0, 2.0, 3.0, 3.42, 3.42]
    """
    ranks = np.arange(1, n_genes + 1)
    return RankValue(np.concatenate([[0.0], np.cumsum(np.log2(n_genes) - np.log2(ranks))]))


@register_rank(
    "rank_log",
    signed=True,
    weighted=True,
    range="0 to log2(number of genes) for positive weights",
    reference="this project, docs/explanation/index.md",
    linear=True,
)
def rank_log(weights: sp.csr_array) -> RankPlan:
    """Score observations by the weighted mean of log2(N / rank), in units of log2 rank."""
    total = abs(weights).sum(axis=0)
    with np.errstate(divide="ignore"):
        coef = scale_columns(weights, 1 / total)
    return RankPlan(RankPart(rank_value(weights.shape[0]), coef), np.copy)

"""Mean log2 distance from the bottom of the ranking: the project's own default.

A gene at rank r of N has the value log2(N / r). Expression falls with rank about as a power law (Zipf), so
the value is close to linear in log expression and does not saturate at the top, where a percentile does.
The difference of two weighted means is a log2 ratio of geometric mean ranks, free of N: one scale for
cells, bulk samples and arrays. Genes that tie share the mean of their positions' values, which is the
expectation over random tie-breaking.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fatescore.methods._ranking import tie_groups
from fatescore.methods._registry import register
from fatescore.typing import FloatArray, Matrix


def values(X: Matrix) -> tuple[FloatArray, sp.csr_array]:
    """Return the value of every gene in every observation.

    Parameters
    ----------
    X
        Observations x genes, CSR or dense.

    Returns
    -------
    bottom
        (n_obs,) value that every gene of the tie group of zeros has.
    offset
        CSR (n_obs x n_genes): what a ranked gene's value is above ``bottom``.
    """
    groups = tie_groups(X)
    n = groups.n_genes
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log2(np.arange(1, n + 1)))])
    n_ranked = groups.n_ranked
    n_zero = n - n_ranked
    with np.errstate(invalid="ignore", divide="ignore"):
        bottom = np.log2(n) - (log_factorial[n] - log_factorial[n_ranked]) / n_zero
    bottom[n_zero == 0] = 0.0
    mean_log = (log_factorial[groups.through] - log_factorial[groups.above]) / (groups.through - groups.above)
    return bottom, groups.with_data(np.log2(n) - mean_log - np.repeat(bottom, n_ranked))


def weighted_sum(bottom: FloatArray, offset: sp.csr_array, weights: FloatArray) -> FloatArray:
    """Return the sum of weight times value (observations x columns of ``weights``) from :func:`values`."""
    # Weights that cancel must cancel exactly: where no gene of an index is seen, its arms are equal.
    return np.asarray(offset @ weights) + np.outer(bottom, weights.sum(axis=0).round(12))


@register(
    "rank_log",
    signed=True,
    weighted=True,
    range="0 to log2(number of genes) for positive weights",
    reference="this project, docs/explanation/index.md",
)
def rank_log(X: Matrix, weights: FloatArray) -> FloatArray:
    """Score observations by the weighted mean of log2(N / rank).

    Parameters
    ----------
    X
        Observations x genes, CSR or dense.
    weights
        Genes x gene sets; divided by the sum of their absolute values per set.

    Returns
    -------
    Observations x gene sets, in units of log2 rank. A set without genes scores NaN.
    """
    total = np.abs(weights).sum(axis=0)
    bottom, offset = values(X)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = weights / total
    share[:, total == 0] = 0.0
    scores = weighted_sum(bottom, offset, share)
    scores[:, total == 0] = np.nan
    return scores

"""singscore: mean rank of a gene set between its theoretical smallest and largest (Foroutan et al. 2018)."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fatescore.methods import register_rank
from fatescore.methods._ranking import RankPart, RankPlan, RankValue, run_plan, scale_columns
from fatescore.typing import FloatArray, Matrix


def lowest_rank(n_genes: int) -> RankValue:
    """Return the smallest rank of a tie group, counted from 1 = lowest."""
    return RankValue(np.arange(n_genes + 1.0, 0.0, -1.0), rule="last")


def dispersion(X: Matrix, weights: sp.csr_array) -> FloatArray:
    """Return how widely the ranks of a set's genes lie: 1.4826 x their median absolute deviation.

    For a set with both signs it is the mean of the two; NaN for a set without genes.
    """
    out = np.full((X.shape[0], weights.shape[1]), np.nan)
    for k in range(weights.shape[1]):
        column = weights[:, [k]].toarray().ravel()
        parts = []
        for sign in (1, -1):
            genes = np.flatnonzero(sign * column > 0)
            if genes.size:
                single = sp.csr_array((np.ones(genes.size), (genes, np.arange(genes.size))), (len(column), genes.size))
                part = RankPart(lowest_rank(len(column)), single)
                ranks = run_plan(X, RankPlan(part, np.copy), single)
                centre = np.median(ranks, axis=1, keepdims=True)
                parts.append(1.4826 * np.median(np.abs(ranks - centre), axis=1))
        if parts:
            out[:, k] = np.mean(parts, axis=0)
    return out


@register_rank(
    "singscore",
    signed=True,
    weighted=False,
    range="-0.5 to 0.5 (-1 to 1 with negative genes)",
    reference="doi:10.1186/s12859-018-2435-4",
    linear=True,
    dispersion=dispersion,
)
def singscore(weights: sp.csr_array) -> RankPlan:
    """Score observations by the centred, normalised mean rank; known direction: up-set plus reversed down-set.

    Genes that tie share the smallest of their ranks (1 = lowest), as the original does by default. Scores are 0 for a
    set in the middle of the ranking.
    """
    n_genes, _ = weights.shape
    coef = sp.csr_array(weights.shape)
    shift = np.zeros(weights.shape[1])
    for sign in (1, -1):
        member = sp.csr_array((sign * weights > 0).astype(float))
        size = member.sum(axis=0)
        low, high = (size + 1) / 2, (2 * n_genes - size + 1) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            per_gene = np.where(high > low, 1 / (size * (high - low)), 0.0)
            middle = np.where(high > low, (low if sign > 0 else n_genes + 1 - low) / (high - low), 0.0)
        coef = coef + sign * scale_columns(member, per_gene)
        shift += np.where(size > 0, -sign * middle - 0.5, 0.0)
    return RankPlan(RankPart(lowest_rank(n_genes), sp.csr_array(coef)), lambda raw: raw + shift)

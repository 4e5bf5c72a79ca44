"""Single-sample GSEA (Barbie et al. 2009), without normalisation.

The running sum's total has a closed form in three sums over the set's ranks, so nothing is walked gene by gene. Genes
that tie share the mean of their positions' terms, where other implementations let the order of the rows decide.
"""

from __future__ import annotations

import functools

import numpy as np
import scipy.sparse as sp

from fatescore.methods import register_rank
from fatescore.methods._ranking import RankPart, RankPlan, RankValue
from fatescore.typing import FloatArray


@register_rank(
    "ssgsea",
    signed=True,
    weighted=False,
    range="unbounded, in ranks",
    reference="doi:10.1038/nature08460",
    parameters=("weight",),
    linear=False,
)
def ssgsea(weights: sp.csr_array, *, weight: float = 0.25) -> RankPlan:
    """Score observations by ssGSEA; the negative genes' score is subtracted.

    ``weight`` is the exponent of the rank in the running sum. A set of all genes has nothing outside it and scores
    against nothing.
    """
    n_genes, n_sets = weights.shape
    member = sp.csr_array(
        sp.hstack([sp.csr_array((weights > 0).astype(float)), sp.csr_array((weights < 0).astype(float))])
    )
    from_below = np.arange(n_genes, 0, -1.0)  # rank 1 = highest has n_genes genes at or below it
    terms = np.array([from_below ** (weight + 1), from_below**weight, from_below])
    part = RankPart(RankValue(np.pad(np.cumsum(terms, axis=1), ((0, 0), (1, 0)))), member)
    return RankPlan(part, functools.partial(_finish, size=member.sum(axis=0), n_genes=n_genes, n_sets=n_sets))


def _finish(raw: FloatArray, *, size: FloatArray, n_genes: int, n_sets: int) -> FloatArray:
    area, hits, positions = raw
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = area / hits
        outside = (n_genes * (n_genes + 1) / 2 - positions) / (n_genes - size)
    scores = np.where(size > 0, inside - np.where(size < n_genes, outside, 0.0), 0.0)
    return np.asarray(scores[:, :n_sets] - scores[:, n_sets:])

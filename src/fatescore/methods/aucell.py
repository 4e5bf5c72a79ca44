"""AUCell: area under the recovery curve of a gene set among the top-ranked genes (Aibar et al. 2017).

Genes that tie share the expectation over random tie-breaking, which has a closed form: no seed, no noise. Zeros are
one tie group, so a cell with fewer detected genes than ``n_up`` gives its undetected genes their fair share.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.methods import register_rank
from fatescore.methods._ranking import RankPart, RankPlan, RankValue, scale_columns


@register_rank(
    "aucell",
    signed=True,
    weighted=False,
    range="0 to 1 (-1 to 1 with negative genes)",
    reference="doi:10.1038/nmeth.4463",
    parameters=("n_up", "w_neg"),
    linear=True,
)
def aucell(weights: sp.csr_array, *, n_up: int | None = None, w_neg: float = 1.0) -> RankPlan:
    """Score observations by AUCell: the area over the largest possible area.

    Parameters
    ----------
    n_up
        How many top-ranked genes are looked at; default 5 % of the genes, rounded up.
    w_neg
        Weight of the negative genes' score, which is subtracted.
    """
    n_genes, _ = weights.shape
    n_up = max(2, math.ceil(0.05 * n_genes)) if n_up is None else n_up
    if not 1 < n_up <= n_genes:
        if n_genes > 1:
            raise InputError(f"n_up is {n_up}", expected=f"2 to {n_genes}, the number of genes")
        n_up = 2  # one gene has one rank, and an area
    signs = [sp.csr_array((weights > 0).astype(float)), sp.csr_array((weights < 0).astype(float))]
    largest = [_largest_area(member.sum(axis=0), n_up) for member in signs]
    with np.errstate(divide="ignore"):
        coef = scale_columns(signs[0], 1 / largest[0]) - w_neg * scale_columns(signs[1], 1 / largest[1])
    height = np.maximum(n_up - np.arange(1, n_genes + 1), 0.0)  # what a gene at rank r adds to the area
    value = RankValue(np.concatenate([[0.0], np.cumsum(height)]), depth=n_up)
    return RankPlan(RankPart(value, sp.csr_array(coef)), np.copy)


def _largest_area(size: np.ndarray, n_up: int) -> np.ndarray:
    inside = np.minimum(size, n_up - 1)
    return np.asarray(inside * n_up - inside * (inside + 1) / 2)

"""UCell: Mann-Whitney U of a gene set among the top-ranked genes (Andreatta & Carmona 2021)."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.methods import register_rank
from fatescore.methods._ranking import RankPart, RankPlan, RankValue, scale_columns
from fatescore.typing import FloatArray


@register_rank(
    "ucell",
    signed=True,
    weighted=False,
    range="0 to 1",
    reference="doi:10.1016/j.csbj.2021.06.043",
    parameters=("max_rank", "w_neg", "n_missing"),
    linear=True,
)
def ucell(
    weights: sp.csr_array,
    *,
    max_rank: int = 1500,
    w_neg: float = 1.0,
    n_missing: FloatArray | None = None,
) -> RankPlan:
    """Score observations by UCell.

    Ties among non-zero values share their average rank; zeros and ranks beyond ``max_rank`` count as
    ``max_rank``.

    Parameters
    ----------
    max_rank
        Ranks are cut here; at least the size of the largest set.
    w_neg
        Weight of the negative genes' score, which is subtracted; the result is cut at 0.
    n_missing
        (2, n_sets): positive and negative genes per set that the data lack but that count at ``max_rank``.
    """
    n_genes, n_sets = weights.shape
    if max_rank < 1:
        raise InputError(f"max_rank is {max_rank}", expected="a whole number above 0")
    max_rank = min(int(max_rank), n_genes)
    missing = np.zeros((2, n_sets)) if n_missing is None else n_missing
    positive = sp.csr_array((weights > 0).astype(float))
    negative = sp.csr_array((weights < 0).astype(float))
    coef = _per_gene(positive, missing[0], max_rank) - w_neg * _per_gene(negative, missing[1], max_rank)
    mean_rank = (np.arange(2 * n_genes + 1) + 1) / 2  # of a group that covers the ranks a + 1 to t, by a + t
    gain = np.where(mean_rank > max_rank, 0.0, max_rank - mean_rank)
    value = RankValue(gain, rule="middle", zero=0.0, depth=max_rank)
    empty = np.asarray(abs(weights).sum(axis=0) + missing.sum(axis=0) == 0)
    return RankPlan(RankPart(value, sp.csr_array(coef)), lambda raw: np.maximum(raw, 0.0), empty)


def _per_gene(member: sp.csr_array, n_missing: FloatArray, max_rank: int) -> sp.csr_array:
    """Return 1 / U_max for the genes of each set: 1 - U / U_max is the sum of gains over ``max_rank``."""
    size = member.sum(axis=0) + n_missing
    if size.max(initial=0) > max_rank:
        raise InputError(
            f"a gene set holds {int(size.max())} genes but max_rank is {max_rank}",
            fix="raise max_rank to at least the size of the largest gene set",
        )
    with np.errstate(divide="ignore"):
        return scale_columns(member, 1 / (size * max_rank - size * (size + 1) / 2))

"""UCell: Mann-Whitney U of a gene set among the top-ranked genes (Andreatta & Carmona 2021)."""

from __future__ import annotations

import numpy as np

from fatescore.errors import InputError
from fatescore.methods._ranking import tie_groups
from fatescore.methods._registry import register
from fatescore.typing import BoolArray, FloatArray, Matrix


@register(
    "ucell",
    signed=True,
    weighted=False,
    range="0 to 1",
    reference="doi:10.1016/j.csbj.2021.06.043",
    parameters=("max_rank", "w_neg", "n_missing"),
)
def ucell(
    X: Matrix,
    weights: FloatArray,
    *,
    max_rank: int = 1500,
    w_neg: float = 1.0,
    n_missing: FloatArray | None = None,
) -> FloatArray:
    """Score observations by UCell.

    Ties among non-zero values share their average rank; zeros and ranks beyond ``max_rank`` count as
    ``max_rank``.

    Parameters
    ----------
    X
        Observations x genes, CSR or dense.
    weights
        Genes x gene sets; only the sign is used.
    max_rank
        Ranks are cut here; at least the size of the largest set.
    w_neg
        Weight of the negative genes' score, which is subtracted; the result is cut at 0.
    n_missing
        (2, n_sets): positive and negative genes per set that the data lack but that count at ``max_rank``.

    Returns
    -------
    Observations x gene sets, 0 to 1.
    """
    groups = tie_groups(X)
    max_rank = min(int(max_rank), groups.n_genes)
    missing = np.zeros((2, weights.shape[1])) if n_missing is None else n_missing
    rank = (groups.above + groups.through + 1) / 2
    gain = groups.with_data(np.where(rank > max_rank, 0.0, max_rank - rank))
    positive = _u_score(gain, weights > 0, missing[0], max_rank)
    negative = _u_score(gain, weights < 0, missing[1], max_rank)
    scores = np.maximum(np.nan_to_num(positive) - w_neg * np.nan_to_num(negative), 0.0)
    scores[np.isnan(positive) & np.isnan(negative)] = np.nan
    return scores


def _u_score(gain: Matrix, member: BoolArray, n_missing: FloatArray, max_rank: int) -> FloatArray:
    """Return 1 - U / U_max, where a gene's gain is how far it stands above ``max_rank``."""
    size = member.sum(axis=0) + n_missing
    if size.max(initial=0) > max_rank:
        raise InputError(
            f"a gene set holds {int(size.max())} genes but max_rank is {max_rank}",
            fix="raise max_rank to at least the size of the largest gene set",
        )
    u_max = size * max_rank - size * (size + 1) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        scores: FloatArray = np.asarray(gain @ member.astype(float)) / u_max
    scores[:, size == 0] = np.nan
    return scores

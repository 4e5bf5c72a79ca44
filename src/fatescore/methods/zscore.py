"""Combined z-score: standardised genes, summed over the set (Lee et al. 2008)."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fatescore.methods._registry import register
from fatescore.typing import FloatArray, Matrix


@register(
    "zscore",
    signed=True,
    weighted=True,
    range="unbounded, mean 0 over the observations",
    reference="doi:10.1371/journal.pcbi.1000217",
    relative=True,
)
def zscore(X: Matrix, weights: FloatArray) -> FloatArray:
    """Score observations by the weighted sum of z-scores over the square root of the sum of squared weights.

    Parameters
    ----------
    X
        Observations x genes, CSR or dense, on a log scale. A gene without variance counts 0.
    weights
        Genes x gene sets.

    Returns
    -------
    Observations x gene sets; relative to the observations in the call. NaN with fewer than two of them.
    """
    member = np.flatnonzero((weights != 0).any(axis=1))
    part = X[:, member]
    dense = part.toarray() if sp.issparse(part) else np.asarray(part, dtype=float)
    n_sets = weights.shape[1]
    if dense.shape[0] < 2:
        return np.full((dense.shape[0], n_sets), np.nan)
    sd = dense.std(axis=0, ddof=1)
    z = np.divide(dense - dense.mean(axis=0), sd, out=np.zeros_like(dense), where=sd > 0)
    used = weights[member]
    norm = np.sqrt((used**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(z @ used / norm)

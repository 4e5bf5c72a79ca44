"""Combined z-score: standardised genes, summed over the set (Lee et al. 2008)."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fatescore.methods import register
from fatescore.typing import FloatArray, Matrix


@register(
    "zscore",
    signed=True,
    weighted=True,
    range="unbounded, mean 0 over the observations",
    reference="doi:10.1371/journal.pcbi.1000217",
    relative=True,
)
def zscore(X: Matrix, weights: sp.csr_array) -> FloatArray:
    """Score observations by the weighted sum of z-scores over the square root of the sum of squared weights.

    ``X`` is on a log scale. A gene without variance counts 0; with fewer than two observations all is NaN.
    """
    n_obs = X.shape[0]
    if n_obs < 2:
        return np.full((n_obs, weights.shape[1]), np.nan)
    member = np.flatnonzero(abs(weights).sum(axis=1))
    part = sp.csr_array(X[:, member]).astype(np.float64)
    part.sum_duplicates()
    used = weights[member]
    mean = np.asarray(part.sum(axis=0)).ravel() / n_obs
    stored = np.bincount(part.indices, minlength=len(member))
    squares = np.bincount(part.indices, (part.data - mean[part.indices]) ** 2, minlength=len(member))
    sd = np.sqrt((squares + (n_obs - stored) * mean**2) / (n_obs - 1))
    varies = sd > 1e-12 * np.abs(mean)
    per_unit = np.divide(1.0, sd, out=np.zeros_like(sd), where=varies)
    slope = sp.diags_array(per_unit) @ used
    norm = np.sqrt((used**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(((part @ slope).toarray() - mean @ slope) / norm)

"""The matched null: what a score would be with random genes of the same expression level.

Genes are put into strata by their mean value over the data set. Drawing each gene of a weighted set from
its own stratum without replacement gives mean and variance in closed form (finite-population sampling), for
every observation, from two sums per stratum: no permutation, no seed.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy import stats

from fatescore.typing import FloatArray, IntArray

MIN_OBSERVATIONS = 3


def assign_strata(mean_value: FloatArray, n_strata: int = 100) -> IntArray:
    """Assign genes to strata of nearly equal size by mean value; genes that tie stay together.

    Parameters
    ----------
    mean_value
        (n_genes,) mean over the observations.
    n_strata
        Number of strata; at least 100 keeps single sets calibrated, with fewer genes than that each
        stratum keeps about ten.

    Returns
    -------
    (n_genes,) stratum of each gene, 0 to n - 1.

    Examples
    --------
    >>> import numpy as np
    >>> assign_strata(np.arange(40.0), n_strata=4)[[0, 10, 39]]
    array([0, 1, 3])
    """
    n_genes = len(mean_value)
    n = max(1, min(n_strata, n_genes // 10))
    rank = stats.rankdata(mean_value, method="average")
    bins = np.minimum((rank - 0.5) * n // n_genes, n - 1)
    # large ties (genes that are never seen) leave bins empty; number only those that hold genes
    return np.asarray(np.unique(bins, return_inverse=True)[1], dtype=np.int64)


def matched_moments(
    bottom: FloatArray, offset: sp.csr_array, weights: FloatArray, stratum: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation of linear scores under random genes of the same strata.

    Parameters
    ----------
    bottom
        (n_obs,) value of every gene that has no entry in ``offset``.
    offset
        CSR (n_obs x n_genes), value above ``bottom``.
    weights
        (n_genes x n_scores) weights c; a score is the sum of c times value.
    stratum
        (n_genes,) from :func:`assign_strata`.

    Returns
    -------
    mean, sd
        Both (n_obs x n_scores). With N genes in a stratum, value mean m and variance v there, and the
        weights' sum C1 and sum of squares C2: E = sum m C1, Var = sum v N / (N - 1) (C2 - C1^2 / N).
    """
    n_genes, n_strata = len(stratum), int(stratum.max()) + 1
    size = np.bincount(stratum, minlength=n_strata).astype(float)
    membership = sp.csr_array((np.ones(n_genes), (np.arange(n_genes), stratum)), shape=(n_genes, n_strata))
    first = (offset @ membership).toarray() / size
    second = (offset.power(2) @ membership).toarray() / size
    variance = np.maximum(second - first**2, 0.0)
    c1 = membership.T @ weights
    c2 = membership.T @ weights**2
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.where(size[:, None] > 1, (size / (size - 1))[:, None] * (c2 - c1**2 / size[:, None]), 0.0)
    mean = (first + bottom[:, None]) @ c1
    return mean, np.sqrt(np.maximum(variance @ spread, 0.0))


def normal_pvalue(z: FloatArray) -> FloatArray:
    """Return two-sided p values of z under the normal distribution; NaN stays NaN."""
    return np.asarray(2 * stats.norm.sf(np.abs(z)))

"""The matched null: what a score would be with random genes of the same expression level.

Genes are put into strata by their mean value over the data set. Drawing each gene of a weighted set from
its own stratum without replacement gives mean and variance in closed form (finite-population sampling), for
every observation, from two sums per stratum: no permutation, no seed.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy import special, stats

from fatescore.errors import InputError
from fatescore.typing import Alternative, BoolArray, FloatArray, IntArray

MIN_OBSERVATIONS = 3
N_STRATA = 100


def assign_strata(mean_value: FloatArray, n_strata: int = N_STRATA) -> IntArray:
    """Assign genes to strata of nearly equal size by mean value, numbered from 0; genes that tie stay together.

    At least 100 strata keep single sets calibrated. Each stratum keeps about ten genes, however few there are.

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
    # large ties (genes that are never detected) leave bins empty; number only those that hold genes
    return np.asarray(np.unique(bins, return_inverse=True)[1], dtype=np.int64)


@dataclass(frozen=True)
class FittedNull:
    """The level of every gene in a reference: what random genes are matched on.

    Attributes
    ----------
    level
        Gene -> mean log2(N / rank) over the reference's observations.
    n_obs
        Number of observations that were averaged.
    n_strata
        Number of strata.
    """

    level: pd.Series[float]
    n_obs: int
    n_strata: int = N_STRATA

    def strata(self, genes: pd.Index, used: IntArray) -> IntArray:
        """Return the stratum of each of ``genes``; those that the reference lacks share one of their own.

        It is an InputError where a gene that is used (positions ``used``) is among these.
        """
        level = np.asarray(self.level.reindex(genes), dtype=np.float64)
        unknown = np.isnan(level)
        if unknown[used].any():
            names = genes[used][unknown[used]]
            raise InputError(
                f"the null was fitted without {len(names)} genes of the gene sets ({', '.join(map(str, names[:3]))})",
                expected="a reference with the genes of the data",
                fix="fit the null on data with the same genes, or leave those genes out",
            )
        stratum = np.empty(len(genes), dtype=np.int64)
        stratum[~unknown] = assign_strata(level[~unknown], self.n_strata)
        stratum[unknown] = stratum[~unknown].max(initial=-1) + 1
        return stratum


def moment_weights(weights: sp.csr_array, stratum: IntArray) -> tuple[FloatArray, ...]:
    """Return what each stratum contributes to a linear score's cumulants under random genes of the same strata.

    Parameters
    ----------
    weights
        (n_genes x n_scores) weights c; a score is the sum of c times a gene's value.
    stratum
        (n_genes,) from :func:`assign_strata`.

    Returns
    -------
    size, first, second, third, fourth, genes
        (n_strata,) genes per stratum, and five (n_strata x n_scores) arrays. Where the values in a stratum of N genes
        have mean m and central moments m2, m3, m4 (divisor N), and D2, D3, D4 are the sums of the powers of c about
        their mean there: the score has mean ``m * first``, variance ``m2 * second``, third cumulant ``m3 * third`` and,
        to leading order, fourth cumulant ``(m4 - 3 m2^2) * fourth``, summed over strata; first = sum of c,
        second = N / (N - 1) D2, third = N^2 / ((N - 1) (N - 2)) D3, fourth = D4; genes = number of genes.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> moment_weights(sp.csr_array(np.array([[1.0], [0.0], [0.0]])), np.zeros(3, int))[2].round(12).tolist()
    [[1.0]]
    """
    n_genes, n_strata = len(stratum), int(stratum.max()) + 1
    size = np.bincount(stratum, minlength=n_strata).astype(float)
    membership = sp.csr_array((np.ones(n_genes), (stratum, np.arange(n_genes))), shape=(n_strata, n_genes))
    c1, c2, c3, c4 = ((membership @ weights.power(power)).toarray() for power in (1, 2, 3, 4))
    n = size[:, None]
    d2 = c2 - c1**2 / n
    d3 = c3 - 3 * c1 * c2 / n + 2 * c1**3 / n**2
    d4 = c4 - 4 * c1 * c3 / n + 6 * c1**2 * c2 / n**2 - 3 * c1**4 / n**3
    nothing = d2 <= 1e-12 * c2  # a stratum that is taken whole and evenly leaves nothing to chance
    d2, d3, d4 = (np.where(nothing, 0.0, d) for d in (d2, d3, d4))
    with np.errstate(invalid="ignore", divide="ignore"):
        second = np.where(n > 1, n / (n - 1) * d2, 0.0)
        third = np.where(n > 2, n**2 / ((n - 1) * (n - 2)) * d3, 0.0)
    genes = (membership @ (weights != 0).astype(float)).toarray()
    return size, c1, np.maximum(second, 0.0), third, np.maximum(d4, 0.0), genes


@functools.cache
def _pearson3_table() -> FloatArray:
    """Return normal deviates with the tails of Pearson III variables, in the layout of the kernel; made in 10 ms."""
    kernel = _tails()
    half_skew = np.arange(1, kernel.N_HALF_SKEWS)[:, None] / kernel.STEPS
    half_skew = half_skew / (1 - half_skew)
    along = np.linspace(0, 1, kernel.N_COLUMNS)
    along[0] = along[1] / 4  # at the bound the deviate is infinite
    low = -2 / np.maximum(half_skew, -2 / kernel.LOWEST)
    v = low + along**2 * (kernel.HIGHEST - low)
    shape = half_skew**-2
    gamma = (1 / half_skew + v / 2) ** 2
    upper, lower = special.gammaincc(shape, gamma), special.gammainc(shape, gamma)
    deviate = np.where(upper < 0.5, -special.ndtri(upper), special.ndtri(lower))
    return np.vstack([np.zeros(kernel.N_COLUMNS), np.clip(deviate, -37, 37) - v])


def _tails() -> Any:
    from fatescore.stats import _tail_kernel  # numba is loaded at first use

    return _tail_kernel


def standing(
    score: FloatArray, mean: FloatArray, variance: FloatArray, third: FloatArray, fourth: FloatArray,
    *, bounded: BoolArray,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return where scores stand under a null with these cumulants.

    The null is taken as Pearson III of the same skew (its tails from a table, within 2 % down to 0.001). Scores
    of truncated ranks (a few genes that count, many that do not) have heavier tails, and signed sets have them without
    skew: excess kurtosis beyond that of Pearson III, 1.5 skew^2, is allowed for as in Student's t of the same, by
    Wallace's (1959) approximation of its normal deviate.
    Pearson III ends at z = -2 / skew. Scores of signed sets can lie beyond: in the last twentieth before that end their
    tail is at least the normal one. Other sets have an end of their own, see :func:`tail_pvalue`.

    Parameters
    ----------
    score, mean, variance, third, fourth
        (n_obs x n_sets) scores and first four cumulants.
    bounded
        (n_sets,) whether a set's scores have an end of their own (not a signed set).

    Returns
    -------
    z, deviate
        (score - mean) / sd, and the normal deviate with the tail that the score has; NaN where there is no variance.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones((1, 2))
    >>> skew = np.array([[0.0, 1.0]])
    >>> z, deviate = standing(
    ...     np.array([[1.6448536, 2.0]]), 0 * one, one, skew, 1.5 * skew**2, bounded=np.array([True, True])
    ... )
    >>> deviate.round(3).tolist()
    [[1.645, 1.724]]
    """
    z, deviate = np.empty(score.shape), np.empty(score.shape)
    _tails().place(score, mean, variance, third, fourth, bounded, _pearson3_table(), z, deviate)
    return z, deviate


def tail_pvalue(
    deviate: FloatArray, alternative: Alternative = "two-sided", point_mass: FloatArray | None = None
) -> FloatArray:
    """Return p values of normal deviates; two-sided is twice the smaller tail.

    Parameters
    ----------
    deviate
        From :func:`standing`, any shape.
    point_mass
        Same shape: probability of the lowest possible score (that of a set of which no gene is detected), or, with a
        minus, of the highest. No tail on that side is smaller. Where the tail on the other side is, nothing as extreme
        can happen on this one, and the two-sided p is that tail alone.

    Examples
    --------
    >>> import numpy as np
    >>> tail_pvalue(np.array([1.959964]), "two-sided").round(4).tolist()
    [0.05]
    >>> tail_pvalue(np.array([1.959964, -3.0]), "two-sided", np.array([0.1, 0.1])).round(4).tolist()
    [0.025, 0.2]
    """
    smaller = special.ndtr(-np.abs(deviate))
    tail, single = smaller, False
    if point_mass is not None:
        mass = np.abs(point_mass)
        beyond = smaller < mass * (1 - 1e-9)  # rounding
        away = deviate * point_mass > 0
        tail = np.where(beyond & ~away, mass, smaller)
        single = beyond & away
    if alternative == "two-sided":
        return np.asarray(np.where(single, tail, np.minimum(2 * tail, 1.0)))
    return np.asarray(np.where((deviate > 0) == (alternative == "greater"), tail, 1 - smaller))


def inflation(z: FloatArray, group: IntArray) -> FloatArray:
    """Return how much wider each set's z varies among like observations than among random genes.

    The closed-form null takes genes as independent. Genes of one set that rise and fall together make its z vary more:
    by sqrt(1 + (k - 1) r) for k genes with mean correlation r. Groups of like observations show this factor directly:
    it is the standard deviation of z within them (the variance inflation of camera, Wu and Smyth 2012,
    doi:10.1093/nar/gks461). Differences between groups do not count.

    Of ``z`` (n_obs x n_sets) NaN is left out, as are observations whose ``group`` (n_obs,) is negative; the factors
    (n_sets,) are at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> inflation(np.array([[-3.0], [3.0], [-3.0], [3.0]]), np.zeros(4, int)).round(2).tolist()
    [3.46]
    """
    squares, freedom = np.zeros(z.shape[1]), np.zeros(z.shape[1])
    for g in np.unique(group[group >= 0]):
        part = z[group == g]
        n = np.isfinite(part).sum(axis=0)
        mean = np.divide(np.nansum(part, axis=0), n, out=np.zeros(z.shape[1]), where=n > 0)
        squares += np.nansum((part - mean) ** 2, axis=0)
        freedom += np.maximum(n - 1, 0)
    variance = np.divide(squares, freedom, out=np.ones_like(squares), where=freedom > 0)
    return np.sqrt(np.maximum(variance, 1.0))

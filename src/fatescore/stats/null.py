"""The matched null: what a score would be with random genes of the same expression level.

Genes are put into strata by their mean value over the data set. Drawing each gene of a weighted set from
its own stratum without replacement gives mean and variance in closed form (finite-population sampling), for
every observation, from two sums per stratum: no permutation, no seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy import special, stats

from fatescore.errors import InputError
from fatescore.typing import Alternative, FloatArray, IntArray

MIN_OBSERVATIONS = 3
N_STRATA = 100
_NEAR_BOUND = -0.95  # in units of the distance from mean to bound


def assign_strata(mean_value: FloatArray, n_strata: int = N_STRATA) -> IntArray:
    """Assign genes to strata of nearly equal size by mean value; genes that tie stay together.

    Parameters
    ----------
    mean_value
        (n_genes,) mean over the observations.
    n_strata
        Number of strata; at least 100 keeps single sets calibrated. Each stratum keeps about ten genes, however few
        there are.

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

        Raises
        ------
        InputError
            When the reference lacks a gene that is used (positions ``used``).
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
    size, first, second, third, fourth
        (n_strata,) genes per stratum, and four (n_strata x n_scores) arrays. Where the values in a stratum of N genes
        have mean m and central moments m2, m3, m4 (divisor N), and D2, D3, D4 are the sums of the powers of c about
        their mean there: the score has mean ``m * first``, variance ``m2 * second``, third cumulant ``m3 * third`` and,
        to leading order, fourth cumulant ``(m4 - 3 m2^2) * fourth``, summed over strata; first = sum of c,
        second = N / (N - 1) D2, third = N^2 / ((N - 1) (N - 2)) D3, fourth = D4.

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
    return size, c1, np.maximum(second, 0.0), third, np.maximum(d4, 0.0)


def normal_score(z: FloatArray, skew: FloatArray) -> FloatArray:
    """Return the normal deviate with the same tail as ``z`` of a standardised Pearson III variable; NaN stays NaN.

    The saddle-point formula of Barndorff-Nielsen for the gamma distribution: r* = r + log(z / r) / r with
    r = sign(z) sqrt(2 k (d - log(1 + d))), d = z / sqrt(k), k = 4 / skew^2. The tail is within 1 % of the exact one for
    skew up to 1 and 3 % up to 2, several times faster than the incomplete gamma function, which is used beyond.
    In the last twentieth before Pearson III's bound, and beyond it, the tail is at least the normal one.

    Parameters
    ----------
    z
        Standardised scores, any shape.
    skew
        Third standardised moment, same shape.

    Examples
    --------
    >>> import numpy as np
    >>> normal_score(np.array([1.6448536, 2.0]), np.array([0.0, 1.0])).round(3).tolist()
    [1.645, 1.723]
    """
    flip = np.where(skew < 0, -1.0, 1.0)
    x = flip * z
    half_skew = np.maximum(np.abs(skew) / 2, 1e-8)
    d = x * half_skew
    small = np.abs(d) < 0.01  # where the difference below would lose digits; the series is exact to 1e-15 there
    inside = np.where(small, 0.5, np.maximum(d, -1 + 1e-12))
    slope = np.where(
        small, -2 / 3 + d * (1 / 2 - d * (2 / 5 - d * (1 / 3 - d * (2 / 7 - d / 4)))),
        (2 * (inside - np.log1p(inside)) / inside**2 - 1) / inside,
    )  # fmt: skip
    shrink = 1 + np.where(small, d, inside) * slope  # (r / z)^2
    # log(z / r) / r is -log(shrink) / (2 r), with r = x sqrt(shrink)
    near = np.abs(d) < 1e-8
    log_slope = np.where(near, slope, np.log(shrink) / np.where(near, 1.0, np.where(small, d, inside)))
    correction = -0.5 * log_slope / np.sqrt(shrink) * half_skew
    star = np.where(d <= -1, -np.inf, x * np.sqrt(shrink) + correction)
    far = (half_skew > 1) & (d > -1)
    if far.any():
        shape = half_skew[far] ** -2
        star[far] = -special.ndtri(special.gammaincc(shape, shape * (1 + d[far])))
    # near its lower bound Pearson III knows of no point mass, but scores of sets that are not seen lie there
    star = np.where(d < _NEAR_BOUND, np.maximum(star, x), star)
    return np.asarray(flip * star)


def lighten(deviate: FloatArray, excess: FloatArray) -> FloatArray:
    """Return normal deviates that allow for tails heavier than Pearson III's; NaN stays NaN.

    Scores of truncated ranks (a few genes that count, many that do not) have such tails, and signed sets have them
    without skew. They are taken as Student's t of the same excess kurtosis 6 / (v - 4), by Wallace's (1959)
    approximation of its normal deviate: (8 v + 1) / (8 v + 3) sqrt(v log(1 + t^2 / v)).

    Parameters
    ----------
    deviate
        From :func:`normal_score`, any shape.
    excess
        Excess kurtosis less that of Pearson III, 1.5 skew^2; negative counts as 0.

    Examples
    --------
    >>> import numpy as np
    >>> lighten(np.array([1.5, 3.0, 3.0]), np.array([1.0, 1.0, 0.0])).round(2).tolist()
    [1.54, 2.68, 3.0]
    """
    v = 4 + 6 / np.maximum(excess, 1e-9)
    square = deviate**2 / (v - 2)  # t^2 / v, with t brought to variance 1
    return np.asarray(np.copysign((8 * v + 1) / (8 * v + 3) * np.sqrt(v * np.log1p(square)), deviate))


def tail_pvalue(score: FloatArray, alternative: Alternative = "two-sided") -> FloatArray:
    """Return p values of normal deviates; two-sided is twice the smaller tail.

    Examples
    --------
    >>> import numpy as np
    >>> tail_pvalue(np.array([1.959964]), "two-sided").round(4).tolist()
    [0.05]
    """
    if alternative == "greater":
        return np.asarray(special.ndtr(-score))
    if alternative == "less":
        return np.asarray(special.ndtr(score))
    return np.asarray(2 * special.ndtr(-np.abs(score)))

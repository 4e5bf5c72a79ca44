"""A t test that lets the measures of a contrast lend each other their variance (limma's moderated t).

With three donors an arm a variance is hardly known, and a measure whose donors happen to lie close together looks
sure. Smyth (2004, doi:10.2202/1544-6115.1027) takes the variances of all measures as draws from one scaled inverse
chi-square distribution and shrinks each towards its centre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from fatescore.errors import InputError
from fatescore.stats._donors import Arms
from fatescore.typing import FloatArray

_NEWTON_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Prior:
    """Centre ``variance`` and degrees of freedom ``df`` (maybe infinite) of the variances' common distribution."""

    variance: float
    df: float


NO_SPREAD = (np.nan, np.nan, np.nan)


def spread(arms: Arms) -> tuple[float, float, float]:
    """Return variance, degrees of freedom and scale of a difference, as :func:`moderated_p` wants them."""
    a, b = arms.case, arms.control
    if arms.paired:
        return float((a - b).var(ddof=1)), len(a) - 1, 1 / len(a)
    df = len(a) + len(b) - 2
    pooled = ((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / df
    return float(pooled), df, 1 / len(a) + 1 / len(b)


def variance_prior(variances: ArrayLike, df: ArrayLike) -> Prior:
    """Estimate the common distribution of variances (m,) from their logarithms (Smyth 2004, section 6.2).

    Variances that are not above 0 are left out; ``df`` are their degrees of freedom.

    Examples
    --------
    >>> variance_prior([1.0, 1.0, 1.0], 5).df
    inf
    """
    s2 = np.asarray(variances, dtype=np.float64)
    d = np.broadcast_to(np.asarray(df, dtype=np.float64), s2.shape)
    use = np.isfinite(s2) & (s2 > 0) & (d > 0)
    if use.sum() < 2:
        raise InputError(
            f"{int(use.sum())} measures have a variance", expected="two or more, to learn how variances spread"
        )
    s2, d = s2[use], d[use]
    e = np.log(s2) - special.digamma(d / 2) + np.log(d / 2)
    spread = float(np.mean((e - e.mean()) ** 2) * len(e) / (len(e) - 1) - np.mean(special.polygamma(1, d / 2)))
    if spread <= 0:
        return Prior(float(np.exp(e.mean())), np.inf)
    df0 = 2 * _inverse_trigamma(spread)
    return Prior(float(np.exp(e.mean() + special.digamma(df0 / 2) - np.log(df0 / 2))), df0)


def moderated_p(estimate: ArrayLike, variance: ArrayLike, df: ArrayLike, scale: ArrayLike) -> FloatArray:
    """Return two-sided p values of differences whose variances are shrunk towards their common centre.

    Parameters
    ----------
    estimate
        (m,) differences of means, one per measure.
    variance
        (m,) residual variances (pooled over the arms; of the differences, where paired).
    df
        (m,) their degrees of freedom.
    scale
        (m,) what a variance is multiplied with to give that of the estimate: ``1/n1 + 1/n2``; of pairs ``1/n``.

    Returns
    -------
    (m,) p values; NaN where a variance is missing or 0, everywhere with fewer than two variances.

    Examples
    --------
    >>> moderated_p([1.0, 2.0, 0.1], [0.4, 1.1, 0.7], 6, 0.5).round(4).tolist()
    [0.1324, 0.0055, 0.8765]
    """
    b, s2, d, c = np.broadcast_arrays(*(np.asarray(one, dtype=np.float64) for one in (estimate, variance, df, scale)))
    known = np.isfinite(b) & np.isfinite(s2) & (s2 > 0) & (d > 0)
    out = np.full(b.shape, np.nan)
    if known.sum() < 2:
        return out
    prior = variance_prior(s2[known], d[known])
    shrunk = np.full(s2.shape, prior.variance)
    if np.isfinite(prior.df):
        shrunk = (d * s2 + prior.df * prior.variance) / (d + prior.df)
    # no measure can rest on more than the residuals of all together
    total = np.minimum(d + prior.df, d[known].sum())
    t = b[known] / np.sqrt(shrunk[known] * c[known])
    out[known] = 2 * stats.t.sf(np.abs(t), total[known])
    return out


def _inverse_trigamma(value: float) -> float:
    """Return x with trigamma(x) = value."""

    def gap(log_x: float) -> float:
        return float(special.polygamma(1, np.exp(log_x))) - value

    # trigamma(x) lies between 1/x and 1/x + 1/x**2
    low, high = np.log(1 / value) - 1, np.log(1 / value + 1 / np.sqrt(value)) + 1
    return float(np.exp(optimize.brentq(gap, low, high, xtol=_NEWTON_TOLERANCE)))

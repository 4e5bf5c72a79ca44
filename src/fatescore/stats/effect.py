"""How large a difference between two groups of donors is, and how sure one can be of it.

Sources: Welch (1947, doi:10.1093/biomet/34.1-2.28) for the interval of a difference; Hedges (1981,
doi:10.3102/10769986006002107) for the exact small-sample correction; Borenstein, Hedges, Higgins & Rothstein
(2009, Introduction to Meta-Analysis, Wiley, chapter 4) for the variance of g.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from fatescore.stats._labels import label, labels
from fatescore.tables import columns as col
from fatescore.typing import FloatArray, Label

REFERENCE_G = 1.0
_NAN = math.nan
_LARGEST_T = 1000.0


@dataclass(frozen=True)
class Interval:
    """An estimate, its 95 % interval and the two-sided p value that belongs to the interval."""

    estimate: float
    low: float
    high: float
    p_value: float = _NAN


@dataclass(frozen=True)
class StandardisedDifference:
    """Hedges' g, its 95 % interval and its variance."""

    g: float
    low: float
    high: float
    variance: float


_NO_DIFFERENCE = StandardisedDifference(_NAN, _NAN, _NAN, _NAN)


def hedges_correction(df: float) -> float:
    """Return ``J(df) = gamma(df/2) / (sqrt(df/2) gamma((df-1)/2))``, the exact correction (Hedges 1981, eq. 6e).

    Examples
    --------
    >>> round(hedges_correction(8), 6)
    0.902703
    """
    if df < 1:
        return _NAN
    return math.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / math.sqrt(df / 2)


def welch(case: ArrayLike, control: ArrayLike) -> Interval:
    """Return the difference of means with Welch's 95 % interval and p value; without these for one donor in an arm.

    Examples
    --------
    >>> result = welch([3, 4, 5], [1, 2, 3])
    >>> result.estimate, round(result.low, 4), round(result.high, 4)
    (2.0, -0.267, 4.267)
    """
    a, b = _arrays(case, control)
    difference = float(a.mean() - b.mean())
    if min(len(a), len(b)) < 2:
        return Interval(difference, _NAN, _NAN)
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    if _no_variation(math.sqrt(va + vb), a, b):
        return Interval(difference, _NAN, _NAN)
    df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    return t_interval(difference, math.sqrt(va + vb), float(df))


def paired_t(case: ArrayLike, control: ArrayLike) -> Interval:
    """Return the mean of paired differences with its t interval (95 %) and p value.

    Examples
    --------
    >>> paired_t([2, 3, 4], [1, 1, 1]).estimate
    2.0
    """
    a, b = _arrays(case, control)
    d = a - b
    difference = float(d.mean())
    if len(d) < 2 or _no_variation(float(d.std(ddof=1)), a, b):
        return Interval(difference, _NAN, _NAN)
    return t_interval(difference, float(d.std(ddof=1)) / math.sqrt(len(d)), len(d) - 1)


def hedges_g(case: ArrayLike, control: ArrayLike) -> StandardisedDifference:
    """Return Hedges' g of two independent arms.

    ``d`` is the difference of means over the pooled standard deviation, ``g = J(n1 + n2 - 2) d``, and
    ``variance = J**2 ((n1 + n2)/(n1 n2) + d**2 / (2 (n1 + n2)))`` (Borenstein 2009, eq. 4.18-4.24). The interval
    is not made from that variance: it inverts the noncentral t distribution of ``t = d / sqrt(1/n1 + 1/n2)``,
    which is exact for normal values of equal variance (Hedges & Olkin 1985). Its ends are values of the true
    difference, so they are not corrected by ``J``: that would make three donors an arm cover 88 % where g is 3.
    With one donor in an arm everything is NaN.

    Examples
    --------
    >>> result = hedges_g([3, 4, 5], [1, 2, 3])
    >>> round(result.g, 4), round(result.variance, 4)
    (1.5958, 0.6366)
    """
    a, b = _arrays(case, control)
    na, nb = len(a), len(b)
    df = na + nb - 2
    if min(na, nb) < 2:
        return _NO_DIFFERENCE
    pooled = math.sqrt(((na - 1) * a.var(ddof=1) + (nb - 1) * b.var(ddof=1)) / df)
    if _no_variation(pooled, a, b):
        return _NO_DIFFERENCE
    d = float(a.mean() - b.mean()) / pooled
    variance = (na + nb) / (na * nb) + d**2 / (2 * (na + nb))
    return _standardised(d, variance, df, math.sqrt(1 / na + 1 / nb))


def hedges_g_paired(case: ArrayLike, control: ArrayLike) -> StandardisedDifference:
    """Return Hedges' g of pairs, on the same scale as that of independent arms.

    The within-arm standard deviation ``s`` is pooled over the two arms; ``2 (1 - r) = var(differences) / s**2`` says
    how alike the arms of one donor are. ``variance = J**2 (1/n + d**2/(2 n)) 2 (1 - r)`` with ``J(n - 1)``
    (Borenstein 2009, eq. 4.26-4.28). The interval inverts the noncentral t with ``r`` taken as known. With five pairs
    this g is a tenth too small on average: the deviation comes from both arms, which ``J(n - 1)`` does not count.

    Examples
    --------
    >>> round(hedges_g_paired([2, 3, 5, 6], [1, 1, 2, 2]).g, 3)
    1.336
    """
    a, b = _arrays(case, control)
    n = len(a)
    if n < 3 or _no_variation(float((a - b).std(ddof=1)), a, b):
        return _NO_DIFFERENCE
    pooled = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    spread = float((a - b).var(ddof=1)) / pooled**2
    d = float((a - b).mean()) / pooled
    variance = (1 / n + d**2 / (2 * n)) * spread
    return _standardised(d, variance, n - 1, math.sqrt(spread / n))


def auroc(case: ArrayLike, control: ArrayLike) -> float:
    """Return the probability that a case donor exceeds a control donor (a tie counts one half); 0 to 1.

    Examples
    --------
    >>> auroc([2, 3], [1, 2])
    0.875
    """
    a, b = _arrays(case, control)
    if not len(a) or not len(b):
        return _NAN
    ranks = stats.rankdata(np.concatenate([a, b]))[: len(a)]
    return float((ranks.sum() - len(a) * (len(a) + 1) / 2) / (len(a) * len(b)))


def auroc_of_cells(cells: pd.DataFrame, *, case: Label, control: Label, measures: Sequence[str]) -> dict[str, float]:
    """Return, per measure, the probability that a case cell exceeds a control cell.

    Cells of one donor are not replicates, so this says how well a known fate is recovered cell by cell and
    nothing about donors: it has no p value.

    Parameters
    ----------
    cells
        One row per cell with ``condition`` and the measures.
    case, control
        The two conditions.
    measures
        Columns to compare.

    Returns
    -------
    Measure -> AUROC, 0 to 1; NaN where a condition has no cell with a value.

    Examples
    --------
    >>> cells = pd.DataFrame({"condition": ["OS", "OS", "RE", "RE"], "fate_bias": [3.0, 1.0, 0.0, 2.0]})
    >>> auroc_of_cells(cells, case="OS", control="RE", measures=["fate_bias"])
    {'fate_bias': 0.75}
    """
    names = np.array(labels(cells[col.CONDITION]), dtype=object)
    sides = [cells[names == label(condition)] for condition in (case, control)]
    values = {measure: [side[measure].dropna().to_numpy(dtype=float) for side in sides] for measure in measures}
    return {measure: auroc(a, b) for measure, (a, b) in values.items()}


def power(n_case: int, n_control: int, *, g: float = REFERENCE_G, alpha: float = 0.05, paired: bool = False) -> float:
    """Return the probability that a t test at ``alpha`` (two-sided) finds a true standardised difference of ``g``.

    By the noncentral t distribution (statsmodels): values are normal, arms of equal variance. It depends on the design
    only, never on the data: the power to see the effect that was found adds nothing to its p value.

    Parameters
    ----------
    n_case, n_control
        Donors an arm; of pairs, the number of pairs twice.
    g
        True difference in standard deviations (of the differences, where paired).
    alpha
        Level of the test.
    paired
        Whether both arms are the same donors.

    Returns
    -------
    0 to 1; NaN with fewer than two donors in an arm.

    Examples
    --------
    >>> round(power(5, 4), 3), round(power(17, 17), 2)
    (0.252, 0.81)
    """
    if min(n_case, n_control) < 2:
        return _NAN
    from statsmodels.stats.power import TTestIndPower, TTestPower

    if paired:
        return float(TTestPower().power(effect_size=g, nobs=n_case, alpha=alpha))
    return float(TTestIndPower().power(effect_size=g, nobs1=n_case, alpha=alpha, ratio=n_control / n_case))


def leave_one_out(case: ArrayLike, control: ArrayLike) -> tuple[float, float]:
    """Return the lowest and highest difference of means when one donor is left out; NaN when none can be.

    Examples
    --------
    >>> leave_one_out([4, 6], [1])
    (3.0, 5.0)
    """
    a, b = _arrays(case, control)
    left: list[float] = []
    if len(a) > 1 and len(b):
        left.extend(((a.sum() - a) / (len(a) - 1) - b.mean()).tolist())
    if len(b) > 1 and len(a):
        left.extend((a.mean() - (b.sum() - b) / (len(b) - 1)).tolist())
    return (min(left), max(left)) if left else (_NAN, _NAN)


def _arrays(case: ArrayLike, control: ArrayLike) -> tuple[FloatArray, FloatArray]:
    return np.asarray(case, dtype=np.float64), np.asarray(control, dtype=np.float64)


def _no_variation(spread: float, a: FloatArray, b: FloatArray) -> bool:
    """Whether a spread is nothing but rounding of the values it came from."""
    return spread <= 1e-12 * max(1e-300, float(np.abs(a).max()), float(np.abs(b).max()))


def t_interval(estimate: float, se: float, df: float) -> Interval:
    """Return an estimate with its 95 % interval and p value by the t distribution."""
    half = float(stats.t.isf(0.025, df)) * se
    return Interval(estimate, estimate - half, estimate + half, float(2 * stats.t.sf(abs(estimate) / se, df)))


def _standardised(d: float, variance: float, df: float, scale: float) -> StandardisedDifference:
    j = hedges_correction(df)
    low, high = (_noncentrality(d / scale, df, q) * scale for q in (0.975, 0.025))
    if not (math.isfinite(low) and math.isfinite(high)):
        # The noncentral t distribution is slow, then wrong, for very large effects: normal interval from the variance.
        half = float(stats.norm.isf(0.025)) * math.sqrt(variance)
        low, high = j * (d - half), j * (d + half)
    return StandardisedDifference(j * d, low, high, j**2 * variance)


def _noncentrality(t: float, df: float, probability: float) -> float:
    """Return the noncentrality at which ``P(T <= t)`` is ``probability``; NaN where that takes too long."""
    if abs(t) > _LARGEST_T:
        return _NAN

    def gap(noncentrality: float) -> float:
        with np.errstate(all="ignore"):
            return float(stats.nct.cdf(t, df, noncentrality)) - probability

    step = 1 + abs(t) / math.sqrt(2 * df)
    low = high = t
    for _ in range(30):
        if gap(low) > 0:
            break
        low -= step
    for _ in range(30):
        if gap(high) < 0:
            break
        high += step
    if not (gap(low) > 0 > gap(high)):
        return _NAN
    return float(optimize.brentq(gap, low, high, xtol=1e-12, rtol=1e-14))

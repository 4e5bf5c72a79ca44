"""Random effects: how far data sets differ beyond chance, what they show together, and whether groups of them differ.

- Heterogeneity ``tau2``: Paule & Mandel (1982, doi:10.6028/jres.087.022), the root of ``Q(tau2) = k - p``; restricted
  maximum likelihood (Viechtbauer 2005, doi:10.3102/10769986030003261); DerSimonian & Laird (1986,
  doi:10.1016/0197-2456(86)90046-2). All three are written for ``p`` groups with means of their own.
- Standard error and interval: Hartung & Knapp (2001, doi:10.1002/sim.791) with ``t`` of ``k - 1``; never narrower
  than the classical standard error (Knapp & Hartung 2003, doi:10.1002/sim.1482), which matters only when the data
  sets agree better than chance would let them.
- Prediction interval: Higgins, Thompson & Spiegelhalter (2009, doi:10.1111/j.1467-985X.2008.00552.x) with
  ``t`` of ``k - 2``, from three data sets on.
- ``I2 = max(0, (Q - (k - 1)) / Q)`` in percent (Higgins & Thompson 2002, doi:10.1002/sim.1186).
- Difference of groups: the F test of Knapp & Hartung (2003) in the mixed-effects model with one ``tau2`` for all groups
  (Borenstein et al. 2009, Introduction to Meta-Analysis, chapter 19), so that a group may be one data set.

statsmodels has neither restricted maximum likelihood nor groups, and its Paule-Mandel iteration is right to about 1e-4
or, asked for more, falls back to 0 when a step passes the root by rounding (0.14 and later). So these few lines of
linear algebra are ours, checked against metafor's published results.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from fatescore.errors import InputError, nearest
from fatescore.stats.effect import t_interval
from fatescore.typing import FloatArray

Tau2 = Literal["pm", "reml", "dl"]
_NAN = math.nan
_TOLERANCE = 1e-14
_GRID = 400  # points between which the restricted likelihood is searched for a maximum


@dataclass(frozen=True)
class Pooled:
    """A pooled effect; see the module's docstring for each part."""

    k: int
    effect: float
    se: float
    ci_low: float
    ci_high: float
    pi_low: float
    pi_high: float
    p_value: float
    tau2: float
    i2: float
    q: float
    widened: bool


@dataclass(frozen=True)
class Between:
    """A test of groups of data sets: ``f`` with ``df`` and ``df_within``; ``tau2`` is that within the groups."""

    f: float
    df: int
    df_within: int
    p_value: float
    tau2: float


def pool(effects: ArrayLike, variances: ArrayLike, *, tau2: Tau2 = "pm") -> Pooled:
    """Pool effects of two or more data sets by random effects.

    Parameters
    ----------
    effects, variances
        (k,) one effect and its sampling variance (> 0) per data set.
    tau2
        Estimator of the variance between data sets: ``"pm"`` (Paule-Mandel), ``"reml"`` or ``"dl"``.

    Returns
    -------
    The pooled effect with its 95 % confidence and prediction intervals, in the unit of ``effects``; ``i2`` in percent.
    ``widened`` says that the classical standard error was taken because that of Hartung and Knapp is smaller.

    Raises
    ------
    InputError
        Fewer than two data sets, a variance that is not positive, or an estimator that is not known.

    Examples
    --------
    >>> result = pool([0.0, 1.0, 2.0], [0.5, 0.5, 0.5])
    >>> result.effect, round(result.tau2, 6), round(result.se, 6)
    (1.0, 0.5, 0.57735)
    """
    y, v = _checked(effects, variances)
    k = len(y)
    one = np.ones((k, 1))
    between = between_variance(y, v, one, tau2)
    mean, rest = _fit(y, 1 / (v + between), one)
    effect, classical = float(mean[0]), math.sqrt(1 / float((1 / (v + between)).sum()))
    hartung_knapp = classical * math.sqrt(rest / (k - 1))
    widened = hartung_knapp < classical * (1 - 1e-6)
    se = classical if widened else hartung_knapp
    interval = t_interval(effect, se, k - 1)
    reach = float(stats.t.isf(0.025, k - 2)) * math.sqrt(between + se**2) if k > 2 else _NAN
    q = _fit(y, 1 / v, one)[1]
    return Pooled(
        k=k, effect=effect, se=se, ci_low=interval.low, ci_high=interval.high,
        pi_low=effect - reach, pi_high=effect + reach, p_value=interval.p_value,
        tau2=between, i2=100 * max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0, q=q, widened=widened,
    )  # fmt: skip


def between_groups(effects: ArrayLike, variances: ArrayLike, groups: Sequence[object], *, tau2: Tau2 = "pm") -> Between:
    """Test whether groups of data sets differ in their mean effect.

    Parameters
    ----------
    effects, variances, tau2
        As in :func:`pool`.
    groups
        (k,) the group of each data set; ``tau2`` is that of the data sets of one group.

    Returns
    -------
    The F test; its numbers are NaN with one group, or as many groups as data sets.

    Raises
    ------
    InputError
        As :func:`pool`, or when the lengths differ.

    Examples
    --------
    >>> result = between_groups([0.0, 0.4, 2.0, 2.4], [0.1, 0.1, 0.1, 0.1], ["a", "a", "b", "b"])
    >>> round(result.f, 6), result.df, result.df_within
    (40.0, 1, 2)
    """
    y, v = _checked(effects, variances)
    names = list(dict.fromkeys(groups))
    if len(groups) != len(y):
        raise InputError(f"{len(groups)} groups for {len(y)} effects", expected="one group per effect")
    df, df_within = len(names) - 1, len(y) - len(names)
    if df < 1 or df_within < 1:
        return Between(_NAN, df, df_within, _NAN, _NAN)
    design = np.array([[float(group == name) for name in names] for group in groups])
    within = between_variance(y, v, design, tau2)
    weights = 1 / (v + within)
    by_group = _fit(y, weights, design)[1]
    overall = _fit(y, weights, np.ones((len(y), 1)))[1]
    # As in pool: groups that agree better than chance would let them do not make the test more certain.
    f = max(0.0, overall - by_group) / df / max(1.0, by_group / df_within)
    return Between(f, df, df_within, float(stats.f.sf(f, df, df_within)), within)


def between_variance(effects: FloatArray, variances: FloatArray, design: FloatArray, tau2: Tau2 = "pm") -> float:
    """Return the variance between data sets that ``design`` (k x p, full rank, p < k) leaves.

    Examples
    --------
    >>> round(between_variance(np.array([0.0, 1.0, 2.0]), np.array([0.5, 0.5, 0.5]), np.ones((3, 1))), 9)
    0.5
    """
    estimators: dict[str, Callable[[FloatArray, FloatArray, FloatArray], float]] = {
        "pm": _paule_mandel, "reml": _restricted_likelihood, "dl": _dersimonian_laird,
    }  # fmt: skip
    if tau2 not in estimators:
        raise InputError(f'tau2="{tau2}" is not known', fix=nearest(str(tau2), estimators))
    return estimators[tau2](effects, variances, design)


def _checked(effects: ArrayLike, variances: ArrayLike) -> tuple[FloatArray, FloatArray]:
    y, v = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if len(y) < 2 or len(v) != len(y) or not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise InputError("effects cannot be pooled", expected="two or more, each with a variance above 0")
    return y, v


def _fit(y: FloatArray, weights: FloatArray, design: FloatArray) -> tuple[FloatArray, float]:
    """Return the weighted least squares coefficients and the weighted sum of squares that they leave."""
    weighted = weights[:, None] * design
    coefficients: FloatArray = np.linalg.solve(design.T @ weighted, weighted.T @ y).astype(np.float64)
    return coefficients, float(weights @ (y - design @ coefficients) ** 2)


def _paule_mandel(y: FloatArray, v: FloatArray, design: FloatArray) -> float:
    df = len(y) - design.shape[1]

    def excess(tau2: float) -> float:
        return float(_fit(y, 1 / (v + tau2), design)[1] - df)

    if excess(0.0) <= 0:
        return 0.0
    # Weights below 1 / tau2 leave less than the unweighted squares over tau2: the root lies below their mean.
    bound = 2 * _fit(y, np.ones_like(y), design)[1] / df
    return float(optimize.brentq(excess, 0.0, bound, xtol=_TOLERANCE, rtol=_TOLERANCE))


def _dersimonian_laird(y: FloatArray, v: FloatArray, design: FloatArray) -> float:
    df = len(y) - design.shape[1]
    trace = float(np.trace(_residual_maker(1 / v, design)))
    return max(0.0, float(_fit(y, 1 / v, design)[1] - df) / trace)


def _restricted_likelihood(y: FloatArray, v: FloatArray, design: FloatArray) -> float:
    """Return where the restricted likelihood is highest: it may have several maxima, and one at 0."""

    def slope(tau2: float) -> float:
        residual_maker = _residual_maker(1 / (v + tau2), design)
        weighted = residual_maker @ y
        return float(weighted @ weighted - np.trace(residual_maker))

    def likelihood(tau2: float) -> float:
        weights = 1 / (v + tau2)
        information = np.linalg.slogdet(design.T @ (weights[:, None] * design))[1]
        return float(np.log(weights).sum() - information - _fit(y, weights, design)[1])

    mean_square = _fit(y, np.ones_like(y), design)[1] / (len(y) - design.shape[1])
    # Above this the squares, at most their unweighted sum over tau2 squared, are below the trace.
    bound = mean_square + math.sqrt(mean_square * (mean_square + 4 * float(v.max())))
    grid = np.concatenate([[0.0], np.geomspace(1e-6 * float(v.min()), max(bound, float(v.max())), _GRID)])
    slopes = np.array([slope(tau2) for tau2 in grid])
    maxima = [0.0]
    for place in np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0)):
        maxima.append(float(optimize.brentq(slope, *grid[place : place + 2], xtol=_TOLERANCE, rtol=_TOLERANCE)))
    return max(maxima, key=likelihood)


def _residual_maker(weights: FloatArray, design: FloatArray) -> FloatArray:
    """Return ``W - W X (X' W X)^-1 X' W``."""
    weighted = weights[:, None] * design
    out: FloatArray = np.diag(weights) - weighted @ np.linalg.solve(design.T @ weighted, weighted.T)
    return out

"""Differences between conditions with other fields held constant: linear and mixed models (statsmodels)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from fatescore.stats import _fields
from fatescore.typing import FloatArray

_NAN = math.nan
_MIN_DF = 2  # residual degrees of freedom below which a model fits anything


@dataclass(frozen=True)
class Adjusted:
    """A difference from a model.

    Attributes
    ----------
    difference, low, high, p_value
        Case minus control, its 95 % interval and two-sided p value; NaN where the model cannot be fitted.
    df
        Degrees of freedom of the t distribution used.
    method
        What was done, in words; where nothing was, why.
    """

    difference: float
    low: float
    high: float
    p_value: float
    df: float
    method: str


def covariate_columns(table: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """Turn fields into columns of a model: numbers centred, text as indicators (the first value is the reference).

    Parameters
    ----------
    table
        One row per donor with the fields as text or numbers.
    covariates
        Names of fields; one that never varies is left out.

    Returns
    -------
    Donors x columns, named ``field`` or ``field[value]``; a row with a missing value is NaN throughout.

    Examples
    --------
    >>> fields = pd.DataFrame({"sex": ["f", "m"], "age": ["70 yrs", "80 yrs"]})
    >>> covariate_columns(fields, ["sex", "age"]).to_dict("list")
    {'sex[m]': [0.0, 1.0], 'age': [-5.0, 5.0]}
    """
    columns: dict[str, FloatArray] = {}
    missing = np.zeros(len(table), dtype=bool)
    for name in covariates:
        texts = _fields.same_wording(_fields.clean_text(table[name]))
        missing |= texts.isna().to_numpy()
        numbers = _fields.parse_numbers(texts)
        if numbers is not None:
            known = numbers.values  # noqa: PD011  (not a pandas object)
            columns[name] = known - np.nanmean(known)
        else:
            for value in sorted(texts.dropna().unique())[1:]:
                columns[f"{name}[{value}]"] = (texts == value).to_numpy(dtype=float)
    out = pd.DataFrame(columns, index=table.index)
    out[missing] = _NAN
    return out.loc[:, (out.max() > out.min()).to_numpy()]


def adjusted_difference(values: ArrayLike, is_case: ArrayLike, covariates: pd.DataFrame) -> Adjusted:
    """Compare donors with covariates held constant (ordinary least squares, t distribution).

    Parameters
    ----------
    values
        (n,) one per donor; donors without a value or with a missing covariate are left out.
    is_case
        (n,) arm of each donor.
    covariates
        (n x c) from :func:`covariate_columns`.

    Examples
    --------
    >>> age = pd.DataFrame({"age": [-2.0, -1.0, 0.0, 0.0, 1.0, 2.0]})
    >>> found = adjusted_difference([1.0, 2.1, 3.0, 2.0, 2.9, 4.0], [True] * 3 + [False] * 3, age)
    >>> round(found.difference, 2), found.df
    (1.07, 3.0)
    """
    y, case = np.asarray(values, dtype=np.float64), np.asarray(is_case, dtype=float)
    use = np.isfinite(y) & covariates.notna().all(axis=1).to_numpy()
    design = np.column_stack([np.ones(use.sum()), case[use], covariates.to_numpy(dtype=float)[use]])
    names = ", ".join(map(str, covariates.columns))
    why = _why_not(design, case[use], names)
    if why:
        return Adjusted(_NAN, _NAN, _NAN, _NAN, _NAN, why)
    import statsmodels.api as sm

    fit = sm.OLS(y[use], design).fit()
    if not fit.bse[1] > 1e-12 * max(1.0, float(np.abs(y[use]).max())):
        return Adjusted(float(fit.params[1]), _NAN, _NAN, _NAN, float(fit.df_resid), "the model leaves no residuals")
    low, high = (float(end) for end in fit.conf_int()[1])
    left = f", {int((~use).sum())} donors without a value left out" if (~use).any() else ""
    told = f"linear model with {names}{left}"
    return Adjusted(float(fit.params[1]), low, high, float(fit.pvalues[1]), float(fit.df_resid), told)


def mixed_difference(
    values: ArrayLike, is_case: ArrayLike, block: Sequence[str], covariates: pd.DataFrame | None = None
) -> Adjusted:
    """Compare arms that share some of their blocks (donors, batches): a random intercept per block, by REML.

    The t distribution has the degrees of freedom of blocks less the columns of the model, which is cautious: those of
    the normal distribution, as statsmodels takes them, reject too often with a few donors.

    Parameters
    ----------
    values, is_case, covariates
        As in :func:`adjusted_difference`, one per donor and arm.
    block
        (n,) what each value belongs to.

    Examples
    --------
    >>> found = mixed_difference([1.0, 2.0, 3.0, 1.9, 3.1, 4.4], [False] * 3 + [True] * 3, list("abcabd"))
    >>> found.method
    'mixed model, random intercept for 4 blocks'
    """
    y, case = np.asarray(values, dtype=np.float64), np.asarray(is_case, dtype=float)
    more = pd.DataFrame(index=range(len(y))) if covariates is None else covariates
    use = np.isfinite(y) & more.notna().all(axis=1).to_numpy()
    design = np.column_stack([np.ones(use.sum()), case[use], more.to_numpy(dtype=float)[use]])
    groups = np.asarray(block, dtype=object)[use]
    n_blocks = len(set(groups))
    why = _why_not(design, case[use], ", ".join(map(str, more.columns)))
    df = n_blocks - design.shape[1]
    if not why and df < 1:
        why = f"{n_blocks} blocks are too few for a mixed model"
    if why:
        return Adjusted(_NAN, _NAN, _NAN, _NAN, _NAN, why)
    estimate, error = _reml(y[use], design, groups)
    if not (np.isfinite(error) and error > 0):
        return Adjusted(estimate, _NAN, _NAN, _NAN, df, "the mixed model did not converge")
    half = float(stats.t.isf(0.025, df)) * error
    told = f"mixed model, random intercept for {n_blocks} blocks"
    if more.shape[1]:
        told += f", with {', '.join(map(str, more.columns))}"
    p_value = float(2 * stats.t.sf(abs(estimate) / error, df))
    return Adjusted(estimate, estimate - half, estimate + half, p_value, float(df), told)


def _reml(y: FloatArray, design: FloatArray, groups: np.ndarray) -> tuple[float, float]:
    import statsmodels.api as sm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a variance of blocks at 0 is an answer, not a fault
        try:
            fit = sm.MixedLM(y, design, groups=groups).fit(reml=True, method=["bfgs", "lbfgs", "powell"])
        except np.linalg.LinAlgError:
            return _NAN, _NAN
    return float(fit.fe_params[1]), float(fit.bse_fe[1])


def _why_not(design: FloatArray, case: FloatArray, names: str) -> str:
    """Say why a model cannot tell the arms apart from the covariates, if so."""
    if case.sum() in (0, len(case)):
        return "an arm is empty once donors without a value are left out"
    if np.linalg.matrix_rank(design) < design.shape[1]:
        others = np.delete(design, 1, axis=1)
        if np.linalg.matrix_rank(others) == np.linalg.matrix_rank(design):
            return f"the condition cannot be told apart from {names}"
        return f"{names} say the same twice"
    if len(design) - design.shape[1] < _MIN_DF:
        return f"{len(design)} donors are too few for a model with {names or 'these arms'}"
    return ""

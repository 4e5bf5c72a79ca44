"""Linear and mixed models of a contrast (statsmodels): covariates held constant, shared blocks as random intercepts."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from fatescore.errors import InputError
from fatescore.stats import _fields
from fatescore.stats._donors import donor_fields, donor_means
from fatescore.stats._labels import label
from fatescore.stats.effect import t_interval
from fatescore.tables import ADJUSTED_DIFFERENCES
from fatescore.tables import columns as col
from fatescore.tables.codes import Model
from fatescore.tables.notes import Note
from fatescore.typing import BoolArray, FloatArray, Label

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
    model
        Note of :class:`fatescore.tables.codes.Model`: the model, or why there is none.
    """

    difference: float
    low: float
    high: float
    p_value: float
    df: float
    model: Note

    @classmethod
    def none(cls, why: Note, difference: float = _NAN, df: float = _NAN) -> Adjusted:
        """Return the outcome without an interval."""
        return cls(difference, _NAN, _NAN, _NAN, df, why)


def adjustment(
    donors: pd.DataFrame, fields: pd.DataFrame | None, *, case: str, control: str, covariates: Sequence[str], block: str
) -> Callable[[str], dict[str, Any]]:
    """Return a function that fits the model of a measure and returns its columns; none where nothing is adjusted for.

    ``donors`` is from :func:`donor_means`; the others are as in :func:`fatescore.stats.contrast`.
    """
    rows = donors[donors[col.CONDITION].isin([case, control])]
    keys = [key for key in (col.DATASET, col.DONOR) if key in rows]
    shared = rows.duplicated(keys, keep=False)
    partial = bool(shared.any() and not shared.all())
    wanted = [*covariates, *([block] if block else [])]
    if not (wanted or partial) or rows[col.CONDITION].nunique() < 2:
        return lambda measure: {}
    known = pd.DataFrame(index=rows.index)
    if wanted:
        if fields is None:
            raise InputError(f"there are no sample fields to adjust for {', '.join(wanted)}", expected="fields")
        at = pd.MultiIndex.from_frame(rows[[*keys, col.CONDITION]])
        known = donor_fields(fields, wanted, names=[block]).reindex(at).set_axis(rows.index)
    columns = covariate_columns(known, covariates)
    blocks = _blocks(rows, known, keys, block, of_donors=bool(shared.any()))
    is_case = (rows[col.CONDITION] == case).to_numpy()

    def model(measure: str) -> dict[str, Any]:
        values = rows[measure].to_numpy(dtype=float)
        found = (
            adjusted_difference(values, is_case, columns)
            if blocks is None
            else mixed_difference(values, is_case, blocks, columns)
        )
        return {
            "adjusted": found.difference, "adjusted_low": found.low, "adjusted_high": found.high,
            "p_adjusted": found.p_value, "adjusted_for": str(found.model),
        }  # fmt: skip

    return model


def covariate_columns(table: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """Turn fields into columns of a model: numbers centred, text as indicators (the first value is the reference).

    Columns are named ``field`` or ``field[value]``; a field that never varies has none. A row with a missing value is
    NaN throughout.

    Examples
    --------
    >>> fields = pd.DataFrame({"sex": ["f", "m"], "age": ["70 yrs", "80 yrs"]})
    >>> covariate_columns(fields, ["sex", "age"]).to_dict("list")
    {'sex[m]': [0.0, 1.0], 'age': [-5.0, 5.0]}
    """
    columns: dict[str, FloatArray] = {}
    missing = np.zeros(len(table), dtype=bool)
    for name in covariates:
        read = _fields.read_field(table[name])
        texts, numbers = read.texts, read.numbers
        if numbers is not None:
            known = numbers.array
            missing |= np.isnan(known)
            columns[name] = known - np.nanmean(known)
        else:
            missing |= texts.isna().to_numpy()
            if missing.all():
                columns[name] = np.full(len(table), _NAN)  # a covariate of which nothing is known leaves nobody
            for value in sorted(texts.dropna().unique())[1:]:
                columns[f"{name}[{value}]"] = (texts == value).to_numpy(dtype=float)
    out = pd.DataFrame(columns, index=table.index)
    out[missing] = _NAN
    return out.loc[:, (out.isna().all() | (out.max() > out.min())).to_numpy()]


def adjusted_difference(values: ArrayLike, is_case: ArrayLike, covariates: pd.DataFrame) -> Adjusted:
    """Compare donors with covariates held constant (ordinary least squares, t distribution).

    ``covariates`` (n x c) are from :func:`covariate_columns`; donors without a value, or with a missing covariate, are
    left out.

    Examples
    --------
    >>> age = pd.DataFrame({"age": [-2.0, -1.0, 0.0, 0.0, 1.0, 2.0]})
    >>> found = adjusted_difference([1.0, 2.1, 3.0, 2.0, 2.9, 4.0], [True] * 3 + [False] * 3, age)
    >>> round(found.difference, 2), found.df
    (1.07, 3.0)
    """
    y, design, use = _design(values, is_case, covariates)
    names = list(map(str, covariates.columns))
    problem = _why_no_model(design, names)
    if problem:
        return Adjusted.none(problem)
    import statsmodels.api as sm

    fit = sm.OLS(y, design).fit()
    if not fit.bse[1] > 1e-12 * max(1.0, float(np.abs(y).max())):
        return Adjusted.none(Note(Model.NO_RESIDUALS), float(fit.params[1]), float(fit.df_resid))
    low, high = (float(end) for end in fit.conf_int()[1])
    model = _model(Model.LINEAR, covariates=names, left_out=int((~use).sum()))
    return Adjusted(float(fit.params[1]), low, high, float(fit.pvalues[1]), float(fit.df_resid), model)


def mixed_difference(
    values: ArrayLike, is_case: ArrayLike, block: Sequence[str], covariates: pd.DataFrame | None = None
) -> Adjusted:
    """Compare arms that share some of their blocks (donors, batches): a random intercept per block, by REML.

    The t distribution has the degrees of freedom of blocks less the columns of the model, which is cautious: those of
    the normal distribution, as statsmodels takes them, reject too often with a few donors. Values and covariates are as
    in :func:`adjusted_difference`, one per donor and arm.

    Examples
    --------
    >>> found = mixed_difference([1.0, 2.0, 3.0, 1.9, 3.1, 4.4], [False] * 3 + [True] * 3, list("abcabd"))
    >>> str(found.model)
    'mixed_model:blocks=4'
    """
    more = pd.DataFrame(index=range(len(block))) if covariates is None else covariates
    y, design, use = _design(values, is_case, more)
    groups = np.asarray(block, dtype=object)[use]
    n_blocks = len(set(groups))
    names = list(map(str, more.columns))
    problem = _why_no_model(design, names)
    df = n_blocks - design.shape[1]
    if not problem and df < 1:
        problem = Note(Model.FEW_BLOCKS, {"blocks": n_blocks})
    if problem:
        return Adjusted.none(problem)
    estimate, error = _reml(y, design, groups)
    if not (np.isfinite(error) and error > 0):
        return Adjusted.none(Note(Model.NOT_CONVERGED), estimate, df)
    found = t_interval(estimate, error, df)
    model = _model(Model.MIXED, blocks=n_blocks, covariates=names, left_out=int((~use).sum()))
    return Adjusted(estimate, found.low, found.high, found.p_value, float(df), model)


def adjusted_differences(
    table: pd.DataFrame,
    *,
    case: Label,
    control: Label,
    covariates: Sequence[str],
    measure: str = col.FATE_BIAS,
    dataset: str = "",
    contrast: str = "",
) -> pd.DataFrame:
    """Adjust a difference for other numbers of the donors, one at a time.

    "The index is lower because fewer cells are committed at all" and "because the sample holds other cells" are
    other findings than "because cells choose fat". What is held constant may itself follow from the condition, so
    this is a description of the difference, no correction of it; with few donors the intervals are wide.

    Parameters
    ----------
    table
        One row per sample: ``sample donor condition``, the measure and the numbers to hold constant.
    covariates
        Columns: commitment, maturation, shares of cell types.
    measure
        The measure whose difference is looked at.
    case, control, dataset, contrast
        As in :func:`fatescore.stats.contrast`.

    Returns
    -------
    One row per covariate, ``ADJUSTED_DIFFERENCES.names``: ``difference`` of the donors that have all values,
    ``adjusted_difference`` with its 95 % interval and p (linear model), and ``proportion_explained``, the share of the
    difference that is gone (negative where it grew; NaN where there was none).

    Examples
    --------
    >>> table = pd.DataFrame({"sample": list("abcdef"), "donor": list("abcdef"),
    ...     "condition": ["sick"] * 3 + ["well"] * 3, "fate_bias": [1.0, 2.1, 3.0, 2.0, 2.9, 4.0],
    ...     "commitment": [1.0, 2.0, 3.0, 3.0, 4.0, 5.0]})
    >>> found = adjusted_differences(table, case="sick", control="well", covariates=["commitment"])
    >>> found["adjusted_difference"].round(2).tolist()
    [1.07]
    """
    case, control = label(case), label(control)
    rows = []
    for name in covariates:
        donors = donor_means(table, [measure, name])
        donors = donors[donors[col.CONDITION].isin([case, control])].dropna(subset=[measure, name])
        is_case = (donors[col.CONDITION] == case).to_numpy()
        means = donors.groupby(is_case)[measure].mean()
        difference = float(means.get(True, math.nan) - means.get(False, math.nan))
        varies = bool(donors[name].max() > donors[name].min())
        found = adjusted_difference(donors[measure].to_numpy(), is_case, donors[[name] if varies else []])
        model = found.model if varies else Note(Model.NO_VARIATION, {"covariate": name})
        explained = 1 - found.difference / difference if difference else math.nan
        rows.append(
            (
                dataset, contrast, name, difference, found.difference, found.low, found.high, found.p_value, explained,
                str(model),
            )
        )  # fmt: skip
    return ADJUSTED_DIFFERENCES.frame(rows)


def _design(
    values: ArrayLike, is_case: ArrayLike, covariates: pd.DataFrame
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return values and design (intercept, arm, covariates) of the donors that have all of it, and who they are."""
    y, case = np.asarray(values, dtype=np.float64), np.asarray(is_case, dtype=float)
    use = np.isfinite(y) & covariates.notna().all(axis=1).to_numpy()
    return y[use], np.column_stack([np.ones(use.sum()), case[use], covariates.to_numpy(dtype=float)[use]]), use


def _reml(y: FloatArray, design: FloatArray, groups: np.ndarray) -> tuple[float, float]:
    import statsmodels.api as sm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a variance of blocks at 0 is an answer, not a fault
        try:
            fit = sm.MixedLM(y, design, groups=groups).fit(reml=True, method=["bfgs", "lbfgs", "powell"])
        except np.linalg.LinAlgError:
            return _NAN, _NAN
    return float(fit.fe_params[1]), float(fit.bse_fe[1])


def _why_no_model(design: FloatArray, names: Sequence[str]) -> Note | None:
    """Return why no model can be fitted, if so."""
    if design[:, 1].sum() in (0, len(design)):
        return Note(Model.EMPTY_ARM)
    if np.linalg.matrix_rank(design) < design.shape[1]:
        others = np.delete(design, 1, axis=1)
        aliased = np.linalg.matrix_rank(others) == np.linalg.matrix_rank(design)
        return _model(Model.ALIASED if aliased else Model.COLLINEAR, covariates=names)
    if len(design) - design.shape[1] < _MIN_DF:
        return _model(Model.FEW_DONORS, donors=len(design), covariates=names)
    return None


def _model(code: Model, **values: Any) -> Note:
    """Return the note of a model; values that are empty or 0 are left out."""
    return Note(code, {key: value for key, value in values.items() if value})


def _blocks(
    rows: pd.DataFrame, known: pd.DataFrame, keys: Sequence[str], block: str, *, of_donors: bool
) -> list[str] | None:
    if block and of_donors:
        raise InputError(
            f'block "{block}" is given, and donors are in both arms', expected="one of them", fix="leave block out"
        )
    if block:
        if known[block].isna().any():
            raise InputError(f'a donor has no "{block}", or several', expected="one value per donor")
        return [str(value) for value in known[block]]
    return [" ".join(map(str, row)) for row in rows[list(keys)].itertuples(index=False)] if of_donors else None

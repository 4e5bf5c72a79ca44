"""Pooling the same contrast over data sets: random effects on Hedges' g.

- Heterogeneity: Paule & Mandel (1982, doi:10.6028/jres.087.022), the root of ``Q(tau2) = k - 1``.
- Standard error and interval: Hartung & Knapp (2001, doi:10.1002/sim.791) with ``t`` of ``k - 1``; never narrower
  than the classical standard error (Knapp & Hartung 2003, doi:10.1002/sim.1482), which matters only when the data
  sets agree better than chance would let them.
- Prediction interval: Higgins, Thompson & Spiegelhalter (2009, doi:10.1111/j.1467-985X.2008.00552.x) with
  ``t`` of ``k - 2``, from three data sets on.
- ``I2 = max(0, (Q - (k - 1)) / Q)`` in percent (Higgins & Thompson 2002, doi:10.1002/sim.1186).

Weighting, ``Q`` and the Hartung-Knapp error come from ``statsmodels``. Its ``tau2`` does not: with its
default tolerance the iteration is right to about 1e-4 only, and with a small one it often falls back to 0, when a
step passes the root by rounding (version 0.14 and later). ``scipy.optimize.brentq`` finds the root here.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, stats

from fatescore import _keys
from fatescore.errors import InputError
from fatescore.typing import FloatArray

METHOD = "random effects (Paule-Mandel), Hartung-Knapp interval"
POOLED_KIND = "disease"
POOLED_POPULATION = "bmsc"
INSEPARABLE = "cannot be separated"
_NAN = math.nan


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


def meta(
    contrasts: pd.DataFrame,
    *,
    populations: Mapping[str, str] | None = None,
    overlap_groups: Mapping[str, str] | None = None,
    keep_confounded: bool = False,
) -> pd.DataFrame:
    """Pool contrasts of kind ``disease`` over data sets, per contrast and measure.

    Parameters
    ----------
    contrasts
        Rows of :func:`fatescore.stats.contrast` of all data sets. Those of composition are passed over.
    populations
        Data set to population; where given, data sets that are not ``bmsc`` are left out (a contrast across
        data sets, ``A+B``, is kept when all its parts are).
    overlap_groups
        Data set to the name of the group with which it has donors in common. Of each group the data set with the most
        donors in the contrast is pooled (of equals the first), so that no donor counts twice.
    keep_confounded
        Keep data sets whose audit says that the condition cannot be separated from something else.

    Returns
    -------
    One row per contrast and measure, ``_keys.META_COLUMNS``; what was left out is named with the reason. With one data
    set its own g, interval and p value are passed on.

    Raises
    ------
    InputError
        Columns are missing, or a data set occurs twice in one contrast.

    Examples
    --------
    >>> rows = pd.DataFrame({"dataset": ["A", "B"], "contrast": "op", "kind": "disease", "measure": "fate_bias",
    ...     "g": [-0.5, -1.5], "g_var": [0.25, 0.25], "g_low": -2.0, "g_high": 1.0, "p_value": 0.1, "audit": "clean",
    ...     "n_case": 5, "n_control": 5})
    >>> meta(rows)[["k", "effect", "datasets", "left_out"]].to_numpy().tolist()
    [[2, -1.0, 'A, B', '']]
    """
    columns = list(_keys.META_COLUMNS)
    if contrasts.empty:
        return pd.DataFrame(columns=columns)
    needed = ("dataset", "contrast", "kind", "measure", "g", "g_var", "p_value", "audit", "n_case", "n_control")
    absent = [column for column in needed if column not in contrasts.columns]
    if absent:
        raise InputError(f"the contrasts have no column {', '.join(absent)}", fix="give contrasts.tsv files")
    # Shares of cell types are findings about a sample as it was taken, not about the index: they are not pooled.
    shares = contrasts["measure"].astype(str).str.startswith(_keys.COMPOSITION_PREFIX)
    disease = contrasts.loc[(contrasts["kind"] == POOLED_KIND) & ~shares]
    repeated = disease.loc[disease.duplicated(["dataset", "contrast", "measure"])]
    if len(repeated):
        first = repeated.iloc[0]
        raise InputError(
            f'data set "{first["dataset"]}" has contrast "{first["contrast"]}" twice', fix="give each file once"
        )
    rows = [
        _pool_rows(group, populations, overlap_groups or {}, keep_confounded) | {"contrast": name, "measure": measure}
        for (name, measure), group in disease.groupby(["contrast", "measure"], sort=False)
    ]
    return pd.DataFrame(rows, columns=columns)


def pool(effects: ArrayLike, variances: ArrayLike) -> Pooled:
    """Pool effects of two or more data sets by random effects.

    Parameters
    ----------
    effects, variances
        One effect and its sampling variance (> 0) per data set.

    Raises
    ------
    InputError
        Fewer than two data sets, or a variance that is not positive.

    Examples
    --------
    >>> result = pool([0.0, 1.0, 2.0], [0.5, 0.5, 0.5])
    >>> result.effect, result.tau2, round(result.se, 6)
    (1.0, 0.5, 0.57735)
    """
    from statsmodels.stats.meta_analysis import combine_effects

    y, v = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    k = len(y)
    if k < 2 or len(v) != k or not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise InputError("effects cannot be pooled", expected="two or more, each with a variance above 0")
    tau2 = paule_mandel(y, v)
    with np.errstate(divide="ignore", invalid="ignore"):  # I2 of statsmodels divides by Q, which may be 0
        q = max(0.0, float(combine_effects(y, v, method_re="dl").q))
        fit = combine_effects(y, v + tau2, method_re="dl", use_t=True)
    mean, classical = float(fit.mean_effect_fe), float(fit.sd_eff_w_fe)
    hartung_knapp = float(fit.sd_eff_w_fe_hksj)
    widened = hartung_knapp < classical * (1 - 1e-6)
    se = classical if widened else hartung_knapp
    half = float(stats.t.isf(0.025, k - 1)) * se
    reach = float(stats.t.isf(0.025, k - 2)) * math.sqrt(tau2 + se**2) if k > 2 else _NAN
    return Pooled(
        k=k, effect=mean, se=se, ci_low=mean - half, ci_high=mean + half,
        pi_low=mean - reach, pi_high=mean + reach,
        p_value=float(2 * stats.t.sf(abs(mean) / se, k - 1)),
        tau2=tau2, i2=100 * max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0, q=q, widened=widened,
    )  # fmt: skip


def paule_mandel(effects: FloatArray, variances: FloatArray) -> float:
    """Return the between-study variance at which the weighted sum of squares equals ``k - 1``; 0 if none does.

    Examples
    --------
    >>> round(paule_mandel(np.array([0.0, 1.0, 2.0]), np.array([0.5, 0.5, 0.5])), 9)
    0.5
    """

    def excess(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        mean = (weights @ effects) / weights.sum()
        return float(weights @ (effects - mean) ** 2) - (len(effects) - 1)

    if excess(0.0) <= 0:
        return 0.0
    # Every squared deviation is below the squared range, so the root lies below this bound.
    bound = 2 * float(np.ptp(effects)) ** 2 + float(variances.max())
    return float(optimize.brentq(excess, 0.0, bound, xtol=1e-14, rtol=1e-14))


def _pool_rows(
    group: pd.DataFrame, populations: Mapping[str, str] | None, overlaps: Mapping[str, str], keep_confounded: bool
) -> dict[str, Any]:
    names = group["dataset"].astype(str).tolist()
    reasons = [_why_left_out(row, populations, keep_confounded) for row in group.to_dict("records")]
    pooled_alone = {name for name, why in zip(names, reasons, strict=True) if not why}
    reasons = [why or _counted_twice(name, pooled_alone) for name, why in zip(names, reasons, strict=True)]
    size = (group["n_case"] + group["n_control"]).tolist()
    reasons = _once_per_group(names, reasons, size, overlaps)
    used = group.loc[[not reason for reason in reasons]]
    row: dict[str, Any] = dict.fromkeys(_keys.META_COLUMNS, _NAN)
    row |= {
        "k": len(used),
        "method": METHOD,
        "datasets": ", ".join(used["dataset"].astype(str)),
        "left_out": "; ".join(f"{name} ({why})" for name, why in zip(names, reasons, strict=True) if why),
        "note": "",
    }
    if len(used) > 1:
        pooled = vars(pool(used["g"].to_numpy(float), used["g_var"].to_numpy(float))).copy()
        if pooled.pop("widened"):
            row["note"] = "data sets agree better than chance: classical standard error used"
        return row | pooled
    if len(used) == 1:
        only = used.iloc[0]
        row |= {"effect": only["g"], "se": math.sqrt(only["g_var"]), "p_value": only["p_value"]}
        row |= {"ci_low": only["g_low"], "ci_high": only["g_high"]}
        return row | {"method": "Hedges' g of one data set", "note": "one data set, nothing to pool"}
    return row | {"method": "", "note": "no data set can be pooled"}


def _counted_twice(name: str, pooled: Collection[str]) -> str:
    """Say which part of a contrast across data sets is pooled by itself: no donor counts twice."""
    alone = [part for part in name.split("+") if part in pooled and part != name]
    return f"{', '.join(alone)} counted already" if alone else ""


def _once_per_group(
    names: Sequence[str], reasons: Sequence[str], size: Sequence[float], overlaps: Mapping[str, str]
) -> list[str]:
    """Leave out of each overlap group all but the data set with the most donors."""
    best: dict[str, int] = {}
    for place, name in enumerate(names):
        for group in _groups_of(name, overlaps) if not reasons[place] else ():
            if group not in best or size[place] > size[best[group]]:
                best[group] = place
    out = list(reasons)
    for place, name in enumerate(names):
        larger = [names[best[group]] for group in _groups_of(name, overlaps) if best.get(group, place) != place]
        if larger and not reasons[place]:
            out[place] = f"donors shared with {larger[0]}"
    return out


def _groups_of(name: str, overlaps: Mapping[str, str]) -> list[str]:
    return [overlaps[part] for part in name.split("+") if part in overlaps]


def _why_left_out(row: Mapping[Any, Any], populations: Mapping[str, str] | None, keep_confounded: bool) -> str:
    if populations is not None:
        parts = str(row["dataset"]).split("+")
        others = sorted({populations.get(part, "unknown") for part in parts} - {POOLED_POPULATION})
        if others:
            return f"population {', '.join(others)}"
    if math.isnan(row["p_value"]):
        return (
            "" if pd.isna(row.get("note")) else str(row["note"])
        ) or f"described only: n={row['n_case']} against {row['n_control']}"
    if math.isnan(row["g"]) or not row["g_var"] > 0:
        return "no variation between donors"
    audit = str(row["audit"])
    return audit if audit.startswith(INSEPARABLE) and not keep_confounded else ""

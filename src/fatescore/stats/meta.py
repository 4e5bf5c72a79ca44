"""Pooling the same contrast over data sets: which count, and what they say together.

Only scores are combined, never expression: the unit is a data set with its Hedges' g and the variance of that. Formulas
and their sources are in :mod:`fatescore.stats._pooling`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from fatescore.errors import InputError
from fatescore.stats._pooling import TAU2_NAMES, Tau2, pool
from fatescore.tables import META
from fatescore.tables import columns as col

POOLED_KIND = "disease"
POOLED_POPULATION = "bmsc"
INSEPARABLE = "cannot be separated"
_NAN = math.nan


def meta(
    contrasts: pd.DataFrame,
    *,
    populations: Mapping[str, str] | None = None,
    overlap_groups: Mapping[str, str] | None = None,
    keep_confounded: bool = False,
    tau2: Tau2 = "pm",
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
    tau2
        Estimator of the variance between data sets, as in :func:`fatescore.stats.pool`.

    Returns
    -------
    One row per contrast and measure, ``META.names``; what was left out is named with the reason. With one data
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
    rows = []
    for (name, measure), group in comparable(contrasts):
        used, left_out = choose(group, populations, overlap_groups or {}, keep_confounded)
        rows.append(pooled_row(used, tau2) | {"contrast": name, "measure": measure, "left_out": left_out})
    return pd.DataFrame(rows, columns=list(META.names))


def comparable(contrasts: pd.DataFrame) -> list[tuple[tuple[Any, Any], pd.DataFrame]]:
    """Return the rows that may be pooled with each other, by contrast and measure.

    Raises
    ------
    InputError
        Columns are missing, or a data set occurs twice in one contrast.
    """
    if contrasts.empty:
        return []
    needed = ("dataset", "contrast", "kind", "measure", "g", "g_var", "p_value", "audit", "n_case", "n_control")
    absent = [column for column in needed if column not in contrasts.columns]
    if absent:
        raise InputError(f"the contrasts have no column {', '.join(absent)}", fix="give contrasts.tsv files")
    # Shares of cell types are findings about a sample as it was taken, not about the index: they are not pooled.
    shares = contrasts["measure"].astype(str).str.startswith(col.COMPOSITION_PREFIX)
    disease = contrasts.loc[(contrasts["kind"] == POOLED_KIND) & ~shares]
    repeated = disease.loc[disease.duplicated(["dataset", "contrast", "measure"])]
    if len(repeated):
        first = repeated.iloc[0]
        raise InputError(
            f'data set "{first["dataset"]}" has contrast "{first["contrast"]}" twice', fix="give each file once"
        )
    return [((name, measure), group) for (name, measure), group in disease.groupby(["contrast", "measure"], sort=False)]


def choose(
    group: pd.DataFrame, populations: Mapping[str, str] | None, overlaps: Mapping[str, str], keep_confounded: bool
) -> tuple[pd.DataFrame, str]:
    """Return the rows of one contrast and measure that count, and in words which do not and why."""
    names = group["dataset"].astype(str).tolist()
    reasons = [_why_left_out(row, populations, keep_confounded) for row in group.to_dict("records")]
    pooled_alone = {name for name, why in zip(names, reasons, strict=True) if not why}
    reasons = [why or _counted_twice(name, pooled_alone) for name, why in zip(names, reasons, strict=True)]
    size = (group["n_case"] + group["n_control"]).tolist()
    reasons = _once_per_group(names, reasons, size, overlaps)
    used = group.loc[[not reason for reason in reasons]]
    return used, "; ".join(f"{name} ({why})" for name, why in zip(names, reasons, strict=True) if why)


def pooled_row(used: pd.DataFrame, tau2: Tau2 = "pm") -> dict[str, Any]:
    """Pool the rows that count; of one data set its own numbers are passed on."""
    row: dict[str, Any] = dict.fromkeys(META.names, _NAN)
    row |= {"k": len(used), "datasets": ", ".join(used["dataset"].astype(str)), "note": ""}
    if len(used) > 1:
        pooled = vars(pool(used["g"].to_numpy(float), used["g_var"].to_numpy(float), tau2=tau2)).copy()
        if pooled.pop("widened"):
            row["note"] = "data sets agree better than chance: classical standard error used"
        return row | pooled | {"method": f"random effects ({TAU2_NAMES[tau2]}), Hartung-Knapp interval"}
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

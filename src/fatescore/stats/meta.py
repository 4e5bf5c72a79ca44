"""Pooling the same contrast over data sets: which count, the pooled effect, and whether it depends on a choice.

Only scores are combined, never expression: the unit is a data set with its Hedges' g and the variance of that. Formulas
and their sources are in :mod:`fatescore.stats._pooling`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from fatescore.errors import InputError
from fatescore.stats._labels import with_labels
from fatescore.stats._pooling import Tau2, between_groups, pool
from fatescore.tables import CONTRASTS, META, META_ROBUSTNESS, Note, join_names, join_notes, parse_notes, split_names
from fatescore.tables import columns as col
from fatescore.tables.codes import Analysis, AuditVerdict, ContrastKind, NoteCode, Pooling

POOLED_POPULATION = "bmsc"
UNKNOWN = "unknown"
_NEEDED = (
    "dataset", "contrast", "kind", "measure", "g", "g_var", "p_value", "audit_verdict", "n_case", "n_control",
)  # fmt: skip


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
        Rows of :func:`fatescore.stats.contrast` of all data sets, maybe read back from TSV. Those of composition are
        passed over.
    populations
        Data set to population; where given, data sets that are not ``bmsc`` are left out (a contrast across
        data sets, ``A+B``, is kept when all its parts are).
    overlap_groups
        Data set to the name of the group with which it has donors in common. Of each group the data set with the most
        donors in the contrast is pooled (of equals the first), so that no donor counts twice.
    keep_confounded
        Keep data sets whose audit found the condition completely confounded.
    tau2
        Estimator of the variance between data sets, as in :func:`fatescore.stats.pool`.

    Returns
    -------
    One row per contrast and measure, ``META.names``; ``left_out`` holds a note per data set that was not pooled, whose
    code is the reason. With one data set its own g, interval and p value are passed on.

    Raises
    ------
    InputError
        Columns are missing, or a data set occurs twice in one contrast.

    Examples
    --------
    >>> rows = pd.DataFrame({"dataset": ["A", "B"], "contrast": "op", "kind": "disease", "measure": "fate_bias",
    ...     "g": [-0.5, -1.5], "g_var": [0.25, 0.25], "g_low": -2.0, "g_high": 1.0, "p_value": 0.1,
    ...     "audit_verdict": "clean", "n_case": 5, "n_control": 5})
    >>> meta(rows)[["k", "effect", "datasets", "left_out"]].to_numpy().tolist()
    [[2, -1.0, 'A;B', '']]
    """
    rows = []
    for (name, measure), group in _comparable(contrasts):
        used, left_out = _choose(group, populations, overlap_groups or {}, keep_confounded)
        rows.append(_pooled_row(used, tau2) | {"contrast": name, "measure": measure, "left_out": left_out})
    return META.frame(rows)


def meta_robustness(
    contrasts: pd.DataFrame,
    *,
    facts: Mapping[str, Mapping[str, str]] | None = None,
    populations: Mapping[str, str] | None = None,
    overlap_groups: Mapping[str, str] | None = None,
    keep_confounded: bool = False,
    tau2: Tau2 = "pm",
) -> pd.DataFrame:
    """Pool again without each data set, within groups of data sets, and with other estimators of heterogeneity.

    Parameters
    ----------
    contrasts, populations, overlap_groups, keep_confounded, tau2
        As in :func:`fatescore.stats.meta`; the same data sets count.
    facts
        Name of a fact (``assay``, ``organism``, ``population``) to data set to its value. Data sets with the same
        value are pooled by themselves, where there are two values or more. The groups of ``population`` hold the data
        sets of every population, also those that ``populations`` leaves out: here they are groups of their own.

    Returns
    -------
    ``META_ROBUSTNESS.names``: as of :func:`fatescore.stats.meta`, with ``analysis`` and ``level``: ``leave_one_out``
    and the data set left out; ``tau2`` and the estimator; or a fact and its value, with the test of Knapp and Hartung
    (2003, doi:10.1002/sim.1482) whether the groups differ (``f_between`` with ``df_between`` and ``df_within`` degrees
    of freedom, ``p_between``; missing with as many groups as data sets). Nothing for what was not pooled.

    Raises
    ------
    InputError
        As :func:`fatescore.stats.meta`.

    Examples
    --------
    >>> rows = pd.DataFrame({"dataset": ["A", "B", "C"], "contrast": "op", "kind": "disease", "measure": "fate_bias",
    ...     "g": [-0.5, -1.5, -4.0], "g_var": [0.25, 0.25, 0.25], "g_low": -2.0, "g_high": 1.0, "p_value": 0.1,
    ...     "audit_verdict": "clean", "n_case": 5, "n_control": 5})
    >>> found = meta_robustness(rows, facts={"assay": {"A": "bulk", "B": "bulk", "C": "array"}})
    >>> found[["analysis", "level", "k", "effect"]].round(3).to_numpy().tolist()[2:6]
    [['leave_one_out', 'C', 2, -1.0], ['tau2', 'reml', 3, -2.0], ['tau2', 'dl', 3, -2.0], ['assay', 'bulk', 2, -1.0]]
    """
    rows = []
    for (name, measure), group in _comparable(contrasts):
        used, left_out = _choose(group, populations, overlap_groups or {}, keep_confounded)
        found = [row | {"left_out": left_out} for row in _sensitivity(used, tau2)]
        for fact, values in (facts or {}).items():
            allowed = None if fact == Analysis.POPULATION else populations
            counted, why = _choose(group, allowed, overlap_groups or {}, keep_confounded)
            found += [row | {"left_out": why} for row in _by_fact(counted, fact, values, tau2)]
        rows += [row | {"contrast": name, "measure": measure} for row in found]
    return META_ROBUSTNESS.frame(rows)


def _comparable(contrasts: pd.DataFrame) -> list[tuple[tuple[Any, Any], pd.DataFrame]]:
    """Return the rows that may be pooled with each other, by contrast and measure."""
    if contrasts.empty:
        return []
    CONTRASTS.check(contrasts, "the table of contrasts", _NEEDED)
    contrasts = with_labels(contrasts, ("dataset", "contrast", "kind", "measure", "audit_verdict"))
    # Shares of cell types are findings about a sample as it was taken, not about the index: they are not pooled.
    shares = contrasts["measure"].astype(str).str.startswith(col.COMPOSITION_PREFIX)
    disease = contrasts.loc[(contrasts["kind"] == ContrastKind.DISEASE) & ~shares]
    repeated = disease.loc[disease.duplicated(["dataset", "contrast", "measure"])]
    if len(repeated):
        first = repeated.iloc[0]
        raise InputError(
            f'data set "{first["dataset"]}" repeats contrast "{first["contrast"]}"', fix="give each file once"
        )
    return [((name, measure), group) for (name, measure), group in disease.groupby(["contrast", "measure"], sort=False)]


def _choose(
    group: pd.DataFrame, populations: Mapping[str, str] | None, overlaps: Mapping[str, str], keep_confounded: bool
) -> tuple[pd.DataFrame, str]:
    """Return the rows of one contrast and measure that count, and notes of the data sets that do not."""
    names = group["dataset"].astype(str).tolist()
    reasons = [_why_left_out(row, populations, keep_confounded) for row in group.to_dict("records")]
    pooled_alone = {name for name, why in zip(names, reasons, strict=True) if not why}
    reasons = [why or _counted_already(name, pooled_alone) for name, why in zip(names, reasons, strict=True)]
    size = (group["n_case"] + group["n_control"]).tolist()
    reasons = _once_per_group(names, reasons, size, overlaps)
    used = group.loc[[not reason for reason in reasons]]
    left_out = [(name, why) for name, why in zip(names, reasons, strict=True) if why]
    return used, join_notes(Note(why.code, {"dataset": name, **why.values}) for name, why in left_out)  # noqa: PD011  (of a note)


def _pooled_row(used: pd.DataFrame, tau2: Tau2 = "pm") -> dict[str, Any]:
    """Pool the rows that count; of one data set its own numbers are passed on."""
    row: dict[str, Any] = dict.fromkeys(META.names, math.nan)
    row |= {"k": len(used), "datasets": join_names(used["dataset"]), "note": ""}
    if len(used) > 1:
        pooled = vars(pool(used["g"].to_numpy(float), used["g_var"].to_numpy(float), tau2=tau2)).copy()
        if pooled.pop("widened"):
            row["note"] = str(Note(NoteCode.CLASSICAL_SE))
        return row | pooled | {"method": str(Note(Pooling.RANDOM_EFFECTS, {"tau2": tau2}))}
    if len(used) == 1:
        only = used.iloc[0]
        row |= {"effect": only["g"], "se": math.sqrt(only["g_var"]), "p_value": only["p_value"]}
        row |= {"ci_low": only["g_low"], "ci_high": only["g_high"]}
        return row | {"method": str(Note(Pooling.SINGLE)), "note": str(Note(NoteCode.ONE_DATA_SET))}
    return row | {"method": "", "note": str(Note(NoteCode.NOTHING_POOLED))}


def _counted_already(name: str, pooled: Collection[str]) -> Note | None:
    """Return which parts of a contrast across data sets are pooled by themselves: no donor counts twice."""
    alone = [part for part in name.split("+") if part in pooled and part != name]
    return Note(NoteCode.COUNTED_ALREADY, {"datasets": alone}) if alone else None


def _once_per_group(
    names: Sequence[str], reasons: Sequence[Note | None], size: Sequence[float], overlaps: Mapping[str, str]
) -> list[Note | None]:
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
            out[place] = Note(NoteCode.SHARED_DONORS, {"with": larger[0]})
    return out


def _groups_of(name: str, overlaps: Mapping[str, str]) -> list[str]:
    return [overlaps[part] for part in name.split("+") if part in overlaps]


def _why_left_out(row: Mapping[Any, Any], populations: Mapping[str, str] | None, keep_confounded: bool) -> Note | None:
    if populations is not None:
        parts = str(row["dataset"]).split("+")
        others = sorted({populations.get(part, UNKNOWN) for part in parts} - {POOLED_POPULATION})
        if others:
            return Note(NoteCode.POPULATION, {"populations": others})
    if math.isnan(row["p_value"]):
        few = Note(NoteCode.FEW_DONORS, {"case": int(row["n_case"]), "control": int(row["n_control"])})
        # why a row is not tested is its first note
        return next(iter(parse_notes(row.get("note"))), few)
    if math.isnan(row["g"]) or not row["g_var"] > 0:
        return Note(NoteCode.NO_VARIATION)
    if row["audit_verdict"] == AuditVerdict.COMPLETELY_CONFOUNDED and not keep_confounded:
        return Note(NoteCode.CONFOUNDED, {"fields": split_names(row.get("audit_fields"))})
    return None


def _sensitivity(used: pd.DataFrame, tau2: Tau2) -> list[dict[str, Any]]:
    """Pool without each data set, then with each other estimator; nothing of one data set."""
    if len(used) < 2:
        return []
    names = used["dataset"].astype(str)
    estimators: list[Tau2] = [name for name in ("pm", "reml", "dl") if name != tau2]
    return [
        _pooled_row(used[names != name], tau2) | {"analysis": str(Analysis.LEAVE_ONE_OUT), "level": name}
        for name in names.tolist()
    ] + [_pooled_row(used, name) | {"analysis": str(Analysis.TAU2), "level": name} for name in estimators]


def _by_fact(used: pd.DataFrame, fact: str, values: Mapping[str, str], tau2: Tau2) -> list[dict[str, Any]]:
    # a contrast across data sets has the values of its parts
    levels = (
        used["dataset"]
        .astype(str)
        .map(lambda name: "+".join(sorted({values.get(part) or UNKNOWN for part in name.split("+")})))
    )
    if levels.nunique() < 2:
        return []
    test = between_groups(used["g"].to_numpy(float), used["g_var"].to_numpy(float), levels.tolist(), tau2=tau2)
    shared = {"analysis": fact, "f_between": test.f, "p_between": test.p_value}
    shared |= {"df_between": test.df, "df_within": test.df_within}
    return [_pooled_row(used[levels == level], tau2) | shared | {"level": level} for level in levels.unique()]

"""Donors of one condition against donors of another: one row per measure.

The donor is the unit. Samples of one donor within a condition are averaged first; cells are refused, because
cells of one donor are not replicates. Formulas and their sources are in :mod:`fatescore.stats.effect` and
:mod:`fatescore.stats.permutation`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fatescore import _keys
from fatescore.errors import InputError, nearest
from fatescore.stats import effect, fdr, permutation
from fatescore.typing import FloatArray

KINDS = ("disease", "known_fate", "other")
SIGNS = ("+", "-", "")
MIN_DONORS = 3
ALPHA = 0.05
NOT_TESTED = "described, not tested"
_NAN = math.nan


@dataclass(frozen=True)
class _Arms:
    """Values of one measure, a donor each; in the same donor order on both sides when ``paired``."""

    case: FloatArray
    control: FloatArray
    paired: bool
    shared: int
    missing: tuple[str, ...]


def contrast(
    table: pd.DataFrame,
    *,
    case: str,
    control: str,
    measures: Sequence[str],
    dataset: str = "",
    contrast: str = "",
    kind: str = "other",
    expected: str = "",
    audit: str = "",
    known_conditions: Collection[str] = (),
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the donors of two conditions in every measure.

    Parameters
    ----------
    table
        One row per sample (or pseudobulk) with ``sample``, ``donor``, ``condition``, the measures and, where
        several data sets are compared, ``dataset`` (a donor is then known by data set and name).
    case, control
        The two conditions; a difference is case minus control.
    measures
        Columns to compare, in the order of the result. Missing values leave that donor out of that measure.
    dataset, contrast, kind, expected, audit
        Labels: names, kind (``disease``, ``known_fate``, ``other``), the sign of ``fate_bias`` that is expected
        (``+``, ``-`` or empty) and the verdict of the confounding audit.
    known_conditions
        Conditions that exist although no sample of them is left in ``table``: such an arm has no donors.
    seed
        Seed of the permutations, used only where they are too many to enumerate.

    Returns
    -------
    One row per measure with the columns ``_keys.CONTRAST_COLUMNS``. Fewer than three donors in an arm are
    described, not tested: means, difference, range and (from two donors on) AUROC only.

    Raises
    ------
    InputError
        Cells instead of samples, an unknown condition or measure, a sample without donor.

    Examples
    --------
    >>> table = pd.DataFrame({"sample": list("abcdef"), "donor": list("abcdef"),
    ...     "condition": ["sick"] * 3 + ["well"] * 3, "fate_bias": [1.0, 2.0, 3.0, 5.0, 6.0, 7.0]})
    >>> result = contrast(table, case="sick", control="well", measures=["fate_bias"], expected="-")
    >>> result[["difference", "p_value", "p_smallest", "agreement"]].to_numpy().tolist()
    [[-4.0, 0.1, 0.1, 'not told apart from zero']]
    """
    _check_labels(kind, expected, case, control)
    donors = donor_means(table, measures)
    _check_conditions(donors[_keys.CONDITION], case, control, known_conditions, contrast)
    labels = {"dataset": dataset, "contrast": contrast, "kind": kind, "case": case, "control": control}
    labels |= {"unit": _keys.DONOR, "expected": expected, "audit": audit}
    averaged = _averaged(table, donors, case, control)
    rows = []
    for measure in measures:
        arms = _split(donors, measure, case, control)
        row: dict[str, Any] = dict.fromkeys(_keys.CONTRAST_COLUMNS, _NAN) | labels | {"measure": measure}
        notes = _describe(row, arms)
        if not notes:
            notes = _test(row, arms, seed)
        row["agreement"] = _agreement(row) if measure == _keys.FATE_BIAS and expected else ""
        if row["agreement"] == "not told apart from zero" and row["p_smallest"] > ALPHA:
            notes.append(f"this design cannot reach p < {ALPHA:g}")
        row["note"] = "; ".join([*notes, *averaged, *arms.missing])
        rows.append(row)
    result = pd.DataFrame(rows, columns=list(_keys.CONTRAST_COLUMNS))
    result["padj"] = fdr.bh(result["p_value"].astype(float)) if len(result) else []
    return result


def contributions(
    table: pd.DataFrame,
    *,
    case: str,
    control: str,
    arms: Mapping[str, str] | None = None,
    dataset: str = "",
    contrast: str = "",
) -> pd.DataFrame:
    """Say how much each gene contributes to the difference of ``fate_bias``.

    Parameters
    ----------
    table
        One row per sample: ``dataset sample donor condition``, then one column per gene of the index, which sum to
        the sample's ``fate_bias``. A sample without any value is left out; a gene without value adds nothing.
    case, control
        The two conditions.
    arms
        Gene to ``osteogenic`` or ``adipogenic``; a gene that is not in it gets an empty arm.
    dataset, contrast
        Labels.

    Returns
    -------
    One row per gene, ``_keys.CONTRIBUTION_COLUMNS``, largest absolute contribution first. The contributions sum
    to the difference of ``fate_bias`` between the means of the donors.

    Examples
    --------
    >>> table = pd.DataFrame({"sample": ["a", "b"], "donor": ["a", "b"], "condition": ["sick", "well"],
    ...     "RUNX2": [0.5, 1.0], "PPARG": [-0.2, -0.1]})
    >>> contributions(table, case="sick", control="well")["contribution"].round(3).tolist()
    [-0.5, -0.1]
    """
    identity = {*_keys.IDENTITY, _keys.OBS_NAME}
    genes = [str(column) for column in table.columns if column not in identity]
    scored = table[genes].notna().any(axis=1)
    filled = table[genes].fillna(0.0).where(scored)
    donors = donor_means(pd.concat([table.drop(columns=genes), filled], axis=1), genes)
    split = [_split(donors, gene, case, control) for gene in genes]
    if not genes or not len(split[0].case) or not len(split[0].control):
        return pd.DataFrame(columns=list(_keys.CONTRIBUTION_COLUMNS))
    result = pd.DataFrame(
        {
            "dataset": dataset,
            "contrast": contrast,
            "gene": genes,
            "arm": [(arms or {}).get(gene, "") for gene in genes],
            "contribution": [float(arm.case.mean() - arm.control.mean()) for arm in split],
        }
    )
    order = result["contribution"].abs().sort_values(ascending=False, kind="stable").index
    return result.loc[order, list(_keys.CONTRIBUTION_COLUMNS)].reset_index(drop=True)


def donor_means(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Average the samples of each donor within each condition.

    Parameters
    ----------
    table
        One row per sample with ``sample``, ``donor`` and ``condition``, perhaps ``dataset``.
    columns
        Numeric columns to average; missing values are left out.

    Returns
    -------
    One row per data set, donor and condition, sorted, with those columns.

    Raises
    ------
    InputError
        A sample occurs twice (cells are not replicates), has no donor, a column is missing or holds text.

    Examples
    --------
    >>> table = pd.DataFrame({"sample": ["a", "b"], "donor": "D1", "condition": "well", "x": [1.0, 3.0]})
    >>> donor_means(table, ["x"])["x"].tolist()
    [2.0]
    """
    for column in (_keys.SAMPLE, _keys.DONOR, _keys.CONDITION, *columns):
        if column not in table.columns:
            raise InputError(f'the table has no column "{column}"', fix=nearest(str(column), map(str, table.columns)))
    keys = [_keys.DATASET] if _keys.DATASET in table.columns else []
    repeated = table.loc[table.duplicated([*keys, _keys.SAMPLE]), _keys.SAMPLE]
    if len(repeated):
        raise InputError(
            f'sample "{repeated.iloc[0]}" has several rows: cells are not replicates',
            expected="one row per sample",
            fix="make pseudobulks or give sample_scores.tsv",
        )
    nameless = table.loc[table[_keys.DONOR].fillna("").astype(str).str.strip() == "", _keys.SAMPLE]
    if len(nameless):
        raise InputError(f'sample "{nameless.iloc[0]}" has no donor', fix="name its donor in the sample table")
    keys += [_keys.DONOR, _keys.CONDITION]
    numbers = table[list(columns)].apply(_finite)
    identity = table[keys].astype(str).where(table[keys].notna())
    means: pd.DataFrame = pd.concat([identity, numbers], axis=1).groupby(keys, sort=True).mean().reset_index()
    return means


def _finite(column: pd.Series) -> pd.Series[float]:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = column[column.notna() & ~np.isfinite(numbers)]
    if len(wrong):
        raise InputError(f'column "{column.name}" holds "{wrong.iloc[0]}"', expected="finite numbers, or nothing")
    return numbers


def _split(donors: pd.DataFrame, measure: str, case: str, control: str) -> _Arms:
    keys = [key for key in (_keys.DATASET, _keys.DONOR) if key in donors.columns]
    sides = [donors.loc[donors[_keys.CONDITION] == arm].set_index(keys)[measure] for arm in (case, control)]
    shared = sides[0].index.intersection(sides[1].index)
    paired = len(shared) > 0 and len(shared) == len(sides[0]) == len(sides[1])
    missing = []
    for arm, side in zip((case, control), sides, strict=True):
        absent = int(side.isna().sum())
        if absent:
            missing.append(f"{absent} {arm} donor{'s' * (absent > 1)} without a value")
    if paired:  # a pair without one of its values is no pair
        whole = pd.concat(sides, axis=1, keys=["case", "control"]).dropna()
        sides = [whole["case"], whole["control"]]
    values = [side.dropna().to_numpy(dtype=float) for side in sides]
    return _Arms(values[0], values[1], paired, len(shared), tuple(missing))


def _describe(row: dict[str, Any], arms: _Arms) -> list[str]:
    """Fill in what needs no assumption; return why nothing more can be done, if so."""
    a, b = arms.case, arms.control
    row["n_case"], row["n_control"] = len(a), len(b)
    row["p_smallest"] = permutation.smallest_p_paired(len(a)) if arms.paired else permutation.smallest_p(len(a), len(b))
    row["p_method"] = "not tested"
    row["mean_case"] = float(a.mean()) if len(a) else _NAN
    row["mean_control"] = float(b.mean()) if len(b) else _NAN
    if len(a) and len(b):
        row["difference"] = row["mean_case"] - row["mean_control"]
        row["loo_low"], row["loo_high"] = (
            effect.leave_one_out(a - b, [0.0]) if arms.paired else effect.leave_one_out(a, b)
        )
        if min(len(a), len(b)) > 1:  # of one donor against one it is 0 or 1 by construction
            row["auroc"] = effect.auroc(a, b)
    if min(len(a), len(b)) < MIN_DONORS:
        return [f"{NOT_TESTED}: n={len(a)} against {len(b)} donor{'s' * (len(b) != 1)}"]
    if arms.shared and not arms.paired:
        row["p_smallest"] = _NAN  # neither rearranging labels nor flipping signs is valid here
        return [
            f"{NOT_TESTED}: {arms.shared} of the donors in both arms, others in one only, which needs a mixed model"
        ]
    return []


def _test(row: dict[str, Any], arms: _Arms, seed: int) -> list[str]:
    a, b = arms.case, arms.control
    notes = []
    if arms.paired:
        interval, standard = effect.paired_t(a, b), effect.hedges_g_paired(a, b)
        outcome = permutation.sign_flip_test(a - b, seed=seed)
        notes.append("paired by donor: p from sign flips, interval from paired t, no Welch p")
    else:
        interval, standard = effect.welch(a, b), effect.hedges_g(a, b)
        outcome = permutation.permutation_test(a, b, seed=seed)
        row["p_welch"] = interval.p_value
    row["difference_low"], row["difference_high"] = interval.low, interval.high
    row["g"], row["g_low"], row["g_high"] = standard.g, standard.low, standard.high
    row["g_var"] = standard.variance
    row["p_value"], row["p_method"] = outcome.p_value, outcome.method
    row["p_smallest"] = outcome.p_smallest
    if math.isnan(standard.g):
        notes.append("no variation between donors: no interval, no g")
    return notes


def _agreement(row: Mapping[str, Any]) -> str:
    if math.isnan(row["p_value"]):
        return "not tested"
    if row["p_value"] >= ALPHA or row["difference"] == 0:
        return "not told apart from zero"
    return "agrees" if (row["difference"] > 0) == (row["expected"] == "+") else "opposite"


def _averaged(table: pd.DataFrame, donors: pd.DataFrame, case: str, control: str) -> list[str]:
    samples = int(table[_keys.CONDITION].isin([case, control]).sum())
    units = int(donors[_keys.CONDITION].isin([case, control]).sum())
    return [f"{samples} samples averaged within {units} donors"] if samples > units else []


def _check_labels(kind: str, expected: str, case: str, control: str) -> None:
    if kind not in KINDS:
        raise InputError(f'contrast of kind "{kind}"', fix=nearest(kind, KINDS))
    if expected not in SIGNS:
        raise InputError(f'expected sign "{expected}"', expected='"+", "-" or nothing')
    if case == control:
        raise InputError(f'case and control are both "{case}"', fix="name two conditions")


def _check_conditions(found: pd.Series[str], case: str, control: str, known: Collection[str], name: str) -> None:
    present = sorted({*found.dropna().unique(), *known})
    for condition in (case, control):
        if condition not in present:
            where = f' of contrast "{name}"' if name else ""
            raise InputError(
                f'condition "{condition}"{where} is not in the table',
                expected=f"one of {', '.join(present)}",
                fix=nearest(condition, present),
            )

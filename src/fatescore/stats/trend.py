"""Donors of three or more conditions: a trend over ordered levels (time, dose, stage), or any difference at all.

The donor is the unit, as in :mod:`fatescore.stats.contrast`. Donors with one level each are rearranged freely. Where
every donor has every level (a time course of each donor's cells), what is the donor's own is taken out: labels are
exchanged within donors, and the interval is that of the donors' own slopes (Matthews et al. 1990,
doi:10.1136/bmj.300.6719.230). Donors that repeat in some levels only would need a mixed model and are described.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from fatescore.errors import InputError
from fatescore.stats import effect, fdr
from fatescore.stats._donors import averaged, check_conditions, donor_means, unlabelled
from fatescore.stats._labels import labels
from fatescore.stats.confounding import Audit, audit_cells
from fatescore.stats.contrast import MIN_DONORS, agreement, check_labels
from fatescore.stats.permutation import level_test, smallest_p_levels
from fatescore.tables import CONTRASTS, Note, join_names, join_notes
from fatescore.tables import columns as col
from fatescore.tables.codes import ContrastKind, NoteCode, Test, Unit
from fatescore.typing import FloatArray, Label

KINDS = (ContrastKind.KNOWN_FATE, ContrastKind.OTHER)
_NAN = math.nan


@dataclass(frozen=True)
class _Course:
    """Values of one measure: (donors x levels), NaN where a donor has no value."""

    wide: FloatArray
    levels: tuple[str, ...]
    blocked: bool  # every donor has every level
    incomplete: bool  # some donors have several levels, not all
    missing: tuple[Note, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(int(n) for n in np.isfinite(self.wide).sum(axis=0))

    def at(self, level: int) -> FloatArray:
        """Return the values at one level."""
        column = self.wide[:, level]
        values: FloatArray = column[np.isfinite(column)]
        return values

    def long(self) -> tuple[FloatArray, np.ndarray]:
        """Return values and the numbers of their levels, donor by donor."""
        donor, level = np.nonzero(np.isfinite(self.wide))
        return self.wide[donor, level], level


def trend(
    table: pd.DataFrame,
    *,
    levels: Sequence[Label],
    measures: Sequence[str],
    ordered: bool = True,
    dataset: str = "",
    contrast: str = "",
    kind: str = "other",
    expected: str = "",
    audit: Audit | None = None,
    known_conditions: Collection[Label] = (),
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the donors of three or more conditions in every measure.

    Parameters
    ----------
    table
        One row per sample (or pseudobulk) with ``sample``, ``donor``, ``condition`` and the measures.
    levels
        Three or more conditions, the first one the start. Steps between neighbours count as equal.
    measures
        Columns to compare, in the order of the result. Missing values leave that donor out of that measure.
    ordered
        Test the slope on the level numbers 0, 1, 2 ...; otherwise whether the levels differ at all (F).
    dataset, contrast, audit
        Labels, as in :func:`fatescore.stats.contrast`; ``audit`` is that of the last level against the first.
    kind
        ``known_fate`` (ordered levels only) or ``other``; a slope is not pooled with differences, so not ``disease``.
    expected
        Sign of the slope of ``fate_bias`` that is expected (``+``, ``-`` or empty; ordered levels only).
    known_conditions, seed
        As in :func:`fatescore.stats.contrast`.

    Returns
    -------
    One row per measure with the columns ``CONTRASTS.names``. ``levels`` names them, joined by ``;``, and ``ordered``
    tells whether their order counts. ``case`` is the last level, ``control`` the first; ``n_case``, ``n_control``,
    means and AUROC are of these two. ``difference`` is the slope per step, with its 95 % interval and its range when
    one donor is left out; NaN without order, where ``note`` has eta squared. ``g`` stays NaN: the ends of a course are
    not comparable with the arms of a contrast. Fewer than three donors in a level are described, not tested.

    Raises
    ------
    InputError
        Fewer than three levels, the same twice, one that no sample has, an expectation without order, kind ``disease``,
        and what :func:`fatescore.stats.donor_means` refuses.

    Examples
    --------
    >>> table = pd.DataFrame({"sample": list("abcdefghi"), "donor": list("abcdefghi"),
    ...     "condition": ["day0"] * 3 + ["day7"] * 3 + ["day14"] * 3, "fate_bias": [1.0, 2, 3, 3, 4, 5, 5, 6, 7]})
    >>> found = trend(table, levels=["day0", "day7", "day14"], measures=["fate_bias"], expected="+")
    >>> found[["levels", "difference", "p_value", "agreement"]].round(4).to_numpy().tolist()
    [['day0;day7;day14', 2.0, 0.0048, 'agrees']]
    """
    names = tuple(labels(levels))
    _check_levels(names, ordered, kind, expected)
    means = donor_means(table, measures)
    check_conditions(means[col.CONDITION], names, known_conditions, contrast)
    donors = means[means[col.CONDITION].isin(names)]
    within = [*averaged(table, donors, names), *unlabelled(table)]
    given: dict[str, Any] = {"dataset": dataset, "contrast": contrast, "kind": kind, "case": names[-1]}
    given |= {"control": names[0], "levels": join_names(names), "ordered": ordered}
    given |= {"unit": str(Unit.DONOR), "expected": expected} | audit_cells(audit)
    rows = []
    for measure in measures:
        course = _course(donors, measure, names)
        row: dict[str, Any] = dict.fromkeys(CONTRASTS.names, _NAN) | given | {"measure": measure}
        notes = _describe(row, course, ordered) or _test(row, course, ordered, seed)
        if ordered:
            notes.append(Note(NoteCode.SLOPE_PER_LEVEL))
        row["agreement"] = agreement(row) if measure == col.FATE_BIAS and expected else ""
        if audit:
            notes.append(Note(NoteCode.AUDIT_OF_ENDS, {"case": names[-1], "control": names[0]}))
        row["note"] = join_notes([*notes, *within, *course.missing])
        rows.append(row)
    result = CONTRASTS.frame(rows)
    result["padj"] = fdr.bh(result["p_value"].astype(float)) if len(result) else []
    return result


def _check_levels(levels: Sequence[str], ordered: bool, kind: str, expected: str) -> None:
    if len(levels) < 3 or len(set(levels)) < len(levels):
        raise InputError(
            f"levels are {', '.join(levels) or 'none'}", expected="three or more different conditions",
            fix="compare two with case and control",
        )  # fmt: skip
    if kind == ContrastKind.DISEASE:
        raise InputError('levels with kind "disease"', expected="known_fate or other: a slope cannot be pooled with g")
    check_labels(kind, expected, KINDS)
    if not ordered and (expected or kind != ContrastKind.OTHER):
        what = f'expected sign "{expected}"' if expected else f'kind "{kind}"'
        raise InputError(f"{what} for levels without order", fix="set ordered: true, or compare pairs of conditions")


def _course(donors: pd.DataFrame, measure: str, levels: tuple[str, ...]) -> _Course:
    keys = [key for key in (col.DATASET, col.DONOR) if key in donors.columns]
    sides = [donors.loc[donors[col.CONDITION] == level].set_index(keys)[measure] for level in levels]
    wide = pd.concat(sides, axis=1, keys=levels).sort_index()
    has = np.column_stack([wide.index.isin(side.index) for side in sides])
    blocked, repeats = bool(has.all()), bool((has.sum(axis=1) > 1).any())
    absent = (has & wide.isna().to_numpy()).sum(axis=0)
    counted = [(n, level) for level, n in zip(levels, absent.tolist(), strict=True) if n]
    missing = [Note(NoteCode.MISSING_VALUES, {"condition": level, "donors": n}) for n, level in counted]
    if blocked:  # a donor without one of its values is no block
        wide = wide.dropna()
    values = wide.to_numpy(dtype=np.float64)
    return _Course(values, levels, blocked, repeats and not blocked, tuple(missing))


def _describe(row: dict[str, Any], course: _Course, ordered: bool) -> list[Note]:
    """Fill in what needs no assumption; return why nothing more can be done, if so."""
    last, first = course.at(-1), course.at(0)
    row["n_case"], row["n_control"] = len(last), len(first)
    row["mean_case"] = float(last.mean()) if len(last) else _NAN
    row["mean_control"] = float(first.mean()) if len(first) else _NAN
    row["p_smallest"] = smallest_p_levels(course.sizes, ordered, course.blocked)
    row["p_method"] = str(Test.NOT_TESTED)
    if ordered:
        if min(len(last), len(first)) > 1:
            row["auroc"] = effect.auroc(last, first)
        row["difference"] = _slope(course.wide)
        row["loo_low"], row["loo_high"] = _leave_one_out(course.wide)
    if min(course.sizes) < MIN_DONORS:
        return [Note(NoteCode.FEW_DONORS, {"levels": course.levels, "donors": course.sizes})]
    if course.incomplete:
        row["p_smallest"] = _NAN  # neither free nor blocked rearrangement is valid here
        return [Note(NoteCode.INCOMPLETE_BLOCKS)]
    return []


def _test(row: dict[str, Any], course: _Course, ordered: bool, seed: int) -> list[Note]:
    values, level = course.long()
    outcome = level_test(values, level, ordered=ordered, blocked=course.blocked, seed=seed)
    row["p_value"], row["p_method"], row["p_smallest"] = outcome.p_value, str(outcome.note), outcome.p_smallest
    notes = [Note(NoteCode.BLOCKED_BY_DONOR)] if course.blocked else []
    if not ordered:
        code = NoteCode.PARTIAL_ETA_SQUARED if course.blocked else NoteCode.ETA_SQUARED
        return [Note(code, {"value": _eta_squared(course)}), *notes]
    low, high = _interval(course)
    row["difference_low"], row["difference_high"] = low, high
    if course.blocked:
        notes.append(Note(NoteCode.SLOPES_OF_DONORS))
    if math.isnan(low):
        notes.append(Note(NoteCode.NO_INTERVAL))
    return notes


def _slope(wide: FloatArray) -> float:
    """Return the least-squares slope per step; NaN with donors in fewer than two levels."""
    donor, level = np.nonzero(np.isfinite(wide))
    x = level - level.mean() if len(level) else level
    return float(x @ wide[donor, level] / (x @ x)) if len(x) and x @ x > 0 else _NAN


def _leave_one_out(wide: FloatArray) -> tuple[float, float]:
    left = [_slope(np.delete(wide, donor, axis=0)) for donor in range(len(wide))]
    return (min(left), max(left)) if left and np.isfinite(left).all() else (_NAN, _NAN)


def _interval(course: _Course) -> tuple[float, float]:
    """Return the 95 % interval of the slope by t: of the donors' slopes, or of one line through all donors."""
    if course.blocked:
        slopes = np.array([_slope(donor[None]) for donor in course.wide])
        # compared with the spread of the values, not of the slopes: rounding is no variation
        if slopes.std() <= 1e-12 * float(np.abs(course.wide).max()):
            return _NAN, _NAN
        own = effect.paired_t(slopes, np.zeros(len(slopes)))
        return own.low, own.high
    values, level = course.long()
    fit = stats.linregress(level, values)
    residuals = values - fit.intercept - fit.slope * level
    if float(np.sqrt(np.mean(residuals**2))) <= 1e-12 * float(np.abs(values).max()):
        return _NAN, _NAN
    line = effect.t_interval(float(fit.slope), float(fit.stderr), len(values) - 2)
    return line.low, line.high


def _eta_squared(course: _Course) -> float:
    """Return the share of the variation that levels explain, of what donors leave where they have every level."""
    wide = course.wide - course.wide.mean(axis=1, keepdims=True) if course.blocked else course.wide
    values, level = _Course(wide, course.levels, course.blocked, False, ()).long()
    values = values - values.mean()
    total = float(values @ values)
    between = sum(values[level == one].sum() ** 2 / n for one, n in enumerate(course.sizes))
    return float(between) / total if total > 0 else _NAN

"""Could anything else than the condition explain a difference? Every other sample field is tested against it.

Rules (all documented here, none hidden):

- The donor is the unit; samples of a donor within a condition are put together first (text joined, numbers averaged).
- Texts that differ only in capitals and punctuation are the same text.
- Missing-value terms are missing (:mod:`fatescore.missing`). A field is a number when at least half of its values are,
  in one unit (``79 yrs``, ``passage 2``), or dates; bounds, ranges and times in other units are read and noted.
- Words among numbers are noted. They separate where the numbers do, where the text does, or where one side has numbers
  and the other words: the worst of the three verdicts is the field's.
- Text: Cramer's V, and the exact permutation p of the chi-square statistic (Fisher-Freeman-Halton style: the labels
  are rearranged, margins fixed). Missing counts as a value of its own.
- Numbers: ``|2 AUROC - 1|`` (0 no separation, 1 complete, the same scale as V), the exact rank-sum p, and the
  standardised mean difference.
- ``complete_separation``: the two sides share no value (numbers: their ranges do not overlap), and that is not
  merely because every value is its own: p < 0.1, or on both sides a value stands for two donors on average.
- ``partial_separation``: p < 0.1, or no value shared but too few donors for more. With 10 clean fields about
  one will be called so by chance; that is the price of not missing the one that matters.
- Text that differs in every donor (titles, accessions) is a name, not an explanation, and gets no row; but text that
  is recorded on one side only separates, whatever it is.
- One donor in an arm: the condition is completely confounded with the donor; if it is the same donor in both arms, or
  an arm has none, nothing can be assessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from fatescore.errors import InputError
from fatescore.stats import _fields, effect, permutation
from fatescore.stats._labels import label, with_labels
from fatescore.stats._numbers import Numbers
from fatescore.tables import CONFOUNDING, join_names, join_notes
from fatescore.tables import columns as col
from fatescore.tables.codes import AuditVerdict, FieldVerdict
from fatescore.typing import BoolArray, FloatArray, Label

P_PARTIAL = 0.1
MAX_ARRANGEMENTS = 20_000
DRAWS = 9_999

# Fields that name the condition itself, or only the sample (regular expressions, whole name, any case).
# Anything about how a sample was handled stays out of this list.
DEFAULT_IGNORE = (
    r"geo_accession",
    r"relation(\.\d+)?",
    r"supplementary_file.*",
    r"(characteristics(_ch\d+)?: ?)?"
    r"(diagnosis|disease|disease[ _](state|status)|status|condition|group|phenotype|health[ _](state|status)"
    r"|patient[ _]group|sample[ _]group|subject[ _]status|study[ _]group|osteoporosis([ _]status)?)",
)
# Free text may name the condition or hide a confounder (hip against knee): it counts as naming the condition only
# where the values of an arm share a word with its condition.
_FREE_TEXT = re.compile(r"title|source_name(_ch\d+)?|description(\.\d+)?")
_RANK = {
    FieldVerdict.NOT_ASSESSED: 0, FieldVerdict.COMPLETE_SEPARATION: 0, FieldVerdict.PARTIAL_SEPARATION: 1,
    FieldVerdict.CONDITION_LABEL: 2, FieldVerdict.CLEAN: 3,
}  # fmt: skip
_IDENTITY = {col.SAMPLE, col.DONOR, col.CONDITION, col.OBS_NAME}
_GEO_STATUS = "status"  # GEO's own release status, not the patient's


class Audit(NamedTuple):
    """The confounding audit of a contrast, summarised over all sample fields.

    Attributes
    ----------
    verdict
        Verdict over all fields.
    fields
        Names of the fields with which the condition is confounded.
    """

    verdict: AuditVerdict
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Finding:
    verdict: FieldVerdict
    case_values: str
    control_values: str
    smd: float
    statistic: float
    p_value: float
    note: str = ""


def confounding(
    fields: pd.DataFrame,
    *,
    case: Label,
    control: Label,
    ignore: Sequence[str] = DEFAULT_IGNORE,
    dataset: str = "",
    contrast: str = "",
    seed: int = 0,
) -> pd.DataFrame:
    """Test every field of the samples against the condition.

    Parameters
    ----------
    fields
        One row per sample: ``sample donor condition``, perhaps ``dataset``, and every other field that is known
        (protocols, kits, dates, platform, passage, age, sex, depth, QC numbers).
    ignore
        Regular expressions for names of fields that are only another label of the condition; where such a field
        differs between the conditions its verdict is ``condition_label`` and it does not count. A field
        whose values are the names of the conditions themselves is recognised without being listed; so is free
        text (title, source name, description) in which the values of an arm share a word with its condition.
    case, control, dataset, contrast, seed
        As in :func:`fatescore.stats.contrast`.

    Returns
    -------
    One row per field, ``CONFOUNDING.names``, worst first.

    Raises
    ------
    InputError
        ``sample``, ``donor`` or ``condition`` is missing.

    Examples
    --------
    >>> fields = pd.DataFrame({"sample": list("abcdefgh"), "donor": list("abcdefgh"),
    ...     "condition": ["sick"] * 4 + ["well"] * 4, "kit": ["A"] * 4 + ["B"] * 4, "sex": list("fmfmfmfm")})
    >>> confounding(fields, case="sick", control="well")[["field", "verdict"]].to_numpy().tolist()
    [['kit', 'complete_separation'], ['sex', 'clean']]
    """
    for column in (col.SAMPLE, col.DONOR, col.CONDITION):
        if column not in fields.columns:
            raise InputError(f'the table of sample fields has no column "{column}"')
    case, control = label(case), label(control)
    known = with_labels(fields)
    rows = known.loc[known[col.CONDITION].isin([case, control])]
    keys = [key for key in (col.DATASET, col.DONOR, col.CONDITION) if key in rows.columns]
    units = rows.groupby(keys, sort=True, dropna=False).ngroup().to_numpy()
    order = rows.assign(_unit=units).drop_duplicates("_unit").sort_values("_unit")
    is_case = (order[col.CONDITION] == case).to_numpy(dtype=bool)
    findings: dict[str, _Finding] = {}
    if min(is_case.sum(), (~is_case).sum()) < 2:
        findings[col.DONOR] = _single_donor(order, is_case)
    for name in rows.columns if is_case.any() and not is_case.all() else ():
        if str(name) in _IDENTITY or (name == col.DATASET and rows[name].nunique() < 2):
            continue
        found = _assess(rows[name], units, is_case, seed)
        if found is not None:
            if found.verdict != FieldVerdict.CLEAN and _is_condition_label(str(name), rows, name, ignore):
                found = replace(found, verdict=FieldVerdict.CONDITION_LABEL)
            findings[str(name)] = found
    result = CONFOUNDING.frame(
        (dataset, contrast, name, str(found.verdict), *list(vars(found).values())[1:])
        for name, found in findings.items()
    )
    return result.sort_values(
        ["verdict", "p_value"], key=lambda column: column.map(_RANK) if column.name == "verdict" else column,
        kind="stable", ignore_index=True,
    )  # fmt: skip


def audit_summary(table: pd.DataFrame, *, recorded: bool = True) -> Audit:
    """Summarise what :func:`confounding` found, over all fields.

    Parameters
    ----------
    table
        Rows of :func:`confounding`, of one contrast.
    recorded
        Whether any field was recorded of the samples, beside what was measured.

    Returns
    -------
    ``completely_confounded`` or ``partially_confounded`` with the fields that are the reason, ``not_assessable`` with
    too few donors, or ``clean``: of what was measured alone, that is ``no_fields``.

    Examples
    --------
    >>> fields = pd.DataFrame({"field": ["kit", "age"], "verdict": ["complete_separation", "partial_separation"]})
    >>> verdict, names = audit_summary(fields)
    >>> str(verdict), names
    ('completely_confounded', ('kit',))
    """
    complete, partial = (
        tuple(table.loc[table["verdict"] == verdict, "field"])
        for verdict in (FieldVerdict.COMPLETE_SEPARATION, FieldVerdict.PARTIAL_SEPARATION)
    )
    if complete:
        return Audit(AuditVerdict.COMPLETELY_CONFOUNDED, complete)
    if (table["verdict"] == FieldVerdict.NOT_ASSESSED).any():
        return Audit(AuditVerdict.NOT_ASSESSABLE)
    if partial:
        return Audit(AuditVerdict.PARTIALLY_CONFOUNDED, partial)
    return Audit(AuditVerdict.CLEAN if recorded else AuditVerdict.NO_FIELDS)


def audit_cells(audit: Audit | None) -> dict[str, str]:
    """Return the columns of an audit in a row of a contrast; empty without one."""
    return {
        "audit_verdict": str(audit.verdict) if audit else "", "audit_fields": join_names(audit.fields) if audit else "",
    }  # fmt: skip


def _assess(field: pd.Series, units: np.ndarray, is_case: BoolArray, seed: int) -> _Finding | None:
    """Test one field; None for a field that is empty or only names the donors."""
    read = _fields.read_field(field)
    texts, numbers = read.texts, read.numbers
    if texts.isna().all():
        return None
    recorded = texts.notna().to_numpy() if numbers is None else np.isfinite(numbers.array)
    present = pd.Series(recorded).groupby(units).any().to_numpy()
    sets = [frozenset(part.dropna()) for _, part in pd.Series(texts.to_numpy()).groupby(units)]
    labels = [" + ".join(sorted(values)) for values in sets]
    disjoint = not (_union(sets, is_case) & _union(sets, ~is_case))
    recorded_or_not = [str(bool(known)) for known in present]
    found: list[_Finding] = []
    mixed = numbers is not None and bool(numbers.left_out.any())
    if not present[is_case].any() or not present[~is_case].any():
        found.append(_assess_text(recorded_or_not, labels, is_case, disjoint, seed))
    else:
        if numbers is not None:
            found += _of_numbers(numbers, units, is_case, seed)
        if mixed:  # words among numbers may separate by themselves
            found.append(_assess_text(recorded_or_not, labels, is_case, False, seed))
        if (mixed or not found) and not _are_names(labels):
            found.append(_assess_text(labels, labels, is_case, disjoint, seed))
    worst = min(found, key=lambda one: _RANK[one.verdict], default=None)
    return replace(worst, note=join_notes(numbers.notes)) if worst and numbers else worst


def _of_numbers(numbers: Numbers, units: np.ndarray, is_case: BoolArray, seed: int) -> list[_Finding]:
    """Test the means of the donors, unless the numbers are labels."""
    values = pd.Series(numbers.array).groupby(units).mean().to_numpy().astype(np.float64)
    return [] if _acts_as_code(values, is_case) else [_assess_numbers(values, is_case, numbers, seed)]


def _are_names(labels: Sequence[str]) -> bool:
    """Whether text differs in every donor that has any."""
    known = [label for label in labels if label]
    return len(known) > 1 and len(set(known)) == len(known)


def _assess_text(codes: list[str], labels: list[str], is_case: BoolArray, disjoint: bool, seed: int) -> _Finding:
    table = pd.get_dummies(pd.Series(codes)).to_numpy(dtype=float)
    statistic, p_value = _association(table, is_case, seed)
    shown = _fields.format_texts(labels, is_case)
    sides = pd.Series(codes)[is_case], pd.Series(codes)[~is_case]
    single = any(len(side) > 1 and len(set(side)) == 1 for side in sides)
    verdict = _field_verdict(disjoint, p_value, all(_concentrated(side) for side in sides), single)
    return _Finding(verdict, *shown, math.nan, statistic, p_value)


def _assess_numbers(values: FloatArray, is_case: BoolArray, numbers: Numbers, seed: int) -> _Finding:
    known = ~np.isnan(values)
    a, b = values[is_case & known], values[~is_case & known]
    ranks = stats.rankdata(np.concatenate([a, b]))
    separation = abs(2 * effect.auroc(a, b) - 1)
    if np.ptp(ranks) == 0:
        p_value, disjoint = 1.0, False
    else:
        p_value = permutation.permutation_test(
            ranks[: len(a)], ranks[len(a) :], max_arrangements=MAX_ARRANGEMENTS, draws=DRAWS, seed=seed
        ).p_value
        disjoint = bool(a.max() < b.min() or b.max() < a.min())
    sides = pd.Series(a), pd.Series(b)
    enough = min(len(a), len(b)) > 1
    # one number beside words that could not be read may stand for them
    suspicious = enough or bool(numbers.left_out.any())
    disjoint = disjoint and suspicious
    concentrated = enough and all(_concentrated(side) for side in sides)
    verdict = _field_verdict(disjoint, p_value, concentrated, suspicious)
    case, control = (_fields.format_numbers(side, dates=numbers.dates) for side in (a, b))
    return _Finding(verdict, case, control, _standardised_difference(a, b), separation, p_value)


def _standardised_difference(case: FloatArray, control: FloatArray) -> float:
    """Return the difference of means in pooled standard deviations; NaN with one donor in an arm or no variation."""
    squares = sum(float(((side - side.mean()) ** 2).sum()) for side in (case, control))
    if min(len(case), len(control)) < 2 or not squares > 0:
        return math.nan
    return float(case.mean() - control.mean()) / math.sqrt(squares / (len(case) + len(control) - 2))


def _field_verdict(disjoint: bool, p_value: float, concentrated: bool, suspicious: bool) -> FieldVerdict:
    if disjoint and (p_value < P_PARTIAL or concentrated):
        return FieldVerdict.COMPLETE_SEPARATION
    partial = p_value < P_PARTIAL or (disjoint and suspicious)
    return FieldVerdict.PARTIAL_SEPARATION if partial else FieldVerdict.CLEAN


def _concentrated(side: pd.Series) -> bool:
    """Whether values are shared by donors: on average a value stands for two donors (odd one out allowed)."""
    return len(side) > 1 and side.nunique(dropna=False) <= math.ceil(len(side) / 2)


def _acts_as_code(values: FloatArray, is_case: BoolArray) -> bool:
    """Whether numbers are labels such as batch 1 and 3 against batch 2: no shared value, many repeats."""
    sides = pd.Series(values[is_case]).dropna(), pd.Series(values[~is_case]).dropna()
    overlap = sides[0].min() <= sides[1].max() and sides[1].min() <= sides[0].max()
    return overlap and all(map(_concentrated, sides)) and not set(sides[0]) & set(sides[1])


def _association(table: FloatArray, is_case: BoolArray, seed: int) -> tuple[float, float]:
    """Return Cramer's V of (units x categories) indicators against two arms, and its permutation p."""
    n, k = len(is_case), int(is_case.sum())
    if table.shape[1] < 2 or k in (0, n):
        return 0.0, 1.0
    totals = table.sum(axis=0)

    def phi2(counts: FloatArray) -> FloatArray:
        share: FloatArray = ((counts**2 / totals).sum(axis=-1) - k**2 / n) * n / (k * (n - k))
        return share

    observed = float(phi2(table[is_case].sum(axis=0)))
    index, exact = permutation.arrangements(n, k, max_arrangements=MAX_ARRANGEMENTS, draws=DRAWS, seed=seed)
    member = np.zeros((len(index), n))
    np.put_along_axis(member, index, 1.0, axis=1)
    extreme = int(np.count_nonzero(phi2(member @ table) >= observed - 1e-9))
    p_value = extreme / len(index) if exact else (extreme + 1) / (len(index) + 1)
    return math.sqrt(max(observed, 0.0)), p_value


def _is_condition_label(name: str, rows: pd.DataFrame, column: object, ignore: Sequence[str]) -> bool:
    known = name.strip().casefold()
    if known != _GEO_STATUS and any(re.fullmatch(pattern, known, re.IGNORECASE) for pattern in ignore):
        return True
    conditions = rows[col.CONDITION].astype(str).str.casefold()
    values = rows[column].astype(str).str.strip().str.casefold()
    if _FREE_TEXT.fullmatch(known):
        echoes = [_share_word(value, condition) for value, condition in zip(values, conditions, strict=True)]
        return any(all(e for e, c in zip(echoes, conditions, strict=True) if c == arm) for arm in set(conditions))
    return bool((values == conditions).all())


def _share_word(value: str, condition: str) -> bool:
    """Whether a word of the value begins as a word of the condition does: ``osteopo`` and ``osteoporosis``."""
    starts = [{word[:4] for word in re.findall(r"[^\W\d_]{4,}", text)} for text in (value, condition)]
    return bool(starts[0] & starts[1])


def _union(sets: Sequence[frozenset[str]], chosen: BoolArray) -> set[str]:
    # An empty set is a missing value, which is a value of its own here.
    return {value for values, use in zip(sets, chosen, strict=True) if use for value in (values or {""})}


def _single_donor(order: pd.DataFrame, is_case: BoolArray) -> _Finding:
    """Judge the donor itself: with one in an arm it is the condition; the same in both, or none, is not assessed."""
    donors = order[col.DONOR].astype(str)
    empty = is_case.all() or not is_case.any()
    shared = bool(set(donors[is_case]) & set(donors[~is_case]))
    shown = [", ".join(donors[side]) if side.sum() < 4 else f"n = {side.sum()}" for side in (is_case, ~is_case)]
    verdict = FieldVerdict.NOT_ASSESSED if empty or shared else FieldVerdict.COMPLETE_SEPARATION
    return _Finding(verdict, shown[0], shown[1], math.nan, math.nan, math.nan)

"""Could anything else than the condition explain a difference? Every other field is tested against it.

Rules (all documented here, none hidden):

- The donor is the unit; samples of a donor within a condition are put together first (text joined, numbers averaged).
- Texts that differ only in capitals and punctuation are the same text.
- A field is a number when every value is one, perhaps with the same unit (``79 yrs``, ``passage 2``), or a date.
- Text: Cramer's V, and the exact permutation p of the chi-square statistic (Fisher-Freeman-Halton style: the labels
  are rearranged, margins fixed). Missing counts as a value of its own.
- Numbers: ``|2 AUROC - 1|`` (0 no separation, 1 complete, the same scale as V), the exact rank-sum p, and the
  standardised difference (shown with the values).
- ``separates perfectly``: the two sides share no value (numbers: their ranges do not overlap), and that is not
  merely because every value is its own: p < 0.1, or on both sides a value stands for two donors on average.
- ``partly separates``: p < 0.1, or no value shared but too few donors to say more. With 10 clean fields about
  one will be called so by chance; that is the price of not missing the one that matters.
- Text that differs in every donor (titles, accessions) is a name, not an explanation, and gets no row; but text that
  is recorded on one side only separates, whatever it says.
- One donor in an arm: the donor and the condition cannot be told apart; if it is the same donor in both arms, or an
  arm has none, nothing can be judged.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from fatescore.errors import InputError
from fatescore.stats import _fields, effect, permutation
from fatescore.tables import CONFOUNDING
from fatescore.tables import columns as col
from fatescore.typing import BoolArray, FloatArray

CLEAN = "clean"
PARTLY = "partly separates"
PERFECTLY = "separates perfectly"
NOT_JUDGED = "not judged"
STATES = "states the condition"
EVIDENCE = "evidence"  # about the groups as a whole (expression_shift); counts neither for nor against
P_PARTLY = 0.1
MAX_ARRANGEMENTS = 20_000
DRAWS = 9_999

# Fields that say what the condition is, or only name the sample (regular expressions, whole name, any case).
# Anything that says how a sample was handled stays out of this list.
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
_IDENTITY = {col.SAMPLE, col.DONOR, col.CONDITION, col.OBS_NAME}
_GEO_STATUS = "status"  # GEO's own release status, not the patient's


@dataclass(frozen=True)
class _Finding:
    verdict: str
    case_values: str
    control_values: str
    statistic: float
    p_value: float


def confounding(
    fields: pd.DataFrame,
    *,
    case: str,
    control: str,
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
    case, control
        The two conditions.
    ignore
        Regular expressions for names of fields that only state the condition in other words; where such a field
        differs between the conditions its verdict is ``states the condition`` and it does not count. A field
        whose values are the names of the conditions themselves is recognised without being listed; so is free
        text (title, source name, description) in which the values of an arm share a word with its condition.
    dataset, contrast
        Labels.
    seed
        Seed of the permutations, used only where they are too many to enumerate.

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
    [['kit', 'separates perfectly'], ['sex', 'clean']]
    """
    for column in (col.SAMPLE, col.DONOR, col.CONDITION):
        if column not in fields.columns:
            raise InputError(f'the table of sample fields has no column "{column}"')
    rows = fields.loc[fields[col.CONDITION].isin([case, control])]
    keys = [key for key in (col.DATASET, col.DONOR, col.CONDITION) if key in rows.columns]
    units = rows.groupby(keys, sort=True, dropna=False).ngroup().to_numpy()
    order = rows.assign(_unit=units).drop_duplicates("_unit").sort_values("_unit")
    is_case = (order[col.CONDITION] == case).to_numpy(dtype=bool)
    findings = {}
    if min(is_case.sum(), (~is_case).sum()) < 2:
        findings[col.DONOR] = _single_donor(order, is_case)
    for name in rows.columns if is_case.any() and not is_case.all() else ():
        if str(name) in _IDENTITY or (name == col.DATASET and rows[name].nunique() < 2):
            continue
        found = _assess(rows[name], units, is_case, seed)
        if found is not None:
            if found.verdict != CLEAN and _states_condition(str(name), rows, name, ignore):
                found = _Finding(STATES, *(getattr(found, key) for key in CONFOUNDING.names[4:]))
            findings[str(name)] = found
    result = pd.DataFrame(
        [(dataset, contrast, name, *vars(found).values()) for name, found in findings.items()],
        columns=list(CONFOUNDING.names),
    )
    rank = {NOT_JUDGED: 0, PERFECTLY: 0, PARTLY: 1, STATES: 2, CLEAN: 3}
    return result.sort_values(
        ["verdict", "p_value"], key=lambda column: column.map(rank) if column.name == "verdict" else column,
        kind="stable", ignore_index=True,
    )  # fmt: skip


def verdict(table: pd.DataFrame) -> str:
    """Say in one phrase what :func:`confounding` found.

    Returns
    -------
    ``clean``, ``partly confounded: F1, F2``, ``cannot be separated from F1, F2`` or ``cannot be judged with so few
    donors``.

    Examples
    --------
    >>> verdict(pd.DataFrame({"field": ["kit", "age"], "verdict": ["separates perfectly", "partly separates"]}))
    'cannot be separated from kit'
    """
    perfect = table.loc[table["verdict"] == PERFECTLY, "field"].tolist()
    if perfect:
        return f"cannot be separated from {', '.join(perfect)}"
    if (table["verdict"] == NOT_JUDGED).any():
        return "cannot be judged with so few donors"
    partly = table.loc[table["verdict"] == PARTLY, "field"].tolist()
    return f"partly confounded: {', '.join(partly)}" if partly else CLEAN


def _assess(field: pd.Series, units: np.ndarray, is_case: BoolArray, seed: int) -> _Finding | None:
    """Test one field; None for a field that is empty or only names the donors."""
    texts = _fields.same_wording(_fields.clean_text(field))
    if texts.isna().all():
        return None
    numbers = _fields.parse_numbers(texts)
    present = pd.Series(texts.notna().to_numpy()).groupby(units).any().to_numpy()
    one_sided = not present[is_case].any() or not present[~is_case].any()
    if numbers is not None and not one_sided:
        values = pd.Series(numbers.values).groupby(units).mean().to_numpy().astype(np.float64)
        if not _acts_as_code(values, is_case):
            return _assess_numbers(values, is_case, numbers, seed)
    sets = [frozenset(part.dropna()) for _, part in pd.Series(texts.to_numpy()).groupby(units)]
    labels = [" + ".join(sorted(values)) for values in sets]
    named = [label for label in labels if label]
    if one_sided:
        codes = [str(bool(label)) for label in labels]
    elif len(named) > 1 and len(set(named)) == len(named):
        return None
    else:
        codes = labels
    disjoint = not (_union(sets, is_case) & _union(sets, ~is_case))
    return _assess_text(codes, labels, is_case, disjoint, seed)


def _assess_text(codes: list[str], labels: list[str], is_case: BoolArray, disjoint: bool, seed: int) -> _Finding:
    table = pd.get_dummies(pd.Series(codes)).to_numpy(dtype=float)
    statistic, p_value = _association(table, is_case, seed)
    shown = _fields.show_texts(labels, is_case)
    sides = pd.Series(codes)[is_case], pd.Series(codes)[~is_case]
    single = any(len(side) > 1 and len(set(side)) == 1 for side in sides)
    return _Finding(
        _judge(disjoint, p_value, all(_concentrated(side) for side in sides), single),
        *shown, statistic, p_value,
    )  # fmt: skip


def _assess_numbers(values: FloatArray, is_case: BoolArray, numbers: _fields.Numbers, seed: int) -> _Finding:
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
    judged = _judge(disjoint and enough, p_value, all(_concentrated(side) for side in sides), enough)
    return _Finding(judged, *_fields.show_numbers(a, b, numbers), separation, p_value)


def _judge(disjoint: bool, p_value: float, concentrated: bool, suspicious: bool) -> str:
    if disjoint and (p_value < P_PARTLY or concentrated):
        return PERFECTLY
    return PARTLY if p_value < P_PARTLY or (disjoint and suspicious) else CLEAN


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


def _states_condition(name: str, rows: pd.DataFrame, column: object, ignore: Sequence[str]) -> bool:
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
    """With one donor in an arm nothing separates donor from condition; same donors, or none, cannot be judged."""
    donors = order[col.DONOR].astype(str)
    empty = is_case.all() or not is_case.any()
    found = NOT_JUDGED if empty or set(donors[is_case]) & set(donors[~is_case]) else PERFECTLY
    shown: list[str] = [
        ", ".join(donors[side]) if side.sum() < 4 else f"{side.sum()} donors" for side in (is_case, ~is_case)
    ]
    return _Finding(found, shown[0], shown[1], math.nan, math.nan)

"""The answer in sentences, put together from the tables and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from fatescore import _keys
from fatescore.report import _format
from fatescore.report.tables import records

DISEASE, KNOWN = "disease", "known_fate"
ALPHA = 0.05
WARNING = "cannot be separated from"
PARTLY = "partly confounded:"
LEAST_DONORS = 3

FATE_BIAS_IN_ONE_LINE = (
    "fate_bias is a log2 rank ratio: positive means osteogenic (bone) genes rank higher in a sample's expression, "
    "negative means adipogenic (fat) genes do; one unit is a factor of two."
)


@dataclass(frozen=True)
class Answer:
    """What one contrast says: one headline, one verdict, and the numbers beside them."""

    dataset: str
    title: str
    headline: str
    verdict: str
    numbers: tuple[tuple[str, str], ...]
    tone: str  # plain | warning (cannot be separated) | quiet (not tested)

    @property
    def text(self) -> str:
        """Both sentences."""
        return f"{self.headline} {self.verdict}"


def of_index(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of measures and sets, without the shares of cell types."""
    if "measure" not in contrasts:
        return contrasts
    return contrasts[~contrasts["measure"].astype(str).str.startswith(_keys.COMPOSITION_PREFIX)]


def rows_of(table: pd.DataFrame, *, kind: str = "", measure: str = "", contrast: str = "") -> pd.DataFrame:
    """Return the rows of a kind, measure and contrast."""
    chosen = table
    for column, value in (("kind", kind), ("measure", measure), ("contrast", contrast)):
        if value and column in chosen:
            chosen = chosen[chosen[column].astype(str) == value]
        elif value:
            return chosen.iloc[:0]
    return chosen


def tested(row: Mapping[str, Any]) -> bool:
    """Tell whether the row has a p value."""
    return not _format.is_missing(row.get("p_value"))


def p_text(row: Mapping[str, Any]) -> str:
    """Return p, always beside the smallest p that the design can reach and the audit's warning."""
    if not tested(row):
        return "described, not tested"
    kind = "exact p" if "exact" in _format.text(row, "p_method").lower() else "p"
    smallest = _format.p(row.get("p_smallest"))
    text = f"{kind} = {_format.p(row['p_value'])}; the smallest p this design can reach is {smallest}"
    audit = _format.audit(_format.text(row, "audit"))
    return f"{text}; warning: {audit}" if audit.startswith(WARNING) else text


def donors_text(row: Mapping[str, Any]) -> str:
    """Return how many donors are on each side."""
    case, control = _format.number(row.get("n_case")), _format.number(row.get("n_control"))
    return f"{case} against {_format.count(row.get('n_control'), 'donor')}" if control != "–" else f"{case} donors"


def direction(difference: Any) -> str:
    """Say which way a difference of fate_bias points.

    Examples
    --------
    >>> direction(-0.2)
    'lower, towards adipogenic (fat)'
    """
    if _format.is_missing(difference):
        return "not known"
    if float(difference) == 0:
        return "the same"
    return "higher, towards osteogenic (bone)" if float(difference) > 0 else "lower, towards adipogenic (fat)"


def expectation(row: Mapping[str, Any]) -> str:
    """Compare the finding with what the review expects, in words; empty when it expects nothing."""
    expected = _format.text(row, "expected")
    agreement = _format.text(row, "agreement")
    if not agreement or expected not in {"+", "-"}:
        return ""
    side = "a shift towards bone" if expected == "+" else "a shift towards fat"
    words = {
        "agrees": f"This agrees with the expectation ({side})",
        "opposite": f"This is the opposite of the expectation ({side})",
        "not told apart from zero": f"It is not told apart from zero, where {side} was expected",
        "not tested": f"It was not tested against the expectation ({side})",
    }
    smallest = row.get("p_smallest")
    if agreement == "not told apart from zero" and not _format.is_missing(smallest) and float(str(smallest)) > ALPHA:
        return f"{words[agreement]}; with so few donors no result could have reached p < {ALPHA}"
    return words.get(agreement, f"Against the expectation ({side}): {agreement}")


def verdict(row: Mapping[str, Any]) -> str:
    """Return the audit's verdict as a sentence."""
    audit = _format.audit(_format.text(row, "audit"))
    if audit.startswith(WARNING):
        fields = audit.removeprefix(WARNING).strip()
        return f"Confounding: the groups differ as completely in {fields}, so this difference may be due to that alone."
    if audit.startswith(PARTLY):
        fields = audit.removeprefix(PARTLY).strip()
        return f"Confounding: the groups also differ, in part, in {fields}; read the difference with that in mind."
    if audit == "clean":
        return "Confounding: none of the recorded sample fields separates the groups (clean)."
    return f"Confounding: {audit}." if audit else "Confounding: not audited."


def levels(row: Mapping[str, Any]) -> list[str]:
    """Return the levels of a row that compares more than two conditions, in order; else none.

    Examples
    --------
    >>> levels({"levels": "day0 < day7 < day14"}), levels({"case": "sick"})
    (['day0', 'day7', 'day14'], [])
    """
    text = _format.text(row, "levels")
    return text.split(" < " if " < " in text else " | ") if text else []


def _course(row: Mapping[str, Any]) -> str:
    """Say what three or more levels show: a trend where they have an order, else whether they differ at all."""
    first, *_, last = names = levels(row)
    beside = f"donors: {_format.number(row['n_control'])} of {first}, {_format.number(row['n_case'])} of {last}"
    beside = f"{beside}; {p_text(row)}"
    if " | " in _format.text(row, "levels"):
        among = f"{', '.join(names[:-1])} and {last}"
        if not tested(row):
            return f"In {row['dataset']}, fate_bias of {among} was described, not tested."
        told = "differs between" if float(row["p_value"]) < ALPHA else "is not told apart between"
        return f"In {row['dataset']}, fate_bias {told} {among} ({beside})."
    over = f"from {first} over {', '.join(names[1:-1])} to {last}"
    slope = row["difference"]
    if _format.is_missing(slope) or float(slope) == 0:
        return f"In {row['dataset']}, the slope of fate_bias {over} is {direction(slope)} as zero ({beside})."
    way = "rises" if float(slope) > 0 else "falls"
    towards = direction(slope).split(", ")[1]
    amount = _format.number(abs(float(slope)))
    return f"In {row['dataset']}, fate_bias {way} by {amount} per step, {towards}, {over} ({beside})."


def all_genes(audit: pd.DataFrame) -> str:
    """Say how many of all genes differ and what that may mean; empty where nobody looked."""
    rows = records(audit[audit["verdict"].astype(str) == "evidence"]) if len(audit) else []
    if not rows:
        return ""
    row = rows[0]
    return (
        f"All genes: {row['case_values']}; {row['control_values']} (p = {_format.p(row['p_value'])}). A disease seldom "
        "moves a large share of all genes; a kit, a batch or another kind of cell does."
    )


def answer(row: Mapping[str, Any]) -> Answer:
    """Put one row of ``contrasts.tsv`` (measure fate_bias) into words."""
    several = levels(row)
    side = _format.text(row, "levels") if several else f"{row['case']} against {row['control']}"
    amount = _format.number(abs(float(row["difference"]))) if not _format.is_missing(row["difference"]) else ""
    headline = (
        f"In {row['dataset']}, fate_bias was {amount} {direction(row['difference'])}, in {row['case']} than in "
        f"{row['control']} ({donors_text(row)}; {p_text(row)})."
    )
    if several:
        headline = _course(row)
    elif direction(row["difference"]) in {"the same", "not known"}:
        headline = (
            f"In {row['dataset']}, the difference of fate_bias for {side} is {direction(row['difference'])} "
            f"({p_text(row)})."
        )
    more = expectation(row)
    audit = _format.audit(_format.text(row, "audit"))
    return Answer(
        dataset=str(row["dataset"]),
        title=side if row["contrast"] == row["case"] else f"{side} ({row['contrast']})",
        headline=headline + (f" {more}." if more else ""),
        verdict=verdict(row).replace(":", f" ({row['case']} against {row['control']} only):" if several else ":", 1),
        numbers=_numbers(row),
        tone="warning" if audit.startswith(WARNING) else "plain" if tested(row) else "quiet",
    )


def pooled(row: Mapping[str, Any], contrasts: pd.DataFrame) -> Answer:
    """Put one row of ``meta.tsv`` that pools at least two data sets into words."""
    used = rows_of(contrasts, kind=DISEASE, measure=_keys.FATE_BIAS, contrast=str(row["contrast"]))
    used = used[used["dataset"].isin([name.strip() for name in str(row["datasets"]).split(",")])]
    first: Mapping[str, Any] = records(used)[0] if len(used) else {"case": row["contrast"], "control": "control"}
    effect = _format.number(row["effect"])
    interval = f"{_format.number(row['ci_low'])} to {_format.number(row['ci_high'])}"
    expected = "no prediction interval from so few data sets"
    if not _format.is_missing(row["pi_low"]):
        expected = f"prediction interval {_format.number(row['pi_low'])} to {_format.number(row['pi_high'])}"
    donors = f" ({_format.number(used['n_case'].sum())} against {_format.number(used['n_control'].sum())} donors)"
    headline = (
        f"Over {_format.number(row['k'])} data sets{donors if len(used) else ''}, fate_bias was "
        f"{direction(row['effect'])}, in {first['case']} than in {first['control']}: pooled Hedges' g = {effect} "
        f"(95 % CI {interval}, {expected}, p = {_format.p(row['p_value'])}). {_pooled_expectation(row, first)}."
    )
    numbers = (
        ("pooled", _format.text(row, "datasets")),
        ("pooled Hedges' g [95 % CI]", f"{effect} [{interval}]"),
        ("prediction interval", expected.removeprefix("prediction interval ")),
        ("p (pooled)", _format.p(row["p_value"])),
        ("I² (heterogeneity, %)", _format.number(row.get("i2"))),
    )
    title = f"{first['case']} against {first['control']}: {_format.number(row['k'])} data sets pooled"
    return Answer("", title, headline, _pooled_verdict(row, used), numbers, "plain")


def _pooled_expectation(row: Mapping[str, Any], first: Mapping[str, Any]) -> str:
    sign = _format.text(first, "expected")
    if float(row["ci_low"]) <= 0 <= float(row["ci_high"]):
        found = "not told apart from zero"
    else:
        found = "agrees" if (float(row["effect"]) > 0) == (sign == "+") else "opposite"
    words = expectation({"expected": sign, "agreement": found})
    return words or ("It is not told apart from zero" if found.startswith("not") else "The interval excludes zero")


def _pooled_verdict(row: Mapping[str, Any], used: pd.DataFrame) -> str:
    audits = [_format.text(one, "audit") for one in records(used)]
    words = f"Confounding: {audits.count('clean')} of the {_format.number(row['k'])} pooled data sets are clean"
    partly = [str(one["dataset"]) for one in records(used) if _format.text(one, "audit").startswith("partly")]
    words += f", {', '.join(partly)} partly confounded." if partly else "."
    kept = [str(one["dataset"]) for one in records(used) if _format.text(one, "audit").startswith(WARNING)]
    if kept:
        words += f" Pooled although the groups cannot be separated from another field: {', '.join(kept)}."
    out = _format.text(row, "left_out")
    return _format.audit(f"{words} Not pooled: {out}." if out else words)


def controls(contrasts: pd.DataFrame) -> str:
    """Say how many contrasts with a known answer came out as expected, and what weakens them."""
    rows = records(rows_of(contrasts, kind=KNOWN, measure=_keys.FATE_BIAS))
    if not rows:
        return "Positive controls: none in this run."
    signs = {"+": 1.0, "-": -1.0}
    right: list[str] = []
    wrong: list[str] = []
    for row in rows:
        sign = signs.get(str(row["expected"]), 0.0)
        found = not _format.is_missing(row["difference"]) and sign * row["difference"] > 0
        (right if found else wrong).append(f"{row['dataset']} ({_control(row)})")
    text = f"Positive controls: {len(right)} of {len(rows)} contrasts with a known fate point the right way"
    text += f": {', '.join(right)}." if right else "."
    text += f" Not so: {', '.join(wrong)}." if wrong else ""
    audits = [(row["dataset"], _format.audit(_format.text(row, "audit"))) for row in rows]
    weak = [f"{name} ({said.removeprefix(WARNING).strip()})" for name, said in audits if said.startswith(WARNING)]
    if weak:
        text += f" Weaker than they look, as the groups differ in other things too: {', '.join(weak)}."
    return text


def _control(row: Mapping[str, Any]) -> str:
    units = {"auroc": "donors", "auroc_cells": "cells"}
    found = {of: row[key] for key, of in units.items() if not _format.is_missing(row.get(key))}
    parts = [f"AUROC {_format.number(value)} over {of}" for of, value in found.items()]
    best = ["where 0 is best"] if parts and _format.text(row, "expected") == "-" else []
    return "; ".join([donors_text(row), *parts, *best])


def _numbers(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the numbers beside an answer; what could not be estimated is left out."""

    def between(low: str, high: str) -> str:
        ends = [row.get(low), row.get(high)]
        return "" if any(map(_format.is_missing, ends)) else ", ".join(map(_format.number, ends))

    def interval(name: str) -> str:
        middle, ends = _format.number(row.get(name)), between(f"{name}_low", f"{name}_high")
        return f"{middle} [{ends}]" if ends else middle

    ci = " [95 % CI]" if between("difference_low", "difference_high") else ""
    warned = " ⚠" if _format.text(row, "audit").startswith(WARNING) else ""
    numbers = (
        (f"{'slope per step' if levels(row) else 'difference'}{ci}", interval("difference")),
        (f"Hedges' g{ci}", interval("g")),
        ("donors", donors_text(row)),
        ("p", _format.p(row.get("p_value")) + warned if tested(row) else "not tested"),
        ("smallest reachable p", _format.p(row.get("p_smallest"))),
        ("leave one donor out", between("loo_low", "loo_high").replace(", ", " to ")),
        ("against the expectation", _format.text(row, "agreement")),
    )
    return tuple((name, value) for name, value in numbers if value not in {"", _format.MISSING})

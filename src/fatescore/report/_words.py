"""The answer in sentences, put together from the tables and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from fatescore._language import mark, tr
from fatescore._written import written
from fatescore.report import _format
from fatescore.report._format import listed, number, sentences
from fatescore.report._phrases import (
    ALPHA,
    donors_text,
    expectation,
    numbers,
    p_text,
    separating,
    sign,
    span,
    undecidable,
    verdict,
)
from fatescore.report._rows import DISEASE, KNOWN, TOO_FEW, WARNING, audited, levels, of_index, rows_of, tested, warned
from fatescore.report.tables import records
from fatescore.tables import columns as col

__all__ = [
    "DISEASE", "FATE_BIAS_IN_ONE_LINE", "KNOWN", "TOO_FEW", "WARNING", "Answer", "all_genes", "answer", "audited",
    "controls", "levels", "of_index", "pooled", "rows_of", "tested",
]  # fmt: skip

FATE_BIAS_IN_ONE_LINE = mark(
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
        return sentences(self.headline, self.verdict)


def _course(row: Mapping[str, Any]) -> str:
    """Say what three or more levels show: a trend where they have an order, else whether they differ at all."""
    first, *between, last = levels(row)
    beside = tr("donors: {n_first} of {first}, {n_last} of {last}; {p}").format(
        n_first=number(row["n_control"]), first=first, n_last=number(row["n_case"]), last=last, p=p_text(row)
    )
    known = {"dataset": row["dataset"], "first": first, "between": listed(between), "last": last, "beside": beside}
    if " | " in _format.text(row, "levels"):
        known["levels"] = tr("{names} and {last}").format(names=listed([first, *between]), last=last)
        if not tested(row):
            text = tr("In {dataset}, fate_bias of {levels} was described, not tested.")
        elif undecidable(row):
            text = tr("In {dataset}, no verdict can be given on fate_bias between {levels} ({beside}).")
        elif float(row["p_value"]) < ALPHA:
            text = tr("In {dataset}, fate_bias differs between {levels} ({beside}).")
        else:
            text = tr("In {dataset}, fate_bias is not told apart between {levels} ({beside}).")
        return text.format(**known)
    texts = {
        "": tr("In {dataset}, the slope of fate_bias from {first} over {between} to {last} is not known ({beside})."),
        "0": tr(
            "In {dataset}, the slope of fate_bias from {first} over {between} to {last} is the same as zero ({beside})."
        ),
        "+": tr(
            "In {dataset}, fate_bias rises by {amount} per step, towards osteogenic (bone), from {first} over "
            "{between} to {last} ({beside})."
        ),
        "-": tr(
            "In {dataset}, fate_bias falls by {amount} per step, towards adipogenic (fat), from {first} over "
            "{between} to {last} ({beside})."
        ),
    }
    return texts[sign(row["difference"])].format(**known, amount=_amount(row["difference"]))


def _compared(row: Mapping[str, Any]) -> str:
    """Say how fate_bias of one condition differs from that of another."""
    texts = {
        "": tr("In {dataset}, the difference of fate_bias for {case} against {control} is not known ({p})."),
        "0": tr("In {dataset}, the difference of fate_bias for {case} against {control} is the same ({p})."),
        "+": tr(
            "In {dataset}, fate_bias was {amount} higher, towards osteogenic (bone), in {case} than in {control} "
            "({donors}; {p})."
        ),
        "-": tr(
            "In {dataset}, fate_bias was {amount} lower, towards adipogenic (fat), in {case} than in {control} "
            "({donors}; {p})."
        ),
    }
    known = {name: row[name] for name in ("dataset", "case", "control")}
    known |= {"amount": _amount(row["difference"]), "donors": donors_text(row), "p": p_text(row)}
    return texts[sign(row["difference"])].format(**known)


def _amount(value: Any) -> str:
    return "" if _format.is_missing(value) else number(abs(float(value)))


def all_genes(audit: pd.DataFrame) -> str:
    """Say how many of all genes differ and what that may mean; empty where nobody looked."""
    rows = records(audit[audit["verdict"].astype(str) == "evidence"]) if len(audit) else []
    if not rows:
        return ""
    return tr(
        "All genes: {case_values}; {control_values} (p = {p}). A disease seldom "
        "moves a large share of all genes; a kit, a batch or another kind of cell does."
    ).format(
        case_values=written(str(rows[0]["case_values"])),
        control_values=written(str(rows[0]["control_values"])),
        p=_format.p(rows[0]["p_value"]),
    )


def answer(row: Mapping[str, Any]) -> Answer:
    """Put one row of ``contrasts.tsv`` (measure fate_bias) into words."""
    several = levels(row)
    side = _format.text(row, "levels") if several else _sides(row)
    return Answer(
        dataset=str(row["dataset"]),
        title=side if row["contrast"] == row["case"] else f"{side} ({row['contrast']})",
        headline=sentences(_course(row) if several else _compared(row), expectation(row)),
        verdict=verdict(row),
        numbers=numbers(row),
        tone="warning" if warned(row) else "plain" if tested(row) else "quiet",
    )


def _sides(row: Mapping[str, Any]) -> str:
    return tr("{case} against {control}").format(case=row["case"], control=row["control"])


def pooled(row: Mapping[str, Any], contrasts: pd.DataFrame, robustness: pd.DataFrame) -> Answer:
    """Put one row of ``meta.tsv`` that pools at least two data sets into words.

    ``robustness`` holds the rows of ``meta_robustness.tsv``; it may be empty.
    """
    used = rows_of(contrasts, kind=DISEASE, measure=col.FATE_BIAS, contrast=str(row["contrast"]))
    used = used[used["dataset"].isin([name.strip() for name in str(row["datasets"]).split(",")])]
    first: Mapping[str, Any] = records(used)[0] if len(used) else {"case": row["contrast"], "control": "control"}
    known = {
        "case": first["case"], "control": first["control"], "k": number(row["k"]), "effect": number(row["effect"]),
        "interval": span(number(row["ci_low"]), number(row["ci_high"])), "p": _format.p(row["p_value"]),
        "n_case": number(used["n_case"].sum()), "n_control": number(used["n_control"].sum()),
        "low": number(row["pi_low"]), "high": number(row["pi_high"]),
    }  # fmt: skip
    no_interval = tr("no prediction interval from so few data sets")
    few = _format.is_missing(row["pi_low"])
    data_sets = tr("{k} data sets ({n_case} against {n_control} donors)") if len(used) else tr("{k} data sets")
    prediction = no_interval if few else tr("prediction interval {low} to {high}")
    headline = _pooled_shift(row).format(
        **known, data_sets=data_sets.format(**known), prediction=prediction.format(**known)
    )
    found = [
        (tr("pooled"), _format.text(row, "datasets")),
        (tr("pooled Hedges' g [95 % CI]"), f"{known['effect']} [{known['interval']}]"),
        (tr("prediction interval"), no_interval if few else span(known["low"], known["high"])),
        (tr("p (pooled)"), known["p"]),
        (tr("leave one data set out"), _without_each(robustness, str(row["contrast"]))),
        (tr("I² (heterogeneity, %)"), number(row.get("i2"))),
    ]
    title = tr("{case} against {control}: {k} data sets pooled").format(**known)
    either = not few and float(row["pi_low"]) < 0 < float(row["pi_high"])
    headline = sentences(
        headline, _pooled_expectation(row, first), tr("A new data set could go either way.") if either else ""
    )
    return Answer("", title, headline, _pooled_verdict(row, used), tuple(one for one in found if one[1]), "plain")


def _without_each(robustness: pd.DataFrame, contrast: str) -> str:
    """Return from where to where the pooled effect goes when each data set is left out in turn; empty if unknown."""
    rows = rows_of(robustness, measure=col.FATE_BIAS, contrast=contrast)
    effects = rows.loc[rows["analysis"] == "leave one out", "effect"].dropna() if len(rows) else rows
    return span(number(effects.min()), number(effects.max())) if len(effects) else ""


def _pooled_shift(row: Mapping[str, Any]) -> str:
    """Return the sentence on the pooled effect; a pooled effect is never missing."""
    if sign(row["effect"]) == "0":
        return tr(
            "Over {data_sets}, fate_bias was the same in {case} as in {control}: pooled Hedges' g = {effect} "
            "(95 % CI {interval}, {prediction}, p = {p})."
        )
    if sign(row["effect"]) == "+":
        return tr(
            "Over {data_sets}, fate_bias was higher, towards osteogenic (bone), in {case} than in {control}: pooled "
            "Hedges' g = {effect} (95 % CI {interval}, {prediction}, p = {p})."
        )
    return tr(
        "Over {data_sets}, fate_bias was lower, towards adipogenic (fat), in {case} than in {control}: pooled "
        "Hedges' g = {effect} (95 % CI {interval}, {prediction}, p = {p})."
    )


def _pooled_expectation(row: Mapping[str, Any], first: Mapping[str, Any]) -> str:
    expected = _format.text(first, "expected")
    if float(row["ci_low"]) <= 0 <= float(row["ci_high"]):
        said = expectation({"expected": expected, "agreement": "not told apart from zero"})
        return said or tr("It is not told apart from zero.")
    found = "agrees" if (float(row["effect"]) > 0) == (expected == "+") else "opposite"
    return expectation({"expected": expected, "agreement": found}) or tr("The interval excludes zero.")


def _pooled_verdict(row: Mapping[str, Any], used: pd.DataFrame) -> str:
    audits = {str(one["dataset"]): _format.text(one, "audit") for one in records(used)}
    partly = [name for name, audit in audits.items() if audit.startswith("partly")]
    kept = [name for name, audit in audits.items() if audit.startswith(WARNING)]
    left_out = _format.text(row, "left_out")
    text = tr("Confounding: {clean} of the {k} pooled data sets are clean.")
    if partly:
        text = tr("Confounding: {clean} of the {k} pooled data sets are clean, {partly} partly confounded.")
    although = tr("Pooled although the groups cannot be separated from another field: {names}.")
    return sentences(
        text.format(clean=list(audits.values()).count("clean"), k=number(row["k"]), partly=listed(partly)),
        although.format(names=listed(kept)) if kept else "",
        tr("Not pooled: {left_out}.").format(left_out=_format.audit(left_out)) if left_out else "",
    )


def controls(contrasts: pd.DataFrame) -> str:
    """Say how many contrasts with a known answer came out as expected, and what weakens them."""
    rows = records(rows_of(contrasts, kind=KNOWN, measure=col.FATE_BIAS))
    if not rows:
        return tr("Positive controls: none in this run.")
    right: list[str] = []
    wrong: list[str] = []
    for row in rows:
        found = sign(row["difference"]) in {"+", "-"} and sign(row["difference"]) == _format.text(row, "expected")
        said = tr("{dataset} ({reason})").format(dataset=row["dataset"], reason=_control(row))
        (right if found else wrong).append(said)
    text = tr("Positive controls: {right} of {n} contrasts with a known fate point the right way.")
    if right:
        text = tr("Positive controls: {right} of {n} contrasts with a known fate point the right way: {names}.")
    weak = [
        tr("{dataset} ({reason})").format(dataset=row["dataset"], reason=separating(row)) for row in rows if warned(row)
    ]
    although = tr("Weaker than they look, as the groups differ in other things too: {names}.")
    return sentences(
        text.format(right=len(right), n=len(rows), names=listed(right)),
        tr("Not so: {names}.").format(names=listed(wrong)) if wrong else "",
        although.format(names=listed(weak)) if weak else "",
    )


def _control(row: Mapping[str, Any]) -> str:
    of = {"auroc": tr("AUROC {value} over donors"), "auroc_cells": tr("AUROC {value} over cells")}
    found = [
        text.format(value=_format.auroc(row[key])) for key, text in of.items() if not _format.is_missing(row.get(key))
    ]
    best = [tr("where 0 is best")] if found and _format.text(row, "expected") == "-" else []
    return tr("; ").join([donors_text(row), *found, *best])

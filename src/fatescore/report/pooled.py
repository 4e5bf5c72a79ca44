"""The answers of a run in sentences: its leading ones, the pooled one, and the positive controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.pl.labels import listed
from fatescore.report import formatting
from fatescore.report.answers import answer, audit_verdict, confounded, confounded_with, donors_text, expectation, sign
from fatescore.report.elements import Answer
from fatescore.report.formatting import number, sentences, span
from fatescore.report.sentences import notes_text
from fatescore.report.tables import SummaryTables, records, rows_of
from fatescore.tables import columns as col
from fatescore.tables import split_names
from fatescore.tables.codes import Agreement, Analysis, AuditVerdict, ContrastKind


def leading(tables: SummaryTables) -> list[Answer]:
    """Return the main answer of each disease contrast: pooled where data sets were pooled, else the soundest one."""
    answers = []
    for contrast, group in singles(tables).items():
        found = records(rows_of(tables.meta, measure=col.FATE_BIAS, contrast=contrast))
        row = found[0] if found else {}
        if row.get("k", 0) >= 2:
            answers.append(pooled(row, tables.contrasts, tables.meta_robustness))
        else:
            # Where only one data set was fit to be pooled, it is the answer; else the soundest is.
            chosen = [one for one in group if [one.dataset] == split_names(row.get("datasets"))]
            answers.append((chosen or group)[0])
    return answers


def singles(tables: SummaryTables) -> dict[str, list[Answer]]:
    """Return the answers of every data set by contrast, the soundest first (tested and not confounded)."""
    main = rows_of(tables.contrasts, kind=ContrastKind.DISEASE, measure=col.FATE_BIAS)
    place = {"plain": 0, "warning": 1, "quiet": 2}
    groups: dict[str, list[Answer]] = {}
    for row in records(main):
        groups.setdefault(str(row["contrast"]), []).append(answer(row))
    return {name: sorted(group, key=lambda one: place[one.tone]) for name, group in groups.items()}


def pooled(row: Mapping[str, Any], contrasts: pd.DataFrame, robustness: pd.DataFrame) -> Answer:
    """Put one row of ``meta.tsv`` that pools at least two data sets into words.

    ``robustness`` holds the rows of ``meta_robustness.tsv``; it may be empty.
    """
    used = rows_of(contrasts, kind=ContrastKind.DISEASE, measure=col.FATE_BIAS, contrast=str(row["contrast"]))
    used = used[used["dataset"].isin(split_names(row["datasets"]))]
    first: Mapping[str, Any] = records(used)[0] if len(used) else {"case": row["contrast"], "control": "control"}
    known = {
        "case": first["case"], "control": first["control"], "k": number(row["k"]), "effect": number(row["effect"]),
        "interval": span(number(row["ci_low"]), number(row["ci_high"])), "p": formatting.p(row["p_value"]),
        "n_case": number(used["n_case"].sum()), "n_control": number(used["n_control"].sum()),
        "low": number(row["pi_low"]), "high": number(row["pi_high"]),
    }  # fmt: skip
    no_interval = _("no prediction interval from so few data sets")
    few = formatting.is_missing(row["pi_low"])
    data_sets = _("{k} data sets ({n_case} against {n_control} donors)") if len(used) else _("{k} data sets")
    prediction = no_interval if few else _("prediction interval {low} to {high}")
    headline = _pooled_shift(row).format(
        **known, data_sets=data_sets.format(**known), prediction=prediction.format(**known)
    )
    found = [
        (_("pooled"), listed(split_names(row["datasets"]))),
        (_("pooled Hedges' g [95 % CI]"), f"{known['effect']} [{known['interval']}]"),
        (_("prediction interval"), no_interval if few else span(known["low"], known["high"])),
        (_("p (pooled)"), known["p"]),
        (_("leave one data set out"), _without_each(robustness, str(row["contrast"]))),
        (_("I² (heterogeneity, %)"), number(row.get("i2"))),
    ]
    title = _("{case} against {control}: {k} data sets pooled").format(**known)
    either = not few and float(row["pi_low"]) < 0 < float(row["pi_high"])
    headline = sentences(
        headline, _pooled_expectation(row, first), _("A new data set could go either way.") if either else ""
    )
    filled = tuple(one for one in found if one[1])
    return Answer(headline, _pooled_verdict(row, used), filled, tone="plain", title=title)


def _without_each(robustness: pd.DataFrame, contrast: str) -> str:
    """Return from where to where the pooled effect goes when each data set is left out in turn; empty if unknown."""
    rows = rows_of(robustness, measure=col.FATE_BIAS, contrast=contrast)
    effects = rows.loc[rows["analysis"] == Analysis.LEAVE_ONE_OUT, "effect"].dropna() if len(rows) else rows
    return span(number(effects.min()), number(effects.max())) if len(effects) else ""


def _pooled_shift(row: Mapping[str, Any]) -> str:
    """Return the sentence on the pooled effect; a pooled effect is never missing."""
    if sign(row["effect"]) == "0":
        return _(
            "Over {data_sets}, fate_bias was the same in {case} as in {control}: pooled Hedges' g = {effect} "
            "(95 % CI {interval}, {prediction}, p = {p})."
        )
    if sign(row["effect"]) == "+":
        return _(
            "Over {data_sets}, fate_bias was higher, towards osteogenic (bone), in {case} than in {control}: pooled "
            "Hedges' g = {effect} (95 % CI {interval}, {prediction}, p = {p})."
        )
    return _(
        "Over {data_sets}, fate_bias was lower, towards adipogenic (fat), in {case} than in {control}: pooled "
        "Hedges' g = {effect} (95 % CI {interval}, {prediction}, p = {p})."
    )


def _pooled_expectation(row: Mapping[str, Any], first: Mapping[str, Any]) -> str:
    expected = formatting.text(first, "expected")
    if float(row["ci_low"]) <= 0 <= float(row["ci_high"]):
        compared = expectation({"expected": expected, "agreement": Agreement.NOT_SIGNIFICANT})
        return compared or _("It is not significant.")
    found = Agreement.AGREES if (float(row["effect"]) > 0) == (expected == "+") else Agreement.OPPOSITE
    return expectation({"expected": expected, "agreement": found}) or _("The interval excludes zero.")


def _pooled_verdict(row: Mapping[str, Any], used: pd.DataFrame) -> str:
    audits = {str(one["dataset"]): audit_verdict(one) for one in records(used)}
    partially = [name for name, audit in audits.items() if audit == AuditVerdict.PARTIALLY_CONFOUNDED]
    kept = [name for name, audit in audits.items() if audit == AuditVerdict.COMPLETELY_CONFOUNDED]
    left_out = notes_text(row["left_out"])
    text = _("Confounding: {clean} of the {k} pooled data sets are clean.")
    if partially:
        text = _("Confounding: {clean} of the {k} pooled data sets are clean, {names} partially confounded.")
    although = _("Pooled although the condition is completely confounded: {names}.")
    return sentences(
        text.format(clean=list(audits.values()).count(AuditVerdict.CLEAN), k=number(row["k"]), names=listed(partially)),
        although.format(names=listed(kept)) if kept else "",
        _("Not pooled: {left_out}.").format(left_out=left_out) if left_out else "",
    )


def controls(contrasts: pd.DataFrame) -> str:
    """Return how many contrasts with a known answer came out as expected, and what weakens them."""
    rows = records(rows_of(contrasts, kind=ContrastKind.KNOWN_FATE, measure=col.FATE_BIAS))
    if not rows:
        return _("Positive controls: none in this run.")
    right: list[str] = []
    wrong: list[str] = []
    for row in rows:
        found = sign(row["difference"]) in {"+", "-"} and sign(row["difference"]) == formatting.text(row, "expected")
        named = _("{dataset} ({reason})").format(dataset=row["dataset"], reason=_control(row))
        (right if found else wrong).append(named)
    text = _("Positive controls: {right} of {n} contrasts with a known fate point the right way.")
    if right:
        text = _("Positive controls: {right} of {n} contrasts with a known fate point the right way: {names}.")
    weak = [
        _("{dataset} ({reason})").format(dataset=row["dataset"], reason=confounded_with(row))
        for row in rows
        if confounded(row)
    ]
    although = _("Weaker than they look, as they are completely confounded with other fields: {names}.")
    return sentences(
        text.format(right=len(right), n=len(rows), names=listed(right)),
        _("Not so: {names}.").format(names=listed(wrong)) if wrong else "",
        although.format(names=listed(weak)) if weak else "",
    )


def _control(row: Mapping[str, Any]) -> str:
    of = {"auroc": _("AUROC {value} over donors"), "auroc_cells": _("AUROC {value} over cells")}
    known = {key: text for key, text in of.items() if not formatting.is_missing(row.get(key))}
    found = [text.format(value=formatting.auroc(row[key])) for key, text in known.items()]
    best = [_("where 0 is best")] if found and formatting.text(row, "expected") == "-" else []
    return _("; ").join([donors_text(row), *found, *best])

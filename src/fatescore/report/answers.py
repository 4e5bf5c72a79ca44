"""What a row of ``contrasts.tsv`` tells by its codes, and its answer in sentences, put together from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop, ngettext
from fatescore.pl.labels import audit_label, code_label, label, listed
from fatescore.report import formatting
from fatescore.report.elements import Answer
from fatescore.report.formatting import is_missing, number, sentences, span
from fatescore.report.sentences import notes_text
from fatescore.report.tables import records
from fatescore.tables import parse_notes, split_names
from fatescore.tables.codes import Agreement, AuditVerdict, FieldVerdict, Test

ALPHA = 0.05
FATE_BIAS_DEFINITION = gettext_noop(
    "fate_bias is the log2 ratio of how high osteogenic (bone) and adipogenic (fat) genes rank in a sample's "
    "expression: higher is towards bone, lower towards fat, and one unit is a factor of two. Its zero is no border "
    "between them; fate_bias_z compares it with random genes expressed as highly."
)


def answer(row: Mapping[str, Any]) -> Answer:
    """Put one row of ``contrasts.tsv`` (measure fate_bias) into words."""
    several = levels(row)
    side = _("{case} against {control}").format(case=row["case"], control=row["control"])
    if several:
        side = (" < " if ordered(row) else " | ").join(several)
    return Answer(
        dataset=str(row["dataset"]),
        title=side if row["contrast"] == row["case"] else f"{side} ({row['contrast']})",
        headline=sentences(_course(row) if several else _compared(row), expectation(row)),
        verdict=verdict(row),
        numbers=numbers(row),
        tone="warning" if confounded(row) else "plain" if tested(row) else "quiet",
    )


def _course(row: Mapping[str, Any]) -> str:
    """Return the sentence on three or more levels: a trend where they are ordered, else whether they differ at all."""
    first, *between, last = levels(row)
    beside = _("donors: {n_first} of {first}, {n_last} of {last}; {p}").format(
        n_first=number(row["n_control"]), first=first, n_last=number(row["n_case"]), last=last, p=p_text(row)
    )
    known = {"dataset": row["dataset"], "first": first, "between": listed(between), "last": last, "beside": beside}
    if not ordered(row):
        known["levels"] = _("{names} and {last}").format(names=listed([first, *between]), last=last)
        if not tested(row):
            text = _("In {dataset}, fate_bias of {levels} was described, not tested.")
        elif undecidable(row):
            text = _("In {dataset}, no verdict can be given on fate_bias between {levels} ({beside}).")
        elif float(row["p_value"]) < ALPHA:
            text = _("In {dataset}, fate_bias differs between {levels} ({beside}).")
        else:
            text = _("In {dataset}, fate_bias does not differ significantly between {levels} ({beside}).")
        return text.format(**known)
    texts = {
        "": _("In {dataset}, the slope of fate_bias from {first} over {between} to {last} is not known ({beside})."),
        "0": _(
            "In {dataset}, the slope of fate_bias from {first} over {between} to {last} is the same as zero ({beside})."
        ),
        "+": _(
            "In {dataset}, fate_bias rises by {amount} per step, towards osteogenic (bone), from {first} over "
            "{between} to {last} ({beside})."
        ),
        "-": _(
            "In {dataset}, fate_bias falls by {amount} per step, towards adipogenic (fat), from {first} over "
            "{between} to {last} ({beside})."
        ),
    }
    return texts[sign(row["difference"])].format(**known, amount=_amount(row["difference"]))


def _compared(row: Mapping[str, Any]) -> str:
    """Return the sentence on how fate_bias of one condition differs from that of another."""
    texts = {
        "": _("In {dataset}, the difference of fate_bias for {case} against {control} is not known ({p})."),
        "0": _("In {dataset}, the difference of fate_bias for {case} against {control} is the same ({p})."),
        "+": _(
            "In {dataset}, fate_bias was {amount} higher, towards osteogenic (bone), in {case} than in {control} "
            "({donors}; {p})."
        ),
        "-": _(
            "In {dataset}, fate_bias was {amount} lower, towards adipogenic (fat), in {case} than in {control} "
            "({donors}; {p})."
        ),
    }
    known = {name: row[name] for name in ("dataset", "case", "control")}
    known |= {"amount": _amount(row["difference"]), "donors": donors_text(row), "p": p_text(row)}
    return texts[sign(row["difference"])].format(**known)


def _amount(value: Any) -> str:
    return "" if is_missing(value) else number(abs(float(value)))


def all_genes(audit: pd.DataFrame) -> str:
    """Return the sentence on how many of all genes differ and what that may mean; empty without that comparison."""
    rows = records(audit[audit["verdict"] == FieldVerdict.EVIDENCE]) if len(audit) else []
    if not rows:
        return ""
    return _(
        "All genes: {case_values}; {control_values} (p = {p}). A disease seldom "
        "moves a large share of all genes; a kit, a batch or another kind of cell does."
    ).format(
        case_values=notes_text(rows[0]["case_values"]),
        control_values=notes_text(rows[0]["control_values"]),
        p=formatting.p(rows[0]["p_value"]),
    )


def p_text(row: Mapping[str, Any]) -> str:
    """Return p, always beside the smallest p that the design can reach and the audit's warning."""
    if not tested(row):
        return _("described, not tested")
    text = _("p = {p}; the smallest p this design can reach is {smallest}")
    if exactly_tested(row):
        text = _("exact p = {p}; the smallest p this design can reach is {smallest}")
    text = text.format(p=formatting.p(row["p_value"]), smallest=formatting.p(row.get("p_smallest")))
    return _("{p}; warning: {audit}").format(p=text, audit=audit_text(row)) if confounded(row) else text


def donors_text(row: Mapping[str, Any]) -> str:
    """Return how many donors are on each side."""
    case, n = number(row.get("n_case")), row.get("n_control")
    if is_missing(n):
        return _("{n} donors").format(n=case)
    return ngettext("{case} against {control} donor", "{case} against {control} donors", float(str(n))).format(
        case=case, control=number(n)
    )


def expectation(row: Mapping[str, Any]) -> str:
    """Compare the finding with what the review expects, in a sentence; empty when it expects nothing."""
    expected, agreement = formatting.text(row, "expected"), formatting.text(row, "agreement")
    if not agreement or expected not in {"+", "-"}:
        return ""
    side = _("a shift towards bone") if expected == "+" else _("a shift towards fat")
    texts: dict[str, str] = {
        Agreement.AGREES: _("This agrees with the expectation ({side})."),
        Agreement.OPPOSITE: _("This is the opposite of the expectation ({side})."),
        Agreement.NOT_SIGNIFICANT: _("It is not significant, where {side} was expected."),
        Agreement.NOT_TESTED: _("It was not tested against the expectation ({side})."),
    }
    text = texts.get(agreement, "")
    if undecidable(row):
        text = _("No verdict on the expectation ({side}): with so few donors p cannot fall below {smallest}.")
    return text.format(side=side, smallest=formatting.p(row.get("p_smallest")))


def verdict(row: Mapping[str, Any]) -> str:
    """Return the audit's verdict as a sentence; of several levels it is on the two ends only."""
    texts: dict[str, str] = {
        AuditVerdict.CLEAN: _("none of the recorded sample fields separates the groups (clean)."),
        AuditVerdict.PARTIALLY_CONFOUNDED: _(
            "the condition is partially confounded with {fields}; read the difference with that in mind."
        ),
        AuditVerdict.COMPLETELY_CONFOUNDED: _(
            "the condition is completely confounded with {fields}, so this difference may be due to that alone."
        ),
        AuditVerdict.NOT_ASSESSABLE: _("not assessable with so few donors."),
        AuditVerdict.NO_FIELDS: _(
            "no sample field is recorded (age, sex, batch), so only what was measured could be compared."
        ),
    }
    text = texts.get(audit_verdict(row), _("not audited.")).format(fields=confounded_with(row))
    about = _("Confounding ({case} against {control} only): {verdict}") if levels(row) else _("Confounding: {verdict}")
    return about.format(case=row.get("case"), control=row.get("control"), verdict=text)


def audit_text(row: Mapping[str, Any]) -> str:
    """Return the verdict of the audit with its fields, as a label."""
    verdict = audit_verdict(row)
    return audit_label(verdict, split_names(row.get("audit_fields"))) if verdict else _("not audited")


def confounded_with(row: Mapping[str, Any]) -> str:
    """Return the fields that the audit names, in words."""
    return listed(map(label, split_names(row.get("audit_fields"))))


def numbers(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the numbers beside an answer; what could not be estimated is left out."""

    def ends(name: str) -> list[str]:
        values = [row.get(f"{name}_low"), row.get(f"{name}_high")]
        return [] if any(map(is_missing, values)) else [number(value) for value in values]

    def interval(name: str) -> str:
        middle = number(row.get(name))
        return f"{middle} [{', '.join(ends(name))}]" if ends(name) else middle

    def named(name: str) -> str:
        return _("{number} [95 % CI]").format(number=name) if ends("difference") else name

    agreement = code_label(formatting.text(row, "agreement"))
    if agreement and undecidable(row):
        agreement = _("no verdict possible")
    found = (
        (named(_("slope per step") if levels(row) else _("difference")), interval("difference")),
        (named(_("Hedges' g")), interval("g")),
        (_("donors"), donors_text(row)),
        (_("p"), _p_alone(row)),
        (_("smallest reachable p"), formatting.p(row.get("p_smallest"))),
        (_("leave one donor out"), span(*ends("loo")) if ends("loo") else ""),
        (_("AUROC over cells"), formatting.auroc(row.get("auroc_cells"))),
        (_("against the expectation"), agreement),
    )
    return tuple((name, value) for name, value in found if value not in {"", formatting.MISSING})


def _p_alone(row: Mapping[str, Any]) -> str:
    if not tested(row):
        return _("not tested")
    p = formatting.p(row["p_value"])
    return _("{p} (⚠ confounded)").format(p=p) if confounded(row) else p


def tested(row: Mapping[str, Any]) -> bool:
    """Tell whether the row has a p value."""
    return not is_missing(row.get("p_value"))


def undecidable(row: Mapping[str, Any]) -> bool:
    """Tell whether the row was tested although no result of its design could have reached p < ``ALPHA``.

    Examples
    --------
    >>> undecidable({"p_value": 0.1, "p_smallest": 0.1}), undecidable({"p_value": 0.1, "p_smallest": 0.008})
    (True, False)
    """
    smallest = row.get("p_smallest")
    return tested(row) and not is_missing(smallest) and float(str(smallest)) > ALPHA


def exactly_tested(row: Mapping[str, Any]) -> bool:
    """Tell whether p is from all arrangements.

    Examples
    --------
    >>> exactly_tested({"p_method": "exact_permutation:arrangements=126"}), exactly_tested({"p_method": ""})
    (True, False)
    """
    return any(note.code in set(Test) and Test(note.code).exact for note in parse_notes(row.get("p_method")))


def audit_verdict(row: Mapping[str, Any]) -> str:
    """Return the code of the confounding audit (``AuditVerdict``); empty without an audit."""
    return formatting.text(row, "audit_verdict")


def confounded(row: Mapping[str, Any]) -> bool:
    """Tell whether the condition is completely confounded with a sample field."""
    return audit_verdict(row) == AuditVerdict.COMPLETELY_CONFOUNDED


def levels(row: Mapping[str, Any]) -> list[str]:
    """Return the levels of a row that compares more than two conditions; else none.

    Examples
    --------
    >>> levels({"levels": "day0;day7;day14"}), levels({"case": "sick"})
    (['day0', 'day7', 'day14'], [])
    """
    return split_names(row.get("levels"))


def ordered(row: Mapping[str, Any]) -> bool:
    """Tell whether the levels follow each other; a table that was read may hold the flag as text."""
    return formatting.text(row, "ordered").casefold() == "true"


def sign(value: Any) -> str:
    """Return ``+``, ``-`` or ``0``, empty where the value is missing."""
    if is_missing(value):
        return ""
    return "0" if float(value) == 0 else "+" if float(value) > 0 else "-"

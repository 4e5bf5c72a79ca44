"""Parts of sentences on one row of ``contrasts.tsv``: how sure, how many, as expected or not, and what else differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fatescore._language import tr, tr_n
from fatescore._written import written
from fatescore.report import _format
from fatescore.report._format import listed, number
from fatescore.report._rows import PARTLY, WARNING, audited, levels, tested, warned

ALPHA = 0.05


def undecidable(row: Mapping[str, Any]) -> bool:
    """Tell whether the row was tested although no result of its design could have reached p < ``ALPHA``.

    Examples
    --------
    >>> undecidable({"p_value": 0.1, "p_smallest": 0.1}), undecidable({"p_value": 0.1, "p_smallest": 0.008})
    (True, False)
    """
    smallest = row.get("p_smallest")
    return tested(row) and not _format.is_missing(smallest) and float(str(smallest)) > ALPHA


def p_text(row: Mapping[str, Any]) -> str:
    """Return p, always beside the smallest p that the design can reach and the audit's warning."""
    if not tested(row):
        return tr("described, not tested")
    exact = "exact" in _format.text(row, "p_method").lower()
    text = tr("exact p = {p}; the smallest p this design can reach is {smallest}") if exact else (
        tr("p = {p}; the smallest p this design can reach is {smallest}")
    )  # fmt: skip
    text = text.format(p=_format.p(row["p_value"]), smallest=_format.p(row.get("p_smallest")))
    return tr("{p}; warning: {audit}").format(p=text, audit=_audit(row)) if warned(row) else text


def donors_text(row: Mapping[str, Any]) -> str:
    """Return how many donors are on each side."""
    case, n = number(row.get("n_case")), row.get("n_control")
    if _format.is_missing(n):
        return tr("{n} donors").format(n=case)
    return tr_n("{case} against {control} donor", "{case} against {control} donors", float(str(n))).format(
        case=case, control=number(n)
    )


def expectation(row: Mapping[str, Any]) -> str:
    """Compare the finding with what the review expects, in a sentence; empty when it expects nothing."""
    expected, agreement = _format.text(row, "expected"), _format.text(row, "agreement")
    if not agreement or expected not in {"+", "-"}:
        return ""
    side = tr("a shift towards bone") if expected == "+" else tr("a shift towards fat")
    said = {
        "agrees": tr("This agrees with the expectation ({side})."),
        "opposite": tr("This is the opposite of the expectation ({side})."),
        "not told apart from zero": tr("It is not told apart from zero, where {side} was expected."),
        "not tested": tr("It was not tested against the expectation ({side})."),
    }
    text = said.get(agreement, tr("Against the expectation ({side}): {agreement}."))
    if undecidable(row):
        text = tr("No verdict on the expectation ({side}): with so few donors p cannot fall below {smallest}.")
    return text.format(side=side, agreement=agreement, smallest=_format.p(row.get("p_smallest")))


def verdict(row: Mapping[str, Any]) -> str:
    """Return the audit's verdict as a sentence; of several levels it is on the two ends only."""
    audit = _format.text(row, "audit")
    if audit.startswith((WARNING, PARTLY)):
        text = tr("the groups also differ, in part, in {fields}; read the difference with that in mind.")
        if warned(row):
            text = tr("the groups differ as completely in {fields}, so this difference may be due to that alone.")
        text = text.format(fields=separating(row))
    elif audit == "clean":
        text = tr("none of the recorded sample fields separates the groups (clean).")
    else:
        text = tr("{audit}.").format(audit=_audit(row) or tr("not audited"))
    about = (
        tr("Confounding ({case} against {control} only): {verdict}") if levels(row) else tr("Confounding: {verdict}")
    )
    return about.format(case=row.get("case"), control=row.get("control"), verdict=text)


def _audit(row: Mapping[str, Any]) -> str:
    return _format.audit(_format.text(row, "audit"))


def separating(row: Mapping[str, Any]) -> str:
    """Return the fields that the audit names, in words."""
    return listed(map(_format.label, audited(row)))


def numbers(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the numbers beside an answer; what could not be estimated is left out."""

    def ends(name: str) -> list[str]:
        values = [row.get(f"{name}_low"), row.get(f"{name}_high")]
        return [] if any(map(_format.is_missing, values)) else [number(value) for value in values]

    def interval(name: str) -> str:
        middle = number(row.get(name))
        return f"{middle} [{', '.join(ends(name))}]" if ends(name) else middle

    def named(name: str) -> str:
        return tr("{number} [95 % CI]").format(number=name) if ends("difference") else name

    found = (
        (named(tr("slope per step") if levels(row) else tr("difference")), interval("difference")),
        (named(tr("Hedges' g")), interval("g")),
        (tr("donors"), donors_text(row)),
        (tr("p"), _p_alone(row)),
        (tr("smallest reachable p"), _format.p(row.get("p_smallest"))),
        (tr("leave one donor out"), span(*ends("loo")) if ends("loo") else ""),
        (tr("AUROC over cells"), _format.auroc(row.get("auroc_cells"))),
        (tr("against the expectation"), _agreement(row)),
    )
    return tuple((name, value) for name, value in found if value not in {"", _format.MISSING})


def _p_alone(row: Mapping[str, Any]) -> str:
    if not tested(row):
        return tr("not tested")
    p = _format.p(row["p_value"])
    return tr("{p} (⚠ confounded)").format(p=p) if warned(row) else p


def _agreement(row: Mapping[str, Any]) -> str:
    agreement = _format.text(row, "agreement")
    return tr("no verdict possible") if agreement and undecidable(row) else written(agreement)


def span(low: str, high: str) -> str:
    """Return a range.

    Examples
    --------
    >>> span("-1", "2")
    '-1 to 2'
    """
    return tr("{low} to {high}").format(low=low, high=high)


def sign(value: Any) -> str:
    """Return ``+``, ``-`` or ``0``, empty where the value is missing."""
    if _format.is_missing(value):
        return ""
    return "0" if float(value) == 0 else "+" if float(value) > 0 else "-"

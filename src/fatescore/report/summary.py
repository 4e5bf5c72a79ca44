"""The summary page of a run, and its answer in three lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.i18n import ngettext
from fatescore.pl.labels import code_label, listed
from fatescore.report import effects, elements, formatting
from fatescore.report.answers import FATE_BIAS_DEFINITION, audit_text, audit_verdict
from fatescore.report.duplicates import duplicate_sentences
from fatescore.report.elements import Answer, Audit, Heading, Item, Listing, Marks, Page, Section, Soft, details
from fatescore.report.methods import methods_section
from fatescore.report.pooled import controls, leading, singles
from fatescore.report.provenance import flatten
from fatescore.report.rendering import render
from fatescore.report.sentences import notes_text, reason_text
from fatescore.report.tables import SummaryTables, address, by_dataset, facts, in_order, is_simulated, records, rows_of
from fatescore.tables import CONFOUNDING, DUPLICATES, META
from fatescore.tables import columns as col
from fatescore.tables.codes import AuditVerdict, ContrastKind, FieldVerdict, Status
from fatescore.tables.folder import PAGE

# A page of many data sets has no room for every column; the table to download has.
_SHOWN = (
    "dataset", "contrast", "measure", "g", "g_low", "g_high", "p_value", "p_smallest", "padj", "case", "control",
    "levels", "unit", "n_case", "n_control", "difference", "auroc", "auroc_cells", "expected", "agreement",
    "audit_verdict", "audit_fields", "note",
)  # fmt: skip
_STATUS_CLASSES: Mapping[str, str] = {
    Status.OK: "status-ok", Status.NOT_SCORABLE: "status-not", Status.FAILED: "status-failed",
}  # fmt: skip


def summary_page(tables: SummaryTables) -> str:
    """Return the summary page as one HTML file that needs no network.

    Parameters
    ----------
    tables
        Scoreboard, contrasts, audits and pooled results of the run, and the outcomes of all steps.

    Returns
    -------
    str
        HTML; the same tables give the same bytes.

    Examples
    --------
    >>> summary_page(SummaryTables(title="A run")).startswith("<!doctype html>")
    True
    """
    return render(_page(tables))


def summary_figures(tables: SummaryTables) -> dict[str, dict[str, Any]]:
    """Return the charts of the summary page by name, as Vega-Lite specifications (:func:`fatescore.pl.save`).

    Examples
    --------
    >>> summary_figures(SummaryTables())
    {}
    """
    return elements.figures_of(_page(tables))


def _page(tables: SummaryTables) -> Page:
    if "measure" in tables.contrasts:  # the shares of cell types are no measures of the index
        of_cells = tables.contrasts["measure"].astype(str).str.startswith(col.COMPOSITION_PREFIX)
        tables = replace(tables, contrasts=tables.contrasts[~of_cells])
    answers = leading(tables)
    settings = elements.pairs(
        "settings-table", _("Settings of this run"), flatten(tables.settings), (_("setting"), _("value"))
    )
    all_settings = details(_("All settings of this run"), settings)
    pooled_any = any(not one.dataset for one in answers)
    sections = [
        _answer(tables, answers),
        _datasets(tables),
        _duplicates(tables.duplicates),
        _effects(tables, answers),
        _choices(tables),
        _measures(tables),
        _controls(tables),
        _confounding(tables),
        _files(tables),
        methods_section(in_order(tables.statuses), tables.settings, pooled=pooled_any),
        Section("settings", _("Settings"), [all_settings]) if all_settings else None,
    ]
    all_are, some_are = _("this page is made from simulated data"), _("these data sets are simulated: {names}")
    return Page(_(tables.title), _("summary of a run"), sections, _simulated(tables, all_are, some_are))


def _answer(tables: SummaryTables, answers: Sequence[Answer]) -> Section:
    named = [replace(one, title=f"{one.dataset} · {one.title}" if one.dataset else one.title) for one in answers]
    none = [Answer(_("No disease contrast could be estimated in this run."), tone="warning")]
    parts = [Soft(_(FATE_BIAS_DEFINITION)), *(named or none), controls(tables.contrasts)]
    return Section("answer", _("The answer"), parts, _("Answer"))


def _datasets(tables: SummaryTables) -> Section:
    counts = _counts(tables)
    marks = [(f"{n} {code_label(name)}", _STATUS_CLASSES[name] if n else "") for name, n in counts.items()]
    parts: list[Any] = [Marks(marks), _scoreboard(tables)]
    # Contrasts between data sets that failed have no row on the scoreboard.
    known = set(formatting.texts(tables.scoreboard, col.DATASET))
    lost = [one for one in tables.statuses if one.status != Status.OK and one.dataset not in known]
    if lost:
        texts = [f"{one.dataset}: {code_label(one.status)}: {reason_text(one.reason)}" for one in lost]
        items = [Item("", verdict=text, tone="warning") for text in texts]
        parts += [_("Contrasts between data sets that could not be made:"), Listing(items, "each")]
    return Section("scoreboard", _("Data sets"), parts, _("Data sets"))


def _duplicates(table: pd.DataFrame) -> Section | None:
    if not len(table):
        return None
    items = [
        Item("", verdict=_("{text}.").format(text=text), tone="warning")
        for text in duplicate_sentences(table, declared=False)
    ]
    items += [Item(_("{text}.").format(text=text)) for text in duplicate_sentences(table, declared=True)]
    caption = _("Samples that occur twice, pair by pair")
    pairs = elements.table("duplicates-table", caption, table, DUPLICATES.names)
    parts = [Listing(items, "each"), details(_("Pair by pair"), pairs)]
    return Section("duplicates", _("Duplicate samples"), parts, _("Duplicates"))


def _effects(tables: SummaryTables, answers: Sequence[Answer]) -> Section:
    forest = effects.forest(tables.contrasts, tables.meta)
    others = [one for group in singles(tables).values() for one in group if one not in answers]
    items = [
        Item(f"{one.dataset} · {one.title}", _page_of(tables, one.dataset), one.headline, one.verdict, one.tone)
        for one in others
    ]
    parts = [
        forest or _("No data set gave an effect that can be drawn."),
        *([Heading(_("Data set by data set, in words")), Listing(items, "each")] if items else []),
        details(_("Pooled results, all measures"), _meta(tables)),
    ]
    return Section("effects", _("Effects"), parts, _("Effects"))


def _choices(tables: SummaryTables) -> Section:
    parts = [
        *_curves(tables),
        details(_("Pooled under every method and index"), effects.specification(tables.meta_specification)),
        details(_("Data set by data set under every method and index"), effects.each(tables.specification)),
        details(_("Pooled again in other ways"), effects.robustness(tables.meta_robustness)),
    ]
    return Section("choices", _("Does the answer hang on a choice?"), parts, _("Choices"))


def _measures(tables: SummaryTables) -> Section:
    title = _("Every contrast and measure")
    every = elements.filled_table("all-contrasts", title, tables.contrasts, _SHOWN, varying=["unit"])
    parts = [effects.heatmap(tables.contrasts) or _("No measures to show."), details(title, every)]
    return Section("measures", _("Measures by data set"), parts, _("Measures"))


def _controls(tables: SummaryTables) -> Section:
    known = rows_of(tables.contrasts, kind=ContrastKind.KNOWN_FATE)
    why = _("Nothing in this run shows that the index finds fates that are known.")
    if len(known):
        why = _("If the index could not find fates that are known, the answer above would mean nothing.")
    recovered = effects.recovered(tables.specification)
    parts = [
        formatting.sentences(controls(tables.contrasts), why),
        effects.controls(known) if len(known) else None,
        details(_("How well every method recovers known fates"), recovered),
    ]
    return Section("controls", _("Positive controls"), parts, _("Positive controls"))


def _confounding(tables: SummaryTables) -> Section:
    """Return the verdict of every contrast with the fields that separate its groups."""
    question = _("Does anything recorded about the samples, other than the condition, separate the groups?")
    parts = [question, *(_audits(tables) or [_("No contrast was audited.")])]
    return Section("confounding", _("Confounding"), parts, _("Confounding"))


def _audits(tables: SummaryTables) -> list[Any]:
    main = rows_of(tables.contrasts, measure=col.FATE_BIAS)
    caption = _("Fields that separate the groups in {dataset} (in brackets: donors)")
    tones: dict[str, str] = {AuditVerdict.COMPLETELY_CONFOUNDED: "bad", AuditVerdict.CLEAN: ""}
    separating = [FieldVerdict.COMPLETE_SEPARATION, FieldVerdict.PARTIAL_SEPARATION]
    found = []
    for index, row in enumerate(records(main), 1):
        dataset = str(row["dataset"])
        fields = rows_of(tables.confounding, contrast=str(row["contrast"]), dataset=dataset)
        bad = fields[fields["verdict"].isin(separating)] if len(fields) else fields
        looked = ngettext("{n} field looked at", "{n} fields looked at", len(fields)).format(n=len(fields))
        table = elements.filled_table(f"audit-{index}", caption.format(dataset=dataset), bad, CONFOUNDING.names[2:])
        name, tone = f"{dataset} · {row['contrast']}", tones.get(audit_verdict(row), "fair")
        found.append(Audit(name, _page_of(tables, dataset), audit_text(row), tone, looked, table))
    return found


def _files(tables: SummaryTables) -> Section:
    parts: list[Any] = [_("No files.")]
    if tables.files:
        text = _(
            "Every table of the run, over all data sets; a spreadsheet opens them. What each column means stands in "
            "the data dictionary."
        )
        parts = [text, Listing([Item(name, href) for name, href in tables.files], "files")]
    return Section("files", _("Files"), parts, _("Files"))


def answer_lines(tables: SummaryTables) -> list[str]:
    """Return three lines for a terminal: what was scored, the answer, and how far to trust it.

    Examples
    --------
    >>> answer_lines(SummaryTables())[1]
    'No disease contrast could be estimated in this run.'
    """
    counts = _counts(tables)
    n = sum(counts.values())
    number = ngettext("{n} data set", "{n} data sets", n).format(n=formatting.number(n))
    each = [f"{number} {code_label(status)}" for status, number in counts.items() if number]
    nothing = _("none")
    simulated = _simulated(tables, _("SIMULATED."), _("SIMULATED IN PART ({names})."))
    first = f"{simulated} {number}: {listed(each) or nothing}.".strip()
    answers = leading(tables)
    if not answers:
        none = _("No disease contrast could be estimated in this run.")
        return [first, none, controls(tables.contrasts)]
    others = len(answers) - 1
    more = ngettext("(The report has {n} more contrast.)", "(The report has {n} more contrasts.)", others).format(
        n=others
    )
    headline = formatting.sentences(answers[0].headline, more if others else "")
    lines = [first, headline, formatting.sentences(answers[0].verdict, controls(tables.contrasts))]
    return [" ".join(line.split()) for line in lines]


def _simulated(tables: SummaryTables, all_are: str, some_are: str) -> str:
    """Return the text for a run whose data sets are all, or only in part, simulated; empty where none are."""
    groups = by_dataset(tables.statuses)
    names = [name for name, group in groups.items() if is_simulated(group)]
    real = any(name not in names and facts(group, "ingest") for name, group in groups.items())
    return (some_are if real else all_are).format(names=", ".join(names)) if names else ""


def _counts(tables: SummaryTables) -> dict[str, int]:
    status = tables.scoreboard["status"].astype(str) if len(tables.scoreboard) else pd.Series(dtype=str)
    return {name: int((status == name).sum()) for name in (Status.OK, Status.NOT_SCORABLE, Status.FAILED)}


def _page_of(tables: SummaryTables, dataset: str) -> str:
    """Return the address of a data set's page, empty for a contrast across data sets, which has none."""
    if dataset not in set(formatting.texts(tables.scoreboard, col.DATASET)):
        return ""
    return address("datasets", dataset, PAGE)


def _scoreboard(tables: SummaryTables) -> elements.Table:
    shown = tables.scoreboard
    stopped = shown[shown["status"] != Status.OK] if len(shown) else shown
    if len(stopped):
        why = [
            _("{what}: {names}").format(what=code_label(row["step"]), names=reason_text(row["reason"]))
            for row in records(stopped[["step", "reason"]])
        ]
        shown = shown.assign(why=pd.Series(why, index=stopped.index))
    return elements.table(
        "scoreboard-table",
        _("Data sets of this run"),
        shown,
        ("dataset", "status", "why", "n_donors", "n_samples", "title", "organism", "assay", "population"),
        marks={"status": lambda row: _STATUS_CLASSES.get(str(row["status"]), "")},
        links={"dataset": lambda row: _page_of(tables, str(row["dataset"]))},
    )


def _meta(tables: SummaryTables) -> elements.Table | None:
    """Show what was pooled; a measure of which there was nothing to pool is no row."""
    pooled = tables.meta[pd.to_numeric(tables.meta["k"]) > 0] if len(tables.meta) else tables.meta
    if not len(pooled):
        return None
    columns = formatting.filled_columns(pooled, META.names, varying=["method"])
    caption = _("Pooled over data sets (random effects)")
    if "method" not in columns:
        caption = _("Pooled over data sets: {method}").format(method=notes_text(formatting.texts(pooled, "method")[0]))
    return elements.table("meta-table", caption, pooled, columns, declared=META)


def _curves(tables: SummaryTables) -> list[Any]:
    """Draw each disease contrast under every way of computing it: pooled where it was, else the leading data set."""
    figures = []
    for index, (contrast, one) in enumerate(zip(singles(tables), leading(tables), strict=True), 1):
        if one.dataset:
            known = {"contrast": contrast, "dataset": one.dataset}
            rows = rows_of(tables.specification, kind=ContrastKind.DISEASE, **known)
            where = f"{one.dataset} · {contrast}"
        else:
            rows = rows_of(tables.meta_specification, contrast=contrast)
            where = _("{contrast}, pooled").format(contrast=contrast)
        figures.append(effects.curve(rows, f"curve-{index}", where=where))
    drawn = [figure for figure in figures if figure is not None]
    return drawn or [_("Nothing was computed in more than one way.")]

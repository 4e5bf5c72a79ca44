"""The page of one data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from fatescore.gene_sets import titles
from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.pl import charts
from fatescore.pl.labels import code_label, label
from fatescore.report import elements, formatting
from fatescore.report.answers import FATE_BIAS_DEFINITION
from fatescore.report.contrasts import contrasts
from fatescore.report.elements import Answer, FigureGrid, Item, Listing, Numbers, Page, Section, Soft
from fatescore.report.methods import methods_section
from fatescore.report.provenance import flatten
from fatescore.report.quality import quality
from fatescore.report.rendering import render
from fatescore.report.sentences import reason_text
from fatescore.report.tables import (
    DatasetTables,
    facts,
    in_order,
    is_simulated,
    is_single_cell,
    outcome,
    sides,
    without_repeats,
)
from fatescore.tables import COVERAGE, TABLES
from fatescore.tables import columns as col
from fatescore.tables.codes import FateCall, QcFailReason, Status
from fatescore.tables.folder import SCORED, Outcome

_FACTS = (
    "accession", "organism", "assay", "scale", "population", "n_samples", "n_donors", "n_obs", "n_genes", "n_unmapped",
)  # fmt: skip
_ELSEWHERE = ("notes", "title", "inputs", "files", "pseudobulks_left_out")  # facts that other sections show
_LISTS = ("missing_genes", "not_measurable")
# What a reader asks of the map, in this order: where is bone, what are these cells, is it one donor, is it depth?
_COLOURS = {
    col.FATE_BIAS: gettext_noop("By fate bias"),
    col.CELL_TYPE: gettext_noop("By cell type"),
    col.CONDITION: gettext_noop("By condition"),
    col.DONOR: gettext_noop("By donor"),
    col.TOTAL_COUNTS: gettext_noop("By depth (counts)"),
}


def dataset_page(tables: DatasetTables) -> str:
    """Return the page of one data set as one HTML file that needs no network.

    Parameters
    ----------
    tables
        Tables and outcomes of its steps. A data set that is ``not scorable`` or ``failed`` gets a page that says so.

    Returns
    -------
    str
        HTML; the same tables give the same bytes.

    Examples
    --------
    >>> stopped = Outcome("A", "score", Status.NOT_SCORABLE, "no_cells", {})
    >>> "there are no cells" in dataset_page(DatasetTables("A", statuses=[stopped]))
    True
    """
    return render(_page(tables))


def dataset_figures(tables: DatasetTables) -> dict[str, dict[str, Any]]:
    """Return the charts of the page by name, as Vega-Lite specifications (:func:`fatescore.pl.save`).

    Examples
    --------
    >>> dataset_figures(DatasetTables("A"))
    {}
    """
    return elements.figures_of(_page(tables))


def _page(tables: DatasetTables) -> Page:
    statuses = in_order(tables.statuses)
    title = str(facts(statuses, "ingest").get("title") or tables.dataset)
    compared = contrasts(tables) if outcome(statuses)[0] == Status.OK else []
    sections = [
        _answer(statuses, [answer for answer, _evidence in compared]),
        *(evidence for _answer_of, evidence in compared),
        _arms(tables),
        cell_map(tables),
        quality(tables),
        _coverage(tables),
        _samples(tables),
        _steps(statuses),
        _files(tables),
        methods_section(statuses),
    ]
    return Page(
        title, _("data set"), sections, _("this page is made from simulated data") if is_simulated(statuses) else "",
        home=tables.summary, subtitle="" if title == tables.dataset else tables.dataset,
    )  # fmt: skip


def _answer(statuses: Sequence[Outcome], answers: Sequence[Answer]) -> Section:
    status, step, reason = outcome(statuses)
    known = facts(statuses, "ingest")
    parts: list[Any] = [Soft(_(FATE_BIAS_DEFINITION)), *answers]
    if status != Status.OK:
        parts = [_stopped(status, step, reason)]
    elif not answers:
        parts.append(Answer(_("This data set was scored; no contrast was asked of it.")))
    shown, notes = _facts(known), [Item(str(note)) for note in known.get("notes") or []]
    parts += [Numbers(shown) if shown else None, Listing(notes, "notes") if notes else None]
    return Section("answer", _("The answer"), parts, _("Answer"))


def _stopped(status: Status, step: str, reason: str) -> Answer:
    """Return why a data set stopped, and what that means for the results."""
    why = reason_text(reason)
    headline = _("This data set stopped at the step “{step}”: {reason}").format(step=code_label(step), reason=why)
    verdicts = {
        "fetch": _("It could not be fetched, so nothing is known about its fate bias. It takes no part in any result."),
        "ingest": _("It could not be read, so nothing is known about its fate bias. It takes no part in any result."),
    }
    verdict = verdicts.get(step) or _(
        "It could not be processed, so nothing is known about its fate bias. It takes no part in any result."
    )
    if status == Status.NOT_SCORABLE:
        verdict = _(
            "The data were read, but an honest fate-bias index cannot be computed from them. It takes no part in any "
            "result."
        )
    kind = "status-failed" if status == Status.FAILED else "status-not"
    if not why.endswith((".", "。")):
        headline = _("{text}.").format(text=headline)
    return Answer(headline, verdict, tone="warning", title=code_label(status), mark=kind)


def _facts(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is known of the data, in words; what is absent or repeated is left out."""
    shown = [key for key in _FACTS if not formatting.is_missing(known.get(key))]
    if known.get("n_obs") == known.get("n_samples"):
        shown = [key for key in shown if key != "n_obs"]
    words = {"n_obs": _("cells")}
    return [(words.get(key, label(key)), elements.cell_text(key, known[key])) for key in shown]


def _arms(tables: DatasetTables) -> Section:
    parts = [_arms_scatter(tables) or _("Nothing was scored.")]
    return Section("arms", _("Bone and fat programmes"), parts, _("Bone and fat"))


def _arms_scatter(tables: DatasetTables) -> elements.Figure | None:
    scores = tables.scores if len(tables.scores) else tables.sample_scores
    if not len(scores):
        return None
    unit = _("cells") if is_single_cell(tables) else _("samples")
    calls = formatting.texts(scores, col.FATE_CALL)
    counted = [(code_label(call), f"{calls.count(call):,}") for call in FateCall if call in calls]
    alt = _("Osteogenic (bone) against adipogenic (fat) score of {n} {unit}: {calls}.").format(
        n=f"{len(scores):,}", unit=unit, calls=", ".join(f"{n} {call}" for call, n in counted)
    )
    behind = elements.pairs("calls", _("Calls"), counted, (_("call"), unit))
    if is_single_cell(tables):
        donors = [scores[name].astype(str) for name in (col.DONOR, col.CONDITION)]
        of_donors = pd.crosstab(donors, scores[col.FATE_CALL].astype(str)).reset_index()
        columns = [col.DONOR, col.CONDITION, *FateCall]
        behind = elements.table("calls", _("Calls of the cells, donor by donor"), of_donors, columns)
    caption = _(
        "The call (colour) asks whether the index differs from that of random genes expressed as highly. It follows no "
        "line in this chart: bone genes rank higher than fat genes to begin with."
    )
    case, control = sides(tables.contrasts)
    if len(scores) > charts.MOST_POINTS:
        caption += " " + _("Each of the {n} cells is a dot; rare calls are drawn on top.").format(n=f"{len(scores):,}")
    chart = charts.arms_scatter(scores, case=case, control=control)
    return elements.figure(
        "arms-scatter", _("Bone against fat"), chart, alt, caption=caption, behind=behind, most="40rem"
    )  # fmt: skip


def cell_map(tables: DatasetTables) -> Section | None:
    """Return the section with a map of the cells per colour that varies; nothing where they are not single cells."""
    if not is_single_cell(tables):
        return None
    title = _("Map of the cells")
    if not len(tables.embedding):
        return Section("cells", title, [_why_no_map(tables)], title)
    index = tables.scores[[col.OBS_NAME, col.FATE_BIAS]]
    cells = tables.embedding.merge(index, on=col.OBS_NAME, how="left", validate="one_to_one")
    case, control = sides(tables.contrasts)
    figures = []
    for column, how in _COLOURS.items():
        values = cells[column].dropna()
        if len(values) and (values != values.iloc[0]).any():
            alt = _("Map of {n} cells (UMAP), coloured {how}.").format(
                n=f"{len(cells):,}", how=_(how)[:1].lower() + _(how)[1:]
            )
            chart = charts.embedding(cells, column, case=case, control=control)
            figures.append(elements.figure(f"map-{column}", _(how), chart, alt, most="30rem"))
    good = len(cells)
    if len(tables.qc_cells):
        good = int(tables.qc_cells[col.QC_FAIL_REASON].isin(["", QcFailReason.NOT_STROMAL]).sum())
    scored = cells.assign(scored=cells[col.FATE_BIAS].notna())
    donors = scored.groupby([col.DONOR, col.CONDITION, col.CELL_TYPE], observed=True, sort=True)["scored"]
    counted = donors.agg(cells="size", scored="sum").reset_index()
    behind = elements.table("map-table", _("Cells of every donor by type"), counted)
    parts = [
        _map_caption(cells, good),
        FigureGrid(figures, kind="maps"),
        elements.details(_("The numbers behind these maps"), behind),
    ]
    return Section("cells", title, parts, title)


def _map_caption(cells: pd.DataFrame, good: int) -> str:
    scored = int(cells[col.FATE_BIAS].notna().sum())
    some = _("Of {all} cells, {n} were drawn at random.").format(all=f"{good:,}", n=f"{len(cells):,}")
    text = _(
        "{n} cells of good quality; {scored} of them are scored, the others are pale. Cells that lie close together "
        "express similar genes; distances between groups and the axes mean nothing. Donors were not aligned: where a "
        "donor's cells lie apart, that may be the person or the preparation."
    ).format(n=f"{len(cells):,}", scored=f"{scored:,}")
    return formatting.sentences(some if len(cells) < good else "", text)


def _why_no_map(tables: DatasetTables) -> str:
    reasons = [reason_text(one.reason) for one in tables.statuses if one.step == "embed" and one.status != Status.OK]
    if reasons:
        return _("No map of the cells was drawn: {reason}.").format(reason=reasons[0].rstrip("."))
    return _("No map of the cells was drawn: there are too few of them, or none was asked for.")


def _coverage(tables: DatasetTables) -> Section:
    table = None
    if len(tables.coverage):
        data = tables.coverage.assign(gene_set=tables.coverage["gene_set"].astype(str).replace(titles()))
        columns = _without_dataset(COVERAGE.names)
        table = elements.table("coverage-table", _("Genes of each set found in the data"), data, columns, folded=_LISTS)
    parts = [table or _("No gene sets were matched.")]
    return Section("coverage", _("Coverage of the gene sets"), parts, _("Coverage"))


def _samples(tables: DatasetTables) -> Section:
    data = tables.sample_fields
    part: Any = _("No sample table was read.")
    if len(data):
        # A field that is the same for every sample, or repeats another field, tells nothing about a sample.
        varied = [str(name) for name in data if name in col.IDENTITY or len(set(data[name].astype(str))) > 1]
        varied = without_repeats(data, varied, keep=col.IDENTITY)
        # Sentences (protocols) stand last, where they push nothing out of sight.
        varied.sort(key=lambda name: data[name].astype(str).str.len().max() > elements.LONG_TEXT)
        caption = _("Samples and the fields in which they differ (a field that repeats another is left out)")
        part = elements.table("samples-table", caption, data, _without_dataset(varied), plain=True)
    return Section("samples", _("Samples"), [part], _("Samples"))


def _steps(statuses: Sequence[Outcome]) -> Section:
    rows = []
    for one in statuses:
        brief = {key: value for key, value in one.facts.items() if key not in _ELSEWHERE}
        recorded = "; ".join(f"{key}: {value}" for key, value in flatten(brief) if value)
        texts = (code_label(one.step), code_label(one.status), reason_text(one.reason), recorded)
        rows.append(tuple(text or formatting.MISSING for text in texts))
    columns = (_("step"), _("status"), _("reason"), _("facts"))
    title = _("What each step recorded")
    table = elements.pairs("steps-table", title, list(dict.fromkeys(rows)), columns)
    return Section("steps", _("Steps"), [elements.Details(title, table)], _("Steps"))


def _files(tables: DatasetTables) -> Section:
    """Return the files with what they hold; every column is explained in the data dictionary."""
    meanings = {table.file: _(table.meaning) for table in TABLES}
    meanings[SCORED] = _("expression, index, calls and map of the cells, for scanpy and cellxgene")
    items = [Item(name, href, meanings.get(name, "")) for name, href in tables.files]
    part = Listing(items, "files") if items else _("No files.")
    return Section("files", _("Files"), [part], _("Files"))


def _without_dataset(columns: Sequence[str]) -> list[str]:
    return [column for column in columns if column != col.DATASET]

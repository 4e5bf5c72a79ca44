"""The summary page of a run, and what it says in three lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from fatescore._language import tr, tr_n
from fatescore._written import written
from fatescore.report import _format, _html, _words, choices, methods
from fatescore.report.copies import copies_said
from fatescore.report.curve import curve
from fatescore.report.effects import controls, forest, heatmap
from fatescore.report.methods_text import methods_section
from fatescore.report.tables import SummaryTables, by_dataset, facts, in_order, is_simulated, records
from fatescore.tables import DUPLICATES, META
from fatescore.tables import columns as col
from fatescore.tables.codes import Status

_SHOWN = (
    "dataset", "contrast", "measure", "g", "g_low", "g_high", "p_value", "p_smallest", "padj", "case", "control",
    "levels", "unit", "n_case", "n_control", "difference", "auroc", "auroc_cells", "expected", "agreement", "audit",
    "note",
)  # fmt: skip


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
    return _html.render("summary.html.j2", **_parts(tables))


def summary_figures(tables: SummaryTables) -> dict[str, dict[str, Any]]:
    """Return the charts of the summary page by name, as Vega-Lite specifications (:func:`fatescore.pl.save`).

    Examples
    --------
    >>> summary_figures(SummaryTables())
    {}
    """
    return _html.figures_in(_parts(tables))


def _parts(tables: SummaryTables) -> dict[str, Any]:
    """Return what the template shows."""
    tables = replace(tables, contrasts=_words.of_index(tables.contrasts))
    statuses = in_order(tables.statuses)
    known = _words.rows_of(tables.contrasts, kind=_words.KNOWN)
    answers = leading(tables)
    return {
        "page": _html.Page(tr(tables.title), _simulated(tables)),
        "answers": answers,
        "singles": [one for group in _singles(tables).values() for one in group if one[1] not in answers],
        "counts": _counts(tables),
        "scoreboard": _scoreboard(tables),
        "lost": _lost(tables),
        "forest": forest(tables.contrasts, tables.meta),
        "meta": _meta(tables),
        "curves": _curves(tables),
        "specification": choices.specification(tables.meta_specification),
        "each": choices.each(tables.specification),
        "robustness": choices.robustness(tables.meta_robustness),
        "recovered": choices.recovered(tables.specification),
        "heatmap": heatmap(tables.contrasts),
        "controls": controls(known) if len(known) else None,
        "controls_said": _words.controls(tables.contrasts),
        "audit": _audit(tables),
        "copies": _copies(tables),
        "copies_undeclared": copies_said(tables.copies, declared=False),
        "copies_declared": copies_said(tables.copies, declared=True),
        "contrasts": _html.table(
            "all-contrasts",
            tr("Every contrast and measure"),
            tables.contrasts,
            _format.known(tables.contrasts, _SHOWN, varying=["unit"]),
        ),
        "files": [_html.Link(text, href) for text, href in tables.files],
        **methods_section(statuses, tables.settings, pooled=any(not answer.dataset for answer in answers)),
        "settings": _settings(tables.settings),
        "one_line": tr(_words.FATE_BIAS_IN_ONE_LINE),
    }


def _settings(settings: Mapping[str, Any]) -> _html.Table:
    rows = methods.flatten(settings)
    return _html.pairs("settings-table", tr("Settings of this run"), rows, (tr("setting"), tr("value")))


def leading(tables: SummaryTables) -> list[_words.Answer]:
    """Return the main answer of each disease contrast: pooled where data sets were pooled, else the soundest one."""
    said = []
    for contrast, single in _singles(tables).items():
        pooled = _words.rows_of(tables.meta, measure=col.FATE_BIAS, contrast=contrast)
        row = records(pooled)[0] if len(pooled) else {}
        if row.get("k", 0) >= 2:
            said.append(_words.pooled(row, tables.contrasts, tables.meta_robustness))
        else:
            # Where only one data set was fit to be pooled, it is the answer; else the soundest is.
            chosen = [one for _, one in single if one.dataset == _format.text(row, "datasets")]
            said.append((chosen or [single[0][1]])[0])
    return said


def _singles(tables: SummaryTables) -> dict[str, list[tuple[str, _words.Answer]]]:
    """Return the answers of every data set by contrast, the soundest first (tested and not separated by a field)."""
    main = _words.rows_of(tables.contrasts, kind=_words.DISEASE, measure=col.FATE_BIAS)
    place = {"plain": 0, "warning": 1, "quiet": 2}
    groups: dict[str, list[tuple[str, _words.Answer]]] = {}
    for row in records(main):
        groups.setdefault(str(row["contrast"]), []).append((_page_of(tables, str(row["dataset"])), _words.answer(row)))
    return {name: sorted(group, key=lambda one: place[one[1].tone]) for name, group in groups.items()}


def answer_lines(tables: SummaryTables) -> list[str]:
    """Return three lines for a terminal: what was scored, the answer, and how far to trust it.

    Examples
    --------
    >>> answer_lines(SummaryTables())[1]
    'No disease contrast could be estimated in this run.'
    """
    counts = _counts(tables)
    n = sum(counts.values())
    number = tr_n("{n} data set", "{n} data sets", n).format(n=_format.number(n))
    each = [f"{number} {tr(status)}" for status, number in counts.items() if number]
    nothing = tr("none")
    first = f"{_simulated_prefix(tables)}{number}: {_format.listed(each) or nothing}."
    said = leading(tables)
    if not said:
        none = tr("No disease contrast could be estimated in this run.")
        return [first, none, _words.controls(tables.contrasts)]
    others = len(said) - 1
    more = tr_n("(The report has {n} more contrast.)", "(The report has {n} more contrasts.)", others).format(n=others)
    headline = _format.sentences(said[0].headline, more if others else "")
    lines = [first, headline, _format.sentences(said[0].verdict, _words.controls(tables.contrasts))]
    return [" ".join(line.split()) for line in lines]


def _simulated(tables: SummaryTables) -> str:
    """Say which data sets are simulated."""
    names, real = _simulated_and_real(tables)
    if not names:
        return ""
    if not real:
        return tr("this page is made from simulated data")
    return tr("these data sets are simulated: {names}").format(names=", ".join(names))


def _simulated_prefix(tables: SummaryTables) -> str:
    names, real = _simulated_and_real(tables)
    if not names:
        return ""
    if not real:
        return tr("SIMULATED.") + " "
    return tr("SIMULATED IN PART ({names}).").format(names=", ".join(names)) + " "


def _simulated_and_real(tables: SummaryTables) -> tuple[list[str], list[str]]:
    """Return the data sets that say they are simulated, and those that were read and do not."""
    groups = by_dataset(tables.statuses)
    names = [name for name, group in groups.items() if is_simulated(group)]
    return names, [name for name, group in groups.items() if name not in names and facts(group, "ingest")]


def _counts(tables: SummaryTables) -> dict[str, int]:
    status = tables.scoreboard["status"].astype(str) if len(tables.scoreboard) else pd.Series(dtype=str)
    return {name: int((status == name).sum()) for name in (Status.OK, Status.NOT_SCORABLE, Status.FAILED)}


def _page_of(tables: SummaryTables, dataset: str) -> str:
    """Return the address of a data set's page, empty for a contrast across data sets, which has none."""
    if dataset not in set(_format.texts(tables.scoreboard, col.DATASET)):
        return ""
    return tables.pages.get(dataset) or _html.address("datasets", dataset, "report.html")


def _scoreboard(tables: SummaryTables) -> _html.Table:
    classes = {Status.OK: "status-ok", Status.NOT_SCORABLE: "status-not", Status.FAILED: "status-failed"}
    shown = tables.scoreboard
    stopped = shown[shown["status"] != Status.OK] if len(shown) else shown
    if len(stopped):
        why = [
            f"{tr(row['step'])}: {written(row['reason'])}" for row in records(stopped[["step", "reason"]].astype(str))
        ]
        shown = shown.assign(why=pd.Series(why, index=stopped.index))
    return _html.table(
        "scoreboard-table",
        tr("Data sets of this run"),
        shown,
        ("dataset", "status", "why", "n_donors", "n_samples", "title", "organism", "assay", "population"),
        marks={"status": lambda row: classes.get(str(row["status"]), "")},
        links={"dataset": lambda row: _page_of(tables, str(row["dataset"]))},
    )


def _lost(tables: SummaryTables) -> list[str]:
    """Say which contrasts between data sets failed; they have no row on the scoreboard."""
    known = set(_format.texts(tables.scoreboard, col.DATASET))
    others = [one for one in tables.statuses if one["status"] != Status.OK and str(one["dataset"]) not in known]
    return [f"{one['dataset']}: {tr(str(one['status']))}: {written(str(one['reason']))}" for one in others]


def _meta(tables: SummaryTables) -> _html.Table | None:
    """Show what was pooled; a measure of which there was nothing to pool is no row."""
    pooled = tables.meta[pd.to_numeric(tables.meta["k"]) > 0] if len(tables.meta) else tables.meta
    if not len(pooled):
        return None
    columns = _format.known(pooled, META.names, varying=["method"])
    caption = tr("Pooled over data sets (random effects)")
    if "method" not in columns:
        caption = tr("Pooled over data sets: {method}").format(method=written(_format.texts(pooled, "method")[0]))
    return _html.table("meta-table", caption, pooled, columns)


def _curves(tables: SummaryTables) -> list[_html.Figure]:
    """Draw each disease contrast under every way of computing it: pooled where it was, else the leading data set."""
    figures = []
    for index, (contrast, answer) in enumerate(zip(_singles(tables), leading(tables), strict=True), 1):
        if answer.dataset:
            rows = _words.rows_of(tables.specification, kind=_words.DISEASE, contrast=contrast)
            rows = rows[rows["dataset"].astype(str) == answer.dataset] if len(rows) else rows
            where = f"{answer.dataset} · {contrast}"
        else:
            rows = _words.rows_of(tables.meta_specification, contrast=contrast)
            where = tr("{contrast}, pooled").format(contrast=contrast)
        figures.append(curve(rows, f"curve-{index}", where=where))
    return [figure for figure in figures if figure is not None]


def _audit(tables: SummaryTables) -> list[dict[str, Any]]:
    """Return the verdict of every contrast with the fields that separate its groups."""
    main = _words.rows_of(tables.contrasts, measure=col.FATE_BIAS)
    caption = tr("Fields that separate the groups in {dataset} (in brackets: donors)")
    found = []
    for index, row in enumerate(records(main), 1):
        fields = _words.rows_of(tables.confounding, contrast=str(row["contrast"]))
        fields = fields[fields["dataset"].astype(str) == str(row["dataset"])] if len(fields) else fields
        bad = fields[fields["verdict"].isin(["separates perfectly", "partly separates"])] if len(fields) else fields
        found.append({
            "name": f"{row['dataset']} · {row['contrast']}",
            "href": _page_of(tables, str(row["dataset"])),
            "verdict": _format.audit(_format.text(row, "audit")) or tr("not audited"),
            "tone": _tone(row),
            "tested": len(fields),
            "fields": _html.table(
                f"audit-{index}", caption.format(dataset=row["dataset"]), bad,
                ("field", "verdict", "case_values", "control_values", "statistic", "p_value"),
            ) if len(bad) else None,
        })  # fmt: skip
    return found


def _copies(tables: SummaryTables) -> _html.Table | None:
    if not len(tables.copies):
        return None
    return _html.table("copies-table", tr("Samples that occur twice, pair by pair"), tables.copies, DUPLICATES.names)


def _tone(row: Mapping[str, Any]) -> str:
    audit = _format.text(row, "audit")
    return "bad" if audit.startswith(_words.WARNING) else ("" if audit == "clean" else "fair")

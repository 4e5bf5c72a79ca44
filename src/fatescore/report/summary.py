"""The summary page of a run, and what it says in three lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from fatescore import _keys, pl
from fatescore.report import _format, _html, _words, choices, methods
from fatescore.report.copies import copies_said
from fatescore.report.tables import SummaryTables, by_dataset, facts, in_order, is_simulated, records

_SHOWN = (
    "dataset", "contrast", "case", "control", "measure", "unit", "n_case", "n_control", "difference",
    "g", "g_low", "g_high", "p_value", "p_smallest", "padj", "auroc", "auroc_cells", "expected", "agreement",
    "audit", "note",
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
    tables = replace(tables, contrasts=_words.of_index(tables.contrasts))
    statuses = in_order(tables.statuses)
    known = _words.rows_of(tables.contrasts, kind=_words.KNOWN)
    answers = leading(tables)
    return _html.render(
        "summary.html.j2",
        page=_html.Page(tables.title, _simulated(tables)),
        answers=answers,
        singles=[one for group in _singles(tables).values() for one in group if one[1] not in answers],
        counts=_counts(tables),
        scoreboard=_scoreboard(tables),
        forest=_forest(tables),
        meta=_meta(tables),
        specification=choices.specification(tables.meta_specification),
        each=choices.each(tables.specification),
        robustness=choices.robustness(tables.meta_robustness),
        recovered=choices.recovered(tables.specification),
        heatmap=_heatmap(tables),
        controls=_controls(known) if len(known) else None,
        controls_said=_words.controls(tables.contrasts),
        audit=_audit(tables),
        copies=_copies(tables),
        copies_undeclared=copies_said(tables.copies, declared=False),
        copies_declared=copies_said(tables.copies, declared=True),
        contrasts=_html.table("all-contrasts", "Every contrast and measure", tables.contrasts, _SHOWN),
        methods=methods.paragraphs(statuses),
        versions=methods.versions(),
        inputs=methods.input_table(statuses),
        settings=_html.pairs(
            "settings-table", "Settings of this run", methods.flatten(tables.settings), ("setting", "value")
        ),
        one_line=_words.FATE_BIAS_IN_ONE_LINE,
    )


def leading(tables: SummaryTables) -> list[_words.Answer]:
    """Return the main answer of each disease contrast: pooled where data sets were pooled, else the soundest one."""
    said = []
    for contrast, single in _singles(tables).items():
        pooled = _words.rows_of(tables.meta, measure=_keys.FATE_BIAS, contrast=contrast)
        row = records(pooled)[0] if len(pooled) else {}
        if row.get("k", 0) >= 2:
            said.append(_words.pooled(row, tables.contrasts))
        else:
            # Where only one data set was fit to be pooled, it is the answer; else the soundest is.
            chosen = [one for _, one in single if one.dataset == _format.text(row, "datasets")]
            said.append((chosen or [single[0][1]])[0])
    return said


def _singles(tables: SummaryTables) -> dict[str, list[tuple[str, _words.Answer]]]:
    """Return the answers of every data set by contrast, the soundest first (tested and not separated by a field)."""
    main = _words.rows_of(tables.contrasts, kind=_words.DISEASE, measure=_keys.FATE_BIAS)
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
    first = f"{_simulated_prefix(tables)}{_format.count(sum(counts.values()), 'data set')}: " + (
        ", ".join(f"{number} {status}" for status, number in counts.items() if number) or "none"
    )
    said = leading(tables)
    if not said:
        return [first + ".", "No disease contrast could be estimated in this run.", _words.controls(tables.contrasts)]
    more = f" (The report has {_format.count(len(said) - 1, 'more contrast')}.)" if len(said) > 1 else ""
    lines = [first + ".", said[0].headline + more, f"{said[0].verdict} {_words.controls(tables.contrasts)}"]
    return [" ".join(line.split()) for line in lines]


def _simulated(tables: SummaryTables) -> str:
    """Say which data sets are simulated."""
    names, real = _simulated_and_real(tables)
    if not names:
        return ""
    return "this page is made from simulated data" if not real else f"these data sets are simulated: {', '.join(names)}"


def _simulated_prefix(tables: SummaryTables) -> str:
    names, real = _simulated_and_real(tables)
    return "" if not names else "SIMULATED. " if not real else f"SIMULATED IN PART ({', '.join(names)}). "


def _simulated_and_real(tables: SummaryTables) -> tuple[list[str], list[str]]:
    """Return the data sets that say they are simulated, and those that were read and do not."""
    groups = by_dataset(tables.statuses)
    names = [name for name, group in groups.items() if is_simulated(group)]
    return names, [name for name, group in groups.items() if name not in names and facts(group, "ingest")]


def _counts(tables: SummaryTables) -> dict[str, int]:
    status = tables.scoreboard["status"].astype(str) if len(tables.scoreboard) else pd.Series(dtype=str)
    return {name: int((status == name).sum()) for name in (_keys.OK, _keys.NOT_SCORABLE, _keys.FAILED)}


def _page_of(tables: SummaryTables, dataset: str) -> str:
    """Return the address of a data set's page, empty for a contrast across data sets, which has none."""
    if dataset not in set(_format.texts(tables.scoreboard, _keys.DATASET)):
        return ""
    return tables.pages.get(dataset) or _html.address("datasets", dataset, "report.html")


def _scoreboard(tables: SummaryTables) -> _html.Table:
    classes = {_keys.OK: "status-ok", _keys.NOT_SCORABLE: "status-not", _keys.FAILED: "status-failed"}
    shown = tables.scoreboard
    stopped = shown[shown["status"] != _keys.OK] if len(shown) else shown
    if len(stopped):
        shown = shown.assign(why=stopped["step"].astype(str) + ": " + stopped["reason"].astype(str))
    return _html.table(
        "scoreboard-table",
        "Data sets of this run",
        shown,
        ("dataset", "status", "why", "n_donors", "n_samples", "title", "organism", "assay", "population"),
        marks={"status": lambda row: classes.get(str(row["status"]), "")},
        links={"dataset": lambda row: _page_of(tables, str(row["dataset"]))},
    )


def _forest(tables: SummaryTables) -> _html.Figure | None:
    rows = _words.rows_of(tables.contrasts, kind=_words.DISEASE, measure=_keys.FATE_BIAS)
    if not len(rows) or not pd.to_numeric(rows["g"]).notna().any():
        return None
    columns = (
        "dataset",
        "contrast",
        "n_case",
        "n_control",
        "g",
        "g_low",
        "g_high",
        "p_value",
        "p_smallest",
        "audit",
        "note",
    )
    behind = _html.table("forest-table", "Difference of fate_bias in every data set", rows, columns)
    said = "; ".join(f"{row['dataset']} {_format.number(row['g'])}" for row in records(rows))
    caption = _forest_caption(rows, tables.meta)
    return _html.figure(
        "forest-chart", "The difference, data set by data set", pl.forest(rows, tables.meta),
        f"Forest plot of Hedges' g of fate_bias: {said}.", caption=caption, behind=behind,
    )  # fmt: skip


def _forest_caption(rows: pd.DataFrame, meta: pd.DataFrame) -> str:
    """Explain the symbols that the forest plot has."""
    caption = "With 95 % intervals, in units of the spread between donors; below each name, the donors."
    drawn = rows[pd.to_numeric(rows["g"]).notna()]
    warned = [audit.startswith(_words.WARNING) for audit in _format.texts(drawn, "audit")]
    if not all(warned):
        caption += " Square: one data set."
    if any(warned):
        caption += " Hollow circle: the groups cannot be separated from another field, so by default it is not pooled."
    if (pd.to_numeric(_words.rows_of(meta, measure=_keys.FATE_BIAS).get("k", pd.Series(dtype=float))) >= 2).any():
        caption += (
            " Diamond: pooled; the wide band is the interval in which a new data set's result is expected "
            "(it may run out of the picture: the numbers are below)."
        )
    return caption


def _meta(tables: SummaryTables) -> _html.Table | None:
    if not len(tables.meta):
        return None
    return _html.table("meta-table", "Pooled over data sets (random effects)", tables.meta, _keys.META_COLUMNS)


def _heatmap(tables: SummaryTables) -> _html.Figure | None:
    rows = _words.rows_of(tables.contrasts, kind=_words.DISEASE)
    if not len(rows):
        return None
    columns = ("dataset", "contrast", "measure", "difference", "g", "p_value", "p_smallest", "padj", "audit")
    behind = _html.table("heatmap-table", "Every measure in every data set", rows, columns)
    alt = f"Heat map of Hedges' g: {rows['measure'].nunique()} measures in {rows['dataset'].nunique()} data sets."
    caption = "Purple: higher in case. Green: higher in control. These are many looks at few donors: read the FDR."
    if any(audit.startswith(_words.WARNING) for audit in _format.texts(rows, "audit")):
        caption += " ⚠: the groups cannot be separated from another field."
    wide = f"{16 + 9 * len(rows.groupby(['dataset', 'contrast']))}rem"  # a few columns need no whole line
    return _html.figure(
        "heatmap-chart", "Every measure, data set by data set", pl.heatmap(rows), alt,
        caption=caption, behind=behind, most=wide,
    )  # fmt: skip


def _controls(rows: pd.DataFrame) -> _html.Figure:
    main = _words.rows_of(rows, measure=_keys.FATE_BIAS)
    columns = (
        "dataset", "contrast", "case", "control", "n_case", "n_control", "difference", "g", "auroc", "auroc_cells",
        "expected", "agreement", "p_value", "p_smallest", "audit", "note",
    )  # fmt: skip
    behind = _html.table("controls-table", "Contrasts with a known answer", main, columns)
    alt = "AUROC of fate_bias in contrasts with a known fate: " + "; ".join(
        f"{row['dataset']} {_format.number(row['auroc'])}" for row in records(main)
    )
    caption = (
        "Point: over donors (none with one donor against one); hollow where the groups cannot be separated from "
        "another field. Hollow diamond: over cells. With an expected sign of + a perfect index reaches 1, with - it "
        "reaches 0; 0.5 is guessing."
    )
    return _html.figure(
        "controls-chart", "Does the index find known fates?", pl.controls(rows), alt, caption=caption, behind=behind
    )


def _audit(tables: SummaryTables) -> list[dict[str, Any]]:
    """Return the verdict of every contrast with the fields that separate its groups."""
    main = _words.rows_of(tables.contrasts, measure=_keys.FATE_BIAS)
    found = []
    for index, row in enumerate(records(main), 1):
        fields = _words.rows_of(tables.confounding, contrast=str(row["contrast"]))
        fields = fields[fields["dataset"].astype(str) == str(row["dataset"])] if len(fields) else fields
        bad = fields[fields["verdict"].isin(["separates perfectly", "partly separates"])] if len(fields) else fields
        found.append({
            "name": f"{row['dataset']} · {row['contrast']}",
            "href": _page_of(tables, str(row["dataset"])),
            "verdict": _format.audit(_format.text(row, "audit")) or "not audited",
            "tone": _tone(row),
            "tested": len(fields),
            "fields": _html.table(
                f"audit-{index}", f"Fields that separate the groups in {row['dataset']} (in brackets: donors)", bad,
                ("field", "verdict", "case_values", "control_values", "statistic", "p_value"),
            ) if len(bad) else None,
        })  # fmt: skip
    return found


def _copies(tables: SummaryTables) -> _html.Table | None:
    if not len(tables.copies):
        return None
    return _html.table("copies-table", "Samples that occur twice, pair by pair", tables.copies, _keys.COPY_COLUMNS)


def _tone(row: Mapping[str, Any]) -> str:
    audit = _format.text(row, "audit")
    return "bad" if audit.startswith(_words.WARNING) else ("" if audit == "clean" else "fair")

"""What a data set's page shows of each contrast: answer, audit, donors, genes, choices and every measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore import _keys, pl
from fatescore._language import tr
from fatescore._written import written
from fatescore.report import _format, _html, _words
from fatescore.report.curve import curve
from fatescore.report.tables import DatasetTables, is_single_cell, records

_SHOWN_CONTRAST = (
    "measure", "n_case", "n_control", "mean_case", "mean_control", "difference", "difference_low", "difference_high",
    "g", "g_low", "g_high", "p_value", "p_smallest", "padj", "p_welch", "p_moderated", "power", "adjusted",
    "adjusted_low", "adjusted_high", "p_adjusted", "adjusted_for", "loo_low", "loo_high", "auroc", "audit", "note",
)  # fmt: skip
_GENES = ("gene", "arm", "contribution", "difference_without")
_SHOWN_COMPOSITION = (
    "measure", "n_case", "n_control", "mean_case", "mean_control", "difference", "difference_low", "difference_high",
    "p_value", "p_smallest", "padj", "note",
)  # fmt: skip


def contrasts(tables: DatasetTables) -> list[dict[str, Any]]:
    """Return, contrast by contrast, its answer, audit, figures and table."""
    main = _words.rows_of(tables.contrasts, measure=_keys.FATE_BIAS)
    return [_contrast(tables, row, index) for index, row in enumerate(records(main), 1)]


def _contrast(tables: DatasetTables, row: Mapping[str, Any], index: int) -> dict[str, Any]:
    name = str(row["contrast"])
    audit = _words.rows_of(tables.confounding, contrast=name)
    genes = _words.rows_of(tables.contributions, contrast=name)
    every = _words.rows_of(tables.contrasts, contrast=name)
    of_cells = every["measure"].astype(str).str.startswith(_keys.COMPOSITION_PREFIX)
    caption = tr("Every measure of {contrast}").format(contrast=name)
    return {
        "answer": _words.answer(row),
        **_audit(audit, index),
        "donors": _donors(tables, row, index),
        "genes": _genes(genes, row, index) if len(genes) else None,
        "explained": _explained(_words.rows_of(tables.explained, contrast=name), index),
        "curve": curve(_words.rows_of(tables.specification, contrast=name), f"curve-{index}"),
        "measures": _html.table(
            f"measures-{index}", caption, every[~of_cells], _format.known(every[~of_cells], _SHOWN_CONTRAST)
        ),
        "composition": _composition(every[of_cells], index),
    }


def _composition(rows: pd.DataFrame, index: int) -> _html.Table | None:
    """Return the shares of the cell types in both groups; they are a finding, and a confounder of bulk samples."""
    if not len(rows):
        return None
    caption = tr("Share of each cell type in the samples, before any cell is dropped (donors are compared)")
    named = rows.assign(measure=rows["measure"].str.removeprefix(_keys.COMPOSITION_PREFIX))
    # What holds for every row is said once.
    notes = [note.split("; ") for note in rows["note"].fillna("").astype(str)]
    shared = [part for part in notes[0] if part and all(part in note for note in notes)]
    if shared:
        caption = _format.sentences(caption, f"({written('; '.join(shared))})")
        named["note"] = ["; ".join(part for part in note if part not in shared) for note in notes]
    return _html.table(f"composition-{index}", caption, named, _format.known(named, _SHOWN_COMPOSITION))


def _explained(rows: pd.DataFrame, index: int) -> _html.Table | None:
    """Return what is left of the difference once another number of the donors is held constant."""
    if not len(rows):
        return None
    caption = tr("What is left of the difference with another number of the donors held constant (linear models)")
    columns = ("by", "difference", "difference_left", "left_low", "left_high", "p_left", "accounted", "note")
    named = rows.assign(by=[_format.label(str(name)) for name in rows["by"]])
    return _html.table(f"explained-{index}", caption, named, _format.known(named, columns))


def _audit(audit: pd.DataFrame, index: int) -> dict[str, Any]:
    """Return the fields that do not look clean as one table, and the clean ones as another."""
    if not len(audit):
        return {"audit": None, "audit_clean": None, "all_genes": ""}
    order = {"separates perfectly": 0, "not judged": 1, "partly separates": 1, "states the condition": 2}
    ordered = audit.assign(place=audit["verdict"].map(order).fillna(3))
    ordered = ordered.sort_values(["place", "field"], kind="stable")
    marks = {"verdict": lambda row: {0: "bad", 1: "fair"}.get(row["place"], "")}
    columns = ("field", "verdict", "case_values", "control_values", "statistic", "p_value")
    clean = ordered["verdict"] == "clean"
    loud, quiet = ordered[~clean], ordered[clean]
    differs = tr("What differs between the groups (in brackets: donors)")
    return {
        "audit": _html.table(f"audit-{index}", differs, loud, columns, marks=marks),
        "audit_clean": _html.table(
            f"clean-{index}", tr("Fields that do not separate the groups"), quiet, columns
        ),
        "all_genes": _words.all_genes(audit),
    }  # fmt: skip


def _donors(tables: DatasetTables, row: Mapping[str, Any], index: int) -> _html.Figure:
    case, control, levels = str(row["case"]), str(row["control"]), _words.levels(row)
    cells = tables.scores if is_single_cell(tables) else None
    chart = pl.donors(tables.sample_scores, cells, case=case, control=control, levels=levels)
    shown = tables.sample_scores
    shown = shown[shown[_keys.CONDITION].astype(str).isin(levels or [case, control])]
    intervals = (_keys.CELLS_LOW, _keys.CELLS_HIGH, _keys.GENES_LOW, _keys.GENES_HIGH)
    known = [name for name in intervals if name in shown and shown[name].notna().any()]
    columns = (*_keys.IDENTITY[1:], "unit", "n_obs", *_keys.INDEX_COLUMNS, *known, _keys.RHO_DEPTH)
    behind = _html.table(f"donors-table-{index}", tr("The points of this chart"), shown, columns)
    caption = tr(
        "Every donor is a row and every sample a point; further right is towards bone, further left towards fat. "
        "Compare the groups with each other: the dashed line (0) is no border between bone and fat cells."
    )
    cloud = ""
    if cells is not None:
        cloud = " " + tr(
            "The band behind a point is the distribution of that donor's cells; the point is scored on their counts "
            "added up, which show more genes than one cell does, so it need not lie in the middle. The line through it "
            "is its 95 % interval over cells."
        )
    sides = tr("{case} ({n_case} donors) and {control} ({n_control} donors)").format(
        case=case, control=control, n_case=_format.number(row["n_case"]), n_control=_format.number(row["n_control"])
    )
    alt = tr("One row per donor, one point per sample: fate_bias in {groups}.").format(
        groups=", ".join(levels) or sides
    )
    return _html.figure(
        f"donors-{index}", tr("Every donor"), chart, alt + cloud, caption=caption + cloud, behind=behind
    )


def _genes(genes: pd.DataFrame, row: Mapping[str, Any], index: int) -> _html.Figure:
    behind = _html.table(f"genes-table-{index}", tr("Contribution of every gene"), genes, _GENES)
    several = bool(_words.levels(row))
    total = _format.number(row["mean_case"] - row["mean_control"] if several else row["difference"])
    alt = tr("Contributions of {n} genes, which add up to the difference of fate_bias, {total}.").format(
        n=len(genes), total=total
    )
    caption = tr(
        "Each bar is one gene's share of the difference; together they make it exactly. "
        "An adipogenic gene that is higher in the case moves the bar to the left."
    )
    title = tr("Which genes make the difference")
    if several:
        title = tr("Which genes make the difference of {case} to {control}").format(
            case=row["case"], control=row["control"]
        )
    return _html.figure(f"genes-{index}", title, pl.waterfall(genes), alt, caption=caption, behind=behind)

"""What a data set's page shows of each contrast: answer, audit, donors, genes, choices and every measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore import pl
from fatescore._language import tr
from fatescore._written import written
from fatescore.report import _format, _html, _words
from fatescore.report.curve import curve
from fatescore.report.tables import DatasetTables, is_single_cell, records, without_repeats
from fatescore.tables import columns as col
from fatescore.tables.codes import Status

_SHOWN_CONTRAST = (
    "measure", "g", "g_low", "g_high", "p_value", "p_smallest", "padj", "n_case", "n_control", "difference",
    "difference_low", "difference_high", "mean_case", "mean_control", "p_welch", "p_moderated", "power", "adjusted",
    "adjusted_low", "adjusted_high", "p_adjusted", "adjusted_for", "loo_low", "loo_high", "auroc", "auroc_cells",
    "note",
)  # fmt: skip
_GENES = ("gene", "arm", "contribution", "difference_without")
_SHOWN_COMPOSITION = (
    "measure", "n_case", "n_control", "mean_case", "mean_control", "difference", "difference_low", "difference_high",
    "p_value", "p_smallest", "padj", "note",
)  # fmt: skip


def contrasts(tables: DatasetTables) -> list[dict[str, Any]]:
    """Return, contrast by contrast, its answer, audit, figures and table."""
    main = _words.rows_of(tables.contrasts, measure=col.FATE_BIAS)
    return [_contrast(tables, row, index) for index, row in enumerate(records(main), 1)]


def _contrast(tables: DatasetTables, row: Mapping[str, Any], index: int) -> dict[str, Any]:
    name = str(row["contrast"])
    audit = _words.rows_of(tables.confounding, contrast=name)
    genes = _words.rows_of(tables.contributions, contrast=name)
    every = _words.rows_of(tables.contrasts, contrast=name)
    of_cells = every["measure"].astype(str).str.startswith(col.COMPOSITION_PREFIX)
    # Wherever a p value goes, the warning of the audit goes too.
    said = _format.audit(_format.text(row, "audit")) or tr("not audited")
    caption = tr("Every measure of {contrast}; confounding: {audit}").format(contrast=name, audit=said)
    return {
        "answer": _words.answer(row),
        **_audit(tables, audit, row, index),
        "donors": _donors(tables, row, index) if len(tables.sample_scores) else None,
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
    bracket = [tr("donors are compared")]
    named = rows.assign(measure=rows["measure"].str.removeprefix(col.COMPOSITION_PREFIX))
    # What holds for every row is said once.
    notes = [note.split("; ") for note in rows["note"].fillna("").astype(str)]
    shared = [part for part in notes[0] if part and all(part in note for note in notes)]
    if shared:
        bracket.append(written("; ".join(shared)))
        named["note"] = ["; ".join(part for part in note if part not in shared) for note in notes]
    caption = tr("Share of each cell type in the samples, before any cell is dropped ({how})")
    caption = caption.format(how=tr("; ").join(bracket))
    return _html.table(f"composition-{index}", caption, named, _format.known(named, _SHOWN_COMPOSITION))


def _explained(rows: pd.DataFrame, index: int) -> _html.Table | None:
    """Return what is left of the difference once another number of the donors is held constant."""
    if not len(rows):
        return None
    caption = tr("What is left of the difference with another number of the donors held constant (linear models)")
    columns = ("by", "difference", "difference_left", "left_low", "left_high", "p_left", "accounted", "note")
    names, notes = rows["by"].astype(str), rows["note"].fillna("").astype(str)
    # A note that only repeats what is held constant says nothing.
    said = ["" if note == f"linear model with {name}" else note for name, note in zip(names, notes, strict=True)]
    labels = [_format.label(name) for name in names]
    in_words = [note.replace(name, label) for name, label, note in zip(names, labels, said, strict=True)]
    named = rows.assign(by=labels, note=in_words)
    return _html.table(f"explained-{index}", caption, named, _format.known(named, columns))


def _audit(tables: DatasetTables, audit: pd.DataFrame, row: Mapping[str, Any], index: int) -> dict[str, Any]:
    """Return the fields that do not look clean as one table, and the clean ones as another."""
    if not len(audit):
        return {"audit": None, "audit_clean": None, "all_genes": "", "too_few": False}
    ordered = _fields(
        audit, without_repeats(tables.sample_fields, audit["field"].astype(str), keep=_words.audited(row))
    )
    marks = {"verdict": lambda row: {0: "bad", 1: "fair"}.get(row["place"], "")}
    columns = ("field", "verdict", "case_values", "control_values", "statistic", "p_value")
    clean = ordered["verdict"] == "clean"
    loud, quiet = ordered[~clean], ordered[clean]
    differs = tr("What differs between the groups (in brackets: donors)")
    # Where donors are too few to judge a field, none is called clean.
    too_few = _format.text(row, "audit").startswith(_words.TOO_FEW)
    alike = tr("Fields that were not judged") if too_few else tr("Fields that do not separate the groups")
    shown = ("field", "case_values", "control_values") if too_few else columns
    return {
        "audit": _html.table(f"audit-{index}", differs, loud, columns, marks=marks),
        "audit_clean": _html.table(f"clean-{index}", alike, quiet, shown),
        "all_genes": _words.all_genes(audit),
        "too_few": too_few,
    }


def _fields(audit: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the rows of the fields, the ones that separate the groups first; rows that look the same stand once."""
    order = {"separates perfectly": 0, "not judged": 1, "partly separates": 1, "states the condition": 2}
    # All genes are no field: the sentence below the table tells of them.
    rows = audit[audit["field"].isin(names) & (audit["verdict"] != "evidence")]
    place, label = rows["verdict"].map(order).fillna(3), [_format.label(str(name)) for name in rows["field"]]
    ordered = rows.assign(place=place, label=label).sort_values(["place", "field"], kind="stable")
    return ordered.drop_duplicates(["label", "verdict", "case_values", "control_values"])


def _donors(tables: DatasetTables, row: Mapping[str, Any], index: int) -> _html.Figure:
    case, control, levels = str(row["case"]), str(row["control"]), _words.levels(row)
    cells = tables.scores if is_single_cell(tables) else None
    chart = pl.donors(tables.sample_scores, cells, case=case, control=control, levels=levels)
    shown = tables.sample_scores
    shown = shown[shown[col.CONDITION].astype(str).isin(levels or [case, control])]
    intervals = (col.CELLS_LOW, col.CELLS_HIGH, col.GENES_LOW, col.GENES_HIGH)
    known = [name for name in intervals if name in shown and shown[name].notna().any()]
    wanted = (*col.IDENTITY[1:], "unit", "n_obs", *col.INDEX_COLUMNS, *known, col.RHO_DEPTH)
    columns = _format.known(shown, wanted, varying=["unit", "n_obs"])  # one observation is one sample
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
    quality = "" if cells is not None else _stand_out(tables.qc, list(shown[col.SAMPLE].astype(str)))
    sides = tr("{case} ({n_case} donors) and {control} ({n_control} donors)").format(
        case=case, control=control, n_case=_format.number(row["n_case"]), n_control=_format.number(row["n_control"])
    )
    alt = tr("One row per donor, one point per sample: fate_bias in {groups}.").format(
        groups=", ".join(levels) or sides
    )
    return _html.figure(
        f"donors-{index}", tr("Every donor"), chart, alt + cloud,
        caption=_format.sentences(caption + cloud, quality), behind=behind,
    )  # fmt: skip


def _stand_out(qc: pd.DataFrame, samples: list[str]) -> str:
    """Name those of the samples of which quality control has a doubt; empty without any."""
    if "reason" not in qc:
        return ""
    doubted = qc[qc[col.SAMPLE].astype(str).isin(samples) & (qc["verdict"] == Status.OK)]
    why = doubted["reason"].fillna("").astype(str).str.replace("stands out in ", "", regex=False)
    said = [
        tr("{donor} ({reason})").format(donor=donor, reason=_format.reason(reason))
        for donor, reason in zip(doubted[col.DONOR], why, strict=True)
        if reason
    ]
    return tr("Stand out in quality: {donors}.").format(donors=tr("; ").join(said)) if said else ""


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

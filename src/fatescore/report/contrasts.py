"""The sections of a data set's page on its contrasts: donors, audit, genes, choices and every measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.i18n import ngettext
from fatescore.pl import charts
from fatescore.pl.labels import label, listed
from fatescore.report import elements, formatting
from fatescore.report.answers import all_genes, answer, audit_text, audit_verdict, levels
from fatescore.report.effects import curve
from fatescore.report.elements import Heading, Section, Soft
from fatescore.report.sentences import notes_text
from fatescore.report.tables import DatasetTables, is_single_cell, records, rows_of, without_repeats
from fatescore.tables import (
    ADJUSTED_DIFFERENCES,
    CONFOUNDING,
    CONTRASTS,
    CONTRIBUTIONS,
    join_notes,
    parse_notes,
    split_names,
)
from fatescore.tables import columns as col
from fatescore.tables.codes import AuditVerdict, FieldVerdict, Model, Status

# Columns of a contrast that are the same for all of its measures, or stand elsewhere on the page.
_IDENTITY = (
    "dataset", "contrast", "kind", "case", "control", "levels", "ordered", "unit", "g_var", "p_method", "expected",
    "agreement", "audit_verdict", "audit_fields",
)  # fmt: skip
_FIRST = ("measure", "g", "g_low", "g_high", "p_value", "p_smallest", "padj")  # beside the name, where a reader looks
_MEASURES = (*_FIRST, *(name for name in CONTRASTS.names if name not in {*_IDENTITY, *_FIRST}))
_COMPOSITION = (
    "measure", "n_case", "n_control", "mean_case", "mean_control", "difference", "difference_low", "difference_high",
    "p_value", "p_smallest", "padj", "note",
)  # fmt: skip


def contrasts(tables: DatasetTables) -> list[tuple[elements.Answer, Section]]:
    """Return, contrast by contrast, its answer and its section."""
    main = rows_of(tables.contrasts, measure=col.FATE_BIAS)
    return [_contrast(tables, row, index) for index, row in enumerate(records(main), 1)]


def _contrast(tables: DatasetTables, row: Mapping[str, Any], index: int) -> tuple[elements.Answer, Section]:
    name = str(row["contrast"])
    genes = rows_of(tables.contributions, contrast=name)
    every = rows_of(tables.contrasts, contrast=name)
    of_cells = every["measure"].astype(str).str.startswith(col.COMPOSITION_PREFIX)
    measures = every[~of_cells]
    # Wherever a p value goes, the warning of the audit goes too.
    caption = _("Every measure of {contrast}; confounding: {audit}").format(contrast=name, audit=audit_text(row))
    shown = elements.filled_table(f"measures-{index}", caption, measures, _MEASURES)
    found = answer(row)
    parts = [
        _donors(tables, row, index) if len(tables.sample_scores) else None,
        *_audit(tables, row, index),
        _genes(genes, row, index) if len(genes) else None,
        curve(rows_of(tables.specification, contrast=name), f"curve-{index}"),
        *_adjusted(rows_of(tables.adjusted_differences, contrast=name), index),
        *_composition(every[of_cells], index),
        elements.details(_("Every measure of this contrast"), shown),
    ]
    short = _("Evidence") if index == 1 else ""
    return found, Section(f"contrast-{index}", found.title, parts, short)


def _composition(rows: pd.DataFrame, index: int) -> list[Any]:
    """Return the shares of the cell types in both groups; they are a finding, and a confounder of bulk samples."""
    if not len(rows):
        return []
    # What holds for every row stands once, in the caption.
    notes = [parse_notes(note) for note in rows["note"]]
    shared = [note for note in notes[0] if all(note in others for others in notes)]
    own = [join_notes(note for note in others if note not in shared) for others in notes]
    how = _("; ").join(text for text in (_("donors are compared"), notes_text(join_notes(shared))) if text)
    caption = _("Share of each cell type in the samples, before any cell is dropped ({how})").format(how=how)
    table = elements.filled_table(f"composition-{index}", caption, rows.assign(note=own), _COMPOSITION)
    return [Heading(_("Cell type composition")), table]


def _adjusted(rows: pd.DataFrame, index: int) -> list[Any]:
    """Return the difference once another number of the donors is held constant."""
    if not len(rows):
        return []
    caption = _("The difference with another number of the donors held constant (linear models)")
    # A note that only repeats the covariate tells nothing.
    notes = [
        join_notes(
            note for note in parse_notes(text) if note.code != Model.LINEAR or note.names("covariates") != (covariate,)
        )
        for text, covariate in zip(rows["note"], rows["covariate"].astype(str), strict=True)
    ]
    text = _(
        "The proportion of the difference that is explained when donors are compared as if they were equal in one "
        "other number. That number may itself follow from the condition, so this describes the difference and corrects "
        "nothing."
    )
    columns = ADJUSTED_DIFFERENCES.names[2:]
    table = elements.filled_table(f"adjusted-{index}", caption, rows.assign(note=notes), columns)
    return [Heading(_("Difference adjusted for other numbers")), Soft(text), table]


def _audit(tables: DatasetTables, row: Mapping[str, Any], index: int) -> list[Any]:
    """Return the verdict, the fields that do not look clean as one table, and the clean ones as another."""
    audit = rows_of(tables.confounding, contrast=str(row["contrast"]))
    if not len(audit):
        return []
    names = without_repeats(tables.sample_fields, audit["field"].astype(str), keep=split_names(row.get("audit_fields")))
    fields = _fields(audit, names)
    marks = {"verdict": lambda row: {0: "bad", 1: "fair"}.get(row["place"], "")}
    columns = CONFOUNDING.names[2:]
    clean = fields["verdict"] == FieldVerdict.CLEAN
    differ = elements.filled_table(
        f"audit-{index}", _("What differs between the groups (in brackets: donors)"), fields[~clean], columns,
        marks=marks,
    )  # fmt: skip
    # Where donors are too few to assess a field, none is called clean.
    not_assessed = audit_verdict(row) == AuditVerdict.NOT_ASSESSABLE
    n = int(clean.sum())
    summary = ngettext("{n} field that does not separate the groups", "{n} fields that do not separate the groups", n)
    caption = _("Fields that do not separate the groups")
    if not_assessed:
        summary = ngettext(
            "{n} field, not assessed with so few donors", "{n} fields, not assessed with so few donors", n
        )
        caption, columns = _("Fields that were not assessed"), ["field", "case_values", "control_values"]
    return [
        Heading(_("Confounding audit")),
        answer(row).verdict,
        differ,
        all_genes(audit),
        elements.details(summary.format(n=n), elements.filled_table(f"clean-{index}", caption, fields[clean], columns)),
    ]


def _fields(audit: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the rows of the fields, the ones that separate the groups first; rows that look the same stand once."""
    order: dict[str, int] = {
        FieldVerdict.COMPLETE_SEPARATION: 0, FieldVerdict.NOT_ASSESSED: 1, FieldVerdict.PARTIAL_SEPARATION: 1,
        FieldVerdict.CONDITION_LABEL: 2,
    }  # fmt: skip
    # All genes are no field: a sentence below the table is on them.
    rows = audit[audit["field"].isin(names) & (audit["verdict"] != FieldVerdict.EVIDENCE)]
    place, labels = rows["verdict"].map(order).fillna(3), [label(str(name)) for name in rows["field"]]
    ordered = rows.assign(place=place, label=labels).sort_values(["place", "field"], kind="stable")
    return ordered.drop_duplicates(["label", "verdict", "case_values", "control_values"])


def _donors(tables: DatasetTables, row: Mapping[str, Any], index: int) -> elements.Figure:
    case, control, several = str(row["case"]), str(row["control"]), levels(row)
    cells = tables.scores if is_single_cell(tables) else None
    chart = charts.donors(tables.sample_scores, cells, case=case, control=control, levels=several)
    shown = tables.sample_scores
    shown = shown[shown[col.CONDITION].astype(str).isin(several or [case, control])]
    intervals = (col.CELLS_LOW, col.CELLS_HIGH, col.GENES_LOW, col.GENES_HIGH)
    wanted = (*col.IDENTITY[1:], "unit", "n_obs", *col.INDEX_COLUMNS, *intervals, col.RHO_DEPTH)
    behind = elements.filled_table(
        f"donors-table-{index}", _("The points of this chart"), shown, wanted,
        varying=["unit", "n_obs"],  # one observation is one sample
    )  # fmt: skip
    caption = _(
        "Every donor is a row and every sample a point; further right is towards bone, further left towards fat. "
        "Compare the groups with each other: fate_bias has no zero that parts bone from fat."
    )
    cloud = ""
    if cells is not None:
        cloud = " " + _(
            "The band behind a point is the distribution of that donor's cells; the point is scored on their counts "
            "added up, which show more genes than one cell does, so it need not lie in the middle. The line through it "
            "is its 95 % interval over cells."
        )
    quality = "" if cells is not None else _flagged(tables.qc, list(shown[col.SAMPLE].astype(str)))
    sides = _("{case} ({n_case} donors) and {control} ({n_control} donors)").format(
        case=case, control=control, n_case=formatting.number(row["n_case"]),
        n_control=formatting.number(row["n_control"]),
    )  # fmt: skip
    alt = _("One row per donor, one point per sample: fate_bias in {groups}.").format(groups=listed(several) or sides)
    return elements.figure(
        f"donors-{index}", _("Every donor"), chart, alt + cloud,
        caption=formatting.sentences(caption + cloud, quality), behind=behind,
    )  # fmt: skip


def _flagged(qc: pd.DataFrame, samples: list[str]) -> str:
    """Name those of the samples that quality control flags; empty without any."""
    if "qc_flags" not in qc:
        return ""
    kept = qc[qc[col.SAMPLE].astype(str).isin(samples) & (qc["verdict"] == Status.OK)]
    flagged = [
        _("{donor} ({reason})").format(donor=donor, reason=notes_text(flags))
        for donor, flags in zip(kept[col.DONOR], kept["qc_flags"], strict=True)
        if parse_notes(flags)
    ]
    return _("Flagged by quality control: {donors}.").format(donors=_("; ").join(flagged)) if flagged else ""


def _genes(genes: pd.DataFrame, row: Mapping[str, Any], index: int) -> elements.Figure:
    behind = elements.table(f"genes-table-{index}", _("Contribution of every gene"), genes, CONTRIBUTIONS.names[2:])
    several = bool(levels(row))
    total = formatting.number(row["mean_case"] - row["mean_control"] if several else row["difference"])
    alt = _("Contributions of {n} genes, which add up to the difference of fate_bias, {total}.").format(
        n=len(genes), total=total
    )
    caption = _(
        "Each bar is one gene's share of the difference; together they make it exactly. "
        "An adipogenic gene that is higher in the case moves the bar to the left."
    )
    title = _("Which genes make the difference")
    if several:
        title = _("Which genes make the difference of {case} to {control}").format(
            case=row["case"], control=row["control"]
        )
    return elements.figure(f"genes-{index}", title, charts.waterfall(genes), alt, caption=caption, behind=behind)

"""Figures and tables of effects: by data set and pooled, by measure, of positive controls, and by method and index."""

from __future__ import annotations

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.i18n import ngettext
from fatescore.pl import charts
from fatescore.report import elements, formatting
from fatescore.report.answers import confounded
from fatescore.report.sentences import notes_text
from fatescore.report.tables import records, rows_of
from fatescore.tables import META_SPECIFICATION
from fatescore.tables import columns as col
from fatescore.tables.codes import ContrastKind

_EFFECTS = (("effect", "ci_low", "ci_high"), ("g", "g_low", "g_high"))  # of pooled results, of one data set


def forest(contrasts: pd.DataFrame, meta: pd.DataFrame) -> elements.Figure | None:
    """Draw the difference of the index in every data set, and pooled; nothing where there is none to draw."""
    rows = rows_of(contrasts, kind=ContrastKind.DISEASE, measure=col.FATE_BIAS)
    if not len(rows) or not pd.to_numeric(rows["g"]).notna().any():
        return None
    columns = (
        "dataset", "contrast", "levels", "n_case", "n_control", "g", "g_low", "g_high", "p_value", "p_smallest",
        "audit_verdict", "audit_fields", "note",
    )  # fmt: skip
    behind = elements.filled_table("forest-table", _("Difference of fate_bias in every data set"), rows, columns)
    each = "; ".join(f"{row['dataset']} {formatting.number(row['g'])}" for row in records(rows))
    alt = _("Forest plot of Hedges' g of fate_bias: {each}.").format(each=each)
    return elements.figure(
        "forest-chart", _("The difference, data set by data set"), charts.forest(rows, _with_notes(meta)), alt,
        caption=_forest_caption(rows, meta), behind=behind,
    )  # fmt: skip


def _forest_caption(rows: pd.DataFrame, meta: pd.DataFrame) -> str:
    """Explain the symbols that the forest plot has."""
    parts = [_("With 95 % intervals, in units of the spread between donors; below each name, the donors.")]
    drawn = rows[pd.to_numeric(rows["g"]).notna()]
    hollow = [confounded(row) for row in records(drawn)]
    if not all(hollow):
        parts.append(_("Square: one data set."))
    if any(hollow):
        parts.append(_("Hollow circle: completely confounded with another field, so by default it is not pooled."))
    if (pd.to_numeric(rows_of(meta, measure=col.FATE_BIAS).get("k", pd.Series(dtype=float))) >= 2).any():
        parts.append(
            _(
                "Diamond: pooled; the wide band is the interval in which a new data set's result is expected "
                "(it may run out of the picture: the numbers are below)."
            )
        )
    return formatting.sentences(*parts)


def heatmap(contrasts: pd.DataFrame) -> elements.Figure | None:
    """Draw every measure in every data set; nothing where no disease contrast was made."""
    rows = rows_of(contrasts, kind=ContrastKind.DISEASE)
    if not len(rows):
        return None
    tested = ("difference", "g", "p_value", "p_smallest", "padj")
    columns = ("dataset", "contrast", "measure", *tested, "audit_verdict", "audit_fields")
    behind = elements.table("heatmap-table", _("Every measure in every data set"), rows, columns)
    alt = _("Heat map of Hedges' g: {n_measures} measures in {n_datasets} data sets.").format(
        n_measures=rows["measure"].nunique(), n_datasets=rows["dataset"].nunique()
    )
    caption = _(
        "Purple: higher in case. Green: higher in control. * FDR below 0.05; colours stop at ±2. These are many looks "
        "at few donors: read the FDR."
    )
    if any(map(confounded, records(rows))):
        caption += " " + _("⚠: completely confounded with another field.")
    wide = f"{16 + 9 * len(rows.groupby(['dataset', 'contrast']))}rem"  # a few columns need no whole line
    return elements.figure(
        "heatmap-chart", _("Every measure, data set by data set"), charts.heatmap(rows), alt,
        caption=caption, behind=behind, most=wide,
    )  # fmt: skip


def controls(rows: pd.DataFrame) -> elements.Figure:
    """Draw how well the index separates known fates; ``rows`` are contrasts with a known answer."""
    main = rows_of(rows, measure=col.FATE_BIAS)
    columns = (
        "dataset", "contrast", "case", "control", "n_case", "n_control", "difference", "g", "auroc", "auroc_cells",
        "expected", "agreement", "p_value", "p_smallest", "audit_verdict", "audit_fields", "note",
    )  # fmt: skip
    behind = elements.table("controls-table", _("Contrasts with a known answer"), main, columns)
    each = "; ".join(f"{row['dataset']} {formatting.auroc(row['auroc'])}" for row in records(main))
    alt = _("AUROC of fate_bias in contrasts with a known fate: {each}.").format(each=each)
    caption = _(
        "Point: over donors (none with one donor against one); hollow where the contrast is completely "
        "confounded. Hollow diamond: over cells. Where a shift towards bone (+) is expected a perfect index reaches "
        "1, where one towards fat (-) is, 0; 0.5 is guessing."
    )
    return elements.figure(
        "controls-chart", _("Does the index find known fates?"), charts.controls(rows), alt, caption=caption,
        behind=behind,
    )  # fmt: skip


def curve(rows: pd.DataFrame, name: str, *, where: str = "") -> elements.Figure | None:
    """Draw one contrast under every method, index and unit, from low to high; nothing where none gave an effect.

    ``rows`` are of ``specification.tsv`` or ``meta_specification.tsv``; ``where`` names them in the title, except on a
    data set's own page.
    """
    effect, low, high = next((names for names in _EFFECTS if names[0] in rows), _EFFECTS[0])
    if not len(rows) or not rows[effect].notna().any():
        return None
    drawn = rows[rows[effect].notna()].sort_values(effect, kind="stable")
    counts = _directions(drawn[effect], drawn[low], drawn[high])
    wanted = ("method", "index", "unit", "k", effect, low, high, "p_value", "note")
    title = _("The same difference, computed in every way")
    if where:
        title = _("{where}: the same difference, computed in every way").format(where=where)
    behind = elements.filled_table(f"{name}-table", title, drawn, wanted, varying=["unit"])
    caption = _(
        "One line is one scoring method with one definition of the index, and its 95 % interval; the diamond is the "
        "one used everywhere else. {counts}"
    )
    return elements.figure(
        name, title, charts.specification(_with_notes(rows)), counts, caption=caption.format(counts=counts),
        behind=behind,
    )  # fmt: skip


def _directions(effect: pd.Series[float], low: pd.Series[float], high: pd.Series[float]) -> str:
    """Count which way the results point."""
    bone, fat = int((effect > 0).sum()), int((effect < 0).sum())
    clear = int(((low > 0) | (high < 0)).sum())
    ways = ngettext("{n} way", "{n} ways", len(effect)).format(n=formatting.number(len(effect)))
    return _("{ways}: {bone} towards bone, {fat} towards fat; {clear} with an interval that excludes zero.").format(
        ways=ways, bone=bone, fat=fat, clear=clear
    )


def specification(rows: pd.DataFrame) -> elements.Table | None:
    """Show the pooled result under every method and index, from low to high."""
    if not len(rows):
        return None
    shown = rows[rows["k"] > 0].sort_values(["contrast", "effect"], kind="stable")
    caption = _("Under every method and index")
    return elements.filled_table("specification-table", caption, shown, META_SPECIFICATION.names, varying=["unit"])


def each(rows: pd.DataFrame) -> elements.Table | None:
    """Show the difference in every data set under every method and index, pooled or not, from low to high."""
    disease = rows_of(rows, kind=ContrastKind.DISEASE)
    if not len(disease):
        return None
    shown = disease.sort_values(["contrast", "dataset", "g"], kind="stable")
    columns = (
        "dataset", "contrast", "method", "index", "unit", "n_case", "n_control", "g", "g_low", "g_high", "p_value",
        "auroc", "audit_verdict", "audit_fields", "note",
    )  # fmt: skip
    caption = _("Data set by data set under every method and index")
    return elements.filled_table("each-table", caption, shown, columns, varying=["unit"])


def robustness(rows: pd.DataFrame) -> elements.Table | None:
    """Show the pooled index made again in other ways; the file has all measures."""
    main = rows_of(rows, measure=col.FATE_BIAS)
    if not len(main):
        return None
    columns = (
        "contrast", "analysis", "level", "k", "effect", "ci_low", "ci_high", "pi_low", "pi_high", "p_value",
        "p_between", "datasets", "note",
    )  # fmt: skip
    caption = _("Pooled again: without each data set, by other estimators, in subgroups")
    return elements.table("robustness-table", caption, main, columns)


def recovered(rows: pd.DataFrame) -> elements.Table | None:
    """Show how well each method and definition of the index recovers fates that are known."""
    known = rows_of(rows, kind=ContrastKind.KNOWN_FATE)
    if not len(known):
        return None
    shown = known[known[["auroc", "auroc_cells"]].notna().any(axis=1)].sort_values(
        ["dataset", "contrast", "auroc", "auroc_cells", "g"], ascending=[True, True, False, False, False], kind="stable"
    )
    columns = (
        "dataset", "contrast", "method", "index", "unit", "n_case", "n_control", "auroc", "auroc_cells", "g",
        "g_low", "g_high",
    )  # fmt: skip
    caption = _("Known fates under every method and index")
    return elements.filled_table("recovered-table", caption, shown, columns, varying=["unit"])


def _with_notes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows whose notes are in words, for the tooltips of a chart."""
    return rows.assign(note=rows["note"].map(notes_text)) if "note" in rows else rows

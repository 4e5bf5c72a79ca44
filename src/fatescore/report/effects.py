"""The summary's figures of effects: data sets and pooled, every measure, positive controls."""

from __future__ import annotations

import pandas as pd

from fatescore import pl
from fatescore._language import tr
from fatescore.report import _format, _html, _words
from fatescore.report.tables import records
from fatescore.tables import columns as col


def forest(contrasts: pd.DataFrame, meta: pd.DataFrame) -> _html.Figure | None:
    """Draw the difference of the index in every data set, and pooled; nothing where there is none to draw."""
    rows = _words.rows_of(contrasts, kind=_words.DISEASE, measure=col.FATE_BIAS)
    if not len(rows) or not pd.to_numeric(rows["g"]).notna().any():
        return None
    columns = (
        "dataset", "contrast", "levels", "n_case", "n_control", "g", "g_low", "g_high", "p_value", "p_smallest",
        "audit", "note",
    )  # fmt: skip
    shown = _format.known(rows, columns)
    behind = _html.table("forest-table", tr("Difference of fate_bias in every data set"), rows, shown)
    each = "; ".join(f"{row['dataset']} {_format.number(row['g'])}" for row in records(rows))
    alt = tr("Forest plot of Hedges' g of fate_bias: {each}.").format(each=each)
    return _html.figure(
        "forest-chart", tr("The difference, data set by data set"), pl.forest(rows, meta), alt,
        caption=_forest_caption(rows, meta), behind=behind,
    )  # fmt: skip


def _forest_caption(rows: pd.DataFrame, meta: pd.DataFrame) -> str:
    """Explain the symbols that the forest plot has."""
    said = [tr("With 95 % intervals, in units of the spread between donors; below each name, the donors.")]
    drawn = rows[pd.to_numeric(rows["g"]).notna()]
    warned = [audit.startswith(_words.WARNING) for audit in _format.texts(drawn, "audit")]
    if not all(warned):
        said.append(tr("Square: one data set."))
    if any(warned):
        said.append(
            tr("Hollow circle: the groups cannot be separated from another field, so by default it is not pooled.")
        )
    if (pd.to_numeric(_words.rows_of(meta, measure=col.FATE_BIAS).get("k", pd.Series(dtype=float))) >= 2).any():
        said.append(
            tr(
                "Diamond: pooled; the wide band is the interval in which a new data set's result is expected "
                "(it may run out of the picture: the numbers are below)."
            )
        )
    return _format.sentences(*said)


def heatmap(contrasts: pd.DataFrame) -> _html.Figure | None:
    """Draw every measure in every data set; nothing where no disease contrast was made."""
    rows = _words.rows_of(contrasts, kind=_words.DISEASE)
    if not len(rows):
        return None
    columns = ("dataset", "contrast", "measure", "difference", "g", "p_value", "p_smallest", "padj", "audit")
    behind = _html.table("heatmap-table", tr("Every measure in every data set"), rows, columns)
    alt = tr("Heat map of Hedges' g: {n_measures} measures in {n_datasets} data sets.").format(
        n_measures=rows["measure"].nunique(), n_datasets=rows["dataset"].nunique()
    )
    caption = tr(
        "Purple: higher in case. Green: higher in control. * FDR below 0.05; colours stop at ±2. These are many looks "
        "at few donors: read the FDR."
    )
    if any(audit.startswith(_words.WARNING) for audit in _format.texts(rows, "audit")):
        caption += " " + tr("⚠: the groups cannot be separated from another field.")
    wide = f"{16 + 9 * len(rows.groupby(['dataset', 'contrast']))}rem"  # a few columns need no whole line
    return _html.figure(
        "heatmap-chart", tr("Every measure, data set by data set"), pl.heatmap(rows), alt,
        caption=caption, behind=behind, most=wide,
    )  # fmt: skip


def controls(rows: pd.DataFrame) -> _html.Figure:
    """Draw how well the index tells known fates apart; ``rows`` are contrasts with a known answer."""
    main = _words.rows_of(rows, measure=col.FATE_BIAS)
    columns = (
        "dataset", "contrast", "case", "control", "n_case", "n_control", "difference", "g", "auroc", "auroc_cells",
        "expected", "agreement", "p_value", "p_smallest", "audit", "note",
    )  # fmt: skip
    behind = _html.table("controls-table", tr("Contrasts with a known answer"), main, columns)
    each = "; ".join(f"{row['dataset']} {_format.auroc(row['auroc'])}" for row in records(main))
    alt = tr("AUROC of fate_bias in contrasts with a known fate: {each}.").format(each=each)
    caption = tr(
        "Point: over donors (none with one donor against one); hollow where the groups cannot be separated from "
        "another field. Hollow diamond: over cells. Where a shift towards bone (+) is expected a perfect index reaches "
        "1, where one towards fat (-) is, 0; 0.5 is guessing."
    )
    return _html.figure(
        "controls-chart", tr("Does the index find known fates?"), pl.controls(rows), alt, caption=caption,
        behind=behind,
    )  # fmt: skip

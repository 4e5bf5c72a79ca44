"""The map of the cells on a single-cell data set's page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fatescore import pl
from fatescore._language import mark, tr
from fatescore.report import _format, _html
from fatescore.report.tables import DatasetTables, facts, sides
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFailReason, Status

STEP = "embed"
# What a reader asks of the map, in this order: where is bone, what are these cells, is it one donor, is it depth?
_COLOURS = {
    col.FATE_BIAS: mark("By fate bias"),
    col.CELL_TYPE: mark("By cell type"),
    col.CONDITION: mark("By condition"),
    col.DONOR: mark("By donor"),
    col.TOTAL_COUNTS: mark("By depth (counts)"),
}


def cell_map(tables: DatasetTables) -> dict[str, Any] | None:
    """Return the maps of the cells and their words; nothing where the data are not single cells.

    Parameters
    ----------
    tables
        With ``embedding`` (``EMBEDDING.names``) and ``scores``.

    Returns
    -------
    ``figures`` (one per colour that varies), ``said``, and the ``table`` of cells behind them.
    """
    if facts(tables.statuses, "ingest").get("assay") != "single_cell" or not len(tables.scores):
        return None
    if not len(tables.embedding):
        return {"figures": [], "table": None, "said": _why_none(tables)}
    index = tables.scores[[col.OBS_NAME, col.FATE_BIAS]]
    cells = tables.embedding.merge(index, on=col.OBS_NAME, how="left", validate="one_to_one")
    case, control = sides(tables.contrasts)
    figures = []
    for column, title in _COLOURS.items():
        values = cells[column].dropna()
        if len(values) and (values != values.iloc[0]).any():
            alt = tr("Map of {n} cells (UMAP), coloured {how}.").format(n=f"{len(cells):,}", how=_lower(tr(title)))
            chart = pl.embedding(cells, column, case=case, control=control)
            figures.append(_html.figure(f"map-{column}", tr(title), chart, alt, most="30rem"))
    good = (
        tables.qc_cells[col.QC_FAIL_REASON].isin(["", QcFailReason.NOT_STROMAL]).sum()
        if len(tables.qc_cells)
        else len(cells)
    )
    return {"figures": figures, "table": _counts(cells), "said": _said(cells, int(good))}


def _said(cells: pd.DataFrame, good: int) -> str:
    scored = int(cells[col.FATE_BIAS].notna().sum())
    some = tr("Of {all} cells, {n} were drawn at random.").format(all=f"{good:,}", n=f"{len(cells):,}")
    said = tr(
        "{n} cells of good quality; {scored} of them are scored, the others are pale. Cells that lie close together "
        "express similar genes; distances between groups and the axes mean nothing. Donors were not aligned: where a "
        "donor's cells lie apart, that may be the person or the preparation."
    ).format(n=f"{len(cells):,}", scored=f"{scored:,}")
    return _format.sentences(some if len(cells) < good else "", said)


def _counts(cells: pd.DataFrame) -> _html.Table:
    scored = cells.assign(scored=cells[col.FATE_BIAS].notna())
    keys = [col.DONOR, col.CONDITION, col.CELL_TYPE]
    counted = scored.groupby(keys, observed=True, sort=True)["scored"].agg(cells="size", scored="sum")
    return _html.table("map-table", tr("Cells of every donor by type"), counted.reset_index())


def _why_none(tables: DatasetTables) -> str:
    reasons = [str(one["reason"]) for one in tables.statuses if one["step"] == STEP and one["status"] != Status.OK]
    if reasons:
        return tr("No map of the cells was drawn: {reason}.").format(reason=reasons[0].rstrip("."))
    return tr("No map of the cells was drawn: there are too few of them, or none was asked for.")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]

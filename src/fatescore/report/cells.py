"""The map of the cells on a single-cell data set's page."""

from __future__ import annotations

import pandas as pd

from fatescore import pl
from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.report import elements, formatting
from fatescore.report.elements import FigureGrid, Section
from fatescore.report.sentences import reason_text
from fatescore.report.tables import DatasetTables, facts, sides
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFailReason, Status

STEP = "embed"
# What a reader asks of the map, in this order: where is bone, what are these cells, is it one donor, is it depth?
_COLOURS = {
    col.FATE_BIAS: gettext_noop("By fate bias"),
    col.CELL_TYPE: gettext_noop("By cell type"),
    col.CONDITION: gettext_noop("By condition"),
    col.DONOR: gettext_noop("By donor"),
    col.TOTAL_COUNTS: gettext_noop("By depth (counts)"),
}


def cell_map(tables: DatasetTables) -> Section | None:
    """Return the section with the maps of the cells; nothing where the data are not single cells.

    Parameters
    ----------
    tables
        With ``embedding`` (``EMBEDDING.names``) and ``scores``.

    Returns
    -------
    One map per colour that varies, and the table of cells behind them.
    """
    if facts(tables.statuses, "ingest").get("assay") != "single_cell" or not len(tables.scores):
        return None
    title = _("Map of the cells")
    if not len(tables.embedding):
        return elements.section("cells", title, [_why_none(tables)], title)
    index = tables.scores[[col.OBS_NAME, col.FATE_BIAS]]
    cells = tables.embedding.merge(index, on=col.OBS_NAME, how="left", validate="one_to_one")
    case, control = sides(tables.contrasts)
    figures = []
    for column, how in _COLOURS.items():
        values = cells[column].dropna()
        if len(values) and (values != values.iloc[0]).any():
            alt = _("Map of {n} cells (UMAP), coloured {how}.").format(n=f"{len(cells):,}", how=_lower(_(how)))
            chart = pl.embedding(cells, column, case=case, control=control)
            figures.append(elements.figure(f"map-{column}", _(how), chart, alt, most="30rem"))
    good = (
        tables.qc_cells[col.QC_FAIL_REASON].isin(["", QcFailReason.NOT_STROMAL]).sum()
        if len(tables.qc_cells)
        else len(cells)
    )
    parts = [
        _caption(cells, int(good)),
        FigureGrid(figures, kind="maps"),
        elements.details(_("The numbers behind these maps"), _counts(cells)),
    ]
    return elements.section("cells", title, parts, title)


def _caption(cells: pd.DataFrame, good: int) -> str:
    scored = int(cells[col.FATE_BIAS].notna().sum())
    some = _("Of {all} cells, {n} were drawn at random.").format(all=f"{good:,}", n=f"{len(cells):,}")
    text = _(
        "{n} cells of good quality; {scored} of them are scored, the others are pale. Cells that lie close together "
        "express similar genes; distances between groups and the axes mean nothing. Donors were not aligned: where a "
        "donor's cells lie apart, that may be the person or the preparation."
    ).format(n=f"{len(cells):,}", scored=f"{scored:,}")
    return formatting.sentences(some if len(cells) < good else "", text)


def _counts(cells: pd.DataFrame) -> elements.Table:
    scored = cells.assign(scored=cells[col.FATE_BIAS].notna())
    keys = [col.DONOR, col.CONDITION, col.CELL_TYPE]
    counted = scored.groupby(keys, observed=True, sort=True)["scored"].agg(cells="size", scored="sum")
    return elements.table("map-table", _("Cells of every donor by type"), counted.reset_index())


def _why_none(tables: DatasetTables) -> str:
    reasons = [reason_text(one.reason) for one in tables.statuses if one.step == STEP and one.status != Status.OK]
    if reasons:
        return _("No map of the cells was drawn: {reason}.").format(reason=reasons[0].rstrip("."))
    return _("No map of the cells was drawn: there are too few of them, or none was asked for.")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]

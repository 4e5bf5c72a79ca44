"""The map of the cells of a data set (UMAP), coloured by one of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.i18n import gettext as _
from fatescore.pl import _encoding, _palette, _raster
from fatescore.pl.labels import code_label, label
from fatescore.tables import columns as col

FEW = 400
_CODED: dict[str, Mapping[str, str]] = {col.CELL_TYPE: _palette.CELL_TYPES, col.FATE_CALL: _palette.CALLS}


def embedding(
    cells: pd.DataFrame, colour: str = col.FATE_BIAS, *, title: str = "", case: str = "", control: str = ""
) -> Any:
    """Draw the cells where UMAP put them.

    Parameters
    ----------
    cells
        Rows of ``embedding.parquet`` with the column to colour by: ``umap_1``, ``umap_2`` and, for tooltips,
        ``obs_name``, ``sample``, ``donor``, ``condition``. Up to 400 cells are drawn as points (a page has
        five such maps), more as one picture.
    colour
        A column. ``fate_bias`` goes from fat through grey (the median of these cells, which is no border) to bone, as
        far on both sides; ``total_counts`` is logarithmic; other numbers go from low to high. Numbers are clipped at
        the 1st and the 99th percentile. Text has a colour for each value; past eight without a colour of their own
        the colours come round again.
    title
        Stands over the chart.
    case, control
        The conditions that have fixed colours.

    Returns
    -------
    altair.LayerChart
        Cells without a value lie behind, pale grey. There are no axes, because the units of UMAP mean nothing.

    Raises
    ------
    InputError
        When there is no such column.

    Examples
    --------
    >>> cells = pd.DataFrame({"obs_name": ["a", "b"], "umap_1": [0.0, 1.0], "umap_2": [0.0, 1.0],
    ...                       "fate_bias": [-0.2, 0.1]})
    >>> embedding(cells).to_dict()["layer"][0]["mark"]["type"]
    'point'
    """
    import altair as alt

    if colour not in cells:
        raise InputError(f'the cells have no column "{colour}"', fix=nearest(colour, cells.columns))
    data = _rows(cells, colour)
    limits = _encoding.padded(data[["x", "y"]], share=0.03)
    axis = {"type": "quantitative", "axis": None, "scale": alt.Scale(domain=limits, nice=False)}
    axes = {"x": axis, "y": axis}
    heading = label(colour)
    if pd.api.types.is_numeric_dtype(data["value"]):
        bias = colour == col.FATE_BIAS
        scale_title = _("{measure} (grey: median of these cells)").format(measure=heading) if bias else heading
        colours = _palette.of_numbers(data["value"], scale_title, about_median=bias, logged=colour == col.TOTAL_COUNTS)
    else:
        own = {case: _palette.CASE, control: _palette.CONTROL} if colour == col.CONDITION else {}
        known = {code_label(name): one for name, one in _CODED[colour].items()} if colour in _CODED else own
        colours = _palette.of_names(data["value"], heading, known)
    few = len(data) <= FEW
    layers = _as_points(data, axes, colours, heading) if few else _as_cloud(data, axes, colours, limits)
    chart = alt.layer(*layers).properties(width="container", height=380)
    return chart.properties(title=title) if title else chart


def _rows(cells: pd.DataFrame, colour: str) -> pd.DataFrame:
    """Return the cells that have a place, around the middle of all, so that both axes have the same limits."""
    names = (col.OBS_NAME, col.SAMPLE, col.DONOR, col.CONDITION)
    data = pd.DataFrame({name: _encoding.text_column(cells, name) for name in names})
    for name, key in (("x", col.UMAP_1), ("y", col.UMAP_2)):
        place = _encoding.number_column(cells, key)
        data[name] = (place - (place.min() + place.max()) / 2).round(4)
    if pd.api.types.is_numeric_dtype(cells[colour]):
        data["value"] = _encoding.number_column(cells, colour)
    else:
        text = _encoding.text_column(cells, colour)
        data["value"] = text.map(code_label) if colour in _CODED else text
    return data[data[["x", "y"]].notna().all(axis=1)].reset_index(drop=True)


def _as_points(data: pd.DataFrame, axes: dict[str, Any], colours: _palette.Colours, heading: str) -> list[Any]:
    import altair as alt

    if colours.kind == "quantitative":
        value = _encoding.quantitative("value", heading, _encoding.digits(data["value"]))
    else:
        value = _encoding.nominal("value", heading)
    tooltip = _encoding.tooltip(
        data,
        _encoding.nominal(col.OBS_NAME, _("cell")),
        _encoding.nominal(col.SAMPLE, _("sample")),
        _encoding.nominal(col.DONOR, _("donor")),
        _encoding.nominal(col.CONDITION, _("condition")),
        value,
    )
    there = "isValid(datum.value) && datum.value !== ''"
    place = {"x": alt.X(field="x", **axes["x"]), "y": alt.Y(field="y", **axes["y"]), "tooltip": tooltip}
    base = alt.Chart(data)
    behind = base.transform_filter(f"!({there})").mark_point(
        filled=True, size=22, opacity=_palette.FAINT, color=_palette.NEUTRAL
    )
    colour = alt.Color(field="value", type=colours.kind, scale=colours.scale, legend=colours.legend)
    shown = base.transform_filter(there).mark_point(filled=True, size=22, opacity=0.9)
    return [behind.encode(**place), shown.encode(color=colour, **place)]


def _as_cloud(data: pd.DataFrame, axes: dict[str, Any], colours: _palette.Colours, limits: list[float]) -> list[Any]:
    import altair as alt

    picture = _raster.picture(data["x"], data["y"], colours.of_dots, limits)
    table, row = _raster.counted(data["x"], data["y"], limits)
    if colours.kind == "quantitative":
        table["value"] = data["value"].groupby(row).mean()
        line = _encoding.quantitative("value", _("mean here"), _encoding.digits(table["value"]))
    else:
        table["value"] = _raster.most_common(row, data["value"], sorted(set(data["value"])))
        line = _encoding.nominal("value", _("most common here"))
    colour = alt.Color(field="value", type=colours.kind, scale=colours.scale, legend=colours.legend)
    tooltip = [_encoding.quantitative("cells", _("cells here"), ",d"), line]
    return [picture, _raster.bins(table, axes, limits, color=colour, tooltip=tooltip)]

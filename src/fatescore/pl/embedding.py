"""The map of the cells of a data set (UMAP), coloured by one of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore._language import mark, tr
from fatescore._written import written
from fatescore.errors import InputError, nearest
from fatescore.pl import _cloud, _colours, _palette, _parts
from fatescore.tables import columns as col

FEW = 400
_LABELS = {
    col.CELL_TYPE: mark("cell type"),
    col.FATE_CALL: mark("call"),
    col.DONOR: mark("donor"),
    col.SAMPLE: mark("sample"),
    col.CONDITION: mark("condition"),
    col.TOTAL_COUNTS: mark("counts"),
}
_WRITTEN: dict[str, Mapping[str, str]] = {col.CELL_TYPE: _palette.CELL_TYPES, col.FATE_CALL: _palette.CALLS}


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
    limits = _parts.padded(data[["x", "y"]], share=0.03)
    axis = {"type": "quantitative", "axis": None, "scale": alt.Scale(domain=limits, nice=False)}
    axes = {"x": axis, "y": axis}
    label = tr(_LABELS.get(colour, "")) or colour
    if pd.api.types.is_numeric_dtype(data["value"]):
        bias = colour == col.FATE_BIAS
        heading = tr("{measure} (grey: median of these cells)").format(measure=label) if bias else label
        colours = _colours.of_numbers(data["value"], heading, about_median=bias, logged=colour == col.TOTAL_COUNTS)
    else:
        own = {case: _palette.CASE, control: _palette.CONTROL} if colour == col.CONDITION else {}
        known = {written(name): one for name, one in _WRITTEN[colour].items()} if colour in _WRITTEN else own
        colours = _colours.of_names(data["value"], label, known)
    few = len(data) <= FEW
    layers = _as_points(data, axes, colours, label) if few else _as_cloud(data, axes, colours, limits)
    chart = alt.layer(*layers).properties(width="container", height=380)
    return chart.properties(title=title) if title else chart


def _rows(cells: pd.DataFrame, colour: str) -> pd.DataFrame:
    """Return the cells that have a place, around the middle of all, so that both axes have the same limits."""
    names = (col.OBS_NAME, col.SAMPLE, col.DONOR, col.CONDITION)
    data = pd.DataFrame({name: _parts.text_column(cells, name) for name in names})
    for name, key in (("x", col.UMAP_1), ("y", col.UMAP_2)):
        place = _parts.number_column(cells, key)
        data[name] = (place - (place.min() + place.max()) / 2).round(4)
    if pd.api.types.is_numeric_dtype(cells[colour]):
        data["value"] = _parts.number_column(cells, colour)
    else:
        text = _parts.text_column(cells, colour)
        data["value"] = text.map(written) if colour in _WRITTEN else text
    return data[data[["x", "y"]].notna().all(axis=1)].reset_index(drop=True)


def _as_points(data: pd.DataFrame, axes: dict[str, Any], colours: _colours.Colours, label: str) -> list[Any]:
    import altair as alt

    number = colours.kind == "quantitative"
    tooltip = _parts.tooltip(
        data,
        _parts.nominal(col.OBS_NAME, tr("cell")),
        _parts.nominal(col.SAMPLE, tr("sample")),
        _parts.nominal(col.DONOR, tr("donor")),
        _parts.nominal(col.CONDITION, tr("condition")),
        _parts.quantitative("value", label, _parts.digits(data["value"])) if number else _parts.nominal("value", label),
    )
    there = "isValid(datum.value) && datum.value !== ''"
    place = {"x": alt.X(field="x", **axes["x"]), "y": alt.Y(field="y", **axes["y"]), "tooltip": tooltip}
    base = alt.Chart(data)
    behind = base.transform_filter(f"!({there})").mark_point(
        filled=True, size=22, opacity=_colours.FAINT, color=_palette.NEUTRAL
    )
    colour = alt.Color(field="value", type=colours.kind, scale=colours.scale, legend=colours.legend)
    shown = base.transform_filter(there).mark_point(filled=True, size=22, opacity=0.9)
    return [behind.encode(**place), shown.encode(color=colour, **place)]


def _as_cloud(data: pd.DataFrame, axes: dict[str, Any], colours: _colours.Colours, limits: list[float]) -> list[Any]:
    import altair as alt

    picture = _cloud.picture(data["x"], data["y"], colours.of_dots, limits)
    table, row = _cloud.counted(data["x"], data["y"], limits)
    if colours.kind == "quantitative":
        table["value"] = data["value"].groupby(row).mean()
        line = _parts.quantitative("value", tr("mean here"), _parts.digits(table["value"]))
    else:
        table["value"] = _cloud.most_common(row, data["value"], sorted(set(data["value"])))
        line = _parts.nominal("value", tr("most common here"))
    colour = alt.Color(field="value", type=colours.kind, scale=colours.scale, legend=colours.legend)
    tooltip = [_parts.quantitative("cells", tr("cells here"), ",d"), line]
    return [picture, _cloud.bins(table, axes, limits, color=colour, tooltip=tooltip)]

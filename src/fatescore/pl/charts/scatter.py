"""Scatter plots of cells or samples: the two arms of the index against each other, and the map of the cells (UMAP)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from fatescore._extras import altair as alt
from fatescore.errors import InputError, nearest
from fatescore.i18n import gettext as _
from fatescore.pl import _palette
from fatescore.pl.charts import _colours, _encoding, _raster
from fatescore.pl.labels import code_label, label
from fatescore.tables import columns as col
from fatescore.tables.codes import FateCall

FEW = 100  # observations whose outlines can be distinguished
MOST_ON_MAP = 400  # cells of a map that are drawn as points
_CODED: dict[str, Mapping[str, str]] = {col.CELL_TYPE: _palette.CELL_TYPES, col.FATE_CALL: _palette.CALLS}


def arms_scatter(scores: pd.DataFrame, *, case: str = "", control: str = "") -> Any:
    """Draw the osteogenic (bone) score against the adipogenic (fat) score, coloured by call.

    Parameters
    ----------
    scores
        Rows of ``scores.parquet`` or ``sample_scores.tsv``: cells or samples. Up to 1,500 are drawn as points; more
        as one picture, in which rarer calls lie over more common ones.
    case, control
        The two conditions of the contrast; with them up to 100 observations have outlines in the colour of their
        condition.

    Returns
    -------
    altair.LayerChart
        Both axes share one scale. No line parts bone from fat; the call does not follow one.

    Examples
    --------
    >>> table = pd.DataFrame({"obs_name": ["a", "b"], "osteogenic": [0.4, 0.2], "adipogenic": [0.1, 0.3],
    ...                       "fate_call": ["osteogenic", "adipogenic"]})
    >>> arms_scatter(table).to_dict()["layer"][0]["mark"]["type"]
    'point'
    """
    name = col.OBS_NAME if col.OBS_NAME in scores else col.SAMPLE
    names = {"name": name, "condition": col.CONDITION, "call": col.FATE_CALL}
    data = _encoding.select(scores, names, [col.ADIPOGENIC, col.OSTEOGENIC]).dropna()
    limits = _encoding.padded(data[["adipogenic", "osteogenic"]])
    axes = {
        "x": _encoding.axis(limits, _("adipogenic (fat) →")),
        "y": _encoding.axis(limits, _("osteogenic (bone) →")),
    }
    calls = [call for call in tuple(FateCall) if (data["call"] == call).any()]
    colours = {code_label(call): _palette.CALLS[call] for call in calls}
    colour = _encoding.by_name(alt.Color, "call", colours, alt.Legend(title=None, columns=3, symbolOpacity=1))
    if len(data) <= _raster.MOST_POINTS:
        outline = _outline(data["condition"], case, control) if case and len(data) <= FEW else {}
        drawn = [_as_points(data, axes, colour, calls, outline)]
    else:
        drawn = _as_cloud(data, axes, colour, limits)
    return alt.layer(*drawn).properties(width="container", height=380)


def _outline(conditions: pd.Series, case: str, control: str) -> dict[str, Any]:
    """Return the channel of outlines by condition; a ring in the legend, because the fill is that of the call."""
    names = [name for name in (case, control) if name in set(conditions)]
    names += sorted(set(conditions) - {case, control})
    colours = _palette.condition_colours(names, case=case, control=control)
    legend = alt.Legend(
        title=_("outline"), orient="bottom", columns=2, symbolType="circle", symbolFillColor="transparent",
        symbolStrokeWidth=2.5,
    )  # fmt: skip
    return {"stroke": _encoding.by_name(alt.Stroke, "condition", colours, legend)}


def _as_points(
    data: pd.DataFrame, axes: dict[str, Any], colour: Any, calls: Sequence[str], outline: dict[str, Any]
) -> Any:
    few = len(data) <= FEW
    shapes = {code_label(call): _palette.CALL_SHAPES[call] for call in calls}
    return (
        alt.Chart(data.round({"adipogenic": 5, "osteogenic": 5}).assign(call=data["call"].map(code_label)))
        .mark_point(
            filled=True,
            size=140 if outline else 70 if few else 30,
            opacity=0.9 if few else 0.6,
            strokeWidth=2.5 if outline else 0,
        )
        .encode(
            x=alt.X(field="adipogenic", **axes["x"]),
            y=alt.Y(field="osteogenic", **axes["y"]),
            color=colour,
            **outline,
            shape=_encoding.by_name(alt.Shape, "call", shapes, colour["legend"]),
            tooltip=_encoding.tooltip(
                data,
                _encoding.nominal("name", _("name")),
                _encoding.nominal("condition", _("condition")),
                _encoding.nominal("call", _("call")),
                _encoding.quantitative("osteogenic", _("osteogenic")),
                _encoding.quantitative("adipogenic", _("adipogenic")),
            ),
        )
    )


def _as_cloud(data: pd.DataFrame, axes: dict[str, Any], colour: Any, limits: list[float]) -> list[Any]:
    call, x, y = data["call"], data["adipogenic"], data["osteogenic"]
    picture = _raster.picture(
        x, y, call.map(_palette.CALLS).fillna(_palette.NOT_SCORABLE).tolist(), limits,
        rank=-call.map(call.value_counts()),
    )  # fmt: skip
    table, row = _raster.counted(x, y, limits)
    table["call"] = _raster.most_common(row, call, tuple(FateCall)).map(code_label)
    tooltip = [
        _encoding.nominal("call", _("most common call")),
        _encoding.quantitative("cells", _("cells here"), ",d"),
        _encoding.quantitative("y", _("osteogenic from")),
        _encoding.quantitative("x", _("adipogenic from")),
    ]
    return [picture, _raster.bins(table, axes, limits, color=colour, tooltip=tooltip)]


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
    if colour not in cells:
        raise InputError(f'the cells have no column "{colour}"', fix=nearest(colour, cells.columns))
    data = _cells(cells, colour)
    limits = _encoding.padded(data[["x", "y"]], share=0.03)
    axis = {"type": "quantitative", "axis": None, "scale": alt.Scale(domain=limits, nice=False)}
    axes = {"x": axis, "y": axis}
    heading = label(colour)
    if pd.api.types.is_numeric_dtype(data["value"]):
        bias = colour == col.FATE_BIAS
        scale_title = _("{measure} (grey: median of these cells)").format(measure=heading) if bias else heading
        colours = _colours.of_numbers(data["value"], scale_title, about_median=bias, logged=colour == col.TOTAL_COUNTS)
    else:
        own = {case: _palette.CASE, control: _palette.CONTROL} if colour == col.CONDITION else {}
        known = {code_label(name): one for name, one in _CODED[colour].items()} if colour in _CODED else own
        colours = _colours.of_names(data["value"], heading, known)
    few = len(data) <= MOST_ON_MAP
    layers = _map_points(data, axes, colours, heading) if few else _map_cloud(data, axes, colours, limits)
    chart = alt.layer(*layers).properties(width="container", height=380)
    return chart.properties(title=title) if title else chart


def _cells(cells: pd.DataFrame, colour: str) -> pd.DataFrame:
    """Return the cells that have a place, around the middle of all, so that both axes have the same limits."""
    data = _encoding.select(cells, [col.OBS_NAME, col.SAMPLE, col.DONOR, col.CONDITION])
    for name, key in (("x", col.UMAP_1), ("y", col.UMAP_2)):
        place = _encoding.number_column(cells, key)
        data[name] = (place - (place.min() + place.max()) / 2).round(4)
    if pd.api.types.is_numeric_dtype(cells[colour]):
        data["value"] = _encoding.number_column(cells, colour)
    else:
        text = _encoding.text_column(cells, colour)
        data["value"] = text.map(code_label) if colour in _CODED else text
    return data[data[["x", "y"]].notna().all(axis=1)].reset_index(drop=True)


def _map_points(data: pd.DataFrame, axes: dict[str, Any], colours: _colours.Colours, heading: str) -> list[Any]:
    if pd.api.types.is_numeric_dtype(data["value"]):
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
        filled=True, size=22, opacity=_colours.FAINT, color=_palette.NEUTRAL
    )
    shown = base.transform_filter(there).mark_point(filled=True, size=22, opacity=0.9)
    return [behind.encode(**place), shown.encode(color=colours.channel, **place)]


def _map_cloud(data: pd.DataFrame, axes: dict[str, Any], colours: _colours.Colours, limits: list[float]) -> list[Any]:
    picture = _raster.picture(data["x"], data["y"], colours.of_dots, limits)
    table, row = _raster.counted(data["x"], data["y"], limits)
    if pd.api.types.is_numeric_dtype(data["value"]):
        table["value"] = data["value"].groupby(row).mean()
        line = _encoding.quantitative("value", _("mean here"), _encoding.digits(table["value"]))
    else:
        table["value"] = _raster.most_common(row, data["value"], sorted(set(data["value"])))
        line = _encoding.nominal("value", _("most common here"))
    tooltip = [_encoding.quantitative("cells", _("cells here"), ",d"), line]
    return [picture, _raster.bins(table, axes, limits, color=colours.channel, tooltip=tooltip)]

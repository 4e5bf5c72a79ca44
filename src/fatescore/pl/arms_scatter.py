"""The two arms of the index against each other, coloured by call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.pl import _encoding, _palette, _raster
from fatescore.pl.labels import code_label
from fatescore.tables import columns as col
from fatescore.tables.codes import FateCall

FEW = 100  # observations whose outlines can be distinguished


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
        Both axes share one scale; on the dashed diagonal both programmes are equally strong.

    Examples
    --------
    >>> table = pd.DataFrame({"obs_name": ["a", "b"], "osteogenic": [0.4, 0.2], "adipogenic": [0.1, 0.3],
    ...                       "fate_call": ["osteogenic", "adipogenic"]})
    >>> arms_scatter(table).to_dict()["layer"][1]["mark"]["type"]
    'point'
    """
    import altair as alt

    data = pd.DataFrame({
        "name": _encoding.text_column(scores, col.OBS_NAME if col.OBS_NAME in scores else col.SAMPLE),
        "condition": _encoding.text_column(scores, col.CONDITION),
        "adipogenic": _encoding.number_column(scores, col.ADIPOGENIC),
        "osteogenic": _encoding.number_column(scores, col.OSTEOGENIC),
        "call": _encoding.text_column(scores, col.FATE_CALL),
    })  # fmt: skip
    data = data[data[["adipogenic", "osteogenic"]].notna().all(axis=1)]
    limits = _encoding.padded(data[["adipogenic", "osteogenic"]])
    shared = {"type": "quantitative", "scale": alt.Scale(domain=limits, nice=False)}
    axes = {
        "x": {**shared, "axis": alt.Axis(title=_("adipogenic (fat) →"), grid=True, tickCount=6)},
        "y": {**shared, "axis": alt.Axis(title=_("osteogenic (bone) →"), grid=True, tickCount=6)},
    }
    calls = [call for call in tuple(FateCall) if (data["call"] == call).any()]
    legend = alt.Legend(title=None, columns=3, symbolOpacity=1)
    colour = alt.Color(
        field="call",
        type="nominal",
        scale=alt.Scale(domain=[code_label(call) for call in calls], range=[_palette.CALLS[call] for call in calls]),
        legend=legend,
    )
    line = pd.DataFrame({"from": [limits[0]], "to": [limits[1]]})
    diagonal = (
        alt.Chart(line)
        .mark_rule(strokeDash=[4, 3])
        .encode(x=alt.X(field="from", **axes["x"]), y=alt.Y(field="from", **axes["y"]), x2="to", y2="to")
    )
    if len(data) <= _raster.MOST_POINTS:
        outline = _outline(data["condition"], case, control) if case and len(data) <= FEW else {}
        drawn = [_as_points(data, axes, colour, calls, outline)]
    else:
        drawn = _as_cloud(data, axes, colour, limits)
    return alt.layer(diagonal, *drawn).properties(width="container", height=380)


def _outline(conditions: pd.Series, case: str, control: str) -> dict[str, Any]:
    """Return the channel of outlines by condition; a ring in the legend, because the fill is that of the call."""
    import altair as alt

    names = [name for name in (case, control) if name in set(conditions)]
    names += sorted(set(conditions) - {case, control})
    colours = _palette.condition_colours(names, case=case, control=control)
    legend = alt.Legend(
        title=_("outline"), orient="bottom", columns=2, symbolType="circle", symbolFillColor="transparent",
        symbolStrokeWidth=2.5,
    )  # fmt: skip
    scale = alt.Scale(domain=names, range=list(colours.values()))
    return {"stroke": alt.Stroke(field="condition", type="nominal", scale=scale, legend=legend)}


def _as_points(
    data: pd.DataFrame, axes: dict[str, Any], colour: Any, calls: Sequence[str], outline: dict[str, Any]
) -> Any:
    import altair as alt

    few = len(data) <= FEW
    shapes = alt.Scale(
        domain=[code_label(call) for call in calls], range=[_palette.CALL_SHAPES[call] for call in calls]
    )
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
            shape=alt.Shape(field="call", type="nominal", scale=shapes, legend=colour["legend"]),
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

"""The osteogenic against adipogenic plane with its calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fatescore import _keys
from fatescore.pl import _palette, _parts

MOST_POINTS = 1500
BINS = 56


def plane(scores: pd.DataFrame) -> Any:
    """Draw the osteogenic (bone) score against the adipogenic (fat) score, coloured by call.

    Parameters
    ----------
    scores
        Rows of ``scores.parquet`` or ``sample_scores.tsv``: cells or samples. Up to 1,500 are drawn as points; more
        are binned on a grid of 56 x 56, each bin in the colour of its most common call and darker with more cells.

    Returns
    -------
    altair.LayerChart
        Both axes share one scale; on the dashed diagonal both programmes are equally strong.

    Examples
    --------
    >>> table = pd.DataFrame({"obs_name": ["a", "b"], "osteogenic": [0.4, 0.2], "adipogenic": [0.1, 0.3],
    ...                       "fate_call": ["osteogenic", "adipogenic"]})
    >>> plane(table).to_dict()["layer"][1]["mark"]["type"]
    'point'
    """
    import altair as alt

    data = pd.DataFrame({
        "name": _parts.text_column(scores, _keys.OBS_NAME if _keys.OBS_NAME in scores else _keys.SAMPLE),
        "condition": _parts.text_column(scores, _keys.CONDITION),
        "adipogenic": _parts.number_column(scores, _keys.ADIPOGENIC),
        "osteogenic": _parts.number_column(scores, _keys.OSTEOGENIC),
        "call": _parts.text_column(scores, _keys.FATE_CALL),
    })  # fmt: skip
    data = data[data[["adipogenic", "osteogenic"]].notna().all(axis=1)]
    limits = _parts.padded(data[["adipogenic", "osteogenic"]])
    shared = {"type": "quantitative", "scale": alt.Scale(domain=limits, nice=False)}
    axes = {
        "x": {**shared, "axis": alt.Axis(title="adipogenic (fat) →", grid=True, tickCount=6)},
        "y": {**shared, "axis": alt.Axis(title="osteogenic (bone) →", grid=True, tickCount=6)},
    }
    calls = [call for call in _keys.FATE_CALLS if (data["call"] == call).any()]
    legend = alt.Legend(title=None, columns=3)
    colour = alt.Color(
        field="call",
        type="nominal",
        scale=alt.Scale(domain=calls, range=[_palette.CALLS[call] for call in calls]),
        legend=legend,
    )
    line = pd.DataFrame({"from": [limits[0]], "to": [limits[1]]})
    diagonal = (
        alt.Chart(line)
        .mark_rule(strokeDash=[4, 3])
        .encode(x=alt.X(field="from", **axes["x"]), y=alt.Y(field="from", **axes["y"]), x2="to", y2="to")
    )
    drawn = _as_points(data, axes, colour, calls) if len(data) <= MOST_POINTS else _as_bins(data, axes, colour, limits)
    return alt.layer(diagonal, drawn).properties(width="container", height=380)


def _as_points(data: pd.DataFrame, axes: dict[str, Any], colour: Any, calls: list[str]) -> Any:
    import altair as alt

    shapes = alt.Scale(domain=calls, range=[_palette.CALL_SHAPES[call] for call in calls])
    return (
        alt.Chart(data.round({"adipogenic": 5, "osteogenic": 5}))
        .mark_point(filled=True, size=70 if len(data) < 100 else 30, opacity=0.9 if len(data) < 100 else 0.6)
        .encode(
            x=alt.X(field="adipogenic", **axes["x"]),
            y=alt.Y(field="osteogenic", **axes["y"]),
            color=colour,
            shape=alt.Shape(field="call", type="nominal", scale=shapes, legend=alt.Legend(title=None, columns=3)),
            tooltip=[
                _parts.nominal("name", "name"),
                _parts.nominal("condition", "condition"),
                _parts.nominal("call", "call"),
                _parts.quantitative("osteogenic", "osteogenic"),
                _parts.quantitative("adipogenic", "adipogenic"),
            ],
        )
    )


def _as_bins(data: pd.DataFrame, axes: dict[str, Any], colour: Any, limits: list[float]) -> Any:
    import altair as alt

    table = _binned(data, limits)
    return (
        alt.Chart(table)
        .mark_rect(strokeWidth=0)
        .encode(
            x=alt.X(field="x", **axes["x"]),
            x2="x2",
            y=alt.Y(field="y", **axes["y"]),
            y2="y2",
            color=colour,
            opacity=alt.Opacity(
                field="cells", type="quantitative", legend=None, scale=alt.Scale(type="log", range=[0.2, 1])
            ),
            tooltip=[
                _parts.nominal("call", "most common call"),
                _parts.quantitative("cells", "cells here", ",d"),
                _parts.quantitative("y", "osteogenic from"),
                _parts.quantitative("x", "adipogenic from"),
            ],
        )
    )


def _binned(data: pd.DataFrame, limits: list[float]) -> pd.DataFrame:
    """Count cells per bin and take the most common call of each (ties: the first in the order of calls)."""
    column, row = _parts.bin_2d(data["adipogenic"], data["osteogenic"], limits, BINS)
    order = {call: index for index, call in enumerate(_keys.FATE_CALLS)}
    frame = pd.DataFrame({"column": column, "row": row, "call": data["call"].to_numpy()})
    counts = frame.groupby(["column", "row", "call"], sort=True).size().rename("n").reset_index()
    counts["order"] = counts["call"].map(order).fillna(len(order))
    counts = counts.sort_values(["column", "row", "n", "order"], ascending=[True, True, False, True])
    total = counts.groupby(["column", "row"])["n"].sum().rename("cells")
    first = counts.drop_duplicates(["column", "row"]).merge(total.reset_index(), on=["column", "row"])
    edges = np.linspace(limits[0], limits[1], BINS + 1).round(5)
    return pd.DataFrame({
        "x": edges[first["column"]],
        "x2": edges[first["column"] + 1],
        "y": edges[first["row"]],
        "y2": edges[first["row"] + 1],
        "call": first["call"],
        "cells": first["cells"],
    })  # fmt: skip

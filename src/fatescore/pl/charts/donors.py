"""Donor plot: every sample a point in its donor's row, with the cells behind as a distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from fatescore._extras import altair as alt
from fatescore.i18n import gettext as _
from fatescore.pl import _palette
from fatescore.pl.charts import _encoding
from fatescore.tables import columns as col

BINS = 48  # a row; of many rows fewer
_INTERVALS = {"cells": (col.CELLS_LOW, col.CELLS_HIGH), "genes": (col.GENES_LOW, col.GENES_HIGH)}


def donors(
    sample_scores: pd.DataFrame,
    cells: pd.DataFrame | None = None,
    *,
    case: str = "",
    control: str = "",
    levels: Sequence[str] = (),
    measure: str = col.FATE_BIAS,
) -> Any:
    """Draw one row per donor and condition: points are samples, the bar behind is the distribution of its cells.

    Parameters
    ----------
    sample_scores
        Rows of ``sample_scores.tsv`` (identity columns and the measure).
    cells
        Rows of ``scores.parquet`` of a single-cell data set; binned before drawing, so the size of the chart does
        not depend on the number of cells.
    case, control
        The two conditions of the contrast; when given, other conditions are left out.
    levels
        Three or more conditions to show instead, in this order.
    measure
        Which column to draw.

    Returns
    -------
    altair.LayerChart
        For ``fate_bias`` the unit is the log2 rank ratio; higher is towards osteogenic (bone), and no line stands at
        zero, which is no border. A line through a point is its 95 % interval over cells, where the table has it.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": "A", "sample": ["s1", "s2"], "donor": ["d1", "d2"],
    ...                       "condition": ["op", "control"], "fate_bias": [-0.2, 0.1]})
    >>> len(donors(table, case="op", control="control").to_dict()["layer"])
    1
    """
    points = _points(sample_scores, measure, levels or [name for name in (control, case) if name])
    conditions = list(dict.fromkeys(points["condition"]))
    colours = _palette.condition_colours(conditions, case=case, control=control)
    bars = pd.DataFrame() if cells is None else _bars(cells, points, measure)
    ends = [bars["low"], bars["high"]] if len(bars) else []
    extent = np.concatenate([points[["value", "cells_low", "cells_high"]].to_numpy().ravel(), *ends])
    title = _("← fat · fate_bias · bone →") if measure == col.FATE_BIAS else measure
    x = _encoding.axis(_encoding.padded(extent), title)
    y = alt.Y(field="row", type="nominal", sort=points["row"].drop_duplicates().tolist(), title=None)
    colour = _encoding.by_name(alt.Color, "condition", colours, alt.Legend(title=None, symbolOpacity=1))
    layers = []
    if len(bars):
        layers.append(_band(bars, x, y, colour))
    if points["cells_low"].notna().any():
        interval = alt.Chart(points).transform_filter("isValid(datum.cells_low)").mark_rule(strokeWidth=3)
        layers.append(interval.encode(x=alt.X(field="cells_low", **x), x2="cells_high", y=y))
    layers.append(_dots(points, x, y, colour, case, measure))
    height = 26 * max(points["row"].nunique(), 1) + 10
    return alt.layer(*layers).properties(width="container", height=height)


def _band(bars: pd.DataFrame, x: dict[str, Any], y: Any, colour: Any) -> Any:
    """Draw the distribution of the cells of every row."""
    strength = alt.Scale(domain=[0, 1], range=[0.04, 0.75])
    return (
        alt.Chart(bars)
        .mark_rect(height=18)
        .encode(
            x=alt.X(field="low", **x),
            x2="high",
            y=y,
            color=colour,
            opacity=alt.Opacity(field="share", type="quantitative", legend=None, scale=strength),
            tooltip=[
                _encoding.nominal("row", _("donor")),
                _encoding.quantitative("low", _("from")),
                _encoding.quantitative("high", _("to")),
                _encoding.quantitative("cells", _("cells"), ",d"),
            ],
        )
    )


def _dots(points: pd.DataFrame, x: dict[str, Any], y: Any, colour: Any, case: str, measure: str) -> Any:
    """Draw every sample; the case has its own shape as well as its own colour."""
    shapes = {name: "diamond" if name == case else "circle" for name in points["condition"]}
    return (
        alt.Chart(points)
        .mark_point(size=130, filled=True, opacity=1, stroke="white", strokeWidth=1)
        .encode(
            x=alt.X(field="value", **x),
            y=y,
            color=colour,
            shape=_encoding.by_name(alt.Shape, "condition", shapes, colour["legend"]),
            tooltip=_encoding.tooltip(
                points,
                _encoding.nominal("donor", _("donor")),
                _encoding.nominal("sample", _("sample")),
                _encoding.nominal("condition", _("condition")),
                _encoding.quantitative("value", measure, ".4~g"),
                _encoding.nominal("cells_interval", _("95 % interval over cells")),
                _encoding.nominal("genes_interval", _("95 % interval over the choice of genes")),
            ),
        )
    )


def _points(table: pd.DataFrame, measure: str, wanted: Sequence[str]) -> pd.DataFrame:
    data = _encoding.select(table, col.IDENTITY, {"value": measure})
    for of, names in _INTERVALS.items():
        for end, name in zip(("low", "high"), names, strict=True):
            data[f"{of}_{end}"] = _encoding.number_column(table, name) if measure == col.FATE_BIAS else np.nan
        ends = zip(data[f"{of}_low"], data[f"{of}_high"], strict=True)
        data[f"{of}_interval"] = [f"{low:.3g}, {high:.3g}" if low == low else "" for low, high in ends]
    if wanted:
        data = data[data["condition"].isin(wanted)]
    rank = {name: index for index, name in enumerate(wanted)}
    data["rank"] = data["condition"].map(rank).fillna(len(rank))
    data = data.sort_values(["rank", "condition", "value", "sample"], kind="stable")
    # A row is named by its donor, and by the condition too where a donor is in several.
    several = data.groupby("donor")["condition"].transform("nunique") > 1
    data["row"] = data["donor"].where(~several, data["donor"] + " · " + data["condition"])
    return data.drop(columns="rank").reset_index(drop=True)


def _bars(cells: pd.DataFrame, points: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Bin the cells of every row; the darkest bin of a row is its most common value."""
    values = _encoding.number_column(cells, measure).to_numpy()
    kept = np.isfinite(values)
    if not kept.any():
        return pd.DataFrame()
    low, high = np.quantile(values[kept], [0.001, 0.999])
    bins = _encoding.bins_each(points["row"].nunique(), BINS)
    edges = np.linspace(low, high if high > low else low + 1.0, bins + 1)
    keys = ["donor", "condition"]
    frame = _encoding.select(cells, keys)[kept]
    frame["bin"] = np.clip(np.searchsorted(edges, values[kept], side="right") - 1, 0, bins - 1)
    counts = frame.groupby([*keys, "bin"], sort=True).size().rename("cells").reset_index()
    counts = counts.merge(points[[*keys, "row"]].drop_duplicates(), on=keys)
    counts["share"] = (counts["cells"] / counts.groupby("row")["cells"].transform("max")).round(4)
    counts["low"] = edges[counts["bin"]].round(5)
    counts["high"] = edges[counts["bin"] + 1].round(5)
    return pd.DataFrame(counts[["row", "condition", "low", "high", "cells", "share"]])

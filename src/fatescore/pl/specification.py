"""Specification curve: the same difference under every way of computing it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fatescore._language import mark, tr
from fatescore._written import written
from fatescore.errors import InputError
from fatescore.gene_sets import DEFAULT_INDEX
from fatescore.pl import _palette, _parts

METHOD = "rank_log"
_CELL_MEAN = "cell mean"
_DEFAULT = mark("the default")
_CHOICES = ("method", "index", "unit")
_ROW = 17


def specification(rows: pd.DataFrame, *, method: str = METHOD, index: str = DEFAULT_INDEX) -> Any:
    """Draw Hedges' g under every method, index and unit, from low to high.

    Parameters
    ----------
    rows
        Rows of one contrast of ``meta_specification.tsv`` (pooled: ``effect``, ``ci_low``, ``ci_high``), or of one
        data set and contrast of ``specification.tsv`` (``g``, ``g_low``, ``g_high``); those without a number are left
        out.
    method, index
        The default way, of samples or pseudobulks.

    Returns
    -------
    altair.LayerChart
        Unit: Hedges' g (standard deviations between donors) with its 95 % interval; positive is towards osteogenic
        (bone). The default way is a large diamond; all others have the colour and shape of their index.

    Raises
    ------
    InputError
        When a way of computing stands in several rows: they are of several contrasts or data sets.

    Examples
    --------
    >>> row = {"method": "rank_log", "index": "core", "unit": "sample", "g": -0.4, "g_low": -1.0, "g_high": 0.2}
    >>> specification(pd.DataFrame([row])).to_dict()["layer"][1]["mark"]["type"]
    'rule'
    """
    import altair as alt

    data = _rows(rows, method, index)
    x = {
        "type": "quantitative",
        "scale": alt.Scale(domain=_parts.padded(data[["low", "effect", "high"]], zero=True), nice=False),
        "axis": alt.Axis(title=tr("← fat · Hedges' g · bone →"), titleAnchor="end", tickCount=6, grid=True),
    }
    tooltip = _parts.tooltip(
        data,
        _parts.nominal("method", tr("method")),
        _parts.nominal("index", tr("index")),
        _parts.nominal("unit", tr("unit")),
        _parts.quantitative("effect", tr("Hedges' g")),
        _parts.quantitative("low", tr("95 % CI, low")),
        _parts.quantitative("high", tr("95 % CI, high")),
        _parts.quantitative("p_value", tr("p")),
        _parts.quantitative("k", tr("data sets"), "d"),
        _parts.nominal("note", tr("note")),
    )
    axis = alt.Axis(labelLimit=230, ticks=False, domain=False, labelOverlap=False, labelFontSize=11)
    names = [tr(_DEFAULT), *_palette.INDICES]
    kinds = sorted(set(data["kind"]), key=lambda kind: (names.index(kind) if kind in names else len(names), kind))
    colours = {tr(_DEFAULT): _palette.HIGHLIGHT, **_palette.INDICES}
    shapes = {tr(_DEFAULT): "diamond", **_palette.INDEX_SHAPES}

    legend = alt.Legend(title=None, orient="bottom", columns=1)  # a telephone has no room for them in one line

    def shown(channel: Any, known: dict[str, str], other: str) -> Any:
        scale = alt.Scale(domain=kinds, range=[known.get(kind, other) for kind in kinds])
        return channel(field="kind", type="nominal", scale=scale, legend=legend)

    base = alt.Chart(data).encode(
        y=alt.Y(field="row", type="nominal", sort=data["row"].tolist(), title=None, axis=axis),
        color=shown(alt.Color, colours, _palette.OTHER),
        tooltip=tooltip,
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(strokeDash=[4, 3]).encode(x=alt.X(field="zero", **x))
    interval = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=1.5)
    points = base.mark_point(filled=True, opacity=1).encode(
        x=alt.X(field="effect", **x),
        shape=shown(alt.Shape, shapes, "cross"),
        size=alt.condition("datum.main", alt.value(170), alt.value(45)),
    )
    layers = [zero, interval.encode(x=alt.X(field="low", **x), x2="high"), points]
    return alt.layer(*layers).properties(width="container", height=_ROW * max(len(data), 1) + 10)


def _rows(rows: pd.DataFrame, method: str, index: str) -> pd.DataFrame:
    pooled = "effect" in rows
    names = ("effect", "ci_low", "ci_high") if pooled else ("g", "g_low", "g_high")
    numbers = dict(zip(("effect", "low", "high"), names, strict=True)) | {"p_value": "p_value", "k": "k"}
    data = pd.DataFrame({name: _parts.text_column(rows, name) for name in (*_CHOICES, "note")})
    for name, column in numbers.items():
        data[name] = _parts.number_column(rows, column)
    data = data[np.isfinite(data["effect"])]
    twice = data[data.duplicated(list(_CHOICES))]
    if len(twice):
        said = " · ".join(str(twice.iloc[0][name]) for name in _CHOICES)
        raise InputError(f"{said} stands in several rows", expected="rows of one contrast and data set")
    data = data.sort_values(["effect", *_CHOICES], kind="stable").reset_index(drop=True)
    unit = data["unit"]
    data["unit"] = unit.map(written)
    label = data["method"] + " · " + data["index"]
    # The usual unit goes without saying: a telephone has no room for it.
    data["row"] = label.where(unit != _CELL_MEAN, label + " · " + data["unit"])
    data["main"] = (data["method"] == method) & (data["index"] == index) & (unit != _CELL_MEAN)
    data["kind"] = data["index"].where(~data["main"], tr(_DEFAULT))
    return pd.DataFrame(data)

"""Specification curve: the same difference under every way of computing it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fatescore._extras import altair as alt
from fatescore.errors import InputError
from fatescore.gene_sets import DEFAULT_INDEX
from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.pl import _palette
from fatescore.pl.charts import _encoding
from fatescore.pl.labels import code_label
from fatescore.tables.codes import Unit

METHOD = "rank_log"
_DEFAULT = gettext_noop("the default")
_CHOICES = ("method", "index", "unit")
_ROW = 17


def specification(rows: pd.DataFrame, *, method: str = METHOD, index: str = DEFAULT_INDEX) -> Any:
    """Draw Hedges' g under every method, index and unit, from low to high.

    Parameters
    ----------
    rows
        Rows of one contrast of ``meta_specification.tsv`` (pooled: ``effect``, ``ci_low``, ``ci_high``), or of one
        data set and contrast of ``specification.tsv`` (``g``, ``g_low``, ``g_high``); those without a number are left
        out. What stands in ``note`` goes into the tooltip.
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
    data = _rows(rows, method, index)
    limits = _encoding.padded(data[["low", "effect", "high"]], zero=True)
    x = _encoding.axis(limits, _("← fat · Hedges' g · bone →"), titleAnchor="end")
    tooltip = _encoding.tooltip(
        data,
        _encoding.nominal("method", _("method")),
        _encoding.nominal("index", _("index")),
        _encoding.nominal("unit", _("unit")),
        _encoding.quantitative("effect", _("Hedges' g")),
        _encoding.quantitative("low", _("95 % CI, low")),
        _encoding.quantitative("high", _("95 % CI, high")),
        _encoding.quantitative("p_value", _("p")),
        _encoding.quantitative("k", _("data sets"), "d"),
        _encoding.nominal("note", _("note")),
    )
    axis = alt.Axis(labelLimit=230, ticks=False, domain=False, labelOverlap=False, labelFontSize=11)
    names = [_(_DEFAULT), *_palette.INDICES]
    kinds = sorted(set(data["kind"]), key=lambda kind: (names.index(kind) if kind in names else len(names), kind))
    colours = {_(_DEFAULT): _palette.HIGHLIGHT, **_palette.INDICES}
    shapes = {_(_DEFAULT): "diamond", **_palette.INDEX_SHAPES}

    colours = {kind: colours.get(kind, _palette.OTHER) for kind in kinds}
    shapes = {kind: shapes.get(kind, "cross") for kind in kinds}
    legend = alt.Legend(title=None, orient="bottom", columns=1)  # a telephone has no room for them in one line
    base = alt.Chart(data).encode(
        y=alt.Y(field="row", type="nominal", sort=data["row"].tolist(), title=None, axis=axis),
        color=_encoding.by_name(alt.Color, "kind", colours, legend),
        tooltip=tooltip,
    )
    interval = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=1.5)
    points = base.mark_point(filled=True, opacity=1).encode(
        x=alt.X(field="effect", **x),
        shape=_encoding.by_name(alt.Shape, "kind", shapes, legend),
        size=alt.condition("datum.main", alt.value(170), alt.value(45)),
    )
    interval = interval.encode(x=alt.X(field="low", **x), x2="high")
    layers = [_encoding.reference_line("zero", 0.0, x), interval, points]
    return alt.layer(*layers).properties(width="container", height=_ROW * max(len(data), 1) + 10)


def _rows(rows: pd.DataFrame, method: str, index: str) -> pd.DataFrame:
    pooled = "effect" in rows
    names = ("effect", "ci_low", "ci_high") if pooled else ("g", "g_low", "g_high")
    numbers = dict(zip(("effect", "low", "high"), names, strict=True)) | {"p_value": "p_value", "k": "k"}
    data = _encoding.select(rows, [*_CHOICES, "note"], numbers)
    data = data[np.isfinite(data["effect"])]
    twice = data[data.duplicated(list(_CHOICES))]
    if len(twice):
        way = " · ".join(str(twice.iloc[0][name]) for name in _CHOICES)
        raise InputError(f"{way} stands in several rows", expected="rows of one contrast and data set")
    data = data.sort_values(["effect", *_CHOICES], kind="stable").reset_index(drop=True)
    unit = data["unit"]
    data["unit"] = unit.map(code_label)
    label = data["method"] + " · " + data["index"]
    # Only the less common unit is named: a telephone has no room for both.
    data["row"] = label.where(unit != Unit.CELL_MEAN, label + " · " + data["unit"])
    data["main"] = (data["method"] == method) & (data["index"] == index) & (unit != Unit.CELL_MEAN)
    data["kind"] = data["index"].where(~data["main"], _(_DEFAULT))
    return pd.DataFrame(data)

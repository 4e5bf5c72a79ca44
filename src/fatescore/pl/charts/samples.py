"""Figures of samples: their quality metrics, their ambient RNA, and their first two principal components."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fatescore._extras import altair as alt
from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.pl import _palette
from fatescore.pl.charts import _colours, _encoding
from fatescore.pl.labels import label, listed
from fatescore.tables import columns as col
from fatescore.tables import parse_notes
from fatescore.typing import FloatArray

COMPONENTS = ("PC1", "PC2")
_OTHER, _UNKNOWN = gettext_noop("other"), gettext_noop("not known")
_INLIER, _OUTLIER = gettext_noop("sample"), gettext_noop("outlier in this metric")
_LANES = 5  # heights within a row over which its samples are spread
_EQUAL, _AROUND = 0.01, 0.05  # shares of the largest value
_COUNTS = ("library_size", col.TOTAL_COUNTS)


def sample_quality(
    metrics: pd.DataFrame,
    qc: pd.DataFrame,
    metric: str,
    *,
    limit: float | Sequence[float] | None = None,
    title: str = "",
) -> Any:
    """Draw one number of every sample, a row per condition.

    Parameters
    ----------
    metrics
        Rows of ``qc_metrics.tsv``: ``sample``, the number, and ``outlier``, notes on the metrics in which the sample is
        an outlier.
    qc
        Rows of ``qc.tsv``, for donor and condition.
    metric
        A column of ``metrics``, or else of ``qc``; numbers of counts are on a logarithmic axis.
    limit
        One or more values to draw as upright lines.
    title
        Of the axis; the metric's own name without it.

    Returns
    -------
    altair.LayerChart
        Outliers in this metric are hollow diamonds. The height within a row means nothing.

    Examples
    --------
    >>> metrics = pd.DataFrame({"sample": ["a", "b"], "top_1": [0.02, 0.1],
    ...                         "outlier": ["", "outlier:metric=top_1,side=high,deviations=8"]})
    >>> qc = pd.DataFrame({"sample": ["a", "b"], "donor": ["d", "e"], "condition": "control"})
    >>> len(sample_quality(metrics, qc, "top_1", limit=0.05).to_dict()["layer"])
    3
    """
    data = _rows(metrics, qc, metric)
    limits = pd.DataFrame({"limit": np.atleast_1d([] if limit is None else limit).astype(float)})
    ends = np.concatenate([data["value"], limits["limit"]])
    logged = metric in _COUNTS and len(ends) > 0 and float(ends.min()) > 0
    conditions = list(dict.fromkeys(data["condition"]))
    spec = "~s" if logged else ".4~g"
    x = _encoding.axis(_domain(ends, logged), title or metric, logged=logged, tickCount=5, format=spec)
    points = [_points(data, state, x, conditions) for state in (_INLIER, _OUTLIER)]
    rule = (
        alt.Chart(limits)
        .mark_rule(strokeWidth=2, strokeDash=[5, 3], color=_palette.DROPPED)
        .encode(
            x=alt.X(field="limit", **x), tooltip=[_encoding.quantitative("limit", _("limit"), _encoding.digits(ends))]
        )
    )
    layers = [*points, rule] if len(limits) else points
    return alt.layer(*layers).properties(width="container", height=40 * max(len(conditions), 1))


def _domain(ends: FloatArray, logged: bool) -> list[float]:
    """Return the axis; values that are all but equal have a wide one, so that rounding does not look like spread."""
    size = float(np.abs(ends).max(initial=0.0))
    if size and float(np.ptp(ends)) < _EQUAL * size:
        return [float(ends.min()) - _AROUND * size, float(ends.max()) + _AROUND * size]
    return np.power(10, _encoding.padded(np.log10(ends))).tolist() if logged else _encoding.padded(ends)


def _points(data: pd.DataFrame, state: str, x: dict[str, Any], conditions: list[str]) -> Any:
    """Draw the samples of one state; both states share one legend."""
    colours = {_(_INLIER): _palette.KEPT, _(_OUTLIER): _palette.DROPPED}
    legend = alt.Legend(title=None) if (data["state"] == _(_OUTLIER)).any() else None
    return (
        alt.Chart(data[data["state"] == _(state)])
        .mark_point(filled=state == _INLIER, size=75, opacity=0.8, strokeWidth=2)
        .encode(
            x=alt.X(field="value", **x),
            y=alt.Y(field="condition", type="nominal", sort=conditions, title=None, scale=alt.Scale(domain=conditions)),
            yOffset=alt.YOffset(field="lane", type="ordinal", scale=alt.Scale(domain=list(range(_LANES)))),
            color=_encoding.by_name(alt.Color, "state", colours, legend),
            shape=_encoding.by_name(alt.Shape, "state", dict(zip(colours, ("circle", "diamond"), strict=True)), legend),
            tooltip=_encoding.tooltip(
                data,
                _encoding.nominal("sample", _("sample")),
                _encoding.nominal("donor", _("donor")),
                _encoding.nominal("condition", _("condition")),
                _encoding.quantitative("value", x["axis"].title, _encoding.digits(data["value"])),
                _encoding.nominal("outlier", _("outlier in")),
            ),
        )
    )  # fmt: skip


def _rows(metrics: pd.DataFrame, qc: pd.DataFrame, metric: str) -> pd.DataFrame:
    source = metrics if metric in metrics else qc
    named = _encoding.select(qc, col.IDENTITY[1:])
    outlier = pd.Series(
        _encoding.text_column(metrics, col.OUTLIER).to_numpy(), index=_encoding.text_column(metrics, col.SAMPLE)
    )
    data = _encoding.select(source, [col.SAMPLE], {"value": metric})
    data = data[np.isfinite(data["value"])].merge(named.drop_duplicates("sample"), on="sample", how="left").fillna("")
    notes = data["sample"].map(outlier[~outlier.index.duplicated()]).map(parse_notes)
    names = [[name for note in found for name in note.names("metric")] for found in notes]
    data["outlier"] = [listed(map(label, found)) for found in names]
    data["state"] = [_(_OUTLIER) if metric in found else _(_INLIER) for found in names]
    lane = data.groupby("condition")["value"].rank(method="first").astype(int) * 2 % _LANES
    return pd.DataFrame(data.assign(lane=lane))


def ambient(metrics: pd.DataFrame) -> Any:
    """Draw the share of every sample's counts that comes from ambient RNA, with its interval.

    Parameters
    ----------
    metrics
        Rows of ``qc_metrics.tsv`` of single cells: ``sample``, ``ambient_share`` (0 to 1), ``ambient_share_low`` and
        ``ambient_share_high``; samples without an estimate are left out.

    Returns
    -------
    altair.LayerChart
        One row per sample; the unit is percent of counts.

    Examples
    --------
    >>> table = pd.DataFrame({"sample": ["a"], "ambient_share": [0.1], "ambient_share_low": [0.08],
    ...                       "ambient_share_high": [0.12]})
    >>> ambient(table).to_dict()["layer"][1]["mark"]["type"]
    'point'
    """
    numbers = {"share": "ambient_share", "low": "ambient_share_low", "high": "ambient_share_high"}
    data = _encoding.select(metrics, [col.SAMPLE], numbers)
    data = data[data["share"].notna()].reset_index(drop=True)
    top = _encoding.padded(data[["share", "high"]], zero=True)[1]
    x = _encoding.axis([0, top], _("share of counts that is ambient"), format=".0%", tickCount=5)
    tooltip = _encoding.tooltip(
        data,
        _encoding.nominal("sample", _("sample")),
        _encoding.quantitative("share", _("ambient share"), ".1%"),
        _encoding.quantitative("low", _("95 % CI, low"), ".1%"),
        _encoding.quantitative("high", _("95 % CI, high"), ".1%"),
    )
    y = alt.Y(field="sample", type="nominal", sort=data["sample"].tolist(), title=None)
    base = alt.Chart(data).encode(y=y, tooltip=tooltip)
    interval = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=2)
    point = base.mark_point(filled=True, size=80, opacity=1, color=_palette.KEPT)
    row = float(np.clip(1000 / max(len(data), 1), 9, 24))
    return alt.layer(
        interval.encode(x=alt.X(field="low", **x), x2="high"), point.encode(x=alt.X(field="share", **x))
    ).properties(width="container", height=row * max(len(data), 1))


def samples_pca(
    pca: pd.DataFrame,
    colour: Mapping[str, Any] | pd.Series,
    *,
    case: str = "",
    control: str = "",
    title: str | None = None,
) -> Any:
    """Draw every sample by its first two principal components.

    Parameters
    ----------
    pca
        Rows of ``qc_pca.tsv``: one per sample and component (``PC1``, ``PC2``, ...), with ``score`` and
        ``variance_ratio`` (0 to 1).
    colour
        Sample -> value to colour by: text (a colour and a shape for each of the eight most common values, the others
        are "other") or numbers (from low to high).
    case, control
        The values that have fixed colours.
    title
        Of the legend.

    Returns
    -------
    altair.LayerChart
        The titles of the axes give the share of variance.

    Examples
    --------
    >>> pca = pd.DataFrame({"sample": ["a", "a"], "component": ["PC1", "PC2"], "score": [1.0, 2.0],
    ...                     "variance_ratio": [0.34, 0.2]})
    >>> samples_pca(pca, {"a": "control"}).to_dict()["layer"][0]["encoding"]["x"]["axis"]["title"]
    'PC1 (34 % of variance)'
    """
    data = _scores(pca, colour)
    if pd.api.types.is_numeric_dtype(data["value"]) and not pd.api.types.is_bool_dtype(data["value"]):
        shown = _colours.of_numbers(data["value"], title).channel
        channels = {"color": alt.condition("isValid(datum.value)", shown, alt.value(_palette.NOT_SCORABLE))}
    else:
        data["value"] = _named(data["value"], case, control)
        channels = _by_name(list(dict.fromkeys(data["value"])), title, case, control)
    points = (
        alt.Chart(data)
        .mark_point(filled=True, size=110, opacity=0.9)
        .encode(
            x=_axis(alt.X, data, pca, "x", COMPONENTS[0]),
            y=_axis(alt.Y, data, pca, "y", COMPONENTS[1]),
            tooltip=_encoding.tooltip(
                data,
                _encoding.nominal("sample", _("sample")),
                _encoding.nominal("donor", _("donor")),
                _encoding.nominal("condition", _("condition")),
                _encoding.nominal("shown", title or _("value")),
                _encoding.quantitative("x", COMPONENTS[0]),
                _encoding.quantitative("y", COMPONENTS[1]),
            ),
            **channels,
        )
    )
    return alt.layer(points).properties(width="container", height=340)


def _axis(channel: Any, data: pd.DataFrame, pca: pd.DataFrame, field: str, component: str) -> Any:
    """Return one axis, with the share of variance in its title."""
    known = _encoding.select(pca, ["component"], ["variance_ratio"]).dropna()
    shares = known.loc[known["component"] == component, "variance_ratio"]
    title = component
    if len(shares):
        share = f"{100 * shares.iloc[0]:.0f}"
        title = _("{component} ({share} % of variance)").format(component=component, share=share)
    return channel(field=field, **_encoding.axis(_encoding.padded(data[field]), title, tickCount=5))


def _scores(pca: pd.DataFrame, colour: Mapping[str, Any] | pd.Series) -> pd.DataFrame:
    """Return one row per sample with both scores and its value."""
    frame = _encoding.select(pca, [*col.IDENTITY[1:], "component"], ["score"]).round({"score": 5})
    data = frame.drop_duplicates(col.SAMPLE)[list(col.IDENTITY[1:])]
    for name, component in zip("xy", COMPONENTS, strict=True):
        scores = frame[frame["component"] == component].set_index(col.SAMPLE)["score"]
        data = data.assign(**{name: data[col.SAMPLE].map(scores)})
    values = dict(colour)
    data = data.assign(value=pd.Series([values.get(name) for name in data[col.SAMPLE]], index=data.index))
    shown = _encoding.text_column(data, "value")
    # Coloured by condition: the tooltip has a line for that already.
    return data.assign(shown="" if shown.equals(data[col.CONDITION]) else shown)


def _named(values: pd.Series, case: str, control: str) -> pd.Series:
    """Return values as text; those beyond the colours there are become one."""
    text = _encoding.text_column(values.to_frame("value"), "value")
    counts = text[~text.isin(["", case, control])].value_counts()
    order = sorted(counts.index, key=lambda name: (-counts[name], name))
    rare = set(order[len(_palette.BATCHES) :])
    return text.map(lambda name: _(_OTHER) if name in rare else name or _(_UNKNOWN))


def _by_name(found: list[str], title: str | None, case: str, control: str) -> dict[str, Any]:
    """Return colour and shape of every name, in one legend."""
    last = [name for name in (_(_OTHER), _(_UNKNOWN)) if name in found]
    names = sorted(set(found) - set(last)) + last
    known = {case: _palette.CASE, control: _palette.CONTROL, **dict.fromkeys(last, _palette.OTHER)}
    colours = _palette.categories(names, known)
    fixed = {case: "diamond", control: "circle"}
    shapes = {name: fixed.get(name, shape) for name, shape in zip(names, itertools.cycle(_palette.BATCH_SHAPES))}
    legend = alt.Legend(title=title, columns=_colours.legend_columns(names), labelLimit=260)
    return {
        "color": _encoding.by_name(alt.Color, "value", colours, legend),
        "shape": _encoding.by_name(alt.Shape, "value", shapes, legend),
    }

"""Quality metrics of bulk samples and arrays, and the ambient RNA of samples of cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.pl import _encoding, _palette
from fatescore.pl.labels import label, listed
from fatescore.tables import columns as col
from fatescore.tables import parse_notes
from fatescore.typing import FloatArray

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
    import altair as alt

    data = _rows(metrics, qc, metric)
    limits = pd.DataFrame({"limit": np.atleast_1d([] if limit is None else limit).astype(float)})
    ends = np.concatenate([data["value"], limits["limit"]])
    logged = metric in _COUNTS and len(ends) > 0 and float(ends.min()) > 0
    conditions = list(dict.fromkeys(data["condition"]))
    x = {
        "type": "quantitative",
        "scale": alt.Scale(domain=_domain(ends, logged), nice=False, type="log" if logged else "linear"),
        "axis": alt.Axis(title=title or metric, grid=True, tickCount=5, format="~s" if logged else ".4~g"),
    }
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
    import altair as alt

    states = [_(_INLIER), _(_OUTLIER)]
    legend = alt.Legend(title=None) if (data["state"] == _(_OUTLIER)).any() else None
    return (
        alt.Chart(data[data["state"] == _(state)])
        .mark_point(filled=state == _INLIER, size=75, opacity=0.8, strokeWidth=2)
        .encode(
            x=alt.X(field="value", **x),
            y=alt.Y(field="condition", type="nominal", sort=conditions, title=None, scale=alt.Scale(domain=conditions)),
            yOffset=alt.YOffset(field="lane", type="ordinal", scale=alt.Scale(domain=list(range(_LANES)))),
            color=alt.Color(
                field="state", type="nominal", legend=legend,
                scale=alt.Scale(domain=states, range=[_palette.KEPT, _palette.DROPPED]),
            ),
            shape=alt.Shape(
                field="state", type="nominal", legend=legend,
                scale=alt.Scale(domain=states, range=["circle", "diamond"]),
            ),
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
    named = pd.DataFrame({name: _encoding.text_column(qc, name) for name in col.IDENTITY[1:]})
    outlier = pd.Series(
        _encoding.text_column(metrics, col.OUTLIER).to_numpy(), index=_encoding.text_column(metrics, col.SAMPLE)
    )
    data = pd.DataFrame({
        "sample": _encoding.text_column(source, col.SAMPLE), "value": _encoding.number_column(source, metric)
    })  # fmt: skip
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
    import altair as alt

    data = pd.DataFrame({
        "sample": _encoding.text_column(metrics, col.SAMPLE),
        "share": _encoding.number_column(metrics, "ambient_share"),
        "low": _encoding.number_column(metrics, "ambient_share_low"),
        "high": _encoding.number_column(metrics, "ambient_share_high"),
    })  # fmt: skip
    data = data[data["share"].notna()].reset_index(drop=True)
    top = _encoding.padded(data[["share", "high"]], zero=True)[1]
    x = {
        "type": "quantitative",
        "scale": alt.Scale(domain=[0, top], nice=False),
        "axis": alt.Axis(title=_("share of counts that is ambient"), format=".0%", grid=True, tickCount=5),
    }
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

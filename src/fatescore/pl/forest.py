"""Forest plot: the difference of the index in every data set, and pooled."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.pl import _encoding
from fatescore.tables import columns as col

POOLED = gettext_noop("Pooled")


def forest(contrasts: pd.DataFrame, meta: pd.DataFrame | None = None, *, measure: str = col.FATE_BIAS) -> Any:
    """Draw Hedges' g with its confidence interval per data set, and the pooled estimate below.

    Parameters
    ----------
    contrasts
        Rows of ``contrasts.tsv`` (``CONTRASTS.names``); rows without a finite ``g`` are left out.
    meta
        Rows of ``meta.tsv`` (``META.names``); rows that pool at least two data sets are drawn. What stands in ``note``
        goes into the tooltip.
    measure
        Which measure to draw.

    Returns
    -------
    altair.LayerChart
        Unit: Hedges' g (standard deviations between donors); positive is towards osteogenic (bone). Hollow points
        are data sets whose contrast is completely confounded, which are not pooled.

    Examples
    --------
    >>> row = {"dataset": "A", "contrast": "op", "measure": "fate_bias", "g": -0.4, "g_low": -1.0, "g_high": 0.2}
    >>> forest(pd.DataFrame([row])).to_dict()["layer"][1]["mark"]["type"]
    'rule'
    """
    import altair as alt

    data = _rows(contrasts, meta, measure)
    order = data["row"].tolist()
    x = {
        "type": "quantitative",
        "scale": alt.Scale(domain=_domain(data), nice=False),
        "axis": alt.Axis(title=_("← fat · Hedges' g · bone →"), tickCount=6, grid=True),
    }
    tooltip = _encoding.tooltip(
        data,
        _encoding.nominal("dataset", _("data set")),
        _encoding.nominal("contrast", _("contrast")),
        _encoding.quantitative("g", _("Hedges' g")),
        _encoding.quantitative("low", _("95 % CI, low")),
        _encoding.quantitative("high", _("95 % CI, high")),
        _encoding.nominal("donors", _("donors (case, control)")),
        _encoding.quantitative("p_value", _("p")),
        _encoding.quantitative("p_smallest", _("smallest reachable p")),
        _encoding.nominal("audit", _("audit")),
    )
    base = alt.Chart(data).encode(
        y=alt.Y(field="row", type="nominal", sort=order, title=None, axis=_encoding.name_axis())
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(strokeDash=[4, 3])
    prediction = base.transform_filter("isValid(datum.pi_low)").mark_rule(strokeWidth=8, opacity=0.3, clip=True)
    interval = base.mark_rule(strokeWidth=2).encode(x=alt.X(field="low", **x), x2="high", tooltip=tooltip)
    symbols = [
        base.transform_filter(f"datum.role === '{role}'")
        .mark_point(shape=shape, filled=role != "not pooled", size=120, opacity=1, strokeWidth=2)
        .encode(x=alt.X(field="g", **x), tooltip=tooltip)
        for role, shape in (("data set", "square"), ("not pooled", "circle"), ("pooled", "diamond"))
    ]
    layers = [
        zero.encode(x=alt.X(field="zero", **x)),
        interval,
        *symbols,
    ]
    if data["pi_low"].notna().any():
        layers.insert(1, prediction.encode(x=alt.X(field="pi_low", **x), x2="pi_high", tooltip=tooltip))
    return alt.layer(*layers).properties(width="container", height=_encoding.ROW * max(len(data), 1) + 10)


def _domain(data: pd.DataFrame) -> list[float]:
    """Return the axis: all intervals whole; a prediction interval far wider than they are runs out of the picture."""
    low, high = _encoding.padded(data[["low", "high"]], zero=True)
    room = (high - low) / 4
    ends = _encoding.padded(data[["low", "high", "pi_low", "pi_high"]], zero=True)
    return [max(ends[0], low - room), min(ends[1], high + room)]


def _rows(contrasts: pd.DataFrame, meta: pd.DataFrame | None, measure: str) -> pd.DataFrame:
    """Put data sets and pooled estimates into one table, one row per line of the chart."""
    chosen = contrasts[_encoding.text_column(contrasts, "measure") == measure] if len(contrasts) else contrasts
    several = len(set(_encoding.text_column(chosen, "contrast"))) > 1
    donors = _encoding.donors(chosen)
    second = donors
    if several:
        contrast = _encoding.text_column(chosen, "contrast")
        second = contrast + donors.where(donors == "", ", " + donors)
    rows = pd.DataFrame({
        "dataset": _encoding.text_column(chosen, "dataset"),
        "contrast": _encoding.text_column(chosen, "contrast"),
        "row": _encoding.two_lines(_encoding.text_column(chosen, "dataset"), second),
        "g": _encoding.number_column(chosen, "g"),
        "low": _encoding.number_column(chosen, "g_low"),
        "high": _encoding.number_column(chosen, "g_high"),
        "p_value": _encoding.number_column(chosen, "p_value"),
        "p_smallest": _encoding.number_column(chosen, "p_smallest"),
        "donors": donors,
        "audit": _encoding.audits(chosen),
        "role": _encoding.confounded(chosen).map({True: "not pooled", False: "data set"}),
        "pi_low": float("nan"),
        "pi_high": float("nan"),
    })  # fmt: skip
    if meta is not None and len(meta):
        rows = pd.concat([rows, _pooled(meta, measure, several)], ignore_index=True)
    # Each contrast's pooled row stands below its own data sets.
    place = {contrast: index for index, contrast in enumerate(dict.fromkeys(rows["contrast"]))}
    rows = rows.assign(place=rows["contrast"].map(place)).sort_values("place", kind="stable")
    return rows[rows["g"].notna()].drop(columns="place").reset_index(drop=True)


def _pooled(meta: pd.DataFrame, measure: str, several: bool) -> pd.DataFrame:
    chosen = meta[(_encoding.text_column(meta, "measure") == measure) & (_encoding.number_column(meta, "k") >= 2)]
    contrast = _encoding.text_column(chosen, "contrast")
    pooled = pd.Series(_(POOLED), index=chosen.index, dtype=object)
    return pd.DataFrame({
        "dataset": pooled,
        "contrast": contrast,
        "row": _encoding.two_lines(pooled, contrast) if several else pooled,
        "g": _encoding.number_column(chosen, "effect"),
        "low": _encoding.number_column(chosen, "ci_low"),
        "high": _encoding.number_column(chosen, "ci_high"),
        "p_value": _encoding.number_column(chosen, "p_value"),
        "p_smallest": float("nan"),
        "donors": "",
        "audit": _encoding.text_column(chosen, "note"),
        "role": "pooled",
        "pi_low": _encoding.number_column(chosen, "pi_low"),
        "pi_high": _encoding.number_column(chosen, "pi_high"),
    })  # fmt: skip

"""Figures of many contrasts: forest plot, heat map of all measures, and positive controls."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fatescore._extras import altair as alt
from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.pl import _palette
from fatescore.pl.charts import _encoding
from fatescore.pl.labels import audit_label, measure_label
from fatescore.tables import columns as col
from fatescore.tables import split_names
from fatescore.tables.codes import AuditVerdict

_ROW = 38  # pixels of height for a name of two lines
POOLED = gettext_noop("Pooled")
MOST_COLUMNS_WITH_NUMBERS = 8
FDR = 0.05  # below it a cell of the heat map has a star


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
    data = _forest_rows(contrasts, meta, measure)
    x = _encoding.axis(_domain(data), _("← fat · Hedges' g · bone →"))
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
    y = alt.Y(field="row", type="nominal", sort=data["row"].tolist(), title=None, axis=_name_axis())
    base = alt.Chart(data).encode(y=y)
    prediction = base.transform_filter("isValid(datum.pi_low)").mark_rule(strokeWidth=8, opacity=0.3, clip=True)
    interval = base.mark_rule(strokeWidth=2).encode(x=alt.X(field="low", **x), x2="high", tooltip=tooltip)
    symbols = [
        base.transform_filter(f"datum.role === '{role}'")
        .mark_point(shape=shape, filled=role != "not pooled", size=120, opacity=1, strokeWidth=2)
        .encode(x=alt.X(field="g", **x), tooltip=tooltip)
        for role, shape in (("data set", "square"), ("not pooled", "circle"), ("pooled", "diamond"))
    ]
    layers = [_encoding.reference_line("zero", 0.0, x), interval, *symbols]
    if data["pi_low"].notna().any():
        layers.insert(1, prediction.encode(x=alt.X(field="pi_low", **x), x2="pi_high", tooltip=tooltip))
    return alt.layer(*layers).properties(width="container", height=_ROW * max(len(data), 1) + 10)


def _domain(data: pd.DataFrame) -> list[float]:
    """Return the axis: all intervals whole; a prediction interval far wider than they are runs out of the picture."""
    low, high = _encoding.padded(data[["low", "high"]], zero=True)
    room = (high - low) / 4
    ends = _encoding.padded(data[["low", "high", "pi_low", "pi_high"]], zero=True)
    return [max(ends[0], low - room), min(ends[1], high + room)]


def _forest_rows(contrasts: pd.DataFrame, meta: pd.DataFrame | None, measure: str) -> pd.DataFrame:
    """Put data sets and pooled estimates into one table, one row per line of the chart."""
    chosen = _of_measure(contrasts, measure)
    numbers = {"g": "g", "low": "g_low", "high": "g_high", "p_value": "p_value", "p_smallest": "p_smallest"}
    rows = _encoding.select(chosen, ["dataset", "contrast"], numbers)
    several = len(set(rows["contrast"])) > 1
    rows["donors"] = _donors(chosen)
    rows["row"] = _two_lines(rows["dataset"], _with_donors(rows) if several else rows["donors"])
    rows["audit"] = _audits(chosen)
    rows["role"] = _confounded(chosen).map({True: "not pooled", False: "data set"})
    rows["pi_low"] = rows["pi_high"] = float("nan")
    if meta is not None and len(meta):
        rows = pd.concat([rows, _pooled(meta, measure, several)], ignore_index=True)
    # Each contrast's pooled row stands below its own data sets.
    place = {contrast: index for index, contrast in enumerate(dict.fromkeys(rows["contrast"]))}
    rows = rows.assign(place=rows["contrast"].map(place)).sort_values("place", kind="stable")
    return rows[rows["g"].notna()].drop(columns="place").reset_index(drop=True)


def _pooled(meta: pd.DataFrame, measure: str, several: bool) -> pd.DataFrame:
    chosen = _of_measure(meta, measure)
    chosen = chosen[_encoding.number_column(chosen, "k") >= 2]
    numbers = {"g": "effect", "low": "ci_low", "high": "ci_high"}
    numbers |= {name: name for name in ("p_value", "pi_low", "pi_high")}
    rows = _encoding.select(chosen, {"contrast": "contrast", "audit": "note"}, numbers)
    pooled = pd.Series(_(POOLED), index=chosen.index, dtype=object)
    row = _two_lines(pooled, rows["contrast"]) if several else pooled
    return rows.assign(dataset=pooled, row=row, p_smallest=float("nan"), donors="", role="pooled")


def _of_measure(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    return table[_encoding.text_column(table, "measure") == measure]


def _with_donors(rows: pd.DataFrame) -> pd.Series:
    """Name the contrast and, where they are known, its donors."""
    return rows["contrast"] + rows["donors"].where(rows["donors"] == "", ", " + rows["donors"])


def heatmap(contrasts: pd.DataFrame, *, limit: float = 2.0) -> Any:
    """Draw Hedges' g of every measure (rows) in every contrast (columns).

    Parameters
    ----------
    contrasts
        Rows of ``contrasts.tsv``; one cell per data set, contrast and measure.
    limit
        Colours saturate at plus and minus this value of g.

    Returns
    -------
    altair.LayerChart
        Purple: higher in case; green: higher in control; a star has an FDR below 0.05; a dash could not be estimated;
        a column with ⚠ is completely confounded. Up to 8 columns have numbers.

    Examples
    --------
    >>> row = {"dataset": "A", "contrast": "op", "measure": "set:wnt", "g": 0.5}
    >>> heatmap(pd.DataFrame([row])).to_dict()["layer"][0]["mark"]["type"]
    'rect'
    """
    data = _heatmap_rows(contrasts)
    measures = list(dict.fromkeys(data["measure"]))
    columns = list(dict.fromkeys(data["column"]))
    tooltip = _encoding.tooltip(
        data,
        _encoding.nominal("column", _("data set")),
        _encoding.nominal("contrast", _("contrast")),
        _encoding.nominal("measure", _("measure")),
        _encoding.quantitative("g", _("Hedges' g")),
        _encoding.quantitative("difference", _("difference")),
        _encoding.quantitative("p_value", _("p")),
        _encoding.quantitative("p_smallest", _("smallest reachable p")),
        _encoding.quantitative("padj", _("FDR")),
        _encoding.nominal("audit", _("audit")),
    )
    axis = alt.Axis(labelAngle=30, labelAlign="right", orient="top", labelLimit=150)
    base = alt.Chart(data).encode(
        x=alt.X(field="column", type="nominal", sort=columns, title=None, axis=axis),
        y=alt.Y(field="measure", type="nominal", sort=measures, title=None),
        tooltip=tooltip,
    )
    colour = alt.Color(
        field="g",
        type="quantitative",
        title=_("Hedges' g (colour stops at ±{limit})").format(limit=f"{limit:g}"),
        legend=alt.Legend(gradientLength=180, titleLimit=300),
        scale=alt.Scale(
            domain=[-limit, 0, limit], range=[_palette.CONTROL, "#F4F4F2", _palette.CASE], clamp=True, interpolate="lab"
        ),
    )
    cells = base.transform_filter("isValid(datum.g)").mark_rect(cornerRadius=3, strokeWidth=0).encode(color=colour)
    missing = base.transform_filter("!isValid(datum.g)").mark_text(text="–", opacity=0.6)
    number = "format(datum.g, '.1f') + " if len(columns) <= MOST_COLUMNS_WITH_NUMBERS else ""
    star = f"(isValid(datum.padj) && datum.padj < {FDR} ? '*' : '')"
    # The cell colours are the same on the dark page, so the ink on them is too; only full purple needs a white one.
    ink = alt.condition(f"datum.g > {0.9 * limit}", alt.value("#FFFFFF"), alt.value(_palette.LIGHT_INK))
    labels = (
        base.transform_filter("isValid(datum.g)")
        .transform_calculate(label=number + star)
        .mark_text(fontSize=11)
        .encode(text=alt.Text(field="label", type="nominal"), color=ink)
    )
    return alt.layer(cells, missing, labels).properties(width="container", height=24 * max(len(measures), 1))


def _heatmap_rows(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell; a column is named by its contrast too where a data set has several."""
    names = {"column": "dataset", "contrast": "contrast", "measure": "measure"}
    data = _encoding.select(contrasts, names, ["g", "difference", "p_value", "padj", "p_smallest"])
    data["measure"], data["audit"] = data["measure"].map(measure_label), _audits(contrasts)
    repeated = data.groupby("column")["contrast"].nunique()
    several = data["column"].map(repeated) > 1
    data["column"] = data["column"].where(~several, data["column"] + " · " + data["contrast"])
    warned = _confounded(contrasts)
    data["column"] = data["column"].where(~warned, "⚠ " + data["column"])
    return data


def controls(contrasts: pd.DataFrame, *, measure: str = col.FATE_BIAS) -> Any:
    """Draw the AUROC of every contrast with a known answer.

    Parameters
    ----------
    contrasts
        Rows of ``contrasts.tsv`` of kind ``known_fate``.
    measure
        Which measure to draw.

    Returns
    -------
    altair.LayerChart
        AUROC, 0 to 1: the chance that a donor of the case has a higher value than a donor of the control; 0.5 is
        guessing. A hollow point: the contrast is completely confounded. Hollow diamonds are the same over
        cells, where there are cells. With an expected sign of ``+`` a perfect index reaches 1, with ``-`` it reaches 0.

    Examples
    --------
    >>> row = {"dataset": "A", "contrast": "bone_fat", "measure": "fate_bias", "auroc": 1.0}
    >>> len(controls(pd.DataFrame([row])).to_dict()["layer"])
    2
    """
    data = _control_rows(contrasts, measure)
    ticks = {"values": [0, 0.25, 0.5, 0.75, 1], "tickCount": alt.Undefined}
    x = _encoding.axis([-0.02, 1.02], _("AUROC (0.5 = guessing)"), format=".2f", **ticks)
    y = alt.Y(field="row", type="nominal", sort=data["row"].tolist(), title=None, axis=_name_axis())
    tooltip = _encoding.tooltip(
        data,
        _encoding.nominal("dataset", _("data set")),
        _encoding.nominal("contrast", _("contrast")),
        _encoding.nominal("sides", _("compared")),
        _encoding.quantitative("auroc", _("AUROC over donors")),
        _encoding.quantitative("auroc_cells", _("AUROC over cells")),
        _encoding.quantitative("difference", _("difference of fate_bias"), "+.3~g"),
        _encoding.nominal("expected", _("expected sign")),
        _encoding.quantitative("n_case", _("case donors"), "d"),
        _encoding.quantitative("n_control", _("control donors"), "d"),
        _encoding.nominal("audit", _("audit")),
    )
    half = _encoding.reference_line("half", 0.5, x)
    inside = alt.condition("datum.confounded", alt.value("transparent"), alt.value(_palette.NEUTRAL))
    donors = (
        alt.Chart(data[data["auroc"].notna()])
        .mark_point(size=110, opacity=1, strokeWidth=2)
        .encode(x=alt.X(field="auroc", **x), y=y, fill=inside, tooltip=tooltip)
    )
    cells = (
        alt.Chart(data[data["auroc_cells"].notna()])
        .mark_point(shape="diamond", size=110, opacity=1, strokeWidth=2)
        .encode(x=alt.X(field="auroc_cells", **x), y=y, tooltip=tooltip)
    )
    layers = [half, donors, cells] if data["auroc_cells"].notna().any() else [half, donors]
    return alt.layer(*layers).properties(width="container", height=_ROW * max(len(data), 1) + 10)


def _control_rows(contrasts: pd.DataFrame, measure: str) -> pd.DataFrame:
    chosen = _of_measure(contrasts, measure)
    names = ("dataset", "contrast", "case", "control", "expected")
    rows = _encoding.select(chosen, names, ["auroc", "auroc_cells", "difference", "n_case", "n_control"])
    rows["donors"], rows["audit"] = _donors(chosen), _audits(chosen)
    rows["row"] = _two_lines(rows["dataset"], _with_donors(rows))
    rows["confounded"] = _confounded(chosen)
    text = _("{case} against {control}")
    sides = zip(rows["case"], rows["control"], strict=True)
    rows["sides"] = [text.format(case=case, control=control) for case, control in sides]
    return rows.drop(columns=["case", "control", "donors"])


def _donors(table: pd.DataFrame) -> pd.Series:
    """Return how many donors are on each side as text, empty where not known."""
    sides = _encoding.select(table, numbers=["n_case", "n_control"])
    text = [f"{case:.0f} v {control:.0f}" for case, control in sides.itertuples(index=False)]
    return pd.Series(text, index=table.index, dtype=object).where(sides.notna().all(axis=1), "")


def _audits(contrasts: pd.DataFrame) -> pd.Series:
    """Return the verdict of the audit on every row, with its fields, as text."""
    audit = _encoding.select(contrasts, ["audit_verdict", "audit_fields"])
    texts = [audit_label(verdict, split_names(fields)) for verdict, fields in audit.itertuples(index=False)]
    return pd.Series(texts, index=contrasts.index, dtype=object)


def _confounded(contrasts: pd.DataFrame) -> pd.Series:
    return _encoding.text_column(contrasts, "audit_verdict") == AuditVerdict.COMPLETELY_CONFOUNDED


def _two_lines(first: pd.Series, second: pd.Series) -> pd.Series:
    """Name rows by two lines of text (the second may be empty), for :func:`_name_axis`."""
    return first + second.where(second == "", "\n" + second)


def _name_axis() -> Any:
    return alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=190, ticks=False, domain=False)

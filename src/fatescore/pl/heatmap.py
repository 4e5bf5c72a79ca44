"""Heat map of the difference in every measure, data set by data set."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.pl import _encoding, _palette, _theme
from fatescore.pl.labels import measure_label

MOST_COLUMNS_WITH_NUMBERS = 8
FDR = 0.05  # below it a cell has a star


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
    import altair as alt

    data = _rows(contrasts)
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
    base = alt.Chart(data).encode(
        x=alt.X(
            field="column",
            type="nominal",
            sort=columns,
            title=None,
            axis=alt.Axis(labelAngle=30, labelAlign="right", orient="top", labelLimit=150),
        ),
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
    ink = alt.condition(f"datum.g > {0.9 * limit}", alt.value("#FFFFFF"), alt.value(_theme.LIGHT_INK))
    labels = (
        base.transform_filter("isValid(datum.g)")
        .transform_calculate(label=number + star)
        .mark_text(fontSize=11)
        .encode(text=alt.Text(field="label", type="nominal"), color=ink)
    )
    return alt.layer(cells, missing, labels).properties(width="container", height=24 * max(len(measures), 1))


def _rows(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell; a column is named by its contrast too where a data set has several."""
    data = pd.DataFrame({
        "column": _encoding.text_column(contrasts, "dataset"),
        "contrast": _encoding.text_column(contrasts, "contrast"),
        "measure": _encoding.text_column(contrasts, "measure").map(measure_label),
        "g": _encoding.number_column(contrasts, "g"),
        "difference": _encoding.number_column(contrasts, "difference"),
        "p_value": _encoding.number_column(contrasts, "p_value"),
        "padj": _encoding.number_column(contrasts, "padj"),
        "p_smallest": _encoding.number_column(contrasts, "p_smallest"),
        "audit": _encoding.audits(contrasts),
    })  # fmt: skip
    repeated = data.groupby("column")["contrast"].nunique()
    several = data["column"].map(repeated) > 1
    data["column"] = data["column"].where(~several, data["column"] + " · " + data["contrast"])
    warned = _encoding.confounded(contrasts)
    data["column"] = data["column"].where(~warned, "⚠ " + data["column"])
    return data

"""Waterfall of the genes that make up a difference."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fatescore._extras import altair as alt
from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop, ngettext
from fatescore.pl import _palette
from fatescore.pl.charts import _encoding
from fatescore.tables import columns as col

TOTAL = gettext_noop("sum = difference")
PARTS = {col.OSTEOGENIC: gettext_noop("bone gene"), col.ADIPOGENIC: gettext_noop("fat gene")}
SUM = gettext_noop("sum")
_ROOM = 0.28  # of the axis at both ends, for the number beside the longest bar on a telephone


def waterfall(contributions: pd.DataFrame, *, most: int = 20) -> Any:
    """Draw the contribution of every gene to the difference of fate_bias, end to end.

    Parameters
    ----------
    contributions
        Rows of ``contributions.tsv`` of one contrast (gene, arm, contribution); they sum to the difference.
    most
        Genes drawn one by one, those with the largest contributions; the others are drawn together.

    Returns
    -------
    altair.LayerChart
        Unit: log2 rank ratio. A bar to the right moves the case towards osteogenic (bone), to the left towards
        adipogenic (fat), by the number beside it; its colour is the arm the gene belongs to.

    Examples
    --------
    >>> table = pd.DataFrame({"gene": ["RUNX2", "PPARG"], "arm": ["osteogenic", "adipogenic"],
    ...                       "contribution": [-0.2, 0.05]})
    >>> waterfall(table).to_dict()["layer"][1]["mark"]["type"]
    'bar'
    """
    data = steps(contributions, most=most)
    parts = (_(part) for part in (*PARTS.values(), SUM))
    colours = dict(zip(parts, (_palette.OSTEOGENIC, _palette.ADIPOGENIC, _palette.NEUTRAL), strict=True))
    limits = _encoding.padded(data[["from", "to"]], zero=True, share=_ROOM)
    x = _encoding.axis(limits, _("← fat · change · bone →"))
    y = alt.Y(field="gene", type="nominal", sort=data["gene"].tolist(), title=None)
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule().encode(x=alt.X(field="zero", **x))
    bars = (
        alt.Chart(data)
        .mark_bar(height=14, cornerRadius=2)
        .encode(
            x=alt.X(field="from", **x),
            x2="to",
            y=y,
            color=_encoding.by_name(alt.Color, "part", colours, alt.Legend(title=None, columns=3)),
            tooltip=[
                _encoding.nominal("gene", _("gene")),
                _encoding.nominal("part", _("part")),
                _encoding.quantitative("contribution", _("contribution"), "+.4~g"),
                _encoding.quantitative("to", _("sum so far"), "+.4~g"),
            ],
        )
    )
    backward = "datum.contribution < 0"
    numbers = (
        alt.Chart(data)
        .mark_text(
            fontSize=10, align={"expr": f"{backward} ? 'right' : 'left'"}, dx={"expr": f"{backward} ? -4 : 4"}
        )
        .encode(
            x=alt.X(field="to", **x), y=y, text=alt.Text(field="contribution", type="quantitative", format="+.2f")
        )
    )  # fmt: skip
    return alt.layer(zero, bars, numbers).properties(width="container", height=21 * max(len(data), 1) + 10)


def steps(contributions: pd.DataFrame, *, most: int = 20) -> pd.DataFrame:
    """Return the bars of the waterfall: one row per gene with where its bar starts and ends.

    Examples
    --------
    >>> table = pd.DataFrame({"gene": ["A", "B"], "arm": ["osteogenic", "adipogenic"], "contribution": [0.5, -0.25]})
    >>> steps(table)[["gene", "from", "to"]].values.tolist()
    [['A', 0.0, 0.5], ['B', 0.5, 0.25], ['sum = difference', 0.0, 0.25]]
    """
    data = _encoding.select(contributions, {"gene": "gene", "part": "arm"}, ["contribution"])
    data["part"] = data["part"].map(PARTS).fillna(SUM).map(_)
    data["contribution"] = data["contribution"].fillna(0.0)
    size = data["contribution"].abs()
    data = data.assign(size=size).sort_values(["size", "gene"], ascending=[False, True], kind="stable")
    shown, rest = data.iloc[:most], data.iloc[most:]
    total = float(data["contribution"].sum())
    if len(rest):
        other = {
            "gene": ngettext("{n} other gene", "{n} other genes", len(rest)).format(n=len(rest)),
            "part": _(SUM),
            "contribution": rest["contribution"].sum(),
        }
        shown = pd.concat([shown, pd.DataFrame([other])], ignore_index=True)
    ends = shown["contribution"].cumsum()
    shown = shown.assign(**{"from": (ends - shown["contribution"]).round(8), "to": ends.round(8)})
    last = {"gene": _(TOTAL), "part": _(SUM), "contribution": total, "from": 0.0, "to": round(total, 8)}
    bars = pd.concat([shown, pd.DataFrame([last])], ignore_index=True)
    return bars[["gene", "part", "contribution", "from", "to"]]

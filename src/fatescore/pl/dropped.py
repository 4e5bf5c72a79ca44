"""What became of the cells of every sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fatescore._language import mark, tr
from fatescore.pl import _palette, _parts
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFailReason

MOSTLY = 0.5  # a share of empty droplets past which the bars would show little else
# In the order in which cells are judged.
FATES = {
    "": (mark("kept"), _palette.KEPT),
    QcFailReason.LOW_DEPTH: (mark("low depth"), _palette.BATCHES[5]),
    QcFailReason.FEW_GENES: (mark("few genes"), _palette.BATCHES[1]),
    QcFailReason.HIGH_MITOCHONDRIAL: (mark("mitochondrial share"), _palette.DROPPED),
    QcFailReason.DOUBLET: (mark("doublet"), _palette.BATCHES[3]),
    QcFailReason.NOT_STROMAL: (mark("not stromal"), _palette.NOT_SCORABLE),
    QcFailReason.EMPTY_DROPLET: (mark("empty droplet"), "#DDE0E5"),
}


def dropped(cells: pd.DataFrame) -> Any:
    """Draw what share of the cells of every sample was kept, and what the others were dropped for.

    Parameters
    ----------
    cells
        Rows of ``qc_cells.parquet``: ``sample`` and ``dropped_because``, which gives the first reason that holds.

    Returns
    -------
    altair.Chart
        One bar per sample; the numbers of cells are in the tooltips. Where more than half of the barcodes of a sample
        are empty droplets, they are left out of all bars, and the title of the axis says so.

    Examples
    --------
    >>> cells = pd.DataFrame({"sample": ["a", "a"], "dropped_because": ["", "doublet"]})
    >>> dropped(cells).to_dict()["mark"]["type"]
    'bar'
    """
    import altair as alt

    counts, samples, left_out = _counted(cells)
    found = [reason for reason in FATES if (counts["reason"] == reason).any()]
    scale = alt.Scale(domain=[tr(FATES[one][0]) for one in found], range=[FATES[one][1] for one in found])
    title = tr("share of cells (empty droplets left out)") if left_out else tr("share of cells")
    row = float(np.clip(1000 / max(len(samples), 1), 9, 24))
    return (
        alt.Chart(counts)
        .mark_bar(height=row * 0.7)
        .encode(
            x=alt.X(
                field="low", type="quantitative", scale=alt.Scale(domain=[0, 1], nice=False),
                axis=alt.Axis(title=title, format=".0%", grid=True, tickCount=5),
            ),
            x2="high",
            y=alt.Y(field="sample", type="nominal", sort=samples, title=None),
            color=alt.Color(
                field="fate", type="nominal", scale=scale, legend=alt.Legend(title=None, columns=1)
            ),
            tooltip=[
                _parts.nominal("sample", tr("sample")),
                _parts.nominal("fate", tr("what became of them")),
                _parts.quantitative("cells", tr("cells"), ",d"),
                _parts.quantitative("of", tr("of"), ",d"),
                _parts.quantitative("share", tr("share"), ".1%"),
            ],
        )
        .properties(width="container", height=row * max(len(samples), 1))
    )  # fmt: skip


def _counted(cells: pd.DataFrame) -> tuple[pd.DataFrame, list[str], bool]:
    """Count every sample's cells by what became of them; tell whether empty droplets were left out."""
    frame = pd.DataFrame({
        "sample": _parts.text_column(cells, col.SAMPLE), "reason": _parts.text_column(cells, col.QC_FAIL_REASON)
    })  # fmt: skip
    samples = list(dict.fromkeys(frame["sample"]))
    empty = frame["reason"] == QcFailReason.EMPTY_DROPLET
    left_out = bool((empty.groupby(frame["sample"]).mean() > MOSTLY).any())
    if left_out:
        frame = frame[~empty]
    order = {reason: place for place, reason in enumerate(FATES)}
    counts = frame.groupby(["sample", "reason"], sort=True).size().rename("cells").reset_index()
    counts = counts.assign(order=counts["reason"].map(order)).sort_values(["sample", "order"], kind="stable")
    counts["of"] = counts.groupby("sample")["cells"].transform("sum")
    counts["share"] = (counts["cells"] / counts["of"]).round(6)
    counts["high"] = (counts.groupby("sample")["cells"].cumsum() / counts["of"]).round(6)
    counts["low"] = ((counts.groupby("sample")["cells"].cumsum() - counts["cells"]) / counts["of"]).round(6)
    counts["fate"] = [tr(FATES[reason][0]) for reason in counts["reason"]]
    return counts.drop(columns="order").reset_index(drop=True), samples, left_out

"""Quality metrics of cells with the limits of their samples, and what became of the cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fatescore._extras import altair as alt
from fatescore.errors import InputError, nearest
from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.pl import _palette
from fatescore.pl.charts import _encoding
from fatescore.pl.labels import code_label, label
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFailReason
from fatescore.typing import FloatArray

BINS = 60  # a sample; of many samples fewer
_HERE, _ELSEWHERE = gettext_noop("dropped for this"), gettext_noop("dropped for something else")
# What a cell is dropped for by each number, and the column of its sample's limit.
_REASONS: dict[str, QcFailReason] = {
    col.TOTAL_COUNTS: QcFailReason.LOW_DEPTH,
    col.N_GENES: QcFailReason.FEW_GENES,
    col.PCT_MT: QcFailReason.HIGH_MITOCHONDRIAL,
    col.DOUBLET_SCORE: QcFailReason.DOUBLET,
}
_LIMITS: dict[str, str] = {
    col.TOTAL_COUNTS: "limit_min_total_counts", col.N_GENES: "limit_min_genes", col.PCT_MT: "limit_max_pct_mt",
}  # fmt: skip
_LOGGED = (col.TOTAL_COUNTS, col.N_GENES)
_MOSTLY = 0.5  # a share of empty droplets past which the bars would show little else
KEPT = "kept"
#: Colour of what became of cells, in the order in which they are judged.
FATE_COLOURS: dict[str, str] = {
    KEPT: _palette.KEPT,
    QcFailReason.LOW_DEPTH: _palette.BATCHES[5],
    QcFailReason.FEW_GENES: _palette.BATCHES[1],
    QcFailReason.HIGH_MITOCHONDRIAL: _palette.DROPPED,
    QcFailReason.DOUBLET: _palette.BATCHES[3],
    QcFailReason.NOT_STROMAL: _palette.NOT_SCORABLE,
    QcFailReason.EMPTY_DROPLET: "#DDE0E5",
}


def cell_quality(cells: pd.DataFrame, metric: str) -> Any:
    """Draw the distribution of one number of the cells in every sample, and the sample's own limit.

    Parameters
    ----------
    cells
        Rows of ``qc_cells.parquet``. They are counted in up to 60 bins a sample, so the size of the chart does not
        depend on their number. Empty droplets and cells without the number are left out.
    metric
        ``total_counts``, ``n_genes_by_counts`` (both on a logarithmic axis, 0 shown as 1), ``pct_counts_mt`` (percent)
        or ``doublet_score``.

    Returns
    -------
    altair.LayerChart
        One row per sample. Darker: more cells, up to the fullest bin of the sample. The thin strip below holds cells
        that were dropped for something else. The upright stroke is the limit; doublet scores have none, and a limit of
        zero is none.

    Raises
    ------
    InputError
        When ``metric`` is another.

    Examples
    --------
    >>> cells = pd.DataFrame({"sample": ["a", "a"], "qc_fail_reason": ["", "low_depth"],
    ...                       "total_counts": [2000.0, 90.0], "limit_min_total_counts": 400.0})
    >>> len(cell_quality(cells, "total_counts").to_dict()["layer"])
    3
    """
    if metric not in _REASONS:
        raise InputError(f'cells are not judged by "{metric}"', fix=nearest(metric, _REASONS))
    samples = _samples(cells)
    limits = _encoding.select(cells, [col.SAMPLE], {"limit": _LIMITS.get(metric, "")})
    limits = limits[limits["limit"] > 0].drop_duplicates("sample").reset_index(drop=True)
    counts = _counted(cells, metric)
    row = float(np.clip(1000 / max(len(samples), 1), 9, 26))
    ends = np.concatenate([counts["low"], counts["high"], limits["limit"]])
    logged = metric in _LOGGED
    padded = _encoding.padded(np.log10(ends) if logged else ends, share=0.02)
    domain = np.power(10.0, padded).tolist() if logged else padded
    spec = "~s" if logged else ".4~g"
    x = _encoding.axis(domain, label(metric), logged=logged, tickCount=5, format=spec)
    y = alt.Y(field="sample", type="nominal", sort=samples, title=None, scale=alt.Scale(domain=samples))
    tooltip = [
        _encoding.nominal("sample", _("sample")),
        _encoding.quantitative("limit", _("limit"), _encoding.digits(limits["limit"])),
    ]
    limit = alt.Chart(limits).mark_tick(orient="vertical", thickness=2, size=row * 0.9)
    limit = limit.encode(x=alt.X(field="limit", **x), y=y, tooltip=tooltip)
    return alt.layer(*_bands(counts, x, y, row), limit).properties(width="container", height=row * max(len(samples), 1))


def _bands(counts: pd.DataFrame, x: dict[str, Any], y: Any, row: float) -> list[Any]:
    """Draw the cells that were kept or dropped for this number, and in a strip below them all others."""
    colours = {_(KEPT): _palette.KEPT, _(_HERE): _palette.DROPPED, _(_ELSEWHERE): _palette.NOT_SCORABLE}
    digits = _encoding.digits(counts["high"])
    encoding = {
        "x": alt.X(field="low", **x),
        "x2": "high",
        "y": y,
        "color": _encoding.by_name(alt.Color, "state", colours, alt.Legend(title=None, columns=1, symbolOpacity=1)),
        "opacity": alt.Opacity(
            field="strength", type="quantitative", legend=None, scale=alt.Scale(domain=[0, 1], range=[0.05, 1])
        ),
        "tooltip": [
            _encoding.nominal("sample", _("sample")),
            _encoding.nominal("state", _("cells that were")),
            _encoding.quantitative("low", _("from"), digits),
            _encoding.quantitative("high", _("to"), digits),
            _encoding.quantitative("cells", _("cells"), ",d"),
        ],
    }
    other = counts["state"] == _(_ELSEWHERE)
    main = alt.Chart(counts[~other]).mark_rect(height=row * 0.56, yOffset=-row * 0.12)
    strip = alt.Chart(counts[other]).mark_rect(height=max(row * 0.16, 2.0), yOffset=row * 0.33)
    return [main.encode(**encoding), strip.encode(**encoding)]


def _counted(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    values, why = _encoding.number_column(cells, metric), _encoding.text_column(cells, col.QC_FAIL_REASON)
    there = values.notna() & (why != QcFailReason.EMPTY_DROPLET)
    values, why = values[there], why[there]
    logged = metric in _LOGGED
    bins = _encoding.bins_each(len(_samples(cells)), BINS)
    edges = _edges(values, logged, bins)
    state = why.map({"": _(KEPT), _REASONS[metric]: _(_HERE)}).fillna(_(_ELSEWHERE))
    frame = pd.DataFrame({
        "sample": _encoding.text_column(cells, col.SAMPLE)[there],
        "state": state,
        "bin": np.clip(np.searchsorted(edges, values.clip(lower=1) if logged else values, "right") - 1, 0, bins - 1),
    })  # fmt: skip
    counts = frame.groupby(["sample", "state", "bin"], sort=True).size().rename("cells").reset_index()
    share = counts["cells"] / counts.groupby("sample")["cells"].transform("max")
    # Few cells are dropped for one number, so they are never pale.
    counts["strength"] = np.maximum(np.sqrt(share), np.where(counts["state"] == _(_HERE), 0.6, 0.0)).round(2)
    counts["low"], counts["high"] = edges[counts["bin"]], edges[counts["bin"] + 1]
    return pd.DataFrame(counts[["sample", "state", "low", "high", "cells", "strength"]])


def _edges(values: pd.Series, logged: bool, bins: int) -> FloatArray:
    if values.empty:
        return np.arange(1.0, bins + 2)
    values = values.clip(lower=1) if logged else values
    low, high = float(values.min()), float(values.max())
    high = high if high > low else low * 2 if logged else low + 1
    edges = (np.geomspace if logged else np.linspace)(low, high, bins + 1)
    return np.array([float(f"{edge:.5g}") for edge in edges])


def _samples(cells: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(_encoding.text_column(cells, col.SAMPLE)))


def dropped(cells: pd.DataFrame) -> Any:
    """Draw what share of the cells of every sample was kept, and what the others were dropped for.

    Parameters
    ----------
    cells
        Rows of ``qc_cells.parquet``: ``sample`` and ``qc_fail_reason``, which gives the first reason that holds.

    Returns
    -------
    altair.Chart
        One bar per sample; the numbers of cells are in the tooltips. Where more than half of the barcodes of a sample
        are empty droplets, they are left out of all bars, and the title of the axis says so.

    Examples
    --------
    >>> cells = pd.DataFrame({"sample": ["a", "a"], "qc_fail_reason": ["", "doublet"]})
    >>> dropped(cells).to_dict()["mark"]["type"]
    'bar'
    """
    counts, samples, left_out = _counted_by_reason(cells)
    colours = {code_label(fate): colour for fate, colour in FATE_COLOURS.items() if (counts["reason"] == fate).any()}
    title = _("share of cells (empty droplets left out)") if left_out else _("share of cells")
    row = float(np.clip(1000 / max(len(samples), 1), 9, 24))
    return (
        alt.Chart(counts)
        .mark_bar(height=row * 0.7)
        .encode(
            x=alt.X(field="low", **_encoding.axis([0, 1], title, format=".0%", tickCount=5)),
            x2="high",
            y=alt.Y(field="sample", type="nominal", sort=samples, title=None),
            color=_encoding.by_name(alt.Color, "fate", colours, alt.Legend(title=None, columns=1)),
            tooltip=[
                _encoding.nominal("sample", _("sample")),
                _encoding.nominal("fate", _("what became of them")),
                _encoding.quantitative("cells", _("cells"), ",d"),
                _encoding.quantitative("of", _("of"), ",d"),
                _encoding.quantitative("share", _("share"), ".1%"),
            ],
        )
        .properties(width="container", height=row * max(len(samples), 1))
    )  # fmt: skip


def _counted_by_reason(cells: pd.DataFrame) -> tuple[pd.DataFrame, list[str], bool]:
    """Count every sample's cells by what became of them; tell whether empty droplets were left out."""
    frame = _encoding.select(cells, {"sample": col.SAMPLE, "reason": col.QC_FAIL_REASON}).replace(
        {"reason": {"": KEPT}}
    )
    samples = _samples(cells)
    empty = frame["reason"] == QcFailReason.EMPTY_DROPLET
    left_out = bool((empty.groupby(frame["sample"]).mean() > _MOSTLY).any())
    if left_out:
        frame = frame[~empty]
    counts = frame.groupby(["sample", "reason"], sort=True).size().rename("cells").reset_index()
    order = {fate: place for place, fate in enumerate(FATE_COLOURS)}
    counts = counts.assign(order=counts["reason"].map(order)).sort_values(["sample", "order"], kind="stable")
    of_sample = counts.groupby("sample")["cells"]
    counts["of"], end = of_sample.transform("sum"), of_sample.cumsum()
    counts["share"] = (counts["cells"] / counts["of"]).round(6)
    counts["high"] = (end / counts["of"]).round(6)
    counts["low"] = ((end - counts["cells"]) / counts["of"]).round(6)
    counts["fate"] = list(map(code_label, counts["reason"]))
    return counts.drop(columns="order").reset_index(drop=True), samples, left_out

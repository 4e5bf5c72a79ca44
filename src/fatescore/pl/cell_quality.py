"""What cells are judged by, sample by sample, and what became of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fatescore._language import mark, tr
from fatescore.errors import InputError, nearest
from fatescore.pl import _palette, _parts
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFailReason
from fatescore.typing import FloatArray

BINS = 60  # a sample; of many samples fewer
_KEPT, _HERE, _ELSEWHERE = mark("kept"), mark("dropped for this"), mark("dropped for something else")
_TITLES = {
    col.TOTAL_COUNTS: mark("counts"),
    col.N_GENES: mark("genes detected"),
    col.PCT_MT: mark("mitochondrial share (%)"),
    col.DOUBLET_SCORE: mark("doublet score"),
}
# What a cell is dropped for by each number, and the column of its sample's limit.
_REASONS = {
    col.TOTAL_COUNTS: QcFailReason.LOW_DEPTH, col.N_GENES: QcFailReason.FEW_GENES, col.PCT_MT: QcFailReason.HIGH_MITOCHONDRIAL,
    col.DOUBLET_SCORE: QcFailReason.DOUBLET,
}  # fmt: skip
_LIMITS = {
    col.TOTAL_COUNTS: "limit_min_total_counts", col.N_GENES: "limit_min_genes", col.PCT_MT: "limit_max_pct_mt",
}  # fmt: skip
_LOGGED = (col.TOTAL_COUNTS, col.N_GENES)


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
    >>> cells = pd.DataFrame({"sample": ["a", "a"], "dropped_because": ["", "low depth"],
    ...                       "total_counts": [2000.0, 90.0], "limit_min_total_counts": 400.0})
    >>> len(cell_quality(cells, "total_counts").to_dict()["layer"])
    3
    """
    import altair as alt

    if metric not in _REASONS:
        raise InputError(f'cells are not judged by "{metric}"', fix=nearest(metric, _REASONS))
    samples = _samples(cells)
    limits, counts = _limits(cells, metric), _counted(cells, metric)
    row = float(np.clip(1000 / max(len(samples), 1), 9, 26))
    ends = np.concatenate([counts["low"], counts["high"], limits["limit"]])
    logged = metric in _LOGGED
    padded = _parts.padded(np.log10(ends) if logged else ends, share=0.02)
    domain = np.power(10.0, padded).tolist() if logged else padded
    x = {
        "type": "quantitative",
        "scale": alt.Scale(domain=domain, nice=False, type="log" if logged else "linear"),
        "axis": alt.Axis(title=tr(_TITLES[metric]), grid=True, tickCount=5, format="~s" if logged else ".4~g"),
    }
    y = alt.Y(field="sample", type="nominal", sort=samples, title=None, scale=alt.Scale(domain=samples))
    mark_of_limit = alt.Chart(limits).mark_tick(orient="vertical", thickness=2, size=row * 0.9)
    limit = mark_of_limit.encode(
        x=alt.X(field="limit", **x),
        y=y,
        tooltip=[
            _parts.nominal("sample", tr("sample")),
            _parts.quantitative("limit", tr("limit"), _parts.digits(limits["limit"])),
        ],
    )
    return alt.layer(*_bands(counts, x, y, row), limit).properties(width="container", height=row * max(len(samples), 1))


def _bands(counts: pd.DataFrame, x: dict[str, Any], y: Any, row: float) -> list[Any]:
    """Draw the cells that were kept or dropped for this number, and in a strip below them all others."""
    import altair as alt

    states = [_KEPT, _HERE, _ELSEWHERE]
    colours = [_palette.KEPT, _palette.DROPPED, _palette.NOT_SCORABLE]
    encoding = {
        "x": alt.X(field="low", **x),
        "x2": "high",
        "y": y,
        "color": alt.Color(
            field="state",
            type="nominal",
            scale=alt.Scale(domain=[tr(state) for state in states], range=colours),
            legend=alt.Legend(title=None, columns=1, symbolOpacity=1),
        ),
        "opacity": alt.Opacity(
            field="strength", type="quantitative", legend=None, scale=alt.Scale(domain=[0, 1], range=[0.05, 1])
        ),
        "tooltip": [
            _parts.nominal("sample", tr("sample")),
            _parts.nominal("state", tr("cells that were")),
            _parts.quantitative("low", tr("from"), _parts.digits(counts["high"])),
            _parts.quantitative("high", tr("to"), _parts.digits(counts["high"])),
            _parts.quantitative("cells", tr("cells"), ",d"),
        ],
    }
    other = counts["state"] == tr(_ELSEWHERE)
    main = alt.Chart(counts[~other]).mark_rect(height=row * 0.56, yOffset=-row * 0.12)
    strip = alt.Chart(counts[other]).mark_rect(height=max(row * 0.16, 2.0), yOffset=row * 0.33)
    return [main.encode(**encoding), strip.encode(**encoding)]


def _counted(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    values, why = _parts.number_column(cells, metric), _parts.text_column(cells, col.QC_FAIL_REASON)
    there = values.notna() & (why != QcFailReason.EMPTY_DROPLET)
    values, why = values[there], why[there]
    logged = metric in _LOGGED
    bins = _parts.bins_each(len(_samples(cells)), BINS)
    edges = _edges(values, logged, bins)
    state = why.map({"": tr(_KEPT), _REASONS[metric]: tr(_HERE)}).fillna(tr(_ELSEWHERE))
    frame = pd.DataFrame({
        "sample": _parts.text_column(cells, col.SAMPLE)[there],
        "state": state,
        "bin": np.clip(np.searchsorted(edges, values.clip(lower=1) if logged else values, "right") - 1, 0, bins - 1),
    })  # fmt: skip
    counts = frame.groupby(["sample", "state", "bin"], sort=True).size().rename("cells").reset_index()
    share = counts["cells"] / counts.groupby("sample")["cells"].transform("max")
    # Few cells are dropped for one number, so they are never pale.
    counts["strength"] = np.maximum(np.sqrt(share), np.where(counts["state"] == tr(_HERE), 0.6, 0.0)).round(2)
    counts["low"], counts["high"] = edges[counts["bin"]], edges[counts["bin"] + 1]
    return pd.DataFrame(counts[["sample", "state", "low", "high", "cells", "strength"]])


def _edges(values: pd.Series, logged: bool, bins: int) -> FloatArray:
    if values.empty:
        return np.arange(1.0, bins + 2)
    low, high = float(values.min()), float(values.max())
    if logged:
        low, high = max(low, 1.0), max(high, 1.0)
        return np.array([float(f"{edge:.5g}") for edge in np.geomspace(low, high if high > low else low * 2, bins + 1)])
    return np.array([float(f"{edge:.5g}") for edge in np.linspace(low, high if high > low else low + 1, bins + 1)])


def _limits(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the limit of every sample that has one."""
    table = pd.DataFrame({
        "sample": _parts.text_column(cells, col.SAMPLE),
        "limit": _parts.number_column(cells, _LIMITS.get(metric, "")),
    })  # fmt: skip
    known = table[table["limit"] > 0].drop_duplicates("sample")
    return known.reset_index(drop=True)


def _samples(cells: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(_parts.text_column(cells, col.SAMPLE)))

"""Which cells are kept, sample by sample, by limits that the sample sets itself within a floor and a ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import median_abs_deviation

from fatescore.pp.cell_type import STROMAL
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFailReason

if TYPE_CHECKING:
    from fatescore.pp._limits import QcLimits

REASONS = (
    QcFailReason.EMPTY_DROPLET,
    QcFailReason.LOW_DEPTH,
    QcFailReason.FEW_GENES,
    QcFailReason.HIGH_MITOCHONDRIAL,
    QcFailReason.DOUBLET,
    QcFailReason.NOT_STROMAL,
)


def thresholds(obs: pd.DataFrame, limits: QcLimits) -> pd.DataFrame:
    """Return the limits of every sample.

    Depth and genes are judged on the log scale, ``n_mads`` robust deviations below the median; genes never below
    ``min_genes``. The mitochondrial limit is as far above the median, but never below ``pct_mt_floor`` (healthy cells
    would go) nor above ``max_pct_mt``.

    Parameters
    ----------
    obs
        Cells with ``sample`` and scanpy's metrics.
    limits
        The settings.

    Returns
    -------
    Indexed by sample: ``min_total_counts``, ``min_genes``, ``max_pct_mt``.
    """
    rows = {}
    for sample, cells in obs.groupby(col.SAMPLE, observed=True, sort=True):
        counts, genes = (_low(cells[key], limits.n_mads) for key in (col.TOTAL_COUNTS, col.N_GENES))
        share = cells[col.PCT_MT].dropna()
        high = share.median() + limits.n_mads * _mad(share) if len(share) else limits.max_pct_mt
        rows[str(sample)] = (
            max(counts, 0.0),
            max(genes, float(limits.min_genes)),
            float(np.clip(high, min(limits.pct_mt_floor, limits.max_pct_mt), limits.max_pct_mt)),
        )
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["min_total_counts", "min_genes", "max_pct_mt"])
    return table.rename_axis(col.SAMPLE)


def judge(obs: pd.DataFrame, by_sample: pd.DataFrame, doublet: pd.Series[bool] | None = None) -> pd.Series[str]:
    """Return why each cell is dropped, an empty text where it is kept; the first reason that holds is given.

    Parameters
    ----------
    obs
        Cells with ``sample``, scanpy's metrics and, where they are to be stromal, ``cell_type``.
    by_sample
        Limits of the samples, as :func:`thresholds` returns them.
    doublet
        Which cells are called doublets.
    """
    own = by_sample.reindex(obs[col.SAMPLE].astype(str))
    few, shallow, high = (own[name].to_numpy() for name in ("min_genes", "min_total_counts", "max_pct_mt"))
    reason = pd.Series("", index=obs.index, dtype=object)
    if col.CELL_TYPE in obs:
        reason[(obs[col.CELL_TYPE] != STROMAL).to_numpy()] = QcFailReason.NOT_STROMAL
    if doublet is not None:
        reason[doublet.to_numpy()] = QcFailReason.DOUBLET
    reason[obs[col.PCT_MT].to_numpy() > high] = QcFailReason.HIGH_MITOCHONDRIAL
    reason[obs[col.N_GENES].to_numpy() < few] = QcFailReason.FEW_GENES
    reason[obs[col.TOTAL_COUNTS].to_numpy() < shallow] = QcFailReason.LOW_DEPTH
    return reason


def cell_report(obs: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell: what it is, why it is dropped, its numbers and the limits of its sample.

    ``limits`` are those of the samples, as :func:`thresholds` returns them.
    """
    numbers = (col.TOTAL_COUNTS, col.N_GENES, col.PCT_MT, col.CELL_TYPE, col.CELL_TYPE_MARGIN)
    columns = [name for name in (col.SAMPLE, col.QC_FAIL_REASON, *numbers, *col.CELL_SCORES) if name in obs]
    limited = limits.reindex(obs[col.SAMPLE].astype(str)).add_prefix("limit_")
    table = obs[columns].reset_index(drop=True)
    table.insert(0, col.OBS_NAME, obs.index.astype(str))
    return pd.concat([table, limited.reset_index(drop=True)], axis=1)


def dropped_text(why: dict[str, int], n: int, limits: QcLimits) -> str:
    """Say how many cells of a sample are dropped for what, and when that is a large share of ``n``.

    ``n`` counts the droplets that hold a cell; empty ones say nothing of the cells' quality.

    Examples
    --------
    >>> from fatescore.pp import QcLimits
    >>> dropped_text({"": 40, "doublet": 5, "not stromal": 55}, 100, QcLimits())
    'cells dropped: 5 doublet, 55 not stromal'
    >>> dropped_text({"": 40, "few genes": 60}, 100, QcLimits())
    'cells dropped: 60 few genes; that is 60 % of the sample for its quality'
    """
    parts = [f"{why[key]} {key}" for key in REASONS if why.get(key)]
    if not parts:
        return ""
    poor = sum(why.get(key, 0) for key in REASONS if key not in (QcFailReason.NOT_STROMAL, QcFailReason.EMPTY_DROPLET))
    text = "cells dropped: " + ", ".join(parts)
    if poor > limits.max_dropped * n:
        text += f"; that is {poor / n:.0%} of the sample for its quality".replace("%", " %")
    return text


def _low(values: pd.Series[float], n_mads: float) -> float:
    known = values.dropna().astype(float)
    if known.empty:
        return 0.0
    logs = pd.Series(np.log1p(known.to_numpy()))
    spread = _mad(logs)
    return float(np.expm1(logs.median() - n_mads * spread)) if spread > 0 else 0.0


def _mad(values: ArrayLike) -> float:
    return float(median_abs_deviation(values, scale="normal"))

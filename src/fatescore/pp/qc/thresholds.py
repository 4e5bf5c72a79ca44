"""Depth of observations, and the limits on it: a sample sets its own, within a floor and a ceiling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import median_abs_deviation

from fatescore import organisms
from fatescore.errors import InputError
from fatescore.pp.cell_type import STROMAL
from fatescore.stats._labels import label, label_column
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFailReason, QcFlag
from fatescore.tables.notes import Note
from fatescore.typing import BoolArray, Organism

if TYPE_CHECKING:
    from anndata import AnnData

CHOICES = {"gate": ("markers", "none"), "doublets": ("drop", "none"), "empty_droplets": ("auto", "none")}
# In the order in which they are listed.
CELL_REASONS = (
    QcFailReason.EMPTY_DROPLET, QcFailReason.LOW_DEPTH, QcFailReason.FEW_GENES, QcFailReason.HIGH_MITOCHONDRIAL,
    QcFailReason.DOUBLET, QcFailReason.NOT_STROMAL,
)  # fmt: skip
_NOT_OF_QUALITY = (QcFailReason.EMPTY_DROPLET, QcFailReason.NOT_STROMAL)


@dataclass(frozen=True)
class QcLimits:
    """Limits of quality control; ``config/README.md`` explains each."""

    min_genes: int = 200
    max_pct_mt: float = 20.0
    pct_mt_floor: float = 5.0
    n_mads: float = 5.0
    max_dropped: float = 0.5
    empty_droplets: str = "auto"
    doublets: str = "drop"
    min_stromal_cells: int = 20
    min_counts_bulk: float = 500_000.0
    gate: str = "markers"

    def __post_init__(self) -> None:
        ranges = {
            "min_genes": (0, np.inf), "max_pct_mt": (0, 100), "pct_mt_floor": (0, 100), "n_mads": (0, np.inf),
            "max_dropped": (0, 1), "min_stromal_cells": (1, np.inf), "min_counts_bulk": (0, np.inf),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high or np.isinf(value):  # NaN is in no range
                raise InputError(f"{name} is {value}", expected=f"a number from {low:g} to {high:g}")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise InputError(f'{name} is "{getattr(self, name)}"', expected=" or ".join(choices))


def mitochondrial(names: pd.Index[str], organism: Organism) -> BoolArray:
    """Return which genes the mitochondrion encodes."""
    return np.asarray(names.str.startswith(organisms.get(organism).mitochondrial), dtype=bool)


def add_depth(adata: AnnData, organism: Organism) -> None:
    """Write ``total_counts``, ``n_genes_by_counts`` and ``pct_counts_mt`` into ``obs``, scanpy's numbers into ``var``.

    Without ``layers["counts"]`` only ``n_genes_by_counts`` is known.

    Raises
    ------
    InputError
        When values are missing or infinite.
    """
    adata.var["mt"] = mitochondrial(adata.var_names, organism)
    if col.COUNTS in adata.layers:
        import scanpy as sc

        sc.pp.calculate_qc_metrics(adata, layer=col.COUNTS, qc_vars=["mt"], percent_top=None, log1p=False, inplace=True)
        adata.obs.drop(columns="total_counts_mt", inplace=True)  # noqa: PD002  (AnnData's obs is changed in place)
        return
    if not np.isfinite(np.asarray(adata.X.sum(axis=1))).all():
        raise InputError("the values hold missing or infinite numbers", expected="finite numbers")
    adata.obs[col.TOTAL_COUNTS] = np.nan
    adata.obs[col.N_GENES] = np.asarray((adata.X > 0).sum(axis=1)).ravel()
    adata.obs[col.PCT_MT] = np.nan


def identity(obs: pd.DataFrame, sample: str) -> dict[str, str]:
    """Return data set, sample, donor and condition of a sample's observations."""
    first = obs.iloc[0]
    return {key: sample if key == col.SAMPLE else label(first[key]) for key in col.IDENTITY}


def medians(obs: pd.DataFrame) -> dict[str, float]:
    """Return the medians of the numbers, NaN where none is known."""
    numbers = {key: obs[key].dropna() for key in (col.TOTAL_COUNTS, col.N_GENES, col.PCT_MT)}
    return {key: float(values.median()) if len(values) else np.nan for key, values in numbers.items()}


def thresholds(obs: pd.DataFrame, limits: QcLimits) -> pd.DataFrame:
    """Return the limits of every sample.

    Depth and genes are compared on the log scale, ``n_mads`` robust deviations below the median; genes never below
    ``min_genes``. The mitochondrial limit is as far above the median, but never below ``pct_mt_floor`` (healthy cells
    would go) nor above ``max_pct_mt``. Indexed by sample: ``min_total_counts``, ``min_genes``, ``max_pct_mt``.
    """
    rows = {}
    for sample, cells in obs.groupby(label_column(obs[col.SAMPLE]), sort=True):
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


def fail_reasons(obs: pd.DataFrame, by_sample: pd.DataFrame, doublet: pd.Series[bool] | None = None) -> pd.Series[str]:
    """Return why each cell is dropped (``QcFailReason``), empty where it is kept; the first reason that holds is given.

    ``by_sample`` is as :func:`thresholds` returns it; ``cell_type`` counts where ``obs`` has it.
    """
    own = by_sample.reindex(label_column(obs[col.SAMPLE]))
    few, shallow, high = (own[name].to_numpy() for name in ("min_genes", "min_total_counts", "max_pct_mt"))
    reason = pd.Series("", index=obs.index, dtype=object)
    if col.CELL_TYPE in obs:
        reason[(obs[col.CELL_TYPE] != STROMAL).to_numpy()] = QcFailReason.NOT_STROMAL.value
    if doublet is not None:
        reason[doublet.to_numpy()] = QcFailReason.DOUBLET.value
    reason[obs[col.PCT_MT].to_numpy() > high] = QcFailReason.HIGH_MITOCHONDRIAL.value
    reason[obs[col.N_GENES].to_numpy() < few] = QcFailReason.FEW_GENES.value
    reason[obs[col.TOTAL_COUNTS].to_numpy() < shallow] = QcFailReason.LOW_DEPTH.value
    return reason


def dropped_flags(dropped: Mapping[str, int], n_cells: int, max_share: float) -> list[Note]:
    """Return how many cells of a sample are dropped for what, and whether that is a large share of them.

    ``n_cells`` are the droplets that hold a cell: empty ones say nothing of the cells' quality. Of these, more than
    ``max_share`` dropped for their quality are flagged.

    Examples
    --------
    >>> from fatescore.tables.notes import join_notes
    >>> join_notes(dropped_flags({"": 40, "doublet": 5, "not_stromal": 55}, 100, 0.5))
    'cells_dropped:doublet=5,not_stromal=55'
    >>> join_notes(dropped_flags({"": 40, "few_genes": 60}, 100, 0.5))
    'cells_dropped:few_genes=60;many_dropped:share=0.6'
    """
    cells: dict[str, int] = {reason: dropped[reason] for reason in CELL_REASONS if dropped.get(reason)}
    poor = sum(n for reason, n in cells.items() if reason not in _NOT_OF_QUALITY)
    flags = [Note(QcFlag.CELLS_DROPPED, cells)] if cells else []
    return [*flags, Note(QcFlag.MANY_DROPPED, {"share": poor / n_cells})] if poor > max_share * n_cells else flags


def _low(values: pd.Series[float], n_mads: float) -> float:
    known = values.dropna().astype(float)
    if known.empty:
        return 0.0
    logs = pd.Series(np.log1p(known.to_numpy()))
    spread = _mad(logs)
    return float(np.expm1(logs.median() - n_mads * spread)) if spread > 0 else 0.0


def _mad(values: ArrayLike) -> float:
    return float(median_abs_deviation(values, scale="normal"))

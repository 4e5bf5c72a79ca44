"""Quality control of single cells, one sample in memory at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fatescore._h5ad_rows import on_disk, rows_of
from fatescore.errors import NotScorable
from fatescore.pp.cell_type import cell_types
from fatescore.pp.doublets import DOUBLET
from fatescore.pp.droplets import empty_droplets, is_unfiltered
from fatescore.pp.markers import STROMAL
from fatescore.pp.qc.metrics import add_depth, cell_metrics, identity, medians, mitochondrial, sample_metrics
from fatescore.pp.qc.thresholds import QcLimits, dropped_flags, fail_reasons, thresholds
from fatescore.tables import QC
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode, QcFailReason, Status
from fatescore.tables.notes import Note, join_notes
from fatescore.typing import FloatArray, Organism

if TYPE_CHECKING:
    from anndata import AnnData

_ADDED = (
    col.N_GENES, col.TOTAL_COUNTS, col.PCT_MT, col.CELL_TYPE, col.CELL_TYPE_MARGIN, *col.CELL_SCORES,
    col.QC_FAIL_REASON,
)  # fmt: skip


@dataclass(frozen=True)
class CellQc:
    """Quality control of every cell and sample; tables only.

    Attributes
    ----------
    obs
        The table of cells with the columns that quality control adds, ``qc_fail_reason`` among them.
    var
        The table of genes with scanpy's numbers.
    samples, cells, metrics
        As in :class:`fatescore.pp.QcResult`.
    sums
        Of each sample, the counts of its kept cells; without counts there are none.
    fields
        The columns of ``obs`` as given that are the same for all cells of every sample, indexed by sample.
    """

    obs: pd.DataFrame
    var: pd.DataFrame
    samples: pd.DataFrame
    cells: pd.DataFrame
    metrics: pd.DataFrame
    sums: Mapping[str, FloatArray]
    fields: pd.DataFrame


@dataclass(frozen=True)
class _Sample:
    obs: pd.DataFrame
    genes: pd.DataFrame
    limits: pd.DataFrame
    row: Mapping[str, Any]
    metrics: Mapping[str, Any]
    sums: FloatArray | None


def cell_qc(adata: AnnData, organism: Organism, limits: QcLimits, seed: int) -> CellQc:
    """Test the cells of every sample by itself; what is held of ``adata`` (memory or disk) at once is one sample.

    ``seed`` is of everything random; every sample gets the same one. Without any cell :class:`NotScorable` is raised.
    """
    places = {
        str(name): np.asarray(rows, dtype=np.int64)
        for name, rows in adata.obs.groupby(col.SAMPLE, observed=True, sort=True).indices.items()
    }
    if not places:
        raise NotScorable("there are no cells", reason=str(Note(NoteCode.NO_CELLS)), table=QC.frame())
    found = {name: _sample_qc(rows_of(adata, np.sort(rows)), organism, limits, seed) for name, rows in places.items()}
    obs = adata.obs.copy()
    added = pd.concat([sample.obs for sample in found.values()]).reindex(adata.obs_names)
    obs[added.columns] = added
    metrics = pd.DataFrame([sample.metrics for sample in found.values()], index=pd.Index(found, name=col.SAMPLE))
    return CellQc(
        obs=obs,
        var=_genes(adata, [sample.genes for sample in found.values()], organism),
        samples=QC.frame(sample.row for sample in found.values()),
        cells=_cell_table(obs, pd.concat([sample.limits for sample in found.values()])),
        metrics=metrics,
        sums={name: sample.sums for name, sample in found.items() if sample.sums is not None},
        fields=_shared(adata.obs),
    )


def sample_sums(found: CellQc) -> AnnData:
    """Return the counts of the kept cells, summed per sample that can be scored; no row where counts are missing."""
    import anndata as ad

    table = found.samples
    names = [name for name in table.loc[table["verdict"] == Status.OK, col.SAMPLE] if name in found.sums]
    sums = np.array([found.sums[name] for name in names]).reshape(len(names), len(found.var))
    obs = found.fields.reindex(names).rename_axis(None).assign(**{col.SAMPLE: names})
    return ad.AnnData(obs=obs, var=found.var[[]], layers={col.COUNTS: sums}, uns={col.UNS: {"scale": "counts"}})


def kept_cells(adata: AnnData, found: CellQc) -> AnnData:
    """Return the cells that are kept, of samples that can be scored, with what was found.

    A copy of what is in memory; of cells on disk a selection that reads its rows when asked.
    """
    import anndata as ad

    good = found.samples.loc[found.samples["verdict"] == Status.OK, col.SAMPLE]
    kept = (found.obs[col.QC_FAIL_REASON] == "") & found.obs[col.SAMPLE].astype(str).isin(good)
    rows = np.flatnonzero(kept.to_numpy(dtype=bool))
    obs = found.obs.drop(columns=col.QC_FAIL_REASON)
    if on_disk(adata):
        return ad.AnnData(
            X=adata.X, layers=dict(adata.layers), obs=obs, var=found.var, obsm=dict(adata.obsm),
            varm=dict(adata.varm), uns=dict(adata.uns),
        )[rows]  # fmt: skip
    out = adata[rows].copy()
    out.obs = ad.AnnData(obs=obs)[rows].copy().obs  # anndata leaves out the categories that no row has
    out.var = found.var
    return out


def _sample_qc(part: AnnData, organism: Organism, limits: QcLimits, seed: int) -> _Sample:
    add_depth(part, organism)
    cells, empty = _droplets(part, limits, seed)
    by_sample = thresholds(cells.obs, limits)
    if cells.n_obs:
        if limits.gate == "markers":
            cell_types(cells, organism=organism)
        else:
            cells.obs[col.CELL_TYPE] = STROMAL
        numbers = cell_metrics(cells, organism, find_doublets=limits.doublets == "drop", seed=seed)
        for name in col.CELL_SCORES:
            if name in numbers:
                cells.obs[name] = numbers[name]
        cells.obs[col.QC_FAIL_REASON] = fail_reasons(cells.obs, by_sample, numbers[DOUBLET])
        kept = (cells.obs[col.QC_FAIL_REASON] == "").to_numpy()
        metrics = sample_metrics(cells, organism, numbers, kept, seed, empty)
    else:
        cells.obs[col.QC_FAIL_REASON], metrics = "", {}
    if col.COUNTS in part.layers:
        metrics["n_droplets_empty"] = part.n_obs - cells.n_obs
    obs = part.obs[[name for name in _ADDED if name in part.obs]]
    further = cells.obs[[name for name in _ADDED if name in cells.obs and name not in obs]]
    obs = obs.join(further)
    obs[col.QC_FAIL_REASON] = obs[col.QC_FAIL_REASON].where(
        obs.index.isin(cells.obs_names), QcFailReason.EMPTY_DROPLET.value
    )
    kept_counts = cells[(cells.obs[col.QC_FAIL_REASON] == "").to_numpy()].layers.get(col.COUNTS)
    sums = None if kept_counts is None else np.asarray(kept_counts.sum(axis=0, dtype=np.float64)).ravel()
    return _Sample(obs, part.var, by_sample, _row(part, cells, limits), metrics, sums)


def _shared(obs: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that are the same for all cells of every sample, one row per sample."""
    by_sample = obs.groupby(obs[col.SAMPLE].astype(str), sort=True)
    same = by_sample.nunique(dropna=False).max() <= 1
    return by_sample.first()[same.index[same]]


def _droplets(part: AnnData, limits: QcLimits, seed: int) -> tuple[AnnData, AnnData | None]:
    """Return the droplets that hold a cell, and those that surely hold none where raw barcodes were given."""
    if limits.empty_droplets == "none" or col.COUNTS not in part.layers:
        return part, None
    counts = part.layers[col.COUNTS]
    if not is_unfiltered(counts):
        return part, None
    found = empty_droplets(counts, rng=seed)
    return part[found["cell"].to_numpy()].copy(), part[found["empty"].to_numpy()].copy()


def _row(part: AnnData, cells: AnnData, limits: QcLimits) -> dict[str, Any]:
    """Return the sample's row of the table."""
    n_empty = part.n_obs - cells.n_obs
    why = cells.obs[col.QC_FAIL_REASON].value_counts()
    n_kept = int(why.get("", 0))
    n_stromal = int((cells.obs[col.CELL_TYPE] == STROMAL).sum()) if cells.n_obs else 0
    flags = dropped_flags({**why.to_dict(), QcFailReason.EMPTY_DROPLET: n_empty}, cells.n_obs, limits.max_dropped)
    reason = []
    if n_stromal == 0:
        reason = [Note(QcFailReason.NO_STROMAL_CELLS)]
    elif n_kept < limits.min_stromal_cells:
        reason = [Note(QcFailReason.FEW_STROMAL_CELLS, {"cells": n_kept, "needed": limits.min_stromal_cells})]
    return {
        **identity(part.obs, str(part.obs[col.SAMPLE].iloc[0])),
        **medians(cells.obs[cells.obs[col.QC_FAIL_REASON] == ""] if n_kept else cells.obs),
        "n_obs": part.n_obs,
        "n_kept": n_kept,
        "n_stromal": n_stromal,
        "fraction_stromal": n_stromal / cells.n_obs if cells.n_obs else 0.0,
        "verdict": (Status.NOT_SCORABLE if reason else Status.OK).value,
        col.QC_FAIL_REASON: join_notes(reason),
        "qc_flags": join_notes(flags),
    }


def _genes(adata: AnnData, of_samples: list[pd.DataFrame], organism: Organism) -> pd.DataFrame:
    """Return the table of genes; scanpy's numbers of all cells are made of those of each sample."""
    var: pd.DataFrame = adata.var.copy()
    var["mt"] = mitochondrial(adata.var_names, organism)
    first = of_samples[0]
    if "n_cells_by_counts" in first:
        n_cells, total = (
            np.sum([genes[name].to_numpy(dtype=np.float64) for genes in of_samples], axis=0)
            for name in ("n_cells_by_counts", "total_counts")
        )
        found = {
            "n_cells_by_counts": n_cells, "mean_counts": total / adata.n_obs,
            "pct_dropout_by_counts": 100 * (1 - n_cells / adata.n_obs), "total_counts": total,
        }  # fmt: skip
        for name, values in found.items():
            var[name] = values.astype(first[name].dtype)
    return var


def _cell_table(obs: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """Return one row per cell: what it is, why it is dropped, its numbers and the limits of its sample."""
    numbers = (col.TOTAL_COUNTS, col.N_GENES, col.PCT_MT, col.CELL_TYPE, col.CELL_TYPE_MARGIN)
    columns = [name for name in (col.SAMPLE, col.QC_FAIL_REASON, *numbers, *col.CELL_SCORES) if name in obs]
    limited = limits.reindex(obs[col.SAMPLE].astype(str)).add_prefix("limit_")
    table = obs[columns].reset_index(drop=True)
    table.insert(0, col.OBS_NAME, obs.index.astype(str))
    return pd.concat([table, limited.reset_index(drop=True)], axis=1)

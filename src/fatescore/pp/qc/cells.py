"""Quality control of single cells, one sample in memory at a time, and the numbers of cells and of their samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fatescore import gene_sets
from fatescore._h5ad_rows import on_disk, rows_of
from fatescore.errors import NotScorable
from fatescore.pp.ambient import ambient
from fatescore.pp.cell_type import STROMAL, cell_types
from fatescore.pp.doublets import DOUBLET, DOUBLET_NOTE, doublets
from fatescore.pp.droplets import empty_droplets, is_unfiltered
from fatescore.pp.pseudobulk import constant_columns
from fatescore.pp.qc.thresholds import (
    QcLimits,
    add_depth,
    dropped_flags,
    fail_reasons,
    identity,
    medians,
    mitochondrial,
    thresholds,
)
from fatescore.pp.signatures import signatures, transgenes
from fatescore.stats._labels import label, label_column
from fatescore.tables import QC
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode, QcFailReason, QcFlag, Status
from fatescore.tables.notes import Note, join_notes
from fatescore.typing import BoolArray, FloatArray, Organism

if TYPE_CHECKING:
    from anndata import AnnData

_ADDED = (
    col.N_GENES, col.TOTAL_COUNTS, col.PCT_MT, col.CELL_TYPE, col.CELL_TYPE_MARGIN, *col.CELL_SCORES,
    col.QC_FAIL_REASON,
)  # fmt: skip


@dataclass(frozen=True)
class CellQc:
    """Quality control of every cell and sample; ``samples``, ``cells`` and ``metrics`` as in :class:`QcResult`."""

    obs: pd.DataFrame  # with the columns that quality control adds, ``qc_fail_reason`` among them
    var: pd.DataFrame  # with scanpy's numbers
    samples: pd.DataFrame
    cells: pd.DataFrame
    metrics: pd.DataFrame
    sums: Mapping[str, FloatArray]  # of each sample's kept cells; without counts there are none
    fields: pd.DataFrame  # sample by sample, the columns of ``obs`` as given that all its cells share


def cell_qc(adata: AnnData, organism: Organism, limits: QcLimits, seed: int) -> CellQc:
    """Test the cells of every sample by itself; what is held of ``adata`` (memory or disk) at once is one sample.

    ``seed`` is of everything random; every sample gets the same one. Without any cell :class:`NotScorable` is raised.
    """
    places = {
        str(name): np.asarray(rows, dtype=np.int64)
        for name, rows in adata.obs.groupby(label_column(adata.obs[col.SAMPLE]), sort=True).indices.items()
    }
    if not places:
        raise NotScorable("there are no cells", reason=str(Note(NoteCode.NO_CELLS)), table=QC.frame())
    found = [_sample_qc(rows_of(adata, np.sort(rows)), organism, limits, seed) for rows in places.values()]
    parts: Sequence[pd.DataFrame]
    parts, genes, limits_of, rows, metrics, sums = zip(*found, strict=True)
    obs = adata.obs.copy()
    added = pd.concat(parts).reindex(adata.obs_names)
    obs[added.columns] = added
    return CellQc(
        obs=obs,
        var=_genes(adata, genes, organism),
        samples=QC.frame(rows),
        cells=_cell_table(obs, pd.concat(limits_of)),
        metrics=pd.DataFrame(list(metrics), index=pd.Index(places, name=col.SAMPLE)),
        sums={name: summed for name, summed in zip(places, sums, strict=True) if summed is not None},
        fields=constant_columns(adata.obs, label_column(adata.obs[col.SAMPLE]).to_numpy()),
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
    kept = (found.obs[col.QC_FAIL_REASON] == "") & label_column(found.obs[col.SAMPLE]).isin(good)
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


def _sample_qc(
    part: AnnData, organism: Organism, limits: QcLimits, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, Any], dict[str, Any], FloatArray | None]:
    """Return the columns found of a sample's cells, its genes, limits, row of the table, metrics and sums of counts."""
    add_depth(part, organism)
    cells, empty = _droplets(part, limits, seed)
    by_sample = thresholds(cells.obs, limits)
    if cells.n_obs:
        if limits.gate == "markers":
            cell_types(cells, organism=organism)
        else:
            cells.obs[col.CELL_TYPE] = STROMAL
        numbers = _cell_metrics(cells, organism, find_doublets=limits.doublets == "drop", seed=seed)
        for name in col.CELL_SCORES:
            if name in numbers:
                cells.obs[name] = numbers[name]
        cells.obs[col.QC_FAIL_REASON] = fail_reasons(cells.obs, by_sample, numbers[DOUBLET])
        kept = (cells.obs[col.QC_FAIL_REASON] == "").to_numpy()
        metrics = _sample_metrics(cells, organism, numbers, kept, seed, empty)
    else:
        cells.obs[col.QC_FAIL_REASON], metrics = "", {}
    if col.COUNTS in part.layers:
        metrics["n_droplets_empty"] = part.n_obs - cells.n_obs
    obs = part.obs[[name for name in _ADDED if name in part.obs]]
    obs = obs.join(cells.obs[[name for name in _ADDED if name in cells.obs and name not in obs]])
    obs[col.QC_FAIL_REASON] = obs[col.QC_FAIL_REASON].where(
        obs.index.isin(cells.obs_names), QcFailReason.EMPTY_DROPLET.value
    )
    kept_counts = cells[(cells.obs[col.QC_FAIL_REASON] == "").to_numpy()].layers.get(col.COUNTS)
    sums = None if kept_counts is None else np.asarray(kept_counts.sum(axis=0, dtype=np.float64)).ravel()
    return obs, part.var, by_sample, _row(part, cells, limits), metrics, sums


def _droplets(part: AnnData, limits: QcLimits, seed: int) -> tuple[AnnData, AnnData | None]:
    """Return the droplets that hold a cell, and those that surely hold none where raw barcodes were given."""
    if limits.empty_droplets == "none" or col.COUNTS not in part.layers:
        return part, None
    if not is_unfiltered(part.layers[col.COUNTS]):
        return part, None
    found = empty_droplets(part.layers[col.COUNTS], rng=seed)
    return part[found["cell"].to_numpy()].copy(), part[found["empty"].to_numpy()].copy()


def _cell_metrics(adata: AnnData, organism: Organism, *, find_doublets: bool, seed: int) -> pd.DataFrame:
    """Return ``doublet`` (bool), ``doublet_note`` and the columns of :func:`doublets` and :func:`signatures`.

    Indexed like ``adata.obs``; without ``layers["counts"]`` no cell is a doublet and nothing else is known.
    """
    found = pd.DataFrame(index=adata.obs_names)
    found[DOUBLET], found[DOUBLET_NOTE] = False, ""
    if col.COUNTS not in adata.layers:
        return found
    if find_doublets:
        called = doublets(adata, rng=seed)
        found[[col.DOUBLET_SCORE, DOUBLET, DOUBLET_NOTE]] = called[[col.DOUBLET_SCORE, DOUBLET, DOUBLET_NOTE]]
    marks = signatures(adata, organism)
    return found.join(marks[[name for name in marks if name not in found]])


def _sample_metrics(
    adata: AnnData, organism: Organism, cells: pd.DataFrame, kept: BoolArray, seed: int, empty: AnnData | None
) -> dict[str, Any]:
    """Return numbers of one sample: composition, doublets, cycling and stressed cells, transgenes, ambient RNA."""
    found: dict[str, Any] = {"fraction_doublet": float(cells[DOUBLET].mean())}
    types = adata.obs[col.CELL_TYPE]
    for name in types.cat.categories if isinstance(types.dtype, pd.CategoricalDtype) else pd.unique(types):
        found[f"fraction_{name}"] = float((types == name).mean())
    if "phase" in cells:
        cycling = cells["phase"].isin(["S", "G2M"]).astype(float).where(cells["s_score"].notna())
        found["fraction_cycling"] = float(cycling.mean())
    for name in ("pct_counts_stress", col.PCT_RIBO):
        if name in cells:
            known = cells[name].dropna()
            found[f"median_{name}"] = float(known.median()) if len(known) else np.nan
    if col.COUNTS in adata.layers:
        found |= _ambient(adata, organism, kept, seed, empty)
        expressed = {name: float((cells[f"counts_{name}"] > 0).mean()) for name in transgenes(adata.var_names)}
        notes = (Note(QcFlag.TRANSGENE, {"gene": name, "share": share}) for name, share in expressed.items())
        found["transgenes"] = join_notes(notes)
    return {**found, DOUBLET_NOTE: cells[DOUBLET_NOTE].iloc[0]}


def _ambient(adata: AnnData, organism: Organism, kept: BoolArray, seed: int, empty: AnnData | None) -> dict[str, Any]:
    found = ambient(adata, organism=organism, empty=empty, kept=kept, rng=seed)
    sets = gene_sets.load("extended", organism=organism)
    arms: dict[str, list[str]] = {arm: list(sets[arm]) for arm in (col.OSTEOGENIC, col.ADIPOGENIC)}
    shares = found.table[["share", "share_low", "share_high", "note"]].add_prefix("ambient_")
    return dict(shares.join(found.effect(arms).add_prefix("ambient_share_of_")).iloc[0])


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
        **identity(part.obs, label(part.obs[col.SAMPLE].iloc[0])),
        **medians(cells.obs[cells.obs[col.QC_FAIL_REASON] == ""] if n_kept else cells.obs),
        "n_obs": part.n_obs,
        "n_kept": n_kept,
        "n_stromal": n_stromal,
        "fraction_stromal": n_stromal / cells.n_obs if cells.n_obs else 0.0,
        "verdict": (Status.NOT_SCORABLE if reason else Status.OK).value,
        col.QC_FAIL_REASON: join_notes(reason),
        "qc_flags": join_notes(flags),
    }


def _genes(adata: AnnData, of_samples: Sequence[pd.DataFrame], organism: Organism) -> pd.DataFrame:
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
    limited = limits.reindex(label_column(obs[col.SAMPLE])).add_prefix("limit_")
    table = obs[columns].reset_index(drop=True)
    table.insert(0, col.OBS_NAME, obs.index.astype(str))
    return pd.concat([table, limited.reset_index(drop=True)], axis=1)

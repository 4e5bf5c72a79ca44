"""Numbers of cells and of samples of cells: depth, doublets, cycle, stress, ambient RNA, transgenes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fatescore import gene_sets, organisms
from fatescore.errors import InputError
from fatescore.pp.ambient import ambient
from fatescore.pp.doublets import DOUBLET, DOUBLET_NOTE, doublets
from fatescore.pp.signatures import signatures, transgenes
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFlag
from fatescore.tables.notes import Note, join_notes
from fatescore.typing import BoolArray, Organism

if TYPE_CHECKING:
    from anndata import AnnData


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
    return {key: sample if key == col.SAMPLE else str(first[key]) for key in col.IDENTITY}


def medians(obs: pd.DataFrame) -> dict[str, float]:
    """Return the medians of the numbers, NaN where none is known."""
    numbers = {key: obs[key].dropna() for key in (col.TOTAL_COUNTS, col.N_GENES, col.PCT_MT)}
    return {key: float(values.median()) if len(values) else np.nan for key, values in numbers.items()}


def cell_metrics(adata: AnnData, organism: Organism, *, find_doublets: bool, seed: int) -> pd.DataFrame:
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


def sample_metrics(
    adata: AnnData, organism: Organism, cells: pd.DataFrame, kept: BoolArray, seed: int, empty: AnnData | None = None
) -> dict[str, Any]:
    """Return numbers of one sample: composition, doublets, cycling and stressed cells, transgenes, ambient RNA.

    ``adata`` holds all its cells with ``cell_type``, ``cells`` what :func:`cell_metrics` returns of them,
    ``kept`` which stay and ``empty`` its barcodes without a cell; ``seed`` is of the bootstrap of the ambient share.
    """
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
        found["transgenes"] = _transgenes(adata, cells)
    return {**found, DOUBLET_NOTE: cells[DOUBLET_NOTE].iloc[0]}


def _ambient(adata: AnnData, organism: Organism, kept: BoolArray, seed: int, empty: AnnData | None) -> dict[str, Any]:
    found = ambient(adata, organism=organism, empty=empty, kept=kept, rng=seed)
    sets = gene_sets.load("extended", organism=organism)
    arms: dict[str, list[str]] = {arm: list(sets[arm]) for arm in (col.OSTEOGENIC, col.ADIPOGENIC)}
    shares = found.table[["share", "share_low", "share_high", "note"]].add_prefix("ambient_")
    return dict(shares.join(found.effect(arms).add_prefix("ambient_share_of_")).iloc[0])


def _transgenes(adata: AnnData, cells: pd.DataFrame) -> str:
    """Return the transgenes among the genes, and the share of cells that express each."""
    return join_notes(
        Note(QcFlag.TRANSGENE, {"gene": name, "share": float((cells[f"counts_{name}"] > 0).mean())})
        for name in transgenes(adata.var_names)
    )

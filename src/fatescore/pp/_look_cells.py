"""What is known of cells beside their depth: doublets, cycle, stress, ambient RNA, transgenes. Nothing is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fatescore import gene_sets
from fatescore.pp.ambient import ambient
from fatescore.pp.doublets import doublets
from fatescore.pp.signatures import signatures, transgenes
from fatescore.tables import columns as col
from fatescore.typing import BoolArray, Organism

if TYPE_CHECKING:
    from anndata import AnnData

DOUBLET, DOUBLET_NOTE = "doublet", "doublet_note"
_ARMS = (col.OSTEOGENIC, col.ADIPOGENIC)


def describe(adata: AnnData, organism: Organism, *, find_doublets: bool, seed: int) -> pd.DataFrame:
    """Return doublet scores and calls, cycle, stress and ribosomal share of every cell.

    Parameters
    ----------
    adata
        All cells of the samples, with ``layers["counts"]``; without counts nothing is said.
    organism
        Whose genes.
    find_doublets
        Whether to look for doublets.
    seed
        Of the simulated doublets.

    Returns
    -------
    Indexed like ``adata.obs``; ``doublet`` is ``False`` where nobody looked.
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


def of_sample(
    adata: AnnData, organism: Organism, described: pd.DataFrame, kept: BoolArray, seed: int,
    empty: AnnData | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return numbers of one sample: composition, doublets, cycling and stressed cells, transgenes, ambient RNA.

    Parameters
    ----------
    adata
        All cells of the sample, with ``cell_type``.
    organism
        Whose genes.
    described
        As from :func:`describe`.
    kept
        Which cells stay.
    seed
        Of the bootstrap of the ambient share.
    empty
        The sample's barcodes without a cell, where they are known.
    """
    found: dict[str, Any] = {"fraction_doublet": float(described[DOUBLET].mean())}
    types = adata.obs[col.CELL_TYPE]
    for name in types.cat.categories if isinstance(types.dtype, pd.CategoricalDtype) else pd.unique(types):
        found[f"fraction_{name}"] = float((types == name).mean())
    if "phase" in described:
        told = described["phase"].isin(["S", "G2M"]).astype(float).where(described["s_score"].notna())
        found["fraction_cycling"] = float(told.mean())
    for name in ("pct_counts_stress", col.PCT_RIBO):
        if name in described:
            known = described[name].dropna()
            found[f"median_{name}"] = float(known.median()) if len(known) else np.nan
    if col.COUNTS in adata.layers:
        found |= _ambient(adata, organism, kept, seed, empty)
        found["transgenes"] = _transgenes(adata, described)
    return {**found, "doublet_note": described[DOUBLET_NOTE].iloc[0]}


def _ambient(adata: AnnData, organism: Organism, kept: BoolArray, seed: int, empty: AnnData | None) -> dict[str, Any]:
    found = ambient(adata, organism=organism, empty=empty, kept=kept, rng=seed)
    sets = gene_sets.load("extended", organism=organism)
    arms = {arm: list(sets[arm]) for arm in _ARMS}
    shares = found.table[["share", "share_low", "share_high", "note"]].add_prefix("ambient_")
    return dict(shares.join(found.effect(arms).add_prefix("ambient_share_of_")).iloc[0])


def _transgenes(adata: AnnData, described: pd.DataFrame) -> str:
    """Name the transgenes among the genes, and the share of cells that express each."""
    shares = {name: float((described[f"counts_{name}"] > 0).mean()) for name in transgenes(adata.var_names)}
    return ", ".join(f"{name} ({share:.0%} of cells)".replace("%", " %") for name, share in shares.items())

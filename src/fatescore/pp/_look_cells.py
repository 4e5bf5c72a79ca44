"""What is known of single cells beside their depth: doublets, cycle, stress, ambient RNA. Nothing is dropped here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fatescore import _keys, gene_sets
from fatescore.pp.ambient import ambient
from fatescore.pp.cell_type import MARKERS, UNKNOWN
from fatescore.pp.doublets import doublets
from fatescore.pp.signatures import signatures
from fatescore.typing import Organism

if TYPE_CHECKING:
    from anndata import AnnData

DOUBLET, DOUBLET_NOTE = "doublet", "doublet_note"
_ARMS = (_keys.OSTEOGENIC, _keys.ADIPOGENIC)


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
    if _keys.COUNTS not in adata.layers:
        return found
    if find_doublets:
        called = doublets(adata, rng=seed)
        found[[_keys.DOUBLET_SCORE, DOUBLET, DOUBLET_NOTE]] = called[[_keys.DOUBLET_SCORE, DOUBLET, DOUBLET_NOTE]]
    marks = signatures(adata, organism)
    return found.join(marks[[name for name in marks if name not in found]])


def of_samples(
    adata: AnnData, organism: Organism, described: pd.DataFrame, kept: np.ndarray, seed: int
) -> pd.DataFrame:
    """Return numbers of every sample: composition, doublets, cycling and stressed cells, and its ambient RNA.

    Parameters
    ----------
    adata
        All cells, with ``cell_type`` where the gate was used.
    organism
        Whose genes.
    described
        As from :func:`describe`.
    kept
        Which cells stay.
    seed
        Of the bootstrap of the ambient share.
    """
    by_sample = described.groupby(adata.obs[_keys.SAMPLE].astype(str).to_numpy(), sort=True)
    table = pd.DataFrame({"fraction_doublet": by_sample[DOUBLET].mean()})
    note = by_sample[DOUBLET_NOTE].first()
    types = pd.get_dummies(adata.obs[_keys.CELL_TYPE].astype(str)) if _keys.CELL_TYPE in adata.obs else pd.DataFrame()
    for name in (*MARKERS, UNKNOWN):
        if name in types:
            table[f"fraction_{name}"] = types[name].groupby(adata.obs[_keys.SAMPLE].astype(str).to_numpy()).mean()
    if "phase" in described:
        told = described["phase"].isin(["S", "G2M"]).astype(float).where(described["s_score"].notna())
        cycling = told.groupby(adata.obs[_keys.SAMPLE].astype(str).to_numpy())
        table["fraction_cycling"] = cycling.mean()
    for name in ("pct_counts_stress", _keys.PCT_RIBO):
        if name in described:
            table[f"median_{name}"] = by_sample[name].median()
    if _keys.COUNTS in adata.layers:
        table = table.join(_ambient(adata, organism, kept, seed))
    return table.assign(doublet_note=note)


def _ambient(adata: AnnData, organism: Organism, kept: np.ndarray, seed: int) -> pd.DataFrame:
    found = ambient(adata, organism=organism, kept=kept, rng=seed)
    sets = gene_sets.load("extended", organism=organism)
    arms = {arm: list(sets[arm]) for arm in _ARMS}
    shares = found.table[["share", "share_low", "share_high", "note"]].add_prefix("ambient_")
    return shares.join(found.effect(arms).add_prefix("ambient_share_of_"))

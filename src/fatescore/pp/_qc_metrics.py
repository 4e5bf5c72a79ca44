"""Numbers of every observation under scanpy's names, and what a row of the table of samples takes from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fatescore import organisms
from fatescore.errors import InputError
from fatescore.tables import columns as col
from fatescore.typing import BoolArray, Organism

if TYPE_CHECKING:
    from anndata import AnnData


def mitochondrial(names: pd.Index[str], organism: Organism) -> BoolArray:
    """Return which genes the mitochondrion encodes."""
    return np.asarray(names.str.startswith(organisms.get(organism).mitochondrial), dtype=bool)


def per_observation(adata: AnnData, organism: Organism) -> None:
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

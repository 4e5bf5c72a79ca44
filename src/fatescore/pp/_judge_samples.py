"""What stands out among bulk samples and arrays: numbers, doubts in words, and the fields that go with components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fatescore import _keys
from fatescore.pp.arrays import array_metrics
from fatescore.pp.bulk import bulk_metrics, log_values, sample_names, strand
from fatescore.pp.components import batch_in_components, components
from fatescore.pp.tissue import DOMINANT, contamination, foreign_tissue, no_stroma
from fatescore.pp.twins import fingerprint, twins
from fatescore.typing import Assay, Organism, Scale

if TYPE_CHECKING:
    from anndata import AnnData

OUTLIER = "outlier"
MIN_SAMPLES = 4  # fewer have no components worth naming


def look(adata: AnnData, *, assay: Assay, organism: Organism, n_mads: float) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the metrics of every sample, and what is doubted of whom; nothing is dropped for a doubt.

    Parameters
    ----------
    adata
        Bulk samples or arrays that can be scored.
    assay, organism
        As declared.
    n_mads
        Robust deviations from the other samples that make one stand out.

    Returns
    -------
    metrics
        Indexed by sample.
    doubts
        Sample to a sentence, for samples with any.
    """
    scale = scale_of(adata)
    counted = _keys.COUNTS in adata.layers
    metrics = bulk_metrics(adata, organism, n_mads=n_mads) if counted else array_metrics(adata, scale, n_mads=n_mads)
    doubts: dict[str, list[str]] = {str(name): [] for name in metrics.index}
    for name, why in metrics[OUTLIER].items():
        doubts[str(name)] += [f"stands out in {why}"] if why else []
    tissue = foreign_tissue(adata, organism, scale)
    for name, kind in tissue.loc[tissue["call"] == DOMINANT, ["sample", "type"]].itertuples(index=False):
        doubts[str(name)].append(f"{kind} markers above those of stroma")
    metrics = metrics.join(_relative(tissue)).join(contamination(tissue))
    if counted:
        read = strand(adata, organism)
        for name, evidence in read.loc[read["wrong_strand"], "evidence"].items():
            doubts[str(name)].append(f"counted on the wrong strand, it seems ({evidence})")
    return metrics, {name: "; ".join(said) for name, said in doubts.items() if said}


def not_stromal(adata: AnnData, organism: Organism) -> dict[str, str]:
    """Return the bulk samples or arrays that hold blood and no stroma, each with the reason not to score it.

    Parameters
    ----------
    adata
        Bulk samples or arrays as ingest writes them.
    organism
        As declared.

    Returns
    -------
    Sample to a sentence, see :func:`fatescore.pp.tissue.no_stroma`.
    """
    return no_stroma(foreign_tissue(adata, organism, scale_of(adata)))


def batches(adata: AnnData, *, seed: int = 0) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return which fields go with which principal component, which samples lie apart, and which are the same twice.

    Parameters
    ----------
    adata
        Bulk samples or arrays with their fields in ``obs``.
    seed
        Seed of the permutations.

    Returns
    -------
    table
        One row per field and component, see :func:`fatescore.pp.batch_in_components`; empty below four samples.
    doubts
        Sample to a sentence.
    """
    if adata.n_obs < MIN_SAMPLES:
        return pd.DataFrame(), {}
    logs = log_values(adata, scale_of(adata))
    names = sample_names(adata)
    found = components(logs[:, np.isfinite(logs).all(axis=0)], names)
    fields = adata.obs.drop(columns=[_keys.DATASET, _keys.SAMPLE, _keys.DONOR], errors="ignore").set_axis(names)
    apart = {str(name): f"lies apart in {why}" for name, why in found.outlier.items() if why}
    for pair in twins([fingerprint(adata)]).itertuples(index=False):
        for one, other in ((pair.sample_a, pair.sample_b), (pair.sample_b, pair.sample_a)):
            said = f"{pair.kind} to sample {other}"
            apart[str(one)] = f"{apart[str(one)]}; {said}" if str(one) in apart else said
    return batch_in_components(found.scores, fields, seed=seed), apart


def scale_of(adata: AnnData) -> Scale:
    """Return the declared scale, or the one that the layers speak for."""
    declared: Scale = adata.uns.get(_keys.UNS, {}).get("scale", "counts" if _keys.COUNTS in adata.layers else "log2")
    return declared


def _relative(tissue: pd.DataFrame) -> pd.DataFrame:
    """Return log2 levels of foreign markers relative to stroma, samples x types."""
    wide = tissue.pivot_table(index="sample", columns="type", values="relative", observed=True)
    return wide.drop(columns="stromal", errors="ignore").add_suffix("_relative")

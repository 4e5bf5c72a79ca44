"""What stands out among bulk samples and arrays: numbers, doubts in words, and the fields that go with components."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fatescore.pp.arrays import array_metrics
from fatescore.pp.bulk import bulk_metrics, log_values, sample_names, strand
from fatescore.pp.components import Components, batch_in_components, components
from fatescore.pp.tissue import DOMINANT, contamination, foreign_tissue, no_stroma
from fatescore.pp.twins import fingerprint, twins
from fatescore.tables import QC_PCA
from fatescore.tables import columns as col
from fatescore.typing import Assay, Organism, Scale

if TYPE_CHECKING:
    from anndata import AnnData

MIN_SAMPLES = 4  # fewer have no components worth naming


def _no_scores() -> pd.DataFrame:
    return pd.DataFrame(columns=list(QC_PCA.names))


@dataclass(frozen=True)
class Principal:
    """Principal components of samples.

    Attributes
    ----------
    fields
        One row per field and component, see :func:`fatescore.pp.batch_in_components`.
    scores
        One row per sample and component: ``QC_PCA.names``; ``explained`` is a share of the variance, 0 to 1.
    apart
        Sample to a sentence, for those that lie apart.
    """

    fields: pd.DataFrame = field(default_factory=pd.DataFrame)
    scores: pd.DataFrame = field(default_factory=_no_scores)
    apart: dict[str, str] = field(default_factory=dict)


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
    counted = col.COUNTS in adata.layers
    metrics = bulk_metrics(adata, organism, n_mads=n_mads) if counted else array_metrics(adata, scale, n_mads=n_mads)
    doubts: dict[str, list[str]] = {str(name): [] for name in metrics.index}
    for name, why in metrics[col.OUTLIER].items():
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


def principal(adata: AnnData, samples: pd.DataFrame, *, seed: int = 0) -> Principal:
    """Reduce samples to principal components: where each lies, which fields go with them, and who lies apart.

    Parameters
    ----------
    adata
        Bulk samples, arrays or the summed cells of samples, with their fields in ``obs``.
    samples
        The table of samples, for ``col.IDENTITY``.
    seed
        Seed of the permutations.

    Returns
    -------
    See :class:`Principal`; empty below four samples, and where all have the same values.
    """
    if adata.n_obs < MIN_SAMPLES:
        return Principal()
    logs = log_values(adata, scale_of(adata))
    logs = logs[:, np.isfinite(logs).all(axis=0)]
    if (logs == logs[0]).all():
        return Principal()
    names = sample_names(adata)
    found = components(logs, names)
    fields = adata.obs.drop(columns=[col.DATASET, col.SAMPLE, col.DONOR], errors="ignore").set_axis(names)
    apart = {str(name): f"lies apart in {why}" for name, why in found.outlier.items() if why}
    return Principal(batch_in_components(found.scores, fields, seed=seed), _long(found, samples), apart)


def same_twice(adata: AnnData) -> dict[str, str]:
    """Return the samples whose values another sample has as well, each with a sentence; none below four samples."""
    said: dict[str, list[str]] = {}
    pairs = twins([fingerprint(adata)]) if adata.n_obs >= MIN_SAMPLES else pd.DataFrame()
    for pair in pairs.itertuples(index=False):
        for one, other in ((pair.sample_a, pair.sample_b), (pair.sample_b, pair.sample_a)):
            said.setdefault(str(one), []).append(f"{pair.kind} to sample {other}")
    return {name: "; ".join(texts) for name, texts in said.items()}


def scale_of(adata: AnnData) -> Scale:
    """Return the declared scale, or the one that the layers speak for."""
    declared: Scale = adata.uns.get(col.UNS, {}).get("scale", "counts" if col.COUNTS in adata.layers else "log2")
    return declared


def _long(found: Components, samples: pd.DataFrame) -> pd.DataFrame:
    """Return one row per component and sample, ``QC_PCA.names``."""
    scores = found.scores.rename_axis(col.SAMPLE).reset_index()
    scores = scores.melt(id_vars=col.SAMPLE, var_name="component", value_name="score")
    known = samples[list(col.IDENTITY)].astype(str)
    table = scores.merge(known, on=col.SAMPLE, how="left", validate="many_to_one")
    table["explained"] = table["component"].map(found.explained)
    return table[list(QC_PCA.names)]


def _relative(tissue: pd.DataFrame) -> pd.DataFrame:
    """Return log2 levels of foreign markers relative to stroma, samples x types."""
    wide = tissue.pivot_table(index="sample", columns="type", values="relative", observed=True)
    return wide.drop(columns="stromal", errors="ignore").add_suffix("_relative")

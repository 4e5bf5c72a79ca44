"""Quality control of bulk samples and arrays, and the principal components of samples of every kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fatescore.methods._ranking import constant_rows
from fatescore.pp.arrays import array_metrics
from fatescore.pp.bulk import bulk_metrics, log_values, sample_names, scale_of, strand
from fatescore.pp.components import batch_in_components, components
from fatescore.pp.duplicates import duplicates, fingerprint
from fatescore.pp.qc.thresholds import QcLimits, identity, medians
from fatescore.pp.tissue import DOMINANT, contamination, foreign_tissue, no_stroma
from fatescore.stats._labels import label
from fatescore.tables import QC, QC_PCA
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFailReason, QcFlag, Status
from fatescore.tables.notes import Note, join_notes, parse_notes
from fatescore.typing import Assay, Organism

if TYPE_CHECKING:
    from anndata import AnnData

MIN_SAMPLES = 4  # fewer have no components worth naming
Flags = Mapping[str, Sequence[Note]]  # by sample


@dataclass(frozen=True)
class SampleComponents:
    """Principal components of samples, see :func:`fatescore.pp.components`."""

    fields: pd.DataFrame = field(default_factory=pd.DataFrame)  # as of :func:`fatescore.pp.batch_in_components`
    scores: pd.DataFrame = field(default_factory=QC_PCA.frame)
    flags: Flags = field(default_factory=dict)  # of the outliers


def sample_table(adata: AnnData, assay: Assay, limits: QcLimits) -> pd.DataFrame:
    """Return one row per bulk sample or array, ``QC.names``: its numbers and whether it is deep enough.

    ``adata`` is as :func:`fatescore.pp.qc.thresholds.add_depth` leaves it.
    """
    rows = []
    for (name, obs), constant in zip(adata.obs.iterrows(), constant_rows(adata.X), strict=True):
        reason, total = "", float(obs[col.TOTAL_COUNTS])
        if constant:
            reason = str(Note(QcFailReason.CONSTANT))
        elif assay == "bulk" and total < limits.min_counts_bulk:
            reason = str(Note(QcFailReason.LOW_DEPTH, {"counts": total, "needed": limits.min_counts_bulk}))
        cells = adata.obs.loc[[name]]
        rows.append(
            {
                **identity(cells, label(obs[col.SAMPLE])),
                **medians(cells),
                "n_obs": 1,
                "n_kept": int(not reason),
                "verdict": (Status.NOT_SCORABLE if reason else Status.OK).value,
                col.QC_FAIL_REASON: reason,
                "qc_flags": "",
            }
        )
    return QC.frame(rows)


def without_blood(adata: AnnData, table: pd.DataFrame, organism: Organism) -> pd.DataFrame:
    """Fail the samples of :func:`sample_table` that :func:`fatescore.pp.no_stroma` names."""
    out = table.copy()
    good = (table["verdict"] == Status.OK).to_numpy()
    passing = adata[good]
    for name, reason in no_stroma(foreign_tissue(passing, organism, scale_of(passing))).items():
        failed = good & (out[col.SAMPLE] == name).to_numpy()
        for column, value in (("verdict", Status.NOT_SCORABLE.value), (col.QC_FAIL_REASON, str(reason)), ("n_kept", 0)):
            out.loc[failed, column] = value
    return out


def metrics_and_flags(adata: AnnData, organism: Organism, n_mads: float) -> tuple[pd.DataFrame, Flags]:
    """Return the metrics of bulk samples or arrays, indexed by sample, and their flags, which drop none.

    More than ``n_mads`` robust deviations from the other samples make an outlier.
    """
    scale = scale_of(adata)
    counted = col.COUNTS in adata.layers
    metrics = bulk_metrics(adata, organism, n_mads=n_mads) if counted else array_metrics(adata, scale, n_mads=n_mads)
    flags = {str(name): parse_notes(outlier) for name, outlier in metrics[col.OUTLIER].items()}
    tissue = foreign_tissue(adata, organism, scale)
    for name, kind in tissue.loc[tissue["call"] == DOMINANT, [col.SAMPLE, "type"]].itertuples(index=False):
        flags[str(name)].append(Note(QcFlag.OTHER_TISSUE, {"type": kind}))
    relative = tissue.pivot_table(index=col.SAMPLE, columns="type", values="relative", observed=True)
    relative = relative.drop(columns="stromal", errors="ignore").add_suffix("_relative")
    if counted:
        for name, evidence in strand(adata, organism)["evidence"].items():
            flags[str(name)] += parse_notes(evidence)
    return metrics.join(relative).join(contamination(tissue)), flags


def sample_components(adata: AnnData, samples: pd.DataFrame, *, seed: int = 0) -> SampleComponents:
    """Reduce samples to principal components: their scores, the fields that explain them, and outliers.

    ``adata`` holds bulk samples, arrays or summed cells with their fields in ``obs``, ``samples`` is the table with
    ``col.IDENTITY``. Nothing is found below four samples, and where all have the same values.
    """
    if adata.n_obs < MIN_SAMPLES:
        return SampleComponents()
    logs = log_values(adata, scale_of(adata))
    logs = logs[:, np.isfinite(logs).all(axis=0)]
    if (logs == logs[0]).all():
        return SampleComponents()
    names = sample_names(adata)
    found = components(logs, names)
    fields = adata.obs.drop(columns=[col.DATASET, col.SAMPLE, col.DONOR], errors="ignore").set_axis(names)
    scores = found.scores.rename_axis(col.SAMPLE).reset_index()
    scores = scores.melt(id_vars=col.SAMPLE, var_name="component", value_name="score")
    scores["variance_ratio"] = scores["component"].map(found.variance_ratio)
    known = samples[list(col.IDENTITY)].astype(str)
    return SampleComponents(
        fields=batch_in_components(found.scores, fields, seed=seed),
        scores=scores.merge(known, on=col.SAMPLE, how="left", validate="many_to_one")[QC_PCA.names],
        flags={str(name): parse_notes(notes) for name, notes in found.outlier.items()},
    )


def duplicate_flags(adata: AnnData) -> Flags:
    """Return the flags of samples whose values another sample has as well; none below four samples."""
    flags: dict[str, list[Note]] = {}
    pairs = duplicates([fingerprint(adata)]) if adata.n_obs >= MIN_SAMPLES else pd.DataFrame()
    for pair in pairs.itertuples(index=False):
        for one, other in ((pair.sample_a, pair.sample_b), (pair.sample_b, pair.sample_a)):
            flags.setdefault(str(one), []).append(Note(QcFlag.DUPLICATE, {"kind": pair.kind, "sample": other}))
    return flags


def with_flags(table: pd.DataFrame, *found: Flags) -> pd.DataFrame:
    """Return the table of samples with their flags."""
    flags = [join_notes(note for flags in found for note in flags.get(name, ())) for name in table[col.SAMPLE]]
    return table.assign(qc_flags=flags)

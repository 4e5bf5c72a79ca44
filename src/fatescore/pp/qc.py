"""Quality control: every sample and every dropped cell with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fatescore._h5ad_rows import on_disk
from fatescore.errors import InputError, NotScorable
from fatescore.methods._ranking import constant_rows
from fatescore.pp._judge_samples import look, not_stromal, principal, same_twice, scale_of
from fatescore.pp._limits import QcLimits
from fatescore.pp._qc_cells import judge_cells, stays, summed, with_cells
from fatescore.pp._qc_metrics import identity, medians, per_observation
from fatescore.pp.arrays import background_share
from fatescore.tables import QC
from fatescore.tables import columns as col
from fatescore.tables.codes import Status
from fatescore.typing import Assay, Organism

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["QcLimits", "QcResult", "qc"]


@dataclass(frozen=True)
class QcResult:
    """What quality control found.

    Attributes
    ----------
    adata
        The observations that can be scored; ``obs`` gains scanpy's ``total_counts``, ``n_genes_by_counts``,
        ``pct_counts_mt`` and, for cells, ``cell_type``; of arrays ``var`` gains ``near_background``, see
        :func:`fatescore.pp.background_share`. A copy of what was in memory; of cells on disk a selection whose ``X``
        and layers are read from the file when they are asked for, so the file must stay.
    samples
        One row per sample: ``QC.names`` (numbers of observations, verdict ``ok`` or ``not scorable``, reason).
    cells
        Single cells only: one row per cell (per barcode, where raw ones were given) with ``dropped_because`` (empty
        for those that are kept), their numbers, and the limits of their sample.
    metrics
        Further numbers of every sample, indexed by sample; of cells all ``fraction_*`` are shares of the droplets that
        hold a cell, ``n_droplets_empty`` counts the others, and ``transgenes`` names those among the genes.
    components
        Which sample fields go with which principal component; of cells these are the components of the kept cells'
        counts, summed per sample, and the fields are those that all cells of a sample share. Empty below four samples
        and of cells without counts.
    pca
        The scores of the samples on these components: one row per sample and component, ``QC_PCA.names``
        (``explained`` is the component's share of the variance, 0 to 1).
    """

    adata: AnnData
    samples: pd.DataFrame
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    metrics: pd.DataFrame = field(default_factory=pd.DataFrame)
    components: pd.DataFrame = field(default_factory=pd.DataFrame)
    pca: pd.DataFrame = field(default_factory=pd.DataFrame)


def qc(adata: AnnData, *, assay: Assay, organism: Organism, limits: QcLimits | None = None, seed: int = 0) -> QcResult:
    """Judge cells and samples and keep what can be scored.

    Cells are dropped for a depth or number of genes far below their sample's, a large mitochondrial share, as
    doublets, or because markers do not call them stromal. Where a sample is clearly raw barcodes, most of them without
    a cell, :func:`fatescore.pp.empty_droplets` says first which hold one; the others are dropped, and count for no
    limit and no share. Bulk samples need a minimum of counts, arrays values that vary, and
    neither may show blood markers far above those of stroma.

    Cells are judged sample by sample, so the largest sample sets how much memory is needed, not the number of
    cells. Doublets, cell cycle, ambient RNA and empty droplets each need a whole sample at once, doublets the most.

    Parameters
    ----------
    adata
        Observations x genes as ingest writes it; not changed. Cells may be on disk, as ``anndata.read_h5ad(path,
        backed="r")`` opens them. That leaves ``X`` there and reads layers; to leave ``layers["counts"]`` there as
        well, give an AnnData of ``anndata.io.sparse_dataset`` matrices, as the command ``fatescore qc`` does.
    assay
        ``"single_cell"``, ``"bulk"`` or ``"array"``.
    organism
        One of :func:`fatescore.organisms.names`.
    limits
        See :class:`QcLimits`.
    seed
        Of simulated doublets and of permutations.

    Returns
    -------
    See :class:`QcResult`.

    Raises
    ------
    NotScorable
        When no sample is left; the message says why and ``error.table`` holds the table of samples.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=40, n_genes=400, seed=0)
    >>> limits = fs.pp.QcLimits(min_genes=20, min_stromal_cells=5)
    >>> found = fs.pp.qc(adata, assay="single_cell", organism="human", limits=limits)
    >>> sorted(set(found.samples["verdict"]))
    ['ok']
    """
    limits = limits or QcLimits()
    if not adata.obs_names.is_unique:
        raise InputError(
            "names of observations repeat", expected="unique obs_names", fix="adata.obs_names_make_unique()"
        )
    if assay == "single_cell":
        return _qc_cells(adata, organism, limits, seed)
    judged = adata.to_memory() if on_disk(adata) else adata.copy()
    per_observation(judged, organism)
    table = _sample_table(judged, assay, limits)
    _check_any(table)
    if limits.gate == "markers":
        table = _without_blood(judged, table, organism)
        _check_any(table)
    kept = judged[(table["verdict"] == Status.OK).to_numpy()].copy()
    if assay == "array":
        kept.var[col.NEAR_BACKGROUND] = background_share(kept, scale_of(kept))
    metrics, doubts = look(kept, assay=assay, organism=organism, n_mads=limits.n_mads)
    found = principal(kept, table, seed=seed)
    table = _with_doubts(table, doubts, found.apart, same_twice(kept))
    return QcResult(kept, table, metrics=metrics, components=found.fields, pca=found.scores)


def _qc_cells(adata: AnnData, organism: Organism, limits: QcLimits, seed: int) -> QcResult:
    judged = judge_cells(adata, organism, limits, seed)
    _check_any(judged.samples)
    kept = with_cells(adata, judged, np.flatnonzero(stays(judged)))
    found = principal(summed(judged), judged.samples, seed=seed)  # who lies apart is no doubt of a sum of cells
    return QcResult(kept, judged.samples, judged.cells, judged.metrics, found.fields, found.scores)


def _without_blood(adata: AnnData, table: pd.DataFrame, organism: Organism) -> pd.DataFrame:
    """Drop the samples whose markers say that they hold blood and no stroma."""
    out = table.copy()
    good = (table["verdict"] == Status.OK).to_numpy()
    for name, why in not_stromal(adata[good], organism).items():
        dropped = good & (out[col.SAMPLE] == name).to_numpy()
        for column, value in (("verdict", Status.NOT_SCORABLE), ("reason", why), ("n_kept", 0)):
            out.loc[dropped, column] = value
    return out


def _check_any(table: pd.DataFrame) -> None:
    """Refuse data without any sample that can be scored."""
    if not (table["verdict"] == Status.OK).any():
        raise NotScorable(_why_none(table), table=table)


def _with_doubts(table: pd.DataFrame, *doubts: Mapping[str, str]) -> pd.DataFrame:
    """Add to the reasons what is doubted of samples that stay."""
    out = table.copy()
    for name, reason in zip(out[col.SAMPLE], out["reason"], strict=True):
        said = [reason, *(one[name] for one in doubts if name in one)]
        out.loc[out[col.SAMPLE] == name, "reason"] = "; ".join(part for part in said if part)
    return out


def _sample_table(adata: AnnData, assay: Assay, limits: QcLimits) -> pd.DataFrame:
    rows = []
    constant = constant_rows(adata.X)
    for (name, obs), flat in zip(adata.obs.iterrows(), constant, strict=True):
        verdict, reason = Status.OK, ""
        total = obs[col.TOTAL_COUNTS]
        if flat:
            verdict, reason = Status.NOT_SCORABLE, "all genes have the same value"
        elif assay == "bulk" and total < limits.min_counts_bulk:
            verdict = Status.NOT_SCORABLE
            reason = f"{total:,.0f} counts, {limits.min_counts_bulk:,.0f} needed"
        cells = adata.obs.loc[[name]]
        rows.append(
            {
                **identity(cells, str(obs[col.SAMPLE])),
                **medians(cells),
                "n_obs": 1,
                "n_kept": int(verdict == Status.OK),
                "verdict": verdict,
                "reason": reason,
            }
        )
    return pd.DataFrame(rows, columns=list(QC.names))


def _why_none(table: pd.DataFrame) -> str:
    n = len(table)
    if (table["reason"] == "no stromal cells").all():
        return "no stromal cells"
    if table["reason"].str.contains("counts, ").all():
        median = table[col.TOTAL_COUNTS].median()
        needed = table["reason"].iloc[0].split(", ", maxsplit=1)[1]
        return f"all {n} samples are too shallow: median {median:,.0f} counts a sample, {needed}"
    return f"none of the {n} samples can be scored ({table['sample'].iloc[0]}: {table['reason'].iloc[0]})"

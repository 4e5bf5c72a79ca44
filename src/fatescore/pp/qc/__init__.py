"""Quality control: which cells and samples are kept, and the code of the reason for every other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from fatescore._h5ad_rows import on_disk
from fatescore.errors import InputError, NotScorable
from fatescore.pp.arrays import background_share
from fatescore.pp.bulk import scale_of
from fatescore.pp.qc.cells import cell_qc, kept_cells, sample_sums
from fatescore.pp.qc.samples import (
    duplicate_flags,
    metrics_and_flags,
    sample_components,
    sample_table,
    with_flags,
    without_blood,
)  # fmt: skip
from fatescore.pp.qc.thresholds import QcLimits, add_depth
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode, QcFailReason, QcFlag, Status
from fatescore.tables.notes import Note, join_notes, parse_notes
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
        One row per sample: ``QC.names`` (numbers of observations, verdict ``ok`` or ``not scorable``, and as notes
        (:mod:`fatescore.tables.notes`) why it is not scorable, and what else must be known of it).
    cells
        Single cells only: one row per cell (per barcode, where raw ones were given) with ``qc_fail_reason`` (empty
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
        (``variance_ratio`` is the component's share of the variance, 0 to 1).
    """

    adata: AnnData
    samples: pd.DataFrame
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    metrics: pd.DataFrame = field(default_factory=pd.DataFrame)
    components: pd.DataFrame = field(default_factory=pd.DataFrame)
    pca: pd.DataFrame = field(default_factory=pd.DataFrame)


def qc(adata: AnnData, *, assay: Assay, organism: Organism, limits: QcLimits | None = None, seed: int = 0) -> QcResult:
    """Keep the cells and samples that can be scored.

    Cells are dropped for a depth or number of genes far below their sample's, a large mitochondrial share, as
    doublets, or because markers do not call them stromal. Where a sample is clearly raw barcodes, most of them without
    a cell, :func:`fatescore.pp.empty_droplets` first finds those that hold one; the others are dropped, and
    count for no limit and no share. Bulk samples need a minimum of counts, arrays values that vary, and neither may
    show blood markers far above those of stroma.

    Cells are tested sample by sample, so the largest sample sets how much memory is needed, not the number of
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
        When no sample is left; ``error.reason`` holds the codes and ``error.table`` the table of samples.

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
        cells = cell_qc(adata, organism, limits, seed)
        _check_any(cells.samples)
        found = sample_components(sample_sums(cells), cells.samples, seed=seed)  # an outlying sum of cells gets no flag
        kept = kept_cells(adata, cells)
        return QcResult(kept, cells.samples, cells.cells, cells.metrics, found.fields, found.scores)
    samples = adata.to_memory() if on_disk(adata) else adata.copy()
    add_depth(samples, organism)
    table = sample_table(samples, assay, limits)
    _check_any(table)
    if limits.gate == "markers":
        table = without_blood(samples, table, organism)
        _check_any(table)
    kept = samples[(table["verdict"] == Status.OK).to_numpy()].copy()
    if assay == "array":
        kept.var[col.NEAR_BACKGROUND] = background_share(kept, scale_of(kept))
    metrics, flags = metrics_and_flags(kept, organism, limits.n_mads)
    found = sample_components(kept, table, seed=seed)
    table = with_flags(table, flags, found.flags, duplicate_flags(kept))
    return QcResult(kept, table, metrics=metrics, components=found.fields, pca=found.scores)


def _check_any(table: pd.DataFrame) -> None:
    """Refuse data without any sample that can be scored."""
    if (table["verdict"] == Status.OK).any():
        return
    reasons = [parse_notes(reason)[0] for reason in table[col.QC_FAIL_REASON]]
    codes = {reason.code for reason in reasons}
    first, n = reasons[0], len(table)
    if codes == {QcFailReason.NO_STROMAL_CELLS}:
        raise NotScorable(_message(first), reason=str(first), table=table)
    if codes == {QcFailReason.LOW_DEPTH}:
        median, needed = table[col.TOTAL_COUNTS].median(), first.number("needed")
        raise NotScorable(
            f"all {n} samples are too shallow: median {median:,.0f} counts a sample, {needed:,.0f} needed",
            reason=str(Note(NoteCode.ALL_SHALLOW, {"samples": n, "median": median, "needed": needed})), table=table,
        )  # fmt: skip
    name = str(table[col.SAMPLE].iloc[0])
    message = "; ".join(map(_message, [first, *parse_notes(table["qc_flags"].iloc[0])]))
    raise NotScorable(
        f"none of the {n} samples can be scored ({name}: {message})",
        reason=join_notes([Note(NoteCode.NONE_SCORABLE, {"samples": n, "sample": name}), first]), table=table,
    )  # fmt: skip


def _message(note: Note) -> str:
    """Return a note in English, for the person at the command line."""
    match note.code:
        case QcFailReason.CONSTANT:
            return "all genes have the same value"
        case QcFailReason.LOW_DEPTH:
            return f"{note.number('counts'):,.0f} counts, {note.number('needed'):,.0f} needed"
        case QcFailReason.FEW_STROMAL_CELLS:
            return f"{note.number('cells'):,.0f} stromal cells pass, {note.number('needed'):,.0f} needed"
        case QcFailReason.NO_STROMAL_SIGNAL:
            kind, relative = note.names("type")[0], note.number("relative")
            return f"no stromal signal: {kind} markers above those of stroma by 2^{relative:.1f}"
        case QcFlag.CELLS_DROPPED:
            counts = (f"{note.number(code):,.0f} {code.replace('_', ' ')}" for code in dict(note.values))
            return f"cells dropped: {', '.join(counts)}"
        case QcFlag.MANY_DROPPED:
            return f"that is {100 * note.number('share'):.0f} % of the sample for its quality"
        case _:
            return note.code.replace("_", " ")

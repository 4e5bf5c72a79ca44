"""Judge cells and samples; keep what can be scored and say why the rest cannot."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fatescore import pp
from fatescore._h5ad_rows import bytes_per_row, write_rows
from fatescore.errors import NotScorable
from fatescore.pp import QcLimits
from fatescore.pp.doublets import memory_of_doublets
from fatescore.steps.h5ad import SINGLE_CELL, open_step
from fatescore.tables import QC, QC_CELLS, QC_COMPONENTS, QC_METRICS, QC_PCA
from fatescore.tables import columns as col
from fatescore.tables.codes import Status
from fatescore.tables.folder import QC as QC_H5AD
from fatescore.tables.folder import RAW, DatasetFolder

if TYPE_CHECKING:
    from anndata import AnnData

logger = logging.getLogger(__name__)

_COPIES = 3.0  # of the matrices of a sample, where no doublets are looked for


def qc(folder: DatasetFolder, limits: QcLimits | Mapping[str, Any] | None = None, *, seed: int = 0) -> dict[str, Any]:
    """Write what can be scored, and the tables of quality control.

    Parameters
    ----------
    folder
        Holds ``raw.h5ad``; gets ``qc.h5ad`` and the tables.
    limits
        Limits of quality control, or the settings ``qc`` of a run.
    seed
        Of simulated doublets and permutations.

    Returns
    -------
    Facts: the limits, the seed, what is kept, and the samples that are not scorable with their notes.

    Raises
    ------
    NotScorable
        When no sample is scorable; the table of the samples is written then.
    """
    limits = limits if isinstance(limits, QcLimits) else QcLimits(**(limits or {}))
    adata, facts = open_step(folder.file(RAW))
    if facts["assay"] == SINGLE_CELL:
        _warn_of_memory(adata, limits)
    try:
        found = pp.qc(adata, assay=facts["assay"], organism=facts["organism"], limits=limits, seed=seed)
    except NotScorable as error:
        folder.write(QC, error.table)
        raise
    write_rows(folder.file(QC_H5AD), found.adata)
    folder.write(QC, found.samples)
    folder.write(QC_CELLS, found.cells)
    folder.write(QC_METRICS, found.metrics.rename_axis(col.SAMPLE).reset_index())
    folder.write(QC_COMPONENTS, found.components)
    folder.write(QC_PCA, found.pca)
    dropped = found.samples[found.samples["verdict"] != Status.OK]
    return {
        "limits": asdict(limits),
        "seed": seed,
        "n_obs_kept": found.adata.n_obs,
        "n_samples_kept": len(found.samples) - len(dropped),
        "samples_not_scorable": dict(zip(dropped[col.SAMPLE], dropped[col.QC_FAIL_REASON], strict=True)),
    }


def _warn_of_memory(adata: AnnData, limits: QcLimits) -> None:
    """Warn when the largest sample is likely to take more memory than is available."""
    sizes = adata.obs[col.SAMPLE].value_counts()
    most, of_cell, available = int(sizes.max()), bytes_per_row(adata), _available_memory()
    find_doublets = limits.doublets == "drop" and col.COUNTS in adata.layers
    needed = memory_of_doublets(most, adata.n_vars, of_cell) if find_doublets else _COPIES * most * of_cell
    if needed > available:
        logger.warning(
            "sample %s (%s cells) must be in memory at once %s: about %.1f GB, and %.1f GB are available; going on",
            sizes.index[0], f"{most:,}", "to find doublets" if find_doublets else "to score the cell cycle",
            needed / 1e9, available / 1e9,
        )  # fmt: skip


def _available_memory() -> float:
    """Return the memory that can be had, in bytes; all of it where the system does not say."""
    source = Path("/proc/meminfo")
    lines = source.read_text(encoding="ascii").splitlines() if source.is_file() else []
    free = [1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return free[0] if free else float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")

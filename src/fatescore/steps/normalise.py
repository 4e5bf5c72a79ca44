"""Bring values to a log scale, and sum the counts of cells per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fatescore import pp
from fatescore._h5ad_rows import rows_of, write_rows
from fatescore.errors import NotScorable
from fatescore.files import atomic_path
from fatescore.steps.h5ad import SINGLE_CELL, open_step
from fatescore.tables import Note, join_notes, parse_notes
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode
from fatescore.tables.folder import NORMALISED, PSEUDOBULK, DatasetFolder
from fatescore.tables.folder import QC as QC_H5AD

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData


def normalise(folder: DatasetFolder, *, min_cells: int = 10, min_counts: float = 10_000.0) -> dict[str, Any]:
    """Write log values and, of single cells, the pseudobulk of every sample.

    Counts and linear values are brought to a log scale; values that are log2 already stay as they are. Cells are read
    and written in chunks.

    Parameters
    ----------
    folder
        Holds ``qc.h5ad``; gets ``normalised.h5ad`` and ``pseudobulk.h5ad``: one row per sample, the sum of its kept
        cells in ``layers["counts"]`` and log values in ``X``; without rows of bulk samples and arrays. Samples are
        scored and compared by it.
    min_cells, min_counts
        Samples with fewer kept cells or counts are left out.

    Returns
    -------
    Facts: what was done and, of single cells, the samples left out, each with its note.

    Raises
    ------
    NotScorable
        When every sample is left out.
    """
    adata, facts = open_step(folder.file(QC_H5AD))
    how = {"assay": facts["assay"], "scale": facts["scale"]}
    if facts["assay"] != SINGLE_CELL:
        out = pp.normalise(adata, **how)
        _write(folder, NORMALISED, out)
        _write(folder, PSEUDOBULK, adata[:0].copy())
        return {"normalised": out.uns[col.UNS]["normalise"]}
    summed = pp.pseudobulk(adata, min_cells=min_cells, min_counts=min_counts)
    left_out: pd.DataFrame = summed.uns[col.UNS][col.LEFT_OUT]
    notes = {str(row[col.SAMPLE]): str(row["reason"]) for row in left_out.to_dict("records")}
    if not summed.n_obs:
        raise _none_left(notes)
    # a cell's values depend on that cell alone
    uns = pp.normalise(rows_of(adata, np.arange(min(adata.n_obs, 1))), **how).uns
    write_rows(folder.file(NORMALISED), adata, uns=uns, transform=lambda chunk: pp.normalise(chunk, **how).X)
    _write(folder, PSEUDOBULK, pp.normalise(summed, assay="bulk", scale="counts"))
    return {
        "normalised": uns[col.UNS]["normalise"], "min_cells": min_cells, "min_counts": min_counts,
        "n_pseudobulks": summed.n_obs, "pseudobulks_left_out": notes,
    }  # fmt: skip


def _none_left(notes: dict[str, str]) -> NotScorable:
    sample, note = next(iter(notes.items()))
    first = Note(NoteCode.NONE_SCORABLE, {"samples": len(notes), "sample": sample})
    return NotScorable(
        f"the pseudobulks of all {len(notes)} samples are too small", reason=join_notes([first, *parse_notes(note)]),
        fix="lower pseudobulk.min_cells or pseudobulk.min_counts, if so few can be trusted",
    )  # fmt: skip


def _write(folder: DatasetFolder, name: str, adata: AnnData) -> None:
    with atomic_path(folder.file(name)) as part:
        adata.write_h5ad(part, compression="gzip")

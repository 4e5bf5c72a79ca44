"""Doublets: droplets that hold two cells, found per sample with scanpy's Scrublet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.ndimage import uniform_filter1d

from fatescore.pp.bulk import raw_counts, samples_of_cells
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode
from fatescore.tables.notes import Note
from fatescore.typing import BoolArray, FloatArray, Matrix

if TYPE_CHECKING:
    from anndata import AnnData

DOUBLET, DOUBLET_NOTE = "doublet", "doublet_note"
RATE_PER_CELL = 0.008 / 1000  # 10x user guides: 0.4 % at 500 cells recovered, 8 % at 10,000
_MOST_EXPECTED = 0.3
_MIN_MEASURED = 100  # genes; Scrublet projects on highly variable ones
_COMPONENTS = 30
# Measured: 0.4 to 0.6 of the simulated doublets are above the threshold where the cell types differ and the calls
# are right, 0.2 to 0.27 in 250 real stromal cells (Matsushita 2023) where they are wrong.
_MIN_DETECTABLE = 0.3
_MOST_CALLED = 0.1
_BINS = 256
_MOST_SMOOTHING = 10_000
# Memory, measured: copies of the counts, copies of the dense variable genes, and their share of all genes
_SPARSE_COPIES, _DENSE_COPIES, _SHARE_VARIABLE = 3.0, 5.5, 0.15


def doublets(adata: AnnData, *, rng: int = 0, min_cells: int = 200) -> pd.DataFrame:
    """Score every cell as a doublet and call those that stand out from their sample.

    Scrublet (Wolock et al. 2019, doi:10.1016/j.cels.2018.11.005) adds random pairs of cells of the sample and asks
    how many of a cell's neighbours are such pairs. It sees doublets of two *different* cell types only. A pair is
    called above the valley between the two modes of the simulated scores; where there is no valley, where fewer than
    30 % of the simulated pairs lie above it, or where more than 10 % (or three times the expected share) of
    the cells would be called, nothing is called, with a note. The expected share is 0.8 % for each 1,000 cells
    of the sample, the multiplet rate of 10x Genomics' user guides.

    Parameters
    ----------
    adata
        Cells x genes with ``layers["counts"]`` (raw) and ``obs["sample"]``; not changed. Give all cells that were
        called in the droplets: dead and haematopoietic cells make doublets too.
    rng
        Seed, a whole number. Every sample gets the same one, so samples may be handed over one by one.
    min_cells
        A sample with fewer cells with counts is not scored.

    Returns
    -------
    DataFrame indexed by ``obs_names``: ``doublet_score`` (0 to 1, the probability of a doublet under the expected
    share; NaN where not scored), ``doublet`` (bool) and ``doublet_note`` (one note per sample, see
    ``NoteCode``; empty when a threshold was found).

    Raises
    ------
    InputError
        Without raw counts or samples.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> found = doublets(adata)
    >>> int(found["doublet"].sum()), found["doublet_note"].iloc[0]
    (0, 'few_cells:cells=20,needed=200')
    """
    counts, sample = raw_counts(adata), samples_of_cells(adata)
    score, called = np.full(adata.n_obs, np.nan), np.zeros(adata.n_obs, dtype=bool)
    note = np.full(adata.n_obs, "", dtype=object)
    for name in pd.unique(sample):
        cells = np.flatnonzero(sample == name)
        score[cells], called[cells], note[cells] = _of_sample(counts[cells], rng, max(int(min_cells), 10))
    table = {col.DOUBLET_SCORE: score, DOUBLET: called, DOUBLET_NOTE: note}
    return pd.DataFrame(table, index=adata.obs_names)


def memory_of_doublets(n_cells: int, n_genes: int, bytes_of_cell: float) -> float:
    """Return about how much memory Scrublet needs for a sample, in bytes.

    Beside copies of the counts it holds the variable genes of the cells and of twice as many simulated doublets, dense.
    ``bytes_of_cell`` are those of one cell's matrices in memory. Estimate and measurement: 2.5 and 2.2 GB for 20,000
    cells of 5,000 genes, 2.4 and 2.4 GB for 8,000 of 12,000.
    """
    dense = 3 * np.dtype(np.float64).itemsize * _SHARE_VARIABLE * n_genes
    return float(n_cells * (_SPARSE_COPIES * bytes_of_cell + _DENSE_COPIES * dense))


def _of_sample(counts: Matrix, rng: int, min_cells: int) -> tuple[FloatArray, BoolArray, str]:
    """Return the scores of one sample's cells, which are called, and why none is (empty where some may be)."""
    score, called = np.full(counts.shape[0], np.nan), np.zeros(counts.shape[0], dtype=bool)
    # Scrublet itself drops genes in fewer than 3 cells and cells with fewer than 3 genes
    in_cells = np.asarray((counts > 0).sum(axis=0)).ravel()
    usable = np.asarray((counts[:, np.flatnonzero(in_cells >= 3)] > 0).sum(axis=1)).ravel() >= 3
    n_usable, n_genes = int(usable.sum()), int((in_cells >= 3).sum())
    expected = min(RATE_PER_CELL * n_usable, _MOST_EXPECTED)
    note: Note | str = ""
    if n_usable < min_cells:
        note = Note(NoteCode.FEW_CELLS, {"cells": n_usable, "needed": min_cells})
    elif n_genes < _MIN_MEASURED:
        note = Note(NoteCode.FEW_GENES_MEASURED, {"genes": n_genes, "needed": _MIN_MEASURED})
    else:
        try:
            score[usable], of_pairs = _scrublet(counts[np.flatnonzero(usable)], rng, expected)
        except ValueError as error:  # too few variable genes for the principal components
            note = Note(NoteCode.DOUBLETS_FAILED, {"message": f"{error}".splitlines()[0]})
        else:
            called, note = _called(score, of_pairs, expected)
    return score, called, str(note)


def _called(score: FloatArray, of_pairs: FloatArray, expected: float) -> tuple[BoolArray, Note | str]:
    """Return which cells are called, given the scores of simulated doublets, or none and why."""
    none = np.zeros(len(score), dtype=bool)
    threshold = _valley(of_pairs)
    if threshold is None:
        return none, Note(NoteCode.DOUBLETS_UNIMODAL)
    detectable = float((of_pairs > threshold).mean())
    called = score > threshold
    share = float(called.sum() / np.isfinite(score).sum())
    if detectable < _MIN_DETECTABLE:  # cells too few or too alike
        return none, Note(NoteCode.DOUBLETS_UNDETECTABLE, {"share": detectable})
    if share > max(_MOST_CALLED, 3 * expected):
        return none, Note(NoteCode.DOUBLETS_TOO_MANY, {"share": share, "expected": expected})
    return called, ""


def _scrublet(counts: Matrix, rng: int, expected: float) -> tuple[FloatArray, FloatArray]:
    """Return the scores of the cells and of the simulated doublets."""
    import anndata as ad
    import scanpy as sc
    import scipy.sparse as sp

    cells = ad.AnnData(sp.csr_matrix(counts, dtype=np.float32))
    with sc.settings.verbosity.override("error"):  # it warns of a second logarithm, which it does not take
        sc.pp.scrublet(
            cells,
            expected_doublet_rate=expected,
            # with logs the scores tell simulated doublets better (recall 0.82 instead of 0.62 at 1,000 cells)
            log_transform=True,
            n_prin_comps=min(_COMPONENTS, counts.shape[0] // 3),
            # exact neighbours: scanpy 1.11's approximate ones fail with today's scipy sparse arrays
            use_approx_neighbors=False,
            # any threshold: scanpy's own needs scikit-image, see _valley
            threshold=0.0,
            random_state=rng,
            verbose=False,
        )
    simulated = cells.uns["scrublet"]["doublet_scores_sim"]
    return cells.obs[col.DOUBLET_SCORE].to_numpy(dtype=np.float64), np.asarray(simulated, dtype=np.float64)


def _valley(scores: FloatArray) -> float | None:
    """Return the lowest point between the two modes of a histogram, or None.

    The histogram is smoothed until two maxima are left (Prewitt and Mendelsohn 1966,
    doi:10.1111/j.1749-6632.1965.tb11715.x), which is scanpy's choice too, through scikit-image.
    """
    height, edge = np.histogram(scores, bins=_BINS)
    smooth = height.astype(np.float64)
    for _ in range(_MOST_SMOOTHING):
        smooth = uniform_filter1d(smooth, 3)
        peaks = _maxima(smooth)
        if len(peaks) < 3:
            break
    if len(peaks) != 2:
        return None
    lowest = peaks[0] + int(np.argmin(smooth[peaks[0] : peaks[1] + 1]))
    return float((edge[lowest] + edge[lowest + 1]) / 2)


def _maxima(values: FloatArray) -> list[int]:
    """Return where the values turn from rising to falling; the last point of a plateau."""
    step = np.sign(np.diff(values))
    where = np.flatnonzero(step)
    turns = where[1:][(step[where[:-1]] > 0) & (step[where[1:]] < 0)]
    first = [int(where[0])] if where.size and step[where[0]] < 0 else []
    return [*first, *(int(turn) for turn in turns)]

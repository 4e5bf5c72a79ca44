"""A map of cells in two dimensions: variable genes, principal components, neighbours, UMAP."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore._h5ad_rows import chunks
from fatescore.errors import InputError
from fatescore.pp.bulk import scale_of
from fatescore.pp.normalise import normalise
from fatescore.tables import EMBEDDING
from fatescore.tables import columns as col
from fatescore.typing import BoolArray, FloatArray, Scale

if TYPE_CHECKING:
    from anndata import AnnData

N_GENES = 2000
MIN_CELLS = 30  # fewer make no map
MOST_CELLS = 200_000  # the time that exact neighbours take grows with the square of the cells
_COMPONENTS = 30
_NEIGHBOURS = 15
_BINS = 20  # of means, within which dispersions are compared
_ROUNDING = 1e-12  # of a difference of sums, relative to the squared mean


def embed(adata: AnnData, *, seed: int = 0, most: int = MOST_CELLS) -> pd.DataFrame:
    """Lay cells out in two dimensions, near to those that are like them.

    Scanpy's usual way: log(1 + counts per 10,000), the 2,000 most variable genes (see
    :func:`variable_genes`), 30 principal components, 15 neighbours, UMAP (McInnes et al.
    2018, arXiv:1802.03426). Nothing is integrated over donors or samples, so an island of cells of one donor may be a
    batch and no kind of cell. Distances between islands, and their sizes, mean little; no number is made of the map.

    Cells are read in chunks, twice; of all of them only the chosen genes are held at once, sparse.

    Parameters
    ----------
    adata
        Cells x genes, in memory or as :func:`fatescore._h5ad_rows.open_rows` opens them; not changed. Values are
        raw (on the scale of ``uns["fatescore"]["scale"]``; without one, ``layers["counts"]``), or as
        :func:`fatescore.pp.normalise` returns them.
    seed
        Of components, neighbours and layout. The same seed gives the same map, whatever the number of threads.
    most
        Of more cells, that many are drawn at random.

    Returns
    -------
    One row per cell that is drawn, in order: ``EMBEDDING.names`` (``umap_1``, ``umap_2``: float32, no unit;
    columns that ``obs`` lacks are missing values). No row for fewer than 30 cells, or where fewer than two genes vary.

    Raises
    ------
    InputError
        When the seed is negative.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> fs.pp.embed(adata)[["umap_1", "umap_2"]].shape
    (40, 2)
    """
    if seed < 0:
        raise InputError(f"the seed is {seed}", expected="0 or a whole number above it")
    if adata.n_obs > most:
        adata = adata[np.sort(np.random.default_rng(seed).choice(adata.n_obs, most, replace=False))]
    scale = scale_of(adata)
    genes = _chosen(adata, scale) if adata.n_obs >= MIN_CELLS else np.zeros(adata.n_vars, dtype=bool)
    if genes.sum() < 2:
        return pd.DataFrame(columns=list(EMBEDDING.names))
    logs = sp.vstack([part[:, genes] for part in _logs(adata, scale)], format="csr")
    table: pd.DataFrame = adata.obs.reindex(columns=list(EMBEDDING.names)).reset_index(drop=True)
    table[col.OBS_NAME] = adata.obs_names.astype(str)
    table[[col.UMAP_1, col.UMAP_2]] = _umap(logs, seed)
    return table


def variable_genes(mean: FloatArray, variance: FloatArray, n_top: int) -> BoolArray:
    """Choose the genes of largest dispersion among genes of similar mean, as scanpy's flavour ``seurat``.

    The log of variance over mean is standardised within 20 bins of the log mean (Satija et al. 2015,
    doi:10.1038/nbt.3192). Both are of values normalised to the same depth, not logged. Of genes that do not vary none
    is chosen, of equals the first.

    Examples
    --------
    >>> variable_genes(np.array([1.0, 1.0, 1.0, 0.0]), np.array([1.0, 1.1, 9.0, 0.0]), 1).tolist()
    [False, False, True, False]
    """
    varies = (mean > 0) & (variance > 0)
    if not varies.any():
        return varies
    dispersion = pd.Series(np.log(variance[varies] / mean[varies]))
    # scanpy cuts the means of all genes, those of silent ones among them
    bins = pd.Series(pd.cut(np.log1p(mean), _BINS, labels=False))[varies].reset_index(drop=True)
    within = dispersion.groupby(bins)
    spread = within.transform("std")
    standardised = ((dispersion - within.transform("mean")) / spread).where(spread.notna(), 1.0)  # alone in its bin: 1
    best = np.argsort(-standardised.fillna(-np.inf).to_numpy(), kind="stable")[:n_top]
    chosen = np.zeros(len(mean), dtype=bool)
    chosen[np.flatnonzero(varies)[best]] = True
    return chosen


def _logs(adata: AnnData, scale: Scale) -> Iterator[sp.csr_matrix]:
    """Yield natural logs of the cells' values, chunk by chunk."""
    done = "normalise" in adata.uns.get(col.UNS, {})
    base = 1.0 if scale == "counts" else np.log(2)  # only counts of cells become natural logs
    for chunk in chunks(adata):
        X = chunk.X if done else normalise(chunk, assay="single_cell", scale=scale).X
        yield sp.csr_matrix(X) * np.float32(base)


def _chosen(adata: AnnData, scale: Scale) -> BoolArray:
    total, squares = np.zeros(adata.n_vars), np.zeros(adata.n_vars)
    for logs in _logs(adata, scale):
        values = logs.astype(np.float64).expm1()
        total += np.asarray(values.sum(axis=0)).ravel()
        squares += np.asarray(values.power(2).sum(axis=0)).ravel()
    mean = total / adata.n_obs
    variance = (squares - adata.n_obs * mean**2) / (adata.n_obs - 1)
    variance[variance < _ROUNDING * mean**2] = 0.0
    return variable_genes(mean, variance, N_GENES)


def _umap(logs: sp.csr_matrix, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    import anndata as ad
    import scanpy as sc
    from threadpoolctl import threadpool_limits

    cells = ad.AnnData(logs)
    n_components = min(_COMPONENTS, min(cells.shape) - 1)
    with threadpool_limits(1), warnings.catch_warnings():  # sums in the same order on any number of processors
        warnings.filterwarnings("ignore", message="(?s).*Tensorflow")  # which umap would like and we do not need
        sc.pp.pca(cells, n_comps=n_components, random_state=seed)
        # exact neighbours: those that pynndescent finds change with the number of threads
        sc.pp.neighbors(cells, n_neighbors=_NEIGHBOURS, transformer="sklearn", random_state=seed)
        sc.tl.umap(cells, random_state=seed)
    return np.asarray(cells.obsm[col.UMAP], dtype=np.float32)

"""Samples of unequal depth made equally deep, so that depth cannot pass for fate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.stats import rankdata

from fatescore.errors import InputError
from fatescore.tables import columns as col
from fatescore.typing import FloatArray

if TYPE_CHECKING:
    from anndata import AnnData


def match_depth(adata: AnnData, *, by: str = col.SAMPLE, rng: int | np.random.Generator = 0) -> AnnData:
    """Thin the counts of cells until every sample has the same distribution of depth.

    The index of a single cell shrinks towards zero as fewer genes are seen, so the mean over the cells of a shallow
    sample lies nearer to zero than that of a deep one. Here the cell at the q-th quantile of depth in its sample is
    thinned, by drawing reads without replacement, to the smallest depth that any sample has at that quantile. No
    cell is lost, and no more reads than the shallowest sample makes necessary. A pseudobulk index hardly depends on
    depth and does not need this.

    Parameters
    ----------
    adata
        Cells x genes with raw counts in ``layers["counts"]``; not changed.
    by
        Column of ``obs`` that names each cell's sample.
    rng
        Seed or generator of the thinning.

    Returns
    -------
    A copy; ``X`` and ``layers["counts"]`` hold the thinned counts (CSR, float32), ``obs["total_counts"]`` their sums;
    other layers are left out.

    Raises
    ------
    InputError
        Without counts or the column, or when counts are not whole numbers, of which no reads can be drawn.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=30, n_genes=400, seed=0)
    >>> matched = fs.pp.match_depth(adata)
    >>> bool(matched.obs.groupby("sample", observed=True)["total_counts"].mean().std() < 1)
    True
    """
    import anndata as ad

    if col.COUNTS not in adata.layers:
        raise InputError('layers["counts"] is missing', expected="raw counts of the cells")
    if by not in adata.obs:
        raise InputError(f'obs has no column "{by}"', expected="a column that names each cell's sample")
    counts = sp.csr_matrix(adata.layers[col.COUNTS], dtype=np.float32)
    if (counts.data != np.rint(counts.data)).any():
        raise InputError("counts are not whole numbers", expected="counts of reads or molecules")
    depth = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
    target = _envelope(depth, adata.obs[by].astype(str).to_numpy(dtype=object))
    thinned = ad.AnnData(
        _thinned(counts, target, np.random.default_rng(rng)), obs=adata.obs.copy(), var=adata.var.copy(),
        uns=dict(adata.uns),
    )  # fmt: skip
    thinned.layers[col.COUNTS] = thinned.X.copy()
    thinned.obs[col.TOTAL_COUNTS] = np.asarray(thinned.X.sum(axis=1)).ravel()
    return thinned


def _thinned(counts: sp.csr_matrix, target: np.ndarray, rng: np.random.Generator) -> sp.csr_matrix:
    # scanpy's downsample_counts starts the same random stream in every cell, so that cells lose the same genes
    out = counts.copy()
    for row, keep in enumerate(target):
        own = slice(out.indptr[row], out.indptr[row + 1])
        given = counts.data[own].astype(np.int64)
        if given.sum() > keep:
            out.data[own] = rng.multivariate_hypergeometric(given, keep, method="count")
    out.eliminate_zeros()
    return out


def _envelope(depth: FloatArray, sample: np.ndarray) -> np.ndarray:
    """Return for every cell the least depth that any sample has at the cell's quantile."""
    target = depth.copy()
    quantile = np.empty_like(depth)
    for name in np.unique(sample):
        own = sample == name
        quantile[own] = (rankdata(depth[own], method="ordinal") - 0.5) / own.sum()
    for name in np.unique(sample):
        own = np.sort(depth[sample == name])
        target = np.minimum(target, np.quantile(own, quantile, method="hazen"))
    return np.floor(target + 1e-9).astype(np.int64)

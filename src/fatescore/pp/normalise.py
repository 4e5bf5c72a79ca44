"""From the declared scale to log values, never twice; and samples of cells brought to equal depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, nearest
from fatescore.pp.arrays import quantile_normalise
from fatescore.pp.bulk import raw_counts
from fatescore.pp.size_factors import expressed_genes, log_cpm, size_factors, variance_stabilised
from fatescore.stats._labels import label_column
from fatescore.tables import columns as col
from fatescore.typing import SCALES, Assay, FloatArray, Scale

if TYPE_CHECKING:
    from anndata import AnnData

TARGET_SUM = 1e4  # of a cell


def normalise(adata: AnnData, *, assay: Assay, scale: Scale) -> AnnData:
    """Return a copy with log-normalised values in ``X``.

    Counts of cells become log(1 + counts per 10,000), counts of bulk samples log2(1 + counts per million) with
    median-of-ratios size factors (Anders & Huber 2010, doi:10.1186/gb-2010-11-10-r106), TPM and linear array
    values log2(1 + value). Intensities of arrays that nobody has normalised become log2(1 + value) and are
    quantile-normalised; values that are log2 already stay as they are.

    Parameters
    ----------
    adata
        Observations x genes on the declared scale; not changed.
    assay
        ``"single_cell"``, ``"bulk"`` or ``"array"``.
    scale
        ``"counts"``, ``"tpm"``, ``"linear"``, ``"intensity"`` (arrays only) or ``"log2"``.

    Returns
    -------
    A copy; ``X`` holds the log values (float32), raw counts stay in ``layers["counts"]``, and
    ``uns["fatescore"]["normalise"]`` records what was done. Bulk counts also get ``obs["size_factor"]``,
    ``var["expressed"]`` (see :func:`expressed_genes`; the groups are the conditions) and, from three samples on,
    ``layers["vst"]``, stabilised in variance.

    Raises
    ------
    InputError
        When the data were normalised before, counts are missing, or the scale is not one of the assay.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.bulk(n_donors=4, n_genes=300, seed=0)
    >>> float(fs.pp.normalise(adata, assay="bulk", scale="counts").X.max()) < 20
    True
    """
    if scale not in SCALES:
        raise InputError(f'scale "{scale}" is not known', fix=nearest(scale, SCALES))
    if scale == "intensity" and assay != "array":
        raise InputError(
            f'scale "intensity" is declared for assay {assay}', expected="raw intensities of arrays",
            fix="declare counts, tpm or log2, as the values are",
        )  # fmt: skip
    notes = dict(adata.uns.get(col.UNS, {}))
    if "normalise" in notes:
        raise InputError("the data are normalised already", expected="data as ingest or qc writes them")
    out = adata.copy()
    if scale == "counts":
        if col.COUNTS not in out.layers:
            raise InputError('layers["counts"] is missing', expected="raw counts there when scale is counts")
        done = _log_cells(out) if assay == "single_cell" else _log_bulk(out)
    elif scale == "log2":
        done = "values are log2 already and stay as they are"
    else:
        lowest = float(out.X.min())
        if lowest < 0:
            raise InputError(f"the lowest value is {lowest:g}", expected=f"no negative {scale} values")
        out.X = _log2p1(out.X)
        done = f"log2(1 + {scale})"
        if scale == "intensity":
            out.X = quantile_normalise(out.X.toarray() if sp.issparse(out.X) else out.X)
            done += ", quantile-normalised over the arrays"
    out.X = out.X.astype(np.float32)
    out.uns[col.UNS] = {**notes, "normalise": done}
    return out


def match_depth(adata: AnnData, *, by: str = col.SAMPLE, rng: int | np.random.Generator = 0) -> AnnData:
    """Thin the counts of cells until every sample has the same distribution of depth.

    The index of a single cell shrinks towards zero as fewer genes are detected, so the mean over the cells of a shallow
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

    stored = raw_counts(adata)
    if by not in adata.obs:
        raise InputError(f'obs has no column "{by}"', expected="a column that names each cell's sample")
    counts = sp.csr_matrix(stored, dtype=np.float32)
    if (counts.data != np.rint(counts.data)).any():
        raise InputError("counts are not whole numbers", expected="counts of reads or molecules")
    depth = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
    target = _envelope(depth, label_column(adata.obs[by]).to_numpy(dtype=object))
    thinned = ad.AnnData(
        _thinned(counts, target, np.random.default_rng(rng)), obs=adata.obs.copy(), var=adata.var.copy(),
        uns=dict(adata.uns),
    )  # fmt: skip
    thinned.layers[col.COUNTS] = thinned.X.copy()
    thinned.obs[col.TOTAL_COUNTS] = np.asarray(thinned.X.sum(axis=1)).ravel()
    return thinned


def _log_cells(adata: AnnData) -> str:
    import scanpy as sc

    adata.X = adata.layers[col.COUNTS].copy()
    sc.pp.normalize_total(adata, target_sum=TARGET_SUM)
    sc.pp.log1p(adata)
    return f"log(1 + counts per {TARGET_SUM:,.0f})"


def _log_bulk(adata: AnnData) -> str:
    counts = adata.layers[col.COUNTS]
    factors = size_factors(counts)
    adata.obs[col.SIZE_FACTOR] = factors
    adata.X = log_cpm(counts, factors)
    groups = label_column(adata.obs[col.CONDITION]).tolist() if col.CONDITION in adata.obs else None
    adata.var[col.EXPRESSED] = expressed_genes(counts, groups)
    done = "log2(1 + counts per million of the library size times its median-of-ratios size factor)"
    stored = counts.data if sp.issparse(counts) else np.asarray(counts)
    if (stored != np.rint(stored)).any():
        done += ", from expected counts that are not whole"
    try:
        adata.layers[col.VST] = variance_stabilised(counts, factors).astype(np.float32)
    except InputError as error:
        return f"{done}; no variance-stabilised layer: {error.found}"
    return f"{done}; variance-stabilised layer by pydeseq2's trend"


def _log2p1(X: object) -> object:
    if sp.issparse(X):
        out = X.copy()  # type: ignore[attr-defined]
        out.data = np.log2(1 + out.data)
        return out
    return np.log2(1 + np.asarray(X))


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
    by_sample = pd.Series(depth).groupby(sample)
    quantile = (by_sample.rank(method="first") - 0.5) / by_sample.transform("size")
    target = depth
    for _, own in by_sample:
        target = np.minimum(target, np.quantile(own, quantile, method="hazen"))
    return np.floor(target + 1e-9).astype(np.int64)

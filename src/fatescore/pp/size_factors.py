"""Size factors, log counts per million and a variance-stabilised scale for bulk counts."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.pp.bulk import dense
from fatescore.typing import BoolArray, FloatArray, Matrix

_MIN_COMMON = 100  # genes counted in every sample, below which their median is a guess
_TREND_GENES = 1000  # as DESeq2's vst(nsub = 1000): the trend needs no more, all genes take a minute
_TREND_MEAN = 5.0
_LARGE_GROUP, _SHARE_BEYOND = 10, 0.7  # filterByExpr's large.n and min.prop
_ROUNDING = 1e-14


def size_factors(counts: Matrix) -> FloatArray:
    """Return DESeq2's median-of-ratios size factors (Anders & Huber 2010, doi:10.1186/gb-2010-11-10-r106).

    Where fewer than 100 genes are counted in every sample, the library sizes serve instead: DESeq2's ``poscounts``,
    made for that case, was further off on simulated shallow libraries (0.44 against 0.14 log2 at 0.1 million counts).

    Parameters
    ----------
    counts
        Samples x genes, raw, whole or fractional; dense or sparse.

    Returns
    -------
    One factor per sample, geometric mean 1; all 1 for a single sample.

    Raises
    ------
    InputError
        When a sample has no counts, or a count is negative or missing.

    Examples
    --------
    >>> size_factors(np.outer([1.0, 4.0], np.arange(1, 201))).round(6).tolist()
    [0.5, 2.0]
    """
    values = _checked(counts)
    if len(values) < 2:
        return np.ones(len(values))
    counted = (values > 0).all(axis=0)
    if counted.sum() >= _MIN_COMMON:
        from pydeseq2.preprocessing import deseq2_norm

        factors = np.asarray(deseq2_norm(values[:, counted])[1])
    else:
        factors = values.sum(axis=1)
    return np.asarray(factors / np.exp(np.log(factors).mean()))


def expressed_genes(
    counts: Matrix, groups: Sequence[str] | None = None, *, min_count: float = 10.0, min_total_count: float = 15.0
) -> BoolArray:
    """Tell which genes have counts worth a test in enough samples, as edgeR's ``filterByExpr``.

    A gene is kept when its counts per million reach those of ``min_count`` counts in a library of median size in as
    many samples as the smallest group has, and its counts sum to ``min_total_count`` (Chen, Lun & Smyth 2016,
    doi:10.12688/f1000research.8987.2). Ranks need every gene that is measured: this marks, it drops nothing.

    Parameters
    ----------
    counts
        Samples x genes, raw; dense or sparse.
    groups
        One label per sample; without, all samples are one group.
    min_count, min_total_count
        See above. Of a smallest group above 10 samples only 70 % of the samples beyond that must reach the level.

    Returns
    -------
    (n_genes,) booleans.

    Raises
    ------
    InputError
        When there is no sample, a sample has no counts or no label, or a count is negative or missing.

    Examples
    --------
    >>> expressed_genes(np.array([[0.0, 50, 1e6], [40, 60, 1e6]]), ["a", "b"]).tolist()
    [True, True, True]
    >>> expressed_genes(np.array([[0.0, 50, 1e6], [40, 60, 1e6]])).tolist()
    [False, True, True]
    """
    values = _checked(counts)
    labels = pd.Series(np.zeros(len(values)) if groups is None else list(groups), dtype=object)
    if not len(values) or len(labels) != len(values) or labels.isna().any():
        raise InputError(
            f"{len(values)} samples have {int(labels.notna().sum())} labels", expected="samples with one label each"
        )
    smallest = float(labels.astype(str).value_counts().min())
    if smallest > _LARGE_GROUP:
        smallest = _LARGE_GROUP + (smallest - _LARGE_GROUP) * _SHARE_BEYOND
    library = values.sum(axis=1)
    reach = values / library[:, None] >= min_count / np.median(library)
    total = values.sum(axis=0) >= min_total_count - _ROUNDING
    return np.asarray((reach.sum(axis=0) >= smallest - _ROUNDING) & total)


def log_cpm(counts: Matrix, factors: FloatArray | None = None) -> Matrix:
    """Return log2(1 + counts per million), the million being that of the effective library.

    Parameters
    ----------
    counts
        Samples x genes, raw; dense or sparse.
    factors
        From :func:`size_factors`. A sample's effective library is its factor times the geometric mean of the library
        sizes; without factors it is the library itself.

    Returns
    -------
    A new matrix, sparse when ``counts`` is.

    Examples
    --------
    >>> log_cpm(np.array([[1.0, 3.0]])).round(3).tolist()
    [[17.932, 19.517]]
    """
    library = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    if not (library > 0).all():
        raise InputError(f"{int((~(library > 0)).sum())} samples have no counts", fix="drop those samples")
    if factors is not None:
        library = factors * np.exp(np.log(library).mean())
    if sp.issparse(counts):
        out = sp.csr_matrix(counts, dtype=np.float64)
        out.data = np.log2(1 + out.data * np.repeat(1e6 / library, np.diff(out.indptr)))
        return out
    return np.log2(1 + np.asarray(counts, dtype=np.float64) * (1e6 / library)[:, None])


def variance_stabilised(counts: Matrix, factors: FloatArray | None = None) -> FloatArray:
    """Return DESeq2's variance-stabilised values (Love et al. 2014, doi:10.1186/s13059-014-0550-8), log2-like.

    pydeseq2 fits the trend of dispersion over mean to 1,000 genes spread over the range of means, as DESeq2's ``vst``;
    all genes are transformed by that trend, without knowing the groups. Where no trend converges the mean
    dispersion serves (the same formula without its second coefficient). Counts are rounded for the fit only.

    Parameters
    ----------
    counts, factors
        As in :func:`size_factors`, which computes the factors when they are not given.

    Returns
    -------
    Samples x genes, dense; a difference of 1 is about a doubling for well expressed genes.

    Raises
    ------
    InputError
        With fewer than three samples or fewer than 50 genes of a mean of five counts: no trend can be fitted.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.bulk(n_donors=4, n_genes=400, seed=0)
    >>> variance_stabilised(adata.layers["counts"]).shape
    (4, 400)
    """
    values = _checked(counts)
    factors = size_factors(values) if factors is None else factors
    scaled = values / factors[:, None]
    mean = scaled.mean(axis=0)
    expressed = np.flatnonzero(mean >= _TREND_MEAN)
    if len(values) < 3 or len(expressed) < 50:
        raise InputError(
            f"{len(values)} samples and {len(expressed)} genes with a mean of {_TREND_MEAN:g} counts",
            expected="at least 3 samples and 50 genes",
            fix="use log counts per million",
        )
    ordered = expressed[np.argsort(mean[expressed], kind="stable")]
    chosen = ordered[np.unique(np.linspace(0, len(ordered) - 1, _TREND_GENES).astype(int))]
    base, per_mean = _trend(np.rint(values[:, chosen]).astype(int))
    at = base * scaled
    return np.asarray(np.log2((1 + per_mean + 2 * at + 2 * np.sqrt(at * (1 + per_mean + at))) / (4 * base)))


def _trend(counts: Matrix) -> tuple[float, float]:
    """Fit dispersion = base + per_mean / mean."""
    from pydeseq2.dds import DeseqDataSet
    from pydeseq2.default_inference import DefaultInference

    by = "ratio" if (counts > 0).all(axis=0).any() else "poscounts"
    names = pd.Index([f"s{i}" for i in range(len(counts))])
    table = pd.DataFrame(counts, index=names, columns=[f"g{i}" for i in range(counts.shape[1])])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that the trend did not converge; the caller's docs say what then
        data = DeseqDataSet(
            counts=table, metadata=pd.DataFrame({"all": "a"}, index=names), design="~1", quiet=True,
            size_factors_fit_type=by, inference=DefaultInference(n_cpus=1),
        )  # fmt: skip
        data.vst_fit(use_design=False)
    if data.vst_fit_type == "parametric":
        base, per_mean = data.uns["vst_trend_coeffs"]
        return float(base), float(per_mean)
    from scipy.stats import trim_mean

    dispersion = data.var["vst_genewise_dispersions"].to_numpy()
    return float(trim_mean(dispersion[dispersion > 10 * data.min_disp], 0.001)), 0.0


def _checked(counts: Matrix) -> FloatArray:
    values = dense(counts)
    if not np.isfinite(values).all() or (values < 0).any():
        raise InputError("the counts hold negative or missing numbers", expected="raw counts")
    empty = int((values.sum(axis=1) == 0).sum())
    if empty:
        raise InputError(f"{empty} samples have no counts", fix="drop those samples")
    return values

"""Quality of arrays: distribution, deviation from the other arrays, background; and quantile normalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import iqr, rankdata

from fatescore.errors import InputError
from fatescore.pp.bulk import log_values, outliers, sample_names
from fatescore.typing import FloatArray, Scale

if TYPE_CHECKING:
    from anndata import AnnData

_QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
# The least that counts as one deviation (log2, ratio, share): arrays normalised to one distribution agree exactly.
_FLOORS = {
    "q05": 0.2, "q50": 0.1, "q95": 0.1, "rle_median": 0.05, "rle_iqr": 0.05, "spread": 0.1, "near_background": 0.02,
}  # fmt: skip
_SWEEPS = 5


def array_metrics(adata: AnnData, scale: Scale, *, n_mads: float = 5.0) -> pd.DataFrame:
    """Return the distribution of every array and how far it is from the others.

    RLE is the log2 value of a gene minus its median over the arrays (Brettschneider et al. 2008,
    doi:10.1198/004017008000000334). NUSE needs probe-level data that GEO's tables no longer hold; ``spread`` stands in
    for it: the interquartile range of what a median polish (gene + array) leaves, divided by that of the median array.

    Parameters
    ----------
    adata
        Arrays x genes, values in ``X``; missing values are left out.
    scale
        ``"linear"`` or ``"log2"``.
    n_mads
        Robust deviations (with a floor) from the median array beyond which an array is an outlier; among fewer than
        five arrays none is.

    Returns
    -------
    DataFrame indexed by sample: ``q05`` to ``q95`` (quantiles of log2 values; ``q05`` is the background),
    ``rle_median``, ``rle_iqr`` (log2), ``spread`` (1 = as the median array), ``near_background`` (share of the genes
    less than 1 above ``q05``) and ``outlier`` (notes, empty for most).

    Raises
    ------
    InputError
        When no gene is measured on every array.

    Examples
    --------
    >>> import anndata
    >>> rng = np.random.default_rng(0)
    >>> values = rng.normal(8, 2, 500) + rng.normal(0, 0.1, (6, 500))
    >>> values[4] += rng.normal(0, 1, 500)  # one bad array
    >>> metrics = array_metrics(anndata.AnnData(values), "log2")
    >>> metrics.index[metrics["outlier"] != ""].tolist()
    ['4']
    """
    logs = log_values(adata, scale)
    table = pd.DataFrame(
        {name: np.nanquantile(logs, q, axis=1) for name, q in _QUANTILES.items()}, index=sample_names(adata)
    )
    whole = logs[:, np.isfinite(logs).all(axis=0)]
    if not whole.shape[1]:
        raise InputError("no gene is measured on every array", expected="arrays of one platform")
    deviation = whole - np.median(whole, axis=0)
    table["rle_median"] = np.median(deviation, axis=1)
    table["rle_iqr"] = iqr(deviation, axis=1)
    for _ in range(_SWEEPS):  # what median polish leaves
        whole -= np.median(whole, axis=0)
        whole -= np.median(whole, axis=1, keepdims=True)
    spread = iqr(whole, axis=1)
    typical = float(np.median(spread))
    table["spread"] = spread / typical if typical > 0 else 1.0
    table["near_background"] = np.nanmean(_near_background(logs), axis=1)
    return table.assign(outlier=outliers(table[list(_FLOORS)], _FLOORS, n_mads))


def background_share(adata: AnnData, scale: Scale) -> FloatArray:
    """Return, for every gene, the share of arrays on which it is no more than background.

    Background is less than 1 (log2) above the 5 % quantile of the array: what a gene in every array shows there is
    glass, not expression.

    Parameters
    ----------
    adata, scale
        As in :func:`array_metrics`.

    Returns
    -------
    (n_genes,) 0 to 1; NaN for a gene that no array measures.

    Examples
    --------
    >>> import anndata
    >>> values = np.vstack([np.linspace(4, 12, 101), np.linspace(4, 12, 101)[::-1]])
    >>> background_share(anndata.AnnData(values), "log2")[[0, 50, 100]].tolist()
    [0.5, 0.0, 0.5]
    """
    near = _near_background(log_values(adata, scale))
    known = np.isfinite(near).sum(axis=0)
    return np.asarray(np.divide(np.nansum(near, axis=0), known, out=np.full(near.shape[1], np.nan), where=known > 0))


def quantile_normalise(matrix: FloatArray) -> FloatArray:
    """Give every row the same distribution: the mean of the sorted rows (Bolstad et al. 2003).

    doi:10.1093/bioinformatics/19.2.185; equal values of a row stay equal (they get the value at their mean rank).

    Parameters
    ----------
    matrix
        Samples x genes, finite.

    Returns
    -------
    A new array of the same shape.

    Raises
    ------
    InputError
        When a value is missing or infinite.

    Examples
    --------
    >>> quantile_normalise(np.array([[5.0, 2, 3], [4, 1, 6]])).tolist()
    [[5.5, 1.5, 3.5], [3.5, 1.5, 5.5]]
    """
    values = np.asarray(matrix, dtype=np.float64)
    if not np.isfinite(values).all():
        raise InputError("the values hold missing or infinite numbers", expected="finite numbers")
    mean = np.sort(values, axis=1).mean(axis=0)
    return np.asarray(np.interp(rankdata(values, axis=1) - 1, np.arange(len(mean)), mean))


def _near_background(logs: FloatArray) -> FloatArray:
    """Return 1 where a value is near its array's background, 0 where it is above, NaN where it is missing."""
    floor = np.nanquantile(logs, _QUANTILES["q05"], axis=1)[:, None]
    return np.where(np.isfinite(logs), logs < floor + 1, np.nan)

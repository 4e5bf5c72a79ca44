"""Which genes vary most between cells, from their means and variances alone, so that cells can be read in chunks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fatescore.typing import BoolArray, FloatArray

_BINS = 20


def variable_genes(mean: FloatArray, variance: FloatArray, n_top: int) -> BoolArray:
    """Choose the genes of largest dispersion among genes of similar mean, as scanpy's flavour ``seurat``.

    The log of variance over mean is standardised within 20 bins of the log mean (Satija et al. 2015,
    doi:10.1038/nbt.3192).

    Parameters
    ----------
    mean, variance
        (n_genes,) of the values of all cells, normalised to the same depth, not logged.
    n_top
        Number of genes to choose.

    Returns
    -------
    (n_genes,) booleans, at most ``n_top`` true: of genes that do not vary none is chosen, of equals the first.

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

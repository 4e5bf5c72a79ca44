"""Ranks of the genes within each observation: only what is there is sorted.

A sparse row's stored values are ranked from the top; its zeros are one tie group at the bottom with a
closed form. A matrix with negative values has no bottom group of zeros: every entry of it is ranked.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from fatescore.typing import BoolArray, FloatArray, IntArray, Matrix


@dataclass(frozen=True)
class TieGroups:
    """Where each ranked entry stands in its row.

    Attributes
    ----------
    indptr, indices
        CSR structure of the ranked entries (observations x genes).
    above
        Per entry: how many genes of the row are larger.
    through
        Per entry: how many genes of the row are larger or equal. Ranks ``above + 1`` to ``through`` are shared.
    n_genes
        Number of genes, unranked zeros included.
    """

    indptr: IntArray
    indices: IntArray
    above: IntArray
    through: IntArray
    n_genes: int

    @property
    def n_ranked(self) -> IntArray:
        """Number of ranked entries per row; the rest of the row is one tie group of zeros."""
        return np.diff(self.indptr)

    def with_data(self, data: FloatArray) -> sp.csr_array:
        """Return a CSR matrix with this structure."""
        shape = (len(self.indptr) - 1, self.n_genes)
        return sp.csr_array((data, self.indices, self.indptr), shape=shape)


def constant_rows(X: Matrix) -> BoolArray:
    """Tell which rows hold one value only (all zeros, for instance): they have no ranking."""
    high, low = (part.toarray() if sp.issparse(part) else np.asarray(part) for part in (X.max(axis=1), X.min(axis=1)))
    return np.asarray(high.ravel() == low.ravel())


def tie_groups(X: Matrix) -> TieGroups:
    """Rank the genes of every row from the largest value down."""
    n_obs, n_genes = X.shape
    values = X.data if sp.issparse(X) else X
    if values.size and values.min() < 0:
        dense = X.toarray() if sp.issparse(X) else np.asarray(X)
        indptr = np.arange(n_obs + 1, dtype=np.int64) * n_genes
        indices = np.tile(np.arange(n_genes, dtype=np.int64), n_obs)
        data = dense.ravel()
    else:
        csr = sp.csr_array(X)
        if csr is X or not sp.issparse(X):
            csr = csr.copy()
        csr.sum_duplicates()
        csr.eliminate_zeros()
        indptr, indices, data = csr.indptr.astype(np.int64), csr.indices.astype(np.int64), csr.data
    above = np.empty(data.size, dtype=np.int64)
    through = np.empty(data.size, dtype=np.int64)
    for start, stop in itertools.pairwise(indptr):
        _rank_row(data[start:stop], above[start:stop], through[start:stop])
    return TieGroups(indptr, indices, above, through, n_genes)


def _rank_row(values: FloatArray, above: IntArray, through: IntArray) -> None:
    distinct, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    del distinct
    last = np.cumsum(counts[::-1])[::-1]  # entries of the row at least as large
    through[:] = last[inverse]
    above[:] = (last - counts)[inverse]

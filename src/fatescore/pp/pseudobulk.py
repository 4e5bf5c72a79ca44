"""Pseudobulk: the sum of the raw counts of a sample's cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import _keys
from fatescore.errors import InputError

if TYPE_CHECKING:
    from anndata import AnnData


def pseudobulk(adata: AnnData, *, by: str = _keys.SAMPLE) -> AnnData:
    """Sum raw counts over the cells of each sample.

    Parameters
    ----------
    adata
        Cells x genes with ``layers["counts"]``.
    by
        Column of ``obs`` that groups the cells.

    Returns
    -------
    Samples x genes; ``X`` holds the sums, ``obs`` the columns that are constant within a sample and
    ``n_obs`` (cells), ``total_counts`` (sum).

    Raises
    ------
    InputError
        Without raw counts or without the column, or where it is empty for a cell.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> fs.pp.pseudobulk(adata).n_obs
    2
    """
    import anndata as ad

    if _keys.COUNTS not in adata.layers:
        raise InputError('layers["counts"] is missing', expected="raw counts of the cells")
    if by not in adata.obs:
        raise InputError(f'obs has no column "{by}"', expected="a column that names each cell's sample")
    if adata.obs[by].isna().any():
        raise InputError(f'{int(adata.obs[by].isna().sum())} cells have no "{by}"', fix="name it, or drop those cells")
    names, group = np.unique(adata.obs[by].astype(str).to_numpy(dtype=object), return_inverse=True)
    # a matrix of samples x cells: one product sums them, without loading scanpy
    member = sp.csr_array((np.ones(adata.n_obs), (group, np.arange(adata.n_obs))), shape=(len(names), adata.n_obs))
    sums = member @ adata.layers[_keys.COUNTS]
    grouped = adata.obs.groupby(group, observed=True, sort=True)
    constant = grouped.nunique(dropna=False).max() <= 1
    first = grouped.first()
    obs = pd.DataFrame({by: names}, index=pd.Index(names, dtype=object))
    for column in constant.index[constant]:
        if column != by:
            obs[column] = first[column].to_numpy()
    summed = ad.AnnData(X=sums.toarray() if sp.issparse(sums) else np.asarray(sums), obs=obs, var=adata.var.copy())
    summed.obs["n_obs"] = grouped.size().to_numpy()
    summed.obs[_keys.TOTAL_COUNTS] = summed.X.sum(axis=1)
    return summed

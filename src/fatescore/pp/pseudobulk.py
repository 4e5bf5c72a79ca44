"""Pseudobulk: the sum of the raw counts of a sample's cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        Without raw counts or without the column.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> fs.pp.pseudobulk(adata).n_obs
    2
    """
    import numpy as np
    import scanpy as sc

    if _keys.COUNTS not in adata.layers:
        raise InputError('layers["counts"] is missing', expected="raw counts of the cells")
    if by not in adata.obs:
        raise InputError(f'obs has no column "{by}"', expected="a column that names each cell's sample")
    grouped = adata.obs[by].astype(str).astype("category")
    cells = adata.copy() if adata.is_view else adata
    summed = sc.get.aggregate(_with_obs(cells, by, grouped), by=by, func="sum", layer=_keys.COUNTS)
    summed.X = summed.layers.pop("sum")
    summed.obs_names = summed.obs_names.astype(str)
    obs = adata.obs.groupby(grouped.to_numpy(), observed=True, sort=True)
    constant = obs.nunique(dropna=False).max() <= 1
    first = obs.first()
    for column in constant.index[constant]:
        if column != by:
            summed.obs[column] = first[column].reindex(summed.obs_names).to_numpy()
    summed.obs["n_obs"] = obs.size().reindex(summed.obs_names).to_numpy()
    summed.obs[_keys.TOTAL_COUNTS] = np.asarray(summed.X.sum(axis=1)).ravel()
    return summed


def _with_obs(adata: AnnData, by: str, grouped: object) -> AnnData:
    """Return a shallow AnnData whose grouping column is categorical; the input stays untouched."""
    import anndata as ad
    import pandas as pd

    return ad.AnnData(
        obs=pd.DataFrame({by: grouped}, index=adata.obs_names),
        var=adata.var,
        layers={_keys.COUNTS: adata.layers[_keys.COUNTS]},
    )

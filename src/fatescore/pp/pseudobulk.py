"""Pseudobulk: the sum of the raw counts of a group of cells, such as those of a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from fatescore._h5ad_rows import chunks, on_disk
from fatescore.errors import InputError
from fatescore.pp.bulk import raw_counts
from fatescore.stats._labels import label_column
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode
from fatescore.tables.notes import Note
from fatescore.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from anndata import AnnData

_JOIN = " | "


def pseudobulk(
    adata: AnnData, *, by: str | Sequence[str] = col.SAMPLE, min_cells: int = 1, min_counts: float = 0.0
) -> AnnData:
    """Sum raw counts over the cells of each group.

    Parameters
    ----------
    adata
        Cells x genes with ``layers["counts"]``, in memory or on disk, where it is read in chunks.
    by
        Column of ``obs`` that groups the cells, or several, such as ``("donor", "cell_type")``.
    min_cells, min_counts
        Groups with fewer cells or counts are left out, and listed; neither may be negative.

    Returns
    -------
    Groups x genes; ``X`` and ``layers["counts"]`` hold the sums, ``obs`` the columns that are constant within a group
    and ``n_obs`` (cells), ``total_counts`` (sum). ``uns["fatescore"]["left_out"]`` is a table of the groups left out:
    the columns ``by``, ``n_obs``, ``total_counts`` and ``reason`` (``NoteCode.FEW_CELLS`` or ``FEW_COUNTS``).

    Raises
    ------
    InputError
        Without raw counts or a column, where a column is empty for a cell, or when a limit is negative or no number.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> fs.pp.pseudobulk(adata).n_obs
    2
    >>> few = fs.pp.pseudobulk(adata, by=("donor", "true_fate"), min_cells=5)
    >>> bool((few.obs["n_obs"] >= 5).all())
    True
    """
    import anndata as ad

    columns = [by] if isinstance(by, str) else list(by)
    _check(adata, columns)
    for limit, value in (("min_cells", min_cells), ("min_counts", min_counts)):
        if not value >= 0:  # NaN is not
            raise InputError(f"{limit} is {value}", expected="0 or a number above it")
    labels = adata.obs[columns].apply(label_column)
    grouped = adata.obs.groupby([labels[name].to_numpy(dtype=object) for name in columns], sort=True)
    group = grouped.ngroup().to_numpy()
    sums = _sums(adata, group, grouped.ngroups)
    obs = _group_table(adata.obs, labels, group, columns)
    obs["n_obs"] = np.bincount(group, minlength=len(obs))
    obs[col.TOTAL_COUNTS] = sums.sum(axis=1)
    sizes = zip(obs["n_obs"], obs[col.TOTAL_COUNTS], strict=True)
    reasons = [_reason(cells, counts, min_cells, min_counts) for cells, counts in sizes]
    kept = np.array([reason == "" for reason in reasons], dtype=bool)
    left = obs.loc[~kept, [*columns, "n_obs", col.TOTAL_COUNTS]]
    left["reason"] = [reason for reason in reasons if reason]
    facts = {**adata.uns.get(col.UNS, {}), col.LEFT_OUT: left.reset_index(drop=True)}
    return ad.AnnData(
        X=sums[kept], obs=obs[kept], var=adata.var.copy(), layers={col.COUNTS: sums[kept]}, uns={col.UNS: facts}
    )


def _check(adata: AnnData, columns: list[str]) -> None:
    if not columns or len(set(columns)) < len(columns):
        raise InputError(f"by is {columns}", expected="one or more columns of obs, each once")
    raw_counts(adata)
    for name in columns:
        if name not in adata.obs:
            raise InputError(f'obs has no column "{name}"', expected="a column that names each cell's group")
        missing = int(adata.obs[name].isna().sum())
        if missing:
            raise InputError(f'{missing} cells have no "{name}"', fix="name it, or drop those cells")


def _sums(adata: AnnData, group: IntArray, n_groups: int) -> FloatArray:
    sums = np.zeros((n_groups, adata.n_vars))
    start = 0
    for part in chunks(adata) if on_disk(adata) else [adata]:
        own = group[start : start + part.n_obs]
        start += part.n_obs
        # a matrix of groups x cells: one product sums them, without loading scanpy
        member = sp.csr_array((np.ones(len(own)), (own, np.arange(len(own)))), shape=(n_groups, len(own)))
        added = member @ part.layers[col.COUNTS]
        sums += added.toarray() if sp.issparse(added) else np.asarray(added)
    return sums


def constant_columns(obs: pd.DataFrame, group: NDArray[Any]) -> pd.DataFrame:
    """Return the columns that are the same for all rows of every group, one row per group."""
    grouped = obs.groupby(group, observed=True, sort=True)
    same = grouped.nunique(dropna=False).max() <= 1
    return grouped.first()[same.index[same]]


def _group_table(obs: pd.DataFrame, labels: pd.DataFrame, group: IntArray, columns: list[str]) -> pd.DataFrame:
    """Return one row per group: its labels, and the columns that are the same for all its cells."""
    from anndata.utils import make_index_unique

    first = constant_columns(obs, group)
    names = labels.groupby(group, sort=True).first()
    index = pd.Index(names[columns].agg(_JOIN.join, axis=1).to_numpy(dtype=object))
    out = pd.DataFrame(
        {name: names[name].to_numpy(dtype=object) for name in columns},
        index=make_index_unique(index),  # labels may hold the joint themselves
    )
    for column in first:
        if column not in columns and first[column].notna().any():
            out[column] = first[column].to_numpy()
    return out


def _reason(cells: float, counts: float, min_cells: int, min_counts: float) -> str:
    """Return why a group is left out, empty where it stays."""
    if cells < min_cells:
        return str(Note(NoteCode.FEW_CELLS, {"cells": int(cells), "needed": min_cells}))
    if counts < min_counts:
        return str(Note(NoteCode.FEW_COUNTS, {"counts": float(counts), "needed": min_counts}))
    return ""

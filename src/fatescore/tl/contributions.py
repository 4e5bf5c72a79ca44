"""What each gene adds to the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.gene_sets import index_weights, not_scorable_message, why_not_scorable
from fatescore.gene_sets.index import DEFAULT_INDEX, Index
from fatescore.methods import rank_log
from fatescore.methods._ranking import RankPart, score_chunk
from fatescore.tables import columns as col
from fatescore.tl import _matrix
from fatescore.tl.fate_bias import as_index
from fatescore.tl.score_gene_sets import group_numbers
from fatescore.typing import FloatArray, Matrix, Organism

if TYPE_CHECKING:
    from anndata import AnnData


def gene_contributions(
    data: AnnData | pd.DataFrame,
    *,
    organism: Organism,
    index: str | Index = DEFAULT_INDEX,
    layer: str | None = None,
    groupby: str | None = None,
) -> pd.DataFrame:
    """Return what each gene adds to ``fate_bias``: the rows sum exactly to it (NaN where it is NaN).

    Parameters
    ----------
    data, organism, index, layer
        As in :func:`fate_bias`.
    groupby
        Column of ``obs``: one row per group, the mean over its observations that have an index; rows then sum to the
        group's mean ``fate_bias``.

    Returns
    -------
    Observations (or groups) x index genes: weight times log2(N / rank). ``attrs["arm"]`` maps each gene to its arm or
    group.

    Raises
    ------
    InputError
        When the index cannot be computed, or ``groupby`` is not a column of ``obs``.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> parts = fs.tl.gene_contributions(adata, organism="human")
    >>> fs.tl.fate_bias(adata, organism="human")
    >>> bool((abs(parts.sum(axis=1) - adata.obs["fate_bias"]) < 1e-9).all())
    True
    >>> fs.tl.gene_contributions(adata, organism="human", groupby="donor").shape
    (2, 16)
    """
    definition = as_index(index, organism)
    genes = _matrix.gene_names(data)
    weights = scorable_weights(definition, genes)
    table = pd.DataFrame(
        gene_values(data, list(weights.index), layer) * weights.to_numpy(), index=_matrix.obs_names(data),
        columns=list(weights.index),
    )  # fmt: skip
    if groupby is not None:
        group_numbers(data, groupby)  # refuses a column that is not there
        table = table.groupby(data.obs[groupby].to_numpy(), observed=True).mean().rename_axis(groupby)
    table.attrs["arm"] = arm_of_genes(definition)
    return table


def scorable_weights(index: Index, genes: pd.Index) -> pd.Series[float]:
    """Return the weights of ``fate_bias``, or raise with the reason why there are none."""
    problems = why_not_scorable(index, list(genes))
    if problems:
        raise InputError(f"the index cannot be computed: {not_scorable_message(problems)}")
    return index_weights(index, list(genes))[col.FATE_BIAS]


def gene_values(data: AnnData | pd.DataFrame, wanted: list[str], layer: str | None = None) -> FloatArray:
    """Return log2(N / rank) of some genes (observations x genes); NaN where an observation has no ranking."""
    genes = _matrix.gene_names(data)
    at = (genes.get_indexer(pd.Index(wanted)), np.arange(len(wanted)))
    part = RankPart(
        rank_log.rank_value(len(genes)), sp.csr_array((np.ones(len(wanted)), at), (len(genes), len(wanted)))
    )
    values = np.empty((len(data), len(wanted)))

    def look_up(rows: slice, X: Matrix) -> None:
        chunk = score_chunk(X, part)
        values[rows] = np.where(chunk.flat[:, None], np.nan, chunk.raw)

    _matrix.for_each_chunk(_matrix.matrix_of(data, layer), look_up)
    return values


def arm_of_genes(index: Index) -> dict[str, str]:
    """Return the arm or group of every gene of the index."""
    return {symbol: part for part in (*index.arms, *index.groups) for symbol in index.units(part)["symbol"]}

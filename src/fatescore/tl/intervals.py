"""How sure the index of a sample is: over its cells, and over the genes that stand for the arms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy import stats

from fatescore.errors import InputError
from fatescore.gene_sets import index_weights
from fatescore.gene_sets.index import DEFAULT_INDEX, Index
from fatescore.stats._labels import label_column
from fatescore.tables import columns as col
from fatescore.tl import _matrix
from fatescore.tl.fate_bias import as_index, gene_values, scorable_weights
from fatescore.tl.score_gene_sets import group_numbers
from fatescore.typing import FloatArray, Matrix, Organism

if TYPE_CHECKING:
    from anndata import AnnData

N_BOOTSTRAP = 200
_MAX_PIECES = 100  # pieces of a sample that are resampled instead of its cells
_MIN_CELLS = 5
_AT_ONCE = 5_000  # cells


def gene_intervals(
    data: AnnData | pd.DataFrame,
    *,
    organism: Organism,
    index: str | Index = DEFAULT_INDEX,
    layer: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return a confidence interval of ``fate_bias`` over the choice of genes (jack-knife, closed form).

    The genes of an arm are taken as a sample of all genes that could stand for it: each is left out in turn. Within an
    arm or group the variance is (n - 1) / n times the sum of squared deviations; arms add up. The t distribution has
    the degrees of freedom of Welch and Satterthwaite. Two genes an arm make a wide interval, which is right.

    Parameters
    ----------
    data, organism, index, layer
        As in :func:`fate_bias`.
    level
        Level of confidence, 0 to 1.

    Returns
    -------
    Observations x ``fate_bias_genes_low``, ``fate_bias_genes_high``; NaN where there is no index.

    Raises
    ------
    InputError
        When the index cannot be computed, or the level is not between 0 and 1.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.bulk(n_donors=4, n_genes=300, seed=0)
    >>> list(fs.tl.gene_intervals(adata, organism="human"))
    ['fate_bias_genes_low', 'fate_bias_genes_high']
    """
    _check_level(level)
    definition = as_index(index, organism)
    genes = _matrix.gene_names(data)
    weights = scorable_weights(definition, genes)
    names = list(weights.index)
    values = gene_values(data, names, layer)
    measured = definition.genes[definition.genes["symbol"].isin(names)]
    variance, quartic = np.zeros(len(values)), np.zeros(len(values))
    # units are exchangeable within the blocks of an arm and, one by one, of the groups
    blocks_of_groups = [(block,) for blocks in definition.groups.values() for block in blocks]
    for part in (*definition.arms.values(), *blocks_of_groups):
        units = measured[measured["block"].isin(part)].groupby("unit")["symbol"].apply(set)
        if len(units) < 2:
            continue
        left_out = np.column_stack(
            [values @ _weights_without(definition, names, unit) for unit in units]
        )  # observations x units
        n = len(units)
        own = (n - 1) / n * ((left_out - left_out.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        variance += own
        quartic += own**2 / (n - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        half = stats.t.ppf(0.5 + level / 2, variance**2 / quartic) * np.sqrt(variance)
    half = np.where(variance > 0, half, np.nan)
    centre = values @ weights.to_numpy()
    table = {col.GENES_LOW: centre - half, col.GENES_HIGH: centre + half}
    return pd.DataFrame(table, index=_matrix.obs_names(data))


def cell_intervals(
    adata: AnnData,
    *,
    organism: Organism,
    by: str = col.SAMPLE,
    index: str | Index = DEFAULT_INDEX,
    layer: str = col.COUNTS,
    level: float = 0.95,
    n_bootstrap: int = N_BOOTSTRAP,
    rng: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return a confidence interval of each sample's pseudobulk ``fate_bias`` over its cells (bootstrap).

    Cells are drawn with replacement, their counts are summed and the sum is scored, ``n_bootstrap`` times; the interval
    lies between the percentiles. Of a sample with more than 100 cells, 100 random pieces are drawn instead
    of cells, which keeps the variance and makes the work independent of the number of cells. The interval is of
    how well these cells measure their sample, not of other donors.

    Parameters
    ----------
    adata
        Cells x genes with raw counts, which ``layer`` holds.
    organism, index, level
        As in :func:`gene_intervals`.
    by
        Column of ``obs`` that names each cell's sample.
    n_bootstrap
        Number of draws.
    rng
        Seed or generator.

    Returns
    -------
    Samples x ``fate_bias_cells_low``, ``fate_bias_cells_high``; NaN with fewer than five cells.

    Raises
    ------
    InputError
        Without the layer or the column, when the index cannot be computed, or for a level or number out of range.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> fs.tl.cell_intervals(adata, organism="human", n_bootstrap=50).shape
    (2, 2)
    """
    _check_level(level)
    if n_bootstrap < 2:
        raise InputError(f"n_bootstrap is {n_bootstrap}", expected="a whole number above 1")
    definition = as_index(index, organism)
    genes = _matrix.gene_names(adata)
    weights = scorable_weights(definition, genes)
    counts = _matrix.matrix_of(adata, layer)
    group = group_numbers(adata, by)
    generator = np.random.default_rng(rng)
    tails = [0.5 - level / 2, 0.5 + level / 2]
    labels = label_column(adata.obs[by]).to_numpy(dtype=object)
    rows = {}
    for g in range(int(group.max(initial=-1)) + 1):
        cells = np.flatnonzero(group == g)
        # one stream per sample, so that a sample's interval does not depend on the others' sizes
        (stream,) = generator.spawn(1)
        low, high = np.nan, np.nan
        if cells.size >= _MIN_CELLS:
            sums = _resampled(counts, cells, n_bootstrap, stream)
            drawn = gene_values(pd.DataFrame(sums, columns=genes), list(weights.index)) @ weights.to_numpy()
            low, high = np.nanquantile(drawn, tails) if np.isfinite(drawn).any() else (np.nan, np.nan)
        rows[labels[cells[0]]] = (low, high)
    return pd.DataFrame.from_dict(rows, orient="index", columns=[col.CELLS_LOW, col.CELLS_HIGH])


def _resampled(counts: Matrix, cells: np.ndarray, n_bootstrap: int, rng: np.random.Generator) -> FloatArray:
    """Return sums of counts (draws x genes) over cells, or pieces of the sample, drawn with replacement."""
    n_pieces = min(len(cells), _MAX_PIECES)
    piece = rng.permutation(np.arange(len(cells)) % n_pieces)
    sums = np.zeros((n_pieces, counts.shape[1]))
    for start in range(0, len(cells), _AT_ONCE):  # a sample on disk may be larger than memory
        part = slice(start, start + _AT_ONCE)
        own = piece[part]
        member = sp.csr_array((np.ones(len(own)), (own, np.arange(len(own)))), shape=(n_pieces, len(own)))
        added = member @ counts[cells[part]]
        sums += added.toarray() if sp.issparse(added) else np.asarray(added)
    times = rng.multinomial(n_pieces, np.full(n_pieces, 1 / n_pieces), size=n_bootstrap)
    return np.asarray(times @ sums, dtype=np.float64)


def _weights_without(index: Index, names: list[str], left_out: set[str]) -> FloatArray:
    kept = [name for name in names if name not in left_out]
    return index_weights(index, kept)[col.FATE_BIAS].reindex(names, fill_value=0.0).to_numpy()


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise InputError(f"level is {level}", expected="a number between 0 and 1, such as 0.95")

"""The fate-bias index (higher = towards bone, lower = towards fat), and what each gene adds to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import methods
from fatescore.errors import InputError, nearest
from fatescore.gene_sets import axis_sets, index_weights, load_index, not_scorable_message, why_not_scorable
from fatescore.gene_sets.index import DEFAULT_INDEX, Index
from fatescore.methods import rank_log
from fatescore.methods._ranking import RankPart, score_chunk
from fatescore.pl import _palette
from fatescore.stats import fdr
from fatescore.stats.null import MIN_OBSERVATIONS, FittedNull, inflation, tail_pvalue
from fatescore.tables import columns as col
from fatescore.tables import join_notes
from fatescore.tables.codes import FateCall
from fatescore.tl import _matrix, _scoring
from fatescore.tl.score_gene_sets import group_numbers, record, strata_of
from fatescore.typing import BoolArray, FloatArray, Matrix, Organism

if TYPE_CHECKING:
    from anndata import AnnData

FDR = 0.05
METHOD = "rank_log"
_CALLS = [str(call) for call in FateCall]


def fate_bias(
    data: AnnData | pd.DataFrame,
    *,
    organism: Organism,
    index: str | Index = DEFAULT_INDEX,
    layer: str | None = None,
    null: Literal["matched"] | FittedNull = "matched",
    fdr_level: float = FDR,
    inflation_by: str | Sequence[object] | None = None,
    smooth: str | None = None,
    chunk_size: int | None = None,
    n_jobs: int = 1,
) -> pd.DataFrame | None:
    """Compute the fate-bias index of every cell or sample.

    A gene at rank r of N in an observation has the value log2(N / r). ``osteogenic`` and ``adipogenic`` are the
    means over the arms' genes and ``fate_bias`` is their difference: +1 means that the bone genes stand, in
    geometric mean, twice as near the top as the fat genes. ``commitment`` is the sum of the
    arms and ``maturation`` is late minus early bone genes.

    ``fate_bias_z`` compares ``fate_bias`` with random genes of the same mean expression over the data set
    (closed form, no seed), ``fate_bias_pval`` is its two-sided p value (Pearson III, which takes the skew into account)
    and ``fate_bias_padj`` the Benjamini-Hochberg value over the observations. They compare an observation with the
    others of the data set, or with the reference of a fitted null, and treat genes as independent: they rank
    observations, they do not replace a comparison of donors.

    ``fate_call`` is ``osteogenic`` or ``adipogenic`` where ``fate_bias_padj`` is below ``fdr_level`` and the winning
    arm itself stands above random genes; ``dual`` where both arms do (each by its own FDR) and neither wins;
    otherwise ``uncommitted``.

    Parameters
    ----------
    data
        AnnData (observations x genes) with gene symbols, or a DataFrame of the same orientation.
    organism
        One of :func:`fatescore.organisms.names`.
    index
        Definition of the index, see ``fs.gene_sets.index_names()``, or one from ``fs.gene_sets.load_index``.
    layer
        Layer to rank; ``None`` is ``X``. Counts and log counts give the same.
    null
        ``"matched"`` takes the genes' levels from the data, which needs at least three observations; a null from
        ``fs.tl.fit_null`` takes them from its reference.
    fdr_level
        False discovery rate of ``fate_call``.
    inflation_by
        Column of ``obs`` (or one label per observation) that groups like cells; corrects p values and calls for
        co-expression, see :func:`score_gene_sets`.
    smooth
        Key of ``obsp`` that holds a graph of neighbours (``"connectivities"``): every measure becomes the mean over a
        cell and its neighbours, by the graph's weights, which helps where single cells show few of the genes. z
        and p are means of deviates, which is conservative. Off by default: it makes cells less independent.
    chunk_size, n_jobs
        As in :func:`score_gene_sets`.

    Returns
    -------
    For an AnnData ``None``; writes into ``obs`` the columns ``osteogenic adipogenic fate_bias commitment
    maturation`` (log2 rank), ``fate_bias_z fate_bias_pval fate_bias_padj`` and ``fate_call`` (``osteogenic |
    adipogenic | dual | uncommitted | not scorable``), into ``obsm["axis_scores"]`` one column per regulatory axis and
    miRNA of the review (mean log2(N / rank), signed; NaN where none of its genes is measured),
    ``uns["fate_call_colors"]`` (for scanpy's plots), and ``uns["fatescore"]["fate_bias"]``. For a DataFrame the table
    of the ``obs`` columns. Where too few index genes are among the data's genes all numbers are NaN, the call is ``not
    scorable`` and ``uns`` (``attrs`` of a DataFrame) holds the reason as notes. So are those of an observation whose
    genes all have the same value (an empty cell): it has no ranking.

    Raises
    ------
    InputError
        For an organism that is not known, duplicated gene names, or values that are not finite.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> fs.tl.fate_bias(adata, organism="human")
    >>> adata.obs["fate_bias"].notna().all()
    np.True_
    """
    definition = as_index(index, organism)
    if null != "matched" and not isinstance(null, FittedNull):
        raise InputError(f'null="{null}" is not possible', expected='"matched" or a null from fs.tl.fit_null')
    if not 0 < fdr_level < 1:
        raise InputError(f"fdr_level is {fdr_level}", expected="a number between 0 and 1")
    genes = _matrix.gene_names(data)
    not_scorable = join_notes(why_not_scorable(definition, list(genes)))
    weights = index_weights(definition, list(genes))
    names = _matrix.obs_names(data)
    factor: FloatArray = np.ones(0)
    if not_scorable:
        table, axes = pd.DataFrame(np.nan, index=names, columns=list(col.INDEX_COLUMNS)), None
        table[col.FATE_CALL] = pd.Categorical([str(FateCall.NOT_SCORABLE)] * len(names), categories=_CALLS)
    else:
        axes = _axis_weights(organism, genes)
        scores = _score(data, layer, weights, axes, null, smooth, chunk_size, n_jobs)
        factor = np.ones(scores.score.shape[1])
        if inflation_by is not None and scores.z.shape[1]:
            factor = inflation(scores.z, group_numbers(data, inflation_by))
        table = _table(scores, weights, names, factor, fdr_level)
        axes = pd.DataFrame(scores.score[:, weights.shape[1] :], index=names, columns=axes.columns)
    parameters = {
        "organism": organism, "index": definition.name, "method": METHOD, "layer": layer or "X",
        "null": null if isinstance(null, str) else "fitted", "smooth": smooth, "fdr_level": fdr_level,
        "inflation": dict(zip(weights.columns, factor.round(6).tolist(), strict=False)),
        "genes": list(weights.index), "not_scorable": not_scorable,
    }  # fmt: skip
    if isinstance(data, pd.DataFrame):
        table.attrs[col.UNS] = parameters
        return table
    data.obs[list(table.columns)] = table
    _palette.write_colours(data, col.FATE_CALL, _palette.CALLS)
    if axes is not None:
        data.obsm[col.AXIS_SCORES] = axes
    record(data, col.FATE_BIAS, {key: value for key, value in parameters.items() if value is not None})
    return None


def as_index(index: str | Index, organism: Organism) -> Index:
    """Return the definition, loaded by name where it is not one already."""
    return index if isinstance(index, Index) else load_index(index, organism=organism)


def _axis_weights(organism: Organism, genes: pd.Index) -> pd.DataFrame:
    """Return the weights of every axis over all genes: mean over its measured genes, by sign and size."""
    columns = {}
    for name, members in axis_sets(organism).items():
        share = pd.Series(members).reindex(genes).fillna(0.0)
        total = share.abs().sum()
        columns[name] = share / total if total else share * np.nan
    return pd.DataFrame(columns, index=genes)


def _score(
    data: AnnData | pd.DataFrame, layer: str | None, weights: pd.DataFrame, axes: pd.DataFrame,
    null: Literal["matched"] | FittedNull, smooth: str | None, chunk_size: int | None, n_jobs: int,
) -> _scoring.Scores:  # fmt: skip
    """Score measures, then axes, in one pass."""
    genes = _matrix.gene_names(data)
    full = np.hstack([weights.reindex(genes, fill_value=0.0).to_numpy(), axes.to_numpy()])
    # rank_log divides by the sum of absolute weights; a measure is not a mean, so its own sum is put back
    size = np.abs(np.nan_to_num(full)).sum(axis=0)
    strata = None
    if isinstance(null, FittedNull) or len(data) >= MIN_OBSERVATIONS:
        strata = strata_of(data, layer, null, np.flatnonzero(weights.reindex(genes).notna().any(axis=1)), n_jobs)
    coef = sp.csr_array(np.nan_to_num(full))
    matrix = _matrix.matrix_of(data, layer)
    scores = _scoring.score(matrix, methods.get(METHOD), coef, {}, strata, chunk_size=chunk_size, n_jobs=n_jobs)
    scores.score *= np.where(np.isnan(full).any(axis=0), np.nan, size)
    scores.score[scores.flat] = np.nan
    if smooth is not None:
        mean = _smoother(data, smooth)
        scores.score, scores.z, scores.deviate = mean(scores.score), mean(scores.z), mean(scores.deviate)
    return scores


def _smoother(data: AnnData | pd.DataFrame, graph: str) -> Callable[[FloatArray], FloatArray]:
    """Return a function that takes means over each observation (weight 1) and its neighbours (the graph's weights).

    A value that is missing in a cell stays missing; a neighbour's is left out.
    """
    if isinstance(data, pd.DataFrame) or graph not in data.obsp:
        known = [] if isinstance(data, pd.DataFrame) else list(data.obsp)
        raise InputError(
            f'obsp has no graph "{graph}"',
            expected="a graph of neighbours in an AnnData",
            fix=nearest(graph, known) or "make one with scanpy.pp.neighbors",
        )
    weights = sp.csr_array(data.obsp[graph], dtype=np.float64, copy=True)
    if weights.nnz and weights.data.min() < 0:
        raise InputError(f'the graph "{graph}" has negative weights', expected="connectivities, 0 to 1")
    weights.setdiag(1.0)

    def mean(values: FloatArray) -> FloatArray:
        known = np.isfinite(values)
        total = weights @ np.where(known, values, 0.0)
        out: FloatArray = np.full_like(total, np.nan)
        np.divide(total, weights @ known.astype(float), out=out, where=known)
        return out

    return mean


def _table(
    scores: _scoring.Scores, weights: pd.DataFrame, names: pd.Index, factor: FloatArray, fdr_level: float
) -> pd.DataFrame:
    columns = list(weights.columns)
    table = pd.DataFrame(scores.score[:, : len(columns)], index=names, columns=columns)
    at = {name: columns.index(name) for name in (col.FATE_BIAS, col.OSTEOGENIC, col.ADIPOGENIC)}
    empty = np.full(len(names), np.nan)
    known = scores.z.shape[1] > 0
    deviate = {name: scores.deviate[:, k] / factor[k] if known else empty for name, k in at.items()}
    z = scores.z[:, at[col.FATE_BIAS]] / factor[at[col.FATE_BIAS]] if known else empty
    pval = tail_pvalue(deviate[col.FATE_BIAS])
    table[col.FATE_BIAS_Z] = z
    table[col.FATE_BIAS_PVAL] = pval
    table[col.FATE_BIAS_PADJ] = fdr.bh(pval)
    table[col.FATE_CALL] = _calls(table, deviate[col.OSTEOGENIC], deviate[col.ADIPOGENIC], fdr_level)
    return table


def _calls(table: pd.DataFrame, bone: FloatArray, fat: FloatArray, fdr_level: float) -> pd.Categorical:
    """Call a fate where the difference is sure and the arm that wins lies above random genes."""

    def stands_out(deviate: FloatArray) -> BoolArray:
        return np.asarray(fdr.bh(tail_pvalue(deviate, "greater"))) < fdr_level

    sure = table[col.FATE_BIAS_PADJ].to_numpy() < fdr_level
    z = table[col.FATE_BIAS_Z].to_numpy()
    calls = pd.Series(pd.NA, index=table.index, dtype="object")
    calls[table[col.FATE_BIAS].isna().to_numpy()] = str(FateCall.NOT_SCORABLE)
    calls[np.isfinite(z)] = str(FateCall.UNCOMMITTED)
    calls[stands_out(bone) & stands_out(fat)] = str(FateCall.DUAL)
    # that the winning arm stands out by its own FDR would be too much: it halves the calls and mends few wrong ones
    calls[sure & (z > 0) & (bone > 0)] = str(FateCall.OSTEOGENIC)
    calls[sure & (z < 0) & (fat > 0)] = str(FateCall.ADIPOGENIC)
    return pd.Categorical(calls, categories=_CALLS)


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

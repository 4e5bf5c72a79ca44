"""The fate-bias index: positive = bone, negative = fat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import _keys
from fatescore.errors import InputError
from fatescore.gene_sets import index_weights, load_index, why_not_scorable
from fatescore.gene_sets.index import Index
from fatescore.methods import rank_log
from fatescore.methods._ranking import NullMoments, RankPart, score_chunk
from fatescore.stats import fdr, null
from fatescore.tl import _matrix
from fatescore.tl.score_gene_sets import record
from fatescore.typing import FloatArray, Matrix, Organism

if TYPE_CHECKING:
    from anndata import AnnData

FDR = 0.05


def fate_bias(
    data: AnnData | pd.DataFrame,
    *,
    organism: Organism,
    index: str | Index = "core",
    layer: str | None = None,
    fdr_level: float = FDR,
    chunk_size: int = _matrix.CHUNK_SIZE,
    n_jobs: int = 1,
) -> pd.DataFrame | None:
    """Compute the fate-bias index of every cell or sample.

    A gene at rank r of N in an observation has the value log2(N / r). ``osteogenic`` and ``adipogenic`` are the
    means over the arms' genes and ``fate_bias`` is their difference: +1 means that the bone genes stand, in
    geometric mean, twice as near the top as the fat genes. ``commitment`` is the sum of the
    arms and ``maturation`` is late minus early bone genes.

    ``fate_bias_z`` compares ``fate_bias`` with random genes of the same mean expression over the data set
    (closed form, no seed), ``fate_bias_pval`` is its two-sided p value (Pearson III, which takes the skew into account)
    and ``fate_bias_padj`` the Benjamini-Hochberg value over the observations. They need at least three observations
    and treat genes as independent: they rank observations, they do not replace a comparison of donors.

    Parameters
    ----------
    data
        AnnData (observations x genes) with gene symbols, or a DataFrame of the same orientation.
    organism
        ``"human"`` or ``"mouse"``.
    index
        Definition of the index: ``"core"``, ``"review"`` or ``"extended"``, or one from ``fs.gene_sets.load_index``.
    layer
        Layer to rank; ``None`` is ``X``. Counts and log counts give the same.
    fdr_level
        False discovery rate of ``fate_call``.
    chunk_size
        Observations per step; does not change the result.
    n_jobs
        Threads; -1 takes all processors of this process. Does not change the result.

    Returns
    -------
    For an AnnData ``None``; writes into ``obs`` the columns ``osteogenic adipogenic fate_bias commitment
    maturation`` (log2 rank), ``fate_bias_z fate_bias_pval fate_bias_padj`` and ``fate_call`` (``osteogenic |
    adipogenic | dual | uncommitted | not scorable``), and ``uns["fatescore"]["fate_bias"]``. For a DataFrame
    the table of these columns. Where too few index genes are among the data's genes all numbers
    are NaN, the call is ``not scorable`` and the reason stands in ``uns`` (``attrs`` of a DataFrame). So are those
    of an observation whose genes all have the same value (an empty cell): it has no ranking.

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
    genes = _matrix.gene_names(data)
    reason = why_not_scorable(definition, list(genes))
    weights = index_weights(definition, list(genes))
    if reason:
        table = _not_scorable(_matrix.obs_names(data))
    else:
        table = _score(data, layer, chunk_size, genes, weights, fdr_level, n_jobs)
    parameters = {
        "organism": organism,
        "index": definition.name,
        "method": "rank_log",
        "layer": layer or "X",
        "fdr_level": fdr_level,
        "genes": list(weights.index),
        "not_scorable": reason,
    }
    if isinstance(data, pd.DataFrame):
        table.attrs[_keys.UNS] = parameters
        return table
    data.obs[list(table.columns)] = table
    record(data, _keys.FATE_BIAS, parameters)
    return None


def gene_contributions(
    data: AnnData | pd.DataFrame, *, organism: Organism, index: str | Index = "core", layer: str | None = None
) -> pd.DataFrame:
    """Return what each gene adds to ``fate_bias``: the rows sum exactly to it (NaN where it is NaN).

    Parameters
    ----------
    data, organism, index, layer
        As in :func:`fate_bias`.

    Returns
    -------
    Observations x index genes: weight times log2(N / rank). ``attrs["arm"]`` maps each gene to its arm or group.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> parts = fs.tl.gene_contributions(adata, organism="human")
    >>> fs.tl.fate_bias(adata, organism="human")
    >>> bool((abs(parts.sum(axis=1) - adata.obs["fate_bias"]) < 1e-9).all())
    True
    """
    definition = as_index(index, organism)
    genes = _matrix.gene_names(data)
    reason = why_not_scorable(definition, list(genes))
    if reason:
        raise InputError(f"the index cannot be computed: {reason}")
    weights = index_weights(definition, list(genes))[_keys.FATE_BIAS]
    single = sp.csr_array(
        (weights.to_numpy(), (genes.get_indexer(weights.index), np.arange(len(weights)))), (len(genes), len(weights))
    )
    part = RankPart(rank_log.rank_value(len(genes)), single)
    parts = np.empty((len(data), len(weights)))
    for rows, X in _matrix.chunks(data, layer):
        chunk = score_chunk(X, part)
        parts[rows] = chunk.raw
        parts[rows][chunk.flat] = np.nan
    table = pd.DataFrame(parts, index=_matrix.obs_names(data), columns=list(weights.index))
    table.attrs["arm"] = arm_of_genes(definition)
    return table


def as_index(index: str | Index, organism: Organism) -> Index:
    """Return the definition, loaded by name where it is not one already."""
    return index if isinstance(index, Index) else load_index(index, organism=organism)


def arm_of_genes(index: Index) -> dict[str, str]:
    """Return the arm or group of every gene of the index."""
    return {symbol: part for part in (*index.arms, *index.groups) for symbol in index.units(part)["symbol"]}


def _mean_value(data: AnnData | pd.DataFrame, layer: str | None, part: RankPart) -> FloatArray:
    """Return each gene's mean value over the observations: the level on which the null is matched.

    Summed in steps of its own, so that the strata do not depend on ``chunk_size``; rounded, so that genes that tie
    stay tied.
    """
    total: FloatArray = np.zeros(part.coef.shape[0])
    for _, X in _matrix.chunks(data, layer):
        total += score_chunk(X, part, with_gene_sum=True).gene_sum
    return np.asarray((total / len(data)).round(9))


def _score(
    data: AnnData | pd.DataFrame,
    layer: str | None,
    chunk_size: int,
    genes: pd.Index,
    weights: pd.DataFrame,
    fdr_level: float,
    n_jobs: int,
) -> pd.DataFrame:
    full = weights.reindex(genes, fill_value=0.0).to_numpy()
    part = RankPart(rank_log.rank_value(len(genes)), sp.csr_array(np.nan_to_num(full)))
    moments = None
    if len(data) >= null.MIN_OBSERVATIONS:
        stratum = null.assign_strata(_mean_value(data, layer, part))
        moments = NullMoments(stratum, *null.moment_weights(part.coef, stratum))
    scores = np.empty((len(data), full.shape[1]))
    z, pval, upper = (np.full_like(scores, np.nan) for _ in range(3))

    def score(rows: slice, X: Matrix) -> None:
        chunk = score_chunk(X, part, moments)
        scores[rows] = np.where(chunk.flat[:, None], np.nan, chunk.raw)
        if moments is not None:
            sd = np.sqrt(np.where((chunk.variance > 0) & ~chunk.flat[:, None], chunk.variance, np.nan))
            z[rows] = (chunk.raw - chunk.mean) / sd
            lower, upper[rows] = null.pearson3_tails(z[rows], chunk.third / sd**3)
            pval[rows] = null.two_sided(lower, upper[rows])

    _matrix.for_each_chunk(data, layer, chunk_size, score, n_jobs)
    scores[:, np.isnan(full).any(axis=0)] = np.nan
    columns = list(weights.columns)
    names = _matrix.obs_names(data)
    table = pd.DataFrame(scores, index=names, columns=columns)
    bias = columns.index(_keys.FATE_BIAS)
    table[_keys.FATE_BIAS_Z] = z[:, bias]
    table[_keys.FATE_BIAS_PVAL] = pval[:, bias]
    table[_keys.FATE_BIAS_PADJ] = fdr.bh(pval[:, bias])
    table[_keys.FATE_CALL] = _calls(table, pd.DataFrame(upper, index=names, columns=columns), fdr_level)
    return table


def _calls(table: pd.DataFrame, upper: pd.DataFrame, fdr_level: float) -> pd.Categorical:
    """Call a fate from the index's FDR; ``dual`` where both arms stand out (upper tail) and neither wins."""
    sure = table[_keys.FATE_BIAS_PADJ].to_numpy() < fdr_level
    up = {arm: np.asarray(fdr.bh(upper[arm].to_numpy())) < fdr_level for arm in (_keys.OSTEOGENIC, _keys.ADIPOGENIC)}
    sign = table[_keys.FATE_BIAS_Z].to_numpy()
    dual = up[_keys.OSTEOGENIC] & up[_keys.ADIPOGENIC]
    calls = pd.Series(pd.NA, index=table.index, dtype="object")
    calls[table[_keys.FATE_BIAS].isna().to_numpy()] = _keys.CALL_NOT_SCORABLE
    calls[np.isfinite(sign)] = _keys.CALL_UNCOMMITTED
    calls[dual] = _keys.CALL_DUAL
    calls[sure & (sign > 0)] = _keys.CALL_OSTEOGENIC
    calls[sure & (sign < 0)] = _keys.CALL_ADIPOGENIC
    return pd.Categorical(calls, categories=list(_keys.FATE_CALLS))


def _not_scorable(names: pd.Index) -> pd.DataFrame:
    table = pd.DataFrame(np.nan, index=names, columns=list(_keys.INDEX_COLUMNS))
    table[_keys.FATE_CALL] = pd.Categorical([_keys.CALL_NOT_SCORABLE] * len(names), categories=list(_keys.FATE_CALLS))
    return table

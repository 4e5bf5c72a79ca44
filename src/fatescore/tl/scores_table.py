"""The score tables of a data set: observations, samples, genes, coverage, and the correlation with depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from fatescore import gene_sets
from fatescore.errors import InputError, NotScorable, nearest
from fatescore.gene_sets import DEFAULT_INDEX, Index
from fatescore.gene_sets.forms import GeneSets
from fatescore.gene_sets.own import named_apart
from fatescore.stats._labels import label, label_column
from fatescore.stats.null import FittedNull
from fatescore.tables import COVERAGE, Note, join_notes
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode
from fatescore.tl import _matrix
from fatescore.tl.fate_bias import METHOD, as_index, fate_bias, gene_contributions
from fatescore.tl.intervals import cell_intervals, gene_intervals
from fatescore.tl.score_gene_sets import score_gene_sets
from fatescore.typing import Organism, StrPath

if TYPE_CHECKING:
    from anndata import AnnData

MIN_CELLS = 10  # of fewer a correlation is noise


@dataclass(frozen=True)
class SampleScores:
    """Scores of samples and what they rest on."""

    scores: pd.DataFrame
    contributions: pd.DataFrame


def observation_scores(
    adata: AnnData,
    *,
    organism: Organism,
    index: str | Index = DEFAULT_INDEX,
    null: Literal["matched"] | FittedNull = "matched",
    own_sets: GeneSets | StrPath | None = None,
    n_jobs: int = 1,
) -> pd.DataFrame:
    """Score every observation: index, all sets of the review, and your own.

    Parameters
    ----------
    adata
        Observations x genes with gene symbols; not changed.
    organism, index, null, n_jobs
        As in :func:`fate_bias`.
    own_sets
        Further gene sets, in any form of :func:`fatescore.gene_sets.as_weights`, under names that the review does not
        have; their genes are found as by :func:`fatescore.gene_sets.match`.

    Returns
    -------
    One row per observation: ``obs_name``, the identity columns and QC columns that ``obs`` has, the index's
    columns, then ``set:<gene set>`` columns (mean log2(N / rank), signed) of the sets of which any gene is measured.

    Raises
    ------
    NotScorable
        When too few genes of the index are detected in the data set.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.bulk(n_donors=4, n_genes=300, seed=0)
    >>> fs.tl.observation_scores(adata, organism="human")["fate_bias"].notna().all()
    np.True_
    """
    import anndata

    # A single cell may well lack a gene; a data set in which no observation shows it did not measure it.
    problems = gene_sets.why_not_scorable(as_index(index, organism), list(adata.var_names[_matrix.detected(adata.X)]))
    if problems:
        raise NotScorable(
            f"too few genes of the index are detected in any observation: {gene_sets.not_scorable_message(problems)}",
            reason=join_notes([Note(NoteCode.INDEX_NOT_DETECTED), *problems]),
        )
    scored = anndata.AnnData(X=adata.X, obs=adata.obs.copy(), var=adata.var[[]])  # X is shared, not copied
    fate_bias(scored, organism=organism, index=index, null=null, n_jobs=n_jobs)
    genes = list(scored.var_names)
    matched = gene_sets.match(gene_sets.load(organism=organism), genes)
    if own_sets is not None:
        matched.update(gene_sets.match(named_apart(own_sets, organism), genes, organism=organism))
    # the arms are columns of the index already
    sets = {name: members for name, members in matched.items() if members and name not in col.INDEX_MEASURES}
    score_gene_sets(scored, sets, method=METHOD, n_jobs=n_jobs)
    table = scored.obsm[col.score_key(METHOD)].set_axis([f"{col.SET_PREFIX}{name}" for name in sets], axis=1)
    kept = [column for column in (*col.IDENTITY, col.CELL_TYPE, col.TOTAL_COUNTS, col.N_GENES) if column in scored.obs]
    out: pd.DataFrame = pd.concat([scored.obs[kept], scored.obs[list(col.INDEX_COLUMNS)], table], axis=1)
    return out.rename_axis(col.OBS_NAME).reset_index()


def sample_scores(
    samples: AnnData,
    *,
    organism: Organism,
    unit: str,
    index: str | Index = DEFAULT_INDEX,
    cells: AnnData | None = None,
    cell_scores: pd.DataFrame | None = None,
    own_sets: GeneSets | StrPath | None = None,
    rng: int | np.random.Generator = 0,
) -> SampleScores:
    """Score samples (bulk, arrays or pseudobulks), with intervals, and each gene's part in their index.

    Parameters
    ----------
    samples
        Samples x genes.
    organism, index
        As in :func:`fate_bias`.
    unit
        ``"sample"`` or ``"pseudobulk"``, written into the table.
    cells
        The cells with their raw counts, where samples are pseudobulks.
    cell_scores
        Their table from :func:`observation_scores`, for the correlation of the index with depth among them.
    own_sets
        As in :func:`observation_scores`.
    rng
        Seed or generator of the bootstrap over cells.

    Returns
    -------
    ``scores`` (one row per sample; 95 % intervals over genes and, of pseudobulks, over cells and ``rho_depth``, see
    :func:`depth_correlation`) and ``contributions`` (rows sum to ``fate_bias``).
    """
    table = observation_scores(samples, organism=organism, index=index, own_sets=own_sets)
    parts = gene_contributions(samples, organism=organism, index=index)
    identity = [column for column in col.IDENTITY if column in table]
    scores = table[identity].copy()
    scores["unit"] = unit
    scores["n_obs"] = samples.obs["n_obs"].to_numpy() if "n_obs" in samples.obs else 1
    scores = pd.concat([scores, table.drop(columns=[*identity, col.OBS_NAME])], axis=1)
    over_genes = gene_intervals(samples, organism=organism, index=index).reset_index(drop=True)
    over_cells = pd.DataFrame(np.nan, index=samples.obs_names, columns=[col.CELLS_LOW, col.CELLS_HIGH])
    if cells is not None:
        over_cells = cell_intervals(cells, organism=organism, index=index, rng=rng).reindex(samples.obs_names)
    if cell_scores is not None:
        rho = depth_correlation(cell_scores)[col.RHO_DEPTH].rename(label)
        over_cells[col.RHO_DEPTH] = rho.reindex(label_column(samples.obs[col.SAMPLE])).to_numpy()
    at = list(scores).index(col.FATE_BIAS) + 1
    for name, column in {**over_genes, **over_cells}.items():
        scores.insert(at, name, column.to_numpy())
        at += 1
    contributions = pd.concat([table[identity], parts.reset_index(drop=True)], axis=1)
    return SampleScores(scores, contributions)


def set_coverage(
    adata: AnnData,
    *,
    organism: Organism,
    dataset: str = "",
    index: Index | None = None,
    own_sets: GeneSets | StrPath | None = None,
) -> pd.DataFrame:
    """Return how much of every gene set the data measure, with the missing genes named.

    Parameters
    ----------
    adata
        Observations x genes, named by symbol.
    organism
        As in :func:`fate_bias`.
    dataset
        Label.
    index
        Whose two arms come first, as ``index_osteogenic`` and ``index_adipogenic``; none without it.
    own_sets
        As in :func:`observation_scores`.

    Returns
    -------
    One row per set, ``COVERAGE.names``.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.bulk(n_donors=2, n_genes=300, seed=0)
    >>> set_coverage(adata, organism="human", index=fs.gene_sets.load_index("core"))["gene_set"].tolist()[:3]
    ['index_osteogenic', 'index_adipogenic', 'osteogenic']
    """
    aliased: list[str] = []
    if col.MAPPED_BY in adata.var:
        aliased = list(adata.var_names[adata.var[col.MAPPED_BY].isin(["previous", "alias"])])
    genes = list(adata.var_names)
    table = gene_sets.coverage(_arms(index) | gene_sets.load(organism=organism), genes, by_alias=aliased)
    if own_sets is not None:
        own = gene_sets.coverage(named_apart(own_sets, organism), genes, by_alias=aliased, organism=organism)
        table = pd.concat([table, own], ignore_index=True)
    table.insert(0, col.DATASET, dataset)
    table["scorable"] = table["found"] > 0
    silent = {
        name: "; ".join(f"{gene} ({why})" for gene, why in genes.items())
        for name, genes in gene_sets.not_measurable(organism).items()
    }
    table["not_measurable"] = table["gene_set"].map(silent).fillna("")
    return table[COVERAGE.names]


def _arms(index: Index | None) -> dict[str, dict[str, float]]:
    """Return the genes that speak for bone and those that speak for fat in the index."""
    if index is None:
        return {}
    weights = gene_sets.index_weights(index, list(index.genes["symbol"]))[col.FATE_BIAS]
    arms = {col.OSTEOGENIC: weights[weights > 0], col.ADIPOGENIC: weights[weights < 0]}
    return {f"index_{arm}": {str(gene): abs(float(w)) for gene, w in own.items()} for arm, own in arms.items()}


def depth_correlation(
    table: pd.DataFrame,
    *,
    by: str | Sequence[str] = col.SAMPLE,
    measure: str = col.FATE_BIAS,
    depth: str = col.TOTAL_COUNTS,
) -> pd.DataFrame:
    """Correlate the index with depth among the cells of one type (Spearman).

    Deep cells show more genes, so an index may go with depth where fate does not. Cells are ranked within their type,
    so that a difference of types does not count; where a group holds several types their correlations are pooled
    by the number of cells.

    Parameters
    ----------
    table
        One row per cell, as from :func:`observation_scores` or ``adata.obs``; cells of one type share ``cell_type``,
        without that column all are of one type.
    by
        Column or columns that group the cells.
    measure, depth
        Columns to correlate.

    Returns
    -------
    One row per group: ``rho_depth`` (-1 to 1; NaN with fewer than ten cells or without variation) and ``n_cells``.

    Raises
    ------
    InputError
        When a column is missing.

    Examples
    --------
    >>> cells = pd.DataFrame({"sample": "A", "fate_bias": range(12), "total_counts": range(12, 0, -1)})
    >>> round(depth_correlation(cells).loc["A", "rho_depth"], 6)
    np.float64(-1.0)
    """
    groups = [by] if isinstance(by, str) else list(by)
    for column in (*groups, measure, depth):
        if column not in table:
            raise InputError(f'the table has no column "{column}"', fix=nearest(column, map(str, table.columns)))
    known = table[table[[measure, depth]].notna().all(axis=1)]
    rows = []
    for name, cells in known.groupby(groups, observed=True, sort=True):
        types = cells.groupby(col.CELL_TYPE, observed=True) if col.CELL_TYPE in cells else [("", cells)]
        found = [(len(part), _spearman(part[measure], part[depth])) for _, part in types if len(part) >= MIN_CELLS]
        finite = [(n, rho) for n, rho in found if np.isfinite(rho)]
        rho = np.average([rho for _, rho in finite], weights=[n for n, _ in finite]) if finite else np.nan
        rows.append((*name, rho, len(cells)))
    return pd.DataFrame(rows, columns=[*groups, col.RHO_DEPTH, "n_cells"]).set_index(groups)


def _spearman(one: pd.Series[float], other: pd.Series[float]) -> float:
    if one.nunique() < 2 or other.nunique() < 2:
        return float("nan")
    return float(np.corrcoef(one.rank(), other.rank())[0, 1])

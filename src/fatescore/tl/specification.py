"""The index of samples under every scoring method, definition of the index, and unit.

Whether an answer depends on one of these choices is shown by :func:`fatescore.stats.specification`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fatescore import methods
from fatescore.errors import InputError
from fatescore.gene_sets import index_names, index_weights, load_index, why_not_scorable
from fatescore.gene_sets.index import Index
from fatescore.stats._labels import label_column
from fatescore.tables import METHOD_SCORES, Note, join_notes
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode, Unit
from fatescore.tl import _matrix
from fatescore.tl.fate_bias import METHOD, as_index
from fatescore.tl.score_gene_sets import score_gene_sets
from fatescore.typing import FloatArray, Organism

if TYPE_CHECKING:
    from anndata import AnnData

_PER_MILLION = 1e6


def specification_scores(
    samples: AnnData,
    *,
    organism: Organism,
    unit: str = "sample",
    counts: bool = False,
    cells: AnnData | None = None,
    scorable: Mapping[str, int] | None = None,
    n_jobs: int = 1,
) -> pd.DataFrame:
    """Score samples under every method and every definition of the index.

    Parameters
    ----------
    samples
        Samples (bulk, arrays or pseudobulks) x genes with gene symbols; not changed.
    organism, n_jobs
        As in :func:`fate_bias`.
    unit
        ``"sample"`` or ``"pseudobulk"``, written into the table.
    counts
        Whether ``X`` holds counts, not logarithms: methods that score expression are then given log2(1 + counts per
        million). The methods of ranks are given ``X`` as it is.
    cells
        The cells that the pseudobulks were summed from, with ``obs["sample"]``; maybe on disk. Adds the mean over each
        sample's cells under the default method, as unit ``cell mean``.
    scorable
        Arm -> smallest number of measured genes of ``core``, as in :func:`fatescore.gene_sets.load_index`.

    Returns
    -------
    One row per combination and sample, ``METHOD_SCORES.names``, the default method first. ``fate_bias`` is in
    the method's own unit (higher = towards bone): compare samples under one method, never numbers of two methods. It is
    missing where the combination cannot be computed, and ``reason`` holds why, as notes.

    Raises
    ------
    InputError
        For an organism that is not known, or cells or samples without the column ``sample``.

    Examples
    --------
    >>> import fatescore as fs
    >>> samples = fs.simulate.bulk(n_donors=4, n_genes=300, seed=0)
    >>> table = fs.tl.specification_scores(samples, organism="human", counts=True)
    >>> table[["method", "index"]].drop_duplicates().shape[0] == 3 * len(fs.methods.names())
    True
    >>> table["fate_bias"].notna().all()
    np.True_
    """
    for data in (samples, cells):
        if data is not None and col.SAMPLE not in data.obs:
            raise InputError('obs has no column "sample"', expected="the sample of every row")
    definitions = [load_index(name, organism=organism, scorable=scorable) for name in index_names()]
    reasons = {definition.name: join_notes(why_no_index(definition, samples)) for definition in definitions}
    scorable_ones = [definition for definition in definitions if not reasons[definition.name]]
    logarithms = _log_cpm(samples) if counts else samples
    parts = []
    for method in sorted(methods.names(), key=lambda name: name != METHOD):
        data = logarithms if methods.get(method).relative else samples
        scores = {one.name: index_scores(data, method=method, index=one, n_jobs=n_jobs) for one in scorable_ones}
        parts += [
            _method_scores(samples, method, name, unit, scores.get(name), reason) for name, reason in reasons.items()
        ]
    if cells is not None:
        scores = _cell_means(cells, samples, scorable_ones, n_jobs) if scorable_ones else {}
        parts += [
            _method_scores(samples, METHOD, name, str(Unit.CELL_MEAN), scores.get(name), why)
            for name, why in reasons.items()
        ]
    return pd.concat(parts, ignore_index=True)[METHOD_SCORES.names]


def index_scores(
    data: AnnData, *, method: str, index: str | Index, organism: Organism = "human", n_jobs: int = 1
) -> FloatArray:
    """Return the index of every observation under a method.

    Methods that use the size of weights score the index as one signed set, with the weights of
    :func:`fatescore.gene_sets.index_weights`. The others score each part (arm, axis, miRNA; positive and negative genes
    by themselves), and the parts are combined with the coefficients of the index.

    Parameters
    ----------
    data
        Observations x genes, in memory or on disk; on a log scale for a method that scores expression
        (``fs.methods.get(method).relative``).
    method
        Name of a scoring method.
    index, organism, n_jobs
        As in :func:`fate_bias`; a definition has its own organism.

    Returns
    -------
    (observations,) in the method's unit, higher = towards bone; of ``rank_log`` it is ``fate_bias``.

    Raises
    ------
    InputError
        For a name that is not known, or when no gene of the index is in the data.

    Examples
    --------
    >>> import fatescore as fs
    >>> samples = fs.simulate.bulk(n_donors=4, n_genes=300, seed=0)
    >>> scores = fs.tl.index_scores(samples, method="rank_log", index="core")
    >>> expected = fs.tl.fate_bias(samples.to_df(), organism="human", index="core")["fate_bias"]
    >>> bool(abs(scores - expected).max() < 1e-9)
    True
    """
    definition, chosen = as_index(index, organism), methods.get(method)
    if chosen.weighted:
        weights = index_weights(definition, list(data.var_names))[col.FATE_BIAS]
        scores = _set_scores(data, {"index": _nonzero(weights)}, method, n_jobs)["index"].to_numpy()
        # a mean weighted by the sizes, times their sum, is the index on its own scale
        return np.asarray(scores * (weights.abs().sum() if chosen.linear else 1.0))
    sets, share = {}, {}
    for part, coefficient in definition.measures[col.FATE_BIAS].items():
        units = {block: definition.units(block) for block in definition.groups.get(part, (part,))}
        measured = {block: rows[rows["symbol"].isin(data.var_names)] for block, rows in units.items()}
        known = {block: rows for block, rows in measured.items() if len(rows)}
        for block, rows in known.items():
            for sign in (1.0, -1.0):
                if (rows["sign"] == sign).any():
                    sets[f"{block}{sign}"] = dict.fromkeys(rows.loc[rows["sign"] == sign, "symbol"], 1.0)
                    share[f"{block}{sign}"] = sign * coefficient / len(known)
    return np.asarray(_set_scores(data, sets, method, n_jobs) @ pd.Series(share))


def why_no_index(definition: Index, data: AnnData) -> list[Note]:
    """Return why an index cannot be computed from the genes that any observation shows; empty where it can."""
    detected = list(data.var_names[_matrix.detected(data.X)])
    notes = why_not_scorable(definition, detected)
    if notes:
        return notes
    parts = definition.measures[col.FATE_BIAS]
    empty = [part for part in parts if not definition.units(part)["symbol"].isin(detected).any()]
    return [Note(NoteCode.GROUP_NOT_MEASURED, {"groups": empty})] if empty else []


def _nonzero(weights: pd.Series[float]) -> dict[str, float]:
    return {str(gene): float(weight) for gene, weight in weights.items() if weight != 0}


def _set_scores(data: AnnData, sets: Mapping[str, dict[str, float]], method: str, n_jobs: int) -> pd.DataFrame:
    import anndata as ad

    bare = ad.AnnData(X=data.X, obs=pd.DataFrame(index=data.obs_names), var=data.var[[]])  # X is shared, not copied
    score_gene_sets(bare, sets, method=method, n_jobs=n_jobs)
    table: pd.DataFrame = bare.obsm[col.score_key(method)]
    return table


def _cell_means(cells: AnnData, samples: AnnData, definitions: Sequence[Index], n_jobs: int) -> dict[str, FloatArray]:
    """Return the mean over each sample's cells under the default method; all definitions in one pass over the cells."""
    genes = list(cells.var_names)
    weights = {one.name: index_weights(one, genes)[col.FATE_BIAS] for one in definitions}
    sets = {name: _nonzero(column) for name, column in weights.items()}
    scores = _set_scores(cells, sets, METHOD, n_jobs)
    means = scores.groupby(label_column(cells.obs[col.SAMPLE]).to_numpy()).mean()
    means = means.reindex(label_column(samples.obs[col.SAMPLE]))
    return {name: means[name].to_numpy(dtype=np.float64) * weights[name].abs().sum() for name in sets}


def _log_cpm(samples: AnnData) -> AnnData:
    import anndata as ad
    import scanpy as sc

    out = ad.AnnData(X=samples.X.astype(np.float64), obs=samples.obs[[]], var=samples.var[[]])
    sc.pp.normalize_total(out, target_sum=_PER_MILLION)
    sc.pp.log1p(out, base=2)
    return out


def _method_scores(
    samples: AnnData, method: str, index: str, unit: str, scores: FloatArray | None, reason: str
) -> pd.DataFrame:
    identity: dict[str, Any] = {
        key: label_column(samples.obs[key]).to_numpy() if key in samples.obs else "" for key in col.IDENTITY
    }  # fmt: skip
    rows = pd.DataFrame({**identity, "method": method, "index": index, "unit": unit}, index=samples.obs_names)
    rows[col.FATE_BIAS] = np.nan if scores is None else scores
    rows["reason"] = np.where(rows[col.FATE_BIAS].isna(), reason or str(Note(NoteCode.NO_VALUE)), "")
    return rows

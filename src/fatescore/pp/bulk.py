"""Quality of bulk samples: depth, complexity, and reads counted on the wrong strand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.stats import median_abs_deviation

from fatescore import organisms
from fatescore.errors import InputError
from fatescore.stats._labels import label_column
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFlag
from fatescore.tables.notes import Note, join_notes
from fatescore.typing import FloatArray, Matrix, Organism, Scale

if TYPE_CHECKING:
    from anndata import AnnData

_TINY = np.finfo(np.float64).tiny  # instead of dividing by zero
_MIN_SAMPLES = 5  # with fewer the median absolute deviation says nothing
# Per unit of what one robust deviation is at least: samples that agree closely make no other an outlier.
# log2 for sizes; shares as they are.
_LOGGED = {"library_size": 0.25, "n_genes": 0.05, "genes_to_half": 0.2}
_SHARES = {"top_1": 0.01, "top_10": 0.02, "top_100": 0.03, "mitochondrial": 0.02, "ribosomal": 0.02, "fractional": 0.02}
_FLOORS = {**_LOGGED, **_SHARES}
_MIN_PAIRS, _MIN_PAIR_COUNTS, _WRONG_SHARE = 10, 10, 0.5


def bulk_metrics(adata: AnnData, organism: Organism, *, n_mads: float = 5.0) -> pd.DataFrame:
    """Return depth and complexity of every bulk sample, and which of them are outliers.

    Parameters
    ----------
    adata
        Samples x genes with ``layers["counts"]``, whole or fractional.
    organism
        One of :func:`fatescore.organisms.names`.
    n_mads
        Robust deviations (1.4826 median absolute deviations, with a floor) from the median of the samples beyond
        which a sample is an outlier; sizes are compared as log2. Among fewer than five samples none is.

    Returns
    -------
    DataFrame indexed by sample: ``library_size`` (counts), ``n_genes`` (genes with a count), ``genes_to_half`` (the
    fewest genes that hold half of the counts), ``top_1``, ``top_10``, ``top_100`` (share of the counts in the
    largest genes), ``mitochondrial``, ``ribosomal`` (share of the counts), ``fractional`` (share of the counts above
    zero that are not whole numbers) and ``outlier`` (notes, see :func:`outliers`; empty for most).

    Examples
    --------
    >>> import fatescore as fs
    >>> bulk_metrics(fs.simulate.bulk(n_donors=4, n_genes=400, seed=0), "human")["n_genes"].gt(300).all()
    np.True_
    """
    organisms.get(organism)
    counts = dense(raw_counts(adata, "samples"))
    total = counts.sum(axis=1)
    cumulative = np.cumsum(-np.sort(-counts, axis=1), axis=1)
    genes = pd.Index(adata.var_names.astype(str))
    human = genes.str.upper()
    per = np.maximum(total, _TINY)
    last = counts.shape[1] - 1
    expressed = (counts > 0).sum(axis=1)
    table = pd.DataFrame(
        {
            "library_size": total,
            "n_genes": expressed,
            "genes_to_half": (cumulative < total[:, None] / 2).sum(axis=1) + 1,
            **{f"top_{n}": cumulative[:, min(n - 1, last)] / per for n in (1, 10, 100)},
            "mitochondrial": counts[:, human.str.startswith("MT-")].sum(axis=1) / per,
            "ribosomal": counts[:, human.str.fullmatch(r"RP[SL]\d+[AXYL]?\d*|RPLP\d|RPSA")].sum(axis=1) / per,
            "fractional": (counts != np.rint(counts)).sum(axis=1) / np.maximum(expressed, 1),
        },
        index=sample_names(adata),
    )
    compared = table.assign(**{name: np.log2(1 + table[name]) for name in _LOGGED})
    return table.assign(outlier=outliers(compared[list(_FLOORS)], _FLOORS, n_mads))


def outliers(metrics: pd.DataFrame, floors: dict[str, float], n_mads: float) -> pd.Series[str]:
    """Note (``QcFlag.OUTLIER``), for every row, the metrics in which it is far from the median of all rows.

    Far is beyond ``n_mads`` robust deviations, of which one is at least the column's floor. Among fewer than five rows
    none is.

    Examples
    --------
    >>> outliers(pd.DataFrame({"depth": [1.0, 1.1, 0.9, 1.0, 9.0]}), {"depth": 0.5}, 5).tolist()
    ['', '', '', '', 'outlier:metric=depth,side=high,deviations=16']
    """
    if len(metrics) < _MIN_SAMPLES:
        return pd.Series("", index=metrics.index, dtype=object)
    values = metrics.to_numpy(dtype=np.float64)
    away = values - np.median(values, axis=0)
    away /= np.maximum(
        median_abs_deviation(values, axis=0, scale="normal"), [floors[str(name)] for name in metrics.columns]
    )
    notes = [
        join_notes(
            Note(QcFlag.OUTLIER, {"metric": name, "side": "high" if value > 0 else "low", "deviations": abs(value)})
            for name, value in zip(metrics.columns, map(float, row), strict=True)
            if abs(value) > n_mads
        )
        for row in away
    ]
    return pd.Series(notes, index=metrics.index, dtype=object)


def strand(adata: AnnData, organism: Organism) -> pd.DataFrame:
    """Tell whether reads were counted on the wrong strand: antisense genes above the genes they overlap.

    Pairs are read from the names (``VIM-AS1`` and ``VIM``, ``Zeb2os`` and ``Zeb2``); those that are named otherwise
    (TSIX and XIST, BEST1 and FTH1) are added.
    In every library counted on the right strand, or on none, few antisense genes lead; where half of at least ten
    pairs (of ten counts or more) do, the strand is wrong.

    Parameters
    ----------
    adata, organism
        As in :func:`bulk_metrics`.

    Returns
    -------
    DataFrame indexed by sample: ``pairs`` (with enough counts), ``antisense_leads`` (share of them, 0 to 1),
    ``wrong_strand`` and ``evidence`` (``QcFlag.WRONG_STRAND`` with these numbers, the largest pairs and their counts;
    empty on the right strand).

    Examples
    --------
    >>> import fatescore as fs
    >>> strand(fs.simulate.bulk(n_donors=2, n_genes=400, seed=0), "human")["wrong_strand"].tolist()
    [False, False]
    """
    facts = organisms.get(organism)
    counts = dense(raw_counts(adata, "samples"))
    place = {str(gene): i for i, gene in enumerate(adata.var_names)}
    genes = pd.Index(list(place))
    named = genes[genes.str.contains(facts.antisense_suffix)]
    partner = named.str.replace(facts.antisense_suffix, "", regex=True)
    pairs = [*zip(named, partner, strict=True), *facts.antisense_pairs]
    pairs = [pair for pair in pairs if pair[0] in place and pair[1] in place]
    against, sense = (counts[:, [place[pair[side]] for pair in pairs]] for side in (0, 1))
    rows = []
    for low, high in zip(against, sense, strict=True):
        enough = low + high >= _MIN_PAIR_COUNTS
        n = int(enough.sum())
        leads = float((low > high)[enough].mean()) if n else np.nan
        wrong = n >= _MIN_PAIRS and leads >= _WRONG_SHARE
        evidence = _wrong_strand(pairs, low, high, n, leads) if wrong else ""
        rows.append((n, leads, wrong, evidence))
    return pd.DataFrame(
        rows, columns=["pairs", "antisense_leads", "wrong_strand", "evidence"], index=sample_names(adata)
    )


def _wrong_strand(pairs: list[tuple[str, str]], low: FloatArray, high: FloatArray, n: int, leads: float) -> str:
    top = np.argsort(-np.where(low > high, low, 0))[:3]
    values = {
        "pairs": n, "share": leads,
        "antisense": [pairs[i][0] for i in top], "antisense_counts": [f"{low[i]:.10g}" for i in top],
        "sense": [pairs[i][1] for i in top], "sense_counts": [f"{high[i]:.10g}" for i in top],
    }  # fmt: skip
    return str(Note(QcFlag.WRONG_STRAND, values))


def scale_of(adata: AnnData) -> Scale:
    """Return the declared scale, or without one that of the layers."""
    declared: Scale = adata.uns.get(col.UNS, {}).get("scale", "counts" if col.COUNTS in adata.layers else "log2")
    return declared


def log_values(adata: AnnData, scale: Scale) -> FloatArray:
    """Return dense log2 values, samples x genes: log2(1 + counts per million), log2(1 + TPM or linear), or as they are.

    Examples
    --------
    >>> import anndata
    >>> log_values(anndata.AnnData(np.array([[1.0, 3.0]])), "linear").tolist()
    [[1.0, 2.0]]
    """
    if scale == "counts":
        counts = dense(raw_counts(adata, "samples"))
        return np.asarray(np.log2(1 + counts / np.maximum(counts.sum(axis=1, keepdims=True), _TINY) * 1e6))
    values = dense(adata.X).copy()
    if scale == "log2":
        return values
    if np.nanmin(values) < 0:
        raise InputError(f"the lowest value is {np.nanmin(values):g}", expected=f"no negative {scale} values")
    return np.asarray(np.log2(1 + values))


def raw_counts(adata: AnnData, of: str = "cells") -> Matrix:
    """Return the raw counts as they are stored."""
    if col.COUNTS not in adata.layers:
        raise InputError('layers["counts"] is missing', expected=f"raw counts of the {of}")
    return adata.layers[col.COUNTS]


def samples_of_cells(adata: AnnData) -> NDArray[Any]:
    """Return the sample of every cell."""
    if col.SAMPLE not in adata.obs:
        raise InputError(f'obs has no column "{col.SAMPLE}"', expected="the sample of every cell")
    return np.asarray(label_column(adata.obs[col.SAMPLE]).to_numpy(dtype=object))


def sample_names(adata: AnnData) -> pd.Index:
    """Return the sample of every row, to index a table by."""
    names = adata.obs.get(col.SAMPLE, adata.obs_names)
    return pd.Index([str(name) for name in names], dtype=object, name=col.SAMPLE)


def dense(matrix: Matrix) -> FloatArray:
    """Return a matrix as a dense array."""
    return np.asarray(matrix.todense() if sp.issparse(matrix) else matrix, dtype=np.float64)

"""Scores of gene sets for every observation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import _keys, methods
from fatescore._version import __version__
from fatescore.errors import InputError, nearest
from fatescore.gene_sets import as_weights
from fatescore.gene_sets.collection import digest
from fatescore.gene_sets.gmt import GeneSets
from fatescore.tl import _matrix
from fatescore.typing import FloatArray, Matrix, StrPath

if TYPE_CHECKING:
    from anndata import AnnData

Missing = Literal["skip", "impute"]


def score_gene_sets(
    data: AnnData | pd.DataFrame,
    gene_sets: GeneSets | StrPath,
    *,
    method: str = "rank_log",
    layer: str | None = None,
    missing: Missing = "skip",
    chunk_size: int | None = _matrix.CHUNK_SIZE,
    n_jobs: int = 1,
    **params: Any,
) -> pd.DataFrame | None:
    """Score gene sets in every cell or sample.

    Parameters
    ----------
    data
        AnnData (observations x genes), or a DataFrame of the same orientation.
    gene_sets
        Name -> genes (a trailing ``-`` turns the sign) or name -> {gene: weight}, or the path of a GMT file.
    method
        Name of a scoring method, see ``fs.methods.names()``.
    layer
        Layer to score; ``None`` is ``X``. Rank methods give the same for counts and log counts.
    missing
        ``"skip"`` leaves genes that the data lack out of their set; ``"impute"`` counts them as not
        expressed (``ucell`` only).
    chunk_size
        Observations per step; ``None`` takes all at once. Does not change the result.
    n_jobs
        Threads of the rank methods; -1 takes all processors of this process. Does not change the result.
    **params
        Parameters of the method: ``max_rank`` and ``w_neg`` of ``ucell``, ``n_up`` of ``aucell``, ``rng`` of
        ``score_genes``.

    Returns
    -------
    For an AnnData ``None``; writes ``obsm["score_<method>"]`` (DataFrame, observations x gene sets; NaN where
    no gene of a set is measured) and ``uns["fatescore"]["score_<method>"]``. For a DataFrame the scores.

    Raises
    ------
    InputError
        When no gene of any set is in the data, a parameter is not the method's, or values are not finite.

    Examples
    --------
    >>> import fatescore as fs
    >>> import pandas as pd
    >>> table = pd.DataFrame({"RUNX2": [5, 0], "PPARG": [0, 5], "GAPDH": [9, 9]}, index=["a", "b"])
    >>> fs.tl.score_gene_sets(table, {"bone": ["RUNX2", "PPARG-"]}, method="ucell")["bone"].round(2).tolist()
    [0.5, 0.0]
    """
    kernel = methods.get(method)
    sets = as_weights(gene_sets)
    genes = _matrix.gene_names(data)
    weights, n_missing = _weight_matrix(sets, genes)
    for name in params:
        if name not in kernel.parameters or name == "n_missing":
            raise InputError(f'"{name}" is not a parameter of {method}', fix=nearest(name, kernel.parameters))
    if missing == "impute":
        if "n_missing" not in kernel.parameters:
            raise InputError(f'missing="impute" is not possible with {method}', expected='missing="skip"')
        params = {**params, "n_missing": n_missing}
    elif missing != "skip":
        raise InputError(f'missing="{missing}"', expected='"skip" or "impute"')

    scores = np.empty((len(data), len(sets)))

    def score(rows: slice, X: Matrix) -> None:
        scores[rows] = kernel(X, weights, **params)

    _matrix.for_each_chunk(data, layer, None if kernel.relative else chunk_size, score, n_jobs)
    table = pd.DataFrame(scores, index=_matrix.obs_names(data), columns=list(sets))
    if isinstance(data, pd.DataFrame):
        return table
    data.obsm[_keys.score_key(method)] = table
    shown = {key: value for key, value in params.items() if key != "n_missing"}
    record(
        data,
        _keys.score_key(method),
        {"layer": layer or "X", "missing": missing, "gene_sets": digest(sets), **shown},
    )
    return None


def record(adata: AnnData, key: str, parameters: Mapping[str, Any]) -> None:
    """Note in ``uns["fatescore"]`` what was done, with which version and parameters."""
    notes = dict(adata.uns.get(_keys.UNS, {}))
    notes["version"] = __version__
    notes[key] = dict(parameters)
    adata.uns[_keys.UNS] = notes


def _weight_matrix(sets: Mapping[str, Mapping[str, float]], genes: pd.Index) -> tuple[sp.csr_array, FloatArray]:
    """Return weights (genes x sets) and the number of positive and negative genes that are missing."""
    rows, columns, entries = [], [], []
    n_missing = np.zeros((2, len(sets)))
    for column, members in enumerate(sets.values()):
        found = genes.get_indexer(pd.Index(list(members)))
        values = np.fromiter(members.values(), dtype=float)
        present = (found >= 0) & (values != 0)
        rows.append(found[present])
        entries.append(values[present])
        columns.append(np.full(int(present.sum()), column))
        n_missing[:, column] = ((values > 0) & (found < 0)).sum(), ((values < 0) & (found < 0)).sum()
    shape = (len(genes), len(sets))
    weights = sp.csr_array((np.concatenate(entries), (np.concatenate(rows), np.concatenate(columns))), shape=shape)
    if not weights.nnz:
        first = ", ".join(map(str, genes[:3]))
        raise InputError(
            f"none of the genes of the gene sets is in the data (first names: {first})",
            expected="gene symbols of the same organism as the gene sets",
            fix="check the organism, or convert identifiers with fatescore ingest",
        )
    return weights, n_missing

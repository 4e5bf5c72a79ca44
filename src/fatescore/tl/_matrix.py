"""Taking a checked matrix out of an AnnData or a DataFrame, whole or in chunks of observations."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, nearest
from fatescore.typing import Matrix

if TYPE_CHECKING:
    from anndata import AnnData

CHUNK_SIZE = 2000
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))  # ranks are the same in both


def obs_names(data: AnnData | pd.DataFrame) -> pd.Index:
    """Return the names of the observations."""
    return data.index if isinstance(data, pd.DataFrame) else data.obs_names


def gene_names(data: AnnData | pd.DataFrame) -> pd.Index:
    """Return the names of the genes, each once."""
    genes = data.columns if isinstance(data, pd.DataFrame) else data.var_names
    if not genes.is_unique:
        twice = ", ".join(map(str, genes[genes.duplicated()].unique()[:3]))
        raise InputError(
            f"gene names stand more than once ({twice})",
            expected="unique gene names",
            fix="sum the rows of a gene, or use fatescore ingest, which does",
        )
    if len(data) == 0 or len(genes) == 0:
        raise InputError(f"the matrix is empty ({len(data)} observations x {len(genes)} genes)")
    return genes


def chunks(
    data: AnnData | pd.DataFrame, layer: str | None, chunk_size: int | None = CHUNK_SIZE
) -> Iterator[tuple[slice, Matrix]]:
    """Yield rows as CSR or dense matrices, checked to be finite numbers."""
    if chunk_size is not None and chunk_size < 1:
        raise InputError(f"chunk_size is {chunk_size}", expected="a whole number above 0")
    if isinstance(data, pd.DataFrame):
        if layer is not None:
            raise InputError(f'layer "{layer}" was asked of a DataFrame', fix="leave layer out")
        matrix: Matrix = data.to_numpy()
    elif layer is None:
        matrix = data.X
    elif layer in data.layers:
        matrix = data.layers[layer]
    else:
        raise InputError(f'layer "{layer}" is not in the data', fix=nearest(layer, data.layers.keys()))
    if matrix is None:
        raise InputError("the AnnData has no X", fix="name a layer")
    step = chunk_size or max(len(data), 1)
    for start in range(0, len(data), step):
        rows = slice(start, min(start + step, len(data)))
        yield rows, _checked(matrix[rows])


def for_each_chunk(
    data: AnnData | pd.DataFrame,
    layer: str | None,
    chunk_size: int | None,
    work: Callable[[slice, Matrix], None],
    n_jobs: int,
) -> None:
    """Call ``work`` on every chunk, in ``n_jobs`` threads; at most that many chunks wait in memory."""
    parts = chunks(data, layer, chunk_size)
    n_threads = _n_threads(n_jobs)
    if n_threads == 1:
        for rows, X in parts:
            work(rows, X)
        return
    # the first chunk is worked on alone: whatever must be compiled is compiled once
    first = next(parts)
    work(*first)
    with ThreadPoolExecutor(n_threads) as pool:
        waiting: deque[Future[None]] = deque()
        for rows, X in parts:
            waiting.append(pool.submit(work, rows, X))
            if len(waiting) > n_threads:
                waiting.popleft().result()
        for task in waiting:
            task.result()


def _n_threads(n_jobs: int) -> int:
    if n_jobs == -1:
        return len(os.sched_getaffinity(0))
    if n_jobs < 1:
        raise InputError(f"n_jobs is {n_jobs}", expected="a whole number above 0, or -1 for all processors")
    return n_jobs


def _checked(part: Matrix) -> Matrix:
    try:
        if sp.issparse(part):
            part = sp.csr_array(part)
            if part.dtype not in _FLOATS:
                part = part.astype(np.float64)
            values = part.data
        else:
            part = np.asarray(part)
            part = values = part if part.dtype in _FLOATS else part.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"the matrix holds text ({error})", expected="numbers") from error
    if not np.isfinite(values).all():
        n_bad = int((~np.isfinite(values)).sum())
        raise InputError(
            f"the matrix holds {n_bad} missing or infinite values",
            expected="finite numbers",
            fix="drop or fill those genes knowingly before scoring",
        )
    return part

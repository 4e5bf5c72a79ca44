"""Taking a matrix out of an AnnData or a DataFrame in chunks of observations, from memory, disk or Dask."""

from __future__ import annotations

import functools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
import scipy.sparse as sp
from threadpoolctl import ThreadpoolController

from fatescore._h5ad_rows import is_on_disk
from fatescore.errors import InputError, nearest
from fatescore.methods._ranking import csr_of
from fatescore.tl._disk import Entries, entries_of
from fatescore.typing import BoolArray, Matrix

if TYPE_CHECKING:
    from anndata import AnnData

P = TypeVar("P")
R = TypeVar("R")

MAX_CHUNK = 500
MAX_DISK_CHUNK = 300
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))  # ranks are the same in both
_PARTS_PER_THREAD = 4


def obs_names(data: AnnData | pd.DataFrame) -> pd.Index:
    """Return the names of the observations."""
    return data.index if isinstance(data, pd.DataFrame) else data.obs_names


def gene_names(data: AnnData | pd.DataFrame) -> pd.Index:
    """Return the names of the genes, each once."""
    genes = data.columns if isinstance(data, pd.DataFrame) else data.var_names
    if not genes.is_unique:
        repeated = ", ".join(map(str, genes[genes.duplicated()].unique()[:3]))
        raise InputError(
            f"gene names are not unique ({repeated})",
            expected="unique gene names",
            fix="sum the rows of a gene, or use fatescore ingest, which does",
        )
    if len(data) == 0 or len(genes) == 0:
        raise InputError(f"the matrix is empty ({len(data)} observations x {len(genes)} genes)")
    return genes


def matrix_of(data: AnnData | pd.DataFrame, layer: str | None) -> Matrix:
    """Return the matrix to score as it is stored: nothing is copied or read yet."""
    if isinstance(data, pd.DataFrame):
        if layer is not None:
            raise InputError(f'layer "{layer}" was asked of a DataFrame', fix="leave layer out")
        return data.to_numpy()
    if layer is None:
        if data.X is None:
            raise InputError("the AnnData has no X", fix="name a layer")
        return data.X
    if layer not in data.layers:
        raise InputError(f'layer "{layer}" is not in the data', fix=nearest(layer, data.layers.keys()))
    return data.layers[layer]


def whole(matrix: Matrix) -> Matrix:
    """Return all rows at once, in memory."""
    return _as_floats(_reader(matrix)(0, matrix.shape[0]))


def detected(matrix: Matrix) -> BoolArray:
    """Tell of every gene whether any observation shows it."""
    found = np.zeros(matrix.shape[1], dtype=bool)

    def look(_: slice, X: Matrix) -> None:
        # threads may write the same True; nothing is ever taken back
        found[X.indices[X.data != 0] if sp.issparse(X) else np.flatnonzero((X != 0).any(axis=0))] = True

    for_each_chunk(matrix, look)
    return found


def map_blocks(matrix: Matrix, places: list[slice], function: Callable[[Matrix], R], n_jobs: int) -> Iterator[R]:
    """Yield ``function(block)`` of some blocks of rows (CSR or dense floats), in order.

    Threads read for themselves, so that one reads while another computes. A block is overwritten by the next one.
    """
    read = _reader(matrix)
    return _in_threads(lambda place: function(_as_floats(read(place.start, place.stop))), places, n_jobs)


def for_each_chunk(
    matrix: Matrix, function: Callable[[slice, Matrix], None], chunk_size: int | None = None, n_jobs: int = 1
) -> None:
    """Call ``function`` on every chunk of rows, in ``n_jobs`` threads.

    Without a ``chunk_size`` every thread gets a few chunks, none larger than ``MAX_CHUNK`` rows (on disk
    ``MAX_DISK_CHUNK``, since every thread keeps a copy).
    """
    check(chunk_size, n_jobs)
    n_obs = matrix.shape[0]
    size = chunk_size
    if size is None:
        size = MAX_DISK_CHUNK if is_on_disk(matrix) else MAX_CHUNK
        if _n_threads(n_jobs) > 1:
            size = min(size, -(-n_obs // (_PARTS_PER_THREAD * _n_threads(n_jobs))))
    lengths = [min(size, n_obs - start) for start in range(0, n_obs, size)]
    if hasattr(matrix, "dask"):  # Dask computes whole blocks; each once
        lengths = [length for length in matrix.chunks[0] if length]
    ends = np.cumsum(lengths)
    places = [slice(int(end) - length, int(end)) for end, length in zip(ends, lengths, strict=True)]
    read = _reader(matrix)

    def run(place: slice) -> None:
        X = _as_floats(read(place.start, place.stop))
        n = place.stop - place.start
        for start in range(0, n, size):
            stop = min(start + size, n)
            function(slice(place.start + start, place.start + stop), X if n <= size else X[start:stop])

    for _ in _in_threads(run, places, n_jobs):
        pass


def check(chunk_size: int | None, n_jobs: int) -> None:
    """Refuse what is not a number of observations or threads."""
    if chunk_size is not None and chunk_size < 1:
        raise InputError(f"chunk_size is {chunk_size}", expected="a whole number above 0")
    _n_threads(n_jobs)


def _in_threads(function: Callable[[P], R], parts: Iterable[P], n_jobs: int) -> Iterator[R]:
    """Yield ``function(part)`` in the order of the parts; about ``n_jobs`` results wait in memory."""
    n_threads = _n_threads(n_jobs)
    # BLAS's own threads would be too many
    with _libraries().limit(limits=1, user_api="blas"), ThreadPoolExecutor(n_threads) as pool:
        if n_threads == 1:
            yield from map(function, parts)
            return
        waiting: deque[Future[R]] = deque()
        for part in parts:
            waiting.append(pool.submit(function, part))
            if len(waiting) > n_threads:
                yield waiting.popleft().result()
        for task in waiting:
            yield task.result()


@functools.cache
def _libraries() -> Any:
    return ThreadpoolController()  # looks through all libraries of the process, which takes 3 ms


def _n_threads(n_jobs: int) -> int:
    if n_jobs == -1:
        return len(os.sched_getaffinity(0))
    if n_jobs < 1:
        raise InputError(f"n_jobs is {n_jobs}", expected="a whole number above 0, or -1 for all processors")
    return n_jobs


def _reader(matrix: Matrix) -> Callable[[int, int], Matrix]:
    """Return a function that gives a block of rows; rows of a CSR in memory are not copied."""
    if sp.issparse(matrix):
        csr = matrix if matrix.format == "csr" else matrix.tocsr()
        return _csr_reader(
            csr.shape[1], csr.indptr, lambda first, last: (csr.data[first:last], csr.indices[first:last])
        )
    group = getattr(matrix, "group", None)  # a sparse matrix that anndata has left on disk
    if group is not None:
        if matrix.format != "csr":
            return _reader(matrix.to_memory().tocsr())  # columns on disk: rows cannot be read one by one
        return _csr_reader(matrix.shape[1], group["indptr"][:], entries_of(group))
    if hasattr(matrix, "dask"):
        return lambda start, stop: matrix[start:stop].compute()
    return lambda start, stop: matrix[start:stop]


def _csr_reader(n_genes: int, indptr: Any, entries: Entries) -> Callable[[int, int], sp.csr_array]:
    def read(start: int, stop: int) -> sp.csr_array:
        first, last = int(indptr[start]), int(indptr[stop])
        data, indices = entries(first, last)
        rows = np.asarray(indptr[start : stop + 1], dtype=np.int64) - first
        return csr_of(data, indices, rows, (stop - start, n_genes))

    return read


def _as_floats(part: Matrix) -> Matrix:
    try:
        if sp.issparse(part):
            part = part if part.format == "csr" else part.tocsr()
            if part.dtype not in _FLOATS:
                part = sp.csr_array((part.data.astype(np.float64), part.indices, part.indptr), shape=part.shape)
            return part
        part = np.asarray(part)
        return part if part.dtype in _FLOATS else part.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"the matrix holds text ({error})", expected="numbers") from error

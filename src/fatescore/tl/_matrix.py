"""Taking a matrix out of an AnnData or a DataFrame in chunks of observations, from memory, disk or Dask."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from fatescore.errors import InputError, nearest
from fatescore.typing import Matrix

if TYPE_CHECKING:
    from anndata import AnnData

P = TypeVar("P")
R = TypeVar("R")

MAX_CHUNK = 2000
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))  # ranks are the same in both
_PARTS_PER_THREAD = 4


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
    return next(blocks(matrix, [slice(0, matrix.shape[0])]))


def blocks(matrix: Matrix, places: list[slice]) -> Iterator[Matrix]:
    """Yield some blocks of rows, as CSR or dense matrices of floats; rows of a CSR in memory are not copied."""
    read = _reader(matrix)
    for place in places:
        yield _as_floats(read(place.start, place.stop))


def chunks(matrix: Matrix, size: int) -> Iterator[tuple[slice, Matrix]]:
    """Yield all rows in order, ``size`` at a time."""
    if hasattr(matrix, "dask"):  # Dask computes whole blocks; each once
        start = 0
        for length in matrix.chunks[0]:
            for at, X in chunks(matrix[start : start + length].compute(), size):
                yield slice(start + at.start, start + at.stop), X
            start += length
        return
    n_obs = matrix.shape[0]
    places = [slice(start, min(start + size, n_obs)) for start in range(0, n_obs, size)]
    yield from zip(places, blocks(matrix, places), strict=True)


def for_each_chunk(matrix: Matrix, work: Callable[[slice, Matrix], None], chunk_size: int | None, n_jobs: int) -> None:
    """Call ``work`` on every chunk, in ``n_jobs`` threads.

    Without a ``chunk_size`` every thread gets a few chunks, none larger than ``MAX_CHUNK`` rows.
    """
    if chunk_size is None:
        chunk_size = MAX_CHUNK
        if _n_threads(n_jobs) > 1:
            chunk_size = min(MAX_CHUNK, -(-matrix.shape[0] // (_PARTS_PER_THREAD * _n_threads(n_jobs))))
    elif chunk_size < 1:
        raise InputError(f"chunk_size is {chunk_size}", expected="a whole number above 0")
    for _ in in_threads(lambda part: work(*part), chunks(matrix, chunk_size), n_jobs):
        pass


def in_threads(work: Callable[[P], R], parts: Iterable[P], n_jobs: int) -> Iterator[R]:
    """Yield ``work(part)`` in the order of the parts; about ``n_jobs`` parts wait in memory."""
    n_threads = _n_threads(n_jobs)
    if n_threads == 1:
        yield from map(work, parts)
        return
    # BLAS would start threads of its own in each of ours, and wait for them
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(n_threads) as pool:
        waiting: deque[Future[R]] = deque()
        for part in parts:
            waiting.append(pool.submit(work, part))
            if len(waiting) > n_threads:
                yield waiting.popleft().result()
        for task in waiting:
            yield task.result()


def _n_threads(n_jobs: int) -> int:
    if n_jobs == -1:
        return len(os.sched_getaffinity(0))
    if n_jobs < 1:
        raise InputError(f"n_jobs is {n_jobs}", expected="a whole number above 0, or -1 for all processors")
    return n_jobs


def _reader(matrix: Matrix) -> Callable[[int, int], Matrix]:
    if sp.issparse(matrix):
        csr = matrix if matrix.format == "csr" else matrix.tocsr()
        return _csr_reader(csr.data, csr.indices, csr.indptr, csr.shape[1])
    group = getattr(matrix, "group", None)  # a sparse matrix that anndata has left on disk
    if group is not None:
        if matrix.format != "csr":
            return _reader(matrix.to_memory().tocsr())  # columns on disk: rows cannot be read one by one
        return _csr_reader(group["data"], group["indices"], group["indptr"][:], matrix.shape[1])
    if hasattr(matrix, "dask"):
        return lambda start, stop: matrix[start:stop].compute()
    return lambda start, stop: matrix[start:stop]


def _csr_reader(data: Any, indices: Any, indptr: Any, n_genes: int) -> Callable[[int, int], sp.csr_array]:
    def read(start: int, stop: int) -> sp.csr_array:
        first, last = int(indptr[start]), int(indptr[stop])
        pointers = np.asarray(indptr[start : stop + 1], dtype=np.int64) - first
        part = sp.csr_array((stop - start, n_genes), dtype=data.dtype)
        # set by hand: the constructor would look at every index, or copy
        part.data, part.indices, part.indptr = data[first:last], indices[first:last], pointers
        return part

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

"""Entries of a sparse matrix in an HDF5 file, read into memory that each thread keeps.

Asking the system for new pages takes longer than reading into old ones, and HDF5 unpacks gzip under one lock for all
threads: pieces of gzip are taken as they are stored and unpacked here, which threads do side by side.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

_DEFLATE, _SHUFFLE = h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE

Entries = Callable[[int, int], tuple[Any, Any]]


def is_on_disk(matrix: Any) -> bool:
    """Tell whether a matrix is read from a file when it is asked for rows."""
    return hasattr(matrix, "group") or isinstance(matrix, h5py.Dataset)


def entries_of(group: Any) -> Entries:
    """Return a function that gives the values and indices of a range of entries.

    What it gives is overwritten by the thread's next call.
    """
    data, indices = group["data"], group["indices"]
    if not isinstance(data, h5py.Dataset):  # zarr
        return lambda first, last: (data[first:last], indices[first:last])
    fill_data, fill_indices = _filler(data), _filler(indices)
    kept = threading.local()

    def read(first: int, last: int) -> tuple[Any, Any]:
        n = last - first
        if getattr(kept, "size", -1) < n:
            kept.size = n + n // 4
            kept.data, kept.indices = np.empty(kept.size, data.dtype), np.empty(kept.size, indices.dtype)
        if n:
            fill_data(first, kept.data[:n])
            fill_indices(first, kept.indices[:n])
        return kept.data[:n], kept.indices[:n]

    return read


def _filler(dataset: h5py.Dataset) -> Callable[[int, Any], None]:
    """Return a function that fills an array with the entries from a position on."""
    plain = _read_directly(dataset)
    filters = dataset.id.get_create_plist()
    codes = [filters.get_filter(i)[0] for i in range(filters.get_nfilters())]
    if codes not in ([_DEFLATE], [_SHUFFLE, _DEFLATE]):
        return plain
    length, item = dataset.chunks[0], dataset.dtype.itemsize

    def fill(first: int, out: Any) -> None:
        last = first + len(out)
        for start in range(first - first % length, last, length):
            mask, packed = dataset.id.read_direct_chunk((start,))
            if mask:  # stored without one of the filters
                plain(first, out)
                return
            raw = np.frombuffer(zlib.decompress(packed), dtype=np.uint8)
            if codes[0] == _SHUFFLE:
                raw = raw.reshape(item, -1).T.ravel()
            values = raw.view(dataset.dtype)
            a, b = max(first, start), min(last, start + length)
            out[a - first : b - first] = values[a - start : b - start]

    return fill


def _read_directly(dataset: h5py.Dataset) -> Callable[[int, Any], None]:
    def fill(first: int, out: Any) -> None:
        dataset.read_direct(out, np.s_[first : first + len(out)])

    return fill

"""Entries of a sparse matrix in an HDF5 file, read into memory that each thread keeps.

Asking the system for new pages takes longer than reading into old ones, and HDF5 reads and unpacks under one lock for
all threads. So what is stored as it is comes straight from the file, by the places that HDF5 names, and pieces of gzip
are unpacked here: threads do both side by side. Anything else HDF5 reads.
"""

from __future__ import annotations

import bisect
import os
import threading
import zlib
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

_DEFLATE, _SHUFFLE = h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE

Entries = Callable[[int, int], tuple[Any, Any]]


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
            kept.size = n + n // 8
            kept.data, kept.indices = np.empty(kept.size, data.dtype), np.empty(kept.size, indices.dtype)
        if n:
            fill_data(first, kept.data[:n])
            fill_indices(first, kept.indices[:n])
        return kept.data[:n], kept.indices[:n]

    return read


def _filler(dataset: h5py.Dataset) -> Callable[[int, Any], None]:
    """Return a function that fills an array with the entries from a position on."""

    def plain(first: int, out: Any) -> None:
        dataset.read_direct(out, np.s_[first : first + len(out)])

    filters = dataset.id.get_create_plist()
    codes = [filters.get_filter(i)[0] for i in range(filters.get_nfilters())]
    if not codes:
        return _by_place(dataset) or plain
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


def _by_place(dataset: h5py.Dataset) -> Callable[[int, Any], None] | None:
    """Read from the file itself; ``None`` where the places are not known or the bytes are not those of the values."""
    file = dataset.file
    plain_file = file.driver == "sec2" and file.mode == "r" and file.userblock_size == 0
    plain_values = dataset.dtype.isnative and dataset.dtype.kind in "fiu"
    if not (plain_file and plain_values and hasattr(os, "preadv") and hasattr(dataset.id, "chunk_iter")):
        return None
    item, n = dataset.dtype.itemsize, dataset.shape[0]
    stored: list[tuple[int, int]] = []  # first entry, place in the file
    if dataset.chunks is None:
        place = dataset.id.get_offset()
        if place is None:  # nothing stored, or in the header
            return None
        stored.append((0, place))
    else:
        dataset.id.chunk_iter(lambda chunk: stored.append((chunk.chunk_offset[0], chunk.byte_offset)))
        stored.sort()
        if [first for first, _ in stored] != list(range(0, n, dataset.chunks[0])):
            return None
    firsts, places = (np.array(column) for column in zip(*stored, strict=True))
    is_start = np.append(True, np.diff(places) != np.diff(firsts) * item)  # pieces that follow each other are one
    starts = firsts[is_start].tolist()
    places = places[is_start].tolist()
    ends = [*starts[1:], n]
    handle = file.id.get_vfd_handle()

    def fill(first: int, out: Any) -> None:
        last = first + len(out)
        piece = bisect.bisect_right(starts, first) - 1
        while first < last:
            stop = min(last, ends[piece])
            _read_all(handle, out[: stop - first], places[piece] + (first - starts[piece]) * item)
            out, first, piece = out[stop - first :], stop, piece + 1

    return fill


def _read_all(handle: int, out: Any, place: int) -> None:
    left = memoryview(out).cast("B")
    while left:
        n = os.preadv(handle, [left], place)
        if n == 0:
            raise OSError("the file ends before its last entry")
        left, place = left[n:], place + n

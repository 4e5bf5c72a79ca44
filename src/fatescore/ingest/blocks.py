"""Matrices of cells that stay on the disk and are read some cells at a time."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any, cast

import h5py
import numpy as np
import scipy.sparse as sp

from fatescore.typing import BoolArray, IntArray, Matrix

# Of 60,000 cells the peak is 20 MB above that of 20,000 with 2**18 values, 70 MB with 2**20: larger arrays leave holes
# in the heap.
AT_ONCE = 1 << 18  # stored values of a block


@dataclass(frozen=True)
class Blocks:
    """A matrix that is read block by block: each some cells x all features, CSR or dense, in the order of the cells.

    Attributes
    ----------
    shape
        Cells x features.
    read
        Reads it from the start, as often as it is called.
    n_stored
        How many values of every cell are stored, where that is known beforehand.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> halves = [sp.csr_matrix([[1, 0, 2]]), sp.csr_matrix([[0, 3, 0]])]
    >>> blocks = Blocks((2, 3), lambda: iter(halves))
    >>> blocks.keep(np.array([False, True])).columns(np.array([False, True, True])).load().toarray().tolist()
    [[3, 0]]
    """

    shape: tuple[int, int]
    read: Callable[[], Iterator[Matrix]]
    n_stored: IntArray | None = None

    def __iter__(self) -> Iterator[Matrix]:
        return self.read()

    def keep(self, rows: BoolArray) -> Blocks:
        """Return only some of the cells."""
        if rows.all():
            return self
        n_stored = None if self.n_stored is None else self.n_stored[rows]
        return Blocks((int(rows.sum()), self.shape[1]), lambda: _kept(self.read(), rows), n_stored)

    def columns(self, keep: BoolArray) -> Blocks:
        """Return only some of the features."""
        if keep.all():
            return self
        places = np.flatnonzero(keep)
        return self.map(lambda block: block[:, places], len(places))

    def map(self, change: Callable[[Matrix], Matrix], n_columns: int) -> Blocks:
        """Return the blocks changed, one by one, when they are read."""
        return Blocks((self.shape[0], n_columns), lambda: map(change, self.read()))

    def __matmul__(self, factor: sp.csr_matrix) -> Blocks:
        return self.map(lambda block: block @ factor, factor.shape[1])

    def count_stored(self) -> IntArray:
        """Return how many values of every cell are stored, and are not 0."""
        if self.n_stored is not None:
            return self.n_stored
        counts = [np.diff(sp.csr_matrix(block != 0).indptr).astype(np.int64) for block in self.read()]
        return np.concatenate([np.zeros(0, dtype=np.int64), *counts])

    def load(self) -> Matrix:
        """Return the whole matrix in memory."""
        blocks = list(self.read())
        if not blocks:
            return sp.csr_matrix(self.shape, dtype=np.float32)
        if not sp.issparse(blocks[0]):
            return np.vstack(blocks)
        return blocks[0] if len(blocks) == 1 else sp.csr_matrix(sp.vstack(blocks))


def in_memory(matrix: Matrix) -> Blocks:
    """Return a matrix in memory as one block."""
    return Blocks(matrix.shape, lambda: iter([matrix]))


def chained(parts: list[Blocks]) -> Blocks:
    """Return the cells of several matrices of the same features one after the other."""
    shape = sum(part.shape[0] for part in parts), parts[0].shape[1]
    return Blocks(shape, lambda: (block for part in parts for block in part))


def csr_of_hdf5(group: Any, shape: tuple[int, int], values: str = "data") -> Iterator[sp.csr_matrix]:
    """Yield the rows of a CSR matrix in an HDF5 group, or of a CSC matrix's transpose, checked."""
    pointers = group["indptr"][...].astype(np.int64)
    if len(pointers) != shape[0] + 1 or pointers[0] or (np.diff(pointers) < 0).any():
        raise ValueError("the row pointers are damaged")
    if min(group[values].shape[0], group["indices"].shape[0]) < pointers[-1]:
        raise ValueError("there are fewer values than the row pointers say")
    for first, last in _runs(pointers):
        start, stop = pointers[first], pointers[last]
        block = sp.csr_matrix(
            (group[values][start:stop], group["indices"][start:stop], pointers[first : last + 1] - start),
            shape=(last - first, shape[1]),
        )
        block.check_format(full_check=True)  # an index beyond the shape would crash scipy, not raise
        yield block


def dense_of_hdf5(stored: h5py.Dataset) -> Iterator[np.ndarray]:
    """Yield the rows of a dense matrix."""
    step = max(1, AT_ONCE // max(stored.shape[1], 1))
    for first in range(0, stored.shape[0], step):
        yield np.asarray(stored[first : first + step])


def _runs(pointers: IntArray) -> Iterator[tuple[int, int]]:
    """Yield from and to which row as many values are stored as are read at once, at least one row."""
    first = 0
    while first < len(pointers) - 1:
        last = int(np.searchsorted(pointers, pointers[first] + AT_ONCE, side="right")) - 1
        last = min(max(last, first + 1), len(pointers) - 1)
        yield first, last
        first = last


def _kept(blocks: Iterator[Matrix], rows: BoolArray) -> Iterator[Matrix]:
    first = 0
    for block in blocks:
        own = rows[first : first + block.shape[0]]
        first += block.shape[0]
        if own.any():
            yield block if own.all() else block[np.flatnonzero(own)]


class Scratch:
    """A file without a name that holds arrays until nothing refers to it any more."""

    def __init__(self) -> None:
        self._file = cast("IO[bytes]", tempfile.TemporaryFile(prefix="fatescore-"))  # noqa: SIM115
        self._end = 0
        weakref.finalize(self, self._file.close)

    def put(self, array: np.ndarray) -> tuple[int, int, np.dtype[Any]]:
        """Append an array; what is returned finds it again."""
        place = self._end, array.size, array.dtype
        self._file.seek(self._end)
        self._end += self._file.write(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
        return place

    def get(self, place: tuple[int, int, np.dtype[Any]]) -> np.ndarray:
        """Read an array."""
        start, size, kind = place
        self._file.seek(start)
        return np.frombuffer(self._file.read(size * kind.itemsize), dtype=kind)

    def hold(
        self, read: Callable[[], Iterator[Matrix]], shape: tuple[int, int], *, lasts: bool,
        n_stored: IntArray | None = None,
    ) -> Blocks:  # fmt: skip
        """Return what is read of a file as blocks: from the file itself where it ``lasts``, else copied."""
        return Blocks(shape, read, n_stored) if lasts else self._copied(read(), shape)

    def _copied(self, source: Iterable[Matrix], shape: tuple[int, int]) -> Blocks:
        places, n_stored = [], [np.zeros(0, dtype=np.int64)]
        for block in source:
            csr = sp.csr_matrix(block)
            parts = (compact(csr.data), compact(csr.indices), compact(csr.indptr))
            places.append((csr.shape, csr.dtype, *map(self.put, parts)))
            n_stored.append(np.diff(csr.indptr).astype(np.int64))
        return Blocks(shape, lambda: (self._block(*place) for place in places), np.concatenate(n_stored))

    def _block(self, shape: tuple[int, int], kind: Any, *places: Any) -> sp.csr_matrix:
        values, indices, pointers = map(self.get, places)
        return sp.csr_matrix((values.astype(kind), indices.astype(np.int32), pointers.astype(np.int32)), shape=shape)


def compact(values: np.ndarray) -> np.ndarray:
    """Return an array in the smallest whole numbers that hold it, if any do."""
    if not values.size or not np.isfinite(values).all() or values.min() < 0 or values.max() >= 2**32:
        return values
    kind = np.min_scalar_type(int(values.max()))
    small = values.astype(kind)
    return small if (small == values).all() else values


@dataclass
class CellSorter:
    """Sorts entries of a matrix by cell on the disk, whatever the order that they come in.

    Cells are gathered in groups of which one fits into memory; entries in order of cells fill one after the other.
    """

    shape: tuple[int, int]
    n_entries: int
    scratch: Scratch
    kind: Any = np.float32
    _pieces: list[list[Any]] = field(init=False)
    _counts: IntArray = field(init=False)

    def __post_init__(self) -> None:
        per_cell = max(1, self.n_entries // max(self.shape[0], 1))
        self._step = max(1, min(self.shape[0], AT_ONCE // per_cell))
        self._pieces = [[] for _ in range(-(-self.shape[0] // self._step))]
        self._counts = np.zeros(self.shape[0], dtype=np.int64)

    def add(self, cells: IntArray, features: IntArray, values: np.ndarray) -> None:
        """Add entries; those of value 0 are left out."""
        stored = np.flatnonzero(values)
        cells, features, values = cells[stored], features[stored], values[stored]
        if not cells.size:
            return
        group = cells // self._step
        if (np.diff(group) < 0).any():
            order = np.argsort(group, kind="stable")
            cells, features, values, group = cells[order], features[order], values[order], group[order]
        self._counts += np.bincount(cells, minlength=self.shape[0])
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        for start, stop in zip(starts, [*starts[1:], len(group)], strict=True):
            own = slice(start, stop)
            place = [self.scratch.put(compact(a[own])) for a in (cells % self._step, features, values)]
            self._pieces[group[start]].append(place)

    def blocks(self) -> Blocks:
        """Return what was added."""
        return Blocks(self.shape, lambda: map(self._block, range(len(self._pieces))), self._counts)

    def _block(self, group: int) -> sp.csr_matrix:
        n_cells = min(self._step, self.shape[0] - group * self._step)
        parts = [[self.scratch.get(place) for place in piece] for piece in self._pieces[group]]
        if not parts:
            return sp.csr_matrix((n_cells, self.shape[1]), dtype=self.kind)
        cells, features, values = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        entries = values.astype(self.kind), (cells.astype(np.int32), features.astype(np.int32))
        return sp.csr_matrix(entries, shape=(n_cells, self.shape[1]))

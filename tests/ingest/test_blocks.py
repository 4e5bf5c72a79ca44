"""Matrices that stay on the disk: every way through them gives what memory would."""

from __future__ import annotations

import gc
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.ingest import blocks as module
from fatescore.ingest.blocks import Blocks, CellSorter, Scratch, chained, compact, csr_of_hdf5, dense_of_hdf5, in_memory
from fatescore.ingest.matrix import Raw


@st.composite
def matrices(draw: st.DrawFn) -> np.ndarray:
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 6)))
    kind = draw(st.sampled_from(["whole", "large", "fraction", "negative"]))
    top = {"whole": 5, "large": 70_000, "fraction": 9, "negative": 9}[kind]
    values = draw(st.lists(st.integers(0, top), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    dense = np.array(values, dtype=np.float32).reshape(shape)
    return dense / 4 if kind == "fraction" else dense - 2 * (kind == "negative")


@settings(max_examples=150, deadline=None)
@given(data=st.data(), dense=matrices())
def test_entries_in_any_order_are_sorted_by_cell(data: st.DataObject, dense: np.ndarray) -> None:
    coo = sp.coo_matrix(dense)
    order = data.draw(st.permutations(range(coo.nnz)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "AT_ONCE", data.draw(st.integers(1, 20)))
        sorter = CellSorter(dense.shape, coo.nnz, Scratch())
        step = data.draw(st.integers(1, 10))
        for first in range(0, coo.nnz, step):
            own = order[first : first + step]
            sorter.add(coo.row[own].astype(np.int64), coo.col[own].astype(np.int64), coo.data[own])
        found = sorter.blocks()
        for _ in range(2):  # as often as it is asked
            assert np.array_equal(found.load().toarray(), dense)
        assert found.count_stored().tolist() == (dense != 0).sum(axis=1).tolist()


@settings(max_examples=100, deadline=None)
@given(data=st.data(), dense=matrices())
def test_selections_products_and_chains(data: st.DataObject, dense: np.ndarray) -> None:
    n_cells, n_features = dense.shape
    cut = data.draw(st.integers(0, n_cells))
    parts = [in_memory(sp.csr_matrix(part)) for part in (dense[:cut], dense[cut:])]
    whole = chained(parts)
    rows = np.array(data.draw(st.lists(st.booleans(), min_size=n_cells, max_size=n_cells)))
    columns = np.array(data.draw(st.lists(st.booleans(), min_size=n_features, max_size=n_features)))
    factor = sp.csr_matrix(np.arange(n_features * 2, dtype=np.float32).reshape(n_features, 2))
    assert np.array_equal(whole.load().toarray(), dense)
    assert whole.count_stored().tolist() == (dense != 0).sum(axis=1).tolist()
    for kept, right in (
        (whole.keep(rows).columns(columns), dense[rows][:, columns]),
        (whole.columns(columns).keep(rows), dense[rows][:, columns]),
        (whole.keep(rows) @ factor, dense[rows] @ factor.toarray()),
    ):
        assert kept.shape == right.shape
        assert np.allclose(kept.load().toarray(), right)


@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_hdf5(tmp_path: Path, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", at_once)
    dense = np.random.default_rng(0).poisson(0.4, (40, 7)).astype(np.float32)
    csr = sp.csr_matrix(dense)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for name in ("data", "indices", "indptr"):
            file[name] = getattr(csr, name)
        file["dense"] = dense
        for found in (list(csr_of_hdf5(file, dense.shape)), [sp.csr_matrix(b) for b in dense_of_hdf5(file["dense"])]):
            assert np.array_equal(sp.vstack(found).toarray(), dense)
            assert len(found) == 1 or at_once < 1000
        held = Scratch().hold(lambda: csr_of_hdf5(file, dense.shape), dense.shape, lasts=False)
    assert np.array_equal(held.load().toarray(), dense)  # the file is closed
    assert held.count_stored().tolist() == (dense != 0).sum(axis=1).tolist()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("indptr", [0, 3, 2]), ("indptr", [0, 2]), ("indptr", [1, 2, 3]), ("indptr", [0, 2, 9]),
        ("indices", [0, 7, 1]), ("indices", [0, -1, 1]),
    ],
)  # fmt: skip
def test_damaged_pointers(tmp_path: Path, name: str, values: list[int]) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["data"], file["indices"], file["indptr"] = [1, 2, 3], [0, 1, 0], [0, 2, 3]
        assert sp.vstack(list(csr_of_hdf5(file, (2, 2)))).toarray().tolist() == [[1, 2], [3, 0]]
        del file[name]
        file[name] = values
        with pytest.raises(ValueError, match="pointers|indices|indptr|index"):
            list(csr_of_hdf5(file, (2, 2)))


def test_damage_behind_the_first_block_is_found_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 1)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["data"], file["indices"], file["indptr"] = [1, 2, 3], [0, 1, 0], [0, 1, 3, 2, 3]
        with pytest.raises(ValueError, match="the row pointers are damaged"):
            next(csr_of_hdf5(file, (4, 2)))


def test_entries_of_a_group_of_cells_are_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 50)
    scratch, written = Scratch(), []
    monkeypatch.setattr(scratch, "put", lambda array: written.append(len(array)) or (0, 0, array.dtype))
    CellSorter((10, 10), 100, scratch).add(np.arange(100) % 10, np.arange(100) // 10, np.ones(100))
    assert written == [50] * 6  # cells, features and values of two groups


def test_small_whole_numbers_take_little_room() -> None:
    kinds = [compact(np.array(values, dtype=np.float32)).dtype for values in ([1, 255], [1, 256], [0.5, 1], [-1, 1])]
    assert kinds == [np.uint8, np.uint16, np.float32, np.float32]
    assert compact(np.array([np.nan, np.inf])).dtype == np.float64


def test_a_scratch_file_goes_with_the_last_that_uses_it() -> None:
    scratch = Scratch()
    held = scratch.hold(lambda: iter([sp.csr_matrix(np.eye(2))]), (2, 2), lasts=False)
    file = scratch._file
    del scratch
    gc.collect()
    assert np.array_equal(held.load().toarray(), np.eye(2))
    del held
    gc.collect()
    assert file.closed


def test_a_raw_matrix_is_loaded_when_it_is_asked_for_as_one() -> None:
    reads: list[int] = []
    dense = sp.csr_matrix(np.arange(6).reshape(3, 2))
    raw = Raw(matrix=Blocks((3, 2), lambda: reads.append(1) or iter([dense])), ids=["a", "b"], columns=["x", "y", "x"])
    raw.keep_observations(np.array([True, False, True]))
    raw.keep_features(np.array([False, True]))
    assert raw.on_disk
    assert not reads
    assert [block.toarray().tolist() for block in raw.blocks] == [[[1], [5]]]
    assert raw.matrix.toarray().tolist() == [[1], [5]]
    assert not raw.on_disk
    assert (raw.matrix.shape, raw.columns, raw.ids, len(reads)) == ((2, 1), ["x", "x"], ["b"], 2)

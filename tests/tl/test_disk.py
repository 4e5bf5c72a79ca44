"""Reading entries from HDF5: every way of storing them gives the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.tl._disk import entries_of

VALUES = np.random.default_rng(0).poisson(2, 1000).astype(np.float32)
INDICES = np.arange(1000, dtype=np.int32)


@pytest.fixture(
    scope="module",
    params=[
        {}, {"chunks": (64,)}, {"chunks": (64,), "compression": "gzip"},
        {"chunks": (64,), "compression": "gzip", "shuffle": True}, {"chunks": (64,), "compression": "lzf"},
        {"chunks": (64,), "compression": "gzip", "fletcher32": True},
        {"chunks": (2000,), "compression": "gzip", "maxshape": (None,)},
    ],
    ids=lambda how: "-".join(map(str, how)) or "contiguous",
)  # fmt: skip
def group(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("disk") / "x.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=VALUES, **request.param)
        file.create_dataset("indices", data=INDICES, **request.param)
    return h5py.File(path)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=4))
def test_every_range_is_what_was_stored(group: Any, ranges: list[tuple[int, int]]) -> None:
    read = entries_of(group)
    for ends in ranges:
        first, last = sorted(ends)
        data, indices = read(first, last)
        np.testing.assert_array_equal(data, VALUES[first:last])
        np.testing.assert_array_equal(indices, INDICES[first:last])


def test_a_piece_that_was_stored_unpacked_is_read(tmp_path: Path) -> None:
    """HDF5 may leave a filter out for one piece and say so in its mask."""
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for name, values in (("data", VALUES), ("indices", INDICES)):
            dataset = file.create_dataset(name, shape=(1000,), dtype=values.dtype, chunks=(500,), compression="gzip")
            dataset[500:] = values[500:]
            dataset.id.write_direct_chunk((0,), values[:500].tobytes(), filter_mask=1)
    data, indices = entries_of(h5py.File(tmp_path / "x.h5"))(100, 900)
    np.testing.assert_array_equal(data, VALUES[100:900])
    np.testing.assert_array_equal(indices, INDICES[100:900])


@pytest.mark.parametrize(
    ("how", "opened"),
    [
        ({"chunks": (10,)}, {}), ({"chunks": (10,)}, {"mode": "r+"}), ({}, {"mode": "r+"}),
        ({"chunks": (7,)}, {"driver": "core"}), ({"chunks": (64,), "dtype": ">i8"}, {}), ({"dtype": "i2"}, {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("userblock", [0, 512])
def test_values_stored_as_they_are_are_read_however_the_file_lies(
    tmp_path: Path, how: dict[str, Any], opened: dict[str, Any], userblock: int
) -> None:
    path = tmp_path / "x.h5"
    values = np.arange(100)
    with h5py.File(path, "w", userblock_size=userblock) as file:
        created = [file.create_dataset(name, shape=(100,), **({"dtype": "i4"} | how)) for name in ("data", "indices")]
        for start in (50, 0, 30, 80):  # pieces of the two lie between each other, and not in order
            for dataset in created:
                dataset[start : start + 50] = values[start : start + 50]
    read = entries_of(h5py.File(path, **opened))
    for first, last in ((0, 100), (13, 14), (9, 51), (77, 100), (5, 5)):
        data, indices = read(first, last)
        np.testing.assert_array_equal(data, values[first:last])
        np.testing.assert_array_equal(indices, values[first:last])


def test_entries_that_were_never_written_are_zero(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for name, how in (("data", {"chunks": (10,)}), ("indices", {})):
            file.create_dataset(name, shape=(100,), dtype="i4", **how)
        file["data"][35:40] = 3
    data, indices = entries_of(h5py.File(tmp_path / "x.h5"))(30, 90)
    assert data.sum() == 15
    assert not indices.any()


def test_a_file_that_ends_early_is_not_read_as_zeros(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        for name in ("data", "indices"):
            file.create_dataset(name, data=np.arange(100_000))
    file = h5py.File(path)
    read = entries_of(file)
    with path.open("r+b") as raw:
        raw.truncate(path.stat().st_size - 5_000)
    with pytest.raises(OSError, match="ends before its last entry"):
        read(0, 100_000)

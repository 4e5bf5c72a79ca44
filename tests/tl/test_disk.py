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

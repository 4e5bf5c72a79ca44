"""Files are written whole or not at all, in the same bytes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from fatescore import _files
from fatescore.errors import InputError


def test_a_broken_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("old")

    def break_off() -> None:
        with _files.atomic_path(path) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_suffix_is_kept_for_writers_that_look_at_it(tmp_path: Path) -> None:
    with _files.atomic_path(tmp_path / "a" / "x.tsv.gz") as part:
        assert part.name.endswith(".tsv.gz")
        part.write_bytes(b"")
    assert (tmp_path / "a" / "x.tsv.gz").is_file()


def test_tables_round_trip_in_the_same_bytes(tmp_path: Path) -> None:
    name = "t.tsv"
    table = pd.DataFrame({"sample": ["007", "NAIVE"], "fate_bias": [1 / 3, None]})
    _files.write_tsv(tmp_path / name, table)
    first = (tmp_path / name).read_bytes()
    _files.write_tsv(tmp_path / name, table)
    assert (tmp_path / name).read_bytes() == first
    again = _files.read_tsv(tmp_path / name)
    pd.testing.assert_frame_equal(again, table, rtol=1e-9)


def test_missing_and_empty_tables(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        _files.read_tsv(tmp_path / "no.tsv")
    (tmp_path / "empty.tsv").touch()
    assert _files.read_tsv(tmp_path / "empty.tsv").empty

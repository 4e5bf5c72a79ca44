"""Files are written whole or not at all, in the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from fatescore import files
from fatescore.errors import InputError


def test_a_broken_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("old")

    def break_off() -> None:
        with files.atomic_path(path) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_suffix_is_kept_for_writers_that_look_at_it(tmp_path: Path) -> None:
    with files.atomic_path(tmp_path / "a" / "x.tsv.gz") as part:
        assert part.name.endswith(".tsv.gz")
        part.write_bytes(b"")
    assert (tmp_path / "a" / "x.tsv.gz").is_file()


def test_json_is_the_same_bytes_and_its_sum_is_known(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"b": "ü", "a": [1]})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "a": [\n    1\n  ],\n  "b": "ü"\n}\n'
    files.write_text(tmp_path / "abc", "abc")
    assert files.sha256(tmp_path / "abc").startswith("ba7816bf8f01cfea")


def test_paths_that_cannot_be_read_or_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist; expected a table"):
        files.check_input(tmp_path / "no.tsv", "a table")
    with pytest.raises(InputError, match="is a folder"):
        files.check_input(tmp_path, "a table")
    with pytest.raises(InputError, match="cannot be written: it is a folder"):
        files.check_output(tmp_path)
    files.write_text(tmp_path / "file", "")
    with pytest.raises(InputError, match="is not a folder"):
        files.check_output(tmp_path / "file" / "x.tsv")

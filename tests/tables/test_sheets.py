"""Sheets that people write: CSV, TSV, Excel."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.tables.io import read_sheet


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_mark_that_the_header_has_most_of_sets_cells_apart(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "sheet.txt"
    lines = [["sample", "note", "age"], ["a", '"1,5; x"', "70"], ["b", "", ""]]
    path.write_text("# ours\n\n" + "\r\n".join(mark.join(line) for line in lines), encoding="utf-8-sig")
    found = read_sheet(path, "a sheet")
    assert found.to_dict("list") == {"sample": ["a", "b"], "note": ["1,5; x", ""], "age": ["70", ""]}
    assert found.index.tolist() == [4, 5]


def test_a_workbook_is_read_as_text(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    path = tmp_path / "sheet.xlsx"
    table = pd.DataFrame({"sample": ["a", "b"], "age": [70, 71], "passage": ["02", ""], "score": [0.5, None]})
    table.to_excel(path, index=False)
    assert read_sheet(path, "a sheet").to_dict("list") == {
        "sample": ["a", "b"], "age": ["70", "71"], "passage": ["02", ""], "score": ["0.5", ""],
    }  # fmt: skip


def test_a_workbook_without_its_reader_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pd.DataFrame({"sample": ["a"]}).to_excel(tmp_path / "sheet.xlsx", index=False)
    path = (tmp_path / "sheet.xlsx").rename(tmp_path / "sheet.csv")  # whatever it is called
    monkeypatch.setitem(sys.modules, "openpyxl", None)  # as if it were not there
    with pytest.raises(InputError, match=r"save the sheet as CSV UTF-8, or pip install 'fatescore\[excel\]'$"):
        read_sheet(path, "a sheet")


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_a_damaged_workbook_is_refused_with_what_helps(tmp_path: Path, start: bytes) -> None:
    (tmp_path / "sheet.xlsx").write_bytes(start + b"no more")
    with pytest.raises(InputError, match="save the sheet as CSV UTF-8"):
        read_sheet(tmp_path / "sheet.xlsx", "a sheet")

"""Excel workbooks: the sheet with the genes, its cells as text, and what is refused."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fatescore.errors import InputError
from fatescore.ingest import can_hold_values, foreign, locate, readers
from fatescore.ingest.locate import read_raw
from fatescore.ingest.matrix import Raw
from fatescore.ingest.workbook import is_workbook

openpyxl = pytest.importorskip("openpyxl")

COUNTS = [["gene", "CT1", "OP1"], ["RUNX2", 5, 0], ["PPARG", 7, 12], ["SP7", 1, 3]]
TPM = [["gene", "CT1", "OP1"], ["RUNX2", 5.25, 0.125], ["PPARG", 7.5, 12.1], ["SP7", 1.1, 3.0]]
README = [["Table S1. Counts of reads"], [], ["made in", 2020]]
SHEET = [["sample", "age"], ["CT1", 80], ["OP1", 81]]


def book(**sheets: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    written = openpyxl.Workbook()
    written.remove(written.active)
    for title, rows in sheets.items():
        sheet = written.create_sheet(title)
        for row in rows:
            sheet.append(row)
    written.save(out)
    return out.getvalue()


def read(source: Path, file: str = "", **options: Any) -> Raw:
    return read_raw(locate(source, file=file), "human", **options)


def values(raw: Raw) -> np.ndarray:
    return np.asarray(raw.matrix.todense() if hasattr(raw.matrix, "todense") else raw.matrix)


@pytest.mark.parametrize("name", ["a.xlsx", "a.xlsm", "a.xls", "a.xlsx.gz", "a.csv"])
def test_a_workbook_under_any_name(tmp_path: Path, name: str) -> None:
    data = book(counts=COUNTS)
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    for source in (tmp_path / name, tmp_path):
        raw = read(source)
        assert (raw.ids, raw.columns, raw.notes) == (["RUNX2", "PPARG", "SP7"], ["CT1", "OP1"], [])
        assert values(raw).tolist() == [[5, 7, 1], [0, 12, 3]]
        assert raw.inputs == [tmp_path / name]
    assert can_hold_values(name)


@pytest.mark.parametrize("name", ["a.xls", "a.xls.gz", "a.xlsx"])
def test_a_text_with_a_workbooks_name_is_a_text(tmp_path: Path, name: str) -> None:
    text = b"gene\tCT1\tOP1\nRUNX2\t5\t0\n"
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert read(tmp_path / name).ids == read(tmp_path).ids == ["RUNX2"]


@pytest.mark.parametrize(
    "other", [{"README": README}, {"samples": SHEET}, {"README": README, "samples": SHEET, "empty": []}]
)
def test_the_only_sheet_with_genes_is_read_and_the_others_are_named(tmp_path: Path, other: dict[str, Any]) -> None:
    (tmp_path / "a.xlsx").write_bytes(book(**other, counts=COUNTS))
    raw = read(tmp_path / "a.xlsx")
    assert raw.ids == ["RUNX2", "PPARG", "SP7"]
    assert raw.notes == [f'of the sheets of a.xlsx "counts" was read, not {", ".join(other)}']


@pytest.mark.parametrize("in_folder", [False, True])
def test_of_several_sheets_file_names_one(tmp_path: Path, *, in_folder: bool) -> None:
    (tmp_path / "a.xlsx").write_bytes(book(TPM=TPM, README=README, **{"raw counts": COUNTS}))
    source = tmp_path if in_folder else tmp_path / "a.xlsx"
    with pytest.raises(InputError, match=r'2 sheets with tables: "TPM", "raw counts"; .* such as a.xlsx#TPM') as error:
        read(source)
    advised = str(error.value).rpartition("such as ")[2]
    assert values(read(source, advised))[0].tolist() == [5.25, 7.5, 1.1]
    assert values(read(source, "*.xlsx#raw counts"))[0].tolist() == [5, 7, 1]
    with pytest.raises(InputError, match=r'no sheet "counts"; expected one of: TPM, README, raw counts'):
        read(source, "a.xlsx#counts")


def test_workbooks_of_samples_in_an_archive(tmp_path: Path, tarred: Callable[[dict[str, bytes]], bytes]) -> None:
    members = {
        f"GSM{n}_x.xlsx": book(counts=[["gene", "count"], ["RUNX2", n], ["PPARG", 2 * n]], notes=README) for n in (1, 2)
    }
    (tmp_path / "GSE5_RAW.tar").write_bytes(tarred(members))
    raw = read(tmp_path)
    assert (raw.columns, values(raw).tolist()) == (["GSM1", "GSM2"], [[1, 2], [2, 4]])
    texts = {f"GSM{n}_x.txt": b"gene\tcount\nRUNX2\t9\n" for n in (1, 2)}
    (tmp_path / "GSE5_RAW.tar").write_bytes(tarred(members | texts))
    assert values(read(tmp_path)).tolist() == [[9], [9]]  # of both the text


def test_a_text_table_goes_before_a_workbook(tmp_path: Path) -> None:
    (tmp_path / "GSE5_de.xlsx").write_bytes(book(de=COUNTS))
    (tmp_path / "GSE5_counts.txt").write_text("gene\tA\tB\nRUNX2\t5\t0\n")
    assert read(tmp_path).columns == ["A", "B"]
    assert read(tmp_path, "*.xlsx").columns == ["CT1", "OP1"]


def test_sheets_that_are_hidden_or_say_a_wrong_size(tmp_path: Path) -> None:
    written = openpyxl.load_workbook(io.BytesIO(book(old=TPM, counts=COUNTS)))
    written["old"].sheet_state = "hidden"
    out, repacked = io.BytesIO(), io.BytesIO()
    written.save(out)
    with zipfile.ZipFile(out) as packed, zipfile.ZipFile(repacked, "w") as again:
        for name in packed.namelist():
            again.writestr(name, packed.read(name).replace(b'<dimension ref="A1:C4"', b'<dimension ref="A1:A1"'))
    assert len(repacked.getvalue()) != len(out.getvalue())
    (tmp_path / "a.xlsx").write_bytes(repacked.getvalue())
    raw = read(tmp_path / "a.xlsx")
    assert (values(raw)[0].tolist(), raw.notes) == ([5, 7, 1], [])


def test_cells(tmp_path: Path) -> None:
    rows = [["gene", "A", "B"], [dt.datetime(2024, 9, 1), 0.1, None], ["RUNX2\n", 1 / 3, 1e-17], ["SP7", 5, "NA"], []]
    (tmp_path / "a.xlsx").write_bytes(book(x=[[*row, None, None] for row in rows]))
    raw = read(tmp_path / "a.xlsx")
    assert raw.ids == ["1-Sep", "RUNX2", "SP7"]
    assert np.array_equal(values(raw), [[0.1, 1 / 3, 5], [np.nan, 1e-17, np.nan]], equal_nan=True)


def test_without_openpyxl_it_is_named_and_the_text_beside_it_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "_has_openpyxl", lambda: False)
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    path = tmp_path / "GSE5_counts.xlsx"
    path.write_bytes(book(counts=COUNTS))
    assert not can_hold_values(path.name)
    assert readers.layout_of(path) is None
    for source in (path, tmp_path):
        with pytest.raises(InputError, match=r"pip install openpyxl, or save .* put GSE5_counts.txt beside it"):
            locate(source)
    path.rename(tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"is an Excel workbook; .*pip install openpyxl"):
        read(tmp_path / "a.csv")
    (tmp_path / "a.csv").rename(path)
    (tmp_path / "GSE5_counts.txt").write_text("gene\tA\tB\nRUNX2\t5\t0\n")
    assert read(tmp_path).columns == ["A", "B"]


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(book(README=README, more=[["x"]]))
    with pytest.raises(InputError, match=r'a.xlsx has no table: "README": .*"more": '):
        read(path)
    data = book(counts=COUNTS)
    for damaged in (data[: len(data) // 2], data.replace(b"sheet1", b"sheet9")):
        path.write_bytes(damaged)
        with pytest.raises(
            InputError, match=r"a.xlsx (is damaged|cannot be read as an Excel workbook|.*no sheet is in it)"
        ):
            read(path)
    bomb = io.BytesIO(data)
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/big.xml", bytes(2 * 10**8))
    path.write_bytes(bomb.getvalue())
    with pytest.raises(InputError, match="would unpack to more than 200 times"):
        read(path)


def test_other_zips_are_no_workbooks() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("word/document.xml", "x")
    assert not is_workbook(out.getvalue())
    assert not is_workbook(b"gene\tA\n")


@pytest.mark.parametrize("name", ["a.xlsx", "a.txt"])
@pytest.mark.parametrize(
    ("place", "value"),
    [(6, b"\xd7\x00"), (8, b"\x00\x08"), (30, b"\x05\x00")],  # version, flag of UTF-8, length of what is extra
)
def test_a_damaged_directory_is_one_line(tmp_path: Path, name: str, place: int, value: bytes) -> None:
    data = bytearray(book(counts=COUNTS))
    entry = data.index(b"PK\x01\x02")
    data[entry + place : entry + place + 2] = value
    data[entry + 46] = 0xFF  # no UTF-8
    (tmp_path / name).write_bytes(bytes(data))
    assert is_workbook(bytes(data))
    with pytest.raises(InputError, match=name):
        read(tmp_path / name)
    (tmp_path / name).rename(tmp_path / "GSM1_a.xlsx")
    with pytest.raises(InputError, match="GSM1_a.xlsx"):
        read(tmp_path)

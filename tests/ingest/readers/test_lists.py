"""Lists of features and barcodes: every line stands for a row or column, and only a header is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatescore.ingest.readers._lists import read_list


@pytest.mark.parametrize(
    ("text", "header", "names"),
    [
        ("ENSG1\tRUNX2\nENSG2\tPPARG\n", [], ["ENSG1", "ENSG2"]),
        ("gene_id\tgene_name\nENSG1\tRUNX2\n", ["gene_id", "gene_name"], ["ENSG1"]),
        ("x\nRUNX2\n", ["x"], ["RUNX2"]),
        ("V1\tV2\nENSG1\tRUNX2\n", ["V1", "V2"], ["ENSG1"]),
        ('"","x"\n"1","RUNX2"\n"2","ALPL"\n', ["x"], ["RUNX2", "ALPL"]),
        (",0\n0,RUNX2\n1,ALPL\n", ["0"], ["RUNX2", "ALPL"]),
        ("x\n1\tRUNX2\n2\tALPL\n", ["x"], ["RUNX2", "ALPL"]),
        ("\ufeffRUNX2\r\nALPL\r\n", [], ["RUNX2", "ALPL"]),
        ("574405\tPwwp4b\n574404\tPwwp4a\n", [], ["574405", "574404"]),
        ('"RUNX2","a, b"\n"ALPL","c"\n', [], ["RUNX2", "ALPL"]),
        (f'"RUNX2","{"x" * 200_000}"\n"ALPL","c"\n', [], ["RUNX2", "ALPL"]),  # beyond csv's limit
        ("", [], []),
    ],
)
def test_header_and_numbered_rows(text: str, header: list[str], names: list[str]) -> None:
    listed = read_list(text.encode())
    assert (listed.header, listed.column(0)) == (header, names)


@pytest.mark.parametrize("mark", ["\x0c", "\x85", "\u2028", "\x1c", "\x0b", "\r"])
def test_only_line_feeds_end_lines(mark: str) -> None:
    listed = read_list(f"ENSG1\tA{mark}B\nENSG2\tC\n".encode())
    assert listed.column(1) == [f"A{mark}B", "C"]


def test_blank_lines_count_and_are_told() -> None:
    listed = read_list(b"A\n\nB\n\t\nC\n\n\n")
    assert (listed.column(0), listed.text) == (["A", "", "B", "", "C"], "5 (2 of them blank)")


def test_a_table_of_cells() -> None:
    listed = read_list(b"bc_wells,sample,gene_count\n01_01_01,CT1,7\n01_01_02,OP1,8\n")
    assert listed.barcodes() == ["01_01_01", "01_01_02"]
    table = listed.table()
    assert table is not None
    assert table["sample"].tolist() == ["CT1", "OP1"]
    assert read_list(b"cell_id,barcode\nc1,AA\n").barcodes() == ["c1"]
    assert read_list(b"AA-1\nCC-1\n").table() is None


@given(
    st.lists(st.text(st.characters(exclude_characters='\n\r\t,"', exclude_categories=["Cs"]), min_size=1), min_size=1)
)
def test_no_line_is_lost(names: list[str]) -> None:
    listed = read_list("".join(f"{name}\n" for name in names).encode())
    assert len(listed) + bool(listed.header) == len(names) or not "".join(names).strip()

"""Which line of a text table is its header, and what becomes of those above it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.ingest import read_table
from fatescore.ingest.text_header import split_lines
from fatescore.ingest.text_table import Table

ROWS = [["RUNX2", 11, 0, 3, 5], ["ALPL", 7, 6, 5, 0], ["SP7", 0, 1, 2, 3], ["IBSP", 9, 8, 7, 6], ["PPARG", 1, 2, 0, 4]]
NAMES = ["CT1", "CT2", "OP1", "OP2"]


def table(tmp_path: Path, above: str, separator: str = "\t", header: tuple[str, ...] = ("gene", *NAMES)) -> Table:
    text = "\n".join(separator.join(map(str, row)) for row in [header, *ROWS])
    path = tmp_path / "t.txt.gz"
    path.write_bytes(gzip.compress((above + text + "\n").encode()))
    return read_table(path)


@pytest.mark.parametrize(
    ("above", "separator", "notes"),
    [
        ("Raw counts (made up)\n", "\t", ['line 1 was left out (the header is line 2): "Raw counts (made up)"']),
        ("Table S1: counts, by htseq, of 4\n\n", "\t", ["line 1 was left out (the header is line 3)"]),
        ("Table S1. Counts,,,,\n", ",", ['(the header is line 2): "Table S1. Counts"']),
        ("\tcontrol\tcontrol\tOP\tOP\n", "\t", ['(the header is line 2): "control" at CT1, CT2, "OP" at OP1, OP2']),
        ("group,control,,OP,\n", ",", ['"control" at CT1, "" at CT2, OP2, "OP" at OP1']),
        ("\ta\tb\tc\td\n", "\t", ['"a" at CT1, "b" at CT2']),
        ("age;70;71;80;81\n", ";", ['"70" at CT1']),
        ("Counts\n", "|", ['line 1 was left out (the header is line 2): "Counts"']),
        ("Title: counts\nDate: 2020\n\nBy, a, b\n", ",", ['line 4 was left out (the header is line 5): "By a b"']),
        ("".join(f"!note {n}\n" for n in range(20)), "\t", ['line 20 was left out', "20 lines above the table"]),
        ("[Header]\nGSGX Version\t1.9\nNormalization\tnone\n[Sample Probe Profile]\n", "\t", ["the header is line 5"]),
    ],
)  # fmt: skip
def test_lines_above_the_header_are_noted(above: str, separator: str, notes: list[str], tmp_path: Path) -> None:
    read = table(tmp_path, above, separator)
    assert list(read.data.columns) == NAMES
    assert [[gene, *row] for gene, row in zip(read.data.index, read.data.to_numpy().tolist(), strict=True)] == ROWS
    for note in notes:
        assert any(note in found for found in read.notes), read.notes


def test_groups_below_the_header(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = "".join(",".join(map(str, row)) + "\n" for row in ROWS)
    path.write_text(f"gene,{','.join(NAMES)}\ncondition,control,control,OP,OP\n{rows}")
    read = read_table(path)
    assert list(read.data.columns) == NAMES
    assert len(read.data) == len(ROWS)
    assert read.notes == ['line 2 was left out (the header is line 1): "control" at CT1, CT2, "OP" at OP1, OP2']


def test_two_lines_that_could_be_the_header(tmp_path: Path) -> None:
    above = "cells\tD1\tD2\tD3\tD4\n"
    with pytest.raises(InputError, match=r'lines 1, 2 could each be .*line 2 \("what CT1.*looks most like it.*gene'):
        table(tmp_path, above, header=("what", *NAMES))
    assert list(table(tmp_path, above, header=("gene", *NAMES)).data.columns) == NAMES  # as the advice says
    assert list(table(tmp_path, "", header=("what", *NAMES)).data.columns) == NAMES


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gene\ta\tb\nRUNX2\tn.d.\tn.d.\nALPL\t1\t2\nSP7\t1\t2\n", r'"n.d." in row RUNX2, column a \(line 2\)'),
        ("gene\ta\tb\nRUNX2\t1\t2\t3\nALPL\t1\t2\nSP7\t1\t2\n", "cannot be read as a table"),
        ("gene\ta\tb\nRUNX2\t1\nALPL\t1\t2\nSP7\t1\t2\n", r"the header has 3 cells, the first rows 2, 3, 3"),
        ("no_rRNA\t5\t7\nALPL\t3\t4\nSP7\t3\t4\n", r'has no header: its first line is "no_rRNA"'),
        ("ALPL\t3\t3\nSP7\t3\t4\nRUNX2\t3\t4\n", r'more than once|has no header: its first line is the gene "ALPL"'),
    ],
)
def test_rows_are_never_left_out_as_lines_above(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "t.tsv")


def test_a_file_without_a_header_is_called_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "OP 7.htseq.counts.txt"
    path.write_text("RUNX2\t5\nALPL\t3\n__no_feature\t8\n")
    read = read_table(path)
    assert read.data.to_dict("list") == {"OP 7": [5, 3]}
    assert read.notes == ['the file has no header; its sample is called "OP 7"']


@settings(max_examples=60, deadline=None)
@given(
    above=st.lists(st.text("abc XYZ(),:", min_size=1, max_size=30).filter(lambda text: text.strip()), max_size=5),
    blank=st.integers(0, 2),
    counts=st.lists(st.lists(st.integers(0, 999), min_size=3, max_size=3), min_size=4, max_size=9),
)
def test_every_row_is_kept_and_every_line_above_is_counted(
    above: list[str], blank: int, counts: list[list[int]]
) -> None:
    lines = [
        *above,
        *[""] * blank,
        "gene\ta\tb\tc",
        *("\t".join([f"G{n}", *map(str, row)]) for n, row in enumerate(counts)),
    ]
    found = split_lines("\n".join(lines).encode(), Path("t.tsv"))
    assert found.names == ["gene", "a", "b", "c"]
    assert len(found.rows) == len(counts)
    assert found.numbers == list(range(len(above) + blank + 2, len(lines) + 1))
    assert len(found.notes) == len(above)


def test_wells_are_no_numbers(tmp_path: Path) -> None:
    wells = ("01_01_13", "01_02_13", "02_01_13", "02_02_13")
    assert list(table(tmp_path, "", ",", ("gene", *wells)).data.columns) == list(wells)


def test_a_bar_in_the_names_of_genes_separates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text(
        "".join(f"ENSG{n}|{row[0]}\t{row[1]}\t{row[2]}\n" for n, row in enumerate([["g", "a", "b"], *ROWS]))
    )
    read = read_table(path)
    assert read.data.shape == (5, 2)
    path.write_text("".join(f"ENSG{n}|{row[0]} {row[1]} {row[2]}\n" for n, row in enumerate([["g", "a", "b"], *ROWS])))
    assert read_table(path).data.equals(read.data)


def test_the_name_of_the_index_may_have_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    body = "\n".join(",".join(map(str, row)) for row in ROWS)
    path.write_text(f",CT,CT,OP,OP\n,{','.join(NAMES)}\ngene,,,,\n{body}\n")  # pandas with two levels
    read = read_table(path)
    assert (list(read.data.columns), list(read.data.index)) == (NAMES, [row[0] for row in ROWS])
    path.write_text(f"gene,{','.join(NAMES)}\nTP53,,,,\n{body}\n")
    assert list(read_table(path).data.index) == ["TP53", *(row[0] for row in ROWS)]

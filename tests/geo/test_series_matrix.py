"""The series matrix reader: layout traps."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import FatescoreError, InputError
from fatescore.geo import SeriesMatrix, read_series_matrix

HEAD = """!Series_title\t"A title"
!Series_geo_accession\t"GSE5"
!Series_platform_id\t"GPL7"

!Sample_title\t"one"\t"two"\t"three"
!Sample_geo_accession\t"GSM1"\t"GSM2"\t"GSM3"
"""
BEGIN, END = "!series_matrix_table_begin\n", "!series_matrix_table_end\n"
COLUMNS = '"ID_REF"\t"GSM1"\t"GSM2"\t"GSM3"\n'
ROWS = '"p1"\t1\t2\t3\n"p2"\t4\t5\t6\n'


def read(tmp_path: Path, text: str | bytes) -> SeriesMatrix:
    path = tmp_path / "m.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_series_matrix(path)


def values(matrix: SeriesMatrix) -> pd.DataFrame:
    table = matrix.values  # noqa: PD011
    assert table is not None
    return table


def test_plain(tmp_path: Path) -> None:
    matrix = read(tmp_path, HEAD + BEGIN + COLUMNS + ROWS + END)
    assert matrix.title == "A title"
    assert matrix.platforms == ["GPL7"]
    assert list(matrix.samples["title"]) == ["one", "two", "three"]
    assert values(matrix).to_dict("list") == {"GSM1": [1, 4], "GSM2": [2, 5], "GSM3": [3, 6]}
    assert list(values(matrix).index) == ["p1", "p2"]
    assert matrix.notes == []


@pytest.mark.parametrize("table", [COLUMNS, "", '"ID_REF"\t\n'])
def test_header_only_has_no_values(tmp_path: Path, table: str) -> None:
    matrix = read(tmp_path, HEAD + BEGIN + table + END)
    assert matrix.values is None  # noqa: PD011
    assert list(matrix.samples.index) == ["GSM1", "GSM2", "GSM3"]


def test_first_column_tag(tmp_path: Path) -> None:
    assert list(values(read(tmp_path, HEAD + BEGIN + COLUMNS.replace("ID_REF", "TAG") + ROWS + END)).index) == [
        "p1",
        "p2",
    ]


def test_columns_in_another_order(tmp_path: Path) -> None:
    columns = '"ID_REF"\t"GSM3"\t"GSM1"\t"GSM2"\n'
    table = values(read(tmp_path, HEAD + BEGIN + columns + ROWS + END))
    assert list(table.columns) == ["GSM1", "GSM2", "GSM3"]
    assert list(table.loc["p1"]) == [2, 3, 1]


def test_characteristics_go_by_key(tmp_path: Path) -> None:
    lines = (
        '!Sample_characteristics_ch1\t"age: 80"\t"diagnosis: OP"\t"Age: 81"\n'
        '!Sample_characteristics_ch1\t""\t"age: 79"\t"note: a: b=c"\n'
        '!Sample_characteristics_ch1\t"note: x"\t"note: y"\t"note: z"\n'
        '!Sample_characteristics_ch2\t"age: 1"\t""\t""\n'
    )
    samples = read(tmp_path, HEAD + lines + BEGIN + COLUMNS + ROWS + END).samples
    assert list(samples["characteristics: age"]) == ["80", "79", "81"]
    assert list(samples["characteristics: diagnosis"]) == ["", "OP", ""]
    assert list(samples["characteristics: note"]) == ["x", "y", "a: b=c | z"]
    assert list(samples["characteristics_ch2: age"]) == ["1", "", ""]


def test_repeated_fields_are_joined(tmp_path: Path) -> None:
    lines = '!Sample_relation\t"a"\t"b"\t"c"\n!Sample_relation\t"d"\t""\t"c"\n'
    assert list(read(tmp_path, HEAD + lines + BEGIN + COLUMNS + ROWS).samples["relation"]) == ["a | d", "b", "c"]


def test_line_breaks_in_metadata(tmp_path: Path) -> None:
    lines = '!Sample_protocol\t"a\rb"\t"c"\t"d"\n!Series_summary\t"first\nsecond"\n'
    matrix = read(tmp_path, lines + HEAD + BEGIN + COLUMNS + ROWS + END)
    assert matrix.samples["protocol"].iloc[0] == "a b"
    assert matrix.series["summary"] == ["first second"]


def test_missing_values_only_in_the_table(tmp_path: Path) -> None:
    rows = '"NA"\tNA\tnull\t3\n"null"\t\tNULL\tNull\n"p3"\t1e-3\t"2.5"\tNaN\n'
    title = HEAD.replace('"one"', '"NA"')
    matrix = read(tmp_path, title + BEGIN + COLUMNS + rows + END)
    assert list(values(matrix).index) == ["NA", "null", "p3"]
    assert values(matrix).notna().to_numpy().tolist() == [[False, False, True], [False] * 3, [True, True, False]]
    assert matrix.samples["title"].iloc[0] == "NA"


def test_blanks_around_values(tmp_path: Path) -> None:
    rows = '"p1" \t 1 \t NA \t  3\np2\tnull \t 2.5\t \n'
    table = values(read(tmp_path, HEAD + BEGIN + COLUMNS + rows + END))
    assert list(table.index) == ["p1", "p2"]
    np.testing.assert_array_equal(table, [[1, np.nan, 3], [np.nan, 2.5, np.nan]])


def test_carriage_returns_begin_no_row(tmp_path: Path) -> None:
    rows = "p1\t1\t\r\t3\np2\t4\t5\tnull"
    table = values(read(tmp_path, HEAD + BEGIN + COLUMNS + rows))
    assert list(table.index) == ["p1", "p2"]
    np.testing.assert_array_equal(table, [[1, np.nan, 3], [4, 5, np.nan]])


def test_a_thousand_blanks_before_the_first_value(tmp_path: Path) -> None:
    rows = "".join(f'"p{n}"\t1\t\t2\n' for n in range(3000)) + '"q"\t1\t7.5\t2\n'
    table = values(read(tmp_path, HEAD + BEGIN + COLUMNS + rows + END))
    assert table["GSM2"].dtype == np.float64
    assert table.loc["q", "GSM2"] == 7.5


def test_ids_that_look_like_numbers_stay_text(tmp_path: Path) -> None:
    rows = "007\t1\t2\t3\n1e5\t1\t2\t3\nAb\t1\t2\t3\nab\t1\t2\t3\n"
    assert list(values(read(tmp_path, HEAD + BEGIN + COLUMNS + rows + END)).index) == ["007", "1e5", "Ab", "ab"]


def test_latin_1(tmp_path: Path) -> None:
    text = HEAD.replace("one", "37 °C µ") + BEGIN + COLUMNS + ROWS.replace("p1", "pµ") + END
    matrix = read(tmp_path, text.encode("latin-1"))
    assert matrix.samples["title"].iloc[0] == "37 °C µ"
    assert values(matrix).index[0] == "pµ"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (HEAD + BEGIN + COLUMNS + ROWS, "table_end"),
        (HEAD + COLUMNS + ROWS + END, "table_begin"),
        (HEAD + BEGIN + BEGIN + COLUMNS + ROWS + END, ""),
        (HEAD + BEGIN + COLUMNS + BEGIN + COLUMNS + ROWS + END, ""),
        ((HEAD + BEGIN + COLUMNS + ROWS + BEGIN + COLUMNS).replace("\n", "\r\n").rstrip(), "table_end"),
        ((HEAD + BEGIN + COLUMNS + ROWS + END).replace("\n", "\r\n"), ""),
        ((HEAD + BEGIN + COLUMNS + ROWS + END).replace("\n", "\r"), ""),
        (HEAD + BEGIN + COLUMNS + ROWS.replace("\n", "\t\n") + END, ""),
        (HEAD + BEGIN + COLUMNS.replace('"', "") + "\n" + ROWS + "\n\n" + END, ""),
    ],
)
def test_markers_and_line_ends(tmp_path: Path, text: str, note: str) -> None:
    matrix = read(tmp_path, text)
    assert values(matrix).to_numpy().tolist() == [[1, 2, 3], [4, 5, 6]]
    assert (note in " ".join(matrix.notes)) if note else matrix.notes == []


def test_ten_thousand_columns_take_no_time(tmp_path: Path) -> None:
    names = "\t".join(f"GSM{k}" for k in range(10_000))
    start = time.monotonic()
    matrix = read(tmp_path, f"!Sample_geo_accession\t{names}\nID_REF\t{names}\np1" + "\t1" * 10_000)
    assert values(matrix).shape == (1, 10_000)
    assert time.monotonic() - start < 5


def test_quotes_inside_values(tmp_path: Path) -> None:
    lines = '!Sample_kit\t"5" plate"\t"3\' kit"\t"say ""hi"""\n!Sample_odd\t"a\tb"\t"c"\t"d"\n'
    samples = read(tmp_path, HEAD + lines + BEGIN + COLUMNS + ROWS + END).samples
    assert samples["kit"].iloc[2] == 'say "hi"'
    assert samples["kit"].iloc[1] == "3' kit"
    assert samples["odd"].iloc[0] == "a\tb"


def test_a_line_that_cannot_be_placed_is_left_out_and_noted(tmp_path: Path) -> None:
    matrix = read(tmp_path, HEAD + '!Sample_sex\t"f"\t"m"\n' + BEGIN + COLUMNS + ROWS + END)
    assert "sex" not in matrix.samples
    assert matrix.notes == ["!Sample_sex has 2 values for 3 samples and was left out"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + BEGIN + COLUMNS + '"p1"\t1\t2,5\t3\n' + END, '"2,5" in row p1, column GSM2'),
        (HEAD + BEGIN + COLUMNS + '"p1"\t1\tabsent\t3\n' + END, '"absent" in row p1, column GSM2'),
        (HEAD + BEGIN + COLUMNS + ROWS + '"p3"\t1\t2\t3\t4\n' + END, "row p3 has 5 cells"),
        (HEAD + BEGIN + COLUMNS + '"p1\t1\t2\t3\n"p2"\t4\t5\t6\n' + END, "a quote that is not closed in row p1"),
        (HEAD + BEGIN + COLUMNS.replace("GSM3", "GSM9") + ROWS + END, "column GSM9 that is none of its samples"),
        (HEAD + BEGIN + COLUMNS.replace("GSM3", "GSM2") + ROWS + END, "column GSM2 twice"),
        ("hello\nworld\n", "no !Sample_geo_accession"),
        ("", "no !Sample_geo_accession"),
    ],
)
def test_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        read(tmp_path, text)


def test_damaged_gzip(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path, gzip.compress((HEAD + BEGIN + COLUMNS + ROWS + END).encode())[:-12])
    with pytest.raises(InputError, match="cannot be read"):
        read_series_matrix(tmp_path / "absent.txt.gz")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_only_our_own_errors(data: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A valid file with bytes removed, doubled or replaced is read or refused, never a crash."""
    raw = bytearray((HEAD + '!Sample_characteristics_ch1\t"a: b"\t"c"\t""\n' + BEGIN + COLUMNS + ROWS + END).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 9))] = data.draw(
            st.sampled_from([b"", b'"', b"\t", b"\n", b"\r", b"\xff", b"!", b"\0"])
        )
    path = tmp_path_factory.mktemp("m") / "m.txt"
    path.write_bytes(bytes(raw))
    try:
        read_series_matrix(path)
    except FatescoreError as error:
        assert "\n" not in str(error)  # noqa: PT017


def test_osteoporosis_arrays(real_data: Path) -> None:
    matrix = read_series_matrix(real_data / "geo/series/GSE35nnn/GSE35958/matrix/GSE35958_series_matrix.txt.gz")
    samples = matrix.samples
    assert values(matrix).shape == (22_189, 9)
    assert samples["title"].str.contains("osteopo").tolist() == [False] * 4 + [True] * 5
    assert samples["characteristics: diagnosis"].tolist() == [""] * 4 + ["primary osteoporosis"] * 5
    assert set(samples["characteristics: tissue"]) == {"bone marrow"}
    assert samples["characteristics: passage"].str[-1].tolist() == list("111111211")
    ages = samples["title"].str.extract(r"_(\d+)yrs")[0]
    assert (
        samples["characteristics: age"].str.startswith(tuple(ages)) & (samples["characteristics: age"].str[:2] == ages)
    ).all()
    plain = pd.read_csv(real_data / "gse35958/expression_log2.tsv.gz", sep="\t", index_col=0, keep_default_na=False)
    pd.testing.assert_frame_equal(values(matrix), plain.astype(float), check_names=False)


def test_real_header_only(real_data: Path) -> None:
    matrix = read_series_matrix(real_data / "geo/series/GSE99nnn/GSE99709/matrix/GSE99709_series_matrix.txt.gz")
    assert matrix.values is None  # noqa: PD011
    assert matrix.samples.shape[0] == 12
    assert matrix.samples["characteristics: treated with"].value_counts().to_dict() == {
        "Vehicle": 6,
        "100ng/ul CNTF": 6,
    }

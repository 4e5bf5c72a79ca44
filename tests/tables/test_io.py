"""Tables are read and written in the same bytes, and nothing in them is lost or run."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.tables import CONTRASTS
from fatescore.tables import io as tables_io


def test_tables_round_trip_in_the_same_bytes(tmp_path: Path) -> None:
    name = "t.tsv"
    table = pd.DataFrame({"sample": ["007", "NAIVE"], "fate_bias": [1 / 3, None]})
    tables_io.write_tsv(tmp_path / name, table)
    first = (tmp_path / name).read_bytes()
    tables_io.write_tsv(tmp_path / name, table)
    assert (tmp_path / name).read_bytes() == first
    again = tables_io.read_tsv(tmp_path / name)
    pd.testing.assert_frame_equal(again, table, rtol=1e-9)


def test_missing_and_empty_tables(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        tables_io.read_tsv(tmp_path / "no.tsv")
    (tmp_path / "empty.tsv").touch()
    assert tables_io.read_tsv(tmp_path / "empty.tsv").empty


def test_names_that_pandas_takes_for_gaps_survive(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "donor": ["NA", "nan", None],
            "control": ["NA", "1", "2"],
            "treatment": ["None", "drug", "drug"],
            "age": [1.5, None, 3],
        }
    )
    tables_io.write_tsv(tmp_path / "t.tsv", table)
    again = tables_io.read_tsv(tmp_path / "t.tsv")
    assert again["donor"].tolist()[:2] == ["NA", "nan"]
    assert again["donor"].isna().tolist() == [False, False, True]
    assert again["treatment"].tolist() == ["None", "drug", "drug"]
    assert again["control"].tolist() == ["NA", "1", "2"]
    assert again["age"].dtype == float


def test_a_text_table_keeps_every_cell_and_line_number(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes('\ufeff# a comment\r\nsample\tdrug\t\r\n\r\nGSM#1\t no. #2 \t\r\n\t\t\r\n"a ""b"""\r\n'.encode())
    table = tables_io.read_text_table(path, "a table")
    assert table.to_dict("index") == {4: {"sample": "GSM#1", "drug": "no. #2"}, 6: {"sample": 'a "b"', "drug": ""}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\ta\n1\t2\n", 'column "a" stands twice'),
        (b"a\tb\n1\t2\n3\t4\t5\n", 'row 3: "5" stands in column 3, which has no name; expected 2 cells'),
        (b"a\t\n1\t2\n", 'row 2: "2" stands in column 2'),
        (b'a\tb\n"1\t2\n', "row 2: unexpected end of data"),
        (b"a\n\xff\n", "is not UTF-8 text"),
        (b"\n# x\n", "is empty"),
    ],
)
def test_a_text_table_that_is_wrong(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "t.tsv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        tables_io.read_text_table(tmp_path / "t.tsv", "a table")


def test_a_table_without_columns_is_read_back(tmp_path: Path) -> None:
    tables_io.write_tsv(tmp_path / "none.tsv", pd.DataFrame())
    assert tables_io.read_tsv(tmp_path / "none.tsv").empty
    tables_io.write_tsv(tmp_path / "bare.tsv", pd.DataFrame({"a": []}))
    assert tables_io.read_tsv(tmp_path / "bare.tsv").columns.tolist() == ["a"]


# What a cell can hold; a NUL, which no text of a table has, ends it for pandas.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1) | st.text(
    "=+-@'\t\r\n1.e\"", min_size=1
)


@settings(deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5), name=TEXTS, category=st.booleans())
@example(texts=["=cmd()", "'=cmd()", "''=cmd()", "'", "-", "+", "\r=x", "a\r=x", "＝x"], name="=x", category=True)
def test_any_text_comes_back_and_none_is_a_formula(texts: list[str], name: str, category: bool) -> None:
    column = f"{name}."
    table = pd.DataFrame({"sample": texts, column: "a", "n": 0.5}).astype(
        {"sample": "category" if category else object}
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.tsv"
        tables_io.write_tsv(path, table)
        again = tables_io.read_tsv(path)
        with path.open(encoding="utf-8", newline="") as stream:
            written = list(csv.reader(stream, delimiter="\t"))
    assert again["sample"].tolist() == texts
    assert again.columns.tolist() == ["sample", column, "n"]
    assert again["n"].tolist() == [0.5] * len(texts)
    assert len(written) == len(texts) + 1
    for cell in (cell for row in written for cell in row):
        assert not cell.startswith(("=", "@", "\t", "\r")), cell
        assert not cell.startswith(("+", "-")) or cell in ("+", "-") or isinstance(float(cell), float)


def test_numbers_and_signs_are_written_as_they_are(tmp_path: Path) -> None:
    table = pd.DataFrame({"expected": ["+", "-", "-0.5", "+1e-5"], "difference": [-1.5, -2, None, float("-inf")]})
    tables_io.write_tsv(tmp_path / "t.tsv", table)
    assert (tmp_path / "t.tsv").read_text() == "expected\tdifference\n+\t-1.5\n-\t-2\n-0.5\t\n+1e-5\t-inf\n"


def test_a_table_that_is_written_is_not_changed(tmp_path: Path) -> None:
    table = pd.DataFrame({"=a": ["=b", 1, None]})
    tables_io.write_tsv(tmp_path / "t.tsv", table)
    assert table.to_dict("list") == {"=a": ["=b", 1, None]}
    assert (tmp_path / "t.tsv").read_text() == "'=a\n'=b\n1\n\"\"\n"


def test_a_draft_is_read_back_as_it_was(tmp_path: Path) -> None:
    tables_io.write_tsv(tmp_path / "samples.tsv", pd.DataFrame({"sample": ["=cmd()", "'=x", "-"], "+f": "a"}))
    table = tables_io.read_text_table(tmp_path / "samples.tsv", "a table")
    assert table.to_dict("list") == {"sample": ["=cmd()", "'=x", "-"], "+f": ["a"] * 3}


def test_a_table_read_as_text_is_written_as_it_was(tmp_path: Path) -> None:
    table = pd.DataFrame({"kit": ["007", "=x", "NA", "-1", ""], "n": [1 / 3, -1e-30, float("-inf"), None, 5]})
    tables_io.write_tsv(tmp_path / "t.tsv", table)
    text = tables_io.read_tsv(tmp_path / "t.tsv", as_text=True)
    assert text["kit"].tolist() == ["007", "=x", "NA", "-1", ""]
    assert text["n"].tolist() == ["0.3333333333", "-1e-30", "-inf", "", "5"]
    tables_io.write_tsv(tmp_path / "again.tsv", text)
    assert (tmp_path / "again.tsv").read_bytes() == (tmp_path / "t.tsv").read_bytes()


def test_a_parquet_table_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with pytest.raises(InputError, match="does not exist"):
        tables_io.read_parquet(path, "cells")
    path.write_text("")
    assert tables_io.read_parquet(path, "cells", columns=["a"]).shape == (0, 0)
    path.write_text("no")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        tables_io.read_parquet(path, "cells")
    pd.DataFrame({"a": [1], "b": [2]}).to_parquet(path)
    assert list(tables_io.read_parquet(path, "cells", columns=["b"])) == ["b"]


def test_declared_texts_stay_text_and_numbers_numbers(tmp_path: Path) -> None:
    table = CONTRASTS.frame([{"dataset": "520", "case": "1e5", "note": "", "n_case": 3, "ordered": True}])
    tables_io.write_tsv(tmp_path / "contrasts.tsv", table)
    again = tables_io.read_tsv(tmp_path / "contrasts.tsv")
    assert again.loc[0, ["dataset", "case", "n_case", "ordered"]].tolist() == ["520", "1e5", 3, True]
    assert again["note"].isna().all()
    (tmp_path / "contrasts.tsv").rename(tmp_path / "mine.tsv")  # under another name its columns are still known
    assert tables_io.read_tsv(tmp_path / "mine.tsv")["dataset"].tolist() == ["520"]

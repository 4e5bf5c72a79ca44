"""Columns and tables: names that mean something, and checks of what is read."""

from __future__ import annotations

import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.tables import CONTRASTS, QC_METRICS, SAMPLE_SCORES, Column, Kind, Table

TABLE = Table(
    "t", "score", (Column("a", Kind.NAME, "", "A", "First"), Column("fraction_<type>", Kind.NUMBER, "0 to 1")), "a row"
)


def test_a_column_is_its_name_and_keeps_its_meaning() -> None:
    column = Column("n_case", Kind.WHOLE, "donors", "", "Donors")
    assert column == "n_case"
    assert pd.DataFrame({"n_case": [3]})[column].tolist() == [3]
    assert column.label == "n case"
    other = column.means("Pairs", unit="pairs")
    assert (other, other.kind, other.unit, other.meaning) == ("n_case", Kind.WHOLE, "pairs", "Pairs")
    assert column.means("None", unit="").unit == ""


def test_an_open_name_stands_for_what_it_leaves_open() -> None:
    assert SAMPLE_SCORES.column("set:notch") == "set:<gene set>"
    assert QC_METRICS.column("fraction_muscle") == "fraction_<cell type>"
    assert QC_METRICS.column("fraction_doublet") == "fraction_doublet"
    assert Column("<field>").is_open
    assert not Column("a < b").is_open
    for name in ("set:", "fate_bais"):
        assert SAMPLE_SCORES.column(name) is None


def test_a_frame_has_exactly_the_named_columns() -> None:
    assert (TABLE.file, TABLE.names) == ("t.tsv", ["a"])
    assert TABLE.frame([{"a": 1, "b": 2}]).to_dict("list") == {"a": [1]}
    assert list(CONTRASTS.frame().columns) == CONTRASTS.names


def test_a_table_that_lacks_columns_is_refused() -> None:
    TABLE.check(pd.DataFrame({"a": []}), "x.tsv")
    TABLE.check(pd.DataFrame(), "x.tsv")  # of a data set that stopped
    with pytest.raises(InputError, match=r"x.tsv has no column a; expected t.tsv, written by the step score"):
        TABLE.check(pd.DataFrame({"b": []}), "x.tsv")
    with pytest.raises(InputError, match="no column b, c"):
        TABLE.check(pd.DataFrame({"a": []}), "x.tsv", ["a", "b", "c"])
    with pytest.raises(InputError, match="no column sample"):  # only the required ones
        SAMPLE_SCORES.check(pd.DataFrame(columns=list({*SAMPLE_SCORES.required} - {"sample"})), "x.tsv")

"""Notes and names come back from a cell as they were, whatever their texts are."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fatescore.tables import Note, join_names, join_notes, parse_notes, split_names
from fatescore.tables.codes import NoteCode
from fatescore.tables.io import read_tsv, write_tsv

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.text("%;:=,|\t\n\r aB2C=+-@'\"")
NAME = TEXT.filter(bool)
SEVERAL = st.lists(TEXT, min_size=2, max_size=4).map(tuple)
NOTE = st.builds(Note, NAME, st.dictionaries(NAME, TEXT | SEVERAL, max_size=3))


@given(st.lists(NOTE, max_size=4))
def test_any_notes_come_back(notes: list[Note]) -> None:
    text = join_notes(notes)
    assert parse_notes(text) == notes
    assert join_notes(parse_notes(text)) == text
    assert not set(text) & set("\t\n\r")


@given(st.lists(NAME, max_size=4))
@example(["%3B", "a%2Cb", "%"])  # which look encoded
def test_any_names_come_back(names: list[str]) -> None:
    assert split_names(join_names(names)) == names


@settings(deadline=None, max_examples=50)
@given(st.lists(NOTE, min_size=1, max_size=3), st.lists(NAME, min_size=1, max_size=3))
def test_they_survive_a_file(notes: list[Note], names: list[str]) -> None:
    table = pd.DataFrame({"note": [join_notes(notes), ""], "datasets": [join_names(names), ""]})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "meta.tsv"
        write_tsv(path, table)
        again = read_tsv(path)
    assert [parse_notes(text) for text in again["note"]] == [notes, []]
    assert [split_names(text) for text in again["datasets"]] == [names, []]


@given(st.floats(-1e300, 1e300), st.integers())
def test_numbers_keep_ten_digits(value: float, count: int) -> None:
    (note,) = parse_notes(str(Note("n", {"value": value, "count": count, "flag": True})))
    assert note.number("value") == pytest.approx(value, rel=1e-9)
    assert note.values == {"value": f"{value:.10g}", "count": str(count), "flag": "True"}  # noqa: PD011
    assert math.isnan(note.number("other"))


def test_values_are_asked_for_as_names_whatever_was_written() -> None:
    note = Note(NoteCode.CONFOUNDED, {"dataset": "A", "fields": ["kit"], "n": 3, "none": []})
    (again,) = parse_notes(str(note))
    for one in (note, again):
        assert one.code == NoteCode.CONFOUNDED
        assert [one.names(key) for key in ("dataset", "fields", "n", "none", "other")] == [
            ("A",), ("kit",), ("3",), (), (),
        ]  # fmt: skip


@pytest.mark.parametrize("cell", [None, math.nan, "", 3])
def test_a_cell_without_text_has_none(cell: object) -> None:
    assert parse_notes(cell) == split_names(cell) == []

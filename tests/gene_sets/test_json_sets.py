"""Gene sets as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fatescore import gene_sets
from fatescore.errors import InputError
from fatescore.gene_sets import json_sets
from fatescore.gene_sets.json_sets import read_json_sets, write_json_sets

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r"), min_size=1).filter(
    lambda name: bool(name.strip())
)
numbers = st.floats(allow_nan=False, allow_infinity=False).filter(bool)
sets_of_weights = st.dictionaries(
    names, st.dictionaries(names, numbers, min_size=1, max_size=5), min_size=1, max_size=4
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(sets_of_weights)
def test_round_trip_keeps_every_bit_and_the_order(tmp_path: Path, sets: dict[str, dict[str, float]]) -> None:
    path = tmp_path / "sets.json"
    write_json_sets(sets, path)
    back = read_json_sets(path)
    assert [(name, [*genes.items()]) for name, genes in back.items()] == [
        (name, [*genes.items()]) for name, genes in sets.items()
    ]
    assert gene_sets.as_weights(path) == sets


def test_the_schema_is_valid() -> None:
    Draft202012Validator.check_schema(json_sets._schema())


def test_lists_take_signs_and_maps_take_names_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text('\ufeff{"a": ["RUNX2", "PPARG-"], "b": {"PPARG-": 2}}', encoding="utf-8")
    assert read_json_sets(path) == {"a": {"RUNX2": 1.0, "PPARG": -1.0}, "b": {"PPARG-": 2.0}}


@pytest.mark.parametrize("organism", ["human", "mouse"])
def test_the_review_comes_back_with_its_weights(tmp_path: Path, organism: str) -> None:
    sets = gene_sets.load(organism=organism)
    write_json_sets(sets, tmp_path / "s.json")
    assert read_json_sets(tmp_path / "s.json") == sets
    assert any(abs(weight) != 1 for genes in sets.values() for weight in genes.values()) == (organism == "mouse")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", r"\[\] is not a map"),
        ("{}", "it is empty"),
        ('{"bone": []}', 'set "bone": it is empty'),
        ('{"bone": {}}', 'set "bone": it is empty'),
        ('{"bone": "RUNX2"}', 'set "bone": "RUNX2" is not a list or a map'),
        ('{"bone": {"RUNX2": "1"}}', 'set "bone", gene "RUNX2": "1" is not a number'),
        ('{"bone": {"RUNX2": true}}', 'set "bone", gene "RUNX2": true is not a number'),
        ('{"bone": {"RUNX2": 0}}', 'set "bone", gene "RUNX2": the weight is 0'),
        ('{"bone": {"RUNX2": -0.0}}', 'set "bone", gene "RUNX2": the weight is 0'),
        ('{"bone": {"RUNX2": NaN}}', "a weight is NaN"),
        ('{"bone": {"RUNX2": 1e999}}', 'set "bone", gene "RUNX2": the weight is infinite'),
        ('{"bone": {"RUNX2": 1' + "0" * 400 + "}}", "the weight is infinite"),
        ('{"bone": {"RUNX2": 1, "RUNX2": 2}}', '"RUNX2" stands twice'),
        ('{"bone": ["SP7"], "bone": ["SP7"]}', '"bone" stands twice'),
        ('{"bone": ["SP7", 7]}', 'set "bone", entry 2: 7 is not text'),
        ('{"bone": ["SP7", "SP7-"]}', '"bone" holds SP7 with both signs'),
        ('{" ": ["SP7"]}', '" " is no name'),
        ('{"bone": {"": 1}}', 'set "bone": "" is no name'),
    ],
)
def test_errors_name_the_set_and_the_gene_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        read_json_sets(path)
    assert "s.json" in str(error.value)
    assert "\n" not in str(error.value)


def test_what_cannot_be_read_back_is_not_written(tmp_path: Path) -> None:
    for sets in ({"a\tb": ["SP7"]}, {"s": {"SP7": float("inf")}}, {"s": []}):
        with pytest.raises(InputError):
            write_json_sets(sets, tmp_path / "s.json")
    assert not list(tmp_path.iterdir())


def test_absent_file_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        gene_sets.as_weights(tmp_path / "no.json")
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is not JSON"):
        gene_sets.as_weights(tmp_path / "b.json")


def test_other_readers_agree(tmp_path: Path) -> None:
    write_json_sets({"b": {"β": 0.1}, "a": ["SP7-"]}, tmp_path / "s.json")
    assert json.loads((tmp_path / "s.json").read_bytes()) == {"b": {"β": 0.1}, "a": {"SP7": -1.0}}

"""Gene sets as GMT and as JSON."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fatescore import gene_sets, organisms
from fatescore.errors import InputError
from fatescore.gene_sets import read_json_sets, write_json_sets

names = st.text("ABCxyz 019_.+-\u2028\x0bβ", min_size=1, max_size=8).map(str.strip).filter(bool)
weights = st.dictionaries(names, st.sampled_from([1.0, -1.0]), min_size=1, max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(st.dictionaries(names, weights, min_size=1, max_size=4), st.text("ab -+", max_size=5))
def test_round_trip(tmp_path: Path, sets: dict[str, dict[str, float]], description: str) -> None:
    path = tmp_path / "sets.gmt"
    gene_sets.write_gmt(sets, path, description=description)
    back = gene_sets.as_weights(path)
    assert back == sets
    assert [*back] == [*sets]
    assert [list(genes) for genes in back.values()] == [list(genes) for genes in sets.values()]


def test_the_size_of_weights_is_not_kept_but_the_sign_is(tmp_path: Path) -> None:
    gene_sets.write_gmt({"s": {"RUNX2": 0.25, "PPARG": -3}}, tmp_path / "s.gmt", description={"s": "mine"})
    assert (tmp_path / "s.gmt").read_bytes() == b"s\tmine\tRUNX2\tPPARG-\n"


def test_a_file_of_windows_with_a_mark_reads_the_same(tmp_path: Path) -> None:
    (tmp_path / "s.gmt").write_bytes(b"\xef\xbb\xbfbone\t\tRUNX2\tSP7\t\r\n\r\nfat\thttp://x\tPPARG\r\n")
    assert gene_sets.read_gmt(tmp_path / "s.gmt") == {"bone": ["RUNX2", "SP7"], "fat": ["PPARG"]}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.gmt", "bone \t\t RUNX2\tSP7\n"),
        ("s.txt", "bone\t\tRUNX2\tSP7\t\n"),  # as Enrichr writes GMT
        ("s.json", '{"bone ": [" RUNX2", "SP7"]}'),
    ],
)
def test_a_packed_file_reads_as_the_plain_one(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    plain = gene_sets.as_weights(tmp_path / name)
    assert plain == gene_sets.as_weights(str(tmp_path / f"{name}.gz")) == {"bone": {"RUNX2": 1.0, "SP7": 1.0}}


def test_blanks_do_not_separate_genes(tmp_path: Path) -> None:
    path = tmp_path / "sets.gmt"
    path.write_text("bone RUNX2 SP7\n")
    with pytest.raises(InputError, match="line 1: no genes.*tabs"):
        gene_sets.read_gmt(path)


@pytest.mark.parametrize("sets", [{"a\tb": ["SP7"]}, {"s": ["SP\n7"]}, {"s": {"SP\r7": 1.0}}, {" ": ["SP7"]}])
def test_what_would_break_the_lines_is_not_written(tmp_path: Path, sets: dict) -> None:
    with pytest.raises(InputError, match="tabs and line breaks"):
        gene_sets.write_gmt(sets, tmp_path / "s.gmt")
    assert not list(tmp_path.iterdir())


def test_a_description_that_would_break_the_line_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its description holds a tab or line break"):
        gene_sets.write_gmt({"s": ["SP7"]}, tmp_path / "s.gmt", description="a\tb")
    assert not list(tmp_path.iterdir())


# ---- JSON -----------------------------------------------------------------------------------------------------

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\u200b\u2060\ufeff")
json_names = st.text(characters, min_size=1).filter(lambda name: name == name.strip())
numbers = st.floats(allow_nan=False, allow_infinity=False).filter(bool)
sets_of_weights = st.dictionaries(
    json_names, st.dictionaries(json_names, numbers, min_size=1, max_size=5), min_size=1, max_size=4
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
@given(sets_of_weights)
def test_json_keeps_every_bit_and_the_order(tmp_path: Path, sets: dict[str, dict[str, float]]) -> None:
    path = tmp_path / "sets.json"
    write_json_sets(sets, path)
    back = read_json_sets(path)
    assert [(name, [*genes.items()]) for name, genes in back.items()] == [
        (name, [*genes.items()]) for name, genes in sets.items()
    ]
    assert gene_sets.as_weights(path) == sets


def test_lists_take_signs_and_maps_take_names_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text('\ufeff{"a": ["RUNX2", "PPARG-"], "b": {"PPARG-": 2}}', encoding="utf-8")
    assert read_json_sets(path) == {"a": {"RUNX2": 1.0, "PPARG": -1.0}, "b": {"PPARG-": 2.0}}


@pytest.mark.parametrize("organism", organisms.names())
def test_the_review_comes_back_with_its_weights(tmp_path: Path, organism: str) -> None:
    sets = gene_sets.load(organism=organism)
    write_json_sets(sets, tmp_path / "s.json")
    assert read_json_sets(tmp_path / "s.json") == sets
    assert any(abs(weight) != 1 for genes in sets.values() for weight in genes.values()) == (organism != "human")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "no gene set was given"),
        ("{}", "no gene set was given"),
        ('{"bone": []}', 'set "bone" is empty'),
        ('{"bone": {}}', 'set "bone" is empty'),
        ('{"bone": "RUNX2"}', 'set "bone" is one string'),
        ('{"bone": {"RUNX2": "1"}}', "set \"bone\" has the weight '1' for RUNX2"),
        ('{"bone": {"RUNX2": true}}', 'set "bone" has the weight True for RUNX2'),
        ('{"bone": {"RUNX2": 0}}', 'set "bone" has the weight 0 for RUNX2'),
        ('{"bone": {"RUNX2": -0.0}}', 'set "bone" has the weight -0.0 for RUNX2'),
        ('{"bone": {"RUNX2": NaN}}', "the weight nan for RUNX2"),
        ('{"bone": {"RUNX2": 1e999}}', 'set "bone" has the weight inf for RUNX2'),
        ('{"bone": {"RUNX2": 1' + "0" * 400 + "}}", "the weight 1000000"),
        ('{"bone": {"RUNX2": 1, "RUNX2": 2}}', '"RUNX2" is repeated'),
        ('{"bone": ["SP7"], "bone": ["SP7"]}', '"bone" is repeated'),
        ('{"bone": ["SP7", 7]}', 'set "bone": 7 is not a name'),
        ('{"bone": ["SP7", "SP7-"]}', '"bone" holds SP7 with both signs'),
        ('{" ": ["SP7"]}', "' ' is not a name"),
        ('{"bone": {"": 1}}', 'set "bone" is empty'),
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

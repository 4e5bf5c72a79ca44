"""The catalogue against what was fetched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fatescore import catalogue
from fatescore.catalogue import Entry, Fact
from fatescore.ingest.facts import check

CONDITION = {"field": "title", "values": {"control": "ctrl", "osteoporosis": "op"}}
ENTRY = Entry("GSE5", "", "M", {}, {"condition": CONDITION, "donor": {"field": "age"}}, (), (), {})


def judged(folder: Path, entry: Entry = ENTRY, **expected: object) -> dict[str, bool | None]:
    entry = replace(entry, facts=tuple(Fact(name, value) for name, value in expected.items()))
    return {checked.fact.name: checked.holds for checked in check(entry, folder)}


def test_facts_that_hold(series: Callable[..., Path]) -> None:
    folder = series(**{"GSE5_counts.tsv.gz": b"x"})
    facts = {
        "platforms": ["GPL7"],
        "n_samples": 4,
        "values_in_matrix": True,
        "conditions": {"control": 2, "osteoporosis": 2},
        "donors": {"control": 2, "osteoporosis": 2},
        "files": ["GSE5_*.tsv.gz"],
    }
    assert judged(folder, **facts) == dict.fromkeys(facts, True)
    assert judged(folder, organism="Homo sapiens", scale="log2") == {"organism": None, "scale": None}


@pytest.mark.parametrize(
    ("name", "expected", "found"),
    [
        ("platforms", ["GPL8"], "GPL7"),
        ("n_samples", 5, "4"),
        ("values_in_matrix", False, "yes"),
        ("conditions", {"control": 4}, "2 control, 2 osteoporosis"),
        ("donors", {"control": 1, "osteoporosis": 2}, "2 control, 2 osteoporosis"),
        ("files", ["*_RAW.tar", "GSE5_*"], "GSE5_counts.tsv.gz"),
    ],
)
def test_a_difference_is_reported(series: Callable[..., Path], name: str, expected: object, found: str) -> None:
    folder = series(**{"GSE5_counts.tsv.gz": b"x"})
    (checked,) = check(replace(ENTRY, facts=(Fact(name, expected),)), folder)
    assert checked.holds is False
    assert str(checked).startswith(f"{name}: the catalogue says ")
    assert str(checked).endswith(f"(which nobody had seen), GEO has {found}")


def test_a_pattern_that_does_not_fit_is_a_difference(series: Callable[..., Path]) -> None:
    entry = replace(ENTRY, patterns={"condition": {"field": "title", "values": {"control": "ctrl"}}})
    (checked,) = check(replace(entry, facts=(Fact("conditions", {"control": 2}, "a paper"),)), series())
    assert "seen in a paper" in str(checked)
    assert 'sample GSM3 of "GSE5", column condition: "op-1" does not fit' in str(checked)


def test_nothing_is_judged_without_a_matrix(tmp_path: Path) -> None:
    assert judged(tmp_path, n_samples=3) == {"n_samples": None}


@pytest.mark.realdata
def test_the_catalogue_on_the_osteoporosis_series(real_data: Path, tmp_path: Path) -> None:
    from fatescore.geo import fetch

    folder = fetch("GSE35958", tmp_path, base_url=(real_data / "geo").as_uri(), what="matrix").folder
    holds = {checked.fact.name: checked.holds for checked in check(catalogue.load("GSE35958"), folder)}
    assert holds.pop("scale") is None
    assert set(holds.values()) == {True}

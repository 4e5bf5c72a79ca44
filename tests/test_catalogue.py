"""Known data sets: complete, consistent with each other, honest about what nobody has seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fatescore import catalogue
from fatescore._schema import schema, validate
from fatescore.config import load_plan
from fatescore.errors import ConfigError

# docs of GEO that the project was started with mark these H or M
ASKED = {
    "GSE35958", "GSE35956", "GSE147287", "GSE80614", "GSE113253", "GSE145477", "GSE132151", "GSE156636", "GSE253355",
    "GSE128423", "GSE156508", "GSE230665", "GSE62402", "GSE56815", "GSE7158",
}  # fmt: skip


def test_the_catalogue_is_whole() -> None:
    assert set(catalogue.names()) == ASKED


@pytest.mark.parametrize("name", sorted(ASKED))
def test_an_entry_is_a_row_of_the_table_of_data_sets(name: str) -> None:
    entry = catalogue.load(name)
    lacking = {"scale"} & set(entry.unknown)
    validate({**entry.dataset, **dict.fromkeys(lacking, "counts")}, "datasets", name)
    needed = {*schema("datasets")["required"], "condition", "donor"}
    assert needed <= {*entry.dataset, *entry.patterns, *entry.unknown}
    assert not set(entry.unknown) & {*entry.dataset, *entry.patterns}
    assert [fact for fact in entry.facts if not fact.seen_in], "nothing is left to check: is everything seen?"


@pytest.mark.parametrize("name", sorted(ASKED))
def test_contrasts_name_conditions_that_the_patterns_can_find(name: str) -> None:
    entry = catalogue.load(name)
    pattern = entry.patterns.get("condition", {})
    for contrast in entry.contrasts:
        for role in ("case", "control"):
            if "values" in pattern:
                assert contrast[role] in pattern["values"]
            else:
                assert re.search(pattern["match"], f"x_{contrast[role]}_matrix")
    told = next((fact.expected for fact in entry.facts if fact.name == "conditions"), {})
    assert set(told) <= set(pattern.get("values", told))


def test_entries_that_share_a_contrast_agree_on_it() -> None:
    ready = [name for name in sorted(ASKED) if not catalogue.load(name).unknown]
    plan = load_plan({"catalogue": ready})
    shared = next(contrast for contrast in plan.contrasts if contrast.id == "osteoporosis")
    assert shared.datasets == ("GSE35956", "GSE35958")
    assert plan.datasets["GSE35956"].overlap_group == plan.datasets["GSE35958"].overlap_group != ""
    assert plan.datasets["GSE7158"].population == "monocyte"
    assert plan.datasets["GSE35958"].patterns


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"catalogue": ["GSE35985"]}, r'the catalogue has no "GSE35985"; did you mean "GSE35958"'),
        ({"catalogue": ["GSE113253"]}, r'does not know the scale of "GSE113253"; expected whether the table holds'),
        (
            {"catalogue": ["GSE80614"]},
            r'no sample for data set "GSE80614", and no pattern reads the donor; expected which',
        ),
        (
            {"catalogue": ["GSE7158"], "patterns": {"GSE7185": {}}},
            r'"GSE7185" is not a data set; did you mean "GSE7158"',
        ),
        ({"catalogue": ["GSE7158"], "patterns": {"GSE7158": {"sex": {"fild": "x"}}}}, r'key "fild" is not known'),
        ({"catalogue": ["GSE7158"], "patterns": {"GSE7158": {"sex": {"match": "x"}}}}, r'sex: key "field" is missing'),
        ({"catalogue": ["GSE7158"], "patterns": {"GSE7158": {"sex": "x"}}}, r"sex: 'x' is not a map"),
        (
            {"catalogue": ["GSE7158"], "patterns": {"GSE7158": {"sex": {"field": "x", "match": "("}}}},
            r'"\(" is not a regular expression',
        ),
        ({"catalogue": ["GSE7158"], "patterns": {"GSE7158": {"sex": {"field": 3}}}}, r"3 is not text or a list"),
        ({"catalogue": ["GSE7158"], "patterns": {"GSE7158": {"sample": {"field": "x"}}}}, r"cannot name the sample"),
        (
            {"catalogue": ["GSE7158"], "patterns": {"GSE7158": {"use": {"field": "x"}}}},
            r"use: no values; expected values",
        ),
        (
            {"catalogue": ["GSE7158"], "patterns": {"GSE7158": {"use": {"field": "x", "values": {False: "repeat"}}}}},
            r"use: False is not text; put it in quotes",
        ),
        (
            {"catalogue": ["GSE7158"], "patterns": {"GSE7158": {"use": {"field": "x", "values": {"drop": "repeat"}}}}},
            r'use: "drop"; expected values',
        ),
        ({}, r"names no data set"),
    ],
)
def test_what_is_not_known_is_said(settings: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_plan(settings)


def test_a_row_of_ones_own_comes_before_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "d.tsv").write_text(
        "dataset\tsource\taccession\tassay\torganism\tscale\nGSE113253\tgeo\tGSE113253\tbulk\thuman\tcounts\n"
    )
    (tmp_path / "s.tsv").write_text("dataset\tsample\tdonor\nGSE113253\tGSM1\td1\n")
    plan = load_plan({"catalogue": ["GSE113253"], "datasets": "d.tsv", "samples": "s.tsv"}, root=tmp_path)
    assert plan.datasets["GSE113253"].scale == "counts"
    assert plan.samples_of("GSE113253")[0].condition == ""  # its pattern reads it
    assert [contrast.id for contrast in plan.contrasts] == ["osteogenic_vs_adipogenic"]
    own = {"id": "osteogenic_vs_adipogenic", "case": "a", "control": "adipogenic_medium", "datasets": ["GSE113253"]}
    with pytest.raises(ConfigError, match=r'no sample of GSE113253 has the condition "a"'):
        load_plan(
            {"catalogue": ["GSE113253"], "datasets": "d.tsv", "samples": "s.tsv", "contrasts": [own]}, root=tmp_path
        )


def test_what_a_row_leaves_blank_stays_as_the_catalogue_has_it(tmp_path: Path) -> None:
    head = "dataset\tsource\taccession\tassay\torganism\tscale\tpopulation\n"
    rows = "GSE230665\tgeo\tGSE230665\tbulk\thuman\tcounts\t\nGSE35958\tgeo\tGSE35958\tarray\thuman\tlog2\tother\n"
    (tmp_path / "d.tsv").write_text(head + rows)
    datasets = load_plan({"catalogue": ["GSE230665", "GSE35958"], "datasets": "d.tsv"}, root=tmp_path).datasets
    assert (datasets["GSE230665"].population, datasets["GSE230665"].scale) == ("bone", "counts")
    assert (datasets["GSE35958"].population, datasets["GSE35958"].overlap_group) == ("other", "GSE35955")
    assert (datasets["GSE35958"].scale, datasets["GSE35958"].layout) == ("log2", "series_matrix")

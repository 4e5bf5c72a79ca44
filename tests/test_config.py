"""Errors in the configuration name the file, the row, the column and the nearest valid value."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
import yaml

from fatescore.config import load_plan, read_plan, write_plan
from fatescore.errors import ConfigError, InputError
from fatescore.steps.planned import arguments

DATASETS = """dataset\tsource\taccession\tpath\tassay\torganism\tscale
A\tgeo\tGSE1\t\tarray\thuman\tlog2
B\tlocal\t\tb.tsv\tbulk\tmouse\tcounts
"""
SAMPLES = """dataset\tsample\tdonor\tcondition\tage
A\tGSM1\td1\tosteoporosis\t70
A\tGSM2\td2\tcontrol\t71
B\ts1\tm1\tsham\t
"""
CONTRAST = {"id": "op", "case": "osteoporosis", "control": "control", "datasets": ["A"]}
COURSE = {"id": "time", "levels": ["day0", "day7", "day14"], "datasets": ["A"]}


def plan(tmp_path: Path, datasets: str = DATASETS, samples: str = SAMPLES, **settings: Any) -> Any:
    (tmp_path / "datasets.tsv").write_text(datasets)
    (tmp_path / "samples.tsv").write_text(samples)
    given = {"datasets": "datasets.tsv", "samples": "samples.tsv", "contrasts": [CONTRAST], **settings}
    return load_plan(given, root=tmp_path)


def test_a_valid_plan_is_complete(tmp_path: Path) -> None:
    loaded = plan(tmp_path, qc={"min_genes": 7})
    assert loaded.datasets["A"].population == "bmsc"
    assert loaded.settings["qc"]["min_genes"] == 7
    assert loaded.settings["qc"]["gate"] == "markers"
    assert loaded.samples_of("A")[0].fields["age"] == "70"
    assert [c.id for c in loaded.contrasts_within("A")] == ["op"]
    assert loaded.contrasts_within("B") == ()
    first = loaded.contrasts_within("A")[0]
    assert loaded.sides("A") == {"case": first.case, "control": first.control}
    assert loaded.sides("none") == {}


def test_levels_stand_for_case_and_control(tmp_path: Path) -> None:
    samples = SAMPLES + "".join(f"B\ts{day}\tm{day}\tday{day}\t\n" for day in (0, 7, 14))
    loaded = plan(tmp_path, samples=samples, contrasts=[CONTRAST, COURSE | {"datasets": ["B"]}])
    two, course = loaded.contrasts
    assert (two.kind, course.kind) == ("disease", "other")
    assert (course.control, course.case) == ("day0", "day14")
    assert (course.levels, course.ordered) == (("day0", "day7", "day14"), True)
    assert two.case == "osteoporosis"


def test_a_saved_plan_is_the_same_plan(tmp_path: Path) -> None:
    """With odd titles, blank cells, patterns, levels, and columns in the order of the sample table."""
    odd = DATASETS.replace("dataset\t", "dataset\ttitle\t", 1).replace("A\t", "A\t-it's $HOME 大\t", 1)
    samples = "dataset\tsample\tdonor\tcondition\tzeta\tage\n" + "".join(
        f"B\ts{day}\t\tday{day}\t\t{day}\n" for day in (0, 7, 14)
    )
    samples += "A\tGSM1\td1\tosteoporosis\tx\t\nA\tGSM2\td2\tcontrol\t\t\n"
    loaded = plan(
        tmp_path, odd.replace("B\t", "B\tplain\t", 1), samples,
        contrasts=[CONTRAST | {"ignore": ["kit.*"], "covariates": ["age"]}, COURSE | {"datasets": ["B"]}],
        patterns={"B": {"donor": {"field": ["title", "name"], "match": "x(.)"}}}, qc={"max_pct_mt": 5.5},
    )  # fmt: skip
    assert list(loaded.samples[0].fields.items()) == [("zeta", ""), ("age", "0")]
    path = tmp_path / "results" / "settings.json"
    write_plan(loaded, path)
    found = read_plan(path)
    assert found == loaded
    assert list(found.samples[0].fields) == ["zeta", "age"]
    first = path.read_bytes()
    write_plan(found, path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("content", ["{", "[]", '{"settings": {}}', '{"settings": {}, "datasets": [{"x": 1}]}'])
def test_what_is_no_saved_plan(tmp_path: Path, content: str) -> None:
    (tmp_path / "settings.json").write_text(content)
    with pytest.raises(InputError, match="holds no settings of a run"):
        read_plan(tmp_path / "settings.json")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("array\thuman", "array\thumen", r'datasets.tsv, row 2, column organism: "humen" .*did you mean "human"'),
        ("bulk", "bulc", r'row 3, column assay: "bulc" .*did you mean "bulk"'),
        ("GSE1", "", r"row 2, column accession: empty; expected a value, because source is geo"),
        ("B\tlocal", "A\tlocal", r'row 3, column dataset: "A" stands twice'),
        ("scale\n", "scales\n", r'column "scale" is missing'),
        ("GSE1", "gse1", r'row 2, column accession: "gse1" is not a GEO series; .*did you mean "GSE1"'),
        ("GSE1", "GSM1", r'row 2, column accession: "GSM1" is not a GEO series'),
        ("B\tlocal", "\n# two\nB\tlocals", r'row 5, column source: "locals" .*did you mean "local"'),
        ("log2\n", "log2\tx\n", r'row 2: "x" stands in column 8, which has no name'),
        ("A\tgeo", "A b\tgeo", r'column dataset: "A b" is not valid; expected .* letters, digits'),
        ("path\t", "pahts\t", r'"pahts" is not known; did you mean "path"'),
    ],
)
def test_datasets(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan(tmp_path, datasets=DATASETS.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("B\ts1", "C\ts1", r'samples.tsv, row 4, column dataset: "C" is not in the table of data sets'),
        ("GSM2", "GSM1", r'row 3, column sample: "GSM1" stands twice'),
        ("\td2", "\t", r"row 3, column donor: empty"),
        ("age", "donor", r'column "donor" stands twice'),
        ("age", "", r'row 2: "70" stands in column 5, which has no name'),
        ("B\ts1\tm1\tsham\t\n", "", r'no sample for data set "B"'),
    ],
)
def test_samples(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan(tmp_path, samples=SAMPLES.replace(old, new, 1))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"qc": {"min_gene": 3}}, r'key qc: key "min_gene" is not known; did you mean "min_genes"'),
        ({"qc": {"max_pct_mt": 200}}, r"key qc.max_pct_mt: 200 is greater than the maximum of 100"),
        ({"geo_base_url": "ftp://x"}, r"key geo_base_url"),
        ({"qc": {"n_mads": float("nan")}}, r"key qc.n_mads: nan; expected a finite number"),
        ({"pseudobulk": {"min_counts": float("inf")}}, r"key pseudobulk.min_counts: inf; expected a finite number"),
        ({"pseudobulk": {"min_cells": 0}}, r"key pseudobulk.min_cells: 0 is less than the minimum of 1"),
        ({"qc": [1]}, r"key qc: \[1\] is not a map of keys to values"),
        ({"contrasts": CONTRAST}, r"key contrasts: .* is not a list"),
        ({"contrasts": [{"id": "a", "datasets": ["A"]}]}, r'contrast "a": key "case" is missing; expected Condition'),
        ({"contrasts": [{**CONTRAST, "case": True}]}, r"case: True is not text; .*put it in quotes"),
        ({"contrasts": [{**CONTRAST, "control": "osteoporosis"}]}, r'case and control are both "osteoporosis"'),
        ({"contrasts": [{**CONTRAST, "datasets": ["A", "A"]}]}, r"non-unique"),
        ({"results": ""}, r"key results: empty"),
        ({"results": "{x}"}, r'key results: "{x}" is not valid; expected .* no braces'),
        ({"seed": -1}, r"key seed: -1 is less than"),
        ({"contrasts": [{**CONTRAST, "case": "osteoporosys"}]}, r'no sample of A has .*did you mean "osteoporosis"'),
        ({"contrasts": [{**CONTRAST, "datasets": ["AA"]}]}, r'"AA" is not a data set; did you mean "A"'),
        ({"contrasts": [CONTRAST, CONTRAST]}, r'contrast "op" stands twice'),
        ({"contrasts": [{**CONTRAST, "kind": "diseas"}]}, r'"diseas" is not valid; did you mean "disease"'),
        ({"contrasts": [COURSE | {"levels": ["a", "b"]}]}, r"is too short"),
        ({"contrasts": [COURSE | {"levels": ["a", "b", "a"]}]}, r"non-unique"),
        ({"contrasts": [COURSE | {"case": "a"}]}, r'contrast "time": levels and case are both given'),
        ({"contrasts": [COURSE | {"across": True}]}, r"levels and across are both given"),
        ({"contrasts": [COURSE | {"covariates": ["age"]}]}, r"levels and covariates are both given"),
        ({"contrasts": [COURSE | {"kind": "disease"}]}, r"levels with kind disease"),
        ({"contrasts": [COURSE | {"ordered": False, "expected": "+"}]}, r"levels without order .*no sign"),
        ({"contrasts": [COURSE]}, r'levels: no sample of A has the condition "day0"'),
    ],
)
def test_settings(tmp_path: Path, settings: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan(tmp_path, **settings)


def test_a_hash_inside_a_cell_is_text_and_a_key_without_value_is_absent(tmp_path: Path) -> None:
    samples = "# mine\n" + SAMPLES.replace("GSM1", "GSM#1").replace("70", "7#0")
    loaded = plan(tmp_path, samples=samples, qc=None, title=None)
    assert (loaded.samples[0].sample, loaded.samples[0].fields["age"]) == ("GSM#1", "7#0")
    assert loaded.settings["qc"]["gate"] == "markers"


def test_a_missing_table(tmp_path: Path) -> None:
    (tmp_path / "datasets.tsv").write_text(DATASETS)
    with pytest.raises(ConfigError, match=r"nothing.tsv does not exist.*correct \"samples\""):
        load_plan({"datasets": "datasets.tsv", "samples": "nothing.tsv"}, root=tmp_path)
    with pytest.raises(ConfigError, match=r"is a folder; .*correct \"samples\""):
        load_plan({"datasets": "datasets.tsv", "samples": "."}, root=tmp_path)


@pytest.mark.parametrize("name", ["config/config.yaml", "config/real/config.yaml", "config/demo/config.yaml"])
def test_the_shipped_configurations_are_valid(root: Path, name: str) -> None:
    settings = yaml.safe_load((root / name).read_text())
    assert load_plan(settings, root=root).contrasts


def test_every_key_of_the_schemas_is_described(root: Path) -> None:
    def keys(schema: dict, path: str = "") -> Any:
        for name, part in {**schema.get("properties", {}), **schema.get("items", {}).get("properties", {})}.items():
            yield f"{path}.{name}", part
            yield from keys(part, f"{path}.{name}")

    for path in sorted((root / "workflow" / "schemas").glob("*.yaml")):
        for name, part in keys(yaml.safe_load(path.read_text())):
            assert part.get("description"), f"{path.name}{name} has no description"


def test_a_sample_that_is_left_out_needs_no_donor(tmp_path: Path) -> None:
    loaded = plan(
        tmp_path,
        samples=SAMPLES.replace("\tage", "\tuse").replace("\t70", "\t").replace("\t71", "\t") + "A\tGSM3\t\t\tno\n",
    )
    assert loaded.samples_of("A")[2].use == "no"


def test_whole_numbers_reach_the_flags_as_such(tmp_path: Path) -> None:
    settings = plan(tmp_path, qc={"min_genes": 200.0, "n_mads": 4}, seed=1.0).settings
    assert (str(settings["qc"]["min_genes"]), str(settings["seed"]), settings["qc"]["n_mads"]) == ("200", "1", 4)


# --- own gene sets ----------------------------------------------------------------------------------------


def test_own_gene_sets_are_one_source_or_a_list(tmp_path: Path) -> None:
    (tmp_path / "a.gmt").write_text("a\t\tRUNX2\n")
    (tmp_path / "b.json").write_text('{"b": ["RUNX2"]}')
    assert plan(tmp_path).settings["gene_sets"] == []
    for nothing in (None, "", []):
        assert plan(tmp_path, gene_sets=nothing).settings["gene_sets"] == []
    assert plan(tmp_path, gene_sets="a.gmt").settings["gene_sets"] == ["a.gmt"]
    given = ["a.gmt", "b.json", "MSigDB_Hallmark_2020"]  # a name needs a network: it waits for the step
    assert plan(tmp_path, gene_sets=given).settings["gene_sets"] == given


def test_own_gene_sets_are_part_of_what_score_is_called_with(tmp_path: Path) -> None:
    (tmp_path / "a.gmt").write_text("a\t\tRUNX2\n")
    assert arguments("score", "A", plan(tmp_path, gene_sets="a.gmt"))["own_sets"] == ["a.gmt"]
    assert "own_sets" not in arguments("score", "A", plan(tmp_path))
    for step in ("qc", "normalise", "contrast", "embed"):
        assert arguments(step, "A", plan(tmp_path, gene_sets="a.gmt")) == arguments(step, "A", plan(tmp_path))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("none.gmt", "config.yaml, gene_sets: .*none.gmt does not exist"),
        ("no/folder", "config.yaml, gene_sets: .*no/folder does not exist"),
        ("bad.gmt", "config.yaml, gene_sets: .*line 1: no genes after name"),
        ("taken.gmt", 'gene_sets: taken.gmt: gene set "nfkb" is called as one of fatescore.*such as "my_nfkb"'),
        ("taken.json.gz", 'gene_sets: taken.json.gz: gene set "osteogenic" is called'),
        (["a.gmt", "again.gmt"], 'gene_sets: again.gmt: gene set "a" is called as one of a.gmt'),
        (3, "key gene_sets: 3 is not text or a list"),
        ([3], r"key gene_sets.0: 3 is not text"),
        ([""], "key gene_sets.0: empty"),
    ],
)
def test_own_gene_sets_that_cannot_be_used_stop_the_run_at_once(tmp_path: Path, given: Any, message: str) -> None:
    (tmp_path / "a.gmt").write_text("a\t\tRUNX2\n")
    (tmp_path / "again.gmt").write_text("b\t\tRUNX2\na\t\tSP7\n")
    (tmp_path / "bad.gmt").write_text("a RUNX2\n")
    (tmp_path / "taken.gmt").write_text("nfkb\t\tRUNX2\n")
    (tmp_path / "taken.json.gz").write_bytes(gzip.compress(b'{"osteogenic": ["RUNX2"]}'))
    with pytest.raises(ConfigError, match=message) as error:
        plan(tmp_path, gene_sets=given)
    assert "\n" not in str(error.value)

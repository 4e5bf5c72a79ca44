"""Errors in the configuration name the file, the row, the column and the nearest valid value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from fatescore.config import load_plan
from fatescore.errors import ConfigError

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


def test_flags_are_quoted_for_a_shell(tmp_path: Path) -> None:
    odd = DATASETS.replace("dataset\t", "dataset\ttitle\t", 1).replace("A\t", "A\tit's $HOME\t", 1)
    odd = odd.replace("B\t", "B\tplain\t", 1)
    assert "--title 'it'\"'\"'s $HOME'" in plan(tmp_path, odd).datasets["A"].as_flags()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("array\thuman", "array\thumen", r'datasets.tsv, row 2, column organism: "humen" .*did you mean "human"'),
        ("bulk", "bulc", r'row 3, column assay: "bulc" .*did you mean "bulk"'),
        ("GSE1", "", r"row 2, column accession: empty; expected a value, because source is geo"),
        ("B\tlocal", "A\tlocal", r'row 3, column dataset: "A" stands twice'),
        ("scale\n", "scales\n", r'column "scale" is missing'),
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
        ({"seed": -1}, r"key seed: -1 is less than"),
        ({"contrasts": [{**CONTRAST, "case": "osteoporosys"}]}, r'no sample of A has .*did you mean "osteoporosis"'),
        ({"contrasts": [{**CONTRAST, "datasets": ["AA"]}]}, r'"AA" is not a data set; did you mean "A"'),
        ({"contrasts": [CONTRAST, CONTRAST]}, r'contrast "op" stands twice'),
        ({"contrasts": [{**CONTRAST, "kind": "diseas"}]}, r'"diseas" is not valid; did you mean "disease"'),
    ],
)
def test_settings(tmp_path: Path, settings: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan(tmp_path, **settings)


def test_a_missing_table(tmp_path: Path) -> None:
    (tmp_path / "datasets.tsv").write_text(DATASETS)
    with pytest.raises(ConfigError, match=r"nothing.tsv does not exist.*correct \"samples\""):
        load_plan({"datasets": "datasets.tsv", "samples": "nothing.tsv"}, root=tmp_path)


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

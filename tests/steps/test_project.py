"""The configuration of a new run is written whole or not at all, and the workflow takes it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from fatescore.config import load_plan
from fatescore.errors import ConfigError, InputError
from fatescore.steps.project import Project, write_project


def project(**changed: str) -> Project:
    row = {"dataset": "A", "source": "local", "path": "/data", "assay": "bulk", "organism": "human", "scale": "counts"}
    samples = pd.DataFrame(
        {"dataset": "A", "sample": ["s1", "s2"], "donor": ["=1", "2"], "condition": ["no", "O'P: \"x\" # y"],
         "age": ["70", ""], "Batch": "1"}
    )  # fmt: skip
    contrast = {"id": "op", "kind": "other", "case": samples.loc[1, "condition"], "control": "no", "datasets": ["A"]}
    return Project(pd.DataFrame([row | changed]), samples, [contrast], {"resources": "/there: #x"})


def test_what_is_written_is_what_the_workflow_reads(tmp_path: Path) -> None:
    assert write_project(project(), tmp_path / "run") == tmp_path / "run" / "config"
    text = (tmp_path / "run" / "config" / "config.yaml").read_text()
    plan = load_plan(yaml.safe_load(text), root=tmp_path / "run")
    assert plan.settings["resources"] == "/there: #x"
    assert (plan.contrasts[0].case, plan.contrasts[0].control) == ('O\'P: "x" # y', "no")
    assert plan.samples[0].donor == "=1"
    assert '# covariates: ["age", "Batch"]' in text
    assert sorted(path.name for path in (tmp_path / "run").rglob("*")) == [
        "config", "config.yaml", "datasets.tsv", "samples.tsv",
    ]  # fmt: skip


def test_nothing_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    write_project(project(), tmp_path)  # an empty folder is no configuration
    before = (tmp_path / "config" / "config.yaml").read_bytes()
    with pytest.raises(InputError, match=r"config exists; .*--output"):
        write_project(project(organism="mouse"), tmp_path)
    assert (tmp_path / "config" / "config.yaml").read_bytes() == before


def test_what_the_workflow_would_refuse_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"organism"):
        write_project(project(organism="humen"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_draft_may_hold_what_is_not_known(tmp_path: Path) -> None:
    write_project(project(organism="?"), tmp_path)
    assert "?" in (tmp_path / "config" / "datasets.tsv").read_text()

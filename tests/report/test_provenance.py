"""What a run was made from: every outcome with its facts, every file with its hash, every version."""

from __future__ import annotations

import json
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore._version import __version__
from fatescore.report import provenance
from fatescore.report.provenance import flatten, input_files, versions
from fatescore.tables.codes import Status
from fatescore.tables.folder import STEPS, Outcome
from tests.report.made import EVIL, FORMULA, status

NAMES = st.text(min_size=1, max_size=8)
FACTS = st.dictionaries(NAMES, st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2), max_size=3)


def of(statuses: list[Outcome], **more: Any) -> dict[str, Any]:
    return provenance(statuses, **{"settings": {}, "tables": {}, **more})


@settings(deadline=None)
@given(st.dictionaries(NAMES, st.lists(st.tuples(st.booleans(), FACTS), min_size=1, max_size=6), max_size=4))
def test_every_outcome_is_there_with_its_facts(made: dict[str, list[tuple[bool, dict[str, Any]]]]) -> None:
    statuses = [
        Outcome(name, step, Status.OK if ok else Status.FAILED, "" if ok else EVIL, facts)
        for name, found in made.items()
        for step, (ok, facts) in zip(STEPS, found, strict=False)
    ]
    said = of(statuses[::-1])
    assert json.loads(json.dumps(said)) == said
    assert sorted(said["datasets"]) == sorted(made)
    for one in statuses:
        recorded = {"step": one.step, "status": one.status, "reason": one.reason, "facts": one.facts}
        assert said["datasets"][one.dataset][one.step] == recorded
    assert sum(len(steps) for steps in said["datasets"].values()) == len(statuses)


def test_steps_stand_in_the_order_of_the_work_and_beside_it() -> None:
    steps = [status("A", step) for step in ("embed", *STEPS[::-1])]
    assert list(of(steps)["datasets"]["A"]) == [*STEPS, "embed"]


def test_sources_and_tables_are_sorted_and_whole() -> None:
    files = {"z.tsv": "1", FORMULA: "2", EVIL: "3"}
    said = of([], tables=files, sources=files, settings={"b": {"c": 1}})
    assert list(said["tables"].items()) == list(said["sources"].items()) == sorted(files.items())
    assert said["settings"] == {"b": {"c": 1}}
    assert of([])["sources"] == {}
    assert said["tool"] == "fatescore"


def test_inputs_are_those_that_ingest_read() -> None:
    listed = [{"path": "/a/x.gz", "sha256": "ab"}, {"path": "y.gz", "sha256": "cd"}]
    found = [("A", "/a/x.gz", "ab"), ("A", "y.gz", "cd")]
    assert input_files([status("A", "ingest", inputs=listed)]) == found
    assert [tuple(row.values()) for row in of([status("A", "ingest", inputs=listed)])["inputs"]] == found
    assert input_files([status("A", "ingest", "failed", "no", inputs=listed)]) == []


def test_versions_are_of_what_a_run_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    required = [
        "numpy>=2.0", "Zeta[extra]<2,>=1; extra == 'workflow'", 'alpha>=1; extra == "report"', "gone>=1",
        "ruff>=0.8; extra == 'dev'", "pytest; extra == 'test'", "peer; extra == 'bench'",
        "fatescore[report]; extra == 'report'",
    ]  # fmt: skip
    installed = {"numpy": "2.1", "Zeta": "1.5", "alpha": "1.0", "ruff": "1", "pytest": "8", "peer": "1"}

    def version(name: str) -> str:
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(metadata, "requires", lambda name: required)
    monkeypatch.setattr(metadata, "version", version)
    assert versions()[0] == ("fatescore", __version__)
    assert versions()[1][0] == "Python"
    assert versions()[2:] == [("alpha", "1.0"), ("numpy", "2.1"), ("Zeta", "1.5")]


def test_versions_are_those_installed(root: Path) -> None:
    said = of([])["versions"]
    for name in ("scanpy", "numpy", "snakemake", "altair", "vl-convert-python"):
        assert said[name] == metadata.version(name)
    assert not {"ruff", "pytest", "mypy", "hypothesis", "GEOparse", "dask"} & set(said)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = " ".join([*project["dependencies"], *extras["workflow"], *extras["report"]]).casefold()
    assert all(name.casefold() in declared for name in set(said) - {"fatescore", "Python"})


LEAVES = st.integers() | st.text("ab<=.1", max_size=4)
PARTS = st.recursive(
    LEAVES, lambda inner: st.lists(LEAVES, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner)
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), PARTS))
def test_settings_lose_no_value_when_they_are_laid_flat(asked: dict[str, Any]) -> None:
    def expected(value: Any, name: str) -> dict[str, str]:
        if isinstance(value, dict):
            return {key: text for part in value for key, text in expected(value[part], f"{name}.{part}").items()}
        return {name[1:]: ", ".join(map(str, value)) if isinstance(value, list) else str(value)}

    rows = flatten(asked)
    assert dict(rows) == expected(asked, "")
    assert len({name for name, _ in rows}) == len(rows)

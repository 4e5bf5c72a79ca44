"""The pages of a run, from its folders."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from fatescore.cli import main
from fatescore.config import Dataset, Plan, default_plan, write_plan
from fatescore.steps.meta import meta
from fatescore.steps.report import dataset_report
from fatescore.tables import DUPLICATES, Note
from fatescore.tables.codes import Status
from fatescore.tables.folder import Outcome, RunFolder


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run of one data set that failed at fetch, beside the folder of an earlier run."""
    run = RunFolder(tmp_path / "results")
    (tmp_path / "datasets.tsv").write_text("dataset\n")
    settings = dict(default_plan().settings) | {"title": "My run", "datasets": str(tmp_path / "datasets.tsv")}
    dataset = Dataset("GSE1", "geo", "array", "human", "log2", accession="GSE1")
    write_plan(Plan(settings, {"GSE1": dataset}, (), ()), run.settings_file)
    for name in ("GSE1", "OLD"):
        reason = str(Note("error", {"message": "refused"}))
        for step in ("fetch", "ingest", "qc", "normalise", "score", "contrast", "embed"):
            run.dataset(name).record(step, Outcome(name, "fetch", Status.FAILED, reason, {}))
    meta(run, ["GSE1"])
    run.write(DUPLICATES, DUPLICATES.frame())
    return run


def test_the_page_of_a_data_set(run: RunFolder) -> None:
    folder = run.dataset("GSE1")
    assert main(["report", str(folder.path)]) == 0
    page = folder.file("report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert 'href="../../report.html"' in page
    assert "refused" in page
    assert not folder.file("figures").exists()
    dataset_report(folder, language="zh", figures=["svg"])
    assert 'lang="zh' in folder.file("report.html").read_text(encoding="utf-8")
    assert folder.file("figures").is_dir()


def test_the_summary_with_provenance_and_answer(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(run.path)]) == 0
    first = run.file("report.html").read_bytes()
    assert main(["report", str(run.path)]) == 0
    assert run.file("report.html").read_bytes() == first
    assert capsys.readouterr().out == ""
    page = first.decode()
    assert "My run" in page
    assert "OLD" not in page  # a folder of an earlier run
    assert len(run.file("answer.txt").read_text(encoding="utf-8").splitlines()) == 3
    found = json.loads(run.file("provenance.json").read_text(encoding="utf-8"))
    assert found["settings"]["settings"]["title"] == "My run"
    assert list(found["datasets"]) == ["GSE1"]
    assert {"scoreboard.tsv", "meta.tsv", "duplicates.tsv"} <= set(found["tables"])
    assert [Path(path).name for path in found["sources"]] == ["datasets.tsv"]


def test_duplicates_are_in_the_summary(run: RunFolder) -> None:
    row = {"dataset_a": "GSE1", "sample_a": "007", "dataset_b": "sc", "sample_b": "8", "kind": "identical"}
    run.write(DUPLICATES, pd.DataFrame([row | {"declared": "no"}]).reindex(columns=DUPLICATES.names))
    assert main(["report", str(run.path)]) == 0
    assert "1 sample of GSE1 is identical to a sample of sc" in run.file("report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--figures", "gif"], '"gif" is no format of figures'), (["--language", "xx"], "invalid choice: 'xx'")],
)
def test_wrong_options(run: RunFolder, capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["report", str(run.path), *words])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_a_folder_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "holds neither status nor settings.json" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(
    run: RunFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["report", str(run.path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert (
        "altair and itables and jinja2 and vl-convert-python are not installed; pip install 'fatescore[report]'" in said
    )

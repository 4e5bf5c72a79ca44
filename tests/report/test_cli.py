"""The verb `report`, as the workflow calls it."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from fatescore.cli.main import main
from fatescore.report import dataset_page, summary_page
from fatescore.tables import DUPLICATES
from fatescore.tables.io import write_tsv


def test_dataset_pages_of_every_kind(results: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for name in results.tables:
        assert main(results.dataset_command(name)) == 0
        page = (results.folder / "datasets" / name / "report.html").read_text(encoding="utf-8")
        assert page.startswith("<!doctype html>")
        assert 'href="../../report.html"' in page
    assert capsys.readouterr().out == ""
    assert 'href="contrasts.tsv"' in (results.folder / "datasets/GSE1/report.html").read_text(encoding="utf-8")
    # Files of a stopped data set are empty: nothing to download but the outcomes.
    assert 'href="contrasts.tsv"' not in (results.folder / "datasets/GSE404/report.html").read_text(encoding="utf-8")


def test_summary_writes_page_provenance_and_answer(results: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(results.summary_command()) == 0
    first = (results.folder / "report.html").read_bytes()
    assert main(results.summary_command()) == 0
    assert (results.folder / "report.html").read_bytes() == first
    assert capsys.readouterr().out == ""
    answer = (results.folder / "answer.txt").read_text(encoding="utf-8").splitlines()
    assert len(answer) == 3
    provenance = json.loads((results.folder / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["settings"] == {"score": {"method": "rank_log"}}
    assert "datasets/GSE1/contrasts.tsv" in provenance["tables"]


def test_summary_tells_of_copies(results: Any) -> None:
    row = {"dataset_a": "GSE1", "sample_a": "007", "dataset_b": "sc", "sample_b": "8", "kind": "identical"}
    table = pd.DataFrame([row | {"declared": "no"}]).reindex(columns=list(DUPLICATES.names))
    write_tsv(results.folder / "copies.tsv", table)
    assert main([*results.summary_command(), "--copies", str(results.folder / "copies.tsv")]) == 0
    page = (results.folder / "report.html").read_text(encoding="utf-8")
    assert "1 sample of GSE1 is identical to a sample of sc" in page
    assert ">007<" in page
    provenance = json.loads((results.folder / "provenance.json").read_text(encoding="utf-8"))
    assert "copies.tsv" in provenance["tables"]


def test_a_missing_table_is_one_line(results: Any, capsys: pytest.CaptureFixture[str]) -> None:
    command = results.summary_command()
    command[command.index("--meta") + 1] = str(results.folder / "no.tsv")
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "no.tsv does not exist" in error
    assert "Traceback" not in error


def test_pages_need_no_file(results: Any) -> None:
    """The library makes the same kind of page from tables in memory."""
    assert summary_page(results.summary()).startswith("<!doctype html>")
    assert dataset_page(results.tables["GSE1"]).startswith("<!doctype html>")


def test_without_the_extra_it_says_what_to_install(
    results: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(results.summary_command()) == 2
    assert 'pip install "fatescore[report]"' in capsys.readouterr().err

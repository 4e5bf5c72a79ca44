"""fatescore inspect: a draft for a person to confirm."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from fatescore.cli import main


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "counts.csv"
    pd.DataFrame({"gene": ["RUNX2", "PPARG"], "a": [4, 900], "b": [1, 20]}).to_csv(path, index=False)
    return path


def test_the_guess_and_the_drafts_are_printed(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(table)]) == 0
    out = capsys.readouterr().out
    assert "scale: counts  (counts: 2 samples (a: values 4 to 900" in out
    assert "organism: human" in out
    assert "draft of samples.tsv (fill in every ?)" in out


def test_a_draft_is_written_and_replaces_nothing(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = tmp_path / "draft"
    assert main(["inspect", str(table), "--draft", str(draft)]) == 0
    samples = pd.read_csv(draft / "samples.tsv", sep="\t")
    assert samples.columns[:4].tolist() == ["dataset", "sample", "donor", "condition"]
    assert pd.read_csv(draft / "datasets.tsv", sep="\t").loc[0, "scale"] == "counts"
    (draft / "samples.tsv").unlink()
    (draft / "datasets.tsv").write_text("mine")
    assert main(["inspect", str(table), "--draft", str(draft)]) == 2
    assert (draft / "datasets.tsv").read_text() == "mine"
    assert not (draft / "samples.tsv").exists()


def test_an_accession_is_found_where_it_was_fetched_to(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["inspect", "GSE12345"]) == 2
    assert "run fatescore fetch GSE12345 first" in capsys.readouterr().err
    folder = tmp_path / "resources/geo/GSE12345"
    folder.mkdir(parents=True)
    (folder / table.name).write_bytes(table.read_bytes())
    assert main(["inspect", "gse12345"]) == 0
    assert "draft of datasets.tsv" in capsys.readouterr().out

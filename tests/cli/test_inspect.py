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


def test_the_guesses_are_printed_in_a_few_lines(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(table)]) == 0
    out = capsys.readouterr().out
    assert "scale: counts  (counts: 2 samples (a: values 4 to 900" in out
    assert "organism: human" in out
    assert "samples: 2  (a, b)" in out
    assert "condition: ? (2)  (neither fields nor names show one)" in out
    many = pd.DataFrame({f"control_{n}": [4, 900] for n in range(400)}, index=["RUNX2", "PPARG"])
    many["OP_1"] = 1
    many.to_csv(tmp_path / "many.csv")
    assert main(["inspect", str(tmp_path / "many.csv")]) == 0
    out = capsys.readouterr().out
    assert "condition: control (400), OP (1)" in out
    assert len(out.splitlines()) < 15
    assert max(map(len, out.splitlines())) < 300


def test_a_draft_is_written_and_replaces_nothing(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "draft" / "config"
    assert main(["inspect", str(table), "--output", str(config.parent)]) == 0
    samples = pd.read_csv(config / "samples.tsv", sep="\t")
    assert samples.columns[:4].tolist() == ["dataset", "sample", "donor", "condition"]
    assert pd.read_csv(config / "datasets.tsv", sep="\t").loc[0, "scale"] == "counts"
    again = capsys.readouterr().out.rpartition("and run ")[2]
    assert again.split() == ["fatescore", "init", str(table), "--samples", str(config / "samples.tsv")]
    (config / "samples.tsv").unlink()
    (config / "datasets.tsv").write_text("mine")
    assert main(["inspect", str(table), "--output", str(config.parent)]) == 2
    assert (config / "datasets.tsv").read_text() == "mine"
    assert not (config / "samples.tsv").exists()


def test_the_command_that_a_draft_names_works_once_it_is_filled_in(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(table), "--output", str(tmp_path / "draft")]) == 0
    words = capsys.readouterr().out.rpartition("and run fatescore ")[2].split()
    assert main([*words, "--output", str(tmp_path / "run")]) == 2
    assert 'sample "a" has no condition' in capsys.readouterr().err
    samples = Path(words[-1])
    samples.write_text(samples.read_text().replace("?", "control", 1).replace("?", "OP", 1))
    assert main([*words, "--output", str(tmp_path / "run")]) == 0
    assert "contrast op (disease): case OP, control control" in capsys.readouterr().out


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
    assert "samples: 2" in capsys.readouterr().out


def test_what_is_not_there_and_what_no_layout_fits_end_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(tmp_path / "absent")]) == 2
    assert capsys.readouterr().err.endswith("absent does not exist; expected a file, a folder, or a GEO accession\n")
    (tmp_path / "two").mkdir()
    for name in ("a.tsv", "b.tsv"):
        (tmp_path / "two" / name).write_text("gene\ts1\ts2\nRUNX2\t4\t5\n")
    assert main(["inspect", str(tmp_path / "two")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert '"file"' in error
    assert main(["inspect", str(tmp_path / "two"), "--file", "a*"]) == 0
    assert main(["inspect", str(tmp_path / "two"), "--layout", "nothing"]) == 2

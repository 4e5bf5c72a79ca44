from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from fatescore.cli import main
from fatescore.tables import DUPLICATES, SCOREBOARD
from fatescore.tables.io import write_tsv


def write_board(path: Path, *rows: tuple[str, str, str, str]) -> str:
    table = pd.DataFrame(rows, columns=["dataset", "status", "step", "reason"])
    write_tsv(path, table.reindex(columns=list(SCOREBOARD.names)))
    return str(path)


def write_status(folder: Path, dataset: str, step: str, status: str, origin: str = "") -> Path:
    path = folder / dataset / f"{step}.json"
    path.parent.mkdir(exist_ok=True)
    outcome = {"dataset": dataset, "step": origin or step, "status": status, "reason": "refused", "facts": {}}
    path.write_text(json.dumps(outcome))
    return path


def test_all_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    board = write_board(tmp_path / "b.tsv", ("A", "ok", "contrast", ""), ("L", "not scorable", "score", "few counts"))
    kept = write_status(tmp_path, "L", "score", "not scorable")
    assert main(["conclude", board, "--status", str(kept), "--output", str(tmp_path / "DONE")]) == 0
    assert (tmp_path / "DONE").read_text() == "2 data sets: 1 ok, 1 not scorable\n"
    assert capsys.readouterr().out == "L: not scorable at score: few counts\n"
    assert kept.exists()


def test_a_failure_is_named_and_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    board = write_board(tmp_path / "b.tsv", ("A", "ok", "contrast", ""), ("X", "failed", "ingest", "refused"))
    fine = [write_status(tmp_path, "A", "contrast", "ok"), write_status(tmp_path, "X", "fetch", "ok")]
    failed = [write_status(tmp_path, "X", step, "failed", "ingest") for step in ("ingest", "qc", "contrast")]
    (tmp_path / "DONE").write_text("from an earlier run")
    # The failed step's own file is not named: it goes with the others.
    named = [str(path) for path in (*fine, *failed[1:])]
    assert main(["conclude", board, "--status", *named, "--output", str(tmp_path / "DONE")]) == 1
    error = capsys.readouterr().err
    assert error == "X: failed at ingest: refused; run again to retry it\n"
    assert all(path.exists() for path in fine)
    assert not any(path.exists() for path in failed)
    assert not (tmp_path / "DONE").exists()


def test_a_failed_contrast_between_data_sets_is_named_and_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board = write_board(tmp_path / "b.tsv", ("A", "ok", "contrast", ""), ("B", "ok", "contrast", ""))
    fine = write_status(tmp_path, "A", "contrast", "ok")
    failed = write_status(tmp_path, "a_vs_b", "contrast", "failed")
    named = [str(fine), str(failed)]
    assert main(["conclude", board, "--status", *named, "--output", str(tmp_path / "DONE")]) == 1
    assert capsys.readouterr().err == "a_vs_b: failed at contrast: refused; run again to retry it\n"
    assert fine.exists()
    assert not failed.exists()
    assert not (tmp_path / "DONE").exists()


def test_a_table_that_is_no_scoreboard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tsv(tmp_path / "b.tsv", pd.DataFrame({"x": [1]}))
    assert main(["conclude", str(tmp_path / "b.tsv"), "--output", str(tmp_path / "DONE")]) == 2
    assert "no column dataset, status, step, reason" in capsys.readouterr().err


def test_undeclared_copies_are_a_warning_and_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    board = write_board(tmp_path / "b.tsv", ("A", "ok", "contrast", ""))
    rows = [("A", "1", "B", "2", "identical", "no"), ("A", "1", "C", "3", "identical", "yes")]
    names = ["dataset_a", "sample_a", "dataset_b", "sample_b", "kind", "declared"]
    write_tsv(tmp_path / "c.tsv", pd.DataFrame(rows, columns=names).reindex(columns=list(DUPLICATES.names)))
    words = ["conclude", board, "--copies", str(tmp_path / "c.tsv"), "--output", str(tmp_path / "DONE")]
    assert main(words) == 0
    error = capsys.readouterr().err
    assert error.startswith("warning: 1 sample of A is identical to a sample of B; declare overlap_group")
    assert error.count("\n") == 1
    assert (tmp_path / "DONE").exists()


def test_a_failure_that_the_scoreboard_does_not_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    board = write_board(tmp_path / "b.tsv", ("A", "ok", "contrast", ""))
    failed = write_status(tmp_path, "A", "copies", "failed")
    assert main(["conclude", board, "--status", str(failed), "--output", str(tmp_path / "DONE")]) == 1
    assert capsys.readouterr().err == "A: failed at copies: refused; run again to retry it\n"
    assert not failed.exists()

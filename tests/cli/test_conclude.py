from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from fatescore import _keys
from fatescore._files import write_tsv
from fatescore.cli import main


def write_board(path: Path, *rows: tuple[str, str, str, str]) -> str:
    table = pd.DataFrame(rows, columns=["dataset", "status", "step", "reason"])
    write_tsv(path, table.reindex(columns=list(_keys.SCOREBOARD_COLUMNS)))
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

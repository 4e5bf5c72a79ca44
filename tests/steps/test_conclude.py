from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from fatescore.cli import main
from fatescore.errors import InputError
from fatescore.steps.conclude import conclude
from fatescore.tables import DUPLICATES, SCOREBOARD, Note
from fatescore.tables.codes import Status
from fatescore.tables.folder import Outcome, RunFolder

REFUSED = str(Note("error", {"message": "refused"}))


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def write_board(run: RunFolder, *rows: tuple[str, str, str, str]) -> None:
    table = pd.DataFrame(rows, columns=["dataset", "status", "step", "reason"])
    run.write(SCOREBOARD, table.reindex(columns=SCOREBOARD.names))


def record(run: RunFolder, dataset: str, step: str, status: Status, origin: str = "") -> Path:
    folder = run.across(dataset) if "_vs_" in dataset else run.dataset(dataset)
    folder.record(step, Outcome(dataset, origin or step, status, "" if status == "ok" else REFUSED, {}))
    return folder.status_file(step)


def test_all_is_well(run: RunFolder) -> None:
    write_board(run, ("A", "ok", "contrast", ""), ("L", "not scorable", "score", REFUSED))
    kept = record(run, "L", "score", Status.NOT_SCORABLE)
    found = conclude(run, ["A", "L"])
    assert run.file("done.txt").read_text() == "2 data sets: 1 ok, 1 not scorable\n"
    assert found.not_scorable == ["L: not scorable at score: refused"]
    assert found.failures == found.warnings == []
    assert kept.exists()


def test_a_failure_is_named_and_forgotten(run: RunFolder) -> None:
    write_board(run, ("A", "ok", "contrast", ""), ("X", "failed", "ingest", REFUSED))
    fine = [record(run, "A", "contrast", Status.OK), record(run, "X", "fetch", Status.OK)]
    failed = [record(run, "X", step, Status.FAILED, "ingest") for step in ("ingest", "qc", "contrast", "fingerprint")]
    run.file("done.txt").write_text("from an earlier run")
    assert conclude(run, ["A", "X"]).failures == ["X: failed at ingest: refused; run again to retry it"]
    assert all(path.exists() for path in fine)
    assert not any(path.exists() for path in failed)
    assert not run.file("done.txt").exists()


def test_a_failed_contrast_between_data_sets_is_named_and_forgotten(run: RunFolder) -> None:
    write_board(run, ("A", "ok", "contrast", ""), ("B", "ok", "contrast", ""))
    fine = record(run, "A", "contrast", Status.OK)
    failed = record(run, "a_vs_b", "contrast", Status.FAILED)
    assert conclude(run, ["A", "B"], ["a_vs_b"]).failures == [
        "a_vs_b: failed at contrast: refused; run again to retry it"
    ]
    assert fine.exists()
    assert not failed.exists()


def test_a_failure_that_the_scoreboard_does_not_hold(run: RunFolder) -> None:
    write_board(run, ("A", "ok", "contrast", ""))
    failed = record(run, "A", "fingerprint", Status.FAILED)
    assert conclude(run, ["A"]).failures == ["A: failed at fingerprint: refused; run again to retry it"]
    assert not failed.exists()


def test_a_failed_drawing_is_no_failure_of_the_run(run: RunFolder) -> None:
    write_board(run, ("A", "ok", "contrast", ""))
    kept = record(run, "A", "embed", Status.FAILED)
    assert conclude(run, ["A"]).failures == []
    assert kept.exists()


def test_undeclared_duplicates_are_a_warning_and_no_failure(run: RunFolder) -> None:
    write_board(run, ("A", "ok", "contrast", ""))
    rows = [("A", "1", "B", "2", "identical", "no"), ("A", "1", "C", "3", "identical", "yes")]
    names = ["dataset_a", "sample_a", "dataset_b", "sample_b", "kind", "declared"]
    run.write(DUPLICATES, pd.DataFrame(rows, columns=names).reindex(columns=DUPLICATES.names))
    (warning,) = conclude(run, ["A"]).warnings
    assert warning.startswith("1 sample of A is identical to a sample of B; declare overlap_group")
    assert run.file("done.txt").exists()


def test_a_table_that_is_no_scoreboard(run: RunFolder) -> None:
    run.write(SCOREBOARD, pd.DataFrame({"x": [1]}))
    with pytest.raises(InputError, match="has no column dataset"):
        conclude(run, [])


def test_the_verb_prints_what_it_found_and_fails(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    """Without settings.json the data sets are the folders there are."""
    write_board(run, ("L", "not scorable", "score", REFUSED), ("X", "failed", "ingest", REFUSED))
    path = record(run, "X", "ingest", Status.FAILED)
    assert main(["conclude", str(run.path)]) == 1
    printed = capsys.readouterr()
    assert printed.out == "L: not scorable at score: refused\n"
    assert printed.err == "X: failed at ingest: refused; run again to retry it\n"
    assert not path.exists()

"""A step records why its data set stops, and passes it on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fatescore.errors import InputError, NotScorable
from fatescore.steps import Step, record_outcome
from fatescore.tables import Note, parse_notes
from fatescore.tables.folder import DatasetFolder, read_outcome

QC = Step("qc", "ingest", (), ("out.tsv", "table"))
SCORE = Step("score", "qc", (), ("scores",))


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    return DatasetFolder(tmp_path / "datasets" / "D")


def fail(error: Exception) -> Callable[[], dict]:
    def work() -> dict:
        raise error

    return work


def test_ok_keeps_the_facts(folder: DatasetFolder) -> None:
    outcome = record_outcome(QC, folder, lambda: {"n": 3})
    assert json.loads(folder.status_file("qc").read_text()) == {
        "dataset": "D", "step": "qc", "status": "ok", "reason": "", "facts": {"n": 3},
    }  # fmt: skip
    assert folder.outcome("qc") == outcome


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (NotScorable("too shallow", reason="all_shallow:samples=3"), "not scorable", "all_shallow:samples=3"),
        (InputError("bad; or worse"), "failed", str(Note("error", {"message": "bad; or worse"}))),
    ],
)
def test_a_stopped_data_set_is_recorded_and_passed_on(
    folder: DatasetFolder, error: Exception, status: str, reason: str
) -> None:
    recorded = record_outcome(QC, folder, fail(error))
    assert (recorded.status, recorded.step, recorded.reason) == (status, "qc", reason)
    assert folder.file("out.tsv").read_bytes() == b""
    assert record_outcome(SCORE, folder, fail(AssertionError("not run"))) == recorded
    assert read_outcome(folder.status_file("score")) == recorded
    assert folder.file("scores").read_bytes() == b""


def test_a_source_that_stopped_stops_the_contrast_across(folder: DatasetFolder) -> None:
    fine, stopped = folder.run.dataset("A"), folder.run.dataset("B")
    record_outcome(QC, fine, dict)
    record_outcome(QC, stopped, fail(NotScorable("x", reason="no_cells")))
    outcome = record_outcome(SCORE, folder, fail(AssertionError("not run")), sources=[fine, stopped])
    assert (outcome.dataset, outcome.step, outcome.reason) == ("D", "qc", "no_cells")


def test_what_the_system_refuses_stops_one_data_set_only(folder: DatasetFolder) -> None:
    outcome = record_outcome(QC, folder, fail(PermissionError(13, "Permission denied", "x.tsv")))
    assert outcome.status == "failed"
    message = parse_notes(outcome.reason)[0].values["message"]
    assert message.startswith("x.tsv: Permission denied; expected files that can be read")


def test_a_bug_fails_its_data_set_and_leaves_the_traceback_in_the_log(
    folder: DatasetFolder, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = record_outcome(QC, folder, lambda: {"x": 1 / 0})
    assert outcome.status == "failed"
    assert "unexpected ZeroDivisionError" in outcome.reason
    assert "Traceback" in caplog.text


def test_what_was_written_before_not_scorable_is_kept(folder: DatasetFolder) -> None:
    folder.path.mkdir(parents=True)
    folder.file("out.tsv").write_text("of an earlier run")

    def work() -> dict:
        folder.file("table").write_text("reasons")
        raise NotScorable("too shallow", reason="no_cells")

    record_outcome(QC, folder, work)
    assert folder.file("out.tsv").read_bytes() == b""
    assert folder.file("table").read_text() == "reasons"


def test_what_was_written_before_a_failure_is_not_kept(folder: DatasetFolder) -> None:
    def work() -> dict:
        folder.file("table").write_text("half of it")
        raise InputError("bad")

    folder.path.mkdir(parents=True)
    assert record_outcome(QC, folder, work).status == "failed"
    assert folder.file("table").read_bytes() == b""


def test_an_input_that_is_not_there_is_an_error_and_nothing_is_written(folder: DatasetFolder) -> None:
    with pytest.raises(InputError, match=r"raw\.h5ad does not exist; expected a file of an earlier step, for qc"):
        record_outcome(Step("qc", "", ("raw.h5ad",), ("qc.h5ad",)), folder, dict)
    assert not folder.path.exists()


def test_an_output_that_cannot_be_written_is_an_error_before_the_work(folder: DatasetFolder) -> None:
    folder.file("table").mkdir(parents=True)
    with pytest.raises(InputError, match="it is a folder"):
        record_outcome(QC, folder, fail(AssertionError("not run")))
    assert not folder.status_file("qc").exists()


def test_a_status_file_that_is_none(folder: DatasetFolder) -> None:
    folder.status_file("ingest").parent.mkdir(parents=True)
    folder.status_file("ingest").write_text("{")
    with pytest.raises(InputError, match="is not the outcome of a step"):
        record_outcome(QC, folder, dict)


def test_what_a_killed_run_left_is_cleared(folder: DatasetFolder) -> None:
    folder.path.mkdir(parents=True)
    rest, others = folder.file(".part-x1-out.tsv"), folder.file(".part-x2-else.tsv")
    rest.touch()
    others.touch()
    record_outcome(QC, folder, dict)
    assert not rest.exists()
    assert others.exists()

"""A step of the workflow records why its data set stops; alone it fails loudly."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from fatescore.cli._step import read_status, run_step
from fatescore.errors import InputError, NotScorable


def arguments(tmp_path: Path, status_in: list[Path] | None = None, workflow: bool = True) -> argparse.Namespace:
    return argparse.Namespace(
        dataset="D", status_in=status_in or [], status_out=tmp_path / "status.json" if workflow else None
    )


def fail(error: Exception):
    def work() -> dict:
        raise error

    return work


def test_ok_keeps_the_facts(tmp_path: Path) -> None:
    run_step("qc", arguments(tmp_path), [], lambda: {"n": 3})
    assert read_status(tmp_path / "status.json") == {
        "dataset": "D", "step": "qc", "status": "ok", "reason": "", "facts": {"n": 3},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "status"), [(NotScorable("too shallow"), "not scorable"), (InputError("bad"), "failed")]
)
def test_a_stopped_data_set_is_recorded_and_passed_on(tmp_path: Path, error: Exception, status: str) -> None:
    output = tmp_path / "out.tsv"
    run_step("qc", arguments(tmp_path), [output], fail(error))
    assert output.read_bytes() == b""
    recorded = read_status(tmp_path / "status.json")
    assert (recorded["status"], recorded["step"], recorded["reason"]) == (status, "qc", str(error))
    later = tmp_path / "later"
    run_step("score", arguments(later, [tmp_path / "status.json"]), [later / "scores"], fail(AssertionError("not run")))
    assert read_status(later / "status.json") == recorded
    assert (later / "scores").read_bytes() == b""


def test_what_the_system_refuses_stops_one_data_set_only(tmp_path: Path) -> None:
    run_step("qc", arguments(tmp_path), [], fail(PermissionError(13, "Permission denied", "x.tsv")))
    recorded = read_status(tmp_path / "status.json")
    assert recorded["status"] == "failed"
    assert recorded["reason"].startswith("x.tsv: Permission denied; expected files that can be read")


def test_alone_the_error_is_raised_and_nothing_written(tmp_path: Path) -> None:
    with pytest.raises(NotScorable):
        run_step("qc", arguments(tmp_path, workflow=False), [tmp_path / "out"], fail(NotScorable("x")))
    assert list(tmp_path.iterdir()) == []


def test_a_bug_fails_its_data_set_and_leaves_the_traceback_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_step("qc", arguments(tmp_path), [tmp_path / "out"], lambda: {"x": 1 / 0})
    recorded = read_status(tmp_path / "status.json")
    assert recorded["status"] == "failed"
    assert "unexpected ZeroDivisionError" in recorded["reason"]
    assert "Traceback" in caplog.text
    with pytest.raises(ZeroDivisionError):
        run_step("qc", arguments(tmp_path, workflow=False), [], lambda: {"x": 1 / 0})


def test_what_was_written_before_not_scorable_is_kept(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("of an earlier run")

    def work() -> dict:
        (tmp_path / "table").write_text("reasons")
        raise NotScorable("too shallow")

    run_step("qc", arguments(tmp_path), [tmp_path / "old", tmp_path / "table"], work)
    assert (tmp_path / "old").read_bytes() == b""
    assert (tmp_path / "table").read_text() == "reasons"


def test_a_status_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"step": "qc"}))
    with pytest.raises(InputError, match="is not a status file"):
        read_status(path)


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    rest, others = tmp_path / ".part-x1-out.tsv", tmp_path / ".part-x2-else.tsv"
    rest.touch()
    others.touch()
    run_step("qc", arguments(tmp_path), [tmp_path / "out.tsv"], lambda: {})
    assert not rest.exists()
    assert others.exists()

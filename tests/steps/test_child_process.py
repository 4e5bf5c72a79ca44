"""A step whose process is killed fails alone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fatescore.errors import FatescoreError, InputError
from fatescore.steps.child_process import run_in_child, why_killed

KILLED = """
import os, signal, sys
import fatescore.steps.qc as step
def qc(*args, **kwargs):
    os.kill(os.getpid(), signal.{name})
step.qc = qc
from fatescore.cli import entry
sys.exit(entry())
"""


def killed_by(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "D").mkdir(exist_ok=True)
    (folder / "D" / "raw.h5ad").touch()
    command = [sys.executable, "-c", KILLED.format(name=name), "qc", "D", "--keep-going"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("name", "reason"), [("SIGSEGV", "a library crashed"), ("SIGKILL", "memory runs out")])
def test_a_crash_is_an_outcome(tmp_path: Path, name: str, reason: str) -> None:
    done = killed_by(name, tmp_path)
    assert done.returncode == 0, done.stderr
    outcome = json.loads((tmp_path / "D" / "status" / "qc.json").read_text())
    assert (outcome["status"], outcome["step"], outcome["dataset"]) == ("failed", "qc", "D")
    assert reason in outcome["reason"]
    assert name in outcome["reason"]
    assert (tmp_path / "D" / "qc.h5ad").read_bytes() == (tmp_path / "D" / "qc.tsv").read_bytes() == b""
    assert done.stderr.splitlines()[-1].startswith("D: failed at qc: ")


def test_a_step_that_is_ended_records_nothing(tmp_path: Path) -> None:
    assert killed_by("SIGTERM", tmp_path).returncode == 128 + signal.SIGTERM
    assert [path.name for path in (tmp_path / "D").iterdir()] == ["raw.h5ad"]


def test_ending_the_caller_ends_the_work(tmp_path: Path) -> None:
    code = "import time, pathlib\nfrom fatescore.steps.child_process import run_in_child\n"
    code += "def work():\n pathlib.Path('begun').touch()\n time.sleep(60)\n pathlib.Path('ended').touch()\n"
    code += "raise SystemExit(run_in_child(work))"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    while not (tmp_path / "begun").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.terminate()
    assert process.wait(timeout=20) == signal.SIGTERM  # which killed the child
    assert not (tmp_path / "ended").exists()


def test_work_leaves_files_and_its_exit_status(tmp_path: Path) -> None:
    assert run_in_child((tmp_path / "made").touch) == 0
    assert (tmp_path / "made").exists()

    def stop() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit, match="3"):
        run_in_child(stop)
    assert why_killed(signal.SIGUSR1) == "the process was ended (SIGUSR1)"


@pytest.mark.parametrize(
    ("error", "message"),
    [(InputError("no é", fix="do"), "no é; do"), (OSError(28, "No space left on device", "x"), "x: No space left")],
)
def test_an_expected_error_of_the_child_is_one_of_the_caller(error: Exception, message: str) -> None:
    def work() -> None:
        raise error

    with pytest.raises(FatescoreError, match=message):
        run_in_child(work)


def test_an_expected_error_of_a_step_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "D" / "status").mkdir(parents=True)
    (tmp_path / "D" / "raw.h5ad").touch()
    (tmp_path / "D" / "status" / "ingest.json").write_text("{")
    code = "import sys; from fatescore.cli import entry; sys.exit(entry())"
    done = subprocess.run(
        [sys.executable, "-c", code, "qc", "D"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("fatescore qc: error: D/status/ingest.json is not the outcome of a step")
    assert len(done.stderr.splitlines()) == 1

"""A step whose process is killed fails alone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fatescore.cli._apart import apart, why_killed

KILLED = """
import os, signal, sys
import fatescore.cli.ingest as verb
def ingest(*args, **kwargs):
    os.kill(os.getpid(), signal.{name})
verb.ingest = ingest
from fatescore.cli import entry
sys.exit(entry())
"""
WORDS = ["ingest", "x.tsv", "--organism", "human", "--assay", "bulk", "--scale", "counts", "--output", "x.h5ad",
         "--sample-fields", "fields.tsv", "--dataset", "D", "--status-out", "status.json"]  # fmt: skip


def killed_by(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    code = KILLED.format(name=name)
    return subprocess.run([sys.executable, "-c", code, *WORDS], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("name", "reason"), [("SIGSEGV", "a library crashed"), ("SIGKILL", "memory runs out")])
def test_a_crash_is_an_outcome(tmp_path: Path, name: str, reason: str) -> None:
    done = killed_by(name, tmp_path)
    assert done.returncode == 0
    outcome = json.loads((tmp_path / "status.json").read_text())
    assert (outcome["status"], outcome["step"], outcome["dataset"]) == ("failed", "ingest", "D")
    assert reason in outcome["reason"]
    assert name in outcome["reason"]
    assert (tmp_path / "x.h5ad").read_bytes() == (tmp_path / "fields.tsv").read_bytes() == b""
    assert done.stderr.splitlines()[-1].startswith("D: failed at ingest: ")


def test_who_is_ended_records_nothing(tmp_path: Path) -> None:
    assert killed_by("SIGTERM", tmp_path).returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_ending_us_ends_the_work(tmp_path: Path) -> None:
    code = "import time, pathlib\nfrom fatescore.cli._apart import apart\n"
    code += "def work():\n pathlib.Path('begun').touch()\n time.sleep(60)\n pathlib.Path('ended').touch()\n"
    code += "raise SystemExit(apart(work))"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    while not (tmp_path / "begun").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.terminate()
    assert process.wait(timeout=20) == signal.SIGTERM  # the child's end, told by apart
    assert not (tmp_path / "ended").exists()


def test_work_leaves_files_and_its_exit_status(tmp_path: Path) -> None:
    assert apart((tmp_path / "made").touch) == 0
    assert (tmp_path / "made").exists()

    def stop() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit, match="3"):
        apart(stop)
    assert why_killed(signal.SIGUSR1) == "the process was ended (SIGUSR1)"


def test_an_expected_error_of_a_step_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    code = "import sys; from fatescore.cli import entry; sys.exit(entry())"
    words = ["qc", "x.h5ad", "--output", "o.h5ad", "--table", "t.tsv", "--dataset", "A", "--status-in", "bad.json",
             "--status-out", "s.json"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("fatescore qc: error: bad.json is not a status file")
    assert len(done.stderr.splitlines()) == 1

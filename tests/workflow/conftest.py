"""A small simulated mirror and a way to run the workflow on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import simulated_geo

CONTRAST = {"id": "op", "case": "osteoporosis", "control": "control", "expected": "-"}


@pytest.fixture(scope="session")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulated_geo.mirror(tmp_path_factory.mktemp("geo") / "mirror", seed=0, cells_per_donor=60, n_genes=600)


@dataclass
class Run:
    """A working directory with a configuration of its own."""

    folder: Path
    root: Path
    config: dict

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def command(self, *extra: str) -> list[str]:
        (self.folder / "run.yaml").write_text(yaml.safe_dump(self.config))
        snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(self.root / "Snakefile")]
        return [*snakemake, "--workflow-profile", str(self.root / "workflow" / "profiles" / "default"),
                *extra, "--configfile", "run.yaml"]  # fmt: skip

    def snakemake(self, *extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*extra), cwd=self.folder, env=self.environment(), capture_output=True, text=True, check=False
        )

    def kill_when(self, ready: Callable[[], bool]) -> None:
        """Start, and kill the whole process group without warning once ``ready``."""
        process = subprocess.Popen(
            self.command(), cwd=self.folder, env=self.environment(), start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 120
        while not ready() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert process.poll() is None, "the run ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    @staticmethod
    def environment() -> dict[str, str]:
        here = str(Path(sys.executable).parent)
        return {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def make_run(root: Path, mirror: Path, tmp_path: Path) -> Callable[..., Run]:
    def make(name: str, *, datasets: dict[str, str], **settings: object) -> Run:
        """``datasets`` maps a name of the demo's data sets to the accession to ask for."""
        folder = tmp_path / name
        folder.mkdir()
        for table in ("datasets", "samples"):
            lines = (root / "config" / "demo" / f"{table}.tsv").read_text().splitlines()
            kept = [lines[0], *(line for line in lines[1:] if line.split("\t")[0] in datasets)]
            (folder / f"{table}.tsv").write_text("\n".join(kept) + "\n")
        text = (folder / "datasets.tsv").read_text()
        for line in text.splitlines()[1:]:
            fields = line.split("\t")
            text = text.replace(fields[3], datasets[fields[0]] or fields[3])
        (folder / "datasets.tsv").write_text(text)
        config = {
            "datasets": "datasets.tsv", "samples": "samples.tsv", "geo_base_url": mirror.as_uri(),
            "qc": {"min_genes": 30, "min_counts_bulk": 1000},
            "contrasts": [{**CONTRAST, "datasets": sorted(datasets)}], **settings,
        }  # fmt: skip
        return Run(folder, root, config)

    return make

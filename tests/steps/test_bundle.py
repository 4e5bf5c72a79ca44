"""The step that bundles a run; the round trip is tested with the verb."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from fatescore.errors import ConfigError, InputError
from fatescore.steps.bundle import bundle_run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {
        "config.yaml": "datasets: datasets.tsv\nsamples: samples.tsv\nlocal_root: data\n",
        "datasets.tsv": "dataset\tsource\tpath\tassay\torganism\tscale\nB\tlocal\tb\tbulk\thuman\tcounts\n",
        "samples.tsv": "dataset\tsample\tdonor\tcondition\nB\ts1\td2\tcontrol\n",
        "data/b/s1.tsv": "gene\ts1\nRUNX2\t3\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_settings_tables_and_local_folders_are_packed(run: Path) -> None:
    names = bundle_run("config.yaml", "run.tar")
    assert names == ["config.yaml", "data/b/s1.tsv", "datasets.tsv", "samples.tsv"]
    with tarfile.open(run / "run.tar") as archive:
        assert archive.getnames()[1:] == names


def test_what_is_missing_is_named(run: Path) -> None:
    (run / "data/b/s1.tsv").unlink()
    (run / "data/b").rmdir()
    with pytest.raises(InputError, match="data/b does not exist; expected local data of the run"):
        bundle_run("config.yaml", "run.tar")
    (run / "config.yaml").write_text("a: [")
    with pytest.raises(ConfigError, match="config.yaml is not YAML"):
        bundle_run("config.yaml", "run.tar")
    assert not (run / "run.tar").exists()

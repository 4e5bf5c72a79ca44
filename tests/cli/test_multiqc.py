"""fatescore multiqc: two files for MultiQC from the tables of quality control."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from fatescore.cli import main
from fatescore.tables.io import write_tsv


def run(folder: Path, *more: str) -> list[dict[str, object]]:
    outputs = [folder / "qc_samples_mqc.json", folder / "qc_dropped_mqc.json"]
    asked = ["--dataset", "A", "--qc", str(folder / "qc.tsv"), *more]
    asked += ["--samples-output", str(outputs[0]), "--dropped-output", str(outputs[1])]
    assert main(["multiqc", *asked]) == 0
    return [json.loads(path.read_text(encoding="utf-8")) for path in outputs]


def test_both_files_are_written(tmp_path: Path) -> None:
    write_tsv(tmp_path / "qc.tsv", pd.DataFrame({"sample": ["007"], "verdict": "ok", "n_obs": 2}))
    write_tsv(tmp_path / "m.tsv", pd.DataFrame({"sample": ["007"], "fraction_doublet": [0.5]}))
    pd.DataFrame({"sample": ["007"] * 2, "dropped_because": ["", "doublet"]}).to_parquet(tmp_path / "c.parquet")
    samples, dropped = run(tmp_path, "--metrics", str(tmp_path / "m.tsv"), "--cells", str(tmp_path / "c.parquet"))
    assert samples["data"] == {"A | 007": {"verdict": "ok", "n_obs": 2, "fraction_doublet": 0.5}}
    assert dropped["data"] == {"A | 007": {"kept": 1, "doublet": 1}}


def test_a_data_set_that_stopped_has_files_without_samples(tmp_path: Path) -> None:
    for name in ("qc.tsv", "m.tsv", "c.parquet"):
        (tmp_path / name).touch()
    found = run(tmp_path, "--metrics", str(tmp_path / "m.tsv"), "--cells", str(tmp_path / "c.parquet"))
    assert [section["data"] for section in found] == [{"A": {}}, {"A": {}}]


def test_cells_that_are_no_parquet_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tsv(tmp_path / "qc.tsv", pd.DataFrame({"sample": ["s"], "verdict": "ok"}))
    (tmp_path / "c.parquet").write_text("x")
    asked = ["--dataset", "A", "--qc", str(tmp_path / "qc.tsv"), "--cells", str(tmp_path / "c.parquet")]
    outputs = ["--samples-output", str(tmp_path / "a_mqc.json"), "--dropped-output", str(tmp_path / "b_mqc.json")]
    assert main(["multiqc", *asked, *outputs]) == 2
    assert "cannot be read as Parquet" in capsys.readouterr().err

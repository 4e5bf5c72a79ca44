"""`fatescore embed`: which cells are shown, and what it leaves when there is nothing to show or it goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore import pp
from fatescore.cli.main import main
from fatescore.tables import EMBEDDING

HOSTILE = '=cmd()<script>alert("1")</script>é'


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with raw.h5ad and its qc_cells.parquet."""
    folder = tmp_path_factory.mktemp("embed")
    adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=80, n_genes=600, stromal=0.6, damaged=0.1, seed=3)
    first = adata.obs["donor"].astype(str) == str(adata.obs["donor"].iloc[0])
    adata.obs["donor"] = adata.obs["donor"].astype(str).where(~first, HOSTILE)
    adata.uns["fatescore"] = {"assay": "single_cell", "organism": "human", "scale": "counts"}
    adata.write_h5ad(folder / "raw.h5ad")
    limits = ["--min-genes", "30", "--min-stromal-cells", "10"]
    paths = {"output": "qc.h5ad", "table": "qc.tsv", "cells": "qc_cells.parquet"}
    assert main(["qc", str(folder / "raw.h5ad"), *limits, *flags(folder, paths)]) == 0
    return folder


def flags(folder: Path, paths: dict[str, str]) -> list[str]:
    return [word for name, file in paths.items() for word in (f"--{name}", str(folder / file))]


def embed(folder: Path, out: Path, *more: str) -> int:
    cells = ["--cells", str(folder / "qc_cells.parquet")]
    return main(["embed", str(folder / "raw.h5ad"), *cells, "--output", str(out / "embedding.parquet"), *more])


def test_all_cells_that_pass_are_shown_stromal_or_not(judged: Path, tmp_path: Path) -> None:
    assert embed(judged, tmp_path) == 0
    found = pd.read_parquet(tmp_path / "embedding.parquet")
    cells = pd.read_parquet(judged / "qc_cells.parquet").set_index("obs_name")
    shown = cells["dropped_because"].isin(["", "not stromal"])
    assert found["obs_name"].tolist() == shown.index[shown].tolist()
    assert 0 < shown.sum() < len(cells)
    own = cells.loc[found["obs_name"]]
    assert found["cell_type"].tolist() == own["cell_type"].tolist()
    assert found["total_counts"].tolist() == own["total_counts"].tolist()
    assert {"stromal"} < set(found["cell_type"])
    obs = ad.read_h5ad(judged / "raw.h5ad").obs.loc[found["obs_name"]]
    assert found["donor"].tolist() == obs["donor"].tolist()
    assert HOSTILE in set(found["donor"])


def test_the_same_bytes_twice(judged: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        assert embed(judged, tmp_path / name, "--seed", "5") == 0
    assert (tmp_path / "a" / "embedding.parquet").read_bytes() == (tmp_path / "b" / "embedding.parquet").read_bytes()


def test_bulk_has_a_table_without_rows(tmp_path: Path) -> None:
    bulk = fs.simulate.bulk(n_donors=4, n_genes=300, seed=0)
    bulk.uns["fatescore"] = {"assay": "bulk", "organism": "human", "scale": "counts"}
    bulk.write_h5ad(tmp_path / "raw.h5ad")
    pd.DataFrame().to_parquet(tmp_path / "qc_cells.parquet")
    assert embed(tmp_path, tmp_path) == 0
    found = pd.read_parquet(tmp_path / "embedding.parquet")
    assert (len(found), list(found)) == (0, list(EMBEDDING.names))


def test_cells_of_another_file_are_refused(judged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ad.read_h5ad(judged / "raw.h5ad")[:-1].write_h5ad(tmp_path / "raw.h5ad")
    (tmp_path / "qc_cells.parquet").write_bytes((judged / "qc_cells.parquet").read_bytes())
    assert embed(tmp_path, tmp_path) == 2
    assert "the 160 judged cells are not the 159 of the data" in capsys.readouterr().err
    (tmp_path / "qc_cells.parquet").write_text("no")
    assert embed(tmp_path, tmp_path) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_an_unexpected_error_is_recorded_and_leaves_an_empty_file(
    judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise np.linalg.LinAlgError("no convergence")

    monkeypatch.setattr(pp, "embed", broken)
    assert embed(judged, tmp_path, "--dataset", "D", "--status-out", str(tmp_path / "embed.json")) == 0
    status = json.loads((tmp_path / "embed.json").read_text())
    assert (status["step"], status["status"]) == ("embed", "failed")
    assert "no convergence" in status["reason"]
    assert (tmp_path / "embedding.parquet").read_bytes() == b""

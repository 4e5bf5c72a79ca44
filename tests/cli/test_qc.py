"""`fatescore qc`: the same files from any order of samples, whole or not at all, with memory said before."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore.cli import qc as verb
from fatescore.cli.main import main
from fatescore.tables.io import read_tsv

OPTIONS = ("--min-genes", "30", "--min-stromal-cells", "10")


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=220, n_genes=600, seed=3)
    adata.uns["fatescore"] = {"assay": "single_cell", "organism": "human", "scale": "counts"}
    path = tmp_path_factory.mktemp("qc") / "raw.h5ad"
    adata.write_h5ad(path, compression="gzip")
    return path


def ran(path: Path, folder: Path, *more: str) -> int:
    folder.mkdir(exist_ok=True)
    tables = (("--table", "qc.tsv"), ("--metrics", "metrics.tsv"), ("--cells", "cells.parquet"))
    paths = [part for flag, name in tables for part in (flag, str(folder / name))]
    return main(["qc", str(path), "--output", str(folder / "qc.h5ad"), *paths, *OPTIONS, *more])


def test_the_files_hold_what_the_library_says(raw: Path, tmp_path: Path) -> None:
    assert ran(raw, tmp_path / "out") == 0
    limits = fs.pp.QcLimits(min_genes=30, min_stromal_cells=10)
    wanted = fs.pp.qc(ad.read_h5ad(raw), assay="single_cell", organism="human", limits=limits)
    wanted.adata.write_h5ad(tmp_path / "wanted.h5ad", compression="gzip")
    ours, theirs = ad.read_h5ad(tmp_path / "out" / "qc.h5ad"), ad.read_h5ad(tmp_path / "wanted.h5ad")
    pd.testing.assert_frame_equal(ours.obs, theirs.obs, check_exact=True)
    pd.testing.assert_frame_equal(ours.var, theirs.var, check_exact=True)
    for a, b in ((ours.X, theirs.X), (ours.layers["counts"], theirs.layers["counts"])):
        for part in ("data", "indices", "indptr"):
            assert np.array_equal(getattr(a, part), getattr(b, part))
            assert getattr(a, part).dtype == getattr(b, part).dtype
    assert ours.uns["fatescore"] == theirs.uns["fatescore"]
    with h5py.File(tmp_path / "out" / "qc.h5ad") as file:
        assert file["layers/counts/data"].compression == "gzip"
    cells = pd.read_parquet(tmp_path / "out" / "cells.parquet")
    pd.testing.assert_frame_equal(cells, wanted.cells)
    assert read_tsv(tmp_path / "out" / "metrics.tsv")["n_droplets_empty"].eq(0).all()


def test_the_same_bytes_twice(raw: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert ran(raw, tmp_path / name) == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_memory_is_said_before_the_work_and_it_goes_on(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(raw, tmp_path / "quiet") == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(verb, "_available", lambda: 1e6)
    assert ran(raw, tmp_path / "told") == 0
    said = capsys.readouterr().err
    assert "to find doublets" in said
    assert "0.0 GB are available" in said
    assert (tmp_path / "told" / "qc.h5ad").is_file()
    assert ran(raw, tmp_path / "told", "--doublets", "none") == 0
    assert "to score the cell cycle" in capsys.readouterr().err


def test_available_memory_is_between_nothing_and_all() -> None:
    import os

    assert 0 < verb._available() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_bulk_is_read_whole(tmp_path: Path) -> None:
    bulk = fs.simulate.bulk(n_donors=4, n_genes=300, seed=0)
    bulk.uns["fatescore"] = {"assay": "bulk", "organism": "human", "scale": "counts"}
    bulk.write_h5ad(tmp_path / "bulk.h5ad")
    assert ran(tmp_path / "bulk.h5ad", tmp_path / "out", "--min-counts-bulk", "1") == 0
    kept = ad.read_h5ad(tmp_path / "out" / "qc.h5ad")
    assert np.array_equal(np.asarray(kept.X.todense()), np.asarray(bulk.X.todense()))
    assert {"total_counts", "pct_counts_mt"} <= set(kept.obs)


def test_no_scorable_sample_leaves_the_table_and_no_data(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(raw, tmp_path / "out", "--min-stromal-cells", "9999") == 2
    assert "stromal cells pass, 9,999 needed" in capsys.readouterr().err
    assert read_tsv(tmp_path / "out" / "qc.tsv")["verdict"].eq("not scorable").all()
    assert not (tmp_path / "out" / "qc.h5ad").exists()


def test_a_wrong_file_or_choice_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.h5ad").write_text("no")
    assert ran(tmp_path / "text.h5ad", tmp_path / "out") == 2
    assert "cannot be read as h5ad" in capsys.readouterr().err
    ad.AnnData(np.ones((2, 2))).write_h5ad(tmp_path / "bare.h5ad")
    assert ran(tmp_path / "bare.h5ad", tmp_path / "out") == 2
    assert "lacks assay, organism, scale" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        ran(tmp_path / "bare.h5ad", tmp_path / "out", "--empty-droplets", "perhaps")
    assert "--empty-droplets" in capsys.readouterr().err

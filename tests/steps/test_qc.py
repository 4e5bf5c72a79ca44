"""The step qc: the same files from any order of samples, whole or not at all, with a warning of memory before."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore.errors import InputError, NotScorable
from fatescore.pp import QcLimits
from fatescore.steps import qc as step
from fatescore.tables import QC, QC_CELLS, QC_COMPONENTS, QC_METRICS, QC_PCA
from fatescore.tables.folder import DatasetFolder
from tests.steps.folders import with_facts

LIMITS = QcLimits(min_genes=30, min_stromal_cells=10)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    adata = with_facts(fs.simulate.single_cell(n_donors=2, cells_per_donor=220, n_genes=600, seed=3), "single_cell")
    path = tmp_path_factory.mktemp("qc") / "raw.h5ad"
    adata.write_h5ad(path, compression="gzip")
    return path


def folder_with(raw: Path, path: Path) -> DatasetFolder:
    path.mkdir()
    (path / "raw.h5ad").write_bytes(raw.read_bytes())
    return DatasetFolder(path)


def test_the_files_hold_what_the_library_returns(raw: Path, tmp_path: Path) -> None:
    folder = folder_with(raw, tmp_path / "A")
    facts = step.qc(folder, LIMITS)
    wanted = fs.pp.qc(ad.read_h5ad(raw), assay="single_cell", organism="human", limits=LIMITS)
    wanted.adata.write_h5ad(tmp_path / "wanted.h5ad", compression="gzip")
    ours, theirs = ad.read_h5ad(folder.file("qc.h5ad")), ad.read_h5ad(tmp_path / "wanted.h5ad")
    pd.testing.assert_frame_equal(ours.obs, theirs.obs, check_exact=True)
    pd.testing.assert_frame_equal(ours.var, theirs.var, check_exact=True)
    for a, b in ((ours.X, theirs.X), (ours.layers["counts"], theirs.layers["counts"])):
        for part in ("data", "indices", "indptr"):
            assert np.array_equal(getattr(a, part), getattr(b, part))
            assert getattr(a, part).dtype == getattr(b, part).dtype
    assert ours.uns["fatescore"] == theirs.uns["fatescore"]
    with h5py.File(folder.file("qc.h5ad")) as file:
        assert file["layers/counts/data"].compression == "gzip"
    pd.testing.assert_frame_equal(folder.read(QC_CELLS), wanted.cells)
    assert folder.read(QC_METRICS)["n_droplets_empty"].eq(0).all()
    assert len(folder.read(QC)) == 2
    assert facts["limits"]["min_genes"] == 30
    assert (facts["n_obs_kept"], facts["samples_not_scorable"]) == (ours.n_obs, {})


def test_the_same_bytes_twice(raw: Path, tmp_path: Path) -> None:
    first, second = (folder_with(raw, tmp_path / name) for name in ("a", "b"))
    for folder in (first, second):
        step.qc(folder, LIMITS)
    for path in first.path.iterdir():
        assert path.read_bytes() == (second.path / path.name).read_bytes()


def test_memory_is_warned_of_before_the_work_and_it_goes_on(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = folder_with(raw, tmp_path / "A")
    step.qc(folder, LIMITS)
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]
    monkeypatch.setattr(step, "_available_memory", lambda: 1e6)
    step.qc(folder, LIMITS)
    assert "to find doublets" in caplog.text
    assert "0.0 GB are available" in caplog.text
    assert folder.file("qc.h5ad").is_file()
    step.qc(folder, QcLimits(min_genes=30, min_stromal_cells=10, doublets="none"))
    assert "to score the cell cycle" in caplog.text


def test_available_memory_is_between_nothing_and_all() -> None:
    assert 0 < step._available_memory() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_bulk_is_read_whole_and_hostile_names_stay_text(tmp_path: Path) -> None:
    hostile = '=cmd()<script>alert("1")</script>'
    bulk = with_facts(fs.simulate.bulk(n_donors=6, n_genes=600, seed=0), "bulk")
    bulk.obs["donor"] = [hostile, *bulk.obs["donor"].astype(str)[1:]]
    bulk.write_h5ad(tmp_path / "raw.h5ad")
    folder = DatasetFolder(tmp_path)
    step.qc(folder, QcLimits(min_counts_bulk=1))
    kept = ad.read_h5ad(tmp_path / "qc.h5ad")
    assert np.array_equal(np.asarray(kept.X.todense()), np.asarray(bulk.X.todense()))
    assert {"total_counts", "pct_counts_mt"} <= set(kept.obs)
    for table in (QC, QC_PCA):
        assert hostile in set(folder.read(table)["donor"])
    assert not folder.read(QC_COMPONENTS).empty


def test_no_scorable_sample_leaves_the_table_and_no_data(raw: Path, tmp_path: Path) -> None:
    folder = folder_with(raw, tmp_path / "A")
    with pytest.raises(NotScorable, match="9,999"):
        step.qc(folder, QcLimits(min_genes=30, min_stromal_cells=9999))
    assert folder.read(QC)["verdict"].eq("not scorable").all()
    assert not folder.file("qc.h5ad").exists()


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "raw.h5ad").write_text("no")
    with pytest.raises(InputError, match="cannot be read as h5ad"):
        step.qc(DatasetFolder(tmp_path))
    ad.AnnData(np.ones((2, 2))).write_h5ad(tmp_path / "raw.h5ad")
    with pytest.raises(InputError, match="lacks assay, organism, scale"):
        step.qc(DatasetFolder(tmp_path))

"""Pseudobulk sums."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore import _h5ad_rows
from fatescore._h5ad_rows import open_rows
from fatescore.errors import InputError


def test_sums_and_constant_columns() -> None:
    cells = fs.simulate.single_cell(n_donors=4, cells_per_donor=15, n_genes=300, seed=0)
    summed = fs.pp.pseudobulk(cells)
    assert list(summed.obs_names) == sorted(cells.obs["sample"].unique())
    for name in summed.obs_names:
        mine = cells[(cells.obs["sample"] == name).to_numpy()]
        np.testing.assert_allclose(
            np.asarray(summed[name].X.sum(axis=0)).ravel(), np.asarray(mine.layers["counts"].sum(axis=0)).ravel()
        )
        assert summed.obs.loc[name, "donor"] == mine.obs["donor"].iloc[0]
    assert summed.obs["n_obs"].sum() == cells.n_obs
    assert "true_fate" not in summed.obs


def test_needs_counts_and_the_column() -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=15, n_genes=300, seed=0)
    with pytest.raises(InputError, match='no column "mouse"'):
        fs.pp.pseudobulk(cells, by="mouse")
    del cells.layers["counts"]
    with pytest.raises(InputError, match="counts.*missing"):
        fs.pp.pseudobulk(cells)


def test_a_cell_without_sample_is_refused() -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=15, n_genes=300, seed=0)
    cells.obs["sample"] = cells.obs["sample"].astype(object).where(np.arange(cells.n_obs) > 2)
    with pytest.raises(InputError, match='3 cells have no "sample"'):
        fs.pp.pseudobulk(cells)


def test_several_columns_are_the_sums_of_pandas() -> None:
    cells = fs.simulate.single_cell(n_donors=4, cells_per_donor=40, n_genes=300, seed=1)
    by = ["donor", "true_fate"]
    summed = fs.pp.pseudobulk(cells, by=by)
    counts = pd.DataFrame.sparse.from_spmatrix(cells.layers["counts"]).sparse.to_dense().to_numpy()
    expected = pd.DataFrame(counts).groupby([cells.obs[name].astype(str).to_numpy() for name in by]).sum()
    np.testing.assert_array_equal(summed.X, expected.to_numpy())
    np.testing.assert_array_equal(summed.layers["counts"], expected.to_numpy())
    assert list(zip(summed.obs["donor"], summed.obs["true_fate"], strict=True)) == list(expected.index)
    assert summed.obs["n_obs"].sum() == cells.n_obs
    assert "condition" in summed.obs  # the same for all cells of a donor
    assert "sex" in summed.obs
    assert "barcode" not in summed.obs


def test_small_groups_are_left_out_and_listed() -> None:
    cells = fs.simulate.single_cell(n_donors=4, cells_per_donor=40, n_genes=300, seed=1)
    whole = fs.pp.pseudobulk(cells, by=("donor", "true_fate"))
    cells_cut, counts_cut = int(whole.obs["n_obs"].median()), float(whole.obs["total_counts"].quantile(0.9))
    some = fs.pp.pseudobulk(cells, by=("donor", "true_fate"), min_cells=cells_cut, min_counts=counts_cut)
    stays = (whole.obs["n_obs"] >= cells_cut) & (whole.obs["total_counts"] >= counts_cut)
    assert 0 < stays.sum() < len(stays)
    assert list(some.obs_names) == list(whole.obs_names[stays])
    left = some.uns["fatescore"]["left_out"]
    assert len(left) + some.n_obs == whole.n_obs
    few = left["n_obs"] < cells_cut
    cells_of, counts_of = (left.loc[which, name] for which, name in ((few, "n_obs"), (~few, "total_counts")))
    assert left.loc[few, "reason"].tolist() == [f"few_cells:cells={n},needed={cells_cut}" for n in cells_of]
    wanted = [f"few_counts:counts={n:.10g},needed={counts_cut:.10g}" for n in counts_of]
    assert left.loc[~few, "reason"].tolist() == wanted
    assert "left_out" not in cells.uns.get("fatescore", {})


def test_nothing_left_is_a_table_without_rows() -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=15, n_genes=300, seed=0)
    none = fs.pp.pseudobulk(cells, min_cells=10_000)
    assert none.shape == (0, 300)
    assert len(none.uns["fatescore"]["left_out"]) == 2


def test_cells_on_disk_in_many_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = fs.simulate.single_cell(n_donors=4, cells_per_donor=30, n_genes=300, seed=0)
    cells = cells[np.random.default_rng(0).permutation(cells.n_obs)].copy()
    cells.write_h5ad(tmp_path / "cells.h5ad")
    monkeypatch.setattr(_h5ad_rows, "_AT_ONCE", 20_000)  # bytes: a few cells
    stored = fs.pp.pseudobulk(open_rows(tmp_path / "cells.h5ad"), by=("donor", "true_fate"))
    whole = fs.pp.pseudobulk(cells, by=("donor", "true_fate"))
    np.testing.assert_array_equal(stored.X, whole.X)
    pd.testing.assert_frame_equal(stored.obs, whole.obs, check_categorical=False, check_dtype=False)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"by": []}, "one or more columns"),
        ({"by": ["donor", "donor"]}, "each once"),
        ({"min_cells": -1}, "min_cells is -1"),
        ({"min_counts": float("nan")}, "min_counts is nan"),
    ],
)
def test_arguments_that_mean_nothing(wrong: dict[str, Any], message: str) -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=15, n_genes=300, seed=0)
    with pytest.raises(InputError, match=message):
        fs.pp.pseudobulk(cells, **wrong)


def test_labels_that_read_the_same_together_stay_two_groups() -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=15, n_genes=300, seed=0)
    odd = np.arange(cells.n_obs) % 2 == 1
    cells.obs["one"], cells.obs["two"] = np.where(odd, "a | b", "a"), np.where(odd, "c", "b | c")
    summed = fs.pp.pseudobulk(cells, by=("one", "two"))
    assert summed.obs_names.is_unique
    assert sorted(zip(summed.obs["one"], summed.obs["two"], strict=True)) == [("a", "b | c"), ("a | b", "c")]


def test_anndata_backed_by_its_own_reader(tmp_path: Path) -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=30, n_genes=300, seed=0)
    cells.write_h5ad(tmp_path / "cells.h5ad")
    backed = ad.read_h5ad(tmp_path / "cells.h5ad", backed="r")
    np.testing.assert_array_equal(fs.pp.pseudobulk(backed).X, fs.pp.pseudobulk(cells).X)


def test_sums_are_those_of_decoupler() -> None:
    decoupler = pytest.importorskip("decoupler")
    cells = fs.simulate.single_cell(n_donors=4, cells_per_donor=40, n_genes=300, seed=1)
    limits = {"min_cells": 8, "min_counts": 20_000}
    mine = fs.pp.pseudobulk(cells, by=("donor", "true_fate"), **limits)
    theirs = decoupler.pp.pseudobulk(cells, sample_col="donor", groups_col="true_fate", layer="counts")
    decoupler.pp.filter_samples(theirs, **limits)
    assert 0 < len(mine) < len(fs.pp.pseudobulk(cells, by=("donor", "true_fate")))
    keys = [f"{donor}_{fate}" for donor, fate in zip(mine.obs["donor"], mine.obs["true_fate"], strict=True)]
    assert sorted(keys) == sorted(theirs.obs_names)
    np.testing.assert_array_equal(mine.X, theirs[keys].X)


def test_a_column_that_nobody_filled_is_left_out(tmp_path: Path) -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=15, n_genes=300, seed=0)
    cells.obs["phase"] = pd.Categorical([None] * cells.n_obs, categories=["G1", "S"])
    summed = fs.pp.pseudobulk(cells)
    assert "phase" not in summed.obs
    summed.write_h5ad(tmp_path / "sums.h5ad")

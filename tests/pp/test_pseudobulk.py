"""Pseudobulk sums."""

from __future__ import annotations

import numpy as np
import pytest

import fatescore as fs
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

"""The map of cells: the same every time, from memory and disk, and cells of a kind lie together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

import fatescore as fs
from fatescore import _h5ad_rows
from fatescore._h5ad_rows import open_rows
from fatescore.errors import InputError
from fatescore.pp.embed import variable_genes
from fatescore.tables import EMBEDDING
from fatescore.tables import columns as col

XY = [col.UMAP_1, col.UMAP_2]
AGAIN = """
import hashlib, sys, anndata as ad, fatescore as fs
table = fs.pp.embed(ad.read_h5ad(sys.argv[1]), seed=3)
print(hashlib.sha256(table[["umap_1", "umap_2"]].to_numpy().tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    adata = fs.simulate.single_cell(n_donors=4, cells_per_donor=60, n_genes=600, stromal=0.5, seed=0)
    adata.obs[col.CELL_TYPE] = adata.obs["true_cell_type"].to_numpy()
    adata.obs[col.TOTAL_COUNTS] = np.asarray(adata.layers["counts"].sum(axis=1)).ravel()
    return adata


@pytest.fixture(scope="module")
def table(cells: ad.AnnData) -> pd.DataFrame:
    return fs.pp.embed(cells, seed=3)


def test_one_row_per_cell_in_order(cells: ad.AnnData, table: pd.DataFrame) -> None:
    assert list(table) == list(EMBEDDING.names)
    assert table["obs_name"].tolist() == cells.obs_names.tolist()
    for name in ("sample", "donor", "condition", "cell_type", "total_counts"):
        assert table[name].tolist() == cells.obs[name].tolist()
    assert (table[XY].dtypes == np.float32).all()
    assert np.isfinite(table[XY]).all(axis=None)


def test_cells_of_one_type_lie_together(table: pd.DataFrame) -> None:
    _, near = NearestNeighbors(n_neighbors=6).fit(table[XY]).kneighbors()
    types = table["cell_type"].astype(str).to_numpy()
    agree = (types[near] == types[:, None]).mean()
    by_chance = (pd.Series(types).value_counts(normalize=True) ** 2).sum()
    assert agree > 0.9
    assert by_chance < 0.7


def test_the_same_from_memory_and_from_disk_in_small_chunks(
    cells: ad.AnnData, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    padded = ad.concat([cells, cells[:7]], index_unique="-", keys=["a", "b"], uns_merge="first")
    padded.write_h5ad(tmp_path / "cells.h5ad")
    monkeypatch.setattr(_h5ad_rows, "_AT_ONCE", 100_000)
    found = fs.pp.embed(open_rows(tmp_path / "cells.h5ad")[np.arange(cells.n_obs)], seed=3)
    np.testing.assert_array_equal(found[XY], table[XY])


def test_the_number_of_threads_changes_nothing(cells: ad.AnnData, table: pd.DataFrame, tmp_path: Path) -> None:
    cells.write_h5ad(tmp_path / "cells.h5ad")
    digests = [
        subprocess.run(
            [sys.executable, "-c", AGAIN, str(tmp_path / "cells.h5ad")], capture_output=True, text=True, check=True,
            env={**os.environ, **dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), n)},
        ).stdout
        for n in ("1", "2")
    ]  # fmt: skip
    assert digests[0] == digests[1] != ""


def test_another_seed_gives_another_map(cells: ad.AnnData, table: pd.DataFrame) -> None:
    assert not np.allclose(fs.pp.embed(cells, seed=4)[XY], table[XY])


def test_normalised_values_are_taken_as_they_are(cells: ad.AnnData, table: pd.DataFrame) -> None:
    logs = fs.pp.normalise(cells, assay="single_cell", scale="counts")
    np.testing.assert_array_equal(fs.pp.embed(logs, seed=3)[XY], table[XY])


@pytest.mark.parametrize("n", [0, 1, 29])
def test_few_cells_have_no_map(cells: ad.AnnData, n: int) -> None:
    found = fs.pp.embed(cells[:n].copy())
    assert found.empty
    assert list(found) == list(EMBEDDING.names)


def test_cells_that_are_all_the_same_have_no_map(cells: ad.AnnData) -> None:
    same = cells[:40].copy()
    same.layers["counts"] = sp.vstack([cells.layers["counts"][:1]] * 40, format="csr")
    assert fs.pp.embed(same).empty


@pytest.mark.parametrize(("n", "mapped"), [(1, False), (2, True)])
def test_a_map_takes_two_genes_that_vary(n: int, mapped: bool) -> None:
    values = np.random.default_rng(0).random((40, 4))
    values[:, n:] = 1.0
    logs = ad.AnnData(values, obs=pd.DataFrame(index=[f"c{i}" for i in range(40)]))
    logs.uns["fatescore"] = {"scale": "counts", "normalise": "done"}
    assert fs.pp.embed(logs).empty is not mapped


def test_a_negative_seed_is_refused(cells: ad.AnnData) -> None:
    with pytest.raises(InputError, match="seed is -1"):
        fs.pp.embed(cells, seed=-1)


@pytest.mark.parametrize("n_top", [50, 200, 590])
@pytest.mark.parametrize("seed", [0, 1])
def test_variable_genes_are_those_of_scanpy(n_top: int, seed: int) -> None:
    import scanpy as sc

    adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=100, n_genes=600, seed=seed)
    logs = fs.pp.normalise(adata, assay="single_cell", scale="counts")
    sc.pp.highly_variable_genes(logs, n_top_genes=n_top, flavor="seurat")
    values = np.expm1(logs.X.toarray().astype(np.float64))
    found = variable_genes(values.mean(axis=0), values.var(axis=0, ddof=1), n_top)
    theirs = logs.var["highly_variable"].to_numpy() & (values.var(axis=0) > 0)
    np.testing.assert_array_equal(found, theirs)


def levels(highest: float) -> st.SearchStrategy[float]:
    return st.just(0.0) | st.floats(1e-6, highest)


@given(st.lists(st.tuples(levels(1e4), levels(1e6)), min_size=1, max_size=60), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_never_more_genes_than_asked_for_and_only_such_as_vary(values: list[tuple[float, float]], n_top: int) -> None:
    mean, variance = np.array(values).T
    chosen = variable_genes(mean, variance, n_top)
    varies = (mean > 0) & (variance > 0)
    assert not (chosen & ~varies).any()
    assert chosen.sum() == min(n_top, varies.sum())


def test_of_more_cells_than_are_wanted_some_are_drawn() -> None:
    adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=40, n_genes=300, seed=0)
    some = fs.pp.embed(adata, most=50)
    assert len(some) == 50
    names = list(adata.obs_names)
    assert [names.index(name) for name in some["obs_name"]] == sorted(names.index(name) for name in some["obs_name"])
    assert some.equals(fs.pp.embed(adata, most=50))
    assert set(some["obs_name"]) != set(fs.pp.embed(adata, most=50, seed=1)["obs_name"])

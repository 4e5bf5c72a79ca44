"""Intervals of a sample's index, over genes and over cells."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy import stats

import fatescore as fs
from fatescore import organisms
from fatescore.errors import InputError


@pytest.fixture(scope="module")
def bulk() -> ad.AnnData:
    adata = fs.simulate.bulk(n_donors=4, n_genes=400, seed=3)
    fs.tl.fate_bias(adata, organism="human")
    return adata


def test_over_genes_is_the_closed_form_of_two_means(bulk: ad.AnnData) -> None:
    """For a difference of two means the jack-knife is Welch's interval."""
    parts = fs.tl.gene_contributions(bulk, organism="human", index="core")
    arm = pd.Series(parts.attrs["arm"])
    bone = (parts[arm.index[arm == "osteogenic"]] * 6).to_numpy()
    fat = (parts[arm.index[arm == "adipogenic"]] * -2).to_numpy()
    got = fs.tl.gene_intervals(bulk, organism="human", index="core", level=0.9)
    for i in range(bulk.n_obs):
        expected = stats.ttest_ind(bone[i], fat[i], equal_var=False).confidence_interval(0.9)
        np.testing.assert_allclose(got.iloc[i], [expected.low, expected.high], atol=1e-9)


@pytest.mark.parametrize("index", ["review", "extended"])
@pytest.mark.parametrize("organism", organisms.names())
def test_over_genes_holds_the_index_for_every_definition(index: str, organism: str) -> None:
    adata = fs.simulate.bulk(n_donors=4, n_genes=400, organism=organism, seed=0)
    fs.tl.fate_bias(adata, organism=organism, index=index)
    got = fs.tl.gene_intervals(adata, organism=organism, index=index)
    assert (got["fate_bias_genes_low"] < adata.obs["fate_bias"]).all()
    assert (got["fate_bias_genes_high"] > adata.obs["fate_bias"]).all()


def cells(n: int, seed: int) -> ad.AnnData:
    """One sample: cells of two kinds, so that the share of each matters."""
    rng = np.random.default_rng(seed)
    index = fs.gene_sets.load_index().genes
    level = np.full(200, 3.0)
    names = [*index["symbol"], *(f"x{i}" for i in range(200 - len(index)))]
    rate = np.tile(level, (n, 1)) * np.linspace(0.2, 5, 200)
    rate[rng.random(n) < 0.5, : len(index) - 2] *= 4
    counts = sp.csr_matrix(rng.poisson(rate).astype(np.float32))
    obs = pd.DataFrame({"sample": "s"}, index=[f"c{i}" for i in range(n)])
    return ad.AnnData(counts, obs=obs, var=pd.DataFrame(index=names), layers={"counts": counts})


def width(adata: ad.AnnData, **kwargs: object) -> float:
    table = fs.tl.cell_intervals(adata, organism="human", **kwargs)
    return float(table["fate_bias_cells_high"].iloc[0] - table["fate_bias_cells_low"].iloc[0])


def test_over_cells_covers_what_other_cells_of_the_sample_would_show() -> None:
    """The spread over repeated samplings of cells is the spread that the interval claims."""
    index = [
        fs.tl.fate_bias(pd.DataFrame(np.asarray(c.X.sum(axis=0)), columns=c.var_names), organism="human")["fate_bias"]
        for c in (cells(60, seed) for seed in range(60))
    ]
    spread = 2 * 1.96 * np.std(index, ddof=1)
    claimed = np.mean([width(cells(60, seed)) for seed in range(100, 112)])
    assert 0.75 < claimed / spread < 1.3


def test_pieces_of_a_large_sample_keep_the_width() -> None:
    """400 cells are drawn in 100 pieces; the interval is half as wide as of 100 cells, which are drawn one by one."""
    few = np.mean([width(cells(100, seed)) for seed in range(6)])
    many = np.mean([width(cells(400, seed)) for seed in range(6)])
    assert 1.5 < few / many < 2.7


def test_seed_is_kept_and_zero_is_a_seed() -> None:
    adata = cells(40, 0)
    first, again = (fs.tl.cell_intervals(adata, organism="human", rng=0) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(fs.tl.cell_intervals(adata, organism="human", rng=1))


def test_a_handful_of_cells_has_no_interval() -> None:
    assert np.isnan(width(cells(4, 0)))


def test_mistakes_are_named(bulk: ad.AnnData) -> None:
    adata = cells(10, 0)
    with pytest.raises(InputError, match="level is 95"):
        fs.tl.gene_intervals(bulk, organism="human", level=95)
    with pytest.raises(InputError, match="n_bootstrap is 1"):
        fs.tl.cell_intervals(adata, organism="human", n_bootstrap=1)
    with pytest.raises(InputError, match='no column "donor"'):
        fs.tl.cell_intervals(adata, organism="human", by="donor")
    with pytest.raises(InputError, match='layer "raw" is not in the data'):
        fs.tl.cell_intervals(adata, organism="human", layer="raw")
    with pytest.raises(InputError, match="missing CEBPA"):
        fs.tl.gene_intervals(bulk[:, bulk.var_names != "CEBPA"].copy(), organism="human")

"""Depth matched between samples."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import fatescore as fs
from fatescore.errors import InputError


def cells(depths: dict[str, list[int]], n_genes: int = 30, seed: int = 0) -> ad.AnnData:
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.ones(n_genes))
    counts = np.vstack([rng.multinomial(depth, share) for sample in depths.values() for depth in sample])
    names = [sample for sample, values in depths.items() for _ in values]
    obs = pd.DataFrame({"sample": names}, index=[f"c{k}" for k in range(len(names))])
    var = pd.DataFrame(index=[f"g{k}" for k in range(n_genes)])
    stored = sp.csr_matrix(counts, dtype=np.float32)
    return ad.AnnData(stored, obs=obs, var=var, layers={"counts": stored.copy()})


def test_equal_numbers_of_cells_end_with_the_lesser_of_each_pair() -> None:
    matched = fs.pp.match_depth(cells({"a": [100, 400, 900], "b": [50, 500, 600]}))
    assert matched.obs["total_counts"].tolist() == [50, 400, 600, 50, 400, 600]


def test_the_shallowest_sample_keeps_its_counts_and_the_input_is_not_changed() -> None:
    given_ = cells({"a": [1000, 2000, 1500], "b": [100, 200]})
    before = given_.layers["counts"].toarray().copy()
    matched = fs.pp.match_depth(given_)
    np.testing.assert_array_equal(matched.layers["counts"].toarray()[3:], before[3:])
    np.testing.assert_array_equal(given_.layers["counts"].toarray(), before)


lists = st.lists(st.integers(1, 400), min_size=1, max_size=12)


@given(st.dictionaries(st.sampled_from("abc"), lists, min_size=1))
def test_no_count_is_added_and_quantiles_agree(depths: dict[str, list[int]]) -> None:
    given_ = cells(depths)
    matched = fs.pp.match_depth(given_)
    left = given_.layers["counts"].toarray() - matched.layers["counts"].toarray()
    assert (left >= 0).all()
    total = matched.obs["total_counts"].to_numpy()
    highest = min(max(values) for values in depths.values())
    assert total.max() <= highest
    whole = given_.obs_names[matched.obs["total_counts"].to_numpy() == np.concatenate([*depths.values()])]
    assert len(whole)  # the shallowest cell of all is nobody's to thin
    assert (matched.layers["counts"] != matched.X).nnz == 0


def test_thinning_is_fair_to_genes() -> None:
    """Counts drawn without replacement keep each gene's share: a chi-square of 2,000 cells that are cut to a half."""
    given_ = cells({"a": [2000] * 500, "b": [1000] * 500}, n_genes=20)
    matched = fs.pp.match_depth(given_)
    whole = np.asarray(given_.layers["counts"][:500].sum(axis=0)).ravel()
    kept = np.asarray(matched.layers["counts"][:500].sum(axis=0)).ravel()
    assert kept.sum() == 500_000
    z = (kept - whole / 2) / np.sqrt(whole / 4)  # more than the spread of draws without replacement
    assert abs(z).max() < 4


def test_a_seed_gives_the_same_again_and_another_does_not() -> None:
    given_ = cells({"a": [500] * 5, "b": [100] * 5})
    once, again, other = (fs.pp.match_depth(given_, rng=seed).X.toarray() for seed in (0, 0, 1))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()


def test_a_thinned_sample_has_the_mean_index_of_the_whole_one() -> None:
    """What the mean over cells loses by thinning is gone once both are equally deep."""
    adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=300, n_genes=18_000, depth=6000, seed=101)
    adata = adata[adata.obs["true_cell_type"] == "stromal"].copy()
    one = adata[adata.obs["donor"] == adata.obs["donor"].iloc[0]].copy()
    two = one.copy()
    rng = np.random.default_rng(0)
    counts = sp.csr_matrix(two.layers["counts"])
    counts.data = rng.binomial(counts.data.astype(int), 0.15).astype(np.float32)
    two.layers["counts"] = counts
    both = ad.concat([one, two], keys=["whole", "thinned"], index_unique="-")
    both.obs["sample"] = [name.rpartition("-")[2] for name in both.obs_names]
    both.X = both.layers["counts"].copy()
    error = {}
    for name, data in {"as it is": both, "matched": fs.pp.match_depth(both)}.items():
        fs.tl.fate_bias(data, organism="human")
        means = data.obs.groupby("sample", observed=True)["fate_bias"].agg(["mean", "sem"])
        error[name] = abs(means["mean"].diff().iloc[-1]) / means["sem"].mean()
    assert error["as it is"] > 1.5
    assert error["matched"] < 1


def test_fractions_and_missing_counts_are_refused() -> None:
    given_ = cells({"a": [10, 20]})
    given_.layers["counts"] = given_.layers["counts"] * 0.5 + given_.layers["counts"]
    with pytest.raises(InputError, match="whole numbers"):
        fs.pp.match_depth(given_)
    del given_.layers["counts"]
    with pytest.raises(InputError, match="is missing"):
        fs.pp.match_depth(given_)
    with pytest.raises(InputError, match='no column "batch"'):
        fs.pp.match_depth(cells({"a": [10, 20]}), by="batch")

"""UCell against pyucell, the port that its authors keep."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import pyucell
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import fatescore as fs

N_GENES = 30
GENES = [f"g{i}" for i in range(N_GENES)]
ABSENT = [f"absent{i}" for i in range(4)]


@st.composite
def matrices(draw: st.DrawFn) -> sp.csr_matrix:
    """Counts with many zeros and ties, or fractions, of a few cells; some cells are empty."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n_obs = draw(st.integers(1, 9))
    values = rng.poisson(draw(st.sampled_from([0.2, 1.0, 5.0, 300.0])), (n_obs, N_GENES)).astype(np.float64)
    values *= rng.random((n_obs, 1)) < 0.9
    if draw(st.booleans()):
        values = np.log1p(values / 3)
    return sp.csr_matrix(values.astype(draw(st.sampled_from([np.float32, np.float64]))))


@st.composite
def gene_sets(draw: st.DrawFn) -> dict[str, list[str]]:
    """Sets with either sign and with genes that the data lack; a gene stands once in a set."""
    sets = {}
    for k in range(draw(st.integers(1, 4))):
        names = draw(st.lists(st.sampled_from(GENES + ABSENT), min_size=1, max_size=10, unique=True))
        signs = draw(st.lists(st.sampled_from(["", "", "+", "-"]), min_size=len(names), max_size=len(names)))
        sets[f"s{k}"] = [name + sign for name, sign in zip(names, signs, strict=True)]
    sets["measured"] = ["g0", "g1"]  # fatescore refuses sets of which not one gene is in the data
    return sets


def theirs(adata: ad.AnnData, sets: dict[str, list[str]], **how: object) -> np.ndarray:
    copy = adata.copy()
    pyucell.compute_ucell_scores(copy, sets, n_jobs=1, suffix="", **how)
    return copy.obs[list(sets)].to_numpy()


@pytest.mark.filterwarnings("ignore:fewer than half of the genes:fatescore.errors.FatescoreWarning")
@settings(max_examples=120, deadline=None)
@given(
    matrices(),
    gene_sets(),
    st.sampled_from(["impute", "skip"]),
    st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    # pyucell takes a max_rank above the number of genes as it is, the R package cuts it there, and so does fatescore;
    # a max_rank below the size of a set is refused here, and gives scores above 1 there
    st.integers(11, N_GENES),
    st.sampled_from([1, 2, 500]),
)
def test_scores_equal_those_of_pyucell(
    X: sp.csr_matrix, sets: dict[str, list[str]], missing: str, w_neg: float, max_rank: int, chunk_size: int
) -> None:
    adata = ad.AnnData(X, obs=pd.DataFrame(index=[f"c{i}" for i in range(X.shape[0])]), var=pd.DataFrame(index=GENES))
    expected = theirs(adata, sets, missing_genes=missing, w_neg=w_neg, max_rank=max_rank, chunk_size=chunk_size)
    how = {"missing": missing, "w_neg": w_neg, "max_rank": max_rank, "chunk_size": chunk_size}
    fs.tl.score_gene_sets(adata, sets, method="ucell", **how)
    got = adata.obsm["score_ucell"].to_numpy()
    for k, genes in enumerate(sets.values()):
        if missing == "skip" and all(gene.startswith("absent") for gene in genes):
            assert np.isnan(got[:, k]).all()  # no gene, no score; pyucell returns 0
            expected[:, k] = np.nan
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-6)  # pyucell adds in float32


def test_a_matrix_as_large_as_real_ones_agrees_at_the_default_settings() -> None:
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(0.3, 3, 5000) * rng.lognormal(0, 0.7, (20, 1))).astype(np.float32)
    adata = ad.AnnData(sp.csr_matrix(counts), var=pd.DataFrame(index=[f"g{i}" for i in range(5000)]))
    adata.obs_names = [f"c{i}" for i in range(20)]
    sets = {str(n): [f"g{i}" for i in rng.choice(5000, n, replace=False)] for n in (1, 5, 50, 500)}
    sets["signed"] = [f"g{i}" for i in range(20)] + [f"g{i}-" for i in range(30, 40)]
    fs.tl.score_gene_sets(adata, sets, method="ucell")
    np.testing.assert_allclose(adata.obsm["score_ucell"], theirs(adata, sets), rtol=0, atol=1e-6)


def test_where_pyucell_parts_from_the_original() -> None:
    """The differences left out above, so that a new pyucell that has none is noticed."""
    X = sp.csr_matrix(np.array([[3.0, 2.0, 1.0, 0.0]]))
    adata = ad.AnnData(X, obs=pd.DataFrame(index=["c"]), var=pd.DataFrame(index=list("ABCD")))
    above = fs.tl.score_gene_sets(adata.to_df(), {"s": ["A", "D"]}, method="ucell", max_rank=1500)
    cut = fs.tl.score_gene_sets(adata.to_df(), {"s": ["A", "D"]}, method="ucell", max_rank=4)
    assert above.equals(cut)
    assert above.iloc[0, 0] == pytest.approx(0.6)  # ranks 1 and 4: 1 - (5 - 3) / (8 - 3)
    assert theirs(adata, {"s": ["A", "D"]}, max_rank=1500)[0, 0] == pytest.approx(1 - 1498 / 2997)
    with pytest.raises(fs.errors.InputError, match="holds 3 genes but max_rank is 2"):
        fs.tl.score_gene_sets(adata.to_df(), {"s": ["A", "B", "C"]}, method="ucell", max_rank=2)

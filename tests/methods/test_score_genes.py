"""score_genes against scanpy itself."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc
import scipy.sparse as sp

import fatescore as fs
from fatescore.errors import InputError


@pytest.fixture
def adata() -> ad.AnnData:
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(0.5, 4, 600), (20, 600))
    names = [f"GENE{i}" for i in rng.permutation(600)]
    return ad.AnnData(sp.csr_matrix(np.log1p(counts.astype(np.float64))), var=pd.DataFrame(index=names))


@pytest.mark.parametrize("rng", [0, 7])
@pytest.mark.parametrize("form", [sp.csr_matrix, np.asarray])
def test_scores_with_drawn_controls_are_scanpys(adata: ad.AnnData, rng: int, form: type) -> None:
    adata.X = form(adata.X.toarray())
    up, down = list(adata.var_names[:12]), list(adata.var_names[40:47])
    fs.tl.score_gene_sets(
        adata, {"up": up, "both": up + [f"{gene}-" for gene in down]}, method="score_genes", ctrl_size=50, rng=rng
    )
    seed = int(np.random.default_rng(rng).integers(2**32))
    for name, genes in {"up": up, "down": down}.items():
        sc.tl.score_genes(adata, genes, ctrl_size=50, n_bins=25, random_state=seed, score_name=name)
    got = adata.obsm["score_score_genes"]
    np.testing.assert_allclose(got["up"], adata.obs["up"], atol=1e-12)
    np.testing.assert_allclose(got["both"], adata.obs["up"] - adata.obs["down"], atol=1e-12)
    assert adata.uns["fatescore"]["score_score_genes"]["seed"] == rng


def test_without_a_control_size_there_is_no_seed(adata: ad.AnnData) -> None:
    """All genes of the bins that hold the set's genes, but not these, are the controls."""
    genes = list(adata.var_names[:12])
    one, other = (
        fs.tl.score_gene_sets(adata.to_df(), {"s": genes}, method="score_genes", rng=seed)["s"] for seed in (0, 1)
    )
    pd.testing.assert_series_equal(one, other, check_exact=True)
    mean = adata.to_df().mean()
    bins = mean.rank(method="min") // np.round(len(mean) / 24)
    control = mean.index[bins.isin(bins[genes].unique()) & ~mean.index.isin(genes)]
    expected = adata.to_df()[genes].mean(axis=1) - adata.to_df()[control].mean(axis=1)
    np.testing.assert_allclose(one, expected, atol=1e-12)


def test_numpys_global_generator_is_not_touched(adata: ad.AnnData) -> None:
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.random(3)  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    fs.tl.score_gene_sets(adata, {"s": list(adata.var_names[:5])}, method="score_genes", ctrl_size=10)
    with pytest.raises(InputError):
        fs.tl.score_gene_sets(adata, {"s": list(adata.var_names[:5])}, method="score_genes", n_bins=1)
    np.testing.assert_array_equal(np.random.random(3), expected)  # noqa: NPY002


def test_a_set_without_genes_to_compare_with_is_nan(adata: ad.AnnData) -> None:
    sets = {"all": list(adata.var_names), "some": list(adata.var_names[:9])}
    got = fs.tl.score_gene_sets(adata.to_df(), sets, method="score_genes")
    assert got["all"].isna().all()
    assert got["some"].notna().all()


@pytest.mark.parametrize("given", [{"n_bins": 1}, {"ctrl_size": 0}])
def test_bins_and_controls_must_be_there(adata: ad.AnnData, given: dict[str, int]) -> None:
    with pytest.raises(InputError, match="expected at least 2 and 1"):
        fs.tl.score_gene_sets(adata, {"s": list(adata.var_names[:5])}, method="score_genes", **given)

"""The index: definition, invariances, calls, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore.errors import InputError


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=60, n_genes=400, seed=1)
    fs.tl.fate_bias(adata, organism="human")
    return adata


def columns(adata: ad.AnnData) -> np.ndarray:
    return adata.obs[["osteogenic", "adipogenic", "fate_bias", "commitment", "maturation", "fate_bias_z"]].to_numpy()


def test_unit_is_a_log2_ratio_of_geometric_mean_ranks() -> None:
    index = fs.gene_sets.load_index()
    bone = list(index.units("osteogenic")["symbol"])
    fat = list(index.units("adipogenic")["symbol"])
    names = [*bone, *fat, *(f"x{i}" for i in range(92))]
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.permuted(np.tile(np.arange(1.0, 101), (4, 1)), axis=1), columns=names)
    rank = 101 - table
    expected = np.log2(rank[fat]).mean(axis=1) - np.log2(rank[bone]).mean(axis=1)
    result = fs.tl.fate_bias(table, organism="human")
    np.testing.assert_allclose(result["fate_bias"], expected, atol=1e-12)


def test_measures_hang_together(cells: ad.AnnData) -> None:
    obs = cells.obs
    np.testing.assert_allclose(obs["fate_bias"], obs["osteogenic"] - obs["adipogenic"], atol=1e-9)
    np.testing.assert_allclose(obs["commitment"], obs["osteogenic"] + obs["adipogenic"], atol=1e-9)


def test_contributions_sum_to_the_index(cells: ad.AnnData) -> None:
    parts = fs.tl.gene_contributions(cells, organism="human")
    np.testing.assert_allclose(parts.sum(axis=1), cells.obs["fate_bias"], atol=1e-12)
    assert set(parts.attrs["arm"].values()) == {"osteogenic", "adipogenic"}


@pytest.mark.parametrize("form", [sp.csc_matrix, sp.csr_array, np.asarray])
def test_storage_and_chunks_do_not_matter(cells: ad.AnnData, form: type) -> None:
    dense = cells.X.toarray()
    other = ad.AnnData(form(dense), obs=cells.obs[[]], var=cells.var)
    fs.tl.fate_bias(other, organism="human", chunk_size=7)
    np.testing.assert_allclose(columns(other), columns(cells), atol=1e-9)


def test_a_backed_file_gives_the_same(cells: ad.AnnData, tmp_path: Path) -> None:
    cells.write_h5ad(tmp_path / "x.h5ad")
    backed = ad.read_h5ad(tmp_path / "x.h5ad", backed="r")
    fs.tl.fate_bias(backed, organism="human", chunk_size=16)
    np.testing.assert_allclose(columns(backed), columns(cells), atol=1e-12)


def test_genes_in_another_order_and_log_counts_give_the_same(cells: ad.AnnData) -> None:
    order = np.random.default_rng(0).permutation(cells.n_vars)
    other = ad.AnnData(np.log1p(cells.X.toarray())[:, order], obs=cells.obs[[]], var=cells.var.iloc[order])
    fs.tl.fate_bias(other, organism="human")
    np.testing.assert_allclose(columns(other), columns(cells), atol=1e-9)


def test_a_cell_keeps_its_index_whoever_is_beside_it(cells: ad.AnnData) -> None:
    few = cells[:10].copy()
    fs.tl.fate_bias(few, organism="human")
    np.testing.assert_allclose(few.obs["fate_bias"], cells.obs["fate_bias"][:10], atol=1e-12)


def test_simulated_fates_are_recovered(cells: ad.AnnData) -> None:
    mean = cells.obs.groupby("true_fate", observed=True)["fate_bias"].mean()
    assert mean["osteogenic"] > mean["uncommitted"] > mean["adipogenic"]
    calls = pd.crosstab(cells.obs["true_fate"], cells.obs["fate_call"])
    assert calls.loc["osteogenic"].get("adipogenic", 0) == 0
    assert calls.loc["adipogenic"].get("osteogenic", 0) == 0


def test_two_observations_have_no_null(cells: ad.AnnData) -> None:
    two = cells[:2].copy()
    fs.tl.fate_bias(two, organism="human")
    assert two.obs["fate_bias"].notna().all()
    assert two.obs[["fate_bias_z", "fate_bias_pval", "fate_bias_padj"]].isna().all(axis=None)
    assert two.obs["fate_call"].isna().all()


def test_too_few_genes_give_nan_and_the_reason_never_zero(cells: ad.AnnData) -> None:
    poor = cells[:, ~cells.var_names.isin(["CEBPA"])].copy()
    fs.tl.fate_bias(poor, organism="human")
    assert poor.obs["fate_bias"].isna().all()
    assert set(poor.obs["fate_call"]) == {"not scorable"}
    assert "missing CEBPA" in poor.uns["fatescore"]["fate_bias"]["not_scorable"]
    with pytest.raises(InputError, match="missing CEBPA"):
        fs.tl.gene_contributions(poor, organism="human")


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: (a, {"organism": "humen"}), 'did you mean "human"'),
        (lambda a: (a[:0].copy(), {}), "matrix is empty"),
        (lambda a: (a[:, [0, 1, *range(a.n_vars - 1)]].copy(), {}), "more than once"),
        (lambda a: (a, {"layer": "count"}), 'layer "count" is not in the data'),
        (lambda a: (a, {"chunk_size": 0}), "chunk_size is 0"),
    ],
)
def test_mistakes_are_named(cells: ad.AnnData, change, message: str) -> None:
    adata, given = change(cells.copy())
    with pytest.raises(InputError, match=message):
        fs.tl.fate_bias(adata, **{"organism": "human", **given})


@pytest.mark.parametrize("matrix", [np.asarray, sp.csr_matrix])
def test_an_observation_without_a_ranking_is_not_scorable_never_zero(cells: ad.AnnData, matrix) -> None:
    counts = cells.layers["counts"].toarray()
    counts[3], counts[5] = 0, 7
    flat = ad.AnnData(matrix(counts), var=pd.DataFrame(index=cells.var_names))
    fs.tl.fate_bias(flat, organism="human")
    assert flat.obs["fate_bias"].isna().to_numpy().nonzero()[0].tolist() == [3, 5]
    assert (flat.obs["fate_call"] == "not scorable").to_numpy().nonzero()[0].tolist() == [3, 5]
    assert flat.obs.loc[["3", "5"]].select_dtypes("number").isna().all(axis=None)
    parts = fs.tl.gene_contributions(flat, organism="human").sum(axis=1, skipna=False)
    np.testing.assert_allclose(parts, flat.obs["fate_bias"], atol=1e-9)


def test_arms_that_are_not_seen_are_equal_exactly(cells: ad.AnnData) -> None:
    unseen = cells.copy()
    counts = cells.layers["counts"].toarray()
    counts[:, cells.var_names.isin(fs.gene_sets.load_index().genes["symbol"])] = 0
    unseen.X = sp.csr_matrix(counts)
    fs.tl.fate_bias(unseen, organism="human")
    assert set(unseen.obs["fate_bias"]) == {0.0}


@pytest.mark.realdata
def test_known_fates_of_real_cells(real_data: Path) -> None:
    """Osteoblasts (OS) against reticular, adipo-primed cells (RE) of mouse marrow."""
    from sklearn.metrics import roc_auc_score

    adata = ad.read_h5ad(real_data / "matsushita2023" / "matsushita2023_250cells.h5ad")
    adata.X = adata.layers["counts"]
    fs.tl.fate_bias(adata, organism="mouse")
    both = adata.obs[adata.obs["cluster"].isin(["OS", "RE"])]
    assert roc_auc_score(both["cluster"] == "OS", both["fate_bias"]) > 0.97
    called = both.groupby("cluster", observed=True)["fate_call"].apply(lambda calls: (calls == "osteogenic").mean())
    assert called["RE"] <= 0.05
    assert called["OS"] >= 0.5

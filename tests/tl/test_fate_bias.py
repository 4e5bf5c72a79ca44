"""The index: definition, invariances, calls, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
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
    names = [*bone, *fat, *(f"x{i}" for i in range(100 - len(bone) - len(fat)))]
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


@pytest.mark.parametrize("how", [{}, {"n_jobs": 2}, {"n_jobs": -1, "chunk_size": 5}])
def test_no_storage_and_no_number_of_threads_matters(stored: Callable, cells: ad.AnnData, how: dict) -> None:
    few = cells[:20]
    table = pd.DataFrame(few.X.toarray(), index=few.obs_names, columns=few.var_names).rank(axis=1, method="dense") - 1
    expected = fs.tl.fate_bias(table, organism="human")
    adata = stored(table)
    fs.tl.fate_bias(adata, organism="human", **how)
    assert list(adata.obs["fate_call"]) == list(expected["fate_call"])
    numbers = expected.select_dtypes("number")
    np.testing.assert_allclose(adata.obs[numbers.columns], numbers, rtol=0, atol=1e-11)


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
    assert "missing=CEBPA" in poor.uns["fatescore"]["fate_bias"]["not_scorable"]
    with pytest.raises(InputError, match="missing CEBPA"):
        fs.tl.gene_contributions(poor, organism="human")


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: (a, {"organism": "humen"}), 'did you mean "human"'),
        (lambda a: (a[:0].copy(), {}), "matrix is empty"),
        (lambda a: (a[:, [0, 1, *range(a.n_vars - 1)]].copy(), {}), "not unique"),
        (lambda a: (a, {"layer": "count"}), 'layer "count" is not in the data'),
        (lambda a: (a, {"chunk_size": 0}), "chunk_size is 0"),
        (lambda a: (a, {"n_jobs": 0}), "n_jobs is 0"),
        (lambda a: (a, {"index": "cores"}), 'did you mean "core"'),
        (lambda a: (a, {"inflation_by": "fate"}), 'obs has no column "fate"'),
        (lambda a: (a, {"inflation_by": ["x"]}), "1 labels for 120 observations"),
        (lambda a: (a, {"null": "matchd"}), "matchd"),
        (lambda a: (a, {"fdr_level": 5}), "fdr_level"),
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


NUMBERS = ["fate_bias", "fate_bias_z", "fate_bias_pval"]


def test_a_frozen_null_places_a_cell_the_same_whoever_is_beside_it(cells: ad.AnnData, tmp_path: Path) -> None:
    null = fs.tl.fit_null(cells)
    fs.tl.write_null(null, tmp_path / "null.tsv")
    for frozen in (null, fs.tl.read_null(tmp_path / "null.tsv")):
        two = cells[[4, 70]].copy()  # too few for a null of their own
        fs.tl.fate_bias(two, organism="human", null=frozen)
        np.testing.assert_allclose(two.obs[NUMBERS], cells.obs[NUMBERS].iloc[[4, 70]], rtol=0, atol=1e-12)
        assert two.obs["fate_call"].notna().all()
        assert two.uns["fatescore"]["fate_bias"]["null"] == "fitted"
    assert cells.uns["fatescore"]["fate_bias"]["null"] == "matched"


def test_a_null_without_the_genes_of_the_index_is_refused(cells: ad.AnnData) -> None:
    null = fs.tl.fit_null(cells[:, cells.var_names != "RUNX2"].copy())
    with pytest.raises(InputError, match=r"fitted without 1 genes of the gene sets \(RUNX2\)"):
        fs.tl.fate_bias(cells.copy(), organism="human", null=null)


def test_co_expression_makes_p_and_calls_more_careful(cells: ad.AnnData) -> None:
    careful = cells.copy()
    fs.tl.fate_bias(careful, organism="human", inflation_by="true_fate")
    factor = careful.uns["fatescore"]["fate_bias"]["inflation"]
    assert set(factor) == {"osteogenic", "adipogenic", "fate_bias", "commitment", "maturation"}
    assert min(factor.values()) >= 1
    within = cells.obs["fate_bias_z"].groupby(cells.obs["true_fate"], observed=True)
    pooled = np.sqrt(sum((g - g.mean()).pow(2).sum() for _, g in within) / (cells.n_obs - within.ngroups))
    assert factor["fate_bias"] == pytest.approx(max(1.0, pooled), abs=1e-5)
    np.testing.assert_allclose(careful.obs["fate_bias"], cells.obs["fate_bias"], atol=1e-12)
    assert (careful.obs["fate_bias_pval"] >= cells.obs["fate_bias_pval"] - 1e-12).all()

    mixed = cells.copy()  # as if all cells were of one kind: the difference of kinds counts as co-expression
    fs.tl.fate_bias(mixed, organism="human", inflation_by=["all"] * cells.n_obs)
    assert mixed.uns["fatescore"]["fate_bias"]["inflation"]["fate_bias"] > factor["fate_bias"] + 0.2
    called = ["osteogenic", "adipogenic"]
    assert mixed.obs["fate_call"].isin(called).sum() < cells.obs["fate_call"].isin(called).sum()
    np.testing.assert_allclose(
        mixed.obs["fate_bias_z"] * mixed.uns["fatescore"]["fate_bias"]["inflation"]["fate_bias"],
        cells.obs["fate_bias_z"],
        rtol=1e-5,
    )


@pytest.fixture
def graph(cells: ad.AnnData) -> ad.AnnData:
    adata = cells.copy()
    links = sp.lil_matrix((adata.n_obs, adata.n_obs))
    links[0, 1], links[0, 2], links[5, 0] = 0.5, 0.25, 1.0
    links[7, 7] = 0.3  # a cell counts 1 itself, whatever stands there
    adata.obsp["connectivities"] = links.tocsr()
    return adata


MEASURES = ["osteogenic", "adipogenic", "fate_bias", "commitment", "maturation", "fate_bias_z"]


def test_smoothing_is_the_weighted_mean_over_a_cell_and_its_neighbours(cells: ad.AnnData, graph: ad.AnnData) -> None:
    fs.tl.fate_bias(graph, organism="human", smooth="connectivities")
    raw, smooth = cells.obs[MEASURES].to_numpy(), graph.obs[MEASURES].to_numpy()
    np.testing.assert_allclose(smooth[0], (raw[0] + 0.5 * raw[1] + 0.25 * raw[2]) / 1.75, atol=1e-12)
    np.testing.assert_allclose(smooth[5], (raw[5] + raw[0]) / 2, atol=1e-12)
    alone = [i for i in range(len(raw)) if i not in (0, 5)]
    np.testing.assert_allclose(smooth[alone], raw[alone], atol=1e-12)
    obs = graph.obs
    np.testing.assert_allclose(obs["fate_bias"], obs["osteogenic"] - obs["adipogenic"], atol=1e-9)
    np.testing.assert_allclose(obs["commitment"], obs["osteogenic"] + obs["adipogenic"], atol=1e-9)
    axes = [adata.obsm["axis_scores"].to_numpy() for adata in (cells, graph)]
    np.testing.assert_allclose(axes[1][5], (axes[0][5] + axes[0][0]) / 2, atol=1e-12)
    assert graph.uns["fatescore"]["fate_bias"]["smooth"] == "connectivities"
    assert graph.obsp["connectivities"].nnz == 4  # the graph is as it was


def test_smoothing_leaves_out_neighbours_without_an_index_and_fills_none_in(graph: ad.AnnData) -> None:
    counts = graph.X.toarray()
    counts[1] = 0
    graph.X = counts
    graph.obsp["connectivities"] = sp.csr_matrix(np.eye(graph.n_obs, k=1) + np.eye(graph.n_obs, k=-1))
    plain = graph.copy()
    fs.tl.fate_bias(plain, organism="human")
    fs.tl.fate_bias(graph, organism="human", smooth="connectivities")
    assert graph.obs["fate_bias"].isna().to_numpy().nonzero()[0].tolist() == [1]
    assert graph.obs["fate_call"].iloc[1] == "not scorable"
    assert graph.obs["fate_bias"].iloc[0] == pytest.approx(plain.obs["fate_bias"].iloc[0], abs=1e-12)
    assert graph.obs["fate_bias"].iloc[2] == pytest.approx(plain.obs["fate_bias"].iloc[2:4].mean(), abs=1e-12)


def test_a_graph_must_be_there_and_have_no_negative_weights(graph: ad.AnnData) -> None:
    with pytest.raises(InputError, match='obsp has no graph "connectivity".*did you mean "connectivities"'):
        fs.tl.fate_bias(graph, organism="human", smooth="connectivity")
    with pytest.raises(InputError, match='obsp has no graph "connectivities"'):
        fs.tl.fate_bias(graph.to_df(), organism="human", smooth="connectivities")
    del graph.obsp["connectivities"]
    with pytest.raises(InputError, match="scanpy.pp.neighbors"):
        fs.tl.fate_bias(graph, organism="human", smooth="connectivities")
    graph.obsp["odd"] = sp.csr_matrix(np.diag(np.full(graph.n_obs - 1, -0.1), k=1))
    with pytest.raises(InputError, match='the graph "odd" has negative weights'):
        fs.tl.fate_bias(graph, organism="human", smooth="odd")


def test_axis_scores_are_signed_mean_log2_ranks_of_the_measured_genes() -> None:
    sets = fs.gene_sets.axis_sets("human")
    genes = [gene for members in sets.values() for gene in members]
    genes = list(dict.fromkeys([*genes, *fs.gene_sets.load_index().genes["symbol"], *(f"x{i}" for i in range(50))]))
    lost = "notch"
    genes = [gene for gene in genes if gene not in sets[lost] and gene != "BMP2"]
    rng = np.random.default_rng(0)
    ranks = rng.permuted(np.tile(np.arange(1.0, len(genes) + 1), (6, 1)), axis=1)  # 1 = highest
    adata = ad.AnnData(pd.DataFrame(1000 - ranks, index=[f"s{i}" for i in range(6)], columns=genes))
    fs.tl.fate_bias(adata, organism="human")
    got = adata.obsm["axis_scores"]
    assert list(got.columns) == list(sets)
    assert list(got.index) == list(adata.obs_names)
    value = pd.DataFrame(np.log2(len(genes) / ranks), index=adata.obs_names, columns=genes)
    for name, members in sets.items():
        sign = pd.Series(members).reindex(genes).dropna()
        expected = (value[sign.index] * sign).sum(axis=1) / sign.abs().sum() if len(sign) else value.iloc[:, 0] * np.nan
        np.testing.assert_allclose(got[name], expected, atol=1e-12)
    assert got[lost].isna().all()


def test_axis_scores_do_not_change_the_index_and_are_not_there_without_one(cells: ad.AnnData) -> None:
    assert cells.obsm["axis_scores"].shape == (cells.n_obs, len(fs.gene_sets.axis_sets("human")))
    poor = cells[:, cells.var_names != "CEBPA"].copy()
    del poor.obsm["axis_scores"]
    fs.tl.fate_bias(poor, organism="human")
    assert "axis_scores" not in poor.obsm


def test_contributions_of_a_group_are_the_mean_over_its_observations_and_sum_to_its_index(cells: ad.AnnData) -> None:
    adata = cells.copy()
    counts = adata.X.toarray()
    counts[0] = 0  # without an index: not in the mean
    adata.X = counts
    adata.obs["part"] = pd.Categorical(["a"] * 50 + ["b"] * 60 + [None] * 10, categories=["b", "a", "unused"])
    fs.tl.fate_bias(adata, organism="human")
    got = fs.tl.gene_contributions(adata, organism="human", groupby="part")
    assert sorted(got.index) == ["a", "b"]
    assert got.index.name == "part"
    each = fs.tl.gene_contributions(adata, organism="human")
    np.testing.assert_allclose(got.loc["a"], each.iloc[1:50].mean(), atol=1e-12)
    np.testing.assert_allclose(got.loc["b"], each.iloc[50:110].mean(), atol=1e-12)
    mean = adata.obs.groupby("part", observed=True)["fate_bias"].mean()
    np.testing.assert_allclose(got.sum(axis=1), mean.loc[got.index], atol=1e-12)
    assert got.attrs["arm"]["RUNX2"] == "osteogenic"
    with pytest.raises(InputError, match='obs has no column "parts"; did you mean "part"'):
        fs.tl.gene_contributions(adata, organism="human", groupby="parts")


def test_contributions_do_not_depend_on_storage(stored: Callable, cells: ad.AnnData) -> None:
    table = cells[:12].to_df(layer="counts")
    expected = fs.tl.gene_contributions(table, organism="human")
    np.testing.assert_allclose(fs.tl.gene_contributions(stored(table), organism="human"), expected, rtol=0, atol=1e-12)


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

"""What every scoring method promises, whatever it computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore import methods
from fatescore.errors import InputError

N_OBS, N_GENES = 12, 60
SETS = {"bone": ["g1", "g5", "g9", "g30"], "mixed": {"g2": 1.0, "g7": -1.0, "g40": 1.0}, "one": ["g3"]}
RANK = tuple(name for name in methods.names() if methods.get(name).plan is not None)


@pytest.fixture(params=methods.names())
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(0.5, 4, N_GENES), (N_OBS, N_GENES)).astype(float)
    names = [f"g{i}" for i in range(N_GENES)]
    return pd.DataFrame(counts, index=[f"c{i}" for i in range(N_OBS)], columns=names)


def scores(table: pd.DataFrame, method: str, **kwargs: Any) -> pd.DataFrame:
    return fs.tl.score_gene_sets(table, SETS, method=method, **kwargs)


def same(got: object, expected: object) -> None:
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


# --- what a result is -------------------------------------------------------------------------------


def test_shape_names_and_finite(table: pd.DataFrame, method: str) -> None:
    result = scores(table, method)
    assert list(result.index) == list(table.index)
    assert list(result.columns) == list(SETS)
    assert np.isfinite(result.to_numpy()).all()


def test_direction(table: pd.DataFrame, method: str) -> None:
    """Raising a set's genes raises its score; raising a negative gene lowers it, where signs are used."""
    high = table.copy()
    high.loc["c0", ["g1", "g5", "g9", "g30"]] = table.to_numpy().max() + 10
    assert scores(high, method).loc["c0", "bone"] > scores(table, method).loc["c0", "bone"]
    high = table.copy()
    high.loc["c1", "g7"] = table.to_numpy().max() + 10
    assert scores(high, method).loc["c1", "mixed"] <= scores(table, method).loc["c1", "mixed"]


def test_weights_count_only_where_declared(table: pd.DataFrame, method: str) -> None:
    sets = {"even": {"g1": 1.0, "g5": 1.0}, "heavy": {"g1": 3.0, "g5": 1.0}, "double": {"g1": 2.0, "g5": 2.0}}
    result = fs.tl.score_gene_sets(table, sets, method=method)
    same(result["double"], result["even"])
    assert np.allclose(result["heavy"], result["even"]) is not methods.get(method).weighted


def test_set_without_measured_genes_is_nan(table: pd.DataFrame, method: str) -> None:
    with pytest.warns(fs.errors.FatescoreWarning, match=r"none \(0 of 1\)"):
        result = fs.tl.score_gene_sets(table, {"none": ["absent"], "bone": SETS["bone"]}, method=method)
    assert result["none"].isna().all()
    assert result["bone"].notna().all()


# --- what does not matter, to 1e-12 -----------------------------------------------------------------


def test_storage_does_not_matter(stored: Callable, table: pd.DataFrame, method: str) -> None:
    """In memory, on disk or Dask; CSR, CSC or dense; floats or whole numbers; X or a layer; threads and chunks."""
    adata = stored(table)
    expected = scores(table, method)
    for how in ({}, {"chunk_size": 3, "n_jobs": 2}, {"layer": "counts"}):
        fs.tl.score_gene_sets(adata, SETS, method=method, **how)
        same(adata.obsm[f"score_{method}"], expected)
        assert list(adata.obsm[f"score_{method}"].index) == list(table.index)


@pytest.mark.parametrize("n_jobs", [1, 2, -1])
@pytest.mark.parametrize("chunk_size", [1, 5, 12, 1000, None])
def test_chunks_and_threads_do_not_matter(
    table: pd.DataFrame, method: str, chunk_size: int | None, n_jobs: int
) -> None:
    same(scores(table, method, chunk_size=chunk_size, n_jobs=n_jobs), scores(table, method))


@pytest.mark.parametrize("form", [sp.csr_matrix, np.asarray])
def test_input_is_not_changed(table: pd.DataFrame, method: str, form: Callable) -> None:
    adata = ad.AnnData(form(table.to_numpy()), var=pd.DataFrame(index=table.columns))
    before = adata.X.copy()
    fs.tl.score_gene_sets(adata, SETS, method=method)
    assert abs(before - adata.X).sum() == 0


def test_order_of_genes_does_not_matter(table: pd.DataFrame, method: str) -> None:
    shuffled = table[np.random.default_rng(2).permutation(table.columns)]
    same(scores(shuffled, method), scores(table, method))


def test_order_of_observations_does_not_matter(table: pd.DataFrame, method: str) -> None:
    same(scores(table[::-1], method)[::-1], scores(table, method))


def test_other_sets_do_not_matter(table: pd.DataFrame, method: str) -> None:
    expected = scores(table, method)
    for name, genes in SETS.items():
        same(fs.tl.score_gene_sets(table, {name: genes}, method=method)[name], expected[name])
    many = {f"s{i}": [f"g{i}", f"g{(7 * i + 3) % N_GENES}"] for i in range(N_GENES)}
    same(fs.tl.score_gene_sets(table, many | SETS, method=method)[list(SETS)], expected)


def test_other_observations_matter_only_where_declared(table: pd.DataFrame, method: str) -> None:
    part = scores(table.iloc[:4], method)
    kept = np.allclose(part, scores(table, method).iloc[:4], rtol=0, atol=1e-12)
    assert kept is not methods.get(method).relative


MONOTONE: dict[str, Callable] = {
    "float32": lambda x: x.astype(np.float32),
    "log1p": np.log1p,
    "float32 log1p": lambda x: np.log1p(x).astype(np.float32),
    "times 3": lambda x: 3 * x,
    "thirds": lambda x: x / 3,
    "float32 thirds": lambda x: (x / 3).astype(np.float32),
    "large counts": lambda x: 100_000 * x,
    "fractions": lambda x: x.div(x.sum(axis=1), axis=0),
}


@pytest.mark.parametrize("transform", MONOTONE.values(), ids=MONOTONE.keys())
@pytest.mark.parametrize("name", RANK)
def test_rank_methods_see_ranks_only(table: pd.DataFrame, name: str, transform: Callable) -> None:
    same(scores(transform(table), name), scores(table, name))
    sparse = ad.AnnData(sp.csr_matrix(transform(table).to_numpy()), var=pd.DataFrame(index=table.columns))
    fs.tl.score_gene_sets(sparse, SETS, method=name)
    same(sparse.obsm[f"score_{name}"], scores(table, name))


# --- odd input: a defined result --------------------------------------------------------------------


@pytest.mark.parametrize("form", [sp.csr_matrix, np.asarray])
def test_negative_values_are_ordered_with_zeros_in_place(table: pd.DataFrame, method: str, form: Callable) -> None:
    """Moving everything down, so that zeros come to stand in the middle, is as moving everything above zero."""
    down = ad.AnnData(form((table - 3).to_numpy()), var=pd.DataFrame(index=table.columns))
    fs.tl.score_gene_sets(down, SETS, method=method)
    same(down.obsm[f"score_{method}"], scores(table + 1, method))


@pytest.mark.parametrize("name", RANK)
def test_negative_values_of_a_neighbour_change_nothing(table: pd.DataFrame, name: str) -> None:
    beside = table.copy()
    beside.iloc[0] -= 3
    same(scores(beside, name).iloc[1:], scores(table, name).iloc[1:])


def test_a_cell_of_one_value_has_a_score_by_the_rule_for_ties_and_no_z_or_p(table: pd.DataFrame, method: str) -> None:
    table.iloc[2], table.iloc[4] = 0, 7
    result = fs.tl.score_gene_sets(table, SETS, method=method, null="permutation", n_permutations=20)
    assert np.isfinite(result["score"].to_numpy()).all()
    if method in RANK:
        assert result.loc[["c2", "c4"], ["z", "pval"]].isna().all(axis=None)
        singles = fs.tl.score_gene_sets(table, {gene: [gene] for gene in table}, method=method).iloc[[2, 4]]
        same(singles.sub(singles["g0"], axis=0), 0.0)  # no gene is above another


@pytest.mark.parametrize("null", [None, "permutation"])
def test_a_matrix_one_gene_wide_has_no_ranking(table: pd.DataFrame, method: str, null: str | None) -> None:
    sets = {"up": ["g1"], "down": ["g1-"]}
    result = fs.tl.score_gene_sets(table[["g1"]], sets, method=method, null=null, n_permutations=20)
    score = result if null is None else result["score"]
    assert score.shape == (N_OBS, 2)
    if method in RANK:
        assert score.notna().all(axis=None)
        assert (score == score.iloc[0]).all(axis=None)
        assert null is None or result[["z", "pval"]].isna().all(axis=None)


@pytest.mark.parametrize("n_genes", [2, 3, 10, 20])
def test_a_narrow_matrix_is_scored_as_it_comes(table: pd.DataFrame, method: str, n_genes: int) -> None:
    result = fs.tl.score_gene_sets(table.iloc[:, :n_genes], {"one": ["g1"]}, method=method)
    assert result.notna().all(axis=None) or methods.get(method).relative


def test_one_observation_is_scored(table: pd.DataFrame, method: str) -> None:
    result = scores(table.iloc[[0]], method)
    assert result.shape == (1, len(SETS))
    assert result.notna().all(axis=None) or methods.get(method).relative


# --- bad input: an error that says what is wrong ------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("form", [sp.csr_matrix, np.asarray])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_that_are_not_finite_are_refused(
    table: pd.DataFrame, method: str, form: Callable, dtype: type, bad: float
) -> None:
    table.iloc[3, 3] = bad
    adata = ad.AnnData(form(table.to_numpy().astype(dtype)), var=pd.DataFrame(index=table.columns))
    with pytest.raises(InputError, match="1 missing or infinite"):
        fs.tl.score_gene_sets(adata, SETS, method=method, n_jobs=2)
    assert not adata.obsm


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: pd.concat([t, t[["g1"]]], axis=1), r"not unique \(g1\)"),
        (lambda t: t.iloc[:0], "matrix is empty"),
        (lambda t: t.iloc[:, :0], "matrix is empty"),
        (lambda t: t.astype(str).replace("0.0", "low"), "holds text"),
        (lambda t: t.add_prefix("ENSG"), "none of the genes of the gene sets is in the data"),
    ],
)
def test_matrices_that_cannot_be_scored_are_named(
    table: pd.DataFrame, method: str, change: Callable, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        scores(change(table), method)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"no_such_parameter": 1}, '"no_such_parameter" is not a parameter'),
        ({"chunk_size": 0}, "chunk_size is 0"),
        ({"n_jobs": 0}, "n_jobs is 0"),
        ({"layer": "count"}, 'layer "count" is not in the data; did you mean "counts"'),
        ({"missing": "drop"}, 'missing="drop"'),
        ({"null": "matchd"}, 'null="matchd" is not known; did you mean "matched"'),
        ({"null": "permutation", "n_permutations": 0}, "n_permutations is 0"),
        ({"inflation_by": "kind"}, "inflation_by|kind"),
        ({"alternative": "bigger"}, 'alternative="bigger"'),
        ({"null": "permutation", "n_permutations": 2, "inflation_by": "kind"}, 'obs has no column "kind"'),
        ({"null": "permutation", "n_permutations": 2, "inflation_by": ["a", "b"]}, "2 labels for 12 observations"),
    ],
)
def test_mistakes_are_named(table: pd.DataFrame, method: str, given: dict[str, Any], message: str) -> None:
    adata = ad.AnnData(table, layers={"counts": table.to_numpy()})
    with pytest.raises(InputError, match=message):
        fs.tl.score_gene_sets(adata, SETS, method=method, **given)
    assert not adata.obsm


def test_an_unknown_method_is_named(table: pd.DataFrame, method: str) -> None:
    with pytest.raises(InputError, match=f'scoring method "{method}x" is not known; did you mean "{method}"'):
        scores(table, f"{method}x")


def test_what_a_method_cannot_do_is_said(table: pd.DataFrame, method: str) -> None:
    known = methods.get(method)
    if "n_missing" not in known.parameters:
        with pytest.raises(InputError, match='missing="impute" is not possible'):
            scores(table, method, missing="impute")
    if known.dispersion is None:
        with pytest.raises(InputError, match="has no dispersion; expected singscore"):
            scores(table, method, dispersion=True)
    linear = ", ".join(name for name in methods.names() if methods.get(name).linear)
    for null in ("matched", "uniform") if not known.linear else ():
        message = rf'{method} has no closed-form null.*\({linear}\).*use null="permutation"'
        with pytest.raises(InputError, match=message):
            scores(table, method, null=null)

"""What every scoring method promises, whatever it computes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore import methods

N_OBS, N_GENES = 12, 60
SETS = {"bone": ["g1", "g5", "g9", "g30"], "mixed": {"g2": 1.0, "g7": -1.0, "g40": 1.0}, "one": ["g3"]}


@pytest.fixture(params=methods.names())
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    counts = rng.poisson(rng.gamma(0.5, 4, N_GENES), (N_OBS, N_GENES)).astype(float)
    names = [f"g{i}" for i in range(N_GENES)]
    return pd.DataFrame(counts, index=[f"c{i}" for i in range(N_OBS)], columns=names)


def scores(table: pd.DataFrame, method: str, **kwargs: object) -> pd.DataFrame:
    return fs.tl.score_gene_sets(table, SETS, method=method, **kwargs)


def test_shape_names_and_finite(table: pd.DataFrame, method: str) -> None:
    result = scores(table, method)
    assert list(result.index) == list(table.index)
    assert list(result.columns) == list(SETS)
    assert np.isfinite(result.to_numpy()).all()


def test_input_is_not_changed(table: pd.DataFrame, method: str) -> None:
    import anndata as ad

    adata = ad.AnnData(sp.csr_matrix(table.to_numpy()), var=pd.DataFrame(index=table.columns))
    before = adata.X.copy()
    fs.tl.score_gene_sets(adata, SETS, method=method)
    assert (before != adata.X).nnz == 0


@pytest.mark.parametrize("form", [sp.csr_matrix, sp.csc_matrix, sp.csr_array, np.asarray])
def test_storage_does_not_matter(table: pd.DataFrame, method: str, form: type) -> None:
    import anndata as ad

    adata = ad.AnnData(
        form(table.to_numpy()), obs=pd.DataFrame(index=table.index), var=pd.DataFrame(index=table.columns)
    )
    fs.tl.score_gene_sets(adata, SETS, method=method)
    np.testing.assert_allclose(adata.obsm[f"score_{method}"], scores(table, method), atol=1e-12)


def test_order_of_genes_does_not_matter(table: pd.DataFrame, method: str) -> None:
    shuffled = table[np.random.default_rng(2).permutation(table.columns)]
    np.testing.assert_allclose(scores(shuffled, method), scores(table, method), atol=1e-12)


def test_order_of_observations_does_not_matter(table: pd.DataFrame, method: str) -> None:
    np.testing.assert_allclose(scores(table[::-1], method)[::-1], scores(table, method), atol=1e-12)


def test_other_sets_do_not_matter(table: pd.DataFrame, method: str) -> None:
    alone = fs.tl.score_gene_sets(table, {"bone": SETS["bone"]}, method=method)
    np.testing.assert_allclose(alone["bone"], scores(table, method)["bone"], atol=1e-12)


def test_other_observations_matter_only_where_declared(table: pd.DataFrame, method: str) -> None:
    part = scores(table.iloc[:4], method)
    same = np.allclose(part, scores(table, method).iloc[:4], atol=1e-12)
    assert same is not methods.get(method).relative


@pytest.mark.parametrize("chunk_size", [1, 5, None])
def test_chunks_do_not_matter(table: pd.DataFrame, method: str, chunk_size: int | None) -> None:
    np.testing.assert_allclose(scores(table, method, chunk_size=chunk_size), scores(table, method), atol=1e-12)


@pytest.mark.parametrize("n_jobs", [2, -1])
def test_threads_do_not_matter(table: pd.DataFrame, method: str, n_jobs: int) -> None:
    np.testing.assert_allclose(scores(table, method, chunk_size=3, n_jobs=n_jobs), scores(table, method), atol=1e-12)


def test_precision_does_not_matter(table: pd.DataFrame, method: str) -> None:
    np.testing.assert_allclose(scores(table.astype(np.float32), method), scores(table, method), atol=1e-12)


def test_set_without_measured_genes_is_nan(table: pd.DataFrame, method: str) -> None:
    result = fs.tl.score_gene_sets(table, {"none": ["absent"], "bone": SETS["bone"]}, method=method)
    assert result["none"].isna().all()
    assert result["bone"].notna().all()


def test_direction(table: pd.DataFrame, method: str) -> None:
    """Raising a set's genes raises its score; raising a negative gene lowers it, where signs are used."""
    high = table.copy()
    high.loc["c0", ["g1", "g5", "g9", "g30"]] = table.to_numpy().max() + 10
    assert scores(high, method).loc["c0", "bone"] > scores(table, method).loc["c0", "bone"]
    high = table.copy()
    high.loc["c1", "g7"] = table.to_numpy().max() + 10
    assert scores(high, method).loc["c1", "mixed"] <= scores(table, method).loc["c1", "mixed"]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(table: pd.DataFrame, method: str, bad: float) -> None:
    table.iloc[3, 3] = bad
    with pytest.raises(fs.errors.InputError, match="missing or infinite"):
        scores(table, method)


def test_duplicated_genes_are_refused(table: pd.DataFrame, method: str) -> None:
    twice = pd.concat([table, table[["g1"]]], axis=1)
    with pytest.raises(fs.errors.InputError, match="more than once"):
        scores(twice, method)


def test_unknown_parameter_is_refused(table: pd.DataFrame, method: str) -> None:
    with pytest.raises(fs.errors.InputError, match="not a parameter"):
        scores(table, method, no_such_parameter=1)

"""Putting a row's values in order."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from fatescore.errors import InputError
from fatescore.methods import rank_log
from fatescore.methods._ranking import RankPart, dense_ranks, score_chunk

EDGES = [0.0, -0.0, 1.0, -1.0, 65_535.0, 65_536.0, 1e-40, -1e-40, 3.4e38, -3.4e38, 0.1, 1 / 3]


def floats(width: int) -> st.SearchStrategy[float]:
    any_float = st.floats(allow_nan=False, allow_infinity=False, width=width)
    return st.one_of(any_float, st.sampled_from([float(np.float32(x)) for x in EDGES]), st.just(0.0))


def matrices(width: int) -> st.SearchStrategy[np.ndarray]:
    shapes = st.tuples(st.integers(1, 4), st.integers(1, 40))
    return hnp.arrays(np.dtype(f"f{width // 8}"), shapes, elements=floats(width))


def by_scipy(X: np.ndarray) -> np.ndarray:
    """1, 2, 3 ... over the distinct values; zeros are 0 where nothing is below them."""
    ranks = stats.rankdata(X, method="dense", axis=1)
    starts_at_zero = (X.min(axis=1) == 0)[:, None]
    return ranks - starts_at_zero


def check(X: np.ndarray) -> None:
    expected = by_scipy(X)
    every = sp.csr_array(
        (X.ravel(), np.tile(np.arange(X.shape[1]), len(X)), np.arange(len(X) + 1) * X.shape[1]), shape=X.shape
    )
    for csr in (sp.csr_array(X), every):
        before = csr.copy()
        np.testing.assert_array_equal(dense_ranks(csr).toarray(), expected)
        np.testing.assert_array_equal(csr.data, before.data)


@settings(max_examples=150, deadline=None)
@given(matrices(64))
def test_doubles_are_ranked_as_scipy_does(X: np.ndarray) -> None:
    check(X)


@settings(max_examples=150, deadline=None)
@given(matrices(32))
def test_singles_are_ranked_as_scipy_does(X: np.ndarray) -> None:
    assert X.dtype == np.float32
    check(X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_distinct", [3, 1023, 1024, 1025, 5000])  # few are hashed, many are sorted
@pytest.mark.parametrize("shift", [0.0, 0.5, 1e6])
def test_rows_of_few_and_many_values_are_ranked_alike(dtype: type, n_distinct: int, shift: float) -> None:
    rng = np.random.default_rng(n_distinct)
    values = np.concatenate([[0.0], rng.random(n_distinct - 1)])
    X = np.stack([rng.permutation(np.resize(values, 6000)) for _ in range(3)])
    X[1] = rng.integers(0, 5, 6000)  # rows of either kind stand beside each other
    check((X - shift).astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("lowest", [0.0, -1.5])
def test_more_genes_than_65536_are_scored_right(dtype: type, lowest: float) -> None:
    n = 70_001
    rng = np.random.default_rng(0)
    X = rng.permuted(np.tile((np.arange(n) / 8 + lowest).astype(dtype), (2, 1)), axis=1)
    assert len(np.unique(X[0])) == n
    genes = [0, 17, 65_536, 70_000]
    part = RankPart(rank_log.rank_value(n), sp.csr_array((np.ones(4), (genes, range(4))), shape=(n, 4)))
    rank = stats.rankdata(-X, axis=1)[:, genes]
    for matrix in (X, sp.csr_array(X)):
        np.testing.assert_allclose(score_chunk(matrix, part).raw, np.log2(n / rank), atol=1e-12)


@pytest.mark.parametrize("largest", [255.0, 65_535.0, 65_536.0, 1e7, 2.0**31, 2.0**32, 2.0**53])
def test_large_counts_are_ranked(largest: float) -> None:
    X = np.array([[0.0, 1.0, largest, 7.0, largest, 0.0], [5.0, 4.0, 3.0, 2.0, 1.0, largest - 1]])
    part = RankPart(rank_log.rank_value(6), sp.csr_array(np.eye(6)))
    small = stats.rankdata(X, method="dense", axis=1).astype(float)
    for matrix in (X, sp.csr_array(X)):
        np.testing.assert_allclose(score_chunk(matrix, part).raw, score_chunk(small, part).raw, atol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_have_no_place_in_the_order_are_refused(bad: float) -> None:
    X = np.array([[1.0, bad, 0.0], [bad, bad, 2.0]])
    part = RankPart(rank_log.rank_value(3), sp.csr_array(np.eye(3)))
    for matrix in (X, sp.csr_array(X)):
        with pytest.raises(InputError, match="3 missing or infinite values"):
            score_chunk(matrix, part)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("more", [[], [-3.0], list(np.arange(1.0, 1500.0))], ids=["plain", "below zero", "many"])
def test_minus_zero_is_zero(dtype: type, more: list[float]) -> None:
    check(np.array([[0.0, -0.0, 2.0, -0.0, 0.0, *more]], dtype=dtype))

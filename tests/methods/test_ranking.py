"""Putting a row's values in order."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from fatescore import methods
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
@pytest.mark.parametrize("n_distinct", [3, 255, 256, 257, 5000])  # few are hashed, many are sorted
@pytest.mark.parametrize("shift", [0.0, 0.5, 1e6])
def test_rows_of_few_and_many_values_are_ranked_alike(dtype: type, n_distinct: int, shift: float) -> None:
    rng = np.random.default_rng(n_distinct)
    values = np.concatenate([[0.0], rng.random(n_distinct - 1)])
    X = np.stack([rng.permutation(np.resize(values, 6000)) for _ in range(3)])
    X[1] = rng.integers(0, 5, 6000)  # rows of either kind stand beside each other
    check((X - shift).astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_alike", [1, 40, 6000], ids=["apart", "some alike", "nearly all alike"])
def test_values_that_differ_in_their_last_bits_only_are_different(dtype: type, n_alike: int) -> None:
    """The highest bits are sorted first; many values that share those are a case of their own."""
    rng = np.random.default_rng(0)
    X = rng.random((2, 6000)) * 1e6
    X[:, :n_alike] = 1 + rng.permuted(np.tile(np.arange(n_alike), (2, 1)), axis=1) * np.finfo(dtype).eps
    X[:, -1] = 1e30
    check(X.astype(dtype))
    check(-X.astype(dtype))


def selected(X: np.ndarray, depth: int) -> None:
    """What is kept is ranked as before, and what is left out lies deeper and below every kept value."""
    csr = sp.csr_array(X)
    ranks = dense_ranks(csr, depth).toarray()
    full = stats.rankdata(X, method="max", axis=1)
    for i in range(len(X)):
        kept = ranks[i] > 0
        highest = X.shape[1] - full[i] < depth
        assert kept[highest & (X[i] > 0)].all()
        if (X[i] > 0).sum() < depth:
            np.testing.assert_array_equal(ranks[i], by_scipy(X[[i]])[0])
        elif not kept.all():
            assert X[i][kept].min() > max(X[i][~kept].max(), 0)
            np.testing.assert_array_equal(ranks[i][kept], stats.rankdata(X[i][kept], method="dense"))


@settings(max_examples=150, deadline=None)
@given(st.one_of(matrices(64), matrices(32)), st.integers(1, 4))
def test_a_selection_keeps_the_highest(X: np.ndarray, depth: int) -> None:
    selected(np.hstack([X, X, np.abs(X)]), depth)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", ["ucell", "aucell"])
@pytest.mark.parametrize("shift", [0.0, 3.0, 9.0])
def test_scores_of_the_highest_ranks_need_no_others(dtype: type, method: str, shift: float) -> None:
    """Values far below the last rank that counts are not ordered; scores are those of the whole order."""
    rng = np.random.default_rng(1)
    X = (rng.lognormal(0, 2, (5, 4000)) * (rng.random((5, 4000)) < 0.9)).astype(dtype)
    X = np.round(np.where(X > 0, np.log2(X + 1) - shift, 0), 3).astype(dtype)
    X[3] = np.minimum(X[3], X[3].max() / 3)  # many share the highest value
    selected(X, 150)
    chosen = methods.get(method)
    weights = sp.csr_array((rng.random((4000, 6)) < 0.02).astype(float))
    how = {"max_rank": 150} if method == "ucell" else {"n_up": 150}
    plan = chosen.plan(weights, **how)
    whole = dataclasses.replace(plan.part, value=dataclasses.replace(plan.part.value, depth=None))
    expected = score_chunk(X, whole)
    assert (expected.raw > 0).any()
    np.testing.assert_allclose(score_chunk(X, plan.part).raw, expected.raw, rtol=0, atol=1e-15)


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

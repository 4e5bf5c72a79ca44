"""The default method against its definition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fatescore import methods
from fatescore.methods import rank_log
from fatescore.methods._ranking import RankPart, score_chunk

rows = hnp.arrays(float, hnp.array_shapes(min_dims=2, max_dims=2, max_side=7), elements=st.integers(0, 4).map(float))


def by_definition(row: np.ndarray) -> np.ndarray:
    """Return the mean of log2(N / rank) over every order that breaks the ties."""
    n = len(row)
    orders = [o for o in itertools.permutations(range(n)) if all(row[a] >= row[b] for a, b in itertools.pairwise(o))]
    total = np.zeros(n)
    for order in orders:
        total[list(order)] += np.log2(n / np.arange(1, n + 1))
    return total / len(orders)


def dense(X: object) -> np.ndarray:
    n_genes = X.shape[1]
    return score_chunk(X, RankPart(rank_log.rank_value(n_genes), sp.csr_array(np.eye(n_genes)))).raw


@settings(max_examples=60, deadline=None)
@given(rows)
def test_ties_are_the_expectation_over_random_breaking(X: np.ndarray) -> None:
    expected = np.array([by_definition(row) for row in X])
    np.testing.assert_allclose(dense(X), expected, atol=1e-12)
    np.testing.assert_allclose(dense(sp.csr_matrix(X)), expected, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(rows)
def test_values_that_are_not_whole_take_another_way_and_give_the_same(X: np.ndarray) -> None:
    np.testing.assert_allclose(dense(X / 3), dense(X), atol=1e-12)
    np.testing.assert_allclose(dense((X / 3).astype(np.float32)), dense(X), atol=1e-12)
    np.testing.assert_allclose(dense(X * 100_000), dense(X), atol=1e-12)


def test_many_distinct_values_are_sorted() -> None:
    X = np.random.default_rng(0).random((3, 3000))
    expected = np.log2(3000) - np.log2(3001 - X.argsort(axis=1).argsort(axis=1) - 1)
    np.testing.assert_allclose(dense(X), expected, atol=1e-12)
    np.testing.assert_allclose(dense(X - 0.5), expected, atol=1e-12)


def test_unsorted_and_duplicated_entries_are_put_in_order() -> None:
    indices, indptr = np.array([2, 0, 2, 1]), np.array([0, 4])
    X = sp.csr_matrix((np.array([1.0, 5.0, 3.0, 2.0]), indices, indptr), shape=(1, 4))
    np.testing.assert_allclose(dense(X), dense(X.toarray()), atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(rows)
def test_monotone_transforms_change_nothing(X: np.ndarray) -> None:
    np.testing.assert_allclose(dense(np.log1p(X)), dense(X), atol=1e-12)
    np.testing.assert_allclose(dense(X - 7.0), dense(X), atol=1e-12)


def test_difference_of_arms_is_a_log2_rank_ratio() -> None:
    X = np.arange(16, 0, -1, dtype=float)[None, :]  # gene i has rank i + 1
    weights = np.zeros((16, 1))
    weights[1], weights[7] = 1.0, -1.0  # ranks 2 and 8
    assert methods.get("rank_log")(X, sp.csr_array(weights))[0, 0] * 2 == pytest.approx(np.log2(8 / 2), abs=1e-12)

"""Sets that could have been drawn: all of them, or some at random."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fatescore.stats import random_sets
from fatescore.stats.null import tail_pvalue

whole = st.integers(0, 4).map(float)


def check(found: tuple[np.ndarray, np.ndarray], seen: float, drawn: list[float]) -> None:
    """Compare with the tails among all that could have been drawn.

    Two-sided is twice the smaller tail, but where even the last value on the other side is likelier that tail alone.
    """
    deviate, point_mass = found
    values = np.array(drawn)
    lower, upper = (values <= seen + 1e-9).mean(), (values >= seen - 1e-9).mean()
    tail = min(lower, upper)
    last = values.min() if upper < lower else values.max()
    two = tail if (abs(values - last) < 1e-9).mean() > tail + 1e-12 else min(1, 2 * tail)
    if tail < 0.5:
        assert tail_pvalue(deviate, "two-sided", point_mass)[0] == pytest.approx(two, rel=1e-9)
    else:
        assert tail_pvalue(deviate, "two-sided", point_mass)[0] == 1
    smaller = "greater" if upper < lower else "less"
    assert tail_pvalue(deviate, smaller, point_mass)[0] == pytest.approx(min(0.5, tail), rel=1e-9)


@settings(max_examples=80, deadline=None)
@given(st.lists(whole, min_size=1, max_size=9), st.sampled_from([1.0, -2.0, 0.5]), st.data())
def test_one_gene_stands_among_its_stratum(values: list[float], coef: float, data: st.DataObject) -> None:
    seen = coef * data.draw(st.sampled_from(values))
    got = random_sets.exact_deviate(np.array([seen]), [np.array([values])], np.array([coef]))
    check(got, seen, [coef * value for value in values])


@settings(max_examples=80, deadline=None)
@given(
    st.lists(whole, min_size=2, max_size=7), st.lists(whole, min_size=2, max_size=7), st.booleans(),
    st.sampled_from([(1.0, 1.0), (1.0, -1.0), (2.0, 0.5)]), st.data(),
)  # fmt: skip
def test_two_genes_stand_among_all_pairs_but_never_one_gene_twice(
    first: list[float], second: list[float], same: bool, coef: tuple[float, float], data: st.DataObject
) -> None:
    if same:
        second = first
    pairs = [(i, j) for i, j in itertools.product(range(len(first)), range(len(second))) if not same or i != j]
    sums = [coef[0] * first[i] + coef[1] * second[j] for i, j in pairs]
    seen = data.draw(st.sampled_from(sums))
    values = [np.array([first]), np.array([second])]
    got = random_sets.exact_deviate(np.array([seen]), values, np.array(coef), same=same)
    check(got, seen, sums)


def test_observations_do_not_touch_each_other() -> None:
    rng = np.random.default_rng(0)
    values = [rng.random((5, 8)), rng.random((5, 6))]
    seen = values[0][:, 2] - values[1][:, 3]
    whole = random_sets.exact_deviate(seen, values, np.array([1.0, -1.0]))
    for i in range(5):
        alone = random_sets.exact_deviate(seen[[i]], [v[[i]] for v in values], np.array([1.0, -1.0]))
        np.testing.assert_array_equal(np.array(alone)[:, 0], np.array(whole)[:, i])


def test_the_smaller_tail_decides_and_none_is_zero() -> None:
    got = random_sets.deviate_of_tails(np.array([0.025, 0.99, 0.5, 0.8, 1.0]), np.array([0.99, 0.025, 0.5, 0.7, 1.0]))
    np.testing.assert_allclose(got, [stats.norm.ppf(0.025), -stats.norm.ppf(0.025), 0, 0, 0], atol=1e-12)


@pytest.fixture
def weights() -> tuple[sp.csr_array, np.ndarray]:
    stratum = np.repeat([0, 1, 2], [4, 10, 6])
    dense = np.zeros((20, 3))
    dense[[0, 5, 6, 15], 0] = [1.0, -2.0, 3.0, 0.5]
    dense[:4, 1] = 1.0  # a whole stratum
    return sp.csr_array(dense), stratum


def test_draws_keep_each_weight_in_its_stratum_and_take_no_gene_twice(weights: tuple) -> None:
    given, stratum = weights
    drawn = random_sets.draw_matched(given, stratum, 50, 0)
    assert drawn.shape == (20, 150)
    dense, original = drawn.toarray(), given.toarray()
    for j in range(150):
        for t in range(3):
            here = np.sort(dense[stratum == t, j])
            np.testing.assert_array_equal(here, np.sort(original[stratum == t, j // 50]))
    np.testing.assert_array_equal(dense[:, 50:100], np.repeat(original[:, [1]], 50, axis=1))
    assert not dense[:, 100:].any()


def test_every_gene_of_a_stratum_is_drawn_as_often(weights: tuple) -> None:
    given, stratum = weights
    drawn = random_sets.draw_matched(given[:, [0]], stratum, 6000, 1).toarray()
    for value, t in ((1.0, 0), (-2.0, 1), (3.0, 1), (0.5, 2)):
        times = (drawn == value).sum(axis=1)[stratum == t]
        assert times.sum() == 6000
        assert stats.chisquare(times).pvalue > 0.001


def test_no_set_and_no_gene_give_no_draws(weights: tuple) -> None:
    given, stratum = weights
    drawn = random_sets.draw_matched(given[:, [2]], stratum, 5, 0)
    assert drawn.shape == (20, 5)
    assert drawn.nnz == 0


def test_draws_go_by_the_seed_and_the_set_alone(weights: tuple) -> None:
    given, stratum = weights
    a, b, c = (random_sets.draw_matched(given, stratum, 9, seed).toarray() for seed in (0, 0, 1))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()
    swapped = random_sets.draw_matched(given[:, [1, 0]], stratum, 9, 0).toarray()
    np.testing.assert_array_equal(swapped, np.hstack([a[:, 9:18], a[:, :9]]))


def test_permutation_counts_the_observed_set_among_the_draws() -> None:
    drawn = np.array([[0.0, 1, 2, 3, 4, 5, 6, 7, 8]] * 4)
    z, deviate, point_mass = random_sets.permutation_deviate(np.array([9.0, 8.0, -1.0, 4.0]), drawn)
    np.testing.assert_allclose(z, (np.array([9.0, 8.0, -1.0, 4.0]) - 4) / drawn[0].std(ddof=1))
    np.testing.assert_allclose(tail_pvalue(deviate), [0.2, 0.4, 0.2, 1.0], rtol=1e-9)
    # no draw is below 0, which is a fifth of ten: nothing that rare lies on the other side of 9 or -1
    np.testing.assert_allclose(point_mass, [0.2, 0.2, -0.2, 0.0])
    np.testing.assert_allclose(tail_pvalue(deviate, "two-sided", point_mass), [0.1, 0.4, 0.1, 1.0], rtol=1e-9)
    assert np.sign(deviate).tolist() == [1, 1, -1, 0]


def test_identical_draws_have_no_deviate() -> None:
    z, deviate, _ = random_sets.permutation_deviate(np.array([1.0, 2.0]), np.ones((2, 9)))
    assert np.isnan(z).all()
    assert np.isnan(deviate).all()


def test_draws_that_differ_by_rounding_only_have_no_deviate() -> None:
    third = np.full((1, 40), 0.1 + 0.2)
    third[0, ::3] = 0.3
    z, deviate, _ = random_sets.permutation_deviate(np.array([0.3]), third)
    assert np.isnan(z).all()
    assert np.isnan(deviate).all()

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fatescore.stats.permutation import (
    arrangements,
    permutation_test,
    sign_flip_test,
    smallest_p,
    smallest_p_paired,
)
from fatescore.tables.codes import Test

values = st.lists(st.integers(-20, 20), min_size=1, max_size=5)


def brute_force(case: list[int], control: list[int]) -> float:
    """Every split by the definition, in whole numbers: no rounding, no shortcut."""
    everything = [*case, *control]
    n, k = len(everything), len(case)

    def distance(chosen: tuple[int, ...]) -> int:
        inside = sum(everything[i] for i in chosen)
        return abs(inside * (n - k) - (sum(everything) - inside) * k)

    observed = distance(tuple(range(k)))
    splits = list(itertools.combinations(range(n), k))
    return sum(distance(split) >= observed for split in splits) / len(splits)


@given(values, values)
def test_exact_p_equals_brute_force_with_ties(case: list[int], control: list[int]) -> None:
    assert permutation_test(case, control).p_value == pytest.approx(brute_force(case, control), abs=1e-12)


@given(values, values, st.floats(-1e3, 1e3), st.randoms(use_true_random=False))
def test_p_does_not_depend_on_swap_shift_or_order(case: list[int], control: list[int], shift: float, random) -> None:
    p = permutation_test(case, control).p_value
    assert permutation_test(control, case).p_value == p
    assert permutation_test(np.add(case, shift), np.add(control, shift)).p_value == p
    assert permutation_test(random.sample(case, len(case)), random.sample(control, len(control))).p_value == p


@pytest.mark.parametrize(("n_case", "n_control"), [(5, 4), (4, 4), (3, 6), (7, 6)])
def test_exact_p_equals_scipy(n_case: int, n_control: int) -> None:
    rng = np.random.default_rng(n_case)
    a, b = rng.normal(1, 1, n_case), rng.normal(0, 1, n_control)
    reference = stats.permutation_test(
        (a, b), lambda x, y: abs(x.mean() - y.mean()), vectorized=False, n_resamples=np.inf, alternative="greater"
    )
    result = permutation_test(a, b)
    assert result.p_value == pytest.approx(reference.pvalue, abs=1e-8)
    assert str(result.note) == f"exact_permutation:arrangements={math.comb(n_case + n_control, n_case)}"
    assert result.seed is None


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 6))
def test_smallest_p_is_what_complete_separation_reaches(n_case: int, n_control: int) -> None:
    # Powers of two: no two different sets of donors have the same sum.
    low, high = 2.0 ** np.arange(n_control), 1e9 + 2.0 ** np.arange(n_case)
    result = permutation_test(high, low)
    assert result.p_value == pytest.approx(smallest_p(n_case, n_control))
    assert result.p_smallest == smallest_p(n_case, n_control)


def test_smallest_p_of_known_designs() -> None:
    assert smallest_p(5, 4) == 1 / 126
    assert smallest_p(3, 3) == 2 / 20
    assert smallest_p(1, 1) == 1.0
    assert smallest_p(0, 3) == 1.0
    assert smallest_p(20, 20) == 1 / 100_000
    assert smallest_p_paired(5) == 2 / 32


def test_many_donors_are_drawn_at_random_with_a_seed() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.5, 1, 14), rng.normal(0, 1, 13)
    result = permutation_test(a, b, draws=20_000)
    assert (result.test, result.n_arrangements) == (Test.MONTE_CARLO_PERMUTATION, 20_000)
    assert str(result.note) == "monte_carlo_permutation:draws=20000,seed=0"
    assert permutation_test(a, b, draws=20_000) == result
    assert permutation_test(a, b, draws=20_000, seed=1).p_value != result.p_value
    far = permutation_test(a + 100, b, draws=999)
    assert far.p_value == far.p_smallest == 1 / 1000  # never zero


def test_monte_carlo_agrees_with_enumeration() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(1, 1, 6), rng.normal(0, 1, 5)
    exact = permutation_test(a, b).p_value
    drawn = permutation_test(a, b, max_arrangements=1, draws=50_000).p_value
    assert drawn == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 50_000))


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=8))
def test_sign_flips_equal_brute_force(differences: list[int]) -> None:
    flips = list(itertools.product([1, -1], repeat=len(differences)))
    sums = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in flips]
    expected = sum(total >= abs(sum(differences)) for total in sums) / len(flips)
    assert sign_flip_test(differences).p_value == pytest.approx(expected, abs=1e-12)


def test_arrangements_cannot_be_changed_by_a_caller() -> None:
    index, exact = arrangements(5, 2)
    assert exact
    assert index.shape == (10, 2)
    with pytest.raises(ValueError, match="read-only"):
        index[0, 0] = 3

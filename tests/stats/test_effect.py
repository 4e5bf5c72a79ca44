from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import effectsize_smd

from fatescore.stats import effect

numbers = st.lists(st.integers(-30, 30), min_size=2, max_size=7).filter(lambda x: len(set(x)) > 1)


@pytest.mark.parametrize("df", [2, 3, 7, 8, 20, 200])
def test_correction_is_the_gamma_formula_and_near_the_approximation(df: int) -> None:
    assert effect.hedges_correction(df) == pytest.approx(
        math.gamma(df / 2) / (math.sqrt(df / 2) * math.gamma((df - 1) / 2)) if df < 100 else 1 - 3 / (4 * df - 1),
        rel=1e-12 if df < 100 else 1e-5,
    )
    assert effect.hedges_correction(df) == pytest.approx(1 - 3 / (4 * df - 1), abs=0.02)


def test_correction_of_no_freedom() -> None:
    assert effect.hedges_correction(1) == 0
    assert math.isnan(effect.hedges_correction(0))


def test_g_and_its_variance_in_the_worked_example_of_borenstein() -> None:
    """Borenstein et al. 2009, chapter 4: means 103 and 100, sd 5.5 and 4.5, n 50 an arm.

    The book prints d = 0.5970, V_d = 0.0418, J = 0.9923 (approximate formula), g = 0.5924, V_g = 0.0411.
    """

    def sample(mean: float, sd: float) -> np.ndarray:
        x = np.linspace(-1, 1, 50)
        return mean + sd * (x - x.mean()) / x.std(ddof=1)

    result = effect.hedges_g(sample(103, 5.5), sample(100, 4.5))
    assert result.g == pytest.approx(0.5924, abs=1e-4)
    assert result.variance == pytest.approx(0.0411, abs=1e-4)


@given(numbers, numbers)
def test_g_equals_the_closed_form_and_statsmodels_up_to_the_correction(a: list[int], b: list[int]) -> None:
    na, nb = len(a), len(b)
    pooled = math.sqrt(((na - 1) * np.var(a, ddof=1) + (nb - 1) * np.var(b, ddof=1)) / (na + nb - 2))
    d = (np.mean(a) - np.mean(b)) / pooled
    j = math.gamma((na + nb - 2) / 2) / (math.sqrt((na + nb - 2) / 2) * math.gamma((na + nb - 3) / 2))
    result = effect.hedges_g(a, b)
    assert result.g == pytest.approx(j * d, abs=1e-8)
    assert result.variance == pytest.approx(j**2 * ((na + nb) / (na * nb) + d**2 / (2 * (na + nb))), abs=1e-8)
    other, _ = effectsize_smd(np.mean(a), np.std(a, ddof=1), na, np.mean(b), np.std(b, ddof=1), nb)
    assert result.g / j * (1 - 3 / (4 * (na + nb) - 9)) == pytest.approx(float(other), abs=1e-8)
    assert result.low <= result.g <= result.high or abs(result.g) < 1e-9 or na + nb < 6


@given(numbers, numbers)
def test_swapping_the_arms_mirrors_everything(a: list[int], b: list[int]) -> None:
    one, two = effect.hedges_g(a, b), effect.hedges_g(b, a)
    assert (one.g, one.variance) == pytest.approx((-two.g, two.variance))
    assert (one.low, one.high) == pytest.approx((-two.high, -two.low), abs=1e-6)
    assert effect.auroc(a, b) == pytest.approx(1 - effect.auroc(b, a))
    first, second = effect.welch(a, b), effect.welch(b, a)
    assert (first.low, first.high) == pytest.approx((-second.high, -second.low))


@given(numbers, numbers)
def test_welch_equals_scipy(a: list[int], b: list[int]) -> None:
    reference = stats.ttest_ind(a, b, equal_var=False)
    interval = reference.confidence_interval()
    result = effect.welch(a, b)
    assert (result.p_value, result.low, result.high) == pytest.approx(
        (reference.pvalue, interval.low, interval.high), abs=1e-10
    )


def test_interval_of_g_is_the_noncentral_t_one() -> None:
    a, b = [5.1, 6.3, 7.2, 5.9], [4.0, 4.4, 5.2, 3.9, 4.8]
    result = effect.hedges_g(a, b)
    scale = math.sqrt(1 / 4 + 1 / 5)
    t = stats.ttest_ind(a, b).statistic
    assert stats.nct.cdf(t, 7, result.low / scale) == pytest.approx(0.975, abs=1e-9)
    assert stats.nct.cdf(t, 7, result.high / scale) == pytest.approx(0.025, abs=1e-9)


def test_a_huge_effect_still_has_an_interval() -> None:
    result = effect.hedges_g([1e6, 1e6 + 1, 1e6 + 2], [0.0, 1.0, 2.0])
    assert math.isfinite(result.low)
    assert result.low < result.g < result.high


@pytest.mark.parametrize(("n", "m", "g"), [(5, 4, 1.0), (3, 3, 3.0), (4, 8, 2.0)])
def test_intervals_cover_in_93_to_97_percent_of_simulated_studies(n: int, m: int, g: float) -> None:
    rng = np.random.default_rng(0)
    inside = np.zeros(2)
    runs = 600
    for _ in range(runs):
        a, b = rng.normal(g, 1, n), rng.normal(0, 1, m)
        difference, standard = effect.welch(a, b), effect.hedges_g(a, b)
        inside += [difference.low <= g <= difference.high, standard.low <= g <= standard.high]
    # Three Monte Carlo standard errors around 95 %; Welch's interval is wider than it need be with three donors.
    error = 3 * math.sqrt(0.95 * 0.05 / runs)
    assert abs(inside[1] / runs - 0.95) < error
    assert -error < inside[0] / runs - 0.95 < error + 0.02 * (min(n, m) < 4)


def test_intervals_of_pairs_cover_too() -> None:
    rng = np.random.default_rng(1)
    runs, inside = 600, 0
    for _ in range(runs):
        donor = rng.normal(0, math.sqrt(0.5), 6)
        a, b = donor + 2 + rng.normal(0, math.sqrt(0.5), 6), donor + rng.normal(0, math.sqrt(0.5), 6)
        found = effect.hedges_g_paired(a, b)
        inside += found.low <= 2 <= found.high
    assert 0.93 < inside / runs < 0.99  # r is taken as known, and the deviation counts both arms: cautious


def test_auroc_equals_the_rank_sum_statistic() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 6, 8), rng.integers(0, 6, 7)
    assert effect.auroc(a, b) == pytest.approx(stats.mannwhitneyu(a, b).statistic / 56)
    assert math.isnan(effect.auroc([], [1.0]))


def test_leave_one_out_by_hand() -> None:
    low, high = effect.leave_one_out([1.0, 2.0, 6.0], [0.0, 3.0])
    assert (low, high) == (0.0, 3.0)
    assert all(map(math.isnan, effect.leave_one_out([1.0], [2.0])))


def test_no_variation_gives_no_interval() -> None:
    assert math.isnan(effect.welch([1.1, 1.1], [2.2, 2.2]).low)
    assert math.isnan(effect.hedges_g([1.1] * 3, [2.2] * 3).g)
    assert math.isnan(effect.hedges_g_paired([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]).g)
    assert math.isnan(effect.hedges_g([1.0], [2.0, 3.0]).g)


def test_pairs_equal_the_paired_t_test_and_the_formula() -> None:
    a, b = np.array([2.0, 3.5, 5.0, 6.0]), np.array([1.0, 1.5, 2.0, 4.5])
    reference = stats.ttest_rel(a, b)
    interval = effect.paired_t(a, b)
    assert interval.p_value == pytest.approx(reference.pvalue)
    assert (interval.low, interval.high) == pytest.approx(tuple(reference.confidence_interval()))
    within = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    d, twice = (a - b).mean() / within, (a - b).var(ddof=1) / within**2
    j = effect.hedges_correction(3)
    result = effect.hedges_g_paired(a, b)
    assert result.g == pytest.approx(j * d)
    assert result.variance == pytest.approx(j**2 * (1 / 4 + d**2 / 8) * twice)


@pytest.mark.parametrize(("n", "g", "expected"), [(17, 1.0, 0.807), (20, 0.8, 0.693), (64, 0.5, 0.801)])
def test_cohens_tables(n: int, g: float, expected: float) -> None:
    """Cohen (1988), Statistical Power Analysis, table 2.3.5 (two-sided 0.05): 0.81, 0.69, 0.80."""
    assert effect.power(n, n, g=g) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(("n", "m", "paired"), [(5, 4, False), (3, 8, False), (6, 6, True)])
def test_simulated_studies_are_found_as_often(n: int, m: int, paired: bool) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(1, 1, (40_000, n)), rng.normal(0, 1, (40_000, m))
    p = stats.ttest_1samp(a, 0, axis=1).pvalue if paired else stats.ttest_ind(a, b, axis=1).pvalue
    assert effect.power(n, m, paired=paired) == pytest.approx((p < 0.05).mean(), abs=4 * 0.5 / 200)


def test_no_effect_is_found_at_the_level_and_one_donor_finds_nothing() -> None:
    assert effect.power(6, 6, g=0.0, alpha=0.01) == pytest.approx(0.01)
    assert math.isnan(effect.power(1, 8))

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fatescore.errors import InputError
from fatescore.simulate._noise import check, depths, gamma_poisson, generator, shares, whole


@pytest.mark.parametrize(("mean", "dispersion"), [(3.0, 0.5), (20.0, 0.1), (0.4, 2.0)])
def test_counts_follow_scipys_negative_binomial(mean, dispersion):
    n = 40_000
    counts = gamma_poisson(np.random.default_rng(1), np.full(n, mean), dispersion)
    law = stats.nbinom(1 / dispersion, 1 / (1 + dispersion * mean))
    top = int(law.ppf(0.999))
    observed = np.bincount(np.minimum(counts, top), minlength=top + 1)
    expected = n * np.append(law.pmf(np.arange(top)), law.sf(top - 1))
    assert stats.chisquare(observed, expected).pvalue > 1e-3


def test_no_dispersion_is_poisson():
    counts = gamma_poisson(np.random.default_rng(1), np.full(50_000, 7.0), 0.0)
    assert counts.var() / counts.mean() == pytest.approx(1.0, abs=0.03)


def test_a_mean_of_zero_gives_zero():
    assert gamma_poisson(np.random.default_rng(0), np.zeros((3, 4)), 0.3).sum() == 0


@given(st.lists(st.lists(st.floats(-30, 30), min_size=3, max_size=3), min_size=1, max_size=5))
@settings(max_examples=50)
def test_shares_sum_to_one_and_keep_ratios(levels):
    level = np.array(levels)
    share = shares(level)
    np.testing.assert_allclose(share.sum(axis=1), 1.0)
    np.testing.assert_allclose(np.log2(share[:, 0] / share[:, 1]), level[:, 0] - level[:, 1], atol=1e-9)


def test_depth_is_log_normal():
    logs = np.log(depths(np.random.default_rng(0), 20_000, 3000.0, 0.4))
    assert np.exp(np.median(logs)) == pytest.approx(3000, rel=0.02)
    assert stats.kstest((logs - np.log(3000)) / 0.4, "norm").pvalue > 1e-3


@pytest.mark.parametrize("seed", [None, -1, "x", True])
def test_a_bad_seed_is_refused(seed):
    with pytest.raises(InputError, match="seed"):
        generator(seed)


def test_zero_is_a_seed():
    assert generator(0).random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, np.inf, "a", None])
def test_check_names_parameter_and_range(value):
    with pytest.raises(InputError, match=r"ambient is .*; expected 0 to 1"):
        check("ambient", value, 0, 1)


@pytest.mark.parametrize("value", [1, 11, 2.0, "3", None, True])
def test_whole_refuses_what_is_not_a_whole_number_in_range(value):
    with pytest.raises(InputError, match="whole number from 2 to 10"):
        whole("donors", value, 2, 10)

"""The matched null against drawing genes at random."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from fatescore.stats import null


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray, sp.csr_array, np.ndarray]:
    rng = np.random.default_rng(0)
    values = rng.random((5, 200)) * (rng.random((5, 200)) < 0.4)
    bottom = rng.random(5)
    stratum = null.assign_strata(values.mean(axis=0), n_strata=8)
    return values + bottom[:, None], bottom, sp.csr_array(values), stratum


def test_moments_equal_those_of_random_draws(data: tuple) -> None:
    full, bottom, offset, stratum = data
    rng = np.random.default_rng(1)
    chosen = rng.choice(200, 9, replace=False)
    weights = np.zeros((200, 1))
    weights[chosen, 0] = rng.choice([1.0, -0.5, 2.0], 9)
    mean, sd = null.matched_moments(bottom, offset, weights, stratum)
    drawn = np.empty((20_000, 5))
    members = [np.flatnonzero(stratum == s) for s in range(stratum.max() + 1)]
    for i in range(len(drawn)):
        shuffled = np.zeros(200)
        for genes in members:
            shuffled[genes] = weights[rng.permutation(genes), 0]
        drawn[i] = full @ shuffled
    np.testing.assert_allclose(mean[:, 0], drawn.mean(axis=0), atol=5 * sd.max() / np.sqrt(len(drawn)))
    np.testing.assert_allclose(sd[:, 0], drawn.std(axis=0), rtol=0.03)


def test_a_set_that_fills_its_strata_has_no_variance(data: tuple) -> None:
    _, bottom, offset, stratum = data
    weights = np.ones((200, 1))
    _, sd = null.matched_moments(bottom, offset, weights, stratum)
    np.testing.assert_allclose(sd, 0.0, atol=1e-6)


def test_ties_share_a_stratum_and_none_is_empty() -> None:
    mean = np.concatenate([np.zeros(150), np.arange(50.0)])
    stratum = null.assign_strata(mean, n_strata=10)
    assert len(set(stratum[:150])) == 1
    assert set(stratum) == set(range(stratum.max() + 1))


def test_matched_sets_are_rejected_at_the_nominal_rate() -> None:
    """Random sets from the top fifth of expression: near 5 % at 0.05, where the uniform null rejects nearly all.

    The normal tail leaves out the skew of small sets, which makes it a little liberal.
    """
    rng = np.random.default_rng(3)
    level = np.sort(rng.lognormal(0, 2, 2000))
    counts = sp.csr_array(rng.poisson(level, (20, 2000)).astype(float))
    stratum = null.assign_strata(np.asarray(counts.mean(axis=0)).ravel(), n_strata=100)
    weights = np.zeros((2000, 2000))
    for j in range(2000):
        weights[rng.choice(np.arange(1600, 2000), 20, replace=False), j] = 1 / 20
    mean, sd = null.matched_moments(np.zeros(20), counts.sqrt(), weights, stratum)
    p = null.normal_pvalue((counts.sqrt() @ weights - mean) / sd)
    assert 0.04 < (p < 0.05).mean() < 0.065
    everything = np.zeros(2000, dtype=int)
    mean, sd = null.matched_moments(np.zeros(20), counts.sqrt(), weights, everything)
    assert (null.normal_pvalue((counts.sqrt() @ weights - mean) / sd) < 0.05).mean() > 0.9

"""The matched null against drawing genes at random."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from scipy import stats

from fatescore.methods import rank_log
from fatescore.methods._ranking import NullMoments, RankPart, score_chunk
from fatescore.stats import null


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray, sp.csr_array, np.ndarray]:
    rng = np.random.default_rng(0)
    values = rng.random((5, 200)) * (rng.random((5, 200)) < 0.4)
    bottom = rng.random(5)
    stratum = null.assign_strata(values.mean(axis=0), n_strata=8)
    return values + bottom[:, None], bottom, sp.csr_array(values), stratum


def moments(values: np.ndarray, weights: np.ndarray, stratum: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, sd and skew of weighted sums of ``log2(N / rank)``, through the kernel that walks the data."""
    part = RankPart(rank_log.rank_value(values.shape[1]), sp.csr_array(weights))
    chunk = score_chunk(values, part, NullMoments(stratum, *null.moment_weights(part.coef, stratum)))
    sd = np.sqrt(chunk.variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        return chunk.mean, sd, chunk.third / sd**3


def worth(values: np.ndarray) -> np.ndarray:
    """What every gene is worth in every observation."""
    n_genes = values.shape[1]
    return score_chunk(values, RankPart(rank_log.rank_value(n_genes), sp.csr_array(np.eye(n_genes)))).raw


def test_moments_equal_those_of_random_draws(data: tuple) -> None:
    full, _, _, stratum = data
    value = worth(full)
    rng = np.random.default_rng(1)
    chosen = rng.choice(200, 9, replace=False)
    weights = np.zeros((200, 1))
    weights[chosen, 0] = rng.choice([1.0, -0.5, 2.0], 9)
    mean, sd, skew = moments(full, weights, stratum)
    drawn = np.empty((20_000, 5))
    members = [np.flatnonzero(stratum == s) for s in range(stratum.max() + 1)]
    for i in range(len(drawn)):
        shuffled = np.zeros(200)
        for genes in members:
            shuffled[genes] = weights[rng.permutation(genes), 0]
        drawn[i] = value @ shuffled
    np.testing.assert_allclose(mean[:, 0], drawn.mean(axis=0), atol=5 * sd.max() / np.sqrt(len(drawn)))
    np.testing.assert_allclose(sd[:, 0], drawn.std(axis=0), rtol=0.03)
    np.testing.assert_allclose(skew[:, 0], stats.skew(drawn, axis=0), atol=0.1)


def test_a_set_that_fills_its_strata_has_no_variance(data: tuple) -> None:
    full, _, _, stratum = data
    _, sd, _ = moments(full, np.ones((200, 1)), stratum)
    np.testing.assert_allclose(sd, 0.0, atol=1e-6)


def test_ties_share_a_stratum_and_none_is_empty() -> None:
    mean = np.concatenate([np.zeros(150), np.arange(50.0)])
    stratum = null.assign_strata(mean, n_strata=10)
    assert len(set(stratum[:150])) == 1
    assert set(stratum) == set(range(stratum.max() + 1))


def test_matched_sets_are_rejected_at_the_nominal_rate() -> None:
    """Random sets from the top fifth of expression: near 5 % at 0.05, where the uniform null rejects nearly all."""
    rng = np.random.default_rng(3)
    level = np.sort(rng.lognormal(0, 2, 2000))
    counts = rng.poisson(level, (20, 2000)).astype(float)
    stratum = null.assign_strata(worth(counts).mean(axis=0), n_strata=100)
    weights = np.zeros((2000, 2000))
    for j in range(2000):
        weights[rng.choice(np.arange(1600, 2000), 20, replace=False), j] = 1 / 20

    def rejected(strata: np.ndarray) -> float:
        mean, sd, skew = moments(counts, weights, strata)
        score = worth(counts) @ weights
        return float((null.tail_pvalue(null.normal_score((score - mean) / sd, skew)) < 0.05).mean())

    assert 0.045 < rejected(stratum) < 0.055
    assert rejected(np.zeros(2000, dtype=int)) > 0.9


@pytest.mark.parametrize(
    ("skew", "rtol"), [(0.0, 0.001), (1e-6, 0.001), (-0.3, 0.001), (1.0, 0.011), (2.0, 0.04), (6, 1e-9)]
)
def test_tails_are_those_of_pearson3(skew: float, rtol: float) -> None:
    z = np.linspace(-6, 8, 500)
    deviate = null.normal_score(z, np.full_like(z, skew))
    for name, exact in (("less", stats.pearson3.cdf(z, skew)), ("greater", stats.pearson3.sf(z, skew))):
        # near the lower bound the tail is at least the normal one
        seen = (exact > 1e-10) & (z * skew / 2 > -0.95)
        np.testing.assert_allclose(null.tail_pvalue(deviate, name)[seen], exact[seen], rtol=rtol)


@pytest.mark.parametrize("excess", [0.05, 0.5, 2.0])
def test_heavy_tails_are_those_of_students_t(excess: float) -> None:
    x = np.linspace(-4, 4, 200)
    freedom = 4 + 6 / excess
    exact = stats.t.sf(x * np.sqrt(freedom / (freedom - 2)), freedom)
    ours = null.tail_pvalue(null.lighten(x, np.full_like(x, excess)), "greater")
    np.testing.assert_allclose(ours, exact, rtol=0.05)
    np.testing.assert_allclose(null.lighten(x, np.full_like(x, -1.0)), x, atol=1e-6)

"""The matched null against drawing genes at random."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from scipy import stats

from fatescore import methods
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
        full = sd**2
        _, deviate = null.standing(
            score, mean, full, skew * sd**3, 1.5 * skew**2 * full**2, bounded=np.ones(2000, dtype=bool)
        )
        return float((null.tail_pvalue(deviate) < 0.05).mean())

    assert 0.045 < rejected(stratum) < 0.055
    assert rejected(np.zeros(2000, dtype=int)) > 0.9


def deviates(z: np.ndarray, skew: float, excess: float = 0.0, *, bounded: bool = True) -> np.ndarray:
    """Normal deviates of standardised scores; ``excess`` is beyond that of Pearson III."""
    column = z[:, None]
    cumulants = (np.full_like(column, value) for value in (0.0, 1.0, skew, 1.5 * skew**2 + excess))
    return null.standing(column, *cumulants, bounded=np.array([bounded]))[1][:, 0]


@pytest.mark.parametrize(
    ("skew", "rtol"),
    [(0.0, 1e-7), (1e-6, 1e-5), (-0.05, 1e-3), (0.3, 0.01), (-0.7, 0.01), (1, 0.01), (2, 0.01), (-4, 0.02), (6, 0.05)],
)  # fmt: skip
def test_tails_are_those_of_pearson3(skew: float, rtol: float) -> None:
    z = np.linspace(-6, 12, 700)
    deviate = deviates(z, skew)
    for name, exact in (("less", stats.pearson3.cdf(z, skew)), ("greater", stats.pearson3.sf(z, skew))):
        seen = (exact > 1e-4) & (z * skew / 2 > -0.999)
        np.testing.assert_allclose(null.tail_pvalue(deviate, name)[seen], exact[seen], rtol=rtol)
    assert (np.diff(deviate[abs(deviate) < 8]) >= 0).all()


@pytest.mark.parametrize("skew", [0.0, 0.1, 0.5, 1.0, 3.0])
def test_deviates_go_on_rising_where_tails_are_too_small_to_write(skew: float) -> None:
    """Co-expressed sets stand at z of 30, which is divided by their inflation."""
    z = np.linspace(2, 40, 100)
    deviate = deviates(z, skew)
    assert (np.diff(deviate) > 0).all()
    exact = -stats.norm.ppf(stats.pearson3.sf(z, skew))
    seen = np.isfinite(exact)
    np.testing.assert_allclose(deviate[seen], exact[seen], rtol=0.06)
    if skew == 0:
        np.testing.assert_allclose(deviate, z, rtol=1e-9)
        np.testing.assert_allclose(deviates(-z, skew), -z, rtol=1e-9)


def test_beyond_the_end_of_pearson3_a_signed_sets_tail_is_at_least_the_normal_one() -> None:
    z = np.linspace(-4, -0.97, 50)  # the end is at -1
    assert (null.tail_pvalue(deviates(z, 2.0), "less") < 0.03).all()
    np.testing.assert_allclose(deviates(z, 2.0, bounded=False), z)
    np.testing.assert_allclose(deviates(-z, -2.0, bounded=False), -z)
    far = np.linspace(-0.9, 3, 50)
    np.testing.assert_allclose(deviates(far, 2.0, bounded=False), deviates(far, 2.0))


@pytest.mark.parametrize("excess", [0.05, 0.5, 2.0])
def test_heavy_tails_are_those_of_students_t(excess: float) -> None:
    x = np.linspace(-4, 4, 200)
    freedom = 4 + 6 / excess
    exact = stats.t.sf(x * np.sqrt(freedom / (freedom - 2)), freedom)
    ours = null.tail_pvalue(deviates(x, 0.0, excess), "greater")
    np.testing.assert_allclose(ours, exact, rtol=0.05)
    np.testing.assert_allclose(deviates(x, 0.0, -1.0), x, atol=1e-6)


def test_no_variance_no_standing() -> None:
    one = np.ones((1, 1))
    z, deviate = null.standing(one, one, 0 * one, one, one, bounded=np.array([True]))
    assert np.isnan(z).all()
    assert np.isnan(deviate).all()
    assert np.isnan(null.tail_pvalue(deviate, "two-sided", one)).all()


def test_no_tail_is_smaller_than_the_point_mass_at_its_end() -> None:
    deviate = np.array([-3.0, -1.0, 1.0, 3.0])
    tail = stats.norm.sf(abs(deviate))
    mass = np.full(4, 0.01)
    np.testing.assert_allclose(null.tail_pvalue(deviate, "less", mass), [0.01, tail[1], 1 - tail[2], 1 - tail[3]])
    np.testing.assert_allclose(null.tail_pvalue(deviate, "greater", mass), [1 - tail[0], 1 - tail[1], tail[2], tail[3]])
    two = [0.02, 2 * tail[1], 2 * tail[2], tail[3]]  # nothing as rare as the last lies on its other side
    np.testing.assert_allclose(null.tail_pvalue(deviate, "two-sided", mass), two)
    for tails in ("two-sided", "less", "greater"):
        mirror = {"less": "greater", "greater": "less"}.get(tails, tails)
        np.testing.assert_allclose(null.tail_pvalue(-deviate, mirror, -mass), null.tail_pvalue(deviate, tails, mass))
        np.testing.assert_allclose(null.tail_pvalue(deviate, tails, 0 * mass), null.tail_pvalue(deviate, tails))


@pytest.mark.parametrize("method", ["rank_log", "ucell"])
def test_the_point_mass_is_how_often_no_gene_of_a_random_set_is_seen(method: str) -> None:
    rng = np.random.default_rng(5)
    level = np.repeat([0.02, 0.1, 0.5], 100)
    counts = rng.poisson(level, (4, 300)).astype(float)
    stratum = np.repeat([0, 1, 2], 100)
    weights = np.zeros((300, 2))
    weights[[3, 40, 120, 130], 0] = 1
    weights[:, 1] = weights[:, 0] * np.where(np.arange(300) < 50, -1, 1)
    part = methods.get(method).plan(sp.csr_array(weights)).part
    chunk = score_chunk(counts, part, NullMoments(stratum, *null.moment_weights(part.coef, stratum)))
    unseen = (counts == 0).reshape(4, 3, 100).sum(axis=2)
    exact = np.prod([unseen[:, t] * (unseen[:, t] - 1) / (100 * 99) for t in (0, 1)], axis=0)
    np.testing.assert_allclose(chunk.undetected[:, 0], exact, rtol=0.02)


def test_inflation_is_the_spread_within_groups() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(0, [1.0, 2.0, 3.0], (90, 3)) + np.repeat([0.0, 5.0, -20.0], 30)[:, None]
    group = np.repeat([0, 1, 2], 30)
    within = np.concatenate([z[group == g] - z[group == g].mean(axis=0) for g in range(3)])
    expected = np.sqrt(np.maximum((within**2).sum(axis=0) / 87, 1.0))
    np.testing.assert_allclose(null.inflation(z, group), expected)


def test_differences_between_groups_do_not_inflate() -> None:
    z = np.random.default_rng(1).normal(0, 2, (60, 2))
    group = np.repeat([0, 1], 30)
    moved = z + np.where(group == 0, -50.0, 50.0)[:, None]
    np.testing.assert_allclose(null.inflation(moved, group), null.inflation(z, group))
    assert (null.inflation(moved, np.zeros(60, dtype=int)) > 20).all()


def test_inflation_is_never_below_1() -> None:
    z = np.random.default_rng(2).normal(0, 0.1, (40, 3))
    np.testing.assert_array_equal(null.inflation(z, np.zeros(40, dtype=int)), np.ones(3))


def test_observations_without_a_group_are_not_used() -> None:
    z = np.random.default_rng(3).normal(0, 2, (40, 2))
    group = np.repeat([0, -1], 20)
    np.testing.assert_allclose(null.inflation(z, group), null.inflation(z[:20], group[:20]))
    np.testing.assert_array_equal(null.inflation(z, np.full(40, -1)), np.ones(2))


def test_missing_z_is_left_out_set_by_set() -> None:
    z = np.random.default_rng(4).normal(0, 2, (30, 3))
    group = np.repeat([0, 1, 2], 10)
    z[:5, 1] = np.nan
    z[:, 2] = np.nan
    got = null.inflation(z, group)
    assert got[0] == pytest.approx(null.inflation(z[:, [0]], group)[0])
    assert got[1] == pytest.approx(null.inflation(z[5:, [1]], group[5:])[0])
    assert got[2] == 1.0


def test_groups_of_one_show_nothing() -> None:
    z = np.array([[-9.0], [9.0], [3.0]])
    np.testing.assert_array_equal(null.inflation(z, np.arange(3)), [1.0])


@pytest.mark.parametrize(("k", "r"), [(5, 0.5), (20, 0.1), (50, 0.3)])
def test_correlated_genes_widen_by_the_known_factor(k: int, r: float) -> None:
    """sqrt(1 + (k - 1) r) for the standardised mean of k genes with mean correlation r."""
    rng = np.random.default_rng(k)
    genes = np.sqrt(1 - r) * rng.normal(size=(4000, k)) + np.sqrt(r) * rng.normal(size=(4000, 1))
    z = genes.sum(axis=1, keepdims=True) / np.sqrt(k)
    assert null.inflation(z, np.arange(4000) % 5)[0] == pytest.approx(np.sqrt(1 + (k - 1) * r), rel=0.05)

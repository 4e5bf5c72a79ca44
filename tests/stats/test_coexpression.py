"""How much co-expression widens z."""

from __future__ import annotations

import numpy as np
import pytest

from fatescore.stats.coexpression import inflation


def test_the_factor_is_the_spread_within_groups() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(0, [1.0, 2.0, 3.0], (90, 3)) + np.repeat([0.0, 5.0, -20.0], 30)[:, None]
    group = np.repeat([0, 1, 2], 30)
    within = np.concatenate([z[group == g] - z[group == g].mean(axis=0) for g in range(3)])
    expected = np.sqrt(np.maximum((within**2).sum(axis=0) / 87, 1.0))
    np.testing.assert_allclose(inflation(z, group), expected)


def test_differences_between_groups_do_not_count() -> None:
    z = np.random.default_rng(1).normal(0, 2, (60, 2))
    group = np.repeat([0, 1], 30)
    moved = z + np.where(group == 0, -50.0, 50.0)[:, None]
    np.testing.assert_allclose(inflation(moved, group), inflation(z, group))
    assert (inflation(moved, np.zeros(60, dtype=int)) > 20).all()


def test_it_is_never_below_1() -> None:
    z = np.random.default_rng(2).normal(0, 0.1, (40, 3))
    np.testing.assert_array_equal(inflation(z, np.zeros(40, dtype=int)), np.ones(3))


def test_observations_without_a_group_are_not_used() -> None:
    z = np.random.default_rng(3).normal(0, 2, (40, 2))
    group = np.repeat([0, -1], 20)
    np.testing.assert_allclose(inflation(z, group), inflation(z[:20], group[:20]))
    np.testing.assert_array_equal(inflation(z, np.full(40, -1)), np.ones(2))


def test_missing_z_is_left_out_set_by_set() -> None:
    z = np.random.default_rng(4).normal(0, 2, (30, 3))
    group = np.repeat([0, 1, 2], 10)
    z[:5, 1] = np.nan
    z[:, 2] = np.nan
    got = inflation(z, group)
    assert got[0] == pytest.approx(inflation(z[:, [0]], group)[0])
    assert got[1] == pytest.approx(inflation(z[5:, [1]], group[5:])[0])
    assert got[2] == 1.0


def test_groups_of_one_show_nothing() -> None:
    z = np.array([[-9.0], [9.0], [3.0]])
    np.testing.assert_array_equal(inflation(z, np.arange(3)), [1.0])


@pytest.mark.parametrize(("k", "r"), [(5, 0.5), (20, 0.1), (50, 0.3)])
def test_correlated_genes_widen_by_the_known_factor(k: int, r: float) -> None:
    """sqrt(1 + (k - 1) r) for the standardised mean of k genes with mean correlation r."""
    rng = np.random.default_rng(k)
    genes = np.sqrt(1 - r) * rng.normal(size=(4000, k)) + np.sqrt(r) * rng.normal(size=(4000, 1))
    z = genes.sum(axis=1, keepdims=True) / np.sqrt(k)
    assert inflation(z, np.arange(4000) % 5)[0] == pytest.approx(np.sqrt(1 + (k - 1) * r), rel=0.05)

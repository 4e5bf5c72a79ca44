"""What a design could have seen."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from fatescore.stats.power import power


@pytest.mark.parametrize(("n", "g", "expected"), [(17, 1.0, 0.807), (20, 0.8, 0.693), (64, 0.5, 0.801)])
def test_cohens_tables(n: int, g: float, expected: float) -> None:
    """Cohen (1988), Statistical Power Analysis, table 2.3.5 (two-sided 0.05): 0.81, 0.69, 0.80."""
    assert power(n, n, g=g) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(("n", "m", "paired"), [(5, 4, False), (3, 8, False), (6, 6, True)])
def test_simulated_studies_are_found_as_often(n: int, m: int, paired: bool) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(1, 1, (40_000, n)), rng.normal(0, 1, (40_000, m))
    p = stats.ttest_1samp(a, 0, axis=1).pvalue if paired else stats.ttest_ind(a, b, axis=1).pvalue
    assert power(n, m, paired=paired) == pytest.approx((p < 0.05).mean(), abs=4 * 0.5 / 200)


def test_no_effect_is_found_at_the_level_and_one_donor_finds_nothing() -> None:
    assert power(6, 6, g=0.0, alpha=0.01) == pytest.approx(0.01)
    assert math.isnan(power(1, 8))

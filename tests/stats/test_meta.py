from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fatescore import _keys
from fatescore.errors import InputError
from fatescore.stats.meta import meta, paule_mandel, pool

# Worked example of Kacker (2004, Metrologia 41:132-136). The results are those of R's metafor,
# rma(y, v, method = "PM") and "DL" (tol = 1e-9), as recorded in the test suite of statsmodels
# (stats/tests/results/results_meta.py).
KACKER_Y = [61.0, 61.4, 62.21, 62.3, 62.34, 62.6, 62.7, 62.84, 65.9]
KACKER_V = [0.2025, 1.21, 0.09, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225]


def test_published_example() -> None:
    result = pool(KACKER_Y, KACKER_V)
    assert result.effect == pytest.approx(62.4076199113286, abs=1e-8)
    assert result.tau2 == pytest.approx(0.705395309224248, abs=1e-8)
    assert result.q == pytest.approx(24.801897741835, abs=1e-8)
    assert result.i2 == pytest.approx(67.744403741711, abs=1e-8)
    # With Paule and Mandel's tau2 the Hartung-Knapp factor is exactly 1: same error, t instead of normal.
    assert result.se == pytest.approx(0.338030602684471, abs=1e-8)
    half = stats.t.ppf(0.975, 8) * 0.338030602684471
    assert (result.ci_low, result.ci_high) == pytest.approx(
        (62.4076199113286 - half, 62.4076199113286 + half), abs=1e-7
    )
    reach = stats.t.ppf(0.975, 7) * math.sqrt(0.705395309224248 + 0.338030602684471**2)
    assert result.pi_high - result.effect == pytest.approx(reach, abs=1e-7)
    assert not result.widened


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=8).filter(lambda y: np.var(y, ddof=1) > 0.5))
def test_equal_variances_are_a_one_sample_t_test(effects: list[int]) -> None:
    """With equal variances v below that of the effects, tau2 = s2 - v and all intervals are those of plain t."""
    y = np.array(effects, dtype=float)
    result = pool(y, np.full(len(y), 0.25))
    reference = stats.ttest_1samp(y, 0.0)
    low, high = reference.confidence_interval()
    assert result.tau2 == pytest.approx(y.var(ddof=1) - 0.25, abs=1e-8)
    assert (result.effect, result.ci_low, result.ci_high) == pytest.approx((y.mean(), low, high), abs=1e-7)
    assert result.p_value == pytest.approx(reference.pvalue, abs=1e-8)


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0.05, 2)), min_size=2, max_size=8), st.floats(-5, 5))
def test_root_and_invariances(studies: list[tuple[float, float]], shift: float) -> None:
    y, v = (np.array(column) for column in zip(*studies, strict=True))
    tau2 = paule_mandel(y, v)
    weights = 1 / (v + tau2)
    q = float(weights @ (y - weights @ y / weights.sum()) ** 2)
    assert tau2 >= 0
    assert q == pytest.approx(len(y) - 1, abs=1e-6) if tau2 > 0 else q <= len(y) - 1 + 1e-9
    first, moved, mirrored = pool(y, v), pool(y + shift, v), pool(-y[::-1], v[::-1])
    assert moved.effect == pytest.approx(first.effect + shift, abs=1e-6)
    assert moved.se == pytest.approx(first.se, rel=1e-5)
    assert mirrored.effect == pytest.approx(-first.effect, abs=1e-6)
    assert first.se >= 1 / math.sqrt(float((1 / v).sum())) * (1 - 1e-6)


def test_data_sets_that_agree_too_well_get_the_classical_error() -> None:
    result = pool([0.5, 0.5, 0.5], [0.3, 0.3, 0.3])
    assert result.widened
    assert result.se == pytest.approx(math.sqrt(0.1))
    assert (result.tau2, result.i2) == (0.0, 0.0)


def test_two_data_sets_have_no_prediction_interval() -> None:
    result = pool([0.0, 1.0], [0.1, 0.1])
    assert math.isnan(result.pi_low)
    assert math.isfinite(result.ci_low)


@pytest.mark.parametrize(("y", "v"), [([1.0], [1.0]), ([1.0, 2.0], [1.0, 0.0]), ([1.0, np.nan], [1.0, 1.0])])
def test_nonsense_is_refused(y: list[float], v: list[float]) -> None:
    with pytest.raises(InputError, match="cannot be pooled"):
        pool(y, v)


def rows(**changes) -> pd.DataFrame:
    base = {"contrast": "op", "kind": "disease", "measure": "fate_bias", "g": [-0.4, -1.0, -0.7], "g_var": 0.3}
    base |= {"g_low": -2.0, "g_high": 1.0, "p_value": [0.2, 0.04, 0.1], "audit": "clean", "n_case": 5, "n_control": 4}
    return pd.DataFrame({"dataset": ["A", "B", "C"]} | base | changes)


def test_all_that_can_be_pooled_is() -> None:
    result = meta(rows())
    assert tuple(result.columns) == _keys.META_COLUMNS
    row = result.iloc[0]
    assert (row["k"], row["datasets"], row["left_out"]) == (3, "A, B, C", "")
    assert row["effect"] == pytest.approx(-0.7)


@pytest.mark.parametrize(
    ("changes", "options", "reason"),
    [
        (
            {"audit": ["clean", "cannot be separated from kit", "partly confounded: age"]},
            {},
            "B (cannot be separated from kit)",
        ),
        ({"p_value": [0.2, np.nan, 0.1]}, {}, "B (described only: n=5 against 4)"),
        ({"g": [-0.4, np.nan, -0.7]}, {}, "B (no variation between donors)"),
        ({}, {"populations": {"A": "bmsc", "B": "other", "C": "bmsc"}}, "B (population other)"),
        ({}, {"populations": {"A": "bmsc", "C": "bmsc"}}, "B (population unknown)"),
    ],
)
def test_what_is_left_out_is_named(changes, options, reason: str) -> None:
    row = meta(rows(**changes), **options).iloc[0]
    assert (row["k"], row["datasets"], row["left_out"]) == (2, "A, C", reason)


@pytest.mark.parametrize(
    ("changes", "groups", "pooled", "left_out"),
    [
        ({"n_case": [5, 6, 5]}, {"A": "x", "B": "x"}, "B, C", "A (donors shared with B)"),
        ({"n_case": [5, 5, 5]}, {"A": "x", "B": "x"}, "A, C", "B (donors shared with A)"),
        ({"n_case": [5, 6, 9]}, {"A": "x", "B": "x", "C": "y"}, "B, C", "A (donors shared with B)"),
        (
            {"n_case": [5, 6, 5], "audit": ["clean", "cannot be separated from age", "clean"]},
            {"A": "x", "B": "x"},
            "A, C",
            "B (cannot be separated from age)",
        ),
        (
            {"dataset": ["A", "B+D", "C"], "n_case": [5, 6, 5]},
            {"A": "x", "D": "x"},
            "B+D, C",
            "A (donors shared with B+D)",
        ),
    ],
)
def test_donors_of_two_series_count_once(changes, groups, pooled: str, left_out: str) -> None:
    row = meta(rows(**changes), overlap_groups=groups).iloc[0]
    assert (row["k"], row["datasets"], row["left_out"]) == (2, pooled, left_out)


def test_config_may_keep_confounded_data_sets() -> None:
    table = rows(audit="cannot be separated from kit")
    assert meta(table).iloc[0]["note"] == "no data set can be pooled"
    assert meta(table, keep_confounded=True).iloc[0]["k"] == 3


def test_one_data_set_is_passed_on() -> None:
    row = meta(rows().iloc[:1]).iloc[0]
    assert (row["k"], row["effect"], row["p_value"]) == (1, -0.4, 0.2)
    assert row["se"] == pytest.approx(math.sqrt(0.3))
    assert (row["ci_low"], row["ci_high"]) == (-2.0, 1.0)
    assert row["note"] == "one data set, nothing to pool"


def test_only_disease_contrasts_are_pooled() -> None:
    assert meta(rows(kind="known_fate")).empty
    assert tuple(meta(pd.DataFrame()).columns) == _keys.META_COLUMNS


def test_a_data_set_counts_once() -> None:
    with pytest.raises(InputError, match='"A" has contrast "op" twice'):
        meta(pd.concat([rows(), rows().iloc[:1]]))
    with pytest.raises(InputError, match="no column g_var"):
        meta(rows().drop(columns="g_var"))


def test_a_contrast_across_data_sets_does_not_count_its_parts_again() -> None:
    row = meta(rows(dataset=["A", "B", "A+B"])).iloc[0]
    assert (row["k"], row["datasets"], row["left_out"]) == (2, "A, B", "A+B (A, B counted already)")
    row = meta(rows(dataset=["A", "C", "A+B"], p_value=[np.nan, 0.1, 0.1])).iloc[0]
    assert row["datasets"] == "C, A+B"

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fatescore.errors import InputError
from fatescore.stats import Audit, trend
from fatescore.stats.permutation import label_arrangements, level_test, n_arrangements, smallest_p_levels
from fatescore.tables import CONTRASTS, parse_notes
from fatescore.tables.codes import AuditVerdict, Test

LEVELS = ["day0", "day7", "day14"]
DESIGNS = list(itertools.product([True, False], repeat=2))
groups = st.lists(st.lists(st.integers(-20, 20), min_size=1, max_size=3), min_size=3, max_size=3)
blocks = st.lists(st.lists(st.integers(-20, 20), min_size=3, max_size=3), min_size=1, max_size=4)


def table(groups: Sequence[Sequence[float]], levels: Sequence[str] = LEVELS, *, blocked: bool = False) -> pd.DataFrame:
    rows = [
        (f"{level}_{i}", f"d{i}" if blocked else f"{level}_{i}", level, float(value))
        for level, values in zip(levels, groups, strict=True)
        for i, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["sample", "donor", "condition", "fate_bias"])


def one(data: pd.DataFrame, **more) -> pd.Series:
    return trend(data, **{"levels": LEVELS, "measures": ["fate_bias"], **more}).iloc[0]


def statistic(values: Sequence[int], labels: Sequence[int], ordered: bool) -> float:
    """By the definition, in whole numbers times a constant."""
    n, sizes = len(values), np.bincount(labels, minlength=3).tolist()
    if ordered:
        x_sum, y_sum = sum(labels), sum(values)
        return abs(n * sum(x * y for x, y in zip(labels, values, strict=True)) - x_sum * y_sum)
    sums = [sum(y for x, y in zip(labels, values, strict=True) if x == level) for level in range(3)]
    return sum(s * s * math.prod(sizes) // size for s, size in zip(sums, sizes, strict=True))


@settings(deadline=None, max_examples=40)
@given(groups, st.booleans())
def test_free_p_equals_brute_force_with_ties(values: list[list[int]], ordered: bool) -> None:
    flat = [value for group in values for value in group]
    labels = [level for level, group in enumerate(values) for _ in group]
    every = [statistic(flat, one, ordered) for one in set(itertools.permutations(labels))]
    expected = sum(each >= statistic(flat, labels, ordered) for each in every) / len(every)
    found = level_test(np.array(flat, dtype=float), labels, ordered=ordered, blocked=False)
    assert found.p_value == pytest.approx(expected, abs=1e-12)
    assert (found.test.exact, found.n_arrangements) == (True, len(every))


@settings(deadline=None, max_examples=40)
@given(blocks, st.booleans())
def test_blocked_p_equals_brute_force_with_ties(rows: list[list[int]], ordered: bool) -> None:
    def of(arranged: Sequence[Sequence[int]]) -> float:
        sums = [sum(column) for column in zip(*arranged, strict=True)]
        return abs(sums[2] - sums[0]) if ordered else sum(s * s for s in sums)

    every = [of(each) for each in itertools.product(*(list(itertools.permutations(row)) for row in rows))]
    expected = sum(each >= of(rows) for each in every) / len(every)
    flat, labels = np.array(rows, dtype=float).ravel(), [0, 1, 2] * len(rows)
    found = level_test(flat, labels, ordered=ordered, blocked=True)
    assert found.p_value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("sizes", [(3, 3, 3), (3, 3, 4)])
def test_p_equals_scipy(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(sum(sizes))
    values = [rng.normal(0.7 * level, 1, n) for level, n in enumerate(sizes)]
    x, y = np.repeat([0, 1, 2], sizes), np.concatenate(values)
    by_f = stats.permutation_test(
        values, lambda *groups, axis=-1: stats.f_oneway(*groups, axis=axis).statistic, vectorized=True,
        permutation_type="independent", alternative="greater", n_resamples=np.inf,
    )  # fmt: skip
    assert level_test(y, x, ordered=False, blocked=False).p_value == pytest.approx(by_f.pvalue, abs=1e-8)
    if sum(sizes) < 10:  # pairings go through all n! orders
        by_slope = stats.permutation_test(
            (y,), lambda y, axis=-1: np.abs((x - x.mean()) @ np.moveaxis(y, axis, 0)), vectorized=True,
            permutation_type="pairings", alternative="greater", n_resamples=np.inf,
        )  # fmt: skip
        assert level_test(y, x, ordered=True, blocked=False).p_value == pytest.approx(by_slope.pvalue, abs=1e-8)


def test_the_slope_and_its_interval_equal_linregress() -> None:
    rng = np.random.default_rng(2)
    values = [rng.normal(level, 1, n) for level, n in enumerate((4, 3, 5))]
    x, y = np.repeat([0, 1, 2], [4, 3, 5]), np.concatenate(values)
    row, fit = one(table(values)), stats.linregress(x, y)
    half = stats.t.ppf(0.975, 10) * fit.stderr
    assert row["difference"] == pytest.approx(fit.slope)
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((fit.slope - half, fit.slope + half))
    left = [stats.linregress(np.delete(x, i), np.delete(y, i)).slope for i in range(12)]
    assert (row["loo_low"], row["loo_high"]) == pytest.approx((min(left), max(left)))
    assert (row["n_case"], row["n_control"]) == (5, 4)
    assert row["mean_case"] == pytest.approx(values[2].mean())
    assert row["auroc"] == pytest.approx(stats.mannwhitneyu(values[2], values[0]).statistic / 20)
    assert (row["case"], row["control"], row["levels"]) == ("day14", "day0", "day0;day7;day14")
    assert bool(row["ordered"])
    assert np.isnan(row[["g", "g_low", "g_high", "g_var"]].astype(float)).all()


def test_a_small_trend_by_hand() -> None:
    # 1..9 in order: of 9!/(3!)^3 = 1680 arrangements only this one and its mirror image are as steep
    row = one(table([[1, 2, 3], [4, 5, 6], [7, 8, 9]]))
    assert (row["difference"], row["p_value"], row["p_smallest"]) == (3.0, 2 / 1680, 2 / 1680)
    row = one(table([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), ordered=False)
    assert (row["p_value"], row["p_smallest"]) == (6 / 1680, 6 / 1680)
    assert np.isnan(row["difference"])
    assert row["note"] == "eta_squared:value=0.9"  # between 54 of 60
    assert (row["levels"], row["ordered"]) == ("day0;day7;day14", False)
    # four donors with every level, each rising: 2 of 6^4
    row = one(table([[0, 10, 20, 30], [1, 12, 21, 32], [2, 14, 25, 34]], blocked=True))
    assert (row["p_value"], row["p_smallest"]) == (2 / 6**4, 2 / 6**4)
    assert row["difference"] == pytest.approx((1 + 2 + 2.5 + 2) / 4)
    assert row["note"] == "blocked_by_donor;interval_from_donor_slopes;slope_per_level"
    assert row["p_method"] == "exact_slope_within_donors:arrangements=1296"


def test_donors_slopes_give_the_interval_of_a_time_course() -> None:
    rng = np.random.default_rng(4)
    wide = rng.normal(0, 5, (6, 1)) + rng.normal(0.5, 0.4, (6, 1)) * np.arange(3) + rng.normal(0, 0.1, (6, 3))
    row = one(table(wide.T, blocked=True))
    slopes = [stats.linregress([0, 1, 2], donor).slope for donor in wide]
    interval = stats.ttest_1samp(slopes, 0).confidence_interval()
    assert row["difference"] == pytest.approx(np.mean(slopes))
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(tuple(interval))
    unblocked = one(table(wide.T))  # as if they were 18 donors
    assert row["p_value"] < 0.05 < unblocked["p_value"]
    eta = parse_notes(one(table(wide.T, blocked=True), ordered=False)["note"])[0]
    within = wide - wide.mean(axis=1, keepdims=True)
    assert eta.code == "partial_eta_squared"
    assert eta.number("value") == pytest.approx(6 * (within.mean(axis=0) ** 2).sum() / (within**2).sum())


@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.lists(st.integers(-9, 9), min_size=3, max_size=3), min_size=3, max_size=3),
    st.floats(-100, 100), st.booleans(), st.booleans(), st.permutations(LEVELS),
)  # fmt: skip
def test_relabelling_shift_and_reversal(values, shift: float, ordered: bool, blocked: bool, other) -> None:
    data = table(values, blocked=blocked)
    row = one(data, ordered=ordered)
    shifted = one(data.assign(fate_bias=data["fate_bias"] + shift), ordered=ordered)
    assert shifted["p_value"] == row["p_value"]
    mixed = one(data.sample(frac=1, random_state=1), ordered=ordered)
    assert mixed["p_value"] == row["p_value"]
    back = one(data, ordered=ordered, levels=LEVELS[::-1])
    assert back["p_value"] == row["p_value"]
    if ordered:
        assert shifted["difference"] == pytest.approx(row["difference"], abs=1e-9)
        assert back["difference"] == pytest.approx(-row["difference"])
        assert back["difference_low"] == pytest.approx(-row["difference_high"], nan_ok=True)
    else:  # without order, the order does not matter
        assert one(data, ordered=False, levels=other)["p_value"] == row["p_value"]


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 2, 2), (1, 2, 2), (2, 1, 2), (1, 2, 3), (2, 2, 1)])
@pytest.mark.parametrize("ordered", [True, False])
def test_smallest_p_is_the_smallest_of_all_observations(sizes: tuple[int, ...], ordered: bool) -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=sum(sizes))
    labels, _ = label_arrangements(sizes, False)
    smallest = min(level_test(y, one, ordered=ordered, blocked=False).p_value for one in labels)
    mirrored = min(level_test(-y, one, ordered=ordered, blocked=False).p_value for one in labels)
    assert min(smallest, mirrored) == pytest.approx(smallest_p_levels(sizes, ordered, False))


@pytest.mark.parametrize("ordered", [True, False])
def test_smallest_p_within_donors(ordered: bool) -> None:
    y = np.random.default_rng(1).normal(size=9)
    every, _ = label_arrangements((3, 3, 3), True)
    # reading labels against fixed values is the same as rearranging the values
    found = [level_test(y[np.argsort(one.reshape(3, 3), axis=1).ravel() + np.repeat([0, 3, 6], 3)],
             [0, 1, 2] * 3, ordered=ordered, blocked=True).p_value for one in every]  # fmt: skip
    assert min(found) == pytest.approx(smallest_p_levels((3, 3, 3), ordered, True))
    assert len(every) == n_arrangements((3, 3, 3), True) == 216


@pytest.mark.parametrize(("ordered", "blocked"), DESIGNS)
def test_false_alarms_are_as_rare_as_promised(ordered: bool, blocked: bool) -> None:
    rng = np.random.default_rng(7)
    times, level = 600, 0.05
    found = [
        level_test(rng.normal(size=9) + blocked * np.repeat(rng.normal(0, 3, 3), 3), [0, 1, 2] * 3,
                   ordered=ordered, blocked=blocked).p_value
        for _ in range(times)
    ]  # fmt: skip
    alarms = int(np.sum(np.array(found) <= level))
    # exact but discrete: never above the level, and within a donor or two of it
    assert stats.binom.sf(alarms - 1, times, level) > 1e-4
    assert stats.binom.cdf(alarms, times, 0.6 * level) > 1e-4


def test_a_planted_trend_is_found_more_often_by_its_order() -> None:
    rng = np.random.default_rng(8)
    hits = {True: 0, False: 0}
    for _ in range(100):
        y = rng.normal(np.repeat([0, 1, 2], 4), 1)
        for ordered in hits:
            hits[ordered] += level_test(y, np.repeat([0, 1, 2], 4), ordered=ordered, blocked=False).p_value < 0.05
    assert hits[True] > 60
    assert hits[True] > hits[False]


def test_many_donors_are_drawn_with_a_seed() -> None:
    rng = np.random.default_rng(1)
    y, x = rng.normal(size=24), np.repeat([0, 1, 2], 8)
    found = level_test(y, x, ordered=True, blocked=False, draws=5000)
    assert (found.test, found.n_arrangements, found.seed) == (Test.MONTE_CARLO_SLOPE, 5000, 0)
    assert level_test(y, x, ordered=True, blocked=False, draws=5000) == found
    assert level_test(y, x, ordered=True, blocked=False, draws=5000, seed=1) != found
    assert level_test(y + 99 * x, x, ordered=True, blocked=False, draws=999).p_value == 1 / 1000 == 1 / (999 + 1)
    assert smallest_p_levels((8, 8, 8), True, False) == 1 / 100_000


@pytest.mark.parametrize(("ordered", "blocked"), DESIGNS)
def test_drawn_agrees_with_enumerated(ordered: bool, blocked: bool) -> None:
    y = np.random.default_rng(3).normal(size=12) + np.tile([0.0, 0.2, 0.5], 4)
    exact = level_test(y, [0, 1, 2] * 4, ordered=ordered, blocked=blocked).p_value
    drawn = level_test(y, [0, 1, 2] * 4, ordered=ordered, blocked=blocked, max_arrangements=1, draws=20_000).p_value
    assert drawn == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 20_000))


def test_few_and_incomplete_donors_are_described() -> None:
    few = one(table([[1, 2, 3], [4, 5], [7, 8, 9]]), expected="+")
    assert few["note"] == "few_donors:levels=day0|day7|day14,donors=3|2|3;slope_per_level"
    assert np.isnan(few["p_value"])
    assert few["difference"] == pytest.approx(3.0)
    assert few["agreement"] == "not_tested"
    whole = table(np.arange(12.0).reshape(3, 4) + np.array([0, 1, 3, 1]), blocked=True)
    part = one(whole.drop(index=0))
    assert part["note"] == "incomplete_blocks;slope_per_level"
    assert np.isnan(part["p_value"])
    assert np.isnan(part["p_smallest"])
    gap = whole.assign(fate_bias=whole["fate_bias"].where(whole.index != 0))  # a missing value drops that donor only
    row = one(gap)
    assert (row["n_case"], row["n_control"]) == (3, 3)
    assert row["note"].endswith(";missing_values:condition=day0,donors=1")
    assert row["p_value"] >= 2 / 216


def test_an_empty_level_is_described() -> None:
    data = table([[1, 2, 3], [], [7, 8, 9]])
    row = one(data, known_conditions=["day7"])
    assert row["note"].startswith("few_donors:levels=day0|day7|day14,donors=3|0|3;")
    assert row["difference"] == pytest.approx(3.0)
    with pytest.raises(InputError, match=r'condition "day7" .*is not in the table'):
        one(data)


def test_samples_of_a_donor_are_averaged() -> None:
    data = table([[1, 2, 3], [4, 5, 7], [7, 8, 8]])
    doubled = pd.concat([data.assign(fate_bias=data["fate_bias"] + d, sample=data["sample"] + str(d)) for d in (-1, 1)])
    row = one(doubled)
    assert row["p_value"] == one(data)["p_value"]
    assert row["note"].endswith(";samples_averaged:samples=18,donors=9")


def test_columns_labels_and_several_measures() -> None:
    rng = np.random.default_rng(0)
    data = table(rng.normal(size=(3, 4)) + np.array([[0], [2], [4]])).assign(
        osteogenic=rng.normal(size=12), dataset="A"
    )
    found = trend(
        data, levels=LEVELS, measures=["fate_bias", "osteogenic"], dataset="A", contrast="time", kind="known_fate",
        expected="-", audit=Audit(AuditVerdict.CLEAN),
    )  # fmt: skip
    assert list(found.columns) == CONTRASTS.names
    assert found["agreement"].tolist() == ["opposite", ""]
    assert found["note"].tolist() == ["slope_per_level;audit_of_ends:case=day14,control=day0"] * 2
    assert found["audit_verdict"].tolist() == ["clean"] * 2
    p = found["p_value"].to_numpy(dtype=float)
    assert found["padj"].to_numpy() == pytest.approx(stats.false_discovery_control(p))


def test_a_flat_course_has_no_interval_and_p_one() -> None:
    for blocked in (False, True):
        row = one(table([[1, 1, 1]] * 3, blocked=blocked), expected="+")
        assert (row["difference"], row["p_value"]) == (0.0, 1.0)
        assert np.isnan(row["difference_low"])
        assert row["agreement"] == "not_significant"
        assert "no_interval" in row["note"]
        eta = parse_notes(one(table([[1, 1, 1]] * 3, blocked=blocked), ordered=False)["note"])[0]
        assert np.isnan(eta.number("value"))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"levels": ["day0", "day7"]}, "three or more different conditions"),
        ({"levels": ["day0", "day7", "day0"]}, "levels are day0, day7, day0"),
        ({"kind": "disease"}, "cannot be pooled"),
        ({"kind": "know_fate"}, 'did you mean "known_fate"'),
        ({"expected": "up"}, 'expected sign "up"'),
        ({"expected": "+", "ordered": False}, "levels without order"),
        ({"kind": "known_fate", "ordered": False}, 'kind "known_fate" for levels without order'),
    ],
)
def test_mistakes_are_named(more, message: str) -> None:
    with pytest.raises(InputError, match=message):
        one(table([[1, 2, 3]] * 3), **more)

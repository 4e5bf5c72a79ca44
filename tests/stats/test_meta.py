from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.linalg import null_space

from fatescore.errors import InputError
from fatescore.stats._pooling import between_groups, between_variance, pool
from fatescore.stats.meta import meta, meta_robustness
from fatescore.tables import META, META_ROBUSTNESS
from fatescore.tables.codes import AuditVerdict
from fatescore.tables.io import read_tsv, write_tsv

CONFOUNDED = str(AuditVerdict.COMPLETELY_CONFOUNDED)

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


# BCG vaccine trials (Colditz et al. 1994): log risk ratios of tuberculosis; the worked example of R's metafor.
BCG = np.array(
    [
        [4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619], [33, 5036, 47, 5761],
        [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892],
        [29, 7470, 45, 7232], [17, 1699, 65, 1600], [186, 50448, 141, 27197], [5, 2493, 3, 2338],
        [27, 16886, 29, 17825],
    ],
    dtype=float,
)  # fmt: skip
BCG_Y = np.log(BCG[:, 0] / BCG[:, :2].sum(axis=1) * BCG[:, 2:].sum(axis=1) / BCG[:, 2])
BCG_V = 1 / BCG[:, 0] - 1 / BCG[:, :2].sum(axis=1) + 1 / BCG[:, 2] - 1 / BCG[:, 2:].sum(axis=1)
BCG_ALLOCATION = ["random"] * 4 + ["alternate"] * 2 + ["random"] * 3 + ["systematic"] * 4


@pytest.mark.parametrize(
    ("tau2", "variance", "effect", "se"),
    [
        # Found with mpmath at 40 digits: the root of the derivative of the restricted likelihood, and of Q = k - 1.
        ("reml", 0.31324325813648095, -0.71453234215813893, 0.18079174409284792),
        ("pm", 0.31806845220502417, -0.71496815349344417, 0.18089219153762353),
        # PyMARE 0.0.13's DerSimonianLaird for tau2 and the mean
        ("dl", 0.30876026, -0.71411722, None),
    ],
)
def test_bcg_trials_by_every_estimator(tau2, variance, effect, se) -> None:
    result = pool(BCG_Y, BCG_V, tau2=tau2)
    within = 1e-10 if se else 1e-8
    assert (result.tau2, result.effect) == pytest.approx((variance, effect), abs=within)
    assert se is None or result.se == pytest.approx(se, abs=within)


def test_bcg_trials_as_published() -> None:
    """What metafor's manual prints: REML, the classical error, Q, and groups by allocation (QM, its p, tau2)."""
    result = pool(BCG_Y, BCG_V, tau2="reml")
    assert round(result.tau2, 4) == 0.3132
    assert round(result.effect, 4) == -0.7145
    assert round(float(1 / np.sqrt((1 / (BCG_V + result.tau2)).sum())), 4) == 0.1798
    assert round(result.q, 3) == 152.233
    groups = between_groups(BCG_Y, BCG_V, BCG_ALLOCATION, tau2="reml")
    assert round(groups.tau2, 4) == 0.3615
    assert (groups.df, groups.df_within) == (2, 10)
    assert round(groups.f * groups.df, 4) == 1.7675
    assert groups.p_value == pytest.approx(stats.f.sf(1.767511401931701577 / 2, 2, 10), abs=1e-10)


def restricted_likelihood(tau2: float, y: np.ndarray, v: np.ndarray, design: np.ndarray) -> float:
    """Density of the contrasts that no mean enters: another form than the one that is maximised."""
    free = null_space(design.T)
    return float(stats.multivariate_normal(cov=free.T @ np.diag(v + tau2) @ free).logpdf(free.T @ y))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(0.05, 2), st.booleans()), min_size=4, max_size=8),
    st.booleans(),
)
def test_reml_is_where_the_restricted_likelihood_is_highest(studies, grouped: bool) -> None:
    y, v, group = (np.array(column) for column in zip(*studies, strict=True))
    design = (
        np.column_stack([group, ~group]).astype(float) if grouped and 0 < group.sum() < len(y) else np.ones((len(y), 1))
    )
    found = between_variance(y, v, design, "reml")
    best = restricted_likelihood(found, y, v, design)
    for other in [0.0, *np.geomspace(1e-3, 20, 20), 0.99 * found, 1.01 * found]:
        assert restricted_likelihood(other, y, v, design) <= best + 1e-9


def test_reml_takes_the_higher_of_two_maxima() -> None:
    """One data set far from the others and unsure of it: the likelihood has a maximum near 0 and one far above."""
    y, v, one = np.array([0.11, -0.05, -4.4]), np.array([0.005, 0.018, 1.942]), np.ones((3, 1))
    near = [restricted_likelihood(tau2, y, v, one) for tau2 in (0.002, 0.004, 0.02)]
    assert near[0] < near[1] > near[2]
    grid = np.linspace(0.001, 10, 2000)
    highest = grid[np.argmax([restricted_likelihood(tau2, y, v, one) for tau2 in grid])]
    assert between_variance(y, v, one, "reml") == pytest.approx(highest, abs=0.006)
    assert highest > 3


@given(st.lists(st.integers(-20, 20), min_size=3, max_size=8).filter(lambda y: np.var(y, ddof=1) > 0.5))
def test_estimators_agree_where_variances_are_equal(effects: list[int]) -> None:
    y, v = np.array(effects, dtype=float), np.full(len(effects), 0.25)
    found = [pool(y, v, tau2=tau2) for tau2 in ("pm", "reml", "dl")]
    assert [one.tau2 for one in found] == pytest.approx([y.var(ddof=1) - 0.25] * 3, abs=1e-7)


@given(
    st.lists(
        st.lists(st.integers(-9, 9), min_size=2, max_size=4).filter(lambda y: len(set(y)) > 1), min_size=2, max_size=3
    ).filter(lambda groups: sum(np.var(y) * len(y) for y in groups) / (sum(map(len, groups)) - len(groups)) > 0.5)
)
def test_equal_variances_make_it_an_analysis_of_variance(groups: list[list[int]]) -> None:
    y = np.concatenate(groups).astype(float)
    names = np.repeat(range(len(groups)), [len(group) for group in groups]).tolist()
    result = between_groups(y, np.full(len(y), 0.25), names)
    reference = max(0.0, float(stats.f_oneway(*groups).statistic))  # by rounding below 0 where the means are equal
    assert result.f == pytest.approx(reference, rel=1e-6, abs=1e-9)
    p_value = stats.f.sf(reference, len(groups) - 1, len(y) - len(groups))
    assert result.p_value == pytest.approx(p_value, rel=1e-6, abs=1e-9)


def test_groups_that_agree_too_well_are_not_surer_for_it() -> None:
    """Variances far above the spread: tau2 is 0, and F is the classical chi-square over its degrees of freedom."""
    y, v = np.array([0.0, 0.0, 1.0, 1.0]), np.full(4, 0.5)
    assert between_groups(y, v, list("aabb")).f == pytest.approx(1.0 / (0.25 + 0.25))


def test_groups_that_vary_more_than_tau2_says_are_tested_by_their_spread() -> None:
    """Where DerSimonian and Laird find too little heterogeneity, F is that of weighted least squares (statsmodels)."""
    import statsmodels.api as sm

    y, v = np.array([-1.0, -3.3, 0.3, 3.2, 0.5, 1.6]), np.array([0.04, 1.26, 0.19, 0.19, 0.76, 0.02])
    result = between_groups(y, v, list("aaabbb"), tau2="dl")
    fit = sm.WLS(y, sm.add_constant([0, 0, 0, 1, 1, 1]), weights=1 / (v + result.tau2)).fit()
    assert fit.scale > 1.2
    assert (result.f, result.p_value) == pytest.approx((float(fit.fvalue), float(fit.f_pvalue)), abs=1e-10)


@pytest.mark.parametrize("groups", [list("aaa"), list("abc")])
def test_groups_that_cannot_be_tested(groups: list[str]) -> None:
    assert math.isnan(between_groups([0.0, 1.0, 2.0], [0.1, 0.1, 0.1], groups).p_value)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(InputError, match='tau2="remi" is not known; did you mean "reml"'):
        pool(KACKER_Y, KACKER_V, tau2="remi")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="2 groups for 3 effects"):
        between_groups([0.0, 1.0, 2.0], [0.1, 0.1, 0.1], ["a", "b"])


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
    tau2 = between_variance(y, v, np.ones((len(y), 1)))
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
    base |= {
        "g_low": -2.0,
        "g_high": 1.0,
        "p_value": [0.2, 0.04, 0.1],
        "audit_verdict": "clean",
        "n_case": 5,
        "n_control": 4,
    }
    return pd.DataFrame({"dataset": ["A", "B", "C"]} | base | changes)


def test_all_that_can_be_pooled_is() -> None:
    result = meta(rows())
    assert list(result.columns) == META.names
    row = result.iloc[0]
    assert (row["k"], row["datasets"], row["left_out"]) == (3, "A;B;C", "")
    assert row["effect"] == pytest.approx(-0.7)


@pytest.mark.parametrize(
    ("changes", "options", "reason"),
    [
        (
            {
                "audit_verdict": ["clean", CONFOUNDED, "partially_confounded"],
                "audit_fields": [None, "kit;run: day", "age"],
            },
            {},
            "confounded:dataset=B,fields=kit|run%3A day",
        ),
        ({"p_value": [0.2, np.nan, 0.1]}, {}, "few_donors:dataset=B,case=5,control=4"),
        (
            {
                "p_value": [0.2, np.nan, 0.1],
                "note": [None, "partially_paired:donors=2;alpha_unreachable:alpha=0.05", ""],
            },
            {},
            "partially_paired:dataset=B,donors=2",
        ),
        ({"g": [-0.4, np.nan, -0.7]}, {}, "no_variation:dataset=B"),
        ({"g_var": [0.2, 0.0, 0.2]}, {}, "no_variation:dataset=B"),
        ({}, {"populations": {"A": "bmsc", "B": "other", "C": "bmsc"}}, "population:dataset=B,populations=other"),
        ({}, {"populations": {"A": "bmsc", "C": "bmsc"}}, "population:dataset=B,populations=unknown"),
    ],
)
def test_what_is_left_out_is_named(changes, options, reason: str) -> None:
    row = meta(rows(**changes), **options).iloc[0]
    assert (row["k"], row["datasets"], row["left_out"]) == (2, "A;C", reason)


@pytest.mark.parametrize(
    ("changes", "groups", "pooled", "left_out"),
    [
        ({"n_case": [5, 6, 5]}, {"A": "x", "B": "x"}, "B;C", "shared_donors:dataset=A,with=B"),
        ({"n_case": [5, 5, 5]}, {"A": "x", "B": "x"}, "A;C", "shared_donors:dataset=B,with=A"),
        ({"n_case": [5, 6, 9]}, {"A": "x", "B": "x", "C": "y"}, "B;C", "shared_donors:dataset=A,with=B"),
        (
            {"n_case": [5, 6, 5], "audit_verdict": ["clean", CONFOUNDED, "clean"], "audit_fields": "age"},
            {"A": "x", "B": "x"},
            "A;C",
            "confounded:dataset=B,fields=age",
        ),
        (
            {"dataset": ["A", "B+D", "C"], "n_case": [5, 6, 5]},
            {"A": "x", "D": "x"},
            "B+D;C",
            "shared_donors:dataset=A,with=B+D",
        ),
    ],
)
def test_donors_of_two_series_count_once(changes, groups, pooled: str, left_out: str) -> None:
    row = meta(rows(**changes), overlap_groups=groups).iloc[0]
    assert (row["k"], row["datasets"], row["left_out"]) == (2, pooled, left_out)


def test_config_may_keep_confounded_data_sets() -> None:
    table = rows(audit_verdict=CONFOUNDED, audit_fields="kit")
    assert meta(table).iloc[0]["note"] == "nothing_pooled"
    assert meta(table, keep_confounded=True).iloc[0]["k"] == 3


def test_one_data_set_is_passed_on() -> None:
    row = meta(rows().iloc[:1]).iloc[0]
    assert (row["k"], row["effect"], row["p_value"]) == (1, -0.4, 0.2)
    assert row["se"] == pytest.approx(math.sqrt(0.3))
    assert (row["ci_low"], row["ci_high"]) == (-2.0, 1.0)
    assert (row["method"], row["note"]) == ("single_data_set", "one_data_set")


def test_only_disease_contrasts_are_pooled() -> None:
    assert meta(rows(kind="known_fate")).empty
    assert list(meta(pd.DataFrame()).columns) == META.names


def test_a_data_set_counts_once() -> None:
    with pytest.raises(InputError, match='"A" repeats contrast "op"'):
        meta(pd.concat([rows(), rows().iloc[:1]]))
    with pytest.raises(InputError, match="no column g_var"):
        meta(rows().drop(columns="g_var"))


def test_a_contrast_across_data_sets_does_not_count_its_parts_again() -> None:
    row = meta(rows(dataset=["A", "B", "A+B"])).iloc[0]
    assert (row["k"], row["datasets"], row["left_out"]) == (2, "A;B", "counted_already:dataset=A+B,datasets=A|B")
    row = meta(rows(dataset=["A", "C", "A+B"], p_value=[np.nan, 0.1, 0.1])).iloc[0]
    assert row["datasets"] == "C;A+B"


def test_contrasts_read_back_from_a_file_are_pooled_alike(tmp_path: Path) -> None:
    table = rows(
        p_value=[0.2, 0.04, np.nan], audit_verdict=["clean", CONFOUNDED, ""], audit_fields=["", "kit;run", ""],
        note=["", "", "few_donors:case=2,control=4"],
    )  # fmt: skip
    write_tsv(tmp_path / "contrasts.tsv", table)
    again = read_tsv(tmp_path / "contrasts.tsv")
    assert again["note"].isna().any()
    pd.testing.assert_frame_equal(meta(again), meta(table), check_dtype=False)
    assert meta(again)["left_out"].item() == "confounded:dataset=B,fields=kit|run;few_donors:dataset=C,case=2,control=4"


FACTS = {"assay": {"A": "bulk", "B": "bulk", "C": "array"}, "organism": dict.fromkeys("ABC", "human")}


def test_each_data_set_is_left_out() -> None:
    table = rows(g_var=[0.3, 0.1, 0.2])
    result = meta_robustness(table)
    assert list(result.columns) == META_ROBUSTNESS.names
    left = result[result["analysis"] == "leave_one_out"].set_index("level")
    assert list(left.index) == ["A", "B", "C"]
    shared = [name for name in META.names if name not in ("contrast", "measure")]
    for name in left.index:
        alone = meta(table[table["dataset"] != name]).iloc[0]
        pd.testing.assert_series_equal(left.loc[name, shared], alone[shared], check_names=False)
    by = result[result["analysis"] == "tau2"].set_index("level")
    assert list(by.index) == ["reml", "dl"]
    assert by.loc["reml", "tau2"] == pool(table["g"], table["g_var"], tau2="reml").tau2
    assert by.loc["dl", "method"] == "random_effects:tau2=dl"


def test_who_is_left_out_does_not_let_another_in() -> None:
    """B shares donors with A and is left out for it; without A, B still is."""
    result = meta_robustness(rows(n_case=[9, 5, 5]), overlap_groups={"A": "x", "B": "x"})
    left = result[result["analysis"] == "leave_one_out"]
    assert left[["level", "datasets", "left_out"]].to_numpy().tolist() == [
        ["A", "C", "shared_donors:dataset=B,with=A"],
        ["C", "A", "shared_donors:dataset=B,with=A"],
    ]
    assert left["k"].tolist() == [1, 1]


def test_kinds_of_data_sets_are_pooled_by_themselves() -> None:
    table = rows(g=[-0.4, -1.0, 3.0])
    result = meta_robustness(table, facts=FACTS)
    assert "organism" not in set(result["analysis"])  # all are human
    groups = result[result["analysis"] == "assay"].set_index("level")
    assert groups["datasets"].to_dict() == {"bulk": "A;B", "array": "C"}
    assert groups.loc["bulk", "effect"] == pytest.approx(pool([-0.4, -1.0], [0.3, 0.3]).effect)
    assert groups.loc["array", ["effect", "k"]].tolist() == [3.0, 1]
    test = between_groups(table["g"], table["g_var"], ["bulk", "bulk", "array"])
    assert groups["p_between"].tolist() == [test.p_value] * 2
    assert groups[["df_between", "df_within"]].to_numpy().tolist() == [[1, 1]] * 2


def test_other_populations_stand_beside_the_pooled_one() -> None:
    populations = {"A": "bmsc", "B": "bmsc", "C": "monocyte"}
    result = meta_robustness(rows(), facts={"population": populations} | FACTS, populations=populations)
    by_population = result[result["analysis"] == "population"].set_index("level")
    assert by_population["datasets"].to_dict() == {"bmsc": "A;B", "monocyte": "C"}
    assert by_population.loc["bmsc", "effect"] == meta(rows(), populations=populations).iloc[0]["effect"]
    assert "assay" not in set(result["analysis"])  # of those that are pooled all are bulk
    across = meta_robustness(
        rows(dataset=["A", "B", "C+D+E+F+G"]),
        facts={"organism": {"A": "human", "C": "rat", "D": "human", "E": "mouse", "F": "human", "G": "dog"}},
    )
    levels = across.loc[across["analysis"] == "organism", "level"].tolist()
    assert levels == ["human", "unknown", "dog+human+mouse+rat"]


def test_what_was_not_pooled_cannot_be_robust() -> None:
    assert meta_robustness(rows().iloc[:1], facts=FACTS).empty
    assert list(meta_robustness(pd.DataFrame()).columns) == META_ROBUSTNESS.names
    assert meta_robustness(rows(kind="other")).empty

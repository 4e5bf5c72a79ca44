"""Composition as a finding: closed forms, a simulation with known truth, and its own family of tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from fatescore import stats
from fatescore.errors import InputError
from fatescore.stats.composition import composition
from fatescore.tables import CONTRASTS

TYPES = {"stromal": "fraction_stromal", "haematopoietic": "fraction_haematopoietic", "endothelial": "fraction_endo"}


def table(shares: np.ndarray, n_case: int) -> pd.DataFrame:
    names = [f"d{i}" for i in range(len(shares))]
    condition = ["sick"] * n_case + ["well"] * (len(shares) - n_case)
    identity = pd.DataFrame({"sample": names, "donor": names, "condition": condition})
    return pd.concat([identity, pd.DataFrame(shares, columns=list(TYPES.values()))], axis=1)


def simulated(rng: np.random.Generator, n: int, shift: float) -> pd.DataFrame:
    """Donors differ by a Dirichlet distribution, cells are drawn from it; ``shift`` moves stroma to blood."""
    base = np.array([0.3, 0.6, 0.1])
    moved = base + shift * np.array([-1, 1, 0])
    rows = [rng.multinomial(500, rng.dirichlet(30 * (moved if i < n else base))) / 500 for i in range(2 * n)]
    return table(np.array(rows), n)


def test_means_are_shares_and_tests_are_of_their_arcsine_roots() -> None:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet([3, 6, 1], 9)
    found = composition(table(shares, 4), case="sick", control="well", shares=TYPES).set_index("measure")
    for place, name in enumerate(TYPES):
        row = found.loc[f"composition:{name}"]
        case, control = shares[:4, place], shares[4:, place]
        assert row["mean_case"] == pytest.approx(case.mean())
        assert row["mean_control"] == pytest.approx(control.mean())
        assert row["difference"] == pytest.approx(case.mean() - control.mean())
        interval = scipy_stats.ttest_ind(case, control, equal_var=False).confidence_interval()
        assert (row["difference_low"], row["difference_high"]) == pytest.approx((interval.low, interval.high))
        a, b = np.arcsin(np.sqrt(case)), np.arcsin(np.sqrt(control))
        assert row["p_welch"] == pytest.approx(scipy_stats.ttest_ind(a, b, equal_var=False).pvalue)
        exact = scipy_stats.permutation_test((a, b), lambda x, y: abs(x.mean() - y.mean()), alternative="greater")
        assert row["p_value"] == pytest.approx(exact.pvalue)
        assert row["auroc"] == pytest.approx((case[:, None] > control).mean())
        assert row["note"] == "arcsine_shares"
    assert found["padj"].to_numpy() == pytest.approx(scipy_stats.false_discovery_control(found["p_value"]))
    assert set(CONTRASTS.names) == {"measure", *found.columns}


def test_what_is_of_the_measure_is_of_the_shares_and_all_else_of_their_roots() -> None:
    """With donors partly in both groups, so that the mixed model's columns are filled as well."""
    shares = table(np.random.default_rng(0).dirichlet([3, 6, 1], 9), 4)
    shares["donor"] = [*"abcd", *"abefg"]
    sides = {"case": "sick", "control": "well"}
    found = composition(shares, shares=TYPES, **sides).set_index("measure")
    names = list(TYPES.values())
    plain = stats.contrast(shares, measures=names, **sides)
    roots = stats.contrast(shares.assign(**np.arcsin(np.sqrt(shares[names]))), measures=names, **sides)
    assert plain["adjusted"].notna().all()
    for column in CONTRASTS.columns:
        if column not in {"measure", "note"}:
            expected = plain if column.unit == "of the measure" else roots
            assert found[column].tolist() == pytest.approx(expected[column].tolist(), nan_ok=True), column


def test_planted_shifts_are_found_and_no_others() -> None:
    null, planted = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        how = {"case": "sick", "control": "well", "shares": TYPES}
        null.append(composition(simulated(rng, 5, 0.0), **how)["p_value"].to_numpy())
        planted.append(composition(simulated(rng, 5, 0.2), **how).set_index("measure")["p_value"])
    rate = (np.array(null) <= 0.05).mean(axis=0)
    assert (rate < 0.09).all()  # 0.05 and its sampling error over 200 data sets
    hits = (pd.DataFrame(planted) <= 0.05).mean()
    assert hits["composition:stromal"] > 0.8
    assert hits["composition:haematopoietic"] > 0.8
    assert hits["composition:endothelial"] < 0.12


def test_samples_of_a_donor_are_one() -> None:
    shares = table(np.array([[0.2, 0.7, 0.1], [0.4, 0.5, 0.1], [0.3, 0.6, 0.1], [0.5, 0.4, 0.1]] * 2), 4)
    shares["donor"] = ["a", "a", "b", "c", "d", "d", "e", "f"]
    found = composition(shares, case="sick", control="well", shares=TYPES)
    assert found["n_case"].tolist() == [3, 3, 3]
    assert found["mean_case"].iloc[0] == pytest.approx(np.mean([0.3, 0.3, 0.5]))
    assert found["note"].iloc[0] == "arcsine_shares;samples_averaged:samples=8,donors=6"


def test_types_that_nobody_has_are_no_rows_and_one_type_is_no_composition() -> None:
    shares = table(np.tile([0.4, 0.6, 0.0], (6, 1)) + 0.01 * np.arange(6)[:, None] * [1, -1, 0], 3)
    found = composition(shares, case="sick", control="well", shares=TYPES)
    assert found["measure"].tolist() == ["composition:stromal", "composition:haematopoietic"]
    alone = composition(table(np.tile([1.0, 0, 0], (6, 1)), 3), case="sick", control="well", shares=TYPES)
    assert alone.empty
    assert list(alone.columns) == CONTRASTS.names


@given(st.lists(st.tuples(*[st.floats(0.01, 1)] * 3), min_size=6, max_size=9), st.randoms())
@settings(max_examples=20, deadline=None)
def test_the_order_of_samples_does_not_matter_and_swapped_arms_mirror(rows, random) -> None:
    weights = np.array(rows)
    shares = table(weights / weights.sum(axis=1, keepdims=True), 3)
    found = composition(shares, case="sick", control="well", shares=TYPES)
    order = list(range(len(shares)))
    random.shuffle(order)
    again = composition(shares.iloc[order], case="sick", control="well", shares=TYPES)
    pd.testing.assert_frame_equal(found, again)
    mirror = composition(shares, case="well", control="sick", shares=TYPES)
    np.testing.assert_allclose(mirror["difference"], -found["difference"], atol=1e-12)
    np.testing.assert_allclose(mirror["p_value"], found["p_value"])
    assert found["difference"].sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("value", "shown"), [(1.5, "1.5"), (-0.1, "-0.1"), ("many", "many")])
def test_what_is_no_share_is_refused(value: object, shown: str) -> None:
    shares = table(np.tile([0.4, 0.5, 0.1], (6, 1)), 3).astype({"fraction_stromal": object})
    shares.loc[2, "fraction_stromal"] = value
    with pytest.raises(InputError, match=shown):
        composition(shares, case="sick", control="well", shares=TYPES)


def test_composition_is_not_pooled() -> None:
    rows = pd.DataFrame({
        "dataset": ["A", "A", "B", "B"], "contrast": "op", "kind": "disease",
        "measure": ["fate_bias", "composition:stromal"] * 2, "g": [-0.5, 3.0, -1.5, 3.0], "g_var": 0.25, "g_low": -2.0,
        "g_high": 1.0, "p_value": 0.1, "audit_verdict": "clean", "n_case": 5, "n_control": 5,
    })  # fmt: skip
    assert stats.meta(rows)["measure"].tolist() == ["fate_bias"]

"""Differences with other fields held constant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fatescore.stats import adjusted_differences
from fatescore.stats.models import adjusted_difference, covariate_columns, mixed_difference
from fatescore.tables import ADJUSTED_DIFFERENCES, Note
from fatescore.tables.codes import Model

NONE = pd.DataFrame(index=range(9))


def test_without_covariates_it_is_students_t() -> None:
    values = np.random.default_rng(0).normal(size=9)
    case = np.arange(9) < 5
    found = adjusted_difference(values, case, NONE)
    expected = stats.ttest_ind(values[case], values[~case])
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-10)
    low, high = expected.confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)


def test_a_covariate_takes_its_share() -> None:
    """Closed form: slope 1 in both arms, a difference of age of -2, so 2 is added to the difference of means."""
    age = pd.DataFrame({"age": [-2.0, -1.0, 0.0, 0.0, 1.0, 2.0]})
    found = adjusted_difference([1.0, 2.1, 3.0, 2.0, 2.9, 4.0], [True] * 3 + [False] * 3, age)
    assert found.difference == pytest.approx(2.0 + (6.1 - 8.9) / 3, rel=1e-12)
    assert found.df == 3


def test_intervals_cover_and_the_null_is_rejected_at_its_level() -> None:
    rng = np.random.default_rng(4)
    case = np.arange(8) < 4
    covered = rejected = 0
    for _ in range(1000):
        age = pd.DataFrame({"age": rng.normal(size=8) + case})
        y = rng.normal(size=8) + 2 * age["age"].to_numpy()
        found = adjusted_difference(y, case, age)
        covered += found.low <= 0 <= found.high
        rejected += found.p_value < 0.05
    assert 930 <= covered <= 970
    assert rejected == 1000 - covered


def test_a_covariate_that_is_the_condition_cannot_be_held_constant() -> None:
    kit = pd.DataFrame({"kit[B]": [0.0, 0, 0, 1, 1, 1]})
    found = adjusted_difference(range(6), [True] * 3 + [False] * 3, kit)
    assert np.isnan(found.p_value)
    assert str(found.model) == "aliased:covariates=kit[B]"


def test_collinear_covariates_and_too_few_donors() -> None:
    collinear = pd.DataFrame({"age": [1.0, 2, 3, 4, 5, 7], "years": [2.0, 4, 6, 8, 10, 14]})
    found = adjusted_difference(range(6), [True, False] * 3, collinear)
    assert str(found.model) == "collinear:covariates=age|years"
    many = pd.DataFrame(np.random.default_rng(0).normal(size=(6, 3)), columns=["a", "b", "c"])
    found = adjusted_difference(range(6), [True, False] * 3, many)
    assert str(found.model) == "few_donors_for_model:donors=6,covariates=a|b|c"
    gone = adjusted_difference([1.0, np.nan, 2.0, np.nan, 3.0, np.nan], [True, False] * 3, many[["a"]])
    assert gone.model == Note(Model.EMPTY_ARM)


def test_columns_from_fields() -> None:
    fields = pd.DataFrame({"sex": ["M", "F", "n/a"], "age": ["70 yrs", "80", "75"], "kit": ["x", "X.", "x"]})
    columns = covariate_columns(fields, ["sex", "age", "kit"])
    assert list(columns) == ["sex[M]", "age"]
    assert columns.loc[0].tolist() == [1.0, -5.0]
    assert columns.loc[2].isna().all()


def test_whole_pairs_in_a_mixed_model_are_a_paired_t() -> None:
    """Balanced pairs with positive covariance: REML's estimate and error are those of the paired t test."""
    rng = np.random.default_rng(2)
    donor = rng.normal(0, 3, 8)
    a, b = donor + 1 + rng.normal(size=8), donor + rng.normal(size=8)
    found = mixed_difference([*a, *b], [True] * 8 + [False] * 8, [*"abcdefgh"] * 2)
    error = (a - b).std(ddof=1) / np.sqrt(8)
    assert found.difference == pytest.approx((a - b).mean(), rel=1e-6)
    assert (found.high - found.difference) / stats.t.isf(0.025, 6) == pytest.approx(error, rel=1e-3)


def test_partially_paired_donors_under_the_null() -> None:
    rng = np.random.default_rng(5)
    block = [*"abcdefgh", *"cdefghij"]
    rejected = 0
    for _ in range(200):
        level = dict(zip("abcdefghij", rng.normal(0, 2, 10), strict=True))
        y = [level[name] + rng.normal() for name in block]
        rejected += mixed_difference(y, [True] * 8 + [False] * 8, block).p_value < 0.05
    assert rejected <= 20  # 5 % would be 10; the upper 99.9 % of a binomial is 21


def test_too_few_blocks() -> None:
    found = mixed_difference([1.0, 2, 3, 4], [True, False] * 2, ["a", "a", "b", "b"])
    assert np.isnan(found.p_value)
    assert found.model == Note(Model.FEW_BLOCKS, {"blocks": 2})


def test_donors_without_a_value_are_counted_in_the_model() -> None:
    age = pd.DataFrame({"age": [-2.0, -1.0, 0.0, 0.0, 1.0, 2.0, 5.0]})
    values = [1.0, 2.1, 3.0, 2.0, 2.9, 4.0, np.nan]
    found = adjusted_difference(values, [True] * 3 + [False] * 4, age)
    assert found.model == Note(Model.LINEAR, {"covariates": ["age"], "left_out": 1})
    flat = adjusted_difference([1.0] * 3 + [2.0] * 3, [True] * 3 + [False] * 3, age[:6])
    assert (flat.model, flat.difference) == (Note(Model.NO_RESIDUALS), pytest.approx(-1.0))
    assert np.isnan(flat.p_value)


def test_incomplete_observations_are_counted_in_the_mixed_model() -> None:
    values = [1.0, 2.0, 3.0, np.nan, 1.9, 3.1, 4.4]
    found = mixed_difference(values, [False] * 4 + [True] * 3, list("abcdabd"))
    assert found.model == Note(Model.MIXED, {"blocks": 4, "left_out": 1})
    whole = mixed_difference(np.delete(values, 3), [False] * 3 + [True] * 3, list("abcabd"))
    assert (found.difference, found.p_value) == (whole.difference, whole.p_value)
    assert whole.model == Note(Model.MIXED, {"blocks": 4})


def study(n: int, seed: int, *, through: float, direct: float) -> pd.DataFrame:
    """Case donors are more committed by 2; the index follows commitment by ``through`` and the case by ``direct``."""
    rng = np.random.default_rng(seed)
    case = np.arange(2 * n) < n
    commitment = rng.normal(size=2 * n) + 2 * case
    index = through * commitment + direct * case + 0.1 * rng.normal(size=2 * n)
    names = [f"d{k}" for k in range(2 * n)]
    return pd.DataFrame(
        {
            "sample": names, "donor": names, "condition": np.where(case, "sick", "well"), "fate_bias": index,
            "commitment": commitment, "maturation": rng.normal(size=2 * n), "fraction_stromal": 1.0,
        }
    )  # fmt: skip


def test_a_difference_that_is_commitment_goes_away_with_it() -> None:
    table = adjusted_differences(
        study(40, 1, through=1.0, direct=0.0), case="sick", control="well", covariates=["commitment", "maturation"]
    )
    assert list(table.columns) == ADJUSTED_DIFFERENCES.names
    row = table.set_index("covariate").loc["commitment"]
    assert row["proportion_explained"] == pytest.approx(1, abs=0.1)
    assert row["adjusted_low"] < 0 < row["adjusted_high"]
    assert abs(table.set_index("covariate").loc["maturation", "proportion_explained"]) < 0.1


def test_a_direct_difference_stays() -> None:
    row = adjusted_differences(
        study(40, 2, through=0.0, direct=1.0), case="sick", control="well", covariates=["commitment"]
    ).iloc[0]
    assert row["adjusted_difference"] == pytest.approx(1, abs=0.15)
    assert row["p_adjusted"] < 1e-6


def test_a_constant_covariate_explains_nothing() -> None:
    row = adjusted_differences(
        study(4, 3, through=0.0, direct=1.0), case="sick", control="well", covariates=["fraction_stromal"]
    ).iloc[0]
    assert row["proportion_explained"] == pytest.approx(0, abs=1e-9)
    assert row["note"] == "covariate_constant:covariate=fraction_stromal"


def test_an_arm_without_donors_is_noted() -> None:
    table = study(4, 3, through=0.0, direct=1.0).query('condition == "sick"')
    row = adjusted_differences(table, case="sick", control="well", covariates=["commitment"]).iloc[0]
    assert np.isnan(row["difference"])
    assert row["note"] == "empty_arm"

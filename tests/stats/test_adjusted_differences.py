"""Differences of the index with other numbers of the donors held constant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fatescore.stats import adjusted_differences
from fatescore.tables import ADJUSTED_DIFFERENCES


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

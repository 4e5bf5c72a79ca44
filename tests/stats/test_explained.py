"""What accounts for a difference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fatescore.stats import explained
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
    table = explained(
        study(40, 1, through=1.0, direct=0.0), case="sick", control="well", by=["commitment", "maturation"]
    )
    assert list(table.columns) == list(ADJUSTED_DIFFERENCES.names)
    row = table.set_index("by").loc["commitment"]
    assert row["accounted"] == pytest.approx(1, abs=0.1)
    assert row["left_low"] < 0 < row["left_high"]
    assert abs(table.set_index("by").loc["maturation", "accounted"]) < 0.1


def test_a_direct_difference_stays() -> None:
    row = explained(study(40, 2, through=0.0, direct=1.0), case="sick", control="well", by=["commitment"]).iloc[0]
    assert row["difference_left"] == pytest.approx(1, abs=0.15)
    assert row["p_left"] < 1e-6


def test_what_does_not_vary_accounts_for_nothing() -> None:
    row = explained(study(4, 3, through=0.0, direct=1.0), case="sick", control="well", by=["fraction_stromal"]).iloc[0]
    assert row["accounted"] == pytest.approx(0, abs=1e-9)
    assert row["note"] == "fraction_stromal does not vary"


def test_an_arm_without_donors_is_told() -> None:
    table = study(4, 3, through=0.0, direct=1.0).query('condition == "sick"')
    row = explained(table, case="sick", control="well", by=["commitment"]).iloc[0]
    assert np.isnan(row["difference"])
    assert "an arm is empty" in row["note"]

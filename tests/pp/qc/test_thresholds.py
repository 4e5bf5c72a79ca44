"""Limits that a sample sets itself, within a floor and a ceiling."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fatescore.pp import QcLimits
from fatescore.pp.qc.thresholds import fail_reasons, thresholds
from fatescore.tables.codes import QcFailReason

RNG = np.random.default_rng(0)
LIMITS = QcLimits(gate="none")


def cells(n: int = 400, depth: float = 9.0, mt: float = 4.0, sample: str = "a") -> pd.DataFrame:
    counts = np.exp(RNG.normal(depth, 0.3, n))
    return pd.DataFrame(
        {
            "sample": sample,
            "total_counts": counts,
            "n_genes_by_counts": counts / 3,
            "pct_counts_mt": np.abs(RNG.normal(mt, 0.5, n)),
        }
    )


def test_limits_are_robust_deviations_of_the_log() -> None:
    obs = cells()
    logs = np.log1p(obs["total_counts"])
    mad = np.median(np.abs(logs - np.median(logs))) / 0.6744897501960817  # of a standard normal
    found = thresholds(obs, LIMITS).loc["a"]
    assert np.log1p(found["min_total_counts"]) == pytest.approx(np.median(logs) - 5 * mad, rel=1e-4)
    spread = np.median(np.abs(obs["pct_counts_mt"] - obs["pct_counts_mt"].median())) / 0.6744897501960817
    assert found["max_pct_mt"] == pytest.approx(obs["pct_counts_mt"].median() + 5 * spread, rel=1e-4)


@pytest.mark.parametrize(("mt", "limit"), [(0.5, 5.0), (30.0, 20.0)])
def test_floor_and_ceiling_of_the_mitochondrial_share(mt: float, limit: float) -> None:
    assert thresholds(cells(mt=mt), LIMITS).loc["a", "max_pct_mt"] == limit


def test_genes_never_below_the_floor_and_each_sample_by_itself() -> None:
    both = pd.concat([cells(), cells(depth=6.5, sample="b")], ignore_index=True)
    table = thresholds(both, QcLimits(gate="none", min_genes=30))
    assert table.loc["a", "min_genes"] > 100
    assert table.loc["b", "min_genes"] > 30
    assert thresholds(both, LIMITS).loc["b", "min_genes"] == 200
    assert (fail_reasons(both, thresholds(both, QcLimits(min_genes=30))) == "").mean() > 0.99


def test_what_was_planted_is_dropped_for_its_reason() -> None:
    obs = cells()
    obs.loc[:9, "total_counts"] = 50.0
    obs.loc[10:19, "n_genes_by_counts"] = 100.0
    obs.loc[20:29, "pct_counts_mt"] = 60.0
    doublet = pd.Series(False, index=obs.index)
    doublet[[30, 31]] = True
    why = fail_reasons(obs, thresholds(obs, LIMITS), doublet)
    assert why[:10].eq(QcFailReason.LOW_DEPTH).all()
    assert why[10:20].eq(QcFailReason.FEW_GENES).all()
    assert why[20:30].eq(QcFailReason.HIGH_MITOCHONDRIAL).all()
    assert why[30:32].eq(QcFailReason.DOUBLET).all()
    assert (why[32:] == "").all()


def test_values_that_are_not_measured_drop_nobody() -> None:
    obs = cells().assign(total_counts=np.nan, pct_counts_mt=np.nan, n_genes_by_counts=1000.0)
    assert (fail_reasons(obs, thresholds(obs, LIMITS)) == "").all()
    one = cells(1)
    assert (fail_reasons(one, thresholds(one, LIMITS)) == "").all()

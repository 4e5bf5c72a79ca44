"""``fatescore contrast`` with three or more levels instead of case and control."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fatescore.tables import CONTRASTS
from fatescore.tables.io import read_tsv

Run = Callable[..., int]
LEVELS = ["day0", "day7", "day14"]
TIME = {"id": "time", "kind": "known_fate", "levels": LEVELS, "expected": "+"}


def tables(n: int = 4) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(0)
    size = 3 * n
    day = np.repeat([0, 1, 2], n)
    identity = pd.DataFrame(
        {
            "dataset": "GSE1",
            "sample": [f"S{i}" for i in range(size)],
            "donor": [f"D{i}" for i in range(size)],
            "condition": np.repeat(LEVELS, n),
        }
    )
    genes = pd.DataFrame({"RUNX2": rng.normal(day, 0.5), "PPARG": rng.normal(0, 0.1, size)})
    scores = identity.assign(
        unit="sample", n_obs=1, osteogenic=rng.normal(size=size), adipogenic=rng.normal(size=size),
        fate_bias=genes.sum(axis=1), commitment=1.0, maturation=rng.normal(size=size), fate_call="dual",
    )  # fmt: skip
    # the kit of day 7 is its own; day 14 and day 0 share one
    fields = identity.assign(sex=["f", "m"] * (size // 2), kit=["A"] * n + ["B"] * n + ["A"] * n)
    return {
        "sample-scores": scores,
        "sample-fields": fields,
        "gene-contributions": pd.concat([identity, genes], axis=1),
    }


@pytest.fixture
def run(contrast_verb: Run) -> Run:
    def call(*specs: dict, parts: dict[str, pd.DataFrame] | None = None) -> int:
        return contrast_verb({kind: [table] for kind, table in (parts or tables()).items()}, specs)

    return call


def test_a_trend_stands_beside_a_contrast(run: Run, tmp_path: Path) -> None:
    two = {"id": "ends", "case": "day14", "control": "day0"}
    parts = tables()
    assert run(TIME, two, parts=parts) == 0
    result = read_tsv(tmp_path / "output.tsv")
    assert tuple(result.columns) == CONTRASTS.names
    rows = result[result["measure"] == "fate_bias"].set_index("contrast")
    fit = stats.linregress(np.repeat([0, 1, 2], 4), parts["sample-scores"]["fate_bias"])
    assert rows.loc["time", "difference"] == pytest.approx(fit.slope)
    assert rows.loc["time", "levels"] == "day0 < day7 < day14"
    assert rows.loc["time", ["case", "control", "agreement"]].tolist() == ["day14", "day0", "agrees"]
    assert pd.isna(rows.loc["time", "g"])
    assert rows.loc["time", "p_method"] == "exact permutation of the slope, 34650 arrangements"
    assert pd.isna(rows.loc["ends", "levels"])
    means = rows.loc["time", ["mean_case", "mean_control"]]
    assert rows.loc["ends", "difference"] == pytest.approx(means["mean_case"] - means["mean_control"], abs=1e-8)
    # genes and audit are of the last level against the first: the kit of day 7 does not show
    genes = read_tsv(tmp_path / "contributions.tsv").groupby("contrast")["contribution"].sum()
    assert genes["time"] == pytest.approx(rows.loc["ends", "difference"], abs=1e-8)
    audit = read_tsv(tmp_path / "confounding.tsv")
    assert audit.loc[(audit["contrast"] == "time") & (audit["field"] == "kit"), "verdict"].tolist() == ["clean"]
    assert rows.loc["time", "note"].endswith("levels; audit of day14 against day0 only")


def test_levels_without_order(run: Run, tmp_path: Path) -> None:
    parts = tables()
    assert run({"id": "any", "levels": LEVELS, "ordered": False}, parts=parts) == 0
    row = read_tsv(tmp_path / "output.tsv").set_index("measure").loc["fate_bias"]
    groups = [group["fate_bias"] for _, group in parts["sample-scores"].groupby("condition")]
    assert row["p_value"] == pytest.approx(stats.f_oneway(*groups).pvalue, abs=0.002)
    assert pd.isna(row["difference"])
    assert row["levels"] == "day0 | day7 | day14"
    assert row["note"].startswith("eta squared 0.")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (TIME | {"levels": LEVELS[:2]}, "three or more conditions"),
        (TIME | {"levels": ["day0", "day0", "day7"]}, "three or more different conditions"),
        (TIME | {"levels": "day0"}, "expected a list of texts"),
        (TIME | {"case": "day7"}, '"levels" and "case" are both given'),
        (TIME | {"covariates": ["sex"]}, '"levels" and "covariates" are both given'),
        (TIME | {"ordered": "yes"}, "\"ordered\" is 'yes'; expected true or false"),
        (TIME | {"ordered": False}, "levels without order"),
        (TIME | {"kind": "disease"}, "cannot be pooled"),
        (TIME | {"levels": [*LEVELS, "day21x"]}, 'condition "day21x" of contrast "time" is not in the table'),
        ({"id": "x", "case": "day7"}, "is not a contrast"),
    ],
)
def test_mistakes_are_one_line(run: Run, capsys: pytest.CaptureFixture[str], spec: dict, message: str) -> None:
    assert run(spec) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1

"""The step contrast with three or more levels instead of case and control."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fatescore import tables as tb
from fatescore.config import Contrast
from fatescore.errors import InputError
from fatescore.steps.contrast import contrast
from fatescore.tables import parse_notes
from tests.steps.study import study, write_study

LEVELS = ("day0", "day7", "day14")


def course(levels: tuple[str, ...] = LEVELS, **more: object) -> Contrast:
    given = {"id": "time", "kind": "known_fate", "expected": "+", "datasets": ("GSE1",), "levels": levels} | more
    return Contrast(case=levels[-1], control=levels[0], **given)


@pytest.fixture
def tables() -> dict[tb.Table, pd.DataFrame]:
    """Four samples a day; the kit of day 7 is its own, day 14 and day 0 share one."""
    given = study(n=6, condition=list(np.repeat(LEVELS, 4)))
    rise = np.random.default_rng(0).normal(np.repeat([0, 1, 2], 4), 0.5)
    given[tb.GENE_CONTRIBUTIONS]["RUNX2"] = rise
    given[tb.SAMPLE_SCORES]["fate_bias"] = rise + given[tb.GENE_CONTRIBUTIONS]["NOVEL"]
    given[tb.SAMPLE_FIELDS]["kit"] = np.repeat(["A", "B", "A"], 4)
    return given


def test_a_trend_beside_a_contrast(tables: dict[tb.Table, pd.DataFrame], tmp_path: Path) -> None:
    folder = write_study(tmp_path, tables)
    contrast(folder, [course(), Contrast("ends", "day14", "day0", ("GSE1",), kind="other")])
    result = folder.read(tb.CONTRASTS)
    assert list(result) == tb.CONTRASTS.names
    rows = result[result["measure"] == "fate_bias"].set_index("contrast")
    fit = stats.linregress(np.repeat([0, 1, 2], 4), tables[tb.SAMPLE_SCORES]["fate_bias"])
    assert rows.loc["time", "difference"] == pytest.approx(fit.slope)
    assert tb.split_names(rows.loc["time", "levels"]) == list(LEVELS)
    assert str(rows.loc["time", "ordered"]).lower() == "true"
    assert rows.loc["time", ["case", "control"]].tolist() == ["day14", "day0"]
    assert pd.isna(rows.loc["time", "g"])
    assert str(parse_notes(rows.loc["time", "p_method"])[0]) == "exact_slope:arrangements=34650"
    means = rows.loc["time", ["mean_case", "mean_control"]]
    assert rows.loc["ends", "difference"] == pytest.approx(means["mean_case"] - means["mean_control"], abs=1e-8)
    # genes and audit are of the last level against the first: the kit of day 7 does not show
    genes = folder.read(tb.CONTRIBUTIONS).groupby("contrast")["contribution"].sum()
    assert genes["time"] == pytest.approx(rows.loc["ends", "difference"], abs=1e-8)
    audit = folder.read(tb.CONFOUNDING)
    assert audit.loc[(audit["contrast"] == "time") & (audit["field"] == "kit"), "verdict"].tolist() == ["clean"]
    assert "audit_of_ends" in [note.code for note in parse_notes(rows.loc["time", "note"])]
    assert folder.read(tb.SPECIFICATION).empty


def test_levels_without_order(tables: dict[tb.Table, pd.DataFrame], tmp_path: Path) -> None:
    folder = write_study(tmp_path, tables)
    contrast(folder, [course(kind="other", expected="", ordered=False)])
    row = folder.read(tb.CONTRASTS).set_index("measure").loc["fate_bias"]
    groups = [group["fate_bias"] for _, group in tables[tb.SAMPLE_SCORES].groupby("condition")]
    assert row["p_value"] == pytest.approx(stats.f_oneway(*groups).pvalue, abs=0.002)
    assert pd.isna(row["difference"])
    assert str(row["ordered"]).lower() == "false"
    assert "eta_squared" in [note.code for note in parse_notes(row["note"])]


def test_a_level_that_no_sample_has(tables: dict[tb.Table, pd.DataFrame], tmp_path: Path) -> None:
    with pytest.raises(InputError, match='condition "day21x" of contrast "time" is not in the table'):
        contrast(write_study(tmp_path, tables), [course((*LEVELS, "day21x"))])

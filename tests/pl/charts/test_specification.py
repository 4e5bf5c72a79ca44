"""The specification curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.gene_sets import DEFAULT_INDEX
from fatescore.pl import charts
from fatescore.tl.fate_bias import METHOD

Draw = Callable[[Any], Any]


@pytest.fixture
def pooled() -> pd.DataFrame:
    ways = [(method, index, "pseudobulk") for method in ("rank_log", "ucell") for index in ("core", "extended")]
    rng = np.random.default_rng(0)
    table = pd.DataFrame([*ways, ("rank_log", "extended", "cell mean")], columns=["method", "index", "unit"])
    effect = rng.normal(size=5)
    return table.assign(contrast="op", k=3, effect=effect, ci_low=effect - 1, ci_high=effect + 1, p_value=0.1, note="")


def test_ways_go_from_low_to_high(pooled: pd.DataFrame, draw: Draw) -> None:
    drawn = draw(charts.specification(pooled))
    rows = drawn.rows("effect")
    assert [row["effect"] for row in rows] == pytest.approx(sorted(pooled["effect"]))
    assert [row["low"] for row in rows] == pytest.approx(sorted(pooled["ci_low"]))
    assert drawn.channel("y")[0]["sort"] == [row["row"] for row in rows]
    low, high = drawn.channel("x")[0]["scale"]["domain"]
    assert low < min(0, pooled["ci_low"].min())
    assert high > max(0, pooled["ci_high"].max())


def test_the_default_way_is_marked_once(pooled: pd.DataFrame, draw: Draw) -> None:
    drawn = draw(charts.specification(pooled))
    marked = [row["row"] for row in drawn.rows("effect") if row["main"]]
    assert marked == ["rank_log · extended"]
    assert drawn.channel("color")[0]["scale"]["domain"] == ["the default", "core", "extended"]


def test_the_default_is_that_of_the_library(draw: Draw) -> None:
    row = {"method": METHOD, "index": DEFAULT_INDEX, "unit": "sample", "g": 1.0, "g_low": 0.0, "g_high": 2.0}
    (drawn,) = draw(charts.specification(pd.DataFrame([row]))).rows("effect")
    assert drawn["main"]
    assert drawn["row"] == f"{METHOD} · {DEFAULT_INDEX}"  # one unit is not named


def test_a_way_without_a_number_is_left_out(pooled: pd.DataFrame, draw: Draw) -> None:
    pooled.loc[0, "effect"] = np.nan
    assert len(draw(charts.specification(pooled)).rows("effect")) == 4
    assert draw(charts.specification(pooled.iloc[:0])).spec["width"] == "container"


def test_rows_of_two_contrasts_are_refused(pooled: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="rank_log · core · pseudobulk stands in several rows; expected rows of one"):
        charts.specification(pd.concat([pooled, pooled.assign(contrast="ovx")]))


def test_the_legend_names_the_definitions_one_below_the_other(pooled: pd.DataFrame, draw: Draw) -> None:
    for channel in ("color", "shape"):
        (found,) = {str(one["legend"]) for one in draw(charts.specification(pooled)).channel(channel)}
        assert found == "{'columns': 1, 'orient': 'bottom', 'title': None}"


def test_lines_stand_in_the_order_of_the_effects_however_wide_they_are(draw: Draw) -> None:
    rows = pd.DataFrame({
        "method": ["ucell", "zscore", "aucell"], "index": "core", "unit": "sample",
        "g": [0.5, 0.1, 0.3], "g_low": [-3.0, 0.0, -1.0], "g_high": [0.6, 4.0, 0.4],
    })  # fmt: skip
    (order,) = {
        tuple(channel["sort"]) for channel in draw(charts.specification(rows)).channel("y") if "sort" in channel
    }
    assert order == ("zscore · core", "aucell · core", "ucell · core")

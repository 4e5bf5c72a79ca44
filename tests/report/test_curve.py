"""The specification curve: every way that gave an effect, counted by where it points."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.report.effects import curve
from fatescore.tables import META_SPECIFICATION, SPECIFICATION
from tests.report.made import EVIL

METHODS = ("rank_log", "ucell", "zscore", "aucell", "ssgsea", "singscore")
ONE_DATASET, POOLED = ("g", "g_low", "g_high"), ("effect", "ci_low", "ci_high")
EFFECTS = st.one_of(st.just(math.nan), st.just(0.0), st.floats(-3, 3).map(lambda value: round(value, 3)))
WAYS = st.lists(st.tuples(EFFECTS, st.floats(0, 2).map(lambda value: round(value, 3))), max_size=len(METHODS))


def ways(found: list[tuple[float, float]], names: tuple[str, str, str], **more: Any) -> pd.DataFrame:
    """Return one way per effect and half width of its interval."""
    rows = [
        {"method": method, "index": "core", "unit": "sample", **dict(zip(names, (g, g - half, g + half), strict=True))}
        for method, (g, half) in zip(METHODS, found, strict=False)
    ]
    return pd.DataFrame(rows).assign(**more)


@pytest.mark.parametrize("names", [ONE_DATASET, POOLED])
@settings(max_examples=25, deadline=None)
@given(found=WAYS)
def test_counts_by_another_count(names: tuple[str, str, str], found: list[tuple[float, float]]) -> None:
    figure = curve(ways(found, names), "curve-1")
    there = [(g, half) for g, half in found if not math.isnan(g)]
    if not there:
        assert figure is None
        return
    assert figure is not None
    bone, fat = [g for g, _ in there if g > 0], [g for g, _ in there if g < 0]
    clear = [g for g, half in there if abs(g) > half]
    said = f"{len(there)} way{'s' if len(there) > 1 else ''}: {len(bone)} towards bone, {len(fat)} towards fat; "
    assert figure.alt == f"{said}{len(clear)} with an interval that excludes zero."
    assert figure.caption.endswith(figure.alt)


@pytest.mark.parametrize("names", [ONE_DATASET, POOLED])
def test_ways_stand_from_low_to_high_and_those_without_an_effect_are_left_out(names: tuple[str, str, str]) -> None:
    rows = ways([(1.0, 2.0), (math.nan, 1.0), (-2.0, 0.5), (0.25, 0.1)], names)
    figure = curve(rows, "curve-1")
    assert figure is not None
    assert figure.table is not None
    assert [row[0].text for row in figure.table.rows] == ["zscore", "aucell", "rank_log"]
    drawn = {row["method"] for data in figure.spec["datasets"].values() for row in data if "method" in row}
    assert drawn == {"zscore", "aucell", "rank_log"}
    assert figure.alt == "3 ways: 2 towards bone, 1 towards fat; 2 with an interval that excludes zero."


def test_an_effect_without_an_interval_excludes_nothing() -> None:
    rows = ways([(1.0, math.nan), (-1.0, math.nan)], ONE_DATASET)
    figure = curve(rows, "curve-1")
    assert figure is not None
    assert figure.alt.endswith("1 towards bone, 1 towards fat; 0 with an interval that excludes zero.")


@pytest.mark.parametrize("columns", [SPECIFICATION.names, META_SPECIFICATION.names, ()])
def test_no_rows_no_figure(columns: tuple[str, ...]) -> None:
    assert curve(pd.DataFrame(columns=list(columns)), "curve-1") is None


def test_only_columns_that_say_something_are_in_the_table() -> None:
    rows = ways([(1.0, 0.5), (2.0, 0.5)], ONE_DATASET, p_value=[0.01, math.nan], note=None, kind="disease")
    figure = curve(rows, "curve-1")
    assert figure is not None
    assert figure.table is not None
    assert figure.table.name == "curve-1-table"
    assert len(figure.table.columns) == len(("method", "index", *ONE_DATASET, "p_value"))
    mixed = curve(rows.assign(unit=["sample", "pseudobulk"]), "curve-1")
    assert mixed is not None
    assert mixed.table is not None
    assert "unit" in mixed.table.columns


def test_the_title_says_where() -> None:
    rows = ways([(1.0, 0.5)], POOLED)
    here, there = curve(rows, "a"), curve(rows, "b", where=f"{EVIL} {{said}}")
    assert here is not None
    assert there is not None
    assert here.title == "The same difference, computed in every way"
    assert there.title == f"{EVIL} {{said}}: the same difference, computed in every way"

"""The map of cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.pl import _palette, charts
from fatescore.pl.charts import _colours
from fatescore.pl.charts.scatter import MOST_ON_MAP
from fatescore.pp.cell_type import MARKERS, UNKNOWN

Make = Callable[[int], pd.DataFrame]
Draw = Callable[[Any], Any]


@pytest.mark.parametrize("colour", ["fate_bias", "cell_type", "donor", "condition", "total_counts", "fate_call"])
@pytest.mark.parametrize("n", [300, 3000])
def test_every_column_can_be_shown(make_cells: Make, draw: Draw, colour: str, n: int) -> None:
    drawn = draw(charts.embedding(make_cells(n), colour))
    assert any(line["field"] == "value" for line in drawn.channel("tooltip")[-1])
    assert ("url" in str(drawn.spec["layer"][0]["encoding"])) == (n > MOST_ON_MAP)
    assert all(channel["axis"] is None for channel in drawn.channel("x") if "field" in channel)


def test_grey_is_the_median_and_both_sides_reach_as_far(make_cells: Make, draw: Draw) -> None:
    cells = make_cells(3000)
    (colour,) = draw(charts.embedding(cells)).channel("color")
    low, middle, high = colour["scale"]["domain"]
    assert middle == pytest.approx(cells["fate_bias"].median())
    assert middle - low == pytest.approx(high - middle)
    outside = (cells["fate_bias"] < low) | (cells["fate_bias"] > high)
    assert outside.sum() / cells["fate_bias"].notna().sum() <= 0.021
    assert colour["scale"]["range"] == [_palette.ADIPOGENIC, _palette.NEUTRAL, _palette.OSTEOGENIC]
    assert "median" in colour["legend"]["title"]


def test_bins_say_the_number_of_cells_and_their_mean(make_cells: Make, draw: Draw) -> None:
    cells = make_cells(3000)
    rows = draw(charts.embedding(cells)).rows("cells")
    assert sum(row["cells"] for row in rows) == len(cells)
    values = [row["value"] for row in rows if row["value"] is not None]
    assert min(values) >= cells["fate_bias"].min()
    assert max(values) <= cells["fate_bias"].max()


def test_bin_mean_agrees_with_the_cells_of_the_bin(make_cells: Make, draw: Draw) -> None:
    cells = make_cells(2000).assign(umap_1=np.repeat([0.0, 1.0], 1000), umap_2=0.0)
    rows = sorted(draw(charts.embedding(cells, "total_counts")).rows("cells"), key=lambda row: row["x"])
    expected = [cells["total_counts"][:1000].mean(), cells["total_counts"][1000:].mean()]
    assert [row["value"] for row in rows] == pytest.approx(expected)


def test_conditions_have_their_fixed_colours(make_cells: Make, draw: Draw) -> None:
    (colour,) = draw(charts.embedding(make_cells(3000), "condition", case="op", control="control")).channel("color")
    assert dict(zip(colour["scale"]["domain"], colour["scale"]["range"], strict=True)) == {
        "control": _palette.CONTROL, "op": _palette.CASE,
    }  # fmt: skip


def test_stromal_cells_keep_their_colour_whatever_else_there_is(make_cells: Make, draw: Draw) -> None:
    for kinds in (["stromal", "muscle"], ["stromal", "unknown", "schwann"]):
        cells = make_cells(60).assign(cell_type=[kinds[i % len(kinds)] for i in range(60)])
        (colour,) = draw(charts.embedding(cells, "cell_type")).channel("color")
        chosen = dict(zip(colour["scale"]["domain"], colour["scale"]["range"], strict=True))
        assert chosen == {kind: _palette.CELL_TYPES[kind] for kind in kinds}


def test_every_type_of_cell_has_a_colour() -> None:
    assert set(_palette.CELL_TYPES) == {*MARKERS, UNKNOWN}


def test_many_donors_have_no_legend(make_cells: Make, draw: Draw) -> None:
    cells = make_cells(3000)
    cells["donor"] = [f"d{i % 40}" for i in range(3000)]
    assert draw(charts.embedding(cells, "donor")).channel("color")[0]["legend"] is None


def test_cells_without_a_place_are_left_out(make_cells: Make, draw: Draw) -> None:
    cells = make_cells(100)
    cells.loc[:9, "umap_1"] = np.nan
    assert len(draw(charts.embedding(cells)).rows("obs_name")) == 90


@pytest.mark.parametrize("n", [0, 1])
def test_hardly_any_cells_are_still_a_chart(make_cells: Make, draw: Draw, n: int) -> None:
    for colour in ("fate_bias", "cell_type"):
        assert draw(charts.embedding(make_cells(n), colour)).spec["width"] == "container"


def test_no_cell_has_a_value(make_cells: Make, draw: Draw) -> None:
    cells = make_cells(2000).assign(fate_bias=np.nan)
    assert set(np.unique(draw(charts.embedding(cells)).picture()[..., 3])) <= {0, *range(70, 84)}


def test_an_unknown_column_is_named(make_cells: Make) -> None:
    with pytest.raises(InputError, match='"fate_bais"; did you mean "fate_bias"'):
        charts.embedding(make_cells(3), "fate_bais")


def test_the_title_stands_over_the_chart(make_cells: Make, draw: Draw) -> None:
    assert draw(charts.embedding(make_cells(3), title="A")).spec["title"] == "A"


@given(st.lists(st.one_of(st.none(), st.floats(-5, 5)), min_size=1, max_size=30))
def test_dots_have_the_colours_that_vega_blends(values: list[float | None]) -> None:
    numbers = pd.Series(values, dtype=float)
    found = _colours.of_numbers(numbers, None, about_median=True)
    low, middle, high = found.channel.to_dict()["scale"]["domain"]
    fat, grey, bone = (np.array(_palette.rgb(colour)) for colour in _palette.BIAS)
    for number, dot in zip(numbers, found.of_dots, strict=True):
        if np.isnan(number):
            assert dot[3] < 1
        elif number >= middle:
            share = min((number - middle) / (high - middle), 1)
            np.testing.assert_allclose(dot[:3], grey + share * (bone - grey), atol=1e-6)
        else:
            share = min((middle - number) / (middle - low), 1)
            np.testing.assert_allclose(dot[:3], grey + share * (fat - grey), atol=1e-6)

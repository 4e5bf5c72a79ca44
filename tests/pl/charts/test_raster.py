"""Clouds: every cell is in the picture, where the axes say it is, in its own colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatescore.pl import _palette, charts
from fatescore.pl.charts import _raster

LIMITS = [-1.0, 1.0]


def near(picture: np.ndarray, colour: str) -> np.ndarray:
    """Which opaque pixels have about the colour."""
    distance = np.abs(picture[..., :3].astype(float) / 255 - _palette.rgb(colour)).max(axis=-1)
    return np.asarray((distance < 0.08) & (picture[..., 3] > 200))


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (-0.5, 0.75), (0.9, -0.9)])
def test_a_cell_is_where_the_axes_say(draw: Callable[[Any], Any], x: float, y: float) -> None:
    picture = draw(_raster.picture([x], [y], ["#D98200"], LIMITS)).picture()
    height, width = picture.shape[:2]
    rows, columns = np.nonzero(near(picture, "#D98200"))
    assert columns.mean() / width == pytest.approx((x + 1) / 2, abs=0.01)
    assert rows.mean() / height == pytest.approx((1 - y) / 2, abs=0.01)


def test_the_picture_fills_the_plot_area(draw: Callable[[Any], Any]) -> None:
    spec = draw(_raster.picture([0.0], [0.0], ["#D98200"], LIMITS)).spec
    assert (spec["mark"]["width"], spec["mark"]["height"]) == ({"expr": "width"}, {"expr": "height"})
    assert spec["mark"]["aspect"] is False
    assert spec["encoding"]["x"]["value"] == {"expr": "width / 2"}


def test_no_colour_hides_another(draw: Callable[[Any], Any]) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(scale=0.2, size=(2, 20_000))
    colours = ["#D98200"] * 10_000 + ["#1F77B4"] * 10_000
    picture = draw(_raster.picture(x, y, colours, LIMITS)).picture()
    orange, blue = (near(picture, colour).sum() for colour in ("#D98200", "#1F77B4"))
    assert 0.8 < orange / blue < 1.25


def test_a_higher_rank_is_drawn_over_a_lower_one(draw: Callable[[Any], Any]) -> None:
    picture = draw(_raster.picture([0.0, 0.0], [0.0, 0.0], ["#D98200", "#1F77B4"], LIMITS, rank=[1, 0])).picture()
    assert near(picture, "#D98200").any()
    assert not near(picture, "#1F77B4").any()


def test_what_is_faint_lies_behind_and_stays_faint(draw: Callable[[Any], Any]) -> None:
    faint, full = [0.5, 0.5, 0.5, 0.3], [*_palette.rgb("#D98200"), 1.0]
    x = [0.5] * 50 + [0.0] * 51
    picture = draw(_raster.picture(x, [0.0] * 101, np.array([faint] * 50 + [full] + [faint] * 50), LIMITS)).picture()
    height, width = picture.shape[:2]
    assert near(picture, "#D98200")[height // 2, width // 2]
    assert 60 < picture[height // 2, width * 3 // 4, 3] < 95


def test_the_same_cells_give_the_same_bytes(
    make_cells: Callable[[int], pd.DataFrame], draw: Callable[[Any], Any]
) -> None:
    cells = make_cells(3000)
    first, second = (draw(charts.arms_scatter(cells)).spec for _ in range(2))
    assert first == second


def test_nothing_of_matplotlib_is_left_behind(make_cells: Callable[[int], pd.DataFrame]) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    charts.arms_scatter(make_cells(2000))
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("chart", [charts.arms_scatter, charts.embedding])
def test_size_does_not_grow_with_the_cells(
    chart: Callable[[pd.DataFrame], Any], make_cells: Callable[[int], pd.DataFrame], draw: Callable[[Any], Any]
) -> None:
    small, large = (draw(chart(make_cells(n))) for n in (5_000, 100_000))
    assert len(large.rows("url")[0]["url"]) < 100_000
    assert large.size < 2.5 * small.size
    assert large.size < 230_000


@given(
    points=st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=50),
)
def test_every_cell_is_counted_in_the_bin_it_lies_in(points: list[tuple[float, float]]) -> None:
    x, y = np.array(points).T
    table, row = _raster.counted(x, y, LIMITS)
    step = 2.0 / _raster.BINS
    assert table["cells"].sum() == len(points)
    assert table["cells"].tolist() == [int((row == place).sum()) for place in range(len(table))]
    for values, edges in ((x, table["x"].to_numpy()[row]), (y, table["y"].to_numpy()[row])):
        assert (values >= edges - 1e-4).all()
        assert (values <= edges + step + 1e-4).all()


@given(values=st.lists(st.sampled_from("abc"), min_size=1, max_size=20))
def test_most_common_agrees_with_counting(values: list[str]) -> None:
    (found,) = _raster.most_common(pd.Series([0] * len(values)), pd.Series(values), ["a", "b", "c"])
    assert found == max("abc", key=values.count)


def test_rare_calls_lie_over_common_ones(draw: Callable[[Any], Any]) -> None:
    n = 2000
    calls = ["dual"] + ["uncommitted"] * (n - 1)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({
        "obs_name": [f"c{i}" for i in range(n)], "osteogenic": rng.normal(scale=0.01, size=n),
        "adipogenic": rng.normal(scale=0.01, size=n), "fate_call": calls,
    })  # fmt: skip
    assert near(draw(charts.arms_scatter(table)).picture(), _palette.DUAL).sum() > 20

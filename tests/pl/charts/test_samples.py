"""Numbers of samples, their ambient RNA, and samples on their first two components."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatescore.pl import _palette, charts

Draw = Callable[[Any], Any]


@pytest.fixture
def qc() -> pd.DataFrame:
    return pd.DataFrame({
        "dataset": "A", "sample": list("abcd"), "donor": list("wxyz"), "condition": ["op", "op", "control", "control"],
        "total_counts": [1e6, 2e6, 3e6, 4e6],
    })  # fmt: skip


@pytest.fixture
def metrics() -> pd.DataFrame:
    return pd.DataFrame({
        "sample": list("abcd"), "top_1": [0.1, 0.2, 0.3, 0.9], "top_10": [0.2, 0.3, 0.4, np.nan],
        "library_size": [1e6, 2e6, 3e6, 4e6], "outlier": ["", np.nan, "outlier:metric=top_10,side=low,deviations=6",
        "outlier:metric=library_size,side=low,deviations=9;outlier:metric=top_1,side=high,deviations=8"],
    })  # fmt: skip


def test_every_sample_is_drawn_in_its_condition(metrics: pd.DataFrame, qc: pd.DataFrame, draw: Draw) -> None:
    drawn = draw(charts.sample_quality(metrics, qc, "top_1"))
    found = {(row["sample"], row["condition"], row["value"]) for row in drawn.rows("value")}
    assert found == set(zip(qc["sample"], qc["condition"], metrics["top_1"], strict=True))
    assert {channel["field"] for channel in drawn.channel("y")} == {"condition"}


@pytest.mark.parametrize(("metric", "outliers"), [("top_1", {"d"}), ("top_10", {"c"}), ("library_size", {"d"})])
def test_outliers_in_this_metric_are_marked(
    metrics: pd.DataFrame, qc: pd.DataFrame, draw: Draw, metric: str, outliers: set[str]
) -> None:
    drawn = draw(charts.sample_quality(metrics, qc, metric))
    assert {row["sample"] for row in drawn.rows("value") if row["state"] != "sample"} == outliers
    assert [layer["mark"]["filled"] for layer in drawn.spec["layer"]] == [True, False]


def test_a_missing_number_is_left_out(metrics: pd.DataFrame, qc: pd.DataFrame, draw: Draw) -> None:
    assert {row["sample"] for row in draw(charts.sample_quality(metrics, qc, "top_10")).rows("value")} == set("abc")


@pytest.mark.parametrize(("limit", "lines"), [(None, []), (0.5, [0.5]), ([-0.1, 1.2], [-0.1, 1.2])])
def test_limits_are_drawn_where_they_are(
    metrics: pd.DataFrame, qc: pd.DataFrame, draw: Draw, limit: Any, lines: list[float]
) -> None:
    drawn = draw(charts.sample_quality(metrics, qc, "top_1", limit=limit))
    assert [row["limit"] for row in drawn.rows("limit")] == lines
    low, high = drawn.channel("x")[0]["scale"]["domain"]
    assert all(low < line < high for line in lines)


def test_counts_are_logarithmic_and_hold_the_limit(metrics: pd.DataFrame, qc: pd.DataFrame, draw: Draw) -> None:
    for metric in ("library_size", "total_counts"):  # the second stands in qc.tsv only
        scale = draw(charts.sample_quality(metrics, qc, metric, limit=500_000)).channel("x")[0]["scale"]
        assert scale["type"] == "log"
        assert scale["domain"][0] < 500_000
        assert scale["domain"][1] > 4e6


@given(size=st.floats(1e-3, 1e6), metric=st.sampled_from(["top_1", "library_size"]), sign=st.sampled_from([1, -1]))
def test_values_that_are_all_but_equal_do_not_fill_the_axis(size: float, metric: str, sign: int) -> None:
    metrics = pd.DataFrame({"sample": list("abc"), metric: sign * size * np.array([1.0, 1.002, 1.004])})
    chart = charts.sample_quality(metrics, pd.DataFrame({"sample": list("abc"), "condition": "op"}), metric).to_dict()
    low, high = chart["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low < metrics[metric].min()
    assert high > metrics[metric].max()
    assert np.ptp(metrics[metric]) < 0.05 * (high - low)


def test_numbers_from_a_thousand_on_are_whole_in_the_tooltip(
    metrics: pd.DataFrame, qc: pd.DataFrame, draw: Draw
) -> None:
    for metric, expected in (("library_size", ",.0f"), ("top_1", ".4~g")):
        tooltip = draw(charts.sample_quality(metrics, qc, metric)).channel("tooltip")[0]
        assert [line["format"] for line in tooltip if line["field"] == "value"] == [expected]


def test_the_axis_can_be_named(metrics: pd.DataFrame, qc: pd.DataFrame, draw: Draw) -> None:
    assert draw(charts.sample_quality(metrics, qc, "top_1", title="share")).channel("x")[0]["axis"]["title"] == "share"


def test_nothing_is_still_a_chart(draw: Draw) -> None:
    assert draw(charts.sample_quality(pd.DataFrame(), pd.DataFrame(), "top_1")).spec["width"] == "container"
    assert draw(charts.ambient(pd.DataFrame())).spec["width"] == "container"


def test_ambient_draws_the_samples_with_an_estimate(draw: Draw) -> None:
    table = pd.DataFrame({
        "sample": ["a", "b"], "ambient_share": [0.1, np.nan], "ambient_share_low": [0.08, np.nan],
        "ambient_share_high": [0.12, np.nan], "ambient_note": [np.nan, "not estimable: no cells"],
    })  # fmt: skip
    drawn = draw(charts.ambient(table))
    assert [(row["sample"], row["low"], row["share"], row["high"]) for row in drawn.rows("share")] == [
        ("a", 0.08, 0.1, 0.12)
    ]
    assert drawn.channel("x")[0]["scale"]["domain"][0] == 0
    assert drawn.channel("x")[0]["scale"]["domain"][1] > 0.12


@pytest.fixture
def pca() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    samples = [f"s{i}" for i in range(24)]
    parts = [
        pd.DataFrame({
            "dataset": "A", "sample": samples, "donor": samples, "condition": ["op", "control"] * 12,
            "component": component, "score": rng.normal(size=24), "variance_ratio": ratio,
        })
        for component, ratio in (("PC1", 0.344), ("PC2", 0.2), ("PC3", 0.1))
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def chosen(drawn: Any, channel: str) -> dict[str, str]:
    (found,) = drawn.channel(channel)
    return dict(zip(found["scale"]["domain"], found["scale"]["range"], strict=True))


def test_every_sample_stands_where_its_scores_are(pca: pd.DataFrame, draw: Draw) -> None:
    drawn = draw(charts.samples_pca(pca, pd.Series(dtype=object)))
    wide = pca.pivot_table(index="sample", columns="component", values="score")
    assert len(drawn.rows("x")) == 24
    for row in drawn.rows("x"):
        assert (row["x"], row["y"]) == pytest.approx(tuple(wide.loc[row["sample"], ["PC1", "PC2"]]), abs=1e-5)
    assert drawn.channel("x")[0]["axis"]["title"] == "PC1 (34 % of variance)"
    assert drawn.channel("y")[0]["axis"]["title"] == "PC2 (20 % of variance)"


def test_case_and_control_have_their_colours_and_shapes(pca: pd.DataFrame, draw: Draw) -> None:
    condition = dict(zip(pca["sample"], pca["condition"], strict=True))
    drawn = draw(charts.samples_pca(pca, condition, case="op", control="control"))
    assert chosen(drawn, "color") == {"op": _palette.CASE, "control": _palette.CONTROL}
    assert chosen(drawn, "shape") == {"op": "diamond", "control": "circle"}


def test_more_values_than_colours_are_other(pca: pd.DataFrame, draw: Draw) -> None:
    batch = {f"s{i}": f"b{min(i // 2, 10):02d}" for i in range(24)}  # b10 has four samples, all others two
    drawn = draw(charts.samples_pca(pca, batch, title="batch"))
    colours = chosen(drawn, "color")
    assert colours.pop("other") == _palette.OTHER
    assert sorted(colours) == ["b00", "b01", "b02", "b03", "b04", "b05", "b06", "b10"]
    assert set(colours.values()) == set(_palette.BATCHES)
    assert {row["shown"] for row in drawn.rows("x")} == set(batch.values())


def test_a_sample_without_a_value_is_grey(pca: pd.DataFrame, draw: Draw) -> None:
    drawn = draw(charts.samples_pca(pca, {"s0": "kit 1", "s1": None}))
    assert chosen(drawn, "color") == {"kit 1": _palette.BATCHES[0], "not known": _palette.OTHER}


def test_numbers_go_from_low_to_high(pca: pd.DataFrame, draw: Draw) -> None:
    drawn = draw(charts.samples_pca(pca, {f"s{i}": float(i) for i in range(1, 24)}, title="RIN"))
    (colour,) = drawn.channel("color")
    assert colour["condition"]["type"] == "quantitative"
    assert colour["condition"]["scale"]["range"] == list(_palette.SEQUENTIAL)
    assert len(colour["condition"]["scale"]["domain"]) == len(_palette.SEQUENTIAL)
    assert drawn.channel("shape") == []


def test_no_samples_are_still_a_chart(draw: Draw) -> None:
    empty = pd.DataFrame(columns=["dataset", "sample", "donor", "condition", "component", "score", "variance_ratio"])
    assert draw(charts.samples_pca(empty, {})).spec["width"] == "container"


def test_the_tooltip_does_not_say_the_condition_twice(pca: pd.DataFrame, draw: Draw) -> None:
    condition = dict(zip(pca["sample"], pca["condition"], strict=True))
    for values, lines in ((condition, 5), ({**condition, "s0": "kit 1"}, 6)):
        (tooltip,) = draw(charts.samples_pca(pca, values)).channel("tooltip")
        assert len(tooltip) == lines

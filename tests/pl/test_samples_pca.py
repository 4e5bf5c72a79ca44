"""Samples on their first two components."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore import pl
from fatescore.pl import _palette

Draw = Callable[[Any], Any]


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
    drawn = draw(pl.samples_pca(pca, pd.Series(dtype=object)))
    wide = pca.pivot_table(index="sample", columns="component", values="score")
    assert len(drawn.rows("x")) == 24
    for row in drawn.rows("x"):
        assert (row["x"], row["y"]) == pytest.approx(tuple(wide.loc[row["sample"], ["PC1", "PC2"]]), abs=1e-5)
    assert drawn.channel("x")[0]["axis"]["title"] == "PC1 (34 % of variance)"
    assert drawn.channel("y")[0]["axis"]["title"] == "PC2 (20 % of variance)"


def test_case_and_control_have_their_colours_and_shapes(pca: pd.DataFrame, draw: Draw) -> None:
    condition = dict(zip(pca["sample"], pca["condition"], strict=True))
    drawn = draw(pl.samples_pca(pca, condition, case="op", control="control"))
    assert chosen(drawn, "color") == {"op": _palette.CASE, "control": _palette.CONTROL}
    assert chosen(drawn, "shape") == {"op": "diamond", "control": "circle"}


def test_more_values_than_colours_are_other(pca: pd.DataFrame, draw: Draw) -> None:
    batch = {f"s{i}": f"b{min(i // 2, 10):02d}" for i in range(24)}  # b10 has four samples, all others two
    drawn = draw(pl.samples_pca(pca, batch, title="batch"))
    colours = chosen(drawn, "color")
    assert colours.pop("other") == _palette.OTHER
    assert sorted(colours) == ["b00", "b01", "b02", "b03", "b04", "b05", "b06", "b10"]
    assert set(colours.values()) == set(_palette.BATCHES)
    assert {row["shown"] for row in drawn.rows("x")} == set(batch.values())


def test_a_sample_without_a_value_is_grey(pca: pd.DataFrame, draw: Draw) -> None:
    drawn = draw(pl.samples_pca(pca, {"s0": "kit 1", "s1": None}))
    assert chosen(drawn, "color") == {"kit 1": _palette.BATCHES[0], "not known": _palette.OTHER}


def test_numbers_go_from_low_to_high(pca: pd.DataFrame, draw: Draw) -> None:
    drawn = draw(pl.samples_pca(pca, {f"s{i}": float(i) for i in range(1, 24)}, title="RIN"))
    (colour,) = drawn.channel("color")
    assert colour["condition"]["type"] == "quantitative"
    assert colour["condition"]["scale"]["range"] == list(_palette.SEQUENTIAL)
    assert len(colour["condition"]["scale"]["domain"]) == len(_palette.SEQUENTIAL)
    assert drawn.channel("shape") == []


def test_no_samples_are_still_a_chart(draw: Draw) -> None:
    empty = pd.DataFrame(columns=["dataset", "sample", "donor", "condition", "component", "score", "variance_ratio"])
    assert draw(pl.samples_pca(empty, {})).spec["width"] == "container"


def test_the_tooltip_does_not_say_the_condition_twice(pca: pd.DataFrame, draw: Draw) -> None:
    condition = dict(zip(pca["sample"], pca["condition"], strict=True))
    for values, lines in ((condition, 5), ({**condition, "s0": "kit 1"}, 6)):
        (tooltip,) = draw(pl.samples_pca(pca, values)).channel("tooltip")
        assert len(tooltip) == lines

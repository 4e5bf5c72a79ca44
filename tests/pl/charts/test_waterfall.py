"""Waterfall of the genes of a difference."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatescore.pl import charts
from fatescore.pl.charts.waterfall import steps


@given(
    values=st.lists(st.floats(-2, 2, allow_nan=False), min_size=1, max_size=60),
    most=st.integers(1, 30),
)
def test_waterfall_ends_at_the_sum(values: list[float], most: int) -> None:
    table = pd.DataFrame({"gene": [f"g{i}" for i in range(len(values))], "arm": "osteogenic", "contribution": values})
    bars = steps(table, most=most)
    assert bars["to"].iloc[-1] == pytest.approx(sum(values), abs=1e-6)
    assert bars["to"].iloc[-2] == pytest.approx(sum(values), abs=1e-6)
    assert bars["from"].iloc[1:-1].tolist() == pytest.approx(bars["to"].iloc[:-2].tolist(), abs=1e-6)
    assert len(bars) <= most + 2


def test_waterfall_writes_the_contributions_within_the_chart(svg: Callable[..., ET.Element]) -> None:
    genes = pd.DataFrame({
        "gene": ["RUNX2", "PPARG", "LPL"], "arm": ["osteogenic", "adipogenic", "adipogenic"],
        "contribution": [-0.3, 0.05, -0.004],
    })  # fmt: skip
    numbers = {
        tag.text: (tag.get("text-anchor"), float(re.findall(r"[-\d.]+", tag.get("transform", ""))[0]))
        for tag in svg(charts.waterfall(genes), width=180).iter()
        if tag.tag.endswith("}text") and tag.get("font-size") == "10px"
    }
    assert {text: anchor for text, (anchor, _) in numbers.items()} == {
        "−0.30": "end", "+0.05": "start", "−0.00": "end", "−0.25": "end",
    }  # fmt: skip
    for anchor, x in numbers.values():
        assert x >= 28 if anchor == "end" else x <= 180 - 28  # five characters of 10 pixels

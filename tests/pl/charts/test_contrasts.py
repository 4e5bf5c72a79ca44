"""Heat map of every measure in every contrast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from fatescore.pl import _palette, charts
from fatescore.tables import CONTRASTS


def cell(dataset: str, measure: str, **values: float) -> dict[str, Any]:
    base = dict.fromkeys(CONTRASTS.names, np.nan)
    return {**base, "dataset": dataset, "contrast": "op", "measure": measure, **values}


def test_heatmap_has_a_cell_per_measure_and_contrast(draw: Callable[[Any], Any]) -> None:
    table = pd.DataFrame([cell("A", "fate_bias", g=0.1), cell("A", "set:wnt", g=0.2), cell("B", "set:wnt")])
    drawn = draw(charts.heatmap(table)).rows("column")
    assert [(row["column"], row["measure"], row["g"]) for row in drawn] == [
        ("A", "fate_bias", 0.1),
        ("A", "wnt", 0.2),
        ("B", "wnt", None),
    ]


@pytest.mark.parametrize(("n", "expected"), [(4, ["1.2*", "−1.2", "0.5", "0.0", "–"]), (9, ["*", "–"])])
def test_heatmap_stars_what_is_below_the_fdr(svg: Callable[..., ET.Element], n: int, expected: list[str]) -> None:
    cells = [(1.234, 0.049), (-1.234, 0.05), (0.5, np.nan), (0.04, 0.9), (np.nan, 0.01)]
    table = pd.DataFrame([cell("A", f"m{i}", g=g, padj=padj) for i, (g, padj) in enumerate(cells)])
    others = pd.DataFrame([cell(f"B{i}", "m0", g=-0.9) for i in range(n - 1)])
    drawn = svg(charts.heatmap(pd.concat([table, others]), limit=1.5))
    found = [tag.text or "" for tag in drawn.iter() if tag.tag.endswith("}text")]
    assert [text for text in expected if text not in found] == []
    assert sum("*" in text for text in found) == 1
    assert ("−1.2" in found) == (n == 4)
    assert "Hedges' g (colour stops at ±1.5)" in found


def test_ink_on_the_heatmap_can_be_read(
    svg: Callable[..., ET.Element], contrast_ratio: Callable[[str, str], float]
) -> None:
    values = np.linspace(-2.5, 2.5, 21)
    table = pd.DataFrame([cell("A", f"m{i}", g=g) for i, g in enumerate(values)])
    (inks,) = [
        [tag.get("fill", "") for tag in group.iter() if tag.tag.endswith("}text")]
        for group in svg(charts.heatmap(table)).iter()
        if group.get("class", "").startswith("mark-text") and "layer_2" in group.get("class", "")
    ]
    fills = [_blend(g / 2) for g in np.clip(values, -2, 2)]
    assert min(contrast_ratio(ink, fill) for ink, fill in zip(inks, fills, strict=True)) > 3


def _blend(share: float) -> str:
    """The colour between the middle and one end, blended in RGB, which is close to Lab here."""
    end = _palette.rgb(_palette.CASE if share > 0 else _palette.CONTROL)
    middle = _palette.rgb("#F4F4F2")
    parts = [round(255 * (m + abs(share) * (e - m))) for m, e in zip(middle, end, strict=True)]
    return "#" + "".join(f"{part:02X}" for part in parts)

"""Pages of contrasts over three or more levels, and the look at all genes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore import pl, report, stats
from fatescore.report import _words
from fatescore.report.summary import summary_page
from fatescore.tables import CONFOUNDING

LEVELS = ["day0", "day7", "day14"]


def samples(slope: float, n: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    identity = {"dataset": "A", "sample": [f"S{i}" for i in range(3 * n)], "donor": [f"D{i}" for i in range(3 * n)]}
    bias = rng.normal(0, 0.05, 3 * n) + slope * np.repeat([0, 1, 2], n)
    return pd.DataFrame({**identity, "condition": np.repeat(LEVELS, n), "fate_bias": bias})


def row(slope: float = 0.4, **more: Any) -> dict[str, Any]:
    asked = {"levels": LEVELS, "measures": ["fate_bias"], "dataset": "A", "contrast": "time", **more}
    return stats.trend(samples(slope), **asked).iloc[0].to_dict()


@pytest.mark.parametrize(("slope", "way"), [(0.4, "rises by"), (-0.4, "falls by")])
def test_a_trend_in_words(slope: float, way: str) -> None:
    found = row(slope, kind="known_fate", expected="+", audit="clean")
    answer = _words.answer(found)
    amount = f"{abs(found['difference']):.3g} per step"
    assert f"In A, fate_bias {way} {amount}, " in answer.headline
    assert "from day0 over day7 to day14 (donors: 4 of day0, 4 of day14; exact p = " in answer.headline
    assert ("towards osteogenic (bone)" in answer.headline) == (slope > 0)
    assert ("agrees with the expectation" in answer.headline) == (slope > 0)
    assert answer.verdict.startswith("Confounding (day14 against day0 only): none of the recorded")
    assert answer.title == "day0 < day7 < day14 (time)"
    assert answer.numbers[0][0] == "slope per step [95 % CI]"


def test_levels_without_order_in_words() -> None:
    assert "In A, fate_bias differs between day0, day7 and day14 (" in _words.answer(row(0.4, ordered=False)).headline
    flat = _words.answer(row(0.0, ordered=False)).headline
    assert "is not told apart between day0, day7 and day14" in flat


def test_too_few_donors_and_no_slope_in_words() -> None:
    few = stats.trend(samples(0.4, n=2), levels=LEVELS, measures=["fate_bias"], dataset="A").iloc[0].to_dict()
    assert "fate_bias rises by" in _words.answer(few).headline
    assert "described, not tested" in _words.answer(few).headline
    few["levels"] = "day0 | day7 | day14"
    assert _words.answer(few).headline.endswith("was described, not tested.")
    assert "is the same as zero" in _words.answer(row() | {"difference": 0.0}).headline


def test_the_page_shows_every_level_and_all_genes(results: Any) -> None:
    tables = results.tables["GSE1"]
    data = samples(0.4).assign(dataset="GSE1")
    contrasts = pd.DataFrame([row(audit="clean") | {"dataset": "GSE1"}])
    shift = stats.expression_shift(np.random.default_rng(0).normal(size=(8, 500)), np.arange(8) < 4)
    empty = pd.DataFrame(columns=list(CONFOUNDING.names))
    audit = stats.add_evidence(empty, shift, dataset="GSE1", contrast="time")
    genes = tables.contributions.assign(contrast="time")
    page = report.dataset_page(
        replace(tables, sample_scores=data, scores=data, contrasts=contrasts, confounding=audit, contributions=genes)
    )
    assert "fate_bias in day0, day7, day14." in page
    assert all(f'"S{i}"' in page and f"<td>S{i}</td>" in page for i in range(12))
    assert f"All genes: {100 * shift.share:.2g} % of 500 genes differ at p &lt; 0.05" in page
    assert "a kit, a batch or another kind of cell does" in page
    total = contrasts["mean_case"].iloc[0] - contrasts["mean_control"].iloc[0]
    assert f"add up to the difference of fate_bias, {total:.3g}." in page
    assert "Which genes make the difference of day14 to day0" in page


def test_without_a_look_at_all_genes_nothing_is_said(results: Any) -> None:
    assert "All genes:" not in report.dataset_page(results.tables["GSE1"])


def test_the_summary_takes_a_trend_for_a_control(results: Any) -> None:
    found = row(kind="known_fate", expected="+", audit="clean")
    tables = results.summary()
    whole = pd.concat([tables.contrasts.astype(object), pd.DataFrame([found]).astype(object)], ignore_index=True)
    page = summary_page(replace(tables, contrasts=whole.infer_objects()))
    assert "A (4 against 4 donors; AUROC 1 over donors)" in page


def test_the_donor_plot_keeps_the_order_of_levels() -> None:
    chart = pl.donors(samples(0.4), case="day14", control="day0", levels=LEVELS).to_dict()
    points = next(data for data in chart["datasets"].values() if "condition" in data[0])
    assert list(dict.fromkeys(point["condition"] for point in points)) == LEVELS

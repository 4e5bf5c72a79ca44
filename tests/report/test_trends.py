"""Pages of contrasts over three or more levels, and the look at all genes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore import report, stats
from fatescore.pl import charts
from fatescore.report.answers import answer
from fatescore.report.summary import summary_page
from fatescore.tables import CONFOUNDING, join_names
from fatescore.tables.codes import Agreement, AuditVerdict, Test

LEVELS = ["day0", "day7", "day14"]


def samples(slope: float, n: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    identity = {"dataset": "A", "sample": [f"S{i}" for i in range(3 * n)], "donor": [f"D{i}" for i in range(3 * n)]}
    bias = rng.normal(0, 0.05, 3 * n) + slope * np.repeat([0, 1, 2], n)
    return pd.DataFrame({**identity, "condition": np.repeat(LEVELS, n), "fate_bias": bias})


def row(slope: float = 0.4, *, n: int = 4, ordered: bool = True, expected: str = "") -> dict[str, Any]:
    """Return the row of a contrast over three levels, with the codes that a step writes."""
    found = stats.trend(samples(slope, n), levels=LEVELS, ordered=ordered, measures=["fate_bias"], dataset="A")
    test = Test.EXACT_SLOPE if ordered else Test.EXACT_F
    sign = "+" if slope > 0 else "-"
    codes = {
        "contrast": "time", "kind": "known_fate" if expected else "other", "levels": join_names(LEVELS),
        "ordered": ordered, "p_method": f"{test}:arrangements=34650" if n > 2 else str(Test.NOT_TESTED),
        "expected": expected, "audit_verdict": str(AuditVerdict.CLEAN), "audit_fields": "", "note": "",
        "agreement": (Agreement.AGREES if sign == expected else Agreement.OPPOSITE) if expected else "",
    }  # fmt: skip
    return found.iloc[0].to_dict() | codes


@pytest.mark.parametrize(("slope", "way"), [(0.4, "rises by"), (-0.4, "falls by")])
def test_a_trend_in_words(slope: float, way: str) -> None:
    found = row(slope, expected="+")
    said = answer(found)
    amount = f"{abs(found['difference']):.3g} per step"
    assert f"In A, fate_bias {way} {amount}, " in said.headline
    assert "from day0 over day7 to day14 (donors: 4 of day0, 4 of day14; exact p = " in said.headline
    assert ("towards osteogenic (bone)" in said.headline) == (slope > 0)
    assert ("agrees with the expectation" in said.headline) == (slope > 0)
    assert said.verdict.startswith("Confounding (day14 against day0 only): none of the recorded")
    assert said.title == "day0 < day7 < day14 (time)"
    assert said.numbers[0][0] == "slope per step [95 % CI]"


def test_levels_without_order_in_words() -> None:
    assert "In A, fate_bias differs between day0, day7 and day14 (" in answer(row(0.4, ordered=False)).headline
    flat = answer(row(0.0, ordered=False)).headline
    assert "does not differ significantly between day0, day7 and day14" in flat


def test_too_few_donors_and_no_slope_in_words() -> None:
    few = row(0.4, n=2)
    assert "fate_bias rises by" in answer(few).headline
    assert "described, not tested" in answer(few).headline
    few["ordered"] = False
    assert answer(few).headline.endswith("was described, not tested.")
    assert "is the same as zero" in answer(row() | {"difference": 0.0}).headline


def test_the_page_shows_every_level_and_all_genes(results: Any) -> None:
    tables = results.tables["GSE1"]
    data = samples(0.4).assign(dataset="GSE1")
    contrasts = pd.DataFrame([row() | {"dataset": "GSE1"}])
    differ, expected = (
        "genes_differ:share=0.061,genes=500,alpha=0.05",
        "genes_expected:share=0.05,quantile=0.9,high=0.1",
    )
    audit = CONFOUNDING.frame([("GSE1", "time", "all genes", "evidence", differ, expected, None, 0.061, 0.3, "")])
    genes = tables.contributions.assign(contrast="time")
    page = report.dataset_page(
        replace(tables, sample_scores=data, scores=data, contrasts=contrasts, confounding=audit, contributions=genes)
    )
    assert "fate_bias in day0, day7, day14." in page
    assert all(f'"S{i}"' in page and f"<td>S{i}</td>" in page for i in range(12))
    assert "All genes: 6.1 % of 500 genes differ at p &lt; 0.05; 5 % expected when labels are permuted" in page
    assert "a kit, a batch or another kind of cell does" in page
    total = contrasts["mean_case"].iloc[0] - contrasts["mean_control"].iloc[0]
    assert f"add up to the difference of fate_bias, {total:.3g}." in page
    assert "Which genes make the difference of day14 to day0" in page


def test_without_a_look_at_all_genes_nothing_is_said(results: Any) -> None:
    assert "All genes:" not in report.dataset_page(results.tables["GSE1"])


def test_the_summary_takes_a_trend_for_a_control(results: Any) -> None:
    found = row(expected="+")
    tables = results.summary()
    whole = pd.concat([tables.contrasts.astype(object), pd.DataFrame([found]).astype(object)], ignore_index=True)
    page = summary_page(replace(tables, contrasts=whole.infer_objects()))
    assert "A (4 against 4 donors; AUROC 1 over donors)" in page


def test_the_donor_plot_keeps_the_order_of_levels() -> None:
    chart = charts.donors(samples(0.4), case="day14", control="day0", levels=LEVELS).to_dict()
    points = next(data for data in chart["datasets"].values() if "condition" in data[0])
    assert list(dict.fromkeys(point["condition"] for point in points)) == LEVELS

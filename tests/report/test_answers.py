"""What an answer says where a design can reach no verdict, and of results that are pooled."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from fatescore import stats
from fatescore.report import dataset_page, pooled, summary_page
from fatescore.report.answers import answer
from fatescore.report.elements import Answer
from fatescore.report.tables import records
from fatescore.tables import META_ROBUSTNESS
from fatescore.tables.codes import Agreement, Test

EMPTY = pd.DataFrame()


def compared(n: int, *, shift: float = -5.0, **more: Any) -> dict[str, Any]:
    """Return the row of a contrast of ``n`` against ``n`` donors, as the statistics write it."""
    donors = [f"d{place}" for place in range(2 * n)]
    bias = [shift + place / 10 for place in range(n)] + [place / 7 for place in range(n)]
    table = pd.DataFrame({
        "dataset": "A", "sample": donors, "donor": donors, "condition": ["op"] * n + ["old"] * n, "fate_bias": bias,
    })  # fmt: skip
    found = records(stats.contrast(table, case="op", control="old", measures=["fate_bias"], dataset="A", contrast="op"))
    significant = found[0]["p_value"] < 0.05
    codes = {
        "kind": "disease", "expected": "-", "levels": "", "note": "", "audit_verdict": "clean", "audit_fields": "",
        "agreement": str(Agreement.AGREES if significant else Agreement.NOT_SIGNIFICANT),
        "p_method": f"{Test.EXACT_PERMUTATION}:arrangements=252",
    }  # fmt: skip
    return found[0] | codes | more


def test_a_design_that_cannot_reach_a_verdict_gives_none() -> None:
    few, more = answer(compared(3)), answer(compared(5))
    assert few.headline.endswith(
        "No verdict on the expectation (a shift towards fat): with so few donors p cannot fall below 0.1."
    )
    assert "not significant" not in few.headline
    assert dict(few.numbers)["against the expectation"] == "no verdict possible"
    assert "This agrees with the expectation" in more.headline
    assert dict(more.numbers)["against the expectation"] == "agrees"
    same = answer(compared(5, shift=0.0))
    assert "It is not significant, where a shift towards fat was expected." in same.headline


def test_nothing_is_expected_nothing_is_said_of_it() -> None:
    said = answer(compared(3) | {"expected": "", "agreement": ""})
    assert "No verdict" not in said.headline
    assert "against the expectation" not in dict(said.numbers)


def test_levels_that_cannot_be_told_apart_by_any_result() -> None:
    row = compared(3) | {"levels": "old;op", "ordered": False, "p_value": 0.4, "p_smallest": 0.067}
    assert "no verdict can be given on fate_bias between old and op" in answer(row).headline
    assert "does not differ significantly between" in answer(row | {"p_smallest": 0.01}).headline


def test_a_confounded_p_is_marked_in_words() -> None:
    row = compared(5, audit_verdict="completely_confounded", audit_fields="kit")
    assert dict(answer(row).numbers)["p"] == "0.0079 (⚠ confounded)"
    assert dict(answer(row | {"audit_verdict": "clean"}).numbers)["p"] == "0.0079"


@pytest.mark.parametrize(("value", "said"), [(0.99996, ">0.999"), (1.0, "1"), (0.0001, "<0.001"), (0.0, "0")])
def test_the_auroc_over_cells_is_never_more_than_it_is(value: float, said: str) -> None:
    row = compared(5, auroc_cells=value)
    assert dict(answer(row).numbers)["AUROC over cells"] == said
    control = pd.DataFrame([row | {"kind": "known_fate"}])
    assert f"AUROC {said} over cells" in pooled.controls(control)


def pooled_answer(results: Any, robustness: pd.DataFrame = EMPTY, **more: Any) -> Answer:
    row = results.meta().set_index("measure").loc["fate_bias"].to_dict() | {"measure": "fate_bias", **more}
    return pooled.pooled(row, results.summary().contrasts, robustness)


@pytest.mark.parametrize(
    ("low", "high", "either"),
    [(-2.5, 0.9, True), (-2.5, -0.1, False), (0.1, 2, False), (-2, 0, False), (None, None, False)],
)
def test_a_new_data_set_may_go_either_way(results: Any, low: Any, high: Any, either: bool) -> None:
    said = pooled_answer(results, pi_low=low, pi_high=high).headline
    assert ("A new data set could go either way." in said) == either


def test_what_is_pooled_without_each_data_set(results: Any) -> None:
    rows = pd.DataFrame({
        "contrast": ["osteoporosis"] * 4 + ["other", "osteoporosis"],
        "measure": ["fate_bias"] * 5 + ["osteogenic"],
        "analysis": ["leave_one_out"] * 3 + ["tau2"] + ["leave_one_out"] * 2,
        "effect": [-3.9, -5.66, float("nan"), -9.0, -8.0, -7.0],
    }).reindex(columns=list(META_ROBUSTNESS.names))  # fmt: skip
    assert dict(pooled_answer(results, rows).numbers)["leave one data set out"] == "-5.66 to -3.9"
    assert "leave one data set out" not in dict(pooled_answer(results).numbers)
    assert "-5.66 to -3.9" in summary_page(results.summary(meta_robustness=rows))


def test_no_page_says_that_zero_of_the_index_parts_bone_from_fat(results: Any) -> None:
    for page in (dataset_page(results.tables["GSE1"]), summary_page(results.summary())):
        assert "higher is towards bone, lower towards fat" in page
        assert "positive means" not in page

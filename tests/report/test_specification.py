"""The pooled result under every method, on the summary page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fatescore.report import summary_page
from fatescore.tables import META_ROBUSTNESS, META_SPECIFICATION, SPECIFICATION


def test_the_summary_shows_every_method_from_low_to_high(results: Any) -> None:
    rows = pd.DataFrame(
        {
            "contrast": "osteoporosis", "method": ["rank_log", "ucell", "zscore"], "index": "core", "unit": "sample",
            "k": 3, "effect": [-1.25, -3.75, 0.625],
        }
    ).reindex(columns=list(META_SPECIFICATION.names))  # fmt: skip
    page = summary_page(results.summary(meta_specification=rows))
    table = page[page.index('id="specification-table"') :]
    assert table.index("ucell") < table.index("rank_log") < table.index("zscore")
    assert "specification-table" not in summary_page(results.summary(meta_specification=rows.iloc[:0]))
    assert "specification-table" not in summary_page(results.summary(meta_specification=rows.assign(k=0)))


def test_data_sets_that_are_not_pooled_are_shown_too(results: Any) -> None:
    rows = pd.DataFrame(
        {
            "dataset": "D", "contrast": ["op", "op", "bone"], "kind": ["disease", "disease", "known_fate"],
            "method": ["ucell", "rank_log", "zscore"], "index": "core", "unit": "sample", "g": [2.0, -1.0, 5.0],
            "audit_verdict": "completely_confounded", "audit_fields": "kit",
        }
    ).reindex(columns=list(SPECIFICATION.names))  # fmt: skip
    page = summary_page(results.summary(specification=rows))
    table = page[page.index('id="each-table"') :].split("</table>")[0]
    assert 0 < table.index("rank_log") < table.index("ucell")
    assert "completely confounded" in table  # wherever the difference goes, its warning goes too
    assert "zscore" not in table


def test_known_fates_stand_by_how_well_each_method_finds_them(results: Any) -> None:
    rows = pd.DataFrame(
        {
            "dataset": "D", "contrast": ["bone", "bone", "bone", "op"], "kind": ["known_fate"] * 3 + ["disease"],
            "method": ["ucell", "rank_log", "zscore", "ssgsea"], "index": "core", "unit": "sample",
            "auroc": [0.75, 1.0, float("nan"), 1.0], "g": [1.0, 3.0, 2.0, 9.0],
        }
    ).reindex(columns=list(SPECIFICATION.names))  # fmt: skip
    page = summary_page(results.summary(specification=rows))
    table = page[page.index('id="recovered-table"') :]
    table = table[: table.index("</table>")]
    assert 0 < table.index("rank_log") < table.index("ucell")
    assert "zscore" not in table  # nothing was found out
    page = summary_page(results.summary(specification=rows.assign(auroc_cells=[0.5, 0.5, 0.987, 0.5])))
    assert "0.987" in page[page.index('id="recovered-table"') :].split("</table>")[0]  # one donor an arm, many cells
    assert "ssgsea" not in table  # whose fate is not known
    assert "recovered-table" not in summary_page(results.summary())


def test_the_pooled_index_made_again(results: Any) -> None:
    rows = pd.DataFrame(
        {
            "contrast": "op", "measure": ["fate_bias", "fate_bias", "set:wnt"],
            "analysis": ["leave_one_out", "tau2", "leave_one_out"], "level": ["GSE1", "reml", "GSE2"],
            "effect": [-1.0, -2.0, -3.0],
        }
    ).reindex(columns=list(META_ROBUSTNESS.names))  # fmt: skip
    page = summary_page(results.summary(meta_robustness=rows))
    table = page[page.index('id="robustness-table"') :]
    table = table[: table.index("</table>")]
    assert "reml" in table
    assert "GSE2" not in table
    assert "robustness-table" not in summary_page(results.summary())

"""The pooled result under every method, on the summary page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fatescore import _keys
from fatescore.report import summary_page


def test_the_summary_shows_every_method_from_low_to_high(results: Any) -> None:
    rows = pd.DataFrame(
        {
            "contrast": "osteoporosis", "method": ["rank_log", "ucell", "zscore"], "index": "core", "unit": "sample",
            "k": 3, "effect": [-1.25, -3.75, 0.625],
        }
    ).reindex(columns=list(_keys.META_SPECIFICATION_COLUMNS))  # fmt: skip
    page = summary_page(results.summary(meta_specification=rows))
    table = page[page.index('id="specification-table"') :]
    assert table.index("ucell") < table.index("rank_log") < table.index("zscore")
    assert "specification-table" not in summary_page(results.summary())

from __future__ import annotations

import pytest

from fatescore.missing import is_missing

# The missing-value terms of INSDC as BioSample lists them, and marks that are common in GEO's series.
TERMS = [
    "not applicable", "not collected", "not provided", "restricted access", "missing", "missing: control sample",
    "missing: sample group", "missing: synthetic construct", "missing: lab stock", "missing: third party data",
    "missing: data agreement established pre-2023", "missing: endangered species", "missing: human-identifiable",
    "unknown", "NA", "N/A", "n.a.", "ND", "n.d.", ".", "-", "--", "---", "–", "?", "none", "nan", "NaN", "<NA>", "NULL",
    "", "  ", "#N/A", "not_available", "Not Recorded", "(not known)", "[unknown]", "data not available",
]  # fmt: skip


@pytest.mark.parametrize("text", [*TERMS, *map(str.upper, TERMS)])
def test_missing_value_terms(text: str) -> None:
    assert is_missing(text)


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-1",
        "no",
        "control",
        "untreated",
        "not treated",
        "NAD",
        "missing teeth",
        "<5",
        "+",
        "RUNX2",
        "unknown kit 3",
    ],
)
def test_answers(text: str) -> None:
    assert not is_missing(text)

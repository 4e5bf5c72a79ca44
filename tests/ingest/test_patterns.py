"""Columns of the sample table read from sample fields."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.ingest import ingest, read_fields

FIELDS = pd.DataFrame(
    {
        "title": ["MSC-old (#5)", "MSC-OP (#7)", "MSC-op, old (#8)"],
        "characteristics: age": ["80 yrs", "", "about 79"],
        "characteristics: Age at death": ["", "81", ""],
    },
    index=pd.Index(["GSM1", "GSM2", "GSM3"], name="geo_accession"),
)
CONDITION = {"field": "title", "values": {"control": "old", "osteoporosis": r"\bop\b"}}
DECLARED: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "array", "scale": "log2"}
PATTERNS = {
    "condition": {"field": "diagnosis", "values": {"osteoporosis": "OP"}, "otherwise": "control"},
    "donor": {"field": "title", "match": r"(\w+)[ -](\d)"},
    "age": {"field": "age"},
}


def read(**patterns: Any) -> list[list[str]]:
    return read_fields(FIELDS, patterns, "d").to_numpy().tolist()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"field": "title"}, ["MSC-old (#5)", "MSC-OP (#7)", "MSC-op, old (#8)"]),
        ({"field": "TITLE", "match": r"#(\d)"}, ["5", "7", "8"]),
        ({"field": "title", "match": r"#\d"}, ["#5", "#7", "#8"]),
        ({"field": "geo_accession"}, ["GSM1", "GSM2", "GSM3"]),
        ({"field": ["age", "age at death"], "match": r"\d+"}, ["80", "81", "79"]),
        ({"field": ["title", "age"], "values": {"aged": "^80"}, "otherwise": "-"}, ["aged", "-", "-"]),
        ({"field": "age", "match": r"\d+", "otherwise": "unknown"}, ["80", "unknown", "79"]),
        ({"field": "age", "values": {"old": r"\d"}, "otherwise": ""}, ["old", "", "old"]),
    ],
)
def test_values(pattern: dict[str, Any], expected: list[str]) -> None:
    assert [row[0] for row in read(x=pattern)] == expected


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (CONDITION, r'sample GSM3 of "d", column x: "MSC-op, old .#8." could be control and osteoporosis'),
        ({"field": "age", "match": r"\d+"}, r'sample GSM2 of "d", column x: "" does not fit'),
        ({"field": "age"}, r"sample GSM2 .* does not fit"),
        ({"field": ["title", "age"], "match": "never"}, r'"MSC-old .#5." and "80 yrs" does not fit'),
        ({"field": "titel"}, r'no sample of "d" has the field titel, which column x .*did you mean "title"'),
        ({"field": "title", "match": "(a)?old"}, r"sample GSM1 .*does not fit"),
    ],
)
def test_a_sample_that_does_not_fit_is_named(pattern: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(x=pattern)


def test_patterns_stand_for_the_sample_table(series: Callable[..., Path]) -> None:
    fields = ingest(series(), patterns=PATTERNS, **DECLARED).sample_fields
    assert fields["sample"].tolist() == ["GSM1", "GSM2", "GSM3", "GSM4"]
    assert fields["condition"].tolist() == ["control", "control", "osteoporosis", "osteoporosis"]
    assert fields["donor"].tolist() == ["ctrl", "ctrl", "op", "op"]
    assert fields["age"].tolist() == ["80", "81", "82", "83"]  # by key: its line is another one for GSM3 and GSM4


def test_the_sample_table_comes_before_patterns(series: Callable[..., Path]) -> None:
    table = pd.DataFrame(
        {
            "dataset": "d",
            "sample": ["op-1", "GSM4"],
            "donor": ["mine", ""],
            "condition": "",
            "use": ["", "no"],
            "kit": "k",
        }
    )
    result = ingest(series(), samples=table, patterns=PATTERNS, **DECLARED)
    assert result.sample_fields["sample"].tolist() == ["GSM1", "GSM2", "op-1"]
    assert result.sample_fields["donor"].tolist() == ["ctrl", "ctrl", "mine"]
    assert result.sample_fields["kit"].tolist() == ["", "", "k"]
    assert result.sample_fields["condition"].tolist()[2] == "osteoporosis"
    assert any("left out" in note and "GSM4" in note for note in result.facts["notes"])


def test_use_can_be_read_too(series: Callable[..., Path]) -> None:
    use = {"field": "title", "values": {"no": "op"}, "otherwise": ""}
    result = ingest(series(), patterns={**PATTERNS, "use": use}, **DECLARED)
    assert result.sample_fields["sample"].tolist() == ["GSM1", "GSM2"]


@pytest.mark.parametrize(
    ("table", "patterns", "message"),
    [
        (None, {"condition": PATTERNS["condition"]}, r'sample "GSM1" of data set "d" has no donor'),
        (
            None,
            {**PATTERNS, "donor": {"field": "title", "match": "(ctrl)"}},
            r'sample GSM3 of "d", column donor: "op-1"',
        ),
        (None, {**PATTERNS, "donor": {"field": "age", "match": "x", "otherwise": ""}}, r'"GSM1" .* has no donor'),
        (["GSM1", "GSM9"], PATTERNS, r"not in the data: GSM9"),
    ],
)
def test_a_value_that_no_field_holds_is_an_error(
    series: Callable[..., Path], table: list[str] | None, patterns: dict[str, Any], message: str
) -> None:
    rows = None if table is None else pd.DataFrame({"dataset": "d", "sample": table, "donor": "x1", "condition": "y"})
    if rows is not None:
        rows["donor"] = [f"x{n}" for n in range(len(rows))]
    with pytest.raises(InputError, match=message):
        ingest(series(), samples=rows, patterns=patterns, **DECLARED)


def test_samples_without_fields_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text("gene\ta\tb\nRUNX2\t4\t5\nPPARG\t0\t7\n")
    with pytest.raises(InputError, match=r"have no sample fields: a, b"):
        ingest(path, patterns=PATTERNS, **{**DECLARED, "assay": "bulk", "scale": "counts"})

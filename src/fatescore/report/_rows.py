"""Rows of the tables that pages tell of, and what a row says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore.report import _format
from fatescore.tables import columns as col

DISEASE, KNOWN = "disease", "known_fate"
WARNING = "cannot be separated from"
PARTLY = "partly confounded:"
TOO_FEW = "cannot be judged with so few donors"


def of_index(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of measures and sets, without the shares of cell types."""
    if "measure" not in contrasts:
        return contrasts
    return contrasts[~contrasts["measure"].astype(str).str.startswith(col.COMPOSITION_PREFIX)]


def rows_of(table: pd.DataFrame, *, kind: str = "", measure: str = "", contrast: str = "") -> pd.DataFrame:
    """Return the rows of a kind, measure and contrast."""
    chosen = table
    for column, value in (("kind", kind), ("measure", measure), ("contrast", contrast)):
        if value and column in chosen:
            chosen = chosen[chosen[column].astype(str) == value]
        elif value:
            return chosen.iloc[:0]
    return chosen


def tested(row: Mapping[str, Any]) -> bool:
    """Tell whether the row has a p value."""
    return not _format.is_missing(row.get("p_value"))


def warned(row: Mapping[str, Any]) -> bool:
    """Tell whether the audit could not separate the condition from another field."""
    return _format.text(row, "audit").startswith(WARNING)


def audited(row: Mapping[str, Any]) -> list[str]:
    """Return the fields that the audit names.

    Examples
    --------
    >>> audited({"audit": "partly confounded: age, kit"}), audited({"audit": "clean"})
    (['age', 'kit'], [])
    """
    text = _format.text(row, "audit")
    named = next((text.removeprefix(start).strip() for start in (WARNING, PARTLY) if text.startswith(start)), "")
    return named.split(", ") if named else []


def levels(row: Mapping[str, Any]) -> list[str]:
    """Return the levels of a row that compares more than two conditions, in order; else none.

    Examples
    --------
    >>> levels({"levels": "day0 < day7 < day14"}), levels({"case": "sick"})
    (['day0', 'day7', 'day14'], [])
    """
    text = _format.text(row, "levels")
    return text.split(" < " if " < " in text else " | ") if text else []

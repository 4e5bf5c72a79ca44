"""Rows of the tables of contrasts, and what a row tells by its codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore.report.formatting import is_missing, text
from fatescore.tables import columns as col
from fatescore.tables import parse_notes, split_names
from fatescore.tables.codes import AuditVerdict, Test

ALPHA = 0.05


def of_index(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of measures and sets, without the shares of cell types."""
    if "measure" not in contrasts:
        return contrasts
    return contrasts[~contrasts["measure"].astype(str).str.startswith(col.COMPOSITION_PREFIX)]


def rows_of(table: pd.DataFrame, **values: str) -> pd.DataFrame:
    """Return the rows that have these values; none where the table lacks a column.

    Examples
    --------
    >>> rows_of(pd.DataFrame({"kind": ["disease", "other"], "g": [1, 2]}), kind="disease")["g"].tolist()
    [1]
    """
    chosen = table
    for column, value in values.items():
        chosen = chosen[chosen[column].astype(str) == value] if column in chosen else chosen.iloc[:0]
    return chosen


def tested(row: Mapping[str, Any]) -> bool:
    """Tell whether the row has a p value."""
    return not is_missing(row.get("p_value"))


def undecidable(row: Mapping[str, Any]) -> bool:
    """Tell whether the row was tested although no result of its design could have reached p < ``ALPHA``.

    Examples
    --------
    >>> undecidable({"p_value": 0.1, "p_smallest": 0.1}), undecidable({"p_value": 0.1, "p_smallest": 0.008})
    (True, False)
    """
    smallest = row.get("p_smallest")
    return tested(row) and not is_missing(smallest) and float(str(smallest)) > ALPHA


def exactly_tested(row: Mapping[str, Any]) -> bool:
    """Tell whether p is from all arrangements.

    Examples
    --------
    >>> exactly_tested({"p_method": "exact_permutation:arrangements=126"}), exactly_tested({"p_method": ""})
    (True, False)
    """
    return any(note.code in set(Test) and Test(note.code).exact for note in parse_notes(row.get("p_method")))


def audit_verdict(row: Mapping[str, Any]) -> str:
    """Return the code of the confounding audit (``AuditVerdict``); empty without an audit."""
    return text(row, "audit_verdict")


def confounded(row: Mapping[str, Any]) -> bool:
    """Tell whether the condition is completely confounded with a sample field."""
    return audit_verdict(row) == AuditVerdict.COMPLETELY_CONFOUNDED


def audited_fields(row: Mapping[str, Any]) -> list[str]:
    """Return the fields with which the audit found the condition confounded.

    Examples
    --------
    >>> audited_fields({"audit_fields": "age;kit"}), audited_fields({"audit_fields": float("nan")})
    (['age', 'kit'], [])
    """
    return split_names(row.get("audit_fields"))


def levels(row: Mapping[str, Any]) -> list[str]:
    """Return the levels of a row that compares more than two conditions; else none.

    Examples
    --------
    >>> levels({"levels": "day0;day7;day14"}), levels({"case": "sick"})
    (['day0', 'day7', 'day14'], [])
    """
    return split_names(row.get("levels"))


def ordered(row: Mapping[str, Any]) -> bool:
    """Tell whether the levels follow each other; a table that was read may hold the flag as text."""
    return text(row, "ordered").casefold() == "true"


def sign(value: Any) -> str:
    """Return ``+``, ``-`` or ``0``, empty where the value is missing."""
    if is_missing(value):
        return ""
    return "0" if float(value) == 0 else "+" if float(value) > 0 else "-"

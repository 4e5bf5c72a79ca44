"""Names of donors, samples and conditions as text, whatever type their column has."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from fatescore.errors import InputError
from fatescore.missing import is_missing
from fatescore.tables import columns as col

_NAMES = {"na", "nd"}  # may be initials
_NEEDED = {col.SAMPLE, col.DONOR, col.CONDITION}


def label(value: object) -> str:
    """Return a name as text: no blanks around it, and whole numbers without a point; empty where it is missing.

    Examples
    --------
    >>> label(1), label(1.0), label(" a"), label(True), label(None), label(float("nan"))
    ('1', '1', 'a', 'True', '', '')
    """
    if isinstance(value, str):
        return value.strip()
    if value is None or value is pd.NA or value != value:  # NaN and NaT differ from themselves
        return ""
    is_whole = isinstance(value, (int, float, np.integer, np.floating)) and float(value).is_integer()
    return f"{value:.0f}" if is_whole and not isinstance(value, bool) else str(value)


def labels(values: Iterable[object]) -> list[str]:
    """Return names as text.

    Examples
    --------
    >>> labels(pd.Series(["a", None], dtype="category")), labels([0.0, 1.0])
    (['a', ''], ['0', '1'])
    """
    return [label(value) for value in values]


def label_column(column: pd.Series) -> pd.Series[str]:
    """Return a column of names as text, its rows named as before.

    Examples
    --------
    >>> label_column(pd.Series([1.0, 2.0], index=["x", "y"])).to_dict()
    {'x': '1', 'y': '2'}
    """
    return pd.Series(labels(column), index=column.index, dtype=object)


def with_labels(table: pd.DataFrame, columns: Iterable[str] = col.IDENTITY) -> pd.DataFrame:
    """Return a table, its rows numbered, whose names are text or missing.

    Raises
    ------
    InputError
        When a column stands twice, or a name is a number in one row and its text (``1.0``) in another.

    Examples
    --------
    >>> with_labels(pd.DataFrame({"donor": [1.0, 2.0, None], "x": 3}, index=[0, 0, 0]))["donor"].tolist()
    ['1', '2', None]
    """
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise InputError(f'the table has several columns "{twice}"', fix="drop or rename all but one")
    out = table.reset_index(drop=True)
    for name in columns:
        if name in out:
            found = labels(out[name])
            _check_twins(name, found)
            gap = None if name in _NEEDED else ""  # data sets need no name
            out[name] = pd.Series([text or gap for text in found], index=out.index, dtype=object)
    return out


def _check_twins(column: str, found: Iterable[str]) -> None:
    """Refuse "1" beside "1.0", which spreadsheets and pandas make of each other."""
    known = set(found)
    for text in sorted(known):
        if text.removesuffix(".0") != text and text.removesuffix(".0") in known:
            raise InputError(
                f'{column}s "{text.removesuffix(".0")}" and "{text}"', expected="one way of writing each name",
                fix=f'write them all as "{text.removesuffix(".0")}", or rename one',
            )  # fmt: skip


def is_nameless(text: str | None) -> bool:
    """Tell whether a name names nothing: ``unknown`` is not one donor.

    Examples
    --------
    >>> [is_nameless(text) for text in ("not collected", "nan", None, "NA", "D1")]
    [True, True, True, False, False]
    """
    return not text or (text.casefold() not in _NAMES and is_missing(text))

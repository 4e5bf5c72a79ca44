"""Numbers and lists as a person reads them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.i18n import ngettext

MISSING = "–"


def is_missing(value: Any) -> bool:
    """Tell whether a value is absent."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def filled_columns(table: pd.DataFrame, columns: Iterable[str], *, varying: Iterable[str] = ()) -> list[str]:
    """Return those of the columns in which the table has any value.

    Columns in ``varying`` are left out too where one value holds for all rows: the caption or the context gives it.

    Examples
    --------
    >>> filled_columns(pd.DataFrame({"a": [1.0], "b": [None], "c": [""]}), ["a", "b", "c", "d"])
    ['a']
    >>> filled_columns(pd.DataFrame({"unit": ["donor"] * 2, "g": [1.0, 1.0]}), ["unit", "g"], varying=["unit"])
    ['g']
    """
    filled = [name for name in columns if name in table and not all(map(is_missing, table[name]))]
    return [name for name in filled if name not in varying or len(set(table[name])) > 1]


def text(row: Mapping[str, Any], column: str) -> str:
    """Return a text value of a row, empty when it is absent."""
    value = row.get(column)
    return "" if is_missing(value) else str(value)


def texts(table: pd.DataFrame, column: str) -> list[str]:
    """Return a column as text; empty when the table lacks it."""
    return [str(value) for value in table[column]] if column in table else []


def number(value: Any, digits: int = 3) -> str:
    """Return a number with ``digits`` significant digits; from 1,000 on with thousands separators.

    Examples
    --------
    >>> number(0.123456), number(1949), number(float("nan")), number(5.0)
    ('0.123', '1,949', '–', '5')
    """
    if is_missing(value):
        return MISSING
    real = float(value)
    if math.isinf(real):
        return "∞" if real > 0 else "-∞"
    if real == int(real) and abs(real) < 1e15:
        return f"{int(real):,}"
    if abs(real) >= 1000:
        return f"{real:,.0f}"
    return f"{real:.{digits}g}" if abs(real) >= 1e-4 else f"{real:.1e}"


def p(value: Any) -> str:
    """Return a p value.

    Examples
    --------
    >>> p(0.03174), p(1.0), p(None)
    ('0.032', '1', '–')
    """
    if is_missing(value):
        return MISSING
    real = float(value)
    return f"{real:.2g}" if real >= 1e-4 else f"{real:.1e}"


def auroc(value: Any) -> str:
    """Return an AUROC; only a perfect one is shown as 1 or 0.

    Examples
    --------
    >>> auroc(0.875), auroc(0.99996), auroc(1.0), auroc(0.0004)
    ('0.875', '>0.999', '1', '<0.001')
    """
    if is_missing(value):
        return MISSING
    real = float(value)
    if 0.9995 <= real < 1:
        return ">0.999"
    return "<0.001" if 0 < real < 0.0005 else number(real)


def percent(share: Any) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> percent(0.5), percent(-1.25)
    ('50 %', '-125 %')
    """
    return MISSING if is_missing(share) else f"{100 * float(share):.0f} %"


def plain(value: Any) -> str:
    """Return a value of a sample field: a year or a code is no quantity, so it gets no separators.

    Examples
    --------
    >>> plain(2019), plain(76131.0), plain("f")
    ('2019', '76131', 'f')
    """
    if is_missing(value):
        return MISSING
    return f"{value:.10g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def sentences(*texts: str) -> str:
    """Put sentences one after the other; a full-width stop needs no space behind it.

    Examples
    --------
    >>> sentences("One.", "", "Two.")
    'One. Two.'
    """
    return " ".join(text for text in texts if text).replace("。 ", "。")


def donors(n: Any) -> str:
    """Return a number of donors.

    Examples
    --------
    >>> donors(1), donors(5)
    ('1 donor', '5 donors')
    """
    return ngettext("{n} donor", "{n} donors", n).format(n=number(n))


def span(low: str, high: str) -> str:
    """Return a range.

    Examples
    --------
    >>> span("-1", "2")
    '-1 to 2'
    """
    return _("{low} to {high}").format(low=low, high=high)

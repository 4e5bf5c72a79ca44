"""Names that are no gene's: missing values, numbers, and the dates that spreadsheets make of symbols.

Ziemann et al. 2016 (doi:10.1186/s13059-016-1044-7), Abeysooriya et al. 2021 (doi:10.1371/journal.pcbi.1008984).
"""

from __future__ import annotations

import re

from fatescore.missing import is_missing

MISSING = "missing"
DATE = "date"
NUMBER = "number"

# As spreadsheets write months in English, German, French, Spanish, Portuguese, Italian and Dutch.
_MONTH = (
    "jan|janv|ene|gen|jän|feb|febr|févr|fév|fevr|fev|mar|mär|mrz|mrt|mars|märz|apr|avr|abr|may|mai|maj|mag|mei|maio"
    "|jun|juin|giu|jul|juil|lug|aug|août|aout|ago|sep|sept|set|oct|okt|ott|out|nov|dec|déc|dez|dic"
    "|january|february|march|april|june|july|august|september|october|november|december"
    "|januar|februar|juni|juli|oktober|dezember|marzo|maerz"
)
# Month before number only where no gene is written so: AGO-2, SET-7 and DIC-1 are genes.
_MONTH_FIRST = "jan|feb|mar|mär|mrz|apr|may|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez"
_DATE = re.compile(
    rf"\d{{1,2}}(?:\.\s*|[-/ ]\s*)(?:{_MONTH})\.?(?:[-/ .]+\d{{2}}(?:\d{{2}})?)?"  # 1-Mar, 01. Mrz, 2-Sep-06
    rf"|\d{{1,2}}(?:{_MONTH})\d{{2}}(?:\d{{2}})?"  # 01MAR2006
    rf"|(?:{_MONTH_FIRST})\.?[-/ ]+(?:\d{{1,2}}|\d{{4}})"  # Mar-01
    r"|\d{4}([-/.])\d{1,2}\1\d{1,2}(?:[ T][\d:.]*Z?)?"  # 2006/09/02, 2006-09-02 00:00:00
    r"|\d{1,2}([-/.])\d{1,2}\2\d{2}(?:\d{2})?(?:[ T][\d:.]*Z?)?",  # 01.03.2006
    re.IGNORECASE,
)
# 2.31E+13 was a RIKEN clone; 2310009E13, which still is one, has seven digits before the letter.
_NUMBER = re.compile(
    r"[^\w]*\d[^a-zA-Z]*|[+-]?\d{0,6}(?:[.,]\d*)?(?<=[\d.,])[eE][+-]?\d+|[+-]?inf(?:inity)?", re.IGNORECASE
)


def name_error(name: str) -> str:
    """Return why a name is no gene's: ``missing``, ``date`` or ``number``; an empty text for any other.

    Examples
    --------
    >>> [name_error(name) for name in ("NA", "1-Mar", "2006/09/02", "44621", "2.31E+13")]
    ['missing', 'date', 'date', 'number', 'number']
    >>> [name_error(name) for name in ("RUNX2", "SEPT2", "7SK", "2310009E13Rik")]
    ['', '', '', '']
    """
    if is_missing(name):
        return MISSING
    if _DATE.fullmatch(name):
        return DATE
    return NUMBER if _NUMBER.fullmatch(name) else ""

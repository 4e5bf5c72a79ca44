"""Reading the values of a sample field as numbers of one unit, however they are written."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from fatescore.tables.codes import NoteCode
from fatescore.tables.notes import Note
from fatescore.typing import BoolArray, FloatArray

_DIGITS = r"(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_NAME = r"(?:(?:passages?|p|aged?|bmi)[.:]? *)?"
_ABOUT = r"[~≈] *|(?:about|around|approx(?:\.|imately)?|circa|ca\.|c\.) *|ca "
_BOUND = (
    r"[<>]=? *|[≤≥] *"
    r"|(?:over|above|under|below|at least|at most|up to|(?:more|less|greater|older|younger|fewer) than) +"
)
_TAIL = r"[^\d]*(?:/ ?m\^?2)?"
_NUMBER = re.compile(
    rf"(?P<about>{_ABOUT})?{_NAME}(?P<bound>{_BOUND})?(?P<number>[-+]?{_DIGITS})(?P<tail>{_TAIL})", re.IGNORECASE
)
_RANGE = re.compile(
    rf"(?:{_ABOUT})?{_NAME}(?P<low>[-+]?{_DIGITS}) ?(?P<unit>[^\W\d]*) ?(?:- ?{_NAME}(?P<high>{_DIGITS})"
    rf"|(?:to|\.\.\.?) ?{_NAME}(?P<up>[-+]?{_DIGITS}))(?P<tail>{_TAIL})",
    re.IGNORECASE,
)
_OPEN_END = re.compile(
    r"[\sa-z]*?(?:\+|\bplus\b"
    r"|\b(?:or|and) (?:older|over|above|more|up|higher|greater|younger|under|below|less|lower|fewer)\b)",
    re.IGNORECASE,
)
_UNIT = re.compile(r"[\s-]*([^\W\d_]+(?:/[^\W\d_]+)?|%)")
_YEARS_MONTHS = re.compile(r"(\d+) ?y[a-z]*,? ?(?:and )?(\d+) ?mo?(?:n?ths?)?", re.IGNORECASE)
_DATE = re.compile(
    r"(?:[a-z]{3,9} \d{1,2},? \d{4}|\d{1,2}[ -][a-z]{3,9}[ -]\d{4}|\d{4}[-/]\d{2}[-/]\d{2}.*)", re.IGNORECASE
)
_SHORT_DATE = re.compile(r"(\d{1,2})([/.])(\d{1,2})\2(\d{4})")
_WITH_COMMA = re.compile(r"\d+(?:,\d+)+")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_SPELLINGS = {
    "y": "year", "yr": "year", "yo": "year", "y/o": "year", "mo": "month", "mth": "month", "wk": "week", "w": "week",
    "d": "day", "h": "hour", "hr": "hour", "percent": "%",
}  # fmt: skip
# Units that are converted into each other, with what they are in days or grams.
_SCALES = (
    {"year": 365.25, "month": 365.25 / 12, "week": 7.0, "day": 1.0, "hour": 1 / 24},
    {"kg": 1e3, "g": 1.0, "mg": 1e-3, "ug": 1e-6, "μg": 1e-6, "ng": 1e-9},
)
_UNITS = {unit for scale in _SCALES for unit in scale}.union(
    ["", "%", "l", "ml", "ul", "μl", "mm", "cm", "nm", "um", "μm", "m", "mol", "mmol", "umol", "μmol", "nmol", "pmol",
     "iu", "u", "kg/m", "min", "s", "x", "c", "ng/ml", "mg/dl", "mmol/l"]
)  # fmt: skip
_OF_ONE_LETTER = "cdfghklmswxy%"
_SEXES = {"f", "m", "female", "male"}
_SHOWN = 6


@dataclass(frozen=True)
class Numbers:
    """Numbers read from text, NaN where there is none; dates are days since 1970.

    Attributes
    ----------
    array
        One per text.
    dates
        Whether they are dates.
    left_out
        Which texts are there and could not be read.
    notes
        What was read as something else than it says, converted, or left out.
    """

    array: FloatArray
    dates: bool
    left_out: BoolArray
    notes: tuple[Note, ...] = ()


class _Value(NamedTuple):
    number: float
    unit: str
    exact: bool = True
    ends: tuple[float, float] | None = None
    doubtful: bool = False  # 1D may be a day or a well


def parse_numbers(texts: pd.Series) -> Numbers | None:
    """Read values as numbers of one unit, or as dates; None where fewer than half are.

    What cannot be read beside numbers is left out, and noted; where the numbers repeat it is taken for a category, and
    the field for text. A bound (``>89``, ``90+``) is read as the number, a range as its middle, both noted; times and
    masses are converted to the unit that most values have. A comma is read as the decimal sign, unless it sets
    off thousands in every value that has one.

    Examples
    --------
    >>> parse_numbers(pd.Series(["79 yrs (old)", ">89 y", "80-85 y", "18 months"])).array.tolist()
    [79.0, 89.0, 82.5, 1.5]
    >>> parse_numbers(pd.Series(["kit 1", "kit 2"])) is None
    True
    """
    known = texts.dropna().astype(str)
    if known.empty:
        return None
    numbers = _numbers(known.tolist())
    found = _dates(known.tolist()) if numbers is None else numbers
    if found is None:
        return None
    position = np.flatnonzero(texts.notna())
    values, left_out = np.full(len(texts), np.nan), np.zeros(len(texts), dtype=bool)
    values[position], left_out[position] = found.array, found.left_out
    return Numbers(values, found.dates, left_out, found.notes)


def _numbers(texts: Sequence[str]) -> Numbers | None:
    plain = _without_commas(texts)
    read = _without_overlaps([_read(text) for text in plain])
    units = {value.unit for value in read if value}
    if None in read or len(units) > 1:  # a letter may be a unit only where it is the unit of every value
        read = [None if value and value.doubtful else value for value in read]
    values, main = _in_one_unit(read)
    taken = np.isfinite(values)
    if not _enough(values[taken], len(texts)):
        return None
    pairs = list(zip(texts, read, taken.tolist(), strict=True))
    inexact = [text for text, value, use in pairs if use and value and not value.exact]
    converted = sorted({value.unit for _, value, use in pairs if use and value and _scale(value.unit, main)})
    notes = [Note(NoteCode.VALUES_APPROXIMATE, {"values": _few(inexact)})] if inexact else []
    notes += [Note(NoteCode.UNITS_CONVERTED, {"units": converted, "unit": main})] if converted else []
    return Numbers(values, False, ~taken, (*notes, *_left_out(texts, taken)))


def _dates(texts: Sequence[str]) -> Numbers | None:
    short = [_SHORT_DATE.fullmatch(text) for text in texts]
    # 3/4/2012 is March in the United States, unless another value shows that the day stands first
    day_first = any(int(found[1]) > 12 for found in short if found)
    iso = [_iso(found, day_first) if found else text for found, text in zip(short, texts, strict=True)]
    like = pd.Series([text if _DATE.fullmatch(text) else None for text in iso], dtype=object)
    days = pd.to_datetime(like, errors="coerce", format="mixed", utc=True)
    since = (days - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    values: FloatArray = np.asarray(since, dtype=np.float64)
    taken: BoolArray = np.isfinite(values)
    if not _enough(values[taken], len(texts)):
        return None
    return Numbers(values, True, ~taken, tuple(_left_out(texts, taken)))


def _iso(found: re.Match[str], day_first: bool) -> str:
    day, month = (found[1], found[3]) if day_first or found[2] == "." else (found[3], found[1])
    return f"{found[4]}-{month:0>2}-{day:0>2}"


def _enough(values: FloatArray, n: int) -> bool:
    """Whether numbers among n values make a field of numbers; beside words, numbers that repeat are names."""
    return len(values) == n or (2 * len(values) >= n and 2 * len(np.unique(values)) > len(values))


def _left_out(texts: Sequence[str], taken: BoolArray) -> list[Note]:
    left = [text for text, use in zip(texts, taken.tolist(), strict=True) if not use]
    return [Note(NoteCode.VALUES_LEFT_OUT, {"samples": len(left), "values": _few(left)})] if left else []


def _few(texts: Sequence[str]) -> list[str]:
    distinct = sorted(set(texts))
    return distinct[:_SHOWN] + (["..."] if len(distinct) > _SHOWN else [])


def _without_commas(texts: Sequence[str]) -> list[str]:
    """Return texts with plain digits and signs, and a point as the decimal sign."""
    plain = [unicodedata.normalize("NFKC", text).translate(_DASHES) for text in texts]
    thousands = all(_THOUSANDS.fullmatch(token) for text in plain for token in _WITH_COMMA.findall(text))
    return [re.sub(r"(?<=\d),(?=\d)", "" if thousands else ".", text) for text in plain]


def _read(text: str) -> _Value | None:
    found = _NUMBER.fullmatch(text)
    if found:
        tail, number = found["tail"], float(found["number"])
        unit = _unit(tail)
        attached = len(unit) == 1 and tail[0].isalpha()
        if (attached and tail[0].casefold() not in _OF_ONE_LETTER) or not np.isfinite(number):
            return None
        exact = not (found["about"] or found["bound"] or _OPEN_END.match(tail))
        return _Value(number, _SPELLINGS.get(unit, unit), exact, doubtful=attached and tail[0].isupper())
    if age := _YEARS_MONTHS.fullmatch(text):
        return _Value(int(age[1]) + int(age[2]) / 12, "year")
    found = _RANGE.fullmatch(text)
    if not found:
        return None
    high = found["high"] or found["up"]
    low, top, unit = float(found["low"]), float(high), _unit(found["tail"]) or _unit(found["unit"])
    named = re.match(r"0\d", found["low"]) or re.match(r"0\d", high)  # 01-02 numbers a sample
    if named or not low < top < np.inf:
        return None
    return _Value((low + top) / 2, _SPELLINGS.get(unit, unit), exact=False, ends=(low, top))


def _without_overlaps(read: list[_Value | None]) -> list[_Value | None]:
    """Take ranges for names (``12-345``) where there is nothing else and they overlap, as those of ages do not."""
    ends = sorted({value.ends for value in read if value and value.ends})
    overlap = any(before[1] > after[0] for before, after in itertools.pairwise(ends))
    if overlap and not any(value for value in read if value and not value.ends):
        return [None] * len(read)
    return read


def _unit(tail: str) -> str:
    """Return the first word of what follows a number, in the singular."""
    found = _UNIT.match(tail)
    word = found[1].casefold() if found else ""
    return word.removesuffix("s") if len(word) > 2 else word


def _in_one_unit(read: Sequence[_Value | None]) -> tuple[FloatArray, str]:
    """Return the numbers in the unit that most have, NaN where one has another that cannot be converted."""
    named = {value.unit for value in read if value} - {""}
    if len(named) > 1 and named <= _SEXES:  # 82 F and 80 M
        named = set()
    if len(named) > 1:  # 1 control and 2 patients are no units
        read = [value if value and value.unit in _UNITS else None for value in read]
    units = [value.unit for value in read if value]
    main = (
        max(sorted(set(units), reverse=True), key=units.count, default="") if len(named) > 1 else min(named, default="")
    )
    if len(named) == 1 and _scale(main, "year") and 2 * units.count(main) < len(units):
        main = ""  # 82 beside 18 months is in years, or who knows
    values = np.full(len(read), np.nan)
    whole = main == "%" and any(value.number > 1 for value in read if value and value.unit == "%")
    for place, value in enumerate(read):
        if value is None or (whole and not value.unit and 0 < value.number <= 1):  # 0.4 beside 40 % may be either
            continue
        if value.unit == main or not named or (len(named) == 1 and main and not value.unit):
            values[place] = value.number
        elif scale := _scale(value.unit, main):
            values[place] = value.number * scale
    return values, main


def _scale(unit: str, main: str) -> float:
    """Return what one unit is in the other, 0 where they cannot be converted or need not be."""
    known = next((scale for scale in _SCALES if unit in scale and main in scale), None)
    return known[unit] / known[main] if known and unit != main else 0.0

"""Reading the fields of samples as numbers or text, and writing them on one line in no language."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fatescore.typing import BoolArray, FloatArray

_NUMBER = re.compile(r"(?:(?:p|passage)\.? *)?([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*([^\d]*)", re.IGNORECASE)
_DATE = re.compile(
    r"(?:[a-z]{3,9} \d{1,2},? \d{4}|\d{1,2}[ -][a-z]{3,9}[ -]\d{4}|\d{4}[-/]\d{2}[-/]\d{2}.*)", re.IGNORECASE
)
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?!\d)")
_TIMES = {
    "y": "year", "yr": "year", "yo": "year", "mo": "month", "mth": "month", "wk": "week", "w": "week", "d": "day",
    "h": "hour", "hr": "hour",
}  # fmt: skip
# A point between digits is part of a number; plus and minus tell CD271+ from CD271-.
_PUNCTUATION = re.compile(r"(?<!\d)\.|\.(?!\d)|[,;:!?'\"()\[\]]")
_MISSING = {"", "na", "n/a", "nan", "none", "null", "not available", "missing", "unknown"}
_WIDTH = 80
_AROUND = 4  # words
_SHOWN = 4
_NO_VALUE = "NA"


@dataclass(frozen=True)
class Numbers:
    """Numbers read from text; dates are days since 1970."""

    values: FloatArray
    dates: bool


def clean_text(field: pd.Series) -> pd.Series:
    """Return values as text with single blanks; what stands for "missing" becomes missing.

    Examples
    --------
    >>> clean_text(pd.Series([1.0, "kit  A", "n/a"])).tolist()
    ['1.0', 'kit A', nan]
    """
    text = field.astype(object).map(lambda value: " ".join(str(value).split()), na_action="ignore")
    return text.where(text.notna() & ~text.astype(str).str.casefold().isin(_MISSING), np.nan)


def same_wording(texts: pd.Series) -> pd.Series:
    """Give texts that differ only in capitals and punctuation the wording that sorts first.

    Examples
    --------
    >>> same_wording(pd.Series(["Washed, then lysed.", "washed then lysed", "0.5", "05"])).tolist()
    ['Washed, then lysed.', 'Washed, then lysed.', '0.5', '05']
    """
    known = sorted(set(texts.dropna()))
    first: dict[str, str] = {}
    for text in known:
        first.setdefault(_wording(text), text)
    return texts.map({text: first[_wording(text)] for text in known})


def parse_numbers(texts: pd.Series) -> Numbers | None:
    """Read every value as a number (with the same first word of unit, if any) or as a date, or return None.

    A comma is read as the decimal sign, unless it sets off thousands in every value that has one.

    Examples
    --------
    >>> parse_numbers(pd.Series(["79 yrs (old)", "80 yrs"])).values.tolist()
    [79.0, 80.0]
    >>> parse_numbers(pd.Series(["kit 1", "kit 2"])) is None
    True
    """
    known = texts.dropna()
    with_comma = [text for text in known if "," in text]
    comma = "" if all(_THOUSANDS.match(text) for text in with_comma) else "."
    matches = [_NUMBER.fullmatch(re.sub(r"(?<=\d),(?=\d)", comma, text)) for text in known]
    values = np.full(len(texts), np.nan)
    positions = np.flatnonzero(texts.notna())
    read = [match for match in matches if match is not None]
    if len(read) == len(known) and len({_unit(match[2]) for match in read} - {""}) < 2:
        values[positions] = [float(match[1]) for match in read]
        return Numbers(values, dates=False)
    if all(_DATE.fullmatch(text) for text in known):
        days = pd.to_datetime(known, errors="coerce", format="mixed", utc=True)
        if days.notna().all():
            values[positions] = (days - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
            return Numbers(values, dates=True)
    return None


def _unit(text: str) -> str:
    """Return the first word of a unit, the many spellings of a time as one."""
    word = (text.split() or [""])[0].casefold().rstrip(".,;:")
    word = word.removesuffix("s") if len(word) > 1 else word
    return _TIMES.get(word, word)


def format_numbers(values: FloatArray, *, dates: bool) -> str:
    """Return mean and range, or the one value that there is.

    Examples
    --------
    >>> format_numbers(np.array([1.0, 3.0]), dates=False), format_numbers(np.array([0.0]), dates=True)
    ('2 [1, 3]', '1970-01-01')
    """
    if not len(values):
        return _NO_VALUE

    def one(value: float) -> str:
        if dates:
            return str((pd.Timestamp(0) + pd.Timedelta(days=value)).date())
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"

    low, high = float(values.min()), float(values.max())
    return one(low) if low == high else f"{one(float(values.mean()))} [{one(low)}, {one(high)}]"


def format_texts(labels: Sequence[str], is_case: BoolArray) -> tuple[str, str]:
    """Return the values of each side with their number of donors; of long texts, the words that differ.

    Examples
    --------
    >>> format_texts(["A", "A", "B"], np.array([True, True, False]))
    ('A (2)', 'B (1)')
    """
    short = dict(zip(labels, _differing(labels), strict=True))
    sides = []
    for chosen in (is_case, ~is_case):
        counts = Counter(short[label] for label, use in zip(labels, chosen, strict=True) if use)
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        more = [f"+{len(ranked) - _SHOWN}"] if len(ranked) > _SHOWN else []
        sides.append("; ".join([f"{text} ({number})" for text, number in ranked[:_SHOWN]] + more))
    return sides[0], sides[1]


def _differing(labels: Sequence[str]) -> list[str]:
    """Leave the words out that all long texts begin or end with."""
    distinct = sorted({label for label in labels if label})
    front = back = 0
    if len(distinct) > 1 and max(map(len, distinct)) > _WIDTH:
        words = [[_wording(word) for word in label.split()] for label in distinct]
        front = _common(words)
        back = _common([row[front:][::-1] for row in words])
    return [_shorten(label.split(), front, back) for label in labels]


def _common(rows: Sequence[Sequence[str]]) -> int:
    return sum(1 for _ in itertools.takewhile(lambda column: len(set(column)) == 1, zip(*rows, strict=False)))


def _shorten(words: Sequence[str], front: int, back: int) -> str:
    if not words:
        return _NO_VALUE
    # Some words around the difference tell what it is about, and stand alone where the difference is a gap.
    before, after = max(front - _AROUND, 0), max(back - _AROUND, 0)
    kept = " ".join(words[before : len(words) - after])
    kept = kept if len(kept) <= _WIDTH else kept[:_WIDTH].rstrip() + " ..."
    return ("... " if before else "") + kept + (" ..." if after and not kept.endswith("...") else "")


def _wording(text: str) -> str:
    return " ".join(_PUNCTUATION.sub(" ", text.casefold()).split())

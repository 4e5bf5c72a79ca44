"""Reading the fields of samples as numbers or text, and writing them on one line in no language."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fatescore.missing import is_missing
from fatescore.stats._numbers import Numbers, parse_numbers
from fatescore.typing import BoolArray, FloatArray

# A point between digits is part of a number; plus and minus tell CD271+ from CD271-.
_PUNCTUATION = re.compile(r"(?<!\d)\.|\.(?!\d)|[,;:!?'\"()\[\]]")
# An answer among words, a missing value among numbers.
_ABSENT = {"none", "nil"}
_KEYED = re.compile(r"([^\W\d][^:=\d]{0,39}[:=])\s*(.*)")
_WIDTH = 80
_AROUND = 4  # words
_SHOWN = 4
_NO_VALUE = "NA"


@dataclass(frozen=True)
class Field:
    """A sample field: its values as text of one wording, missing where there is none, and as numbers if they are."""

    texts: pd.Series
    numbers: Numbers | None


def read_field(field: pd.Series) -> Field:
    """Read the values of a field, of whatever type, as numbers or text.

    Examples
    --------
    >>> read_field(pd.Series(["age: 82", "age: not collected", "age: >89"])).numbers.array.tolist()
    [82.0, nan, 89.0]
    >>> read_field(pd.Series(["none", "Dex", "dex", "n/a"])).texts.tolist()
    ['none', 'Dex', 'Dex', nan]
    """
    raw = _as_text(field)
    bare = _without_key(raw)
    known = bare.map(lambda text: np.nan if is_missing(text) else text, na_action="ignore")
    numbers = parse_numbers(known)
    given = known.notna()
    if numbers is None and given.any():
        folded = bare.map(str.casefold, na_action="ignore")
        given |= folded.isin(_ABSENT | ({"-"} if (folded == "+").any() else set()))
    known = raw.where(given)
    return Field(same_wording(known), numbers)


def _as_text(field: pd.Series) -> pd.Series:
    """Return values as text with single blanks, in a column of objects."""
    text = [np.nan if gap else " ".join(str(value).split()) for value, gap in zip(field, field.isna(), strict=True)]
    return pd.Series(text, index=field.index, dtype=object)


def _without_key(texts: pd.Series) -> pd.Series:
    """Take off what stands before the colon of every value (``age: 82``)."""
    keyed = texts.map(_KEYED.fullmatch, na_action="ignore")
    found = [one for one in keyed if isinstance(one, re.Match)]
    if len(found) < texts.notna().sum() or len({one[1].casefold() for one in found}) != 1:
        return texts
    return keyed.map(lambda one: one[2], na_action="ignore")


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

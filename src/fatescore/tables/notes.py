"""Codes with values in one cell of a table, written as in a VCF's INFO: ``code:key=value,key=value;code``.

The characters that set parts apart are percent-encoded inside of them, so that any text survives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_RESERVED = "%;:=,|\t\n\r"
_ENCODED = {ord(character): f"%{ord(character):02X}" for character in _RESERVED}
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Note:
    """A code and its values.

    Attributes
    ----------
    code
        Member of an enumeration of :mod:`fatescore.tables.codes`, or its text once read back.
    values
        Numbers, texts, or sequences of texts. Read back, everything is text, and a sequence of two or more a tuple.

    Examples
    --------
    >>> str(Note("few_donors", {"case": 2, "control": 3}))
    'few_donors:case=2,control=3'
    >>> Note("paired") == parse_notes("paired")[0]
    True
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    def __str__(self) -> str:
        """Return the note as it stands in a table."""
        parts = ",".join(f"{_encode(key)}={_shown(value)}" for key, value in self.values.items())
        return f"{_encode(self.code)}:{parts}" if parts else _encode(self.code)

    def names(self, key: str) -> tuple[str, ...]:
        """Return a value as a tuple of texts, whether one or several were written; empty where there is none."""
        value = self.values.get(key, ())
        if isinstance(value, str):
            return (value,) if value else ()
        return tuple(map(str, value)) if isinstance(value, Iterable) else (str(value),)

    def number(self, key: str) -> float:
        """Return a value as a number; NaN where there is none."""
        return float(self.values.get(key, "nan"))


def join_notes(notes: Iterable[Note]) -> str:
    """Write notes into one cell.

    Examples
    --------
    >>> join_notes([Note("confounded", {"dataset": "A", "fields": ["kit", "run: day"]}), Note("paired")])
    'confounded:dataset=A,fields=kit|run%3A day;paired'
    """
    return ";".join(map(str, notes))


def parse_notes(text: object) -> list[Note]:
    """Read the notes of a cell; a missing or empty one has none.

    Examples
    --------
    >>> parse_notes("confounded:dataset=A,fields=kit|run%3A day")[0].names("fields")
    ('kit', 'run: day')
    >>> parse_notes(float("nan"))
    []
    """
    return [_parse(part) for part in text.split(";") if part] if isinstance(text, str) else []


def join_names(names: Iterable[object]) -> str:
    """Write names into one cell.

    Examples
    --------
    >>> join_names(["day 0", "a;b"])
    'day 0;a%3Bb'
    """
    return ";".join(str(name).translate({ord(";"): "%3B", ord("%"): "%25"}) for name in names)


def split_names(text: object) -> list[str]:
    """Read the names of a cell; a missing or empty one has none.

    Examples
    --------
    >>> split_names("day 0;a%3Bb")
    ['day 0', 'a;b']
    """
    return [_decode(part) for part in text.split(";")] if isinstance(text, str) and text else []


def _parse(text: str) -> Note:
    code, _, rest = text.partition(":")
    pairs = (part.partition("=") for part in rest.split(",") if part)
    return Note(_decode(code), {_decode(key): _value(value) for key, _, value in pairs})


def _value(text: str) -> str | tuple[str, ...]:
    return tuple(map(_decode, text.split("|"))) if "|" in text else _decode(text)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, str):
        return _encode(value)
    return "|".join(map(_encode, map(str, value))) if isinstance(value, Iterable) else _encode(str(value))


def _encode(text: str) -> str:
    return text.translate(_ENCODED)


def _decode(text: str) -> str:
    return re.sub("%([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), text)

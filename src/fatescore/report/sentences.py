"""The sentence of every code (``sentences.tsv``): steps write codes with values, pages alone put them into words.

A sentence names the values of its note. Behind the colon is how a value is written: ``number``, ``whole`` (rounded),
``percent``, ``codes`` (a code or several), ``labels`` (columns or sample fields) or ``estimator``; without one it stays
as it is.
Of several sentences of a code the first whose values the note has is taken.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Callable, Mapping
from pathlib import Path

from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.pl.labels import CODES, code_label, label, listed
from fatescore.report import formatting
from fatescore.tables import Note, parse_notes
from fatescore.tables.codes import NoteCode, QcFlag
from fatescore.tables.io import read_text_table

_ESTIMATORS = {
    "pm": "Paule-Mandel", "dl": "DerSimonian-Laird", "reml": gettext_noop("restricted maximum likelihood"),
}  # fmt: skip

_OPEN = (QcFlag.CELLS_DROPPED, NoteCode.ORTHOLOG_LOSS)  # have values of any name: reasons, organisms
_NAMED = {"organisms", "dataset"}
_LEADING = (NoteCode.NONE_SCORABLE, NoteCode.INDEX_NOT_DETECTED)  # the notes that follow say why


@functools.cache
def sentences_of_codes() -> dict[str, tuple[str, ...]]:
    """Return the sentences of every code that may have values, in English.

    Examples
    --------
    >>> sentences_of_codes()["low_depth"]
    ('{counts:number} counts, {needed:number} needed', 'low depth')
    """
    table = read_text_table(Path(__file__).with_name("sentences.tsv"), "the sentences of codes")
    return {str(code): tuple(own) for code, own in table.groupby("code", sort=False)["sentence"]}


def note_text(note: Note) -> str:
    """Return a note in words, in the current language; one that names a data set left out says so.

    Examples
    --------
    >>> note_text(Note("low_depth", {"counts": "1949", "needed": "200000"}))
    '1,949 counts, 200,000 needed'
    >>> note_text(Note("confounded", {"dataset": "A", "fields": ("characteristics: kit", "total_counts")}))
    'A (completely confounded with kit, total counts)'
    """
    values = {key: _Value(note.names(key)) for key in note.values}
    options = sentences_of_codes().get(note.code, (CODES.get(note.code, note.code),))
    template = next((one for one in options if _fields(one) <= set(values)), options[-1])
    if not _fields(template) <= set(values):
        return str(note)
    text = _(template).format_map(values)
    if note.code in _OPEN:
        others = {key: value for key, value in values.items() if key not in _NAMED | _fields(template)}
        each = (f"{code_label(key)} {value:number}" for key, value in others.items())
        text = _("{what}: {names}").format(what=text, names=listed(each)) if others else text
    if "dataset" in values:
        text = _("{dataset} ({reason})").format(dataset=values["dataset"], reason=text)
    return text


def notes_text(cell: object) -> str:
    """Return all notes of a cell in words; empty where there is none.

    Examples
    --------
    >>> notes_text("few_donors:case=2,control=3;arcsine_shares")
    'described, not tested: n=2 against 3 donors; shares of all cells; p, g and AUROC of their arcsine square roots'
    """
    return _("; ").join(map(note_text, parse_notes(cell)))


def reason_text(reason: object) -> str:
    """Return in words why a data set stopped: the first note, and what the others say of it.

    Examples
    --------
    >>> reason_text("error:message=GSE1 has no samples")
    'GSE1 has no samples'
    >>> reason_text("none_scorable:samples=6,sample=s1;constant")
    'none of the 6 samples can be scored; s1: all genes have the same value'
    """
    notes = parse_notes(reason)
    if len(notes) < 2 or notes[0].code not in _LEADING:
        return notes_text(reason)
    return _("{what}: {names}").format(what=note_text(notes[0]), names=_("; ").join(map(note_text, notes[1:])))


class _Value:
    """A value of a note, which knows how a template wants it written."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def __format__(self, form: str) -> str:
        return listed(_shown(name, form) for name in self.names)


def _shown(text: str, form: str) -> str:
    try:
        return _FORMS[form](text)
    except ValueError:  # no number, though the sentence takes it for one
        return text


_FORMS: Mapping[str, Callable[[str], str]] = {
    "": str,
    "number": lambda text: formatting.number(float(text)),
    "whole": lambda text: formatting.number(round(float(text))),
    "percent": lambda text: f"{100 * float(text):.3g} %",
    "codes": code_label,
    "labels": label,
    "estimator": lambda code: _(_ESTIMATORS.get(code, code)),
}


def _fields(template: str) -> set[str]:
    return {name for _text, name, _form, _how in string.Formatter().parse(template) if name}

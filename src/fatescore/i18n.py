"""The language of pages and figures: English as it stands in the code, every other one from a catalogue.

Fixed text is written in English inside :func:`gettext`, :func:`ngettext` or :func:`gettext_noop`, so that it can be
collected (``docs/catalogues.py``) and translated (``locale/<language>.po``). Labels of columns and codes are collected
from their declarations in :mod:`fatescore.tables`.
"""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Iterator
from contextvars import ContextVar
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from fatescore._extras import babel_mofile, babel_pofile
from fatescore.errors import InputError, nearest

LANGUAGES = ("en", "zh")
CATALOGUES = Path(__file__).parent / "locale"

_current: ContextVar[str] = ContextVar("language", default="en")


@contextlib.contextmanager
def language(code: str) -> Iterator[None]:
    """Set the language within the block.

    Parameters
    ----------
    code
        One of ``LANGUAGES``: ``"en"`` (English) or ``"zh"`` (Simplified Chinese).

    Raises
    ------
    InputError
        When there is no catalogue for it.

    Examples
    --------
    >>> with language("zh"):
    ...     gettext("The answer")
    '结论'
    >>> gettext("The answer")
    'The answer'
    """
    if code not in LANGUAGES:
        raise InputError(
            f'no pages in the language "{code}"', expected=" or ".join(LANGUAGES), fix=nearest(code, LANGUAGES)
        )
    token = _current.set(code)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> str:
    """Return the code of the current language."""
    return _current.get()


def gettext(text: str) -> str:
    """Return a fixed English text in the current language; fill it in afterwards, by named fields.

    Examples
    --------
    >>> gettext("{k} data sets").format(k=3)
    '3 data sets'
    """
    return _catalogue(_current.get()).gettext(text) if text else ""


def ngettext(one: str, many: str, n: float) -> str:
    """Return the form of a fixed text that goes with a number.

    Examples
    --------
    >>> [ngettext("{n} donor", "{n} donors", n).format(n=n) for n in (1, 2)]
    ['1 donor', '2 donors']
    """
    return _catalogue(_current.get()).ngettext(one, many, 1 if n == 1 else 2)


def gettext_noop(text: str) -> str:
    """Return a fixed text as it is; it is collected here and passed to :func:`gettext` where it is shown."""
    return text


@functools.cache
def _catalogue(code: str) -> NullTranslations:
    if code == "en":
        return NullTranslations()
    with (CATALOGUES / f"{code}.po").open("rb") as stream:
        catalogue = babel_pofile.read_po(stream, locale=code)
    compiled = io.BytesIO()
    babel_mofile.write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)

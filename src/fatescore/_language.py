"""The language of pages and figures: English as it stands in the code, every other one from a catalogue.

Fixed text is written in English inside :func:`tr`, :func:`tr_n` or :func:`mark`, so that it can be collected
(``locale/en.pot``) and translated (``locale/<language>.po``). Values that the steps wrote stay as they are, but for the
few fixed ones that the catalogue knows.
"""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Iterator
from contextvars import ContextVar
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from fatescore.errors import InputError, nearest

LANGUAGES = ("en", "zh")
CATALOGUES = Path(__file__).parent / "locale"

_current: ContextVar[str] = ContextVar("language", default="en")


@contextlib.contextmanager
def language(code: str) -> Iterator[None]:
    """Speak a language within the block.

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
    ...     tr("The answer")
    '结论'
    >>> tr("The answer")
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
    """Return the code of the language spoken now."""
    return _current.get()


def tr(text: str) -> str:
    """Return a fixed English text in the language spoken now; fill it in afterwards, by named fields.

    Examples
    --------
    >>> tr("{k} data sets").format(k=3)
    '3 data sets'
    """
    return _catalogue(_current.get()).gettext(text) if text else ""


def tr_n(one: str, many: str, n: float) -> str:
    """Return the form of a fixed text that goes with a number.

    Examples
    --------
    >>> [tr_n("{n} donor", "{n} donors", n).format(n=n) for n in (1, 2)]
    ['1 donor', '2 donors']
    """
    return _catalogue(_current.get()).ngettext(one, many, 1 if n == 1 else 2)


def mark(text: str) -> str:
    """Return a fixed text as it is; it is collected here and passed to :func:`tr` where it is shown."""
    return text


@functools.cache
def _catalogue(code: str) -> NullTranslations:
    if code == "en":
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (CATALOGUES / f"{code}.po").open("rb") as stream:
        catalogue = read_po(stream, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)

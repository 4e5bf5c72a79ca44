"""Packages that only an extra brings: imported at first use, and named in one line where they are not installed."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from fatescore.errors import FatescoreError

# Module, the name under which it is installed, and the extra that brings it.
_PACKAGES = {
    "altair": ("altair", "report"), "babel": ("Babel", "report"), "itables": ("itables", "report"),
    "jinja2": ("jinja2", "report"), "openpyxl": ("openpyxl", "excel"), "PIL": ("pillow", "report"),
    "vl_convert": ("vl-convert-python", "report"),
}  # fmt: skip


class MissingExtra(FatescoreError, ImportError):  # noqa: N818  (said as what it is)
    """A package that an extra brings is not installed."""


def how_to_install(module: str) -> str:
    """Return the command that installs the extra of a module.

    Examples
    --------
    >>> how_to_install("openpyxl")
    "pip install 'fatescore[excel]'"
    """
    return f"pip install 'fatescore[{_PACKAGES[module][1]}]'"


def require(*modules: str) -> None:
    """Check that modules of one extra can be imported.

    Raises
    ------
    MissingExtra
        When one is not installed; it names all that are not.
    """
    absent = [name for name in modules if importlib.util.find_spec(name) is None]
    if absent:
        names = " and ".join(_PACKAGES[name][0] for name in absent)
        verb = "is" if len(absent) == 1 else "are"
        raise MissingExtra(f"{names} {verb} not installed", fix=how_to_install(absent[0]))


class Lazy:
    """A module of an extra that is imported when something of it is first asked for.

    Examples
    --------
    >>> Lazy("jinja2").Environment.__name__
    'Environment'
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # who only inspects it (doctest, copy) needs no extra
            raise AttributeError(attribute)
        require(self._name.partition(".")[0])
        return getattr(importlib.import_module(self._name), attribute)


altair = Lazy("altair")
babel_mofile = Lazy("babel.messages.mofile")
babel_pofile = Lazy("babel.messages.pofile")
itables_javascript = Lazy("itables.javascript")
itables_options = Lazy("itables.options")
jinja2 = Lazy("jinja2")
pil_image = Lazy("PIL.Image")
vl_convert = Lazy("vl_convert")

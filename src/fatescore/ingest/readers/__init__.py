"""The readers, one file per layout; each registers itself, and nothing else knows its name, endings or title.

A new layout is a module here that registers a :class:`Layout`, and its smallest example in
``tests/contracts/test_layouts.py``. What readers share is in modules with an underscore.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fatescore import packed
from fatescore.errors import InputError, nearest
from fatescore.ingest import archive, foreign
from fatescore.ingest.matrix import Located, Raw, ReadOptions


@dataclass(frozen=True)
class Layout:
    """How values are stored: what is recognised as such, and how it is read.

    Attributes
    ----------
    name
        Name used by ``layout=`` and in the table of data sets; that of the module which registers it.
    title
        What such files are called in messages (plural).
    read
        ``read(located, options) -> Raw``.
    endings
        Ends of file names in lower case, without ``.gz`` and the like. Of several layouts the one with the longest
        ending gets a file, so ``_series_matrix.txt`` goes before ``.txt``.
    accepts
        A further condition on the bare name; a layout that has one goes before another with the same ending.
    companions
        Names (lower case, without ``.gz`` and the like) of files that come with such values and hold none themselves.
    starts
        What the bytes of a file of this layout begin with, under an ending of a layout with ``any_text``.
    any_text
        Whether the endings are those of any text, so that first bytes go before them.
    open
        ``open(path, file) -> Located`` for a file that also describes the samples; ``file`` chooses in it.
    together
        ``together(names) -> names``: which files of an archive or folder are read as one source, if any.
    alike
        ``alike(source, names) -> bool``: whether files that ``together`` does not know are one source, by what they
        hold.
    precedence
        Which layout goes first where the files of one source fit ``together`` of several; low numbers first.
    alone
        Whether one file can be read without others.
    cells
        Whether it holds cells; tables beside such files are metadata.
    """

    name: str
    title: str
    read: Callable[[Located, ReadOptions], Raw]
    endings: tuple[str, ...]
    accepts: Callable[[str], bool] | None = None
    companions: re.Pattern[str] | None = None
    starts: re.Pattern[bytes] | None = None
    any_text: bool = False
    open: Callable[[Path, str], Located] | None = None
    together: Callable[[list[str]], list[str]] | None = None
    alike: Callable[[Path, list[str]], bool] | None = None
    precedence: int = 0
    alone: bool = True
    cells: bool = False

    def ending_of(self, name: str) -> str:
        """Return the longest of the endings that a name has, or an empty text."""
        bare = _bare(name)
        return max((ending for ending in self.endings if bare.endswith(ending)), key=len, default="")

    def is_companion(self, name: str) -> bool:
        """Tell by its name whether a file comes with values of this layout and holds none."""
        return self.companions is not None and bool(self.companions.search(_bare(name)))

    def accepts_name(self, name: str) -> bool:
        """Tell by its name whether a file is of this layout, whatever the others say."""
        fits = bool(self.ending_of(name)) and not self.is_companion(name)
        return fits and (self.accepts is None or self.accepts(PurePosixPath(name).name))

    def prefix_of(self, name: str) -> str:
        """Return the bare name without its ending, as it is spelled."""
        return PurePosixPath(name).name[: len(_bare(name)) - len(self.ending_of(name))]


_LAYOUTS: dict[str, Layout] = {}


def register(layout: Layout) -> Layout:
    """Register a layout; conflicts with another are refused."""
    module = layout.read.__module__
    taken = _LAYOUTS.get(layout.name)
    if taken is not None and taken.read.__module__ != module:
        raise RuntimeError(f"two layouts are called {layout.name}: {taken.read.__module__} and {module}")
    if layout.name != module.rpartition(".")[2]:
        raise RuntimeError(f"the layout {layout.name} is registered by {module}; name the module like the layout")
    for other in _LAYOUTS.values():
        if other.name == layout.name:  # the module was loaded again
            continue
        shared = set(layout.endings) & set(other.endings)
        if shared and (layout.accepts is None) == (other.accepts is None):
            raise RuntimeError(f"the layouts {other.name} and {layout.name} both claim {', '.join(sorted(shared))}")
        if layout.title == other.title:
            raise RuntimeError(f"the layouts {other.name} and {layout.name} are both called {layout.title}")
        if layout.together and other.together and layout.precedence == other.precedence:
            raise RuntimeError(f"the layouts {other.name} and {layout.name} both have precedence {layout.precedence}")
    _LAYOUTS[layout.name] = layout
    return layout


def get(name: str) -> Layout:
    """Return a layout by name.

    Examples
    --------
    >>> from fatescore.ingest import readers
    >>> readers.get("loom").endings
    ('.loom',)
    """
    _discover()
    if name not in _LAYOUTS:
        raise InputError(f'layout "{name}" is not known', expected=", ".join(names()), fix=nearest(name, names()))
    return _LAYOUTS[name]


def names() -> tuple[str, ...]:
    """Return the names of all layouts, sorted."""
    _discover()
    return tuple(sorted(_LAYOUTS))


def layouts() -> list[Layout]:
    """Return all layouts, by precedence."""
    _discover()
    return sorted(_LAYOUTS.values(), key=lambda one: (one.precedence, one.name))


def layout_of(path: Path, file: str = "") -> Layout | None:
    """Return the layout of a file by its name, or of an archive by the names of its members that fit a pattern."""
    if archive.is_archive(path):
        members = archive.names(path, file)
        named = next((one for one in layouts() if one.together is not None and one.together(members)), None)
        return named or next((one for one in layouts() if one.alike is not None and one.alike(path, members)), None)
    name = archive.plain_name(path)
    if any(one.is_companion(name) for one in layouts()) or foreign.kind_of(name) is not None:
        return None
    claims = [one for one in layouts() if one.accepts_name(name)]
    return max(claims, key=lambda one: (len(one.ending_of(name)), one.accepts is not None), default=None)


def layout_of_start(start: bytes) -> Layout | None:
    """Return the layout of a text by its first bytes, if they are typical of any."""
    return next((one for one in layouts() if one.starts is not None and one.starts.match(start)), None)


def can_hold_values(name: str) -> bool:
    """Tell by its name whether a reader may find values in a file.

    Examples
    --------
    >>> [can_hold_values(name) for name in ("GSE1_counts.csv.gz", "GSE1_RAW.tar", "GSE1_counts.rds", "GSE1.bed.gz")]
    [True, True, False, False]
    """
    if archive.is_archive(Path(name)):
        return True
    return foreign.kind_of(name) is None and any(
        one.ending_of(name) and not one.is_companion(name) for one in layouts()
    )


def _bare(name: str) -> str:
    bare = PurePosixPath(name).name.lower()
    return next((bare.removesuffix(end) for end in (*packed.ENDINGS, ".zip") if bare.endswith(end)), bare)


@functools.cache
def _discover() -> None:
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}")

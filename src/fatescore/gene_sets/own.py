"""A user's own gene sets beside those of the review, under names that cannot be mistaken for each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from fatescore import organisms
from fatescore.errors import InputError
from fatescore.gene_sets.collection import load
from fatescore.gene_sets.convert import as_weights
from fatescore.gene_sets.forms import GeneSetDict, GeneSets
from fatescore.gene_sets.library import Library, read_library
from fatescore.tables import columns as col
from fatescore.typing import Organism, StrPath


def named_apart(own_sets: GeneSets | StrPath, organism: Organism) -> GeneSetDict:
    """Return a user's own sets as weights; refuse a name that the review has.

    Examples
    --------
    >>> named_apart({"mine": ["RUNX2"]}, "human")
    {'mine': {'RUNX2': 1.0}}
    """
    own = as_weights(own_sets, organism=organism)
    check_names([("gene sets", own)])
    return own


def read_own(sources: Sequence[StrPath], organism: Organism) -> list[Library]:
    """Read the sets of a run, each source as :func:`fatescore.gene_sets.read_library` does.

    Raises
    ------
    InputError
        When a source cannot be read, or a name is taken.
    """
    libraries = [read_library(source, organism=organism) for source in sources]
    check_names((library.source, library.sets) for library in libraries)
    return libraries


def check_names(named: Iterable[tuple[str, Iterable[str]]]) -> None:
    """Refuse names of sets that the review, an arm of the index or another source has.

    Parameters
    ----------
    named
        Sources and the names of their sets.

    Raises
    ------
    InputError
        Naming the source and the set.
    """
    seen = {name: ("fatescore", name) for name in _taken()}
    for source, names in named:
        for name in names:
            other = seen.setdefault(col.storable(name), (source, name))
            if other != (source, name):
                raise InputError(
                    f'{source}: gene set "{name}" is called as one of {other[0]} is ("{other[1]}")',
                    expected="a name of its own for every set", fix=f'rename it, such as "my_{name}"',
                )  # fmt: skip


@cache
def _taken() -> frozenset[str]:
    arms = (f"index_{arm}" for arm in (col.OSTEOGENIC, col.ADIPOGENIC))
    review = (name for organism in organisms.names() for name in load(organism=organism))
    return frozenset([*review, *arms, *map(str, col.INDEX_MEASURES)])

"""Which files make one matrix with its lists of features and barcodes, by the words in their names, in any order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from fatescore.errors import InputError, few
from fatescore.ingest.readers._libraries import sample_name

_ENDING = re.compile(r"\.(?:(?P<matrix>mtx)|tsv|txt|csv)(?:\.(?:gz|bz2|xz))?$", re.IGNORECASE)
_PARTS = ("mature", "nascent", "ambiguous")  # of kb-python; alone they are words of biology, too
_STAR_PARTS = tuple(f"uniqueandmult-{how}" for how in ("em", "uniform", "rescue", "propunique"))
_MATRIX_WORDS = (
    *(f"cells_x_genes.{part}" for part in (*_PARTS, "total")), "cells_x_genes", "genes_x_cells", "count_matrix",
    *_STAR_PARTS, "matrix", "counts", "count", "dge", "unspliced", "spliced", "ambiguous",
)  # fmt: skip
# The first of which a name has a word is what the file lists.
_LIST_WORDS = {
    "names": ("genes.names", "gene_names", "genes_names"),
    "barcodes": ("barcodes", "cell_metadata", "barcode"),
    "features": ("features", "all_genes", "genes"),
    "cells": ("cells",),  # last: "CD34_cells_features.tsv" has a sample of that name
}
# What a name may say of the counts beside the sample: matrices that differ in these alone share their lists.
_VARIANTS = {
    "raw", "filtered", "unfiltered", "feature", "gene", "bc", "counts", "count", "umi", "spliced", "unspliced",
}  # fmt: skip
_PARTIAL = re.compile(
    rf"(?<![a-z])(spliced|unspliced|uniqueandmult|velocyto)(?![a-z])|cells_x_genes\.({'|'.join(_PARTS)})",
    re.IGNORECASE,
)
_BREAK = r"[ ._()-]"


@dataclass
class Triplet:
    """The files of one library by what they hold: ``matrix``, ``features``, ``barcodes`` and perhaps ``names``."""

    name: str
    parts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Part:
    """A file: what it holds, its folder, and what else its name says."""

    member: str
    kind: str
    prefix: str

    @property
    def folder(self) -> tuple[str, ...]:
        return PurePosixPath(self.member).parts[:-1]

    @property
    def words(self) -> list[str]:
        return sorted(word for word in re.split(_BREAK, self.prefix.casefold()) if word)

    @property
    def sample_words(self) -> list[str]:
        return [word for word in self.words if word not in _VARIANTS]


def kind_of(name: str) -> str:
    """Tell what a file of a triplet holds by its name, or return an empty text.

    Examples
    --------
    >>> [kind_of(n) for n in ("GSM1_matrix_BM1.mtx.gz", "cells_x_genes.genes.txt", "cell_metadata.csv", "a.txt")]
    ['matrix', 'features', 'barcodes', '']
    """
    part = _part(name)
    return "" if part is None else part.kind


def triplets(members: list[str], where: str) -> list[Triplet]:
    """Return every matrix among the names with its lists, as far as there are any."""
    parts = [part for name in members if (part := _part(name)) is not None]
    claimed: set[str] = set()
    found = []
    for matrix in (part for part in parts if part.kind == "matrix"):
        triplet = Triplet(sample_name(matrix.member, matrix.prefix), {"matrix": matrix.member})
        for kind in _LIST_WORDS:
            if list_ := _list_of(matrix, [part for part in parts if part.kind == kind], where):
                triplet.parts[kind] = list_
        claimed.update(triplet.parts.values())
        found.append(triplet)
    shared = [part.member for part in parts if part.kind == "features" and part.member not in claimed]
    for triplet in found:
        _settle(triplet, shared)
    return found


def without_partial(found: list[Triplet], notes: list[str]) -> list[Triplet]:
    """Leave out matrices of a part of the counts (spliced, unspliced) where the sample has one of all of them."""
    whole = {one.name for one in found if not _PARTIAL.search(one.parts["matrix"])}
    partial = [one for one in found if _PARTIAL.search(one.parts["matrix"])]
    left_out = [one.parts["matrix"] for one in partial if one.name in whole]
    if left_out:
        notes.append(f"matrices of a part of the counts left out because there are all of them: {few(left_out)}")
    read = [one.parts["matrix"] for one in partial if one.name not in whole]
    if read:
        notes.append(f"only a part of the counts is in {few(read)}")
    return [one for one in found if one.parts["matrix"] not in left_out]


def _part(member: str) -> _Part | None:
    name = PurePosixPath(member).name
    ending = _ENDING.search(name)
    if ending is None:
        return None
    stem = name[: ending.start()]
    if ending["matrix"]:
        return _Part(member, "matrix", _without(stem, _MATRIX_WORDS))
    listed = _without(stem, ("cells_x_genes", "genes_x_cells"))
    kind = next((kind for kind, words in _LIST_WORDS.items() if _find(listed, words)), "")
    return _Part(member, kind, _without(listed, _LIST_WORDS[kind])) if kind else None


def _find(stem: str, words: Iterable[str]) -> re.Match[str] | None:
    """Find the first of the words that stands alone in a name or ends it; of one that is there twice the last."""
    matches: Iterator[list[re.Match[str]]] = (
        list(
            re.finditer(rf"(?:^|(?<={_BREAK})){re.escape(word)}(?={_BREAK}|$)|{re.escape(word)}$", stem, re.IGNORECASE)
        )
        for word in words
    )
    return next((found[-1] for found in matches if found), None)


def _without(stem: str, words: Iterable[str]) -> str:
    """Take the first of the words that is there out of a name."""
    match = _find(stem, words)
    if match is None:
        return stem
    sides = re.sub(rf"{_BREAK}+$", "", stem[: match.start()]), re.sub(rf"^{_BREAK}+", "", stem[match.end() :])
    return "_".join(side for side in sides if side)


def _list_of(matrix: _Part, lists: list[_Part], where: str) -> str:
    near = [one for one in lists if one.folder == matrix.folder and one.sample_words == matrix.sample_words]
    exact = [one for one in near if one.words == matrix.words]
    fitting = [one.member for one in exact or near]
    if len(fitting) > 1:
        raise InputError(
            f"{where}: several files could list the {matrix.kind and lists[0].kind} of {matrix.member}: {few(fitting)}",
            expected="one list for a matrix", fix="put the three files that belong together into a folder of their own",
        )  # fmt: skip
    return fitting[0] if fitting else ""


def _settle(triplet: Triplet, shared: list[str]) -> None:
    """Name the parts as the reader knows them, with the one list of features that a whole series may have."""
    parts = triplet.parts
    cells = parts.pop("cells", "")
    if "barcodes" not in parts and cells:
        parts["barcodes"] = cells
    if "features" not in parts and "names" in parts:
        parts["features"] = parts.pop("names")
    if "features" not in parts and len(shared) == 1:
        parts["features"] = shared[0]

"""Layout ``tenx_mtx``: triplets (matrix, features, barcodes) of 10x and others in a RAW.tar or a folder, any naming."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from fatescore.errors import InputError, few
from fatescore.ingest import archive
from fatescore.ingest.archive import Files
from fatescore.ingest.blocks import Blocks, CellSorter, Scratch
from fatescore.ingest.matrix import Raw
from fatescore.ingest.matrix_market import MatrixMarketReader
from fatescore.ingest.readers import Layout, register
from fatescore.ingest.readers._libraries import Library, join, of_organism, prefer_filtered, trim, without_others
from fatescore.ingest.readers._lists import NameList, read_list
from fatescore.ingest.readers._triplets import Triplet, triplets, without_partial
from fatescore.typing import Organism

# Written with the cells first, where a matrix as long as wide would not show it.
_CELLS_FIRST = re.compile(r"cells_x_genes|dge|all_genes|cell_metadata", re.IGNORECASE)

LAYOUT: Layout = register(
    Layout(
        name="tenx_mtx",
        title="10x triplets",
        endings=(".mtx",),
        companions=re.compile(r"((features|genes|barcodes|genes\.names)|(^|[._-])cell_metadata)\.(tsv|txt|csv)$"),
        cells=True,
        alone=False,
        together=lambda names: [name for name in names if LAYOUT.accepts_name(name)],
        precedence=1,
        read=lambda located, options: read(located.path, located.file, options.organism, options.sample_key),
    )
)


def read(path: Path, file: str = "", organism: Organism | None = None, sample_key: str = "") -> Raw:
    """Return every triplet of an archive or folder as one matrix of cells; without an organism of all species.

    The entries are sorted by cell into a file without a name, and stay there until the matrix is asked for.
    """
    notes: list[str] = []
    scratch = Scratch()
    with archive.opened(path) as files:
        found = _find(files, file, organism, notes)
        used = sorted({member for triplet in found for member in triplet.parts.values()})
        libraries = [_one(triplet, files, scratch, organism, notes) for triplet in found]
    return join(libraries, archive.inputs(path, used), notes, sample_key)


def _find(files: Files, file: str, organism: Organism | None, notes: list[str]) -> list[Triplet]:
    path = files.path
    members = without_others(files.names(), organism, notes)
    found = triplets(members, str(path))
    if file:  # a pattern that fits one part means the whole triplet
        matrices = [one for one in found if archive.fits(one.parts["matrix"], file)]
        found = matrices or [one for one in found if any(archive.fits(part, file) for part in one.parts.values())]
    if not found:
        raise InputError(
            f"{path} holds no 10x matrix; its files are {few(members)}",
            expected="files named ...matrix.mtx[.gz], ...features.tsv or ...genes.tsv, ...barcodes.tsv",
            fix='set "layout" or "file" for this data set',
        )
    found = without_partial(found, notes)
    chosen = prefer_filtered([(one.name, one.parts["matrix"]) for one in found], path, notes)
    found = [one for one in found if one.parts["matrix"] in chosen]
    for one in found:
        absent = {"features", "barcodes"} - set(one.parts)
        if absent:
            raise InputError(
                f"{path}: {one.name or 'the matrix'} has no {' and no '.join(sorted(absent))} file",
                expected="three files per sample",
                fix=f"put the list beside {one.parts['matrix']} and call both alike, such as "
                + " and ".join(f"{one.name or 'x'}_{kind}.tsv" for kind in sorted(absent)),
            )
    return found


def _one(triplet: Triplet, files: Files, scratch: Scratch, organism: Organism | None, notes: list[str]) -> Library:
    """Return the library of one triplet."""
    where = f"{files.path.name}: {triplet.name}" if triplet.name else files.path.name
    reader = MatrixMarketReader(files.blocks(triplet.parts["matrix"]), where)
    lists = {kind: read_list(files.read(name)) for kind, name in triplet.parts.items() if kind != "matrix"}
    for kind, listed in lists.items():
        if listed.header:
            _note(notes, f'the first line of the {kind} ("{few(listed.header, 4)}") is a header', where)
    features, barcodes = lists["features"], lists["barcodes"]
    n_features, n_cells = len(features), len(barcodes)
    cells_first = any(_CELLS_FIRST.search(name) for name in triplet.parts.values())
    if reader.shape not in ((n_features, n_cells), (n_cells, n_features)):
        raise InputError(
            f"{where}: the matrix is {reader.shape[0]} x {reader.shape[1]}, with {features.text} features and "
            f"{barcodes.text} barcodes",
            expected="features x barcodes",
            fix="check that the three files belong together",
        )
    names = _features(features, lists.get("names"), where)
    cells_first = reader.shape == (n_cells, n_features) and (n_features != n_cells or cells_first)
    matrix = _sorted(reader, scratch, cells_first=cells_first)
    if reader.fractions:
        _note(notes, f"the matrix says integer and has values such as {reader.fractions}, kept as they are", where)
    library = Library(triplet.name, matrix, names, barcodes.barcodes(), barcodes.table())
    return trim(of_organism(library, organism, notes), where)


def _sorted(reader: MatrixMarketReader, scratch: Scratch, *, cells_first: bool) -> Blocks:
    sorter = CellSorter(reader.shape if cells_first else reader.shape[::-1], reader.n_entries, scratch)
    for part in reader.entries():
        cells, features = (part.rows, part.columns) if cells_first else (part.columns, part.rows)
        with np.errstate(over="ignore"):  # beyond float32 is infinite, which the check of the values refuses
            sorter.add(cells, features, part.counts.astype(np.float32))
    return sorter.blocks()


def _features(listed: NameList, names: NameList | None, where: str) -> pd.DataFrame:
    features = listed.features()
    if names is not None:
        if len(names) != len(features):
            raise InputError(
                f"{where}: {listed.text} features and {names.text} names of genes", expected="a name for each",
                fix="check that the files belong together",
            )  # fmt: skip
        features["name"] = names.column(0)
    return features


def _note(notes: list[str], note: str, where: str) -> None:
    """Note what is true of many libraries once, with the first."""
    if not any(one.startswith(note) for one in notes):
        notes.append(f"{note} ({where})")

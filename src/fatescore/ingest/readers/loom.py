"""Layout ``loom``: genes x cells with attributes, in HDF5."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.ingest import archive
from fatescore.ingest.archive import Files
from fatescore.ingest.blocks import Scratch
from fatescore.ingest.gene_names import best_names, share_known
from fatescore.ingest.matrix import Raw
from fatescore.ingest.name_parts import CLEARLY
from fatescore.ingest.readers import Layout, register
from fatescore.ingest.readers._libraries import Library, choose_members, join

# Read with h5py, which anndata needs anyway: the format is three groups, not worth a further package.
# Names of attributes in small letters and digits alone, the likeliest first.
_IDS = ("accession", "geneids", "geneid", "ensemblid", "ensembl", "ensemblgeneid", "featureid", "targetid")
_SYMBOLS = (
    "gene", "genename", "genenames", "genesymbols", "genesymbol", "hgncsymbol", "symbol", "genes", "targetname",
    "featurename", "featurenames", "feature", "features", "varnames", "rownames", "index", "name",
)  # fmt: skip
_CELLS = (
    "cellid", "obsnames", "barcode", "barcodes", "cellnames", "cellname", "cellbarcode", "cellbarcodes", "cellids",
    "cells", "cell", "colnames", "index", "name",
)  # fmt: skip
_STEP = 512  # cells at a time: the matrix is stored dense


LAYOUT: Layout = register(
    Layout(
        name="loom",
        title="loom files",
        endings=(".loom",),
        cells=True,
        together=lambda names: [name for name in names if LAYOUT.accepts_name(name)],
        precedence=3,
        read=lambda located, options: read(located.path, located.file, options.sample_key),
    )
)


def read(path: Path, file: str = "", sample_key: str = "") -> Raw:
    """Return every loom file of a source as one matrix of cells."""
    notes: list[str] = []
    scratch = Scratch()
    with archive.opened(path) as files:
        chosen = choose_members(LAYOUT, files, file, notes)
        libraries = [_one(files, name, sample, scratch, notes) for name, sample in chosen.items()]
    return join(libraries, archive.inputs(path, list(chosen)), notes, sample_key)


def _one(files: Files, member: str, sample: str, scratch: Scratch, notes: list[str]) -> Library:
    where = files.where(member)
    with files.as_file(member) as file:
        with _readable(where), h5py.File(file, "r") as stored:
            _check_groups(stored, where)
            rows, cells = _attributes(stored["row_attrs"]), _attributes(stored["col_attrs"])
            shape = _shape(stored["matrix"], where)
        matrix = scratch.hold(lambda: _cells_of(file, where), shape, lasts=files.lasts(member))
        return _library(matrix, rows, cells, sample, where, notes)


@contextmanager
def _readable(where: str) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # h5py has half a dozen kinds for a damaged file
        raise InputError(
            f"{where} cannot be read as loom ({error})", expected="a whole loom file", fix="fetch it again"
        ) from error


def _check_groups(stored: h5py.File, where: str) -> None:
    absent = [name for name in ("matrix", "row_attrs", "col_attrs") if name not in stored]
    if absent:
        raise InputError(
            f"{where} is no loom file: it has no {few(absent)}, but {few(sorted(map(str, stored))) or 'nothing'}",
            expected="matrix, row_attrs and col_attrs",
            fix='choose another file with "file"',
        )


def _library(
    matrix: sp.csr_matrix, rows: dict[str, Any], cells: dict[str, Any], sample: str, where: str, notes: list[str]
) -> Library:
    genes = _gene_names(rows, notes)
    cell = _find(cells, _CELLS)
    for found, what, own, expected in (
        (genes, "row attribute that names genes", rows, "Gene"),
        (cell, "column attribute that names cells", cells, "CellID"),
    ):
        if not found:
            group = f"{what[:3]}_attrs"
            raise InputError(
                f"{where} has no {what}, but {few(sorted(own)) or 'none at all'}",
                expected=expected,
                fix=f'write one, by h5py.File("FILE", "r+")["{group}/{expected}"] = [...]',
            )
    barcodes, (ids, names) = cells[cell], genes or ([], [])
    if matrix.shape != (len(barcodes), len(names)):
        raise InputError(
            f"{where}: the matrix is {matrix.shape[1]} x {matrix.shape[0]}, with {len(names)} genes and "
            f"{len(barcodes)} cells",
            expected="genes x cells",
            fix="fetch it again",
        )
    table = pd.DataFrame({name: values for name, values in cells.items() if name != cell}, index=barcodes)
    features = pd.DataFrame({"id": ids, "name": names, "type": ""}, dtype=object)
    return Library(sample, matrix, features, [str(name) for name in barcodes], table)


def _gene_names(rows: dict[str, Any], notes: list[str]) -> tuple[list[str], list[str]] | None:
    """Return ids and symbols by the names of the attributes, or by what they hold where these name no genes."""
    texts = {name: [str(value) for value in values] for name, values in rows.items()}
    symbols = _find(texts, (*_SYMBOLS, *_IDS))
    ids, names = texts.get(_find(texts, _IDS) or symbols, []), texts.get(symbols, [])
    if max(share_known(ids), share_known(names)) >= CLEARLY or not (best := best_names(texts)):
        return (ids, names) if symbols else None
    note = f'the genes are named by the row attribute "{best}"' + (
        f": {symbols} has {few(names, 3)}" if symbols else ""
    )
    notes += [] if note in notes else [note]
    return texts[best], texts[best]


def _find(attributes: Iterable[str], choices: tuple[str, ...]) -> str:
    """Return the attribute that is called by the first of the choices that any is called by, or an empty text."""
    plain = {re.sub("[^a-z0-9]", "", name.casefold()): name for name in reversed([*attributes])}
    return next((plain[choice] for choice in choices if choice in plain), "")


def _attributes(group: h5py.Group) -> dict[str, Any]:
    """Return the attributes of one value per row or column; embeddings have more and are left."""
    flat = {name: item for name, item in group.items() if isinstance(item, h5py.Dataset) and item.ndim == 1}
    return {
        name: item.asstr(errors="replace")[...] if h5py.check_string_dtype(item.dtype) else item[...]
        for name, item in flat.items()
    }


def _shape(stored: h5py.Dataset, where: str) -> tuple[int, int]:
    """Return cells x genes."""
    if stored.ndim != 2 or stored.dtype.kind not in "iufb":
        raise InputError(f"{where}: the matrix is {stored.ndim}-dimensional {stored.dtype}", expected="genes x cells")
    return stored.shape[1], stored.shape[0]


def _cells_of(file: Path, where: str) -> Iterator[sp.csr_matrix]:
    """Yield some cells at a time."""
    with _readable(where), h5py.File(file, "r") as opened:
        stored = opened["matrix"]
        for start in range(0, stored.shape[1], _STEP):
            yield sp.csr_matrix(np.asarray(stored[:, start : start + _STEP], dtype=np.float32).T)

"""Layout ``tenx_mtx``: 10x triplets (matrix, features or genes, barcodes) in a RAW.tar or a folder, any naming."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.ingest import archive
from fatescore.ingest.matrix import Raw
from fatescore.ingest.readers import Layout, register
from fatescore.ingest.readers._libraries import (
    Library,
    join,
    of_organism,
    prefer_filtered,
    sample_name,
    trim,
    without_others,
)
from fatescore.typing import Organism

_PART = re.compile(
    r"^(?P<prefix>.*?)[._-]?(?:(?P<kind>matrix)\.mtx|(?P<list>features|genes|barcodes)\.(?:tsv|txt|csv))(?:\.gz)?$",
    re.IGNORECASE,
)


LAYOUT: Layout = register(
    Layout(
        name="tenx_mtx",
        title="10x triplets",
        endings=(".mtx",),
        accepts=lambda name: _kind(name) == "matrix",
        companions=re.compile(r"(features|genes|barcodes)\.(tsv|txt|csv)$"),
        cells=True,
        alone=False,
        together=lambda names: [name for name in names if LAYOUT.accepts_name(name)],
        precedence=1,
        read=lambda located, options: read(located.path, located.file, options.organism),
    )
)


@dataclass
class _Triplet:
    """The members of one library, by kind."""

    name: str
    parts: dict[str, str] = field(default_factory=dict)


def read(path: Path, file: str = "", organism: Organism | None = None) -> Raw:
    """Return every triplet of an archive or folder as one matrix of cells; without an organism of all species."""
    notes: list[str] = []
    triplets = _group(path, file, organism, notes)
    used = sorted({member for triplet in triplets for member in triplet.parts.values()})
    libraries = [_one(triplet, path, organism, notes) for triplet in triplets]
    return join(libraries, archive.inputs(path, used), notes)


def _kind(name: str) -> str:
    match = _PART.match(PurePosixPath(name).name)
    return (match["kind"] or match["list"]).lower() if match else ""


def _group(path: Path, file: str, organism: Organism | None, notes: list[str]) -> list[_Triplet]:
    members = without_others(archive.names(path), organism, notes)
    groups: dict[str, _Triplet] = {}
    for name in members:
        match = _PART.match(PurePosixPath(name).name)
        if match is None:
            continue
        key = "/".join([*PurePosixPath(name).parts[:-1], match["prefix"]])
        kind = "features" if _kind(name) == "genes" else _kind(name)
        groups.setdefault(key, _Triplet(sample_name(name, match["prefix"]))).parts[kind] = name
    shared = [group for group in groups.values() if set(group.parts) == {"features"}]
    found = [group for group in groups.values() if "matrix" in group.parts]
    if file and path.is_dir():  # a pattern that fits one part means the whole triplet
        found = [group for group in found if any(archive.fits(part, file) for part in group.parts.values())]
    if not found:
        raise InputError(
            f"{path} holds no 10x matrix; its files are {few(members)}",
            expected="files named ...matrix.mtx[.gz], ...features.tsv or ...genes.tsv, ...barcodes.tsv",
            fix='set "layout" or "file" for this data set',
        )
    chosen = prefer_filtered([(group.name, group.parts["matrix"]) for group in found], path, notes)
    found = [group for group in found if group.parts["matrix"] in chosen]
    for group in found:
        if "features" not in group.parts and len(shared) == 1:
            group.parts["features"] = shared[0].parts["features"]  # one list for the whole series
        absent = {"matrix", "features", "barcodes"} - set(group.parts)
        if absent:
            raise InputError(f"{path}: {group.name or 'the matrix'} has no {' and no '.join(sorted(absent))} file",
                             expected="three files per sample")  # fmt: skip
    return found


def _one(triplet: _Triplet, path: Path, organism: Organism | None, notes: list[str]) -> Library:
    """Return the library of one triplet."""
    from scipy.io import mmread

    where = f"{path.name}: {triplet.name}"
    try:
        stored = mmread(io.BytesIO(archive.read(path, triplet.parts["matrix"])))
        if sp.issparse(stored):  # made anew to be checked: an index of 0 in the file is -1 here, and crashes scipy
            stored = sp.coo_matrix((stored.data, (stored.row, stored.col)), shape=stored.shape)
        matrix = sp.csr_matrix(stored, dtype=np.float32)
    except (ValueError, TypeError, OSError, EOFError, OverflowError, MemoryError) as error:
        raise InputError(f"{where}: the matrix cannot be read ({error})", expected="a Matrix Market file") from error
    features = _features(_lines(path, triplet.parts["features"]))
    cells = [line.split("\t")[0].strip().strip('"') for line in _lines(path, triplet.parts["barcodes"])]
    for table in (features, cells):  # a header line makes them one too long
        if len(table) not in matrix.shape and len(table) - 1 in matrix.shape:
            if isinstance(table, list):
                cells = cells[1:]
            else:
                features = features.iloc[1:]
    if matrix.shape == (len(features), len(cells)):
        matrix = sp.csr_matrix(matrix.T)
    elif matrix.shape != (len(cells), len(features)):
        raise InputError(
            f"{where}: the matrix is {matrix.shape[0]} x {matrix.shape[1]}, with {len(features)} features and "
            f"{len(cells)} barcodes",
            expected="features x barcodes",
            fix="check that the three files belong together",
        )
    return trim(of_organism(Library(triplet.name, matrix, features, cells), organism, notes), where)


def _lines(path: Path, member: str) -> list[str]:
    text = archive.read(path, member).decode("utf-8", errors="replace")
    return [line for line in text.splitlines() if line.strip()]


def _features(lines: list[str]) -> pd.DataFrame:
    rows = [[cell.strip().strip('"') for cell in re.split(r"[\t,]", line)] for line in lines]
    wide = [[*row, "", "", ""][:3] for row in rows]
    return pd.DataFrame(wide, columns=["id", "name", "type"], dtype=object)

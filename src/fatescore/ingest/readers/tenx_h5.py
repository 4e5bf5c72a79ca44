"""Layout ``tenx_h5``: CellRanger's HDF5 files (version 2 and 3), one per library, in a folder or a RAW.tar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.ingest import archive
from fatescore.ingest.archive import Files
from fatescore.ingest.blocks import Blocks, Scratch, csr_of_hdf5
from fatescore.ingest.genome_prefix import species_of
from fatescore.ingest.matrix import Raw
from fatescore.ingest.readers import Layout, register
from fatescore.ingest.readers._libraries import Library, choose_members, join, of_organism, trim
from fatescore.typing import IntArray, Organism

# What CellRanger 3 calls the ids and names of features, and CellRanger 1 and 2.
_NAMES = (("id", "genes"), ("name", "gene_names"))

LAYOUT: Layout = register(
    Layout(
        name="tenx_h5",
        title="10x HDF5 files",
        endings=(".h5", ".hdf5"),
        companions=re.compile(r"((molecule_info|probe_set|cloupe).*|abundance)\.(h5|hdf5)$"),
        cells=True,
        together=lambda names: [name for name in names if LAYOUT.accepts_name(name)],
        precedence=2,
        read=lambda located, options: read(located.path, located.file, options.organism),
    )
)


def read(path: Path, file: str = "", organism: Organism | None = None) -> Raw:
    """Return every 10x HDF5 file of a source as one matrix of cells, which stays in the files until it is asked for.

    A file with several species gives the features of ``organism``. CellRanger 2 keeps each genome in a group with
    barcodes of its own: groups that are of no other species are put side by side when their barcodes are the same.
    Without an organism the features of all species are kept.
    """
    notes: list[str] = []
    scratch = Scratch()
    with archive.opened(path) as files:
        chosen = choose_members(LAYOUT, files, file, notes)
        libraries = [_one(files, name, sample, scratch, organism, notes) for name, sample in chosen.items()]
    return join(libraries, archive.inputs(path, list(chosen)), notes)


def _one(
    files: Files, member: str, sample: str, scratch: Scratch, organism: Organism | None, notes: list[str]
) -> Library:
    where = files.where(member)
    with files.as_file(member) as file:
        groups = _wanted(_genomes(file, where), organism, where, notes)
        parts = [_head(file, group, where) for group in groups]
        if any(part.cells != parts[0].cells for part in parts):
            raise InputError(
                f"{where} holds several genomes with different barcodes: {few(groups)}",
                expected="one",
                fix="write the group of one genome to a file of its own",
            )
        features = pd.concat([part.features for part in parts], ignore_index=True)
        shape = len(parts[0].cells), len(features)
        n_stored = np.sum([part.n_stored for part in parts], axis=0)
        read = partial(_read, file, parts, where)
        matrix = scratch.hold(read, shape, lasts=files.lasts(member), n_stored=n_stored)
    return trim(of_organism(Library(sample, matrix, features, parts[0].cells), organism, notes), where)


@dataclass(frozen=True)
class _Head:
    """All but the values of one group: its barcodes and features, and how many values each barcode has."""

    group: str
    cells: list[str]
    features: pd.DataFrame
    n_stored: IntArray


def _head(file: Path, group: str, where: str) -> _Head:
    with _readable(where), h5py.File(file, "r") as stored:
        own = stored[group]
        listed = own.get("features", own)
        ids, names = (_texts(listed[first if first in listed else second]) for first, second in _NAMES)
        types = _texts(listed["feature_type"]) if "feature_type" in listed else [""] * len(ids)
        features = pd.DataFrame({"id": ids, "name": names, "type": types}, dtype=object)
        cells = _texts(own["barcodes"])
        if tuple(own["shape"][...]) != (len(features), len(cells)):
            raise ValueError(f"it is {own['shape'][...]}, with {len(features)} features and {len(cells)} barcodes")
        return _Head(group, cells, features, np.diff(own["indptr"][...].astype(np.int64)))


def _read(file: Path, parts: list[_Head], where: str) -> Iterator[sp.csr_matrix]:
    """Yield cells x features of all groups side by side."""
    with _readable(where), h5py.File(file, "r") as stored:
        shapes = [(len(part.cells), len(part.features)) for part in parts]
        if len(parts) == 1:
            yield from map(_float32, csr_of_hdf5(stored[parts[0].group], shapes[0]))
            return
        whole = [
            Blocks(s, partial(csr_of_hdf5, stored[one.group], s)).load() for one, s in zip(parts, shapes, strict=True)
        ]
        yield _float32(sp.csr_matrix(sp.hstack(whole)))


def _float32(block: sp.csr_matrix) -> sp.csr_matrix:
    with np.errstate(over="ignore"):  # infinite then, which the check of the values refuses
        return block.astype(np.float32)


@contextmanager
def _readable(where: str) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # h5py has half a dozen kinds for a damaged file
        raise InputError(
            f"{where} cannot be read as a 10x matrix ({type(error).__name__}: {str(error)[:200]})",
            expected="a whole file of CellRanger 1 or later", fix="fetch it again",
        ) from error  # fmt: skip


def _texts(stored: h5py.Dataset) -> list[str]:
    return [str(text) for text in stored.asstr(errors="replace")[...]]


def _wanted(genomes: list[str], organism: Organism | None, where: str, notes: list[str]) -> list[str]:
    """Return the groups of a file to read: those of no other species, or the only one."""
    if len(genomes) < 2:
        return genomes
    others = [name for name in genomes if organism is not None and species_of(name) not in ("", organism)]
    if len(others) == len(genomes):
        raise InputError(
            f"{where} holds the genomes {few(genomes)}", expected=f"one of {organism}", fix="check the organism"
        )
    if others:
        note = f"the genomes {few(others)} were left out"
        notes += [] if note in notes else [note]
    return [name for name in genomes if name not in others]


def _genomes(file: Path, where: str) -> list[str]:
    """Return the groups with a matrix: one per genome in CellRanger 2; say what it holds if it is not 10x's."""
    try:
        with h5py.File(file, "r") as stored:
            groups = sorted(map(str, stored))
            genomes = (isinstance(item, h5py.Group) and "barcodes" in item for item in stored.values())
            whole = "matrix" in stored or all(genomes)
    except Exception as error:  # h5py has half a dozen kinds for a damaged file
        raise InputError(
            f"{where} is not a whole HDF5 file ({error})", expected="HDF5", fix="fetch it again"
        ) from error
    if not whole or not groups:
        raise InputError(
            f"{where} is no 10x matrix: it holds {few(groups) or 'nothing'}",
            expected='the group "matrix" (CellRanger 3) or one group per genome (CellRanger 2)',
            fix='rename it to .h5ad if it is AnnData, or choose another file with "file"',
        )
    return ["matrix"] if "matrix" in groups else groups

"""Layout ``tenx_h5``: CellRanger's HDF5 files (version 2 and 3), one per library, in a folder or a RAW.tar."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.ingest import archive
from fatescore.ingest.archive import Files
from fatescore.ingest.matrix import Raw
from fatescore.ingest.readers import Layout, register
from fatescore.ingest.readers._libraries import Library, choose_members, join, of_organism, species_of, trim
from fatescore.typing import Organism

if TYPE_CHECKING:
    from anndata import AnnData

LAYOUT: Layout = register(
    Layout(
        name="tenx_h5",
        title="10x HDF5 files",
        endings=(".h5", ".hdf5"),
        companions=re.compile(r"(molecule_info|probe_set|cloupe).*\.(h5|hdf5)$"),
        cells=True,
        together=lambda names: [name for name in names if LAYOUT.accepts_name(name)],
        precedence=2,
        read=lambda located, options: read(located.path, located.file, options.organism),
    )
)


def read(path: Path, file: str = "", organism: Organism | None = None) -> Raw:
    """Return every 10x HDF5 file of a source as one matrix of cells.

    A file with several species gives the features of ``organism``. CellRanger 2 keeps each genome in a group with
    barcodes of its own: groups that are of no other species are put side by side when their barcodes are the same.
    Without an organism the features of all species are kept.
    """
    notes: list[str] = []
    with archive.opened(path) as files:
        chosen = choose_members(LAYOUT, files, file, notes)
        libraries = [_one(files, name, sample, organism, notes) for name, sample in chosen.items()]
    return join(libraries, archive.inputs(path, list(chosen)), notes)


def _one(files: Files, member: str, sample: str, organism: Organism | None, notes: list[str]) -> Library:
    where = files.where(member)
    with files.as_file(member) as file:
        genomes = _wanted(_genomes(file, where), organism, where, notes)
        parts = [_read(file, genome, where) for genome in genomes]
    if any(list(part.obs_names) != list(parts[0].obs_names) for part in parts):
        raise InputError(
            f"{where} holds several genomes with different barcodes: {few([str(name) for name in genomes])}",
            expected="one",
            fix="write the group of one genome to a file of its own",
        )
    features = pd.concat([_features(part) for part in parts], ignore_index=True)
    matrix = sp.csr_matrix(sp.hstack([part.X for part in parts]), dtype=np.float32)
    library = Library(sample, matrix, features, [str(name) for name in parts[0].obs_names])
    return trim(of_organism(library, organism, notes), where)


def _read(file: Path, genome: str | None, where: str) -> AnnData:
    import scanpy

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # repeated symbols: ids name the features here
            adata = scanpy.read_10x_h5(file, genome=genome, gex_only=False)
        adata.X.check_format(full_check=True)  # an index beyond the shape would crash scipy, not raise
    except Exception as error:  # scanpy raises Exception itself
        raise InputError(
            f"{where} cannot be read as a 10x matrix ({type(error).__name__}: {str(error)[:200]})",
            expected="a whole file of CellRanger 2 or later", fix="fetch it again",
        ) from error  # fmt: skip
    return adata


def _features(adata: AnnData) -> pd.DataFrame:
    kinds = adata.var["feature_types"].astype(str) if "feature_types" in adata.var else ""
    features = {"id": adata.var["gene_ids"].astype(str).to_numpy(), "name": adata.var_names.astype(str)}
    return pd.DataFrame(features, dtype=object).assign(type=np.asarray(kinds))


def _wanted(genomes: list[str], organism: Organism | None, where: str, notes: list[str]) -> list[str | None]:
    """Return the genomes of a CellRanger 2 file to read: those of no other species; ``None`` is the only one."""
    if len(genomes) < 2:
        return [None]
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
    """Return the groups of a CellRanger 2 file, none for a later one; say what it holds if it is not 10x's."""
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
    return [] if "matrix" in groups else groups

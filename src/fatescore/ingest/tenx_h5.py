"""Layout ``tenx_h5``: CellRanger's HDF5 files (version 2 and 3), one per library, in a folder or a RAW.tar."""

from __future__ import annotations

import re
import warnings
from pathlib import Path, PurePosixPath

import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.ingest import _archive
from fatescore.ingest._libraries import Library, join, named_by, prefer_filtered, trimmed
from fatescore.ingest._raw import Raw, few

# not CellRanger's files without a matrix of cells
_NAME = re.compile(r"^(?!.*(molecule_info|probe_set|cloupe))(?P<prefix>.*)\.(h5|hdf5)(\.gz)?$", re.IGNORECASE)


def is_matrix(name: str) -> bool:
    """Tell by its name whether a file may be a 10x matrix in HDF5."""
    return bool(_NAME.match(PurePosixPath(name).name))


def read(path: Path, file: str = "") -> Raw:
    """Hand over every 10x HDF5 file of a source as one matrix of cells.

    Parameters
    ----------
    path
        A file, an archive or a folder.
    file
        Pattern that chooses among the files of a folder.

    Raises
    ------
    InputError
        When there is no such file, one is not 10x's, or a sample has several.
    """
    notes: list[str] = []
    named = named_by(_NAME, _archive.names(path, file), path, what="10x HDF5", ending="...matrix.h5")
    chosen = prefer_filtered(named, path, notes)
    samples = {name: sample for sample, name in named}
    return join([_one(path, name, samples[name]) for name in chosen], _archive.inputs(path, chosen), notes)


def _one(path: Path, member: str, sample: str) -> Library:
    where = str(path) if path.name == member else f"{path}: {member}"
    with _archive.as_file(path, member) as file:
        _check(file, where)
        import scanpy

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # repeated symbols: ids name the features here
                adata = scanpy.read_10x_h5(file, gex_only=False)
            adata.X.check_format(full_check=True)  # an index beyond the shape would crash scipy, not raise
        except Exception as error:  # scanpy raises Exception itself
            raise InputError(
                f"{where} cannot be read as a 10x matrix ({type(error).__name__}: {str(error)[:200]})",
                expected="a whole file of CellRanger 2 or later", fix="fetch it again",
            ) from error  # fmt: skip
    kinds = adata.var["feature_types"].astype(str) if "feature_types" in adata.var else ""
    features = pd.DataFrame(
        {"id": adata.var["gene_ids"].astype(str).to_numpy(), "name": adata.var_names.astype(str)}, dtype=object
    ).assign(type=np.asarray(kinds))
    matrix = sp.csr_matrix(adata.X, dtype=np.float32)
    return trimmed(Library(sample, matrix, features, [str(name) for name in adata.obs_names]), where)


def _check(file: Path, where: str) -> None:
    """Refuse what is not 10x's, saying what is in it."""
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
    if "matrix" not in groups and len(groups) > 1:
        raise InputError(
            f"{where} holds several genomes: {few(groups)}", expected="one", fix="split the cells by species first"
        )

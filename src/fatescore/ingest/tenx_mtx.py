"""Layout ``tenx_mtx``: 10x triplets (matrix, features or genes, barcodes) in a RAW.tar or a folder, any naming."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.ingest._raw import Raw, few, visible_files

_PART = re.compile(
    r"^(?P<prefix>.*?)[._-]?(?:(?P<kind>matrix)\.mtx|(?P<list>features|genes|barcodes)\.(?:tsv|txt|csv))(?:\.gz)?$",
    re.IGNORECASE,
)
_GSM = re.compile(r"GSM\d+")


@dataclass
class _Triplet:
    name: str
    parts: dict[str, Callable[[], bytes]] = field(default_factory=dict)


def is_part(name: str) -> bool:
    """Tell by its name whether a file is part of a triplet."""
    return bool(_kind(name))


def is_matrix(name: str) -> bool:
    """Tell by its name whether a file is the matrix of a triplet."""
    return _kind(name) == "matrix"


def has_triplets(path: Path) -> bool:
    """Tell whether an archive or a folder holds a 10x matrix; an archive that cannot be read is an InputError."""
    return any(is_matrix(name) for name in _names(path))


def read(path: Path) -> Raw:
    """Hand over every triplet of an archive or folder as one matrix of cells.

    Nothing of an archive is written to the disk; members with ``../``, absolute paths or links are refused.

    Raises
    ------
    InputError
        When a part of a triplet is absent, shapes do not agree, or the archive is not safe.
    """
    triplets = _group(path)
    blocks: list[sp.csr_matrix] = []
    ids: list[pd.DataFrame] = []
    other: list[dict[str, str]] = []
    columns: list[str] = []
    barcodes: list[str] = []
    notes: list[str] = []
    for triplet in triplets:
        matrix, features, cells = _one(triplet, path)
        blocks.append(matrix)
        ids.append(features)
        columns += [triplet.name] * len(cells)
        barcodes += cells
        other.append(dict(zip(features["id"], features["name"], strict=True)))
    joined, names = _stack(blocks, ids, notes)
    known = {key: value for part in reversed(other) for key, value in part.items()}
    return Raw(
        matrix=joined,
        ids=names,
        columns=columns,
        barcodes=barcodes,
        other_names=[known.get(name, "") for name in names],
        inputs=[path] if path.is_file() else [p for p in visible_files(path) if _kind(p.name)],
        notes=notes,
    )


def _kind(name: str) -> str:
    match = _PART.match(PurePosixPath(name).name)
    return (match["kind"] or match["list"]).lower() if match else ""


def _names(path: Path) -> list[str]:
    if path.is_dir():
        return [str(p.relative_to(path)) for p in visible_files(path)]
    try:
        with tarfile.open(path) as archive:
            return [member.name for member in archive]
    except (tarfile.TarError, OSError, EOFError) as error:
        raise InputError(
            f"{path} cannot be read as an archive ({error})", expected="a whole tar file", fix="fetch it again"
        ) from error


def _group(path: Path) -> list[_Triplet]:
    loaders = _folder_members(path) if path.is_dir() else _tar_members(path)
    groups: dict[str, _Triplet] = {}
    for name, load in sorted(loaders.items()):
        file = PurePosixPath(name)
        match = _PART.match(file.name)
        if match is None:
            continue
        prefix = match["prefix"]
        # A part without a prefix is named by its folder; "filtered_feature_bc_matrix" and its like say nothing.
        folders = [part for part in file.parts[:-1] if "bc_matri" not in part and part not in (".", "/")]
        label = prefix or (folders[-1] if folders else "")
        key = "/".join([*file.parts[:-1], prefix])
        kind = "features" if _kind(name) == "genes" else _kind(name)
        groups.setdefault(key, _Triplet(_sample_name(label, file))).parts[kind] = load
    shared = [group for group in groups.values() if set(group.parts) == {"features"}]
    found = [group for group in groups.values() if "matrix" in group.parts]
    if not found:
        raise InputError(
            f"{path} holds no 10x matrix; its files are {few(_names(path))}",
            expected="files named ...matrix.mtx[.gz], ...features.tsv or ...genes.tsv, ...barcodes.tsv",
            fix="set layout or file for this data set",
        )
    for group in found:
        if "features" not in group.parts and len(shared) == 1:
            group.parts["features"] = shared[0].parts["features"]  # one list for the whole series
        absent = {"matrix", "features", "barcodes"} - set(group.parts)
        if absent:
            raise InputError(f"{path}: {group.name or 'the matrix'} has no {' and no '.join(sorted(absent))} file",
                             expected="three files per sample")  # fmt: skip
    names = [group.name for group in found]
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InputError(f"{path} has several matrices for {few(twice)}", expected="one per sample", fix="set file")
    return found


def _sample_name(label: str, file: PurePosixPath) -> str:
    match = _GSM.search(str(file))
    return match[0] if match else label


def _folder_members(path: Path) -> dict[str, Callable[[], bytes]]:
    return {name: (path / name).read_bytes for name in _names(path)}


def _tar_members(path: Path) -> dict[str, Callable[[], bytes]]:
    loaders: dict[str, Callable[[], bytes]] = {}
    _names(path)  # a readable archive, or a clear error
    with tarfile.open(path) as archive:
        for member in archive:
            parts = PurePosixPath(member.name).parts
            if member.name.startswith("/") or ".." in parts or member.issym() or member.islnk() or member.isdev():
                raise InputError(
                    f"{path} has the member {member.name}, which points outside the archive or is a link",
                    expected="plain files",
                    fix="do not use this archive",
                )
            if member.isfile():
                loaders[member.name] = _TarLoader(path, member.name)
    return loaders


@dataclass(frozen=True)
class _TarLoader:
    path: Path
    member: str

    def __call__(self) -> bytes:
        with tarfile.open(self.path) as archive:
            stream = archive.extractfile(self.member)
            return stream.read() if stream is not None else b""


def _one(triplet: _Triplet, path: Path) -> tuple[sp.csr_matrix, pd.DataFrame, list[str]]:
    """Return cells x features, the features (id, name) and the barcodes of one sample."""
    from scipy.io import mmread

    where = f"{path.name}: {triplet.name}"
    try:
        matrix = sp.csr_matrix(mmread(io.BytesIO(_plain(triplet.parts["matrix"]()))), dtype=np.float32)
    except (ValueError, TypeError, OSError, EOFError, OverflowError, MemoryError) as error:
        raise InputError(f"{where}: the matrix cannot be read ({error})", expected="a Matrix Market file") from error
    features = _features(_lines(triplet.parts["features"]))
    cells = [line.split("\t")[0].strip().strip('"') for line in _lines(triplet.parts["barcodes"])]
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
    genes = features["type"].isin(["", "Gene Expression"]).to_numpy()
    matrix.eliminate_zeros()
    used = matrix.getnnz(axis=1) > 0  # not the sum: a negative or missing value must reach the check of the scale
    if not used.any():
        used[:] = True  # an empty sample is a finding of quality control, not an absent sample
    kept = [cell for cell, keep in zip(cells, used, strict=True) if keep]
    return matrix[used][:, genes], features[genes].reset_index(drop=True), kept


def _plain(data: bytes) -> bytes:
    try:
        return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"a gzip member is damaged ({error})", fix="fetch the file again") from error


def _lines(load: Callable[[], bytes]) -> list[str]:
    return [line for line in _plain(load()).decode("utf-8", errors="replace").splitlines() if line.strip()]


def _features(lines: list[str]) -> pd.DataFrame:
    rows = [[cell.strip().strip('"') for cell in re.split(r"[\t,]", line)] for line in lines]
    wide = [[*row, "", "", ""][:3] for row in rows]
    return pd.DataFrame(wide, columns=["id", "name", "type"], dtype=object)


def _stack(
    blocks: list[sp.csr_matrix], features: list[pd.DataFrame], notes: list[str]
) -> tuple[sp.csr_matrix, list[str]]:
    first = list(features[0]["id"])
    if all(list(table["id"]) == first for table in features):
        return sp.csr_matrix(sp.vstack(blocks)), first
    names = list(dict.fromkeys(name for table in features for name in table["id"]))
    notes.append("samples list different features; one that a sample does not list counts as zero there")
    place = {name: position for position, name in enumerate(names)}
    aligned = []
    for block, table in zip(blocks, features, strict=True):
        columns = np.array([place[name] for name in table["id"]])
        shift = sp.csr_matrix((np.ones(len(columns)), (np.arange(len(columns)), columns)), (len(columns), len(names)))
        aligned.append(sp.csr_matrix(block @ shift, dtype=np.float32))
    return sp.csr_matrix(sp.vstack(aligned)), names

"""Feed damaged supplementary files to the readers of ingest; only the project's own errors may come out.

python benchmarks/ingest_fuzz.py [--minutes 10] [--seed 0]

Count tables, workbooks, archives of tables and of 10x triplets, 10x HDF5, loom and h5ad, each a small valid file that
is damaged and then located, read and named as ``fatescore ingest`` does. As geo_fuzz.py in all else.
"""

from __future__ import annotations

import gzip
import io
import random
import re
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import openpyxl
import pandas as pd
import scanpy  # noqa: F401  (in the parent, not in each child)
import scipy.sparse as sp
from _fuzzing import Kind, main, mutate, text

from fatescore.ingest import ingest

GENES = ["RUNX2", "ENSG00000132170.21", "BGLAP", "SP7|x", "Pparg", "PMF1-BGLAP///PMF1///BGLAP", "1-Mar", "OCN", "ALPL"]
DECLARED = {"dataset": "d", "organism": "human", "scale": "counts"}
ANY = {"condition": {"field": "title"}, "donor": {"field": "title"}}


def table(draw: random.Random) -> bytes:
    names = [f"GSM{k}" for k in range(draw.randint(1, 4))]
    mark = draw.choice(["\t", ",", ";", " "])
    extra = draw.choice([[], ["gene_name"], ["Chr", "Length"]])
    rows = [[gene, *("x1" for _ in extra), *(str(draw.randint(0, 9)) for _ in names)] for gene in GENES]
    header = draw.choice([["gene", *extra, *names], [*extra, *names], ["#id", *extra, *names]])
    return "".join(mark.join(row) + "\n" for row in [header, *rows]).encode()


def across(draw: random.Random) -> bytes:
    rows = [[f"cell{k}", "S1", *(str(draw.randint(0, 5)) for _ in GENES)] for k in range(draw.randint(1, 5))]
    return text(["", "sample", *GENES], *rows)


def workbook(draw: random.Random) -> bytes:
    """Return a workbook of one table and perhaps a sheet of words; damage is done to its parts and packed again."""
    book = openpyxl.Workbook()
    for row in table(draw).decode().splitlines():
        book.active.append([int(cell) if cell.isdigit() else cell for cell in re.split(r"[\t,; ]", row)])
    if draw.random() < 0.5:
        book.create_sheet("notes").append(["made in", 2020])
    out = io.BytesIO()
    book.save(out)
    if draw.random() < 0.5:
        with zipfile.ZipFile(out) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        name = draw.choice(list(parts))
        parts[name] = mutate(parts[name], draw)[:1_000_000]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as packed:
            for name, data in parts.items():
                packed.writestr(name, data)
    return out.getvalue()


def tar(members: Callable[[random.Random], dict[str, bytes]]) -> Callable[[random.Random], bytes]:
    """Pack members; half of the time one of them is damaged inside a sound archive."""

    def make(draw: random.Random) -> bytes:
        files = members(draw)
        if draw.random() < 0.5:
            name = draw.choice(list(files))
            files[name] = mutate(files[name], draw)[:1_000_000]
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            for name, data in files.items():
                data = gzip.compress(data, 1, mtime=0) if name.endswith(".gz") else data
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return out.getvalue()

    return make


def zip_of(members: Callable[[random.Random], dict[str, bytes]]) -> Callable[[random.Random], bytes]:
    def make(draw: random.Random) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(
            out, "w", draw.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
        ) as zip_:
            for name, data in members(draw).items():
                zip_.writestr(name, data)
        return out.getvalue()

    return make


def within(draw: random.Random) -> dict[str, bytes]:
    """Return an archive for every sample."""
    kind, ending = draw.choice([(tar, ".tar"), (zip_of, ".zip")])
    parts = triplets(draw)
    samples = sorted({name.partition("_")[0] for name in parts})
    return {
        f"{sample}_x{ending}": kind(lambda _, s=sample: {n: d for n, d in parts.items() if n.startswith(f"{s}_")})(draw)
        for sample in samples
    }


def tables(draw: random.Random) -> dict[str, bytes]:
    end = draw.choice([".txt", ".txt.gz", ".counts.tsv"])
    header = draw.choice([[], [["gene", "count"]]])
    return {f"GSM{k}_s{end}": text(*header, *([gene, str(draw.randint(0, 9))] for gene in GENES)) for k in range(1, 4)}


def triplets(draw: random.Random) -> dict[str, bytes]:
    files = {}
    for k in range(1, draw.randint(2, 4)):
        cells, end = draw.randint(1, 4), draw.choice(["", ".gz"])
        entries = [(g + 1, c + 1, draw.randint(1, 9)) for c in range(cells) for g in range(len(GENES)) if (g + c) % 2]
        head = f"%%MatrixMarket matrix coordinate integer general\n%\n{len(GENES)} {cells} {len(entries)}\n"
        files[f"GSM{k}_matrix.mtx{end}"] = (head + "".join(f"{g} {c} {n}\n" for g, c, n in entries)).encode()
        files[f"GSM{k}_barcodes.tsv{end}"] = text(*(f"ACGT{c}-1" for c in range(cells)))
        files[f"GSM{k}_features.tsv{end}"] = text(*([gene, gene, "Gene Expression"] for gene in GENES))
    return files


def hdf5(write: Callable[[h5py.File, np.ndarray], None]) -> Callable[[random.Random], bytes]:
    def make(draw: random.Random) -> bytes:
        out = io.BytesIO()
        counts = np.array([[draw.randint(0, 3) for _ in GENES] for _ in range(3)])
        with h5py.File(out, "w") as file:
            write(file, counts)
        return out.getvalue()

    return make


def tenx(file: h5py.File, counts: np.ndarray) -> None:
    matrix = sp.csc_matrix(counts.T)
    group = file.create_group("matrix")
    for name in ("data", "indices", "indptr"):
        group[name] = getattr(matrix, name)
    group["shape"] = matrix.shape
    group["barcodes"] = np.array([f"ACGT{c}-1".encode() for c in range(len(counts))])
    features = group.create_group("features")
    features["id"] = features["name"] = np.array([gene.encode() for gene in GENES])
    features["feature_type"] = np.array([b"Gene Expression"] * len(GENES))


def loom(file: h5py.File, counts: np.ndarray) -> None:
    file["matrix"] = counts.T
    file.create_group("layers")
    file["row_attrs/Gene"] = np.array([gene.encode() for gene in GENES])
    file["col_attrs/CellID"] = np.array([f"c{c}".encode() for c in range(len(counts))])


def h5ad(draw: random.Random) -> bytes:
    counts = sp.csr_matrix(np.array([[draw.randint(0, 3) for _ in GENES] for _ in range(3)], dtype=np.float32))
    obs = pd.DataFrame({"sample": ["a", "a", "b"]}, index=["c1", "c2", "c3"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.h5ad"
        ad.AnnData(counts, obs=obs, var=pd.DataFrame(index=GENES)).write_h5ad(path)
        return path.read_bytes()


def use(assay: str, names: list[str]) -> Callable[[Path], None]:
    def run(path: Path) -> None:
        samples = pd.DataFrame({"sample": names, "donor": names, "condition": "c"})
        result = ingest(path, samples=samples, assay=assay, sample_key=KEYS.get(path.suffix, ""), **DECLARED)
        assert result.adata.n_obs
        assert np.isfinite(result.adata.X.sum())

    return run


KEYS = {".h5ad": "sample"}
KINDS = {
    "count table": Kind(table, use("bulk", ["GSM0", "GSM1"]), "GSE1_counts.txt", packs=False),
    "packed count table": Kind(table, use("bulk", ["GSM0", "GSM1"]), "GSE1_counts.txt.gz"),
    "workbook": Kind(workbook, use("bulk", ["GSM0", "GSM1"]), "GSE1_counts.xlsx", packs=False),
    "cells x genes": Kind(across, use("single_cell", ["S1"]), "cells.tsv", packs=False),
    "archive of tables": Kind(tar(tables), use("bulk", ["GSM1", "GSM2", "GSM3"]), "GSE1_RAW.tar", packs=False),
    "archive of triplets": Kind(tar(triplets), use("single_cell", ["GSM1", "GSM2"]), "GSE1_RAW.tar", packs=False),
    "zip of tables": Kind(zip_of(tables), use("bulk", ["GSM1", "GSM2", "GSM3"]), "GSE1_all.zip", packs=False),
    "archives in an archive": Kind(tar(within), use("single_cell", ["GSM1", "GSM2"]), "GSE1_RAW.tar", packs=False),
    "10x HDF5": Kind(
        hdf5(tenx), use("single_cell", ["GSM1"]), "GSM1_filtered_feature_bc_matrix.h5", packs=False, apart=True
    ),
    "loom": Kind(hdf5(loom), use("single_cell", ["GSM1"]), "GSM1.loom", packs=False, apart=True),
    "h5ad": Kind(h5ad, use("single_cell", ["a", "b"]), "cells.h5ad", packs=False, apart=True),
}


if __name__ == "__main__":
    sys.exit(main(KINDS, __doc__))

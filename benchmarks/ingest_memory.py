"""Peak memory and time of ingest as the number of cells grows, against scanpy's readers in memory.

python benchmarks/ingest_memory.py [--cells 50000,200000] [--million] [--per-cell 2500] [--peer-most 50000] [--work DIR]

One 10x HDF5 file and one triplet (``matrix.mtx.gz`` by cell, as CellRanger writes it) of simulated counts among 30,000
genes. Every number is a process of its own that reads the file and writes ``raw.h5ad``, packed alike; ours also names
genes and checks the scale. Seconds are the processor's. scanpy's is left out above ``--peer-most`` cells, for want of
memory. ``per cell`` is the growth of our peak since the smaller file of that kind, for each cell that came to it.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import h5py
import numpy as np
import scipy.io
import scipy.sparse as sp

from fatescore.gene_sets import symbols

HEAD = (
    "| file | cells | size | ours | per cell | scanpy | ratio | ours | scanpy | ratio |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)
N_GENES, STEP = 30_000, 2_000


def blocks(n_cells: int, per_cell: int) -> Iterator[sp.csr_matrix]:
    """Yield cells x genes; the same few blocks again and again, or making them would take longest."""
    draw = np.random.default_rng(0)
    weights = draw.gamma(0.3, 1, N_GENES)
    weights /= weights.sum()
    made = []
    for _ in range(min(4, -(-n_cells // STEP))):
        genes = [np.unique(draw.choice(N_GENES, int(per_cell * 1.25), p=weights)) for _ in range(STEP)]
        pointers = np.cumsum([0, *map(len, genes)])
        counts = draw.geometric(0.5, pointers[-1]).astype(np.int32)
        made.append(sp.csr_matrix((counts, np.concatenate(genes), pointers), shape=(STEP, N_GENES)))
    for k, first in enumerate(range(0, n_cells, STEP)):
        yield made[k % len(made)][: min(STEP, n_cells - first)]


def barcodes(n_cells: int) -> list[str]:
    letters = np.array(list("ACGT"))
    digits = (np.arange(n_cells)[:, None] // 4 ** np.arange(16)) % 4
    return ["".join(row) + "-1" for row in letters[digits]]


def write_h5(path: Path, n_cells: int, per_cell: int, genes: list[str]) -> None:
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        kinds = {"data": np.int32, "indices": np.int64}
        parts = {n: group.create_dataset(n, (0,), k, maxshape=(None,), chunks=(80_000,), compression=1)
                 for n, k in kinds.items()}  # fmt: skip
        pointers = [np.zeros(1, dtype=np.int64)]
        for block in blocks(n_cells, per_cell):
            end = int(pointers[-1][-1])
            for name, stored in parts.items():
                stored.resize((end + block.nnz,))
                stored[end:] = getattr(block, name)
            pointers.append(block.indptr[1:].astype(np.int64) + end)
        group["indptr"] = np.concatenate(pointers)
        group["shape"] = np.array([N_GENES, n_cells], dtype=np.int32)
        group["barcodes"] = np.array(barcodes(n_cells), dtype="S")
        texts = {"id": genes, "name": genes, "feature_type": ["Gene Expression"] * N_GENES, "genome": ["x"] * N_GENES}
        for name, values in texts.items():
            group[f"features/{name}"] = np.array(values, dtype="S")


def write_mtx(folder: Path, n_cells: int, per_cell: int, genes: list[str]) -> None:
    folder.mkdir()
    n_entries = sum(block.nnz for block in blocks(n_cells, per_cell))
    with gzip.open(folder / "matrix.mtx.gz", "wb", compresslevel=1) as out:
        head = "%%MatrixMarket matrix coordinate integer general\n%metadata_json: {}\n"
        out.write(f"{head}{N_GENES} {n_cells} {n_entries}\n".encode())
        first = 0
        for block in blocks(n_cells, per_cell):
            part = block.tocoo()
            text = io.BytesIO()
            place = part.data, (part.col, part.row + first)
            scipy.io.mmwrite(text, sp.coo_matrix(place, shape=(N_GENES, n_cells)), symmetry="general")
            out.write(text.getvalue().split(b"\n", 3 if text.getvalue().count(b"%", 0, 80) > 2 else 2)[-1])
            first += block.shape[0]
    for name, lines in {
        "features.tsv.gz": [f"{gene}\t{gene}\tGene Expression" for gene in genes], "barcodes.tsv.gz": barcodes(n_cells),
    }.items():  # fmt: skip
        with gzip.open(folder / name, "wt", compresslevel=1) as out:
            out.writelines(f"{line}\n" for line in lines)


def task(what: str, path: str, output: str) -> None:
    if what == "ours":
        import pandas as pd

        from fatescore.ingest import ingest

        rows = pd.DataFrame({"sample": ["x"], "donor": ["d"], "condition": ["c"]})
        result = ingest(path, samples=rows, dataset="d", organism="human", assay="single_cell", scale="counts",
                        output=output)  # fmt: skip
        print(result.adata.shape)
        return
    import scanpy

    adata = scanpy.read_10x_h5(path) if path.endswith(".h5") else scanpy.read_10x_mtx(path)
    adata.var_names_make_unique()
    adata.write_h5ad(output, compression="gzip")


def measured(what: str, path: Path, work: Path) -> tuple[float, float]:
    """Return peak memory of a process in GB, and the seconds of the processor that it took."""
    command = [sys.executable, __file__, "--task", what, str(path), str(work / "raw.h5ad")]
    wait = (
        "import json, resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(json.dumps([used.ru_maxrss * 1024 / 1e9, used.ru_utime + used.ru_stime]))"
    )
    done = subprocess.run([sys.executable, "-c", wait, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    memory, seconds = json.loads(done.stdout)
    return memory, seconds


def main() -> None:
    if sys.argv[1:2] == ["--task"]:
        task(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", default="50000,200000")
    parser.add_argument("--million", action="store_true", help="also 1,000,000 cells: 30 GB of disk, hours")
    parser.add_argument("--per-cell", type=int, default=2_500, help="stored values of a cell")
    parser.add_argument("--kinds", default="h5,mtx")
    parser.add_argument("--peer-most", type=int, default=50_000)
    parser.add_argument("--work", type=Path, help="where the files are made, and removed")
    given = parser.parse_args()
    sizes = [*map(int, given.cells.split(",")), *([1_000_000] if given.million else [])]
    scale = f"{N_GENES:,} genes, {given.per_cell:,} values a cell"
    print(f"{os.cpu_count()} processors, scanpy {version('scanpy')}; {scale}\n\n{HEAD}", flush=True)
    genes = sorted(symbols.approved_symbols("human"))[:N_GENES]
    before: dict[str, tuple[int, float]] = {}
    for n_cells in sizes:
        for kind in given.kinds.split(","):
            with tempfile.TemporaryDirectory(dir=given.work) as folder:
                path = Path(folder) / ("x.h5" if kind == "h5" else "x")
                (write_h5 if kind == "h5" else write_mtx)(path, n_cells, given.per_cell, genes)
                stored = path if kind == "h5" else path / "matrix.mtx.gz"
                ours = measured("ours", path, Path(folder))
                peer = measured("scanpy", path, Path(folder)) if n_cells <= given.peer_most else None
                size = f"{stored.stat().st_size / 1e9:.2f} GB"
            grown = ""
            if kind in before:
                fewer, lower = before[kind]
                grown = f"{(ours[0] - lower) * 1e9 / (n_cells - fewer):.0f} B"
            before[kind] = n_cells, ours[0]
            columns = [
                part
                for k, unit in enumerate((" GB", " s"))
                for part in (
                    f"{ours[k]:.2f}{unit}", *([grown] if k == 0 else []),
                    *((f"{peer[k]:.2f}{unit}", f"{ours[k] / peer[k]:.2f}") if peer else ("", "")),
                )
            ]  # fmt: skip
            print(f"| {kind} | {n_cells:,} | {size} | {' | '.join(columns)} |", flush=True)


if __name__ == "__main__":
    main()

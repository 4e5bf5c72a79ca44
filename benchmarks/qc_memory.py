"""Peak memory of quality control as the number of cells grows and the samples stay as large, against scanpy in memory.

python benchmarks/qc_memory.py [--cells 10000,40000,200000] [--per-sample 2000] [--genes 5000] [--work DIR]

Both sides are processes of their own. Scanpy's reads the whole file, calculates the metrics, filters cells and genes
and runs Scrublet by sample; it does less than ours (no cell types, cycle, ambient RNA) and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import _data
import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.pp.cell_type import MARKERS

HEAD = "| cells | file | fatescore qc | scanpy | ratio | fatescore qc | scanpy |\n|---|---|---|---|---|---|---|"


def make(path: Path, n_cells: int, per_sample: int, n_genes: int, seed: int = 0) -> None:
    """Write Poisson counts of two cell types, about a tenth of the entries not zero, some thousand rows at a time."""
    import anndata as ad

    from fatescore._h5ad_rows import write_rows

    rng = np.random.default_rng(seed)
    markers = {kind: [*MARKERS[kind]] for kind in ("stromal", "haematopoietic")}
    own = [gene for genes in markers.values() for gene in genes]
    names = pd.Index([*own, *(f"MT-{k}" for k in range(10)), *(f"GENE{k}" for k in range(n_genes - len(own) - 10))])
    level = rng.gamma(0.3, 0.4, n_genes)
    rates = {kind: np.where(names.isin(markers[kind]), 3.0, np.where(names.isin(own), 0.02, level)) for kind in markers}
    for kind in rates:  # a fifth of the genes differ, so that Scrublet has something to go by
        rates[kind] = rates[kind] * np.where(names.isin(own), 1, np.where(rng.random(n_genes) < 0.2, 2.0, 1.0))
    blocks = []
    for first in range(0, n_cells, per_sample):
        kinds = rng.choice(list(rates), min(per_sample, n_cells - first), p=[0.7, 0.3])
        depth = rng.lognormal(0, 0.3, len(kinds))
        counts = rng.poisson(depth[:, None] * np.array([rates[kind] for kind in kinds]))
        blocks.append(sp.csr_matrix(counts.astype(np.float32)))
    X = sp.vstack(blocks, format="csr")
    sample = [f"s{k // per_sample:03d}" for k in range(n_cells)]
    obs = pd.DataFrame({"dataset": "D", "sample": sample, "donor": sample, "condition": "x"})
    obs.index = [f"c{k}" for k in range(n_cells)]
    adata = ad.AnnData(X, obs=obs, var=pd.DataFrame(index=names), layers={"counts": X})
    adata.uns["fatescore"] = {"assay": "single_cell", "organism": "human", "scale": "counts"}
    write_rows(path, adata)


def scanpy_task(path: str) -> None:
    import scanpy as sc

    adata = sc.read_h5ad(path)
    adata.var["mt"] = adata.var_names.str.startswith("MT-")
    sc.pp.calculate_qc_metrics(adata, qc_vars=["mt"], percent_top=None, log1p=False, inplace=True)
    sc.pp.filter_cells(adata, min_genes=200)
    sc.pp.filter_genes(adata, min_cells=3)
    # the same options as ours, or scanpy needs scikit-image and approximate neighbours that fail here
    sc.pp.scrublet(adata, batch_key="sample", use_approx_neighbors=False, threshold=0.3, log_transform=True)


def measured(command: list[str]) -> tuple[float, float]:
    """Return peak memory of a process in GB, and its seconds.

    A process of its own waits for it, so that ``RUSAGE_CHILDREN`` counts this one only.
    """
    wait = (
        "import json, resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
        "print(json.dumps(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", wait, *command], capture_output=True, text=True, check=False, env=os.environ
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout) * 1024 / 1e9, time.perf_counter() - began


def main() -> None:
    if sys.argv[1:2] == ["--task"]:
        scanpy_task(sys.argv[2])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", default="10000,40000,200000")
    parser.add_argument("--per-sample", type=int, default=2000)
    parser.add_argument("--genes", type=int, default=5000)
    parser.add_argument("--work", type=Path, help="folder of the simulated files; without, one that is removed")
    given = parser.parse_args()
    print(f"{_data.machine()}; samples of {given.per_sample:,} cells, {given.genes:,} genes\n\n{HEAD}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work = given.work or Path(folder)
        for n_cells in map(int, given.cells.split(",")):
            path = work / f"qc-{n_cells}-{given.per_sample}-{given.genes}" / "raw.h5ad"
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                make(path, n_cells, given.per_sample, given.genes)
            fatescore = str(Path(sys.executable).parent / "fatescore")
            ours, ours_s = measured([fatescore, "qc", str(path.parent)])
            peer, peer_s = measured([sys.executable, __file__, "--task", str(path)])
            print(
                f"| {n_cells:,} | {path.stat().st_size / 1e9:.2f} GB | {ours:.2f} GB | {peer:.2f} GB "
                f"| {ours / peer:.2f} | {ours_s:.0f} s | {peer_s:.0f} s |",
                flush=True,
            )


if __name__ == "__main__":
    main()

"""Whether depth passes for fate: the index after thinning, and its correlation with depth within a cell type.

python benchmarks/depth_and_fate.py [DIR]   (prints Markdown; DIR is the folder of real data, for Matsushita 2023)

The counts of every stromal cell are thinned to a half and a quarter. A sample's mean index should move by less than its
own standard error over cells (sd / sqrt(n)). Seeds 101 and 102, three thinnings each.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.stats import spearmanr

import fatescore as fs

KEEP = (0.5, 0.25)


def index_of(adata: ad.AnnData, organism: str) -> pd.Series:
    logs = fs.pp.normalise(adata, assay="single_cell", scale="counts")
    fs.tl.fate_bias(logs, organism=organism)
    index: pd.Series = logs.obs["fate_bias"]
    return index


def thinned(adata: ad.AnnData, keep: float, seed: int) -> ad.AnnData:
    counts = sp.csr_matrix(adata.layers["counts"], dtype=np.float64, copy=True)
    counts.data = np.random.default_rng(seed).binomial(np.rint(counts.data).astype(np.int64), keep).astype(np.float32)
    counts.eliminate_zeros()
    out = ad.AnnData(counts.astype(np.float32), obs=adata.obs, var=adata.var, uns=adata.uns)
    out.layers["counts"] = out.X.copy()
    return out


def rows_of(name: str, adata: ad.AnnData, organism: str) -> None:
    depth = np.asarray(adata.layers["counts"].sum(axis=1)).ravel()
    whole = index_of(adata, organism)
    samples = adata.obs["sample"].astype(str)
    moved = {
        keep: pd.concat([index_of(thinned(adata, keep, seed), organism) for seed in range(3)], axis=1).mean(axis=1)
        for keep in KEEP
    }
    for sample in sorted(samples.unique()):
        cells = (samples == sample).to_numpy()
        error = whole[cells].std() / np.sqrt(cells.sum())
        rho = spearmanr(whole[cells], depth[cells], nan_policy="omit").statistic
        shift = [float((moved[keep][cells] - whole[cells]).mean()) for keep in KEEP]
        most = max(map(abs, shift))
        within = "yes" if most < error else f"**no, {most / error:.1f} errors**"
        told = f"{name}, {sample} ({cells.sum()} cells, {np.median(depth[cells]):,.0f} counts)"
        numbers = [
            f"{whole[cells].mean():.3f}",
            f"{error:.3f}",
            *(f"{one:+.3f}" for one in shift),
            within,
            f"{rho:+.2f}",
        ]
        print(f"| {told} | {' | '.join(numbers)} |")


def main() -> None:
    warnings.simplefilter("ignore")
    print("| sample | mean index | its error | moved at a half | at a quarter | within | rho of index and depth |")
    print("|---|---|---|---|---|---|---|")
    for seed in (101, 102):
        adata = fs.simulate.single_cell(n_donors=4, cells_per_donor=400, n_genes=18_000, depth=6000, seed=seed)
        kept = fs.pp.qc(adata, assay="single_cell", organism="human").adata
        rows_of(f"simulated, seed {seed}", kept, "human")
    if len(sys.argv) > 1:
        found = ad.read_h5ad(Path(sys.argv[1]) / "matsushita2023/matsushita2023_250cells.h5ad")
        found.obs["sample"] = found.obs["cluster"].astype(str)
        found.layers["counts"] = sp.csr_matrix(found.X)
        rows_of("Matsushita", found, "mouse")


if __name__ == "__main__":
    main()

"""Whether depth passes for fate: the index after thinning, and its correlation with depth within a cell type.

python benchmarks/depth_and_fate.py [DIR]   (prints Markdown; DIR is the folder of real data, for Matsushita 2023)

The counts of every stromal cell are thinned to a half and a quarter, five times each. Wanted: the index of a sample
moves by less than its own standard error. Three numbers are looked at: the pseudobulk index of the sample, which is
what contrasts use (error: bootstrap over cells); the mean index over its cells (error: sd / sqrt(n)); and the same mean
once `fs.pp.match_depth` has made the whole and the thinned sample equally deep.
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
TIMES = 5
COLUMNS = (
    "sample | pseudobulk index (error) | moved at 1/2, 1/4 | errors | mean over cells (error) | moved at 1/2, 1/4 | "
    "errors | moved after match_depth | errors | rho of index and depth, cells"
)


def of_cells(adata: ad.AnnData, organism: str) -> pd.Series:
    logs = fs.pp.normalise(adata, assay="single_cell", scale="counts")
    fs.tl.fate_bias(logs, organism=organism)
    index: pd.Series = logs.obs["fate_bias"]
    return index


def of_samples(adata: ad.AnnData, organism: str) -> pd.Series:
    sums = fs.pp.pseudobulk(adata)
    fs.tl.fate_bias(sums, organism=organism)
    index: pd.Series = sums.obs["fate_bias"]
    return index


def means(adata: ad.AnnData, organism: str) -> pd.Series:
    return of_cells(adata, organism).groupby(adata.obs["sample"].astype(str)).mean()


def thinned(adata: ad.AnnData, keep: float, seed: int) -> ad.AnnData:
    counts = sp.csr_matrix(adata.layers["counts"], dtype=np.float64, copy=True)
    counts.data = np.random.default_rng(seed).binomial(np.rint(counts.data).astype(np.int64), keep).astype(np.float32)
    counts.eliminate_zeros()
    out = ad.AnnData(counts.astype(np.float32), obs=adata.obs, var=adata.var, uns=adata.uns)
    out.layers["counts"] = out.X.copy()
    return out


def matched(adata: ad.AnnData, less: ad.AnnData, organism: str, seed: int) -> pd.Series:
    """Return how far the mean of each sample moves when the whole is made as deep as the thinned."""
    shift = {}
    for sample in adata.obs["sample"].astype(str).unique():
        sides = {key: side[(side.obs["sample"] == sample).to_numpy()] for key, side in (("0", adata), ("1", less))}
        both = ad.concat(sides, label="sample", index_unique="-", merge="same")
        found = means(fs.pp.match_depth(both, rng=seed), organism)
        shift[sample] = found["1"] - found["0"]
    return pd.Series(shift)


def rows_of(name: str, adata: ad.AnnData, organism: str) -> None:
    samples = adata.obs["sample"].astype(str)
    depth = np.asarray(adata.layers["counts"].sum(axis=1)).ravel()
    cells, whole = of_cells(adata, organism), of_samples(adata, organism)
    ends = fs.tl.cell_intervals(adata, organism=organism, rng=0)
    error = {"bulk": (ends.iloc[:, 1] - ends.iloc[:, 0]) / 3.92, "mean": cells.groupby(samples).sem()}
    mean = cells.groupby(samples).mean()
    moved: dict[str, dict[float, pd.Series]] = {"bulk": {}, "mean": {}, "matched": {}}
    for keep in KEEP:
        less = [thinned(adata, keep, seed) for seed in range(TIMES)]
        moved["bulk"][keep] = sum(of_samples(one, organism) for one in less) / TIMES - whole
        moved["mean"][keep] = sum(means(one, organism) for one in less) / TIMES - mean
        moved["matched"][keep] = sum(matched(adata, one, organism, seed) for seed, one in enumerate(less[:2])) / 2
    for sample in sorted(samples.unique()):
        own = (samples == sample).to_numpy()
        told = [f"{name}, {sample} ({own.sum()} cells, {np.median(depth[own]):,.0f} counts)"]
        for kind, value, err in (("bulk", whole, "bulk"), ("mean", mean, "mean"), ("matched", None, "mean")):
            shift = [float(moved[kind][keep][sample]) for keep in KEEP]
            ratio = max(map(abs, shift)) / error[err][sample]
            if value is not None:
                told.append(f"{value[sample]:.3f} ({error[err][sample]:.3f})")
            told += [", ".join(f"{one:+.3f}" for one in shift), f"{ratio:.1f}" if ratio < 1 else f"**{ratio:.1f}**"]
        told.append(f"{spearmanr(cells[own], depth[own], nan_policy='omit').statistic:+.2f}")
        print(f"| {' | '.join(told)} |", flush=True)


def main() -> None:
    warnings.simplefilter("ignore")
    print(f"| {COLUMNS} |\n|{'---|' * (COLUMNS.count('|') + 1)}")
    for seed in (101, 102):
        adata = fs.simulate.single_cell(n_donors=4, cells_per_donor=400, n_genes=18_000, depth=6000, seed=seed)
        kept = fs.pp.qc(adata, assay="single_cell", organism="human").adata
        rows_of(f"simulated {seed}", kept, "human")
    if len(sys.argv) > 1:
        found = ad.read_h5ad(Path(sys.argv[1]) / "matsushita2023/matsushita2023_250cells.h5ad")
        found.obs["sample"] = found.obs["cluster"].astype(str)
        found.layers["counts"] = sp.csr_matrix(found.X)
        rows_of("Matsushita", found, "mouse")


if __name__ == "__main__":
    main()

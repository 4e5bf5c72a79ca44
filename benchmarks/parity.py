"""Worst difference to the original implementations: the R packages' stored scores, and peers run here.

python benchmarks/parity.py DIR   (DIR: the folder of real data; peers come with pip install '.[bench]')
"""

from __future__ import annotations

import gzip
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.io
import scipy.sparse as sp

import fatescore as fs

Row = tuple[str, str, str, float, float]  # method, original, setting, worst difference, allowed


def worst(ours: object, theirs: object) -> float:
    """Return the largest absolute difference."""
    return float(np.nanmax(np.abs(np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float))))


def stored(folder: Path) -> Iterator[Row]:
    """Compare with scores that the R packages gave."""
    tie_free = pd.read_csv(folder / "tiefree_400x40.csv", index_col=0).T
    sets = folder / "signatures_tiefree.gmt"
    for method, original, file, allowed, params in (
        ("ucell", "UCell (R)", "ucell_R_tiefree_maxRank200.csv", 1e-6, {"max_rank": 200, "missing": "impute"}),
        ("aucell", "AUCell (R)", "aucell_R_tiefree_aucMaxRank20.csv", 1e-9, {"n_up": 20}),
        ("aucell", "AUCell (R)", "aucell_R_tiefree_aucMaxRank40.csv", 1e-9, {"n_up": 40}),
        ("zscore", "GSVA 1.46 (R)", "gsva1.46_zscore_tiefree.csv", 1e-8, {}),
        ("ssgsea", "GSVA 1.46 (R)", "gsva1.46_ssgsea_nonorm_tiefree.csv", 1e-8, {}),
    ):
        scores = fs.tl.score_gene_sets(tie_free, sets, method=method, **params)
        theirs = pd.read_csv(folder / file, index_col=0)
        yield method, original, f"no ties, {params or 'default'}", worst(scores, theirs), allowed
    with gzip.open(folder / "ucell_samplematrix.mtx.gz") as stream:
        counts = scipy.io.mmread(stream).toarray().T
    genes = pd.read_csv(folder / "ucell_samplematrix_genes.csv.gz")["gene"]
    cells = pd.DataFrame(counts, columns=genes)
    for missing, file in (
        ("impute", "ucell_R_samplematrix_maxRank1500.csv"),
        ("skip", "ucell_R_samplematrix_skipmissing.csv"),
    ):
        theirs = pd.read_csv(folder / file, index_col=0)
        theirs.columns = theirs.columns.str.removesuffix("_UCell")
        mine = folder / "signatures_samplematrix.gmt"
        scores = fs.tl.score_gene_sets(cells, mine, method="ucell", missing=missing)
        known = scores.columns[scores.notna().all()]  # a set without a measured gene is NaN here and 0 there
        difference = worst(scores[known], theirs[known])
        yield "ucell", "UCell (R)", f"counts, ties, signed sets, missing={missing}", difference, 1e-6
    toy = pd.read_csv(folder / "singscore_toy_expr.csv", index_col=0).T
    toy.columns = toy.columns.astype(str)
    both = fs.gene_sets.read_gmt(folder / "singscore_toy.gmt")
    signed = {"up": both["up"], "updown": [*both["up"], *(f"{gene}-" for gene in both["dn"])]}
    for name, genes_of in signed.items():
        theirs = pd.read_csv(folder / f"singscore_R_toy_{name}.csv", index_col=0)
        scores = fs.tl.score_gene_sets(toy, {"set": genes_of}, method="singscore", dispersion=True)
        yield "singscore", "singscore (R)", f"{name}, score", worst(scores["score", "set"], theirs["TotalScore"]), 1e-8
        difference = worst(scores["dispersion", "set"], theirs["TotalDispersion"])
        yield "singscore", "singscore (R)", f"{name}, dispersion", difference, 1e-8


def peers() -> Iterator[Row]:
    """Compare with peers on simulated counts."""
    import gseapy
    import pyucell
    import scanpy as sc

    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=150, n_genes=3000, seed=0)
    adata = ad.AnnData(sp.csr_matrix(cells.layers["counts"]), obs=cells.obs[[]], var=cells.var[[]])
    rng = np.random.default_rng(0)
    sets = {f"s{n}": list(rng.choice(adata.var_names, n, replace=False)) for n in (2, 10, 50, 200)}
    sets["signed"] = [*sets["s10"], *(f"{gene}-" for gene in sets["s50"] if gene not in sets["s10"])]
    fs.tl.score_gene_sets(adata, sets, method="ucell")
    pyucell.compute_ucell_scores(adata, sets, n_jobs=1)
    theirs = adata.obs[[f"{name}_UCell" for name in sets]]
    yield "ucell", "pyucell (float32)", "counts, ties, signed set", worst(adata.obsm["score_ucell"], theirs), 1e-6

    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    adata.X = adata.X.astype(np.float64)
    name = next(iter(sets))
    fs.tl.score_gene_sets(adata, {name: sets[name]}, method="score_genes", ctrl_size=50, rng=0)
    seed = int(np.random.default_rng(0).integers(2**32))
    sc.tl.score_genes(adata, sets[name], ctrl_size=50, random_state=seed)
    difference = worst(adata.obsm["score_score_genes"][name], adata.obs["score"])
    yield "score_genes", "scanpy", "ctrl_size=50, same seed", difference, 1e-12

    bulk = pd.DataFrame(rng.random((20, 2000)), columns=[f"g{i}" for i in range(2000)])
    bulk.index = bulk.index.astype(str)
    mine = {f"s{n}": list(rng.choice(bulk.columns, n, replace=False)) for n in (10, 50, 200)}
    result = gseapy.ssgsea(
        data=bulk.T, gene_sets=mine, sample_norm_method="rank", correl_norm_type="rank", outdir=None, no_plot=True,
        min_size=1, max_size=100_000, threads=1,
    )  # fmt: skip
    theirs = result.res2d.pivot_table(index="Name", columns="Term", values="ES", aggfunc="first").astype(float)
    scores = fs.tl.score_gene_sets(bulk, mine, method="ssgsea")
    scale = float(np.abs(theirs.to_numpy()).max())
    difference = worst(scores.loc[theirs.index, theirs.columns], theirs) / scale
    yield "ssgsea", "gseapy", "no ties, relative to the largest score", difference, 1e-8


def main(folder: Path) -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    print("| method | original | setting | worst difference | allowed |\n|---|---|---|---|---|")
    for method, original, setting, difference, allowed in (*stored(folder / "score_references"), *peers()):
        print(f"| {method} | {original} | {setting} | {difference:.1e} | {allowed:.0e} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

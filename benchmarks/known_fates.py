"""How well every scoring method and index definition recovers known fates: the evidence behind the defaults.

python benchmarks/known_fates.py DIR   (DIR: the folder of real data; prints Markdown, about 3 minutes)

The index of a method is its score of the bone arm minus its score of the fat arm. Methods that score expression, not
ranks, are given log counts. For `rank_log`, the package's own index, z and calls are shown too.
"""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

import fatescore as fs
from fatescore.ingest import read_expression

ARMS = ["osteogenic", "adipogenic"]
Scored = pd.Series


def by_method(adata: ad.AnnData, method: str, index: str, organism: str) -> np.ndarray:
    """Return the difference of the arms' scores."""
    weights = fs.gene_sets.index_weights(fs.gene_sets.load_index(index, organism=organism), list(adata.var_names))
    sets = {arm: weights[arm][weights[arm] != 0].to_dict() for arm in ARMS}
    X = adata.X
    if fs.methods.get(method).plan is None:  # needs a log scale
        dense = np.asarray(X.todense() if hasattr(X, "todense") else X, dtype=float)
        log = adata.uns.get("log", False)
        X = dense if log else np.log1p(dense / dense.sum(axis=1, keepdims=True).clip(1) * 1e4)
    table = ad.AnnData(X, var=adata.var[[]])
    params = {"max_rank": min(1500, adata.n_vars)} if method == "ucell" else {}
    fs.tl.score_gene_sets(table, sets, method=method, **params)
    scores = table.obsm[f"score_{method}"]
    return np.asarray(scores[ARMS[0]] - scores[ARMS[1]])


def auroc(high: np.ndarray, low: np.ndarray) -> float:
    """Return how often a high one beats a low one."""
    return float(roc_auc_score(np.repeat([1, 0], [len(high), len(low)]), np.concatenate([high, low])))


def gap(high: np.ndarray, low: np.ndarray) -> float:
    """Return the difference of means in pooled standard deviations."""
    return float((high.mean() - low.mean()) / np.sqrt((high.var(ddof=1) + low.var(ddof=1)) / 2))


def simulated(method: str, index: str, **how: float) -> float:
    """Return AUROC of true bone against true fat cells, mean over two seeds."""
    found = []
    for seed in (1, 2):
        cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=300, n_genes=3000, seed=seed, **how)
        cells.X = cells.layers["counts"]
        score, fate = by_method(cells, method, index, "human"), cells.obs["true_fate"].to_numpy()
        found.append(auroc(score[fate == "osteogenic"], score[fate == "adipogenic"]))
    return float(np.mean(found))


def real(folder: Path) -> dict[str, ad.AnnData]:
    """Read the sets of known fate."""
    cells = ad.read_h5ad(folder / "matsushita2023" / "matsushita2023_250cells.h5ad")
    cells.X = cells.layers["counts"]
    course = pd.read_csv(folder / "3t3l1_timecourse" / "log2_ratio_to_t0.tsv.gz", sep="\t", index_col=0).T
    course = course.loc[:, ~course.columns.duplicated()].dropna(axis=1).astype(float)
    time = ad.AnnData(course, uns={"log": True})
    return {
        "cells": cells,
        "bone": read_expression(folder / "mouse_bone_emtab5533/rsem_expected_counts.tsv.gz", "mouse"),
        "fat": read_expression(folder / "mouse_inguinal_fat/counts.tsv.gz", "mouse"),
        "course": time,
    }


def recovery(data: dict[str, ad.AnnData]) -> pd.DataFrame:
    """Return one row per method and index."""
    kind, depth = data["cells"].obs["cluster"].to_numpy(), np.asarray(data["cells"].X.sum(axis=1)).ravel()
    clean = data["bone"].obs_names.str.startswith("Clean")
    hours = np.arange(data["course"].n_obs)
    # one scale for methods that compare the observations of a call with each other
    genes = data["bone"].var_names.intersection(data["fat"].var_names)
    both = ad.concat([data["bone"][:, genes], data["fat"][:, genes]])
    is_fat = np.repeat([False, True], [data["bone"].n_obs, data["fat"].n_obs])
    rows = []
    for method in fs.methods.names():
        for index in fs.gene_sets.index_names():
            cells = by_method(data["cells"], method, index, "mouse")
            os, re = cells[kind == "OS"], cells[kind == "RE"]
            bulk = by_method(both, method, index, "mouse")
            bone = bulk[~is_fat]
            course = by_method(data["course"], method, index, "human")
            within = np.mean([spearmanr(cells[kind == k], depth[kind == k])[0] for k in np.unique(kind)])
            rows.append(
                {
                    "method": method, "index": index, "OS / RE AUROC": auroc(os, re),
                    "bone / fat gap": gap(bone, bulk[is_fat]), "clean / marrow gap": gap(bone[clean], bone[~clean]),
                    "3T3-L1 with time": spearmanr(course, hours)[0], "with depth": within,
                    "simulated": simulated(method, index), "shallow": simulated(method, index, depth=800),
                    "soup 40 %": simulated(method, index, ambient=0.4),
                }
            )  # fmt: skip
    return pd.DataFrame(rows).set_index(["method", "index"])


def calls(cells: ad.AnnData) -> pd.DataFrame:
    """Return what the package calls the cells of each cluster."""
    rows = []
    for index in fs.gene_sets.index_names():
        fs.tl.fate_bias(cells, organism="mouse", index=index)
        obs = cells.obs
        share = pd.crosstab(obs["cluster"], obs["fate_call"], normalize="index", dropna=False)
        pair = {k: obs[obs["cluster"] == k] for k in ("OS", "RE")}
        row = {"index": index, "raw > 0 in RE": (pair["RE"]["fate_bias"] > 0).mean()}
        for name in ("fate_bias", "fate_bias_z"):
            row[f"AUROC {name}"] = auroc(pair["OS"][name].to_numpy(), pair["RE"][name].to_numpy())
        for cluster in share.index:
            row |= {f"{cluster} {call}": share.loc[cluster].get(call, 0.0) for call in ("osteogenic", "adipogenic")}
        rows.append(row)
    return pd.DataFrame(rows).set_index("index").T


def saturation(bone: ad.AnnData) -> pd.DataFrame:
    """Return how differently a gene's value moves between bone with and without marrow."""
    clean = bone.obs_names.str.startswith("Clean")
    X = np.asarray(bone.X.todense() if hasattr(bone.X, "todense") else bone.X, dtype=float)
    share = X / X.sum(axis=1, keepdims=True)
    rank = (-X).argsort(axis=1).argsort(axis=1) + 1
    rows = {}
    for gene in ("Runx2", "Alpl", "Col1a1", "Sp7", "Ibsp", "Bglap", "Bglap2", "Spp1"):
        at = bone.var_names.get_loc(gene)
        values = {
            "fold": share[:, at], "rank with marrow": rank[:, at],
            "percentile": 100 * (1 - rank[:, at] / X.shape[1]),
            "log2 rank": np.log2(X.shape[1] / rank[:, at]),
        }  # fmt: skip
        with_marrow = {name: value[~clean].mean() for name, value in values.items()}
        without = {name: value[clean].mean() for name, value in values.items()}
        rows[gene] = {
            "fold": without["fold"] / with_marrow["fold"], "rank with marrow": with_marrow["rank with marrow"],
            "rank without": without["rank with marrow"],
            "percentile points": without["percentile"] - with_marrow["percentile"],
            "log2 rank units": without["log2 rank"] - with_marrow["log2 rank"],
        }  # fmt: skip
    return pd.DataFrame(rows).T


def main(folder: Path) -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    data = real(folder)
    for title, table in (
        ("Recovery", recovery(data)), ("Matsushita", calls(data["cells"])), ("Rank saturation", saturation(data["bone"]))
    ):  # fmt: skip
        print(f"\n## {title}\n")
        print(table.round(3).reset_index().to_markdown(index=False))
    msc = read_expression(folder / "gse35958/expression_log2.tsv.gz", "human")
    for index in fs.gene_sets.index_names():
        fs.tl.fate_bias(msc, organism="human", index=index)
        bias = msc.obs["fate_bias"]
        print(f"GSE35958, osteoporosis minus control, {index}: {bias.iloc[4:].mean() - bias.iloc[:4].mean():+.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The index of every method, and its calls: what known_fates.py and simulated_fates.py share.

`fs.tl.index_scores` says how a method scores an index. Methods that score expression, not ranks, are given log counts.
"""

from __future__ import annotations

from collections.abc import Iterator

import anndata as ad
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

import fatescore as fs
from fatescore.stats import fdr
from fatescore.typing import Organism

Array = npt.NDArray[np.float64]


def combinations() -> Iterator[tuple[str, str]]:
    """Yield every method with every index."""
    for method in ("rank_log", *(name for name in fs.methods.names() if name != "rank_log")):
        for index in fs.gene_sets.index_names():
            yield method, index


def log_scale(adata: ad.AnnData) -> ad.AnnData:
    """Return log1p counts per 10,000 (cells) or million (samples); tables that hold logarithms stay as they are."""
    X = np.asarray(adata.X.todense() if sp.issparse(adata.X) else adata.X, dtype=float)
    if not adata.uns.get("log", False):
        X = np.log1p(X / X.sum(axis=1, keepdims=True).clip(1) * (1e4 if adata.n_obs > 50 else 1e6))
    return ad.AnnData(X, var=adata.var[[]])


def index_scores(adata: ad.AnnData, method: str, index: str, organism: Organism) -> Array:
    """Return the index of every observation, under a method."""
    data = log_scale(adata) if fs.methods.get(method).relative else adata
    return fs.tl.index_scores(data, method=method, index=index, organism=organism)


def set_scores(adata: ad.AnnData, sets: dict[str, dict[str, float]], method: str, **how: str) -> pd.DataFrame:
    table = ad.AnnData(adata.X, var=adata.var[[]])
    fs.tl.score_gene_sets(table, sets, method=method, **how)
    names = ("score", "z", "pval") if how else ("score",)
    frames: list[pd.DataFrame] = [table.obsm[f"{name}_{method}"] for name in names]
    return frames[0] if len(frames) == 1 else pd.concat(frames, axis=1, keys=names)


def with_null(adata: ad.AnnData, method: str, index: str, organism: Organism) -> pd.DataFrame | None:
    """Return fate_bias_z and fate_call: the package's own, or its rule with another method; None without a formula."""
    if method == "rank_log":
        copy = ad.AnnData(adata.X, var=adata.var[[]], obs=pd.DataFrame(index=adata.obs_names))
        fs.tl.fate_bias(copy, organism=organism, index=index)
        return pd.DataFrame(copy.obs[["fate_bias_z", "fate_call"]])
    weights = fs.gene_sets.index_weights(fs.gene_sets.load_index(index, organism=organism), list(adata.var_names))
    if not fs.methods.get(method).linear or index == "review":  # these methods cannot weigh regulators
        return None
    sets = {name: weights[name][weights[name] != 0].to_dict() for name in ("fate_bias", "osteogenic", "adipogenic")}
    scored = set_scores(adata, sets, method, null="matched")
    z, sure = scored["z"], fdr.bh(scored["pval"]["fate_bias"].to_numpy()) < 0.05
    call = np.where(sure & (z["fate_bias"] > 0) & (z["osteogenic"] > 0), "osteogenic", "uncommitted")
    call = np.where(sure & (z["fate_bias"] < 0) & (z["adipogenic"] > 0), "adipogenic", call)
    return pd.DataFrame({"fate_bias_z": z["fate_bias"].to_numpy(), "fate_call": call}, index=adata.obs_names)


def wins(high: Array, low: Array) -> Array:
    """Return for every pair whether the high one wins; its mean is the AUROC."""
    return np.asarray((high[:, None] > low) + 0.5 * (high[:, None] == low))


def show(title: str, table: pd.DataFrame, first: str = "method") -> None:
    """Print a table."""
    if table.index.nlevels == 2:
        table = table.rename_axis([first, "index"])
    print(f"\n## {title}\n\n{table.reset_index().to_markdown(index=False, floatfmt='.3f')}")

"""How well every scoring method and index definition recovers simulated fates over depth, ambient share and dropout.

python benchmarks/simulated_fates.py   (no data needed; prints Markdown, about 2 minutes)

One factor moves at a time around depth 2,000, ambient share 0.1 and no extra dropout; values are over two seeds.
The simulator plants loadings on core and on textbook genes alike, so an index with more genes must do better here:
these tables compare methods, and say how each index wears with noise. They cannot say that a larger index is right.

Methods that use the size of weights (rank_log, zscore) score an index as one signed set with the weights of
`fs.gene_sets.index_weights`. The others score each part (arm, axis, miRNA; positive and negative genes apart) and the
parts are combined with the coefficients of the index; for core and extended that is bone arm minus fat arm. Methods
that score expression, not ranks, are given log counts.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator

import anndata as ad
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from scipy.stats import spearmanr

import fatescore as fs
from fatescore.stats import fdr
from fatescore.typing import Organism

Array = npt.NDArray[np.float64]

N_GENES, CELLS_PER_DONOR, SEEDS = 18_000, 400, (1, 2)
FATES = ("osteogenic", "adipogenic")
CENTRE = {"depth": 2000.0, "ambient": 0.1, "keep": 1.0}
GRID = {"depth": (500, 2000, 8000, 20_000), "ambient": (0.0, 0.1, 0.3, 0.5), "keep": (1.0, 0.5, 0.25)}


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
    definition, record = fs.gene_sets.load_index(index, organism=organism), fs.methods.get(method)
    data = log_scale(adata) if record.relative else adata
    if record.weighted:
        weights = fs.gene_sets.index_weights(definition, list(adata.var_names))["fate_bias"]
        scores = set_scores(data, {"index": weights[weights != 0].to_dict()}, method)["index"]
        return np.asarray(scores * (weights.abs().sum() if method == "rank_log" else 1))
    sets, share = {}, {}
    for part, coefficient in definition.measures["fate_bias"].items():
        blocks = definition.groups.get(part, (part,))
        units = {block: definition.units(block) for block in blocks}
        measured = {block: rows[rows["symbol"].isin(adata.var_names)] for block, rows in units.items()}
        known = {block: rows for block, rows in measured.items() if len(rows)}
        for block, rows in known.items():
            for sign in (1.0, -1.0):
                if (rows["sign"] == sign).any():
                    sets[f"{block}{sign}"] = dict.fromkeys(rows.loc[rows["sign"] == sign, "symbol"], 1.0)
                    share[f"{block}{sign}"] = sign * coefficient / len(known)
    return np.asarray(set_scores(data, sets, method) @ pd.Series(share))


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


def settings() -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the name and the values of every setting; the centre once."""
    yield "centre", CENTRE
    for factor, values in GRID.items():
        for value in values:
            if value != CENTRE[factor]:
                yield f"{factor} {value:g}", {**CENTRE, factor: value}


def simulate(seed: int, *, depth: float, ambient: float, keep: float) -> ad.AnnData:
    """Simulate two donors; `keep` thins every count (binomial), as lost transcripts would."""
    cells = fs.simulate.single_cell(
        n_donors=2, cells_per_donor=CELLS_PER_DONOR, n_genes=N_GENES, depth=depth, depth_ratio=1.0, ambient=ambient,
        effect=0.0, seed=seed,
    )  # fmt: skip
    counts = sp.csr_matrix(cells.layers["counts"], dtype=float)
    counts.data = np.random.default_rng(seed).binomial(counts.data.astype(int), keep).astype(float)
    counts.eliminate_zeros()
    cells.X = counts
    # the workflow's gate leaves stromal cells only
    kept = (cells.obs["true_cell_type"] == "stromal").to_numpy() & (np.asarray(counts.sum(axis=1)).ravel() > 0)
    return cells[kept].copy()


def recovered(cells: ad.AnnData, method: str, index: str) -> tuple[float, float]:
    """Return AUROC of true bone against true fat cells, and Spearman with the true bias."""
    score, fate = index_scores(cells, method, index, "human"), cells.obs["true_fate"].to_numpy()
    auroc = wins(score[fate == FATES[0]], score[fate == FATES[1]]).mean()
    return float(auroc), float(spearmanr(score, cells.obs["true_bias"])[0])


def called(seeds: list[ad.AnnData], index: str) -> dict[str, float]:
    """Return precision and recall of the package's calls, over all seeds."""
    for cells in seeds:
        fs.tl.fate_bias(cells, organism="human", index=index)
    obs = pd.concat([cells.obs[["fate_call", "true_fate"]].astype(str) for cells in seeds])
    call, truth = obs["fate_call"], obs["true_fate"]
    out: dict[str, float] = {}
    for fate in FATES:
        right, n_called = ((call == fate) & (truth == fate)).sum(), (call == fate).sum()
        out[f"{fate} called"] = n_called
        out[f"{fate} precision"] = right / n_called if n_called else np.nan
        out[f"{fate} recall"] = right / (truth == fate).sum()
    out["called the other fate"] = (call.isin(FATES) & truth.isin(FATES) & (call != truth)).sum()
    out["uncommitted cells called"] = call[truth == "uncommitted"].isin(FATES).mean()
    return out


def main() -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    auroc: dict[str, dict[tuple[str, str], float]] = {}
    rank: dict[str, dict[tuple[str, str], float]] = {}
    calls: dict[tuple[str, str], pd.Series] = {}
    for name, values in settings():
        seeds = [simulate(seed, **values) for seed in SEEDS]
        auroc[name], rank[name] = {}, {}
        for pair in combinations():
            found = np.mean([recovered(cells, *pair) for cells in seeds], axis=0)
            auroc[name][pair], rank[name][pair] = found
        for index in fs.gene_sets.index_names():
            calls[name, index] = pd.Series(called(seeds, index))
    show("AUROC, bone against fat cells", pd.DataFrame(auroc))
    show("Spearman with the true bias", pd.DataFrame(rank))
    show("Calls of rank_log", pd.DataFrame(calls).T, "setting")


if __name__ == "__main__":
    main()

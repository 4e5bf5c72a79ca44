"""How well every scoring method and index definition recovers simulated fates over depth, ambient share and dropout.

python benchmarks/simulated_fates.py   (no data needed; prints Markdown, about 2 minutes)

One factor moves at a time around depth 2,000, ambient share 0.1 and no extra dropout; values are over two seeds.
The simulator plants loadings on core and on textbook genes alike, so an index with more genes must do better here:
these tables compare methods, and say how each index wears with noise. They cannot say that a larger index is right.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp
from _fates import combinations, index_scores, show, wins
from scipy.stats import spearmanr

import fatescore as fs

N_GENES, CELLS_PER_DONOR, SEEDS = 18_000, 400, (1, 2)
FATES = ("osteogenic", "adipogenic")
CENTRE = {"depth": 2000.0, "ambient": 0.1, "keep": 1.0}
GRID = {"depth": (500, 2000, 8000, 20_000), "ambient": (0.0, 0.1, 0.3, 0.5), "keep": (1.0, 0.5, 0.25)}


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

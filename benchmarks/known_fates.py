"""How well every scoring method and index definition recovers known fates: the evidence behind the defaults.

python benchmarks/known_fates.py DIR   (DIR: the folder of real data; prints Markdown, about 1 minute)

`_fates.py` says how a method scores an index. docs/explanation/evidence.md discusses the tables.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anndata as ad
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from _fates import Array, combinations, index_scores, show, wins, with_null
from scipy.stats import rankdata, spearmanr

import fatescore as fs
from fatescore.errors import NotScorable
from fatescore.gene_sets import Index
from fatescore.ingest import read_expression

CLUSTERS = ("OS", "ORT", "Stem", "CH", "RE")
BONE_GENES = ("Runx2", "Alpl", "Col1a1", "Sp7", "Ibsp", "Bglap", "Bglap2", "Sparc", "Spp1", "Dlx5", "Satb2")


def gap(high: Array, low: Array) -> float:
    """Return the difference of means in pooled standard deviations."""
    return float((high.mean() - low.mean()) / np.sqrt((high.var(ddof=1) + low.var(ddof=1)) / 2))


def thinned(cells: ad.AnnData, counts: int, seed: int) -> ad.AnnData:
    """Draw at most so many of each cell's counts, without replacement."""
    rng, X = np.random.default_rng(seed), np.asarray(cells.X.todense()).astype(int)
    rows = [
        row if row.sum() <= counts else rng.multivariate_hypergeometric(row, counts, method="marginals") for row in X
    ]
    return ad.AnnData(sp.csr_matrix(np.array(rows, dtype=float)), var=cells.var[[]])


def read(folder: Path) -> dict[str, ad.AnnData]:
    """Read the sets of known fate."""
    cells = ad.read_h5ad(folder / "matsushita2023" / "matsushita2023_250cells.h5ad")
    cells.X = cells.layers["counts"].astype(float)
    bone = read_expression(folder / "mouse_bone_emtab5533/rsem_expected_counts.tsv.gz", "mouse")
    fat = read_expression(folder / "mouse_inguinal_fat/counts.tsv.gz", "mouse")
    course = read_expression(folder / "3t3l1_timecourse/log2_ratio_to_t0.tsv.gz", "human")
    msc = read_expression(folder / "gse35958/expression_log2.tsv.gz", "human")
    course.uns["log"] = msc.uns["log"] = True
    bone.X, fat.X = sp.csr_matrix(bone.X), sp.csr_matrix(fat.X)
    # one table for methods that compare the observations of a call with each other
    return {"cells": cells, "bulk": ad.concat([bone, fat], join="inner"), "bone": bone, "course": course, "msc": msc}


def cell_table(cells: ad.AnnData) -> pd.DataFrame:
    """Osteoblasts (OS) against reticular cells (RE)."""
    kind, depth = cells.obs["cluster"].to_numpy(), np.asarray(cells.X.sum(axis=1)).ravel()
    shallow = depth < pd.Series(depth).groupby(kind).transform("median").to_numpy()
    few = [thinned(cells, 1000, seed) for seed in (1, 2, 3)]
    rng = np.random.default_rng(0)
    drawn = {k: rng.multinomial(50, np.full(50, 1 / 50), size=4000) / 50 for k in ("OS", "RE")}

    def auroc(score: Array, of: npt.NDArray[np.bool_] | bool = True) -> float:
        return float(wins(score[(kind == "OS") & of], score[(kind == "RE") & of]).mean())

    rows = {}
    for method, index in combinations():
        score, null = index_scores(cells, method, index, "mouse"), with_null(cells, method, index, "mouse")
        pairs = wins(score[kind == "OS"], score[kind == "RE"])
        low, high = np.quantile(np.einsum("br,rs,bs->b", drawn["OS"], pairs, drawn["RE"]), (0.025, 0.975))
        rows[method, index] = {
            "AUROC": auroc(score), "95 % (cells)": f"{low:.3f}-{high:.3f}",
            "by z": np.nan if null is None else auroc(null["fate_bias_z"].to_numpy()),
            "shallower half": auroc(score, shallow),
            "thinned to 1,000": np.mean([auroc(index_scores(x, method, index, "mouse")) for x in few]),
            "with depth": np.mean([spearmanr(score[kind == k], depth[kind == k])[0] for k in CLUSTERS]),
            "RE above 0": (score[kind == "RE"] > 0).mean(),
        }  # fmt: skip
    return pd.DataFrame(rows).T


def call_table(cells: ad.AnnData) -> pd.DataFrame:
    """Return percent of each cluster called osteogenic / adipogenic, for methods with a closed-form null."""
    rows = {}
    for method, index in combinations():
        null = with_null(cells, method, index, "mouse")
        if null is not None:
            called = null["fate_call"].astype(str).groupby(cells.obs["cluster"].to_numpy())
            rows[method, index] = {
                k: " / ".join(f"{(called.get_group(k) == fate).mean():.0%}" for fate in ("osteogenic", "adipogenic"))
                for k in CLUSTERS
            }
    return pd.DataFrame(rows).T


def sample_table(data: dict[str, ad.AnnData], msc_case: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Bulk: bone, bone with marrow, fat; adipogenesis in time; the MSC arrays, whose truth is not known."""
    bulk, course = data["bulk"], data["course"]
    clean, marrow = bulk.obs_names.str.startswith("Clean"), bulk.obs_names.str.startswith("Marrow")
    rows = {}
    for method, index in combinations():
        score, time = index_scores(bulk, method, index, "mouse"), index_scores(course, method, index, "human")
        msc = index_scores(data["msc"], method, index, "human")
        poles = score[clean].mean() - score[~clean & ~marrow].mean()
        step = score[clean].mean() - score[marrow].mean()
        case, control = msc[msc_case], msc[~msc_case]
        rows[method, index] = {
            "bone - fat, sd": gap(score[clean], score[~clean & ~marrow]),
            "clean - marrow, sd": gap(score[clean], score[marrow]), "of bone - fat": step / poles,
            "of the range": step / nominal_range(method, index, bulk.n_vars),
            "3T3-L1 with time": spearmanr(time, range(7))[0],
            "48 h - before, of sd before": (time[6] - time[:6].mean()) / time[:6].std(ddof=1),
            "(GSE35958)": f"{case.mean() - control.mean():+.2f} ({gap(case, control):+.1f} sd)",
        }  # fmt: skip
    return pd.DataFrame(rows).T


def nominal_range(method: str, index: str, n_genes: int) -> float:
    """Return how far apart the index can be: scores of a set cover log2(N) or 1, times the index's coefficients."""
    width = {"rank_log": np.log2(n_genes), "aucell": 1.0, "singscore": 1.0, "ucell": 1.0}.get(method, np.nan)
    return float(width * sum(map(abs, fs.gene_sets.load_index(index, organism="mouse").measures["fate_bias"].values())))


def saturation(bone: ad.AnnData) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how a gene's value moves between bone with and without marrow: index genes, then all by their rank."""
    clean, X = bone.obs_names.str.startswith("Clean"), np.asarray(bone.X.todense())
    rank = rankdata(-X, axis=1)
    values = {
        "percentile": 100 * (1 - rank / bone.n_vars), "UCell": np.clip(1500 - rank, 0, None) / 1499,
        "log2(N / rank)": np.log2(bone.n_vars / rank),
    }  # fmt: skip
    log_share = np.log2((X + 0.01) / X.sum(axis=1, keepdims=True))
    doublings = log_share[clean].mean(axis=0) - log_share[~clean].mean(axis=0)
    before, after = ({name: v[rows].mean(axis=0) for name, v in values.items()} for rows in (~clean, clean))
    genes = {}
    for gene, at in zip(BONE_GENES, bone.var_names.get_indexer(BONE_GENES), strict=True):
        genes[gene] = {"fold": f"{2 ** doublings[at]:.1f}"} | {
            name: f"{v[at]:.2f} -> {after[name][at]:.2f} ({after[name][at] - v[at]:+.2f})" for name, v in before.items()
        }
    better, width = rank.min(axis=0), {"percentile": 100, "UCell": 1, "log2(N / rank)": np.log2(bone.n_vars)}
    moved = (np.abs(doublings) > 2) & (X > 0).all(axis=0)  # at least fourfold, seen in every sample
    classes = {}
    for low, high in ((1, 30), (30, 300), (300, 1500), (1500, 5000), (5000, bone.n_vars)):
        of = moved & (better >= low) & (better < high)
        classes[f"{low}-{high}"] = {"genes": of.sum()} | {
            name: 100 * np.median((after[name][of] - v[of]) / doublings[of]) / width[name] for name, v in before.items()
        }
    return pd.DataFrame(genes).T.rename_axis("gene"), pd.DataFrame(classes).T.rename_axis("best rank")


def variants(measured: pd.Index) -> Iterator[tuple[str, Index]]:
    """Yield core, extended, extended with a gene less, and core with textbook markers that extended does not have."""
    core, extended = (
        fs.gene_sets.load_index(name, organism="mouse", scorable={"osteogenic": 1, "adipogenic": 1})
        for name in ("core", "extended")
    )
    yield "core", core
    yield "extended", extended
    blocks = list(dict.fromkeys(extended.genes["block"]))
    by_set = {arm: tuple(block for block in blocks if block.startswith(arm)) for arm in extended.arms}
    yield "extended, every set weighs the same", replace(extended, arms={}, groups=by_set)
    for unit in dict.fromkeys(extended.genes["unit"]):
        yield f"extended without {unit}", replace(extended, genes=extended.genes[extended.genes["unit"] != unit])
    roles = fs.simulate.gene_table("mouse", 3000)["role"]
    roles = roles[roles.index.isin(measured) & ~roles.index.isin(extended.genes["symbol"])]
    others = {arm: roles.index[roles == f"{arm} marker"] for arm in extended.arms}
    rng = np.random.default_rng(0)
    both = " + ".join(str(len(known)) for known in others.values())
    sizes = {f"core with {both} other markers": None} | {f"draw {k} of 4 + 4 other markers": 4 for k in range(200)}
    for name, size in sizes.items():
        added = [
            {"symbol": gene, "unit": gene, "block": f"{arm}_textbook", "sign": 1.0}
            for arm, known in others.items()
            for gene in (known if size is None else rng.choice(known, size, replace=False))
        ]
        yield name, replace(extended, genes=pd.concat([core.genes, pd.DataFrame(added)]))


def sensitivity(cells: ad.AnnData) -> pd.DataFrame:
    """Return the targets for variants of the index, by rank_log; random draws as their median and range."""
    kind, rows = cells.obs["cluster"].to_numpy(), {}
    for name, index in variants(cells.var_names):
        copy = ad.AnnData(cells.X, var=cells.var[[]], obs=pd.DataFrame(index=cells.obs_names))
        fs.tl.fate_bias(copy, organism="mouse", index=index)
        score, bone = copy.obs["fate_bias"].to_numpy(), (copy.obs["fate_call"] == "osteogenic").to_numpy()
        rows[name] = {"AUROC": wins(score[kind == "OS"], score[kind == "RE"]).mean()}
        rows[name] |= {f"{k} osteogenic": bone[kind == k].mean() for k in ("OS", "RE", "Stem", "CH")}
    table = pd.DataFrame(rows).T.round(3)
    drawn = table.index.str.startswith("draw")
    spread = table[drawn].quantile([0, 0.5, 1]).round(3).astype(str).agg(" / ".join)
    table.loc["core with 4 + 4 other markers: worst / median / best of 200"] = spread
    met = (table["AUROC"][:-1] >= 0.99) & (table["OS osteogenic"][:-1] >= 0.8) & (table["RE osteogenic"][:-1] <= 0.05)
    print(f"\nDraws that meet all three targets: {met[drawn].sum()} of {drawn.sum()}")
    return table[~table.index.str.startswith("draw")].rename_axis("index")


def low_depth(folder: Path) -> str:
    """Return what the package says of the set that is too shallow."""
    data = read_expression(folder / "msc_osteogenic_lowdepth/counts.tsv.gz", "human")
    said = {}
    for index in fs.gene_sets.index_names():
        try:
            fs.tl.observation_scores(data, organism="human", index=index)
            said[index] = "SCORED, which is wrong"
        except NotScorable as reason:
            said[index] = f"not scorable: {reason}"
    return "\n".join(f"- {index}: {text}" for index, text in said.items())


def main(folder: Path) -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    data = read(folder)
    samples = pd.read_csv(Path(__file__).parents[1] / "config/real/samples.tsv", sep="\t", dtype=str)
    condition = samples.set_index("sample")["condition"].reindex(data["msc"].obs_names)
    X, kind = data["cells"].to_df(), data["cells"].obs["cluster"].to_numpy()
    show("Cells: osteoblasts against reticular cells", cell_table(data["cells"]))
    show("Cells called osteogenic / adipogenic", call_table(data["cells"]))
    soup = X[["Bglap", "Bglap2", "Col1a1", "Sparc", "Spp1", "Lpl", "Adipoq"]].assign(all=X.sum(axis=1))
    show("Median counts per cell", soup.groupby(kind).median().rename_axis("cluster"))
    show("Samples", sample_table(data, (condition == "osteoporosis").to_numpy()))
    genes, classes = saturation(data["bone"])
    show("Rank saturation: bone with marrow -> without", genes)
    show("Genes that differ at least fourfold: median step per doubling, in percent of a value's range", classes)
    show("Sensitivity of the index", sensitivity(data["cells"]))
    print(f"\n## MSC of low depth\n\n{low_depth(folder)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Is the matched null right? Rejection rates of gene sets that were drawn at random, and what co-expression does.

python benchmarks/calibration.py [--seed 0] [--only a c] [--real FILE]   (about 4 minutes on 2 cores; prints Markdown)

Simulated cells: 22,000 genes, 2,450 of them detected in the median cell, log-normal depth, Poisson counts; genes are
independent given the cell. Gene sets are drawn without a look at the cells. `--seed` is all that the numbers depend on.
Observations without a p value (a set none of whose genes could have another value) count as not rejected.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy import stats
from scipy.optimize import brentq

import fatescore as fs

REAL = Path("/work/shared/data/matsushita2023/matsushita2023_250cells.h5ad")
METHODS = [name for name in fs.methods.names() if fs.methods.get(name).linear]
WANTED = {0.05: (0.045, 0.055), 0.01: (0.007, 0.012), 0.001: (0.0003, 0.0015)}
PER_SET = (0.03, 0.08)
N_GENES, DETECTED = 22_000, 2_450
GENES = np.array([f"g{k}" for k in range(N_GENES)])


def gene_levels(rng: np.random.Generator) -> np.ndarray:
    """Return expected counts in the median cell."""
    level = rng.lognormal(0, 2.0, N_GENES)
    return level * brentq(lambda by: -np.expm1(-by * level).sum() - DETECTED, 1e-6, 1e3)


def simulate(level: np.ndarray, n: int, rng: np.random.Generator, depth_sd: float = 0.4) -> ad.AnnData:
    """Draw Poisson counts of ``n`` cells."""
    depth = rng.lognormal(0, depth_sd, n)
    means = (np.multiply.outer(some, level) for some in np.array_split(depth, -(-n // 500)))
    counts = sp.vstack([sp.csr_matrix(rng.poisson(mean).astype(np.float32)) for mean in means], format="csr")
    return ad.AnnData(counts, obs=pd.DataFrame(index=pd.RangeIndex(n).astype(str)), var=pd.DataFrame(index=GENES))


def top_fifth(level: np.ndarray, genes: np.ndarray) -> np.ndarray:
    return genes[np.argsort(-level)[: len(genes) // 5]]


def draw(
    pools: Mapping[str, np.ndarray], n: int, rng: np.random.Generator, sizes: tuple[int, int], *, mixed: bool = True
) -> tuple[dict[str, dict[str, float]], pd.DataFrame]:
    """Draw ``n`` sets, sizes even on the log scale; ``mixed``: a third is signed, a quarter has weights."""
    sets, rows = {}, []
    for j in range(n):
        pool, turn = list(pools)[j % len(pools)], j // len(pools)
        size = round(float(np.exp(rng.uniform(*np.log(sizes)))))
        weight = rng.uniform(0.2, 2.0, size) if mixed and turn % 4 == 0 else np.ones(size)
        signed = mixed and turn % 3 == 0
        if signed:
            weight[: round(size * rng.uniform(0.2, 0.5))] *= -1
        sets[f"s{j}"] = dict(zip(rng.choice(pools[pool], size, replace=False).tolist(), weight.tolist(), strict=True))
        rows.append({"pool": pool, "size": size, "signed": signed})
    return sets, pd.DataFrame(rows, index=list(sets))


def p_values(adata: ad.AnnData, sets: Mapping[str, Any], method: str = "rank_log", **how: Any) -> pd.DataFrame:
    fs.tl.score_gene_sets(adata, sets, method=method, n_jobs=2, **{"null": "matched", **how})
    return adata.obsm[f"pval_{method}"]


def share(p: pd.DataFrame, level: float = 0.05) -> float:
    """Return the share of p values at or below a level; NaN is not."""
    return float((p.to_numpy() <= level).mean())


def summary(p: pd.DataFrame) -> list[float]:
    """Return the shares at the three levels, and at 0.05 the 5th and 95th percentile over sets."""
    return [*(share(p, level) for level in WANTED), *(p <= 0.05).mean().quantile([0.05, 0.95])]


def cell(p: pd.DataFrame) -> str:
    return "{:.4f} {:.4f} {:.5f} ({:.3f}-{:.3f})".format(*summary(p))


def verdict(p: pd.DataFrame) -> str:
    bounds = {**WANTED, "5th percentile": (PER_SET[0], 1.0), "95th percentile": (0.0, PER_SET[1])}
    missed = [str(k) for (k, (low, high)), v in zip(bounds.items(), summary(p), strict=True) if not low <= v <= high]
    return "missed: " + ", ".join(missed) if missed else "met"


def legend(n_cells: int) -> str:
    low, high = stats.binom.ppf([0.05, 0.95], n_cells, 0.05) / n_cells
    text = "Rejected at 0.05, 0.01, 0.001 (5th-95th percentile of single sets' rates at 0.05; by chance alone, with"
    return f"{text} {n_cells:,} cells, {low:.3f}-{high:.3f})."


def show(title: str, rows: list[dict[str, Any]], note: str = "") -> None:
    """Print a Markdown table."""
    print(f"### {title}\n" + (f"{note}\n" if note else ""))
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(f"{v:.3g}" if isinstance(v, float) else str(v) for v in row.values()) + " |")
    print(flush=True)


def random_sets(title: str, adata: ad.AnnData, top: np.ndarray, rng: np.random.Generator, groups: str = "") -> None:
    """(a), (b): rates over random sets, and by kind of set."""
    genes = adata.var_names.to_numpy()
    pools = {"all": genes, "all too": genes, "top": top}
    sets, kind = draw(pools, 4500, rng, (10, 200))
    size, high, signed = kind["size"], kind["pool"] == "top", kind["signed"]
    kinds = {
        "all": size > 0, "from all genes": ~high, "from the top fifth": high, "signed": signed,
        "10-20 genes": size <= 20, "21-50 genes": (size > 20) & (size <= 50), "51-200 genes": size > 50,
    }  # fmt: skip
    p = {m: p_values(adata, sets, m) for m in METHODS}
    rows = [{"sets": "required", **{m: verdict(p[m]) for m in METHODS}}]
    for name, at in kinds.items():
        rows.append({"": f"{name} ({at.sum():,})", **{m: cell(p[m].loc[:, at]) for m in METHODS}})
    for how in ({"alternative": "greater"}, {"alternative": "less"}, *([{"inflation_by": groups}] if groups else [])):
        other = {m: cell(p_values(adata, sets, m, **how)) for m in METHODS}
        rows.append({"": "all, " + "=".join(*how.items()), **other})
    show(f"{title}: random sets, matched null", rows, legend(adata.n_obs))
    p = {m: p_values(adata, sets, m, null="uniform") for m in METHODS}
    parts = {"unsigned": high & ~signed, "signed": high & signed}
    parts |= {f"unsigned, {name}": high & ~signed & kinds[name] for name in list(kinds)[-3:]}
    rows = [{"sets": name, **{m: share(p[m].loc[:, at]) for m in METHODS}} for name, at in parts.items()]
    show(f"{title}: rejected at 0.05 under the uniform null, sets from the top fifth", rows)


def rarely_detected(adata: ad.AnnData, level: np.ndarray, rng: np.random.Generator) -> None:
    """(a): scores of hardly detected genes are discrete; random draws show what is possible for them."""
    order, few = GENES[np.argsort(level)], adata[:250].copy()
    detected = sp.csr_array(adata.X > 0).astype(float)
    bands = {"lowest half": (0.0, 0.5), "50-65 %": (0.5, 0.65), "65-80 %": (0.65, 0.8), "top fifth": (0.8, 1.0)}
    rows, exact = [], []
    for name, (low, high) in bands.items():
        pool = order[int(low * N_GENES) : int(high * N_GENES)]
        sets, _ = draw({name: pool}, 500, rng, (10, 50))
        member = sp.csr_array(np.array([np.isin(GENES, list(genes)) for genes in sets.values()], dtype=float))
        seen = (detected @ member.T).toarray()
        row = {"genes by level": name, "a gene is seen in": float(detected[:, np.isin(GENES, pool)].mean())}
        row |= {"cells with no gene of the set": float((seen == 0).mean())}
        rows.append(row | {m: cell(p_values(adata, sets, m)) for m in METHODS})
    show("(a) by the level of the genes: 500 sets of 10 to 50 genes each", rows)
    sets, _ = draw({"all": GENES}, 60, rng, (10, 50), mixed=False)
    for how in ("two-sided", "greater", "less"):
        for null in ("matched", "permutation"):
            p = {
                m: p_values(few, sets, m, null=null, alternative=how, n_permutations=1000) for m in ("aucell", "ucell")
            }
            exact.append({"alternative": how, "null": null, **{m: cell(q) for m, q in p.items()}})
    show("(a) 60 unsigned sets of 10 to 50 of all genes, closed form and 1,000 draws", exact, legend(few.n_obs))


def settings(many: ad.AnnData, top: np.ndarray, rng: np.random.Generator) -> None:
    """(c): the number of strata, and of cells that levels are measured on."""
    some = many[:: many.n_obs // 1000].copy()
    sets, _ = draw({"all": GENES, "all too": GENES, "top": top}, 1500, rng, (10, 200))
    rows = []
    strata, cells = [(None, n) for n in (25, 50, 100, 200, 400)], [(n, 100) for n in (500, 1000, 5000)]
    for max_obs, n_strata in strata + cells:
        null = fs.tl.fit_null(many, max_obs=max_obs, n_strata=n_strata, n_jobs=2)
        row = {"strata": n_strata, "levels from": f"{null.n_obs:,} cells"}
        rows.append(row | {m: cell(p_values(some, sets, m, null=null)) for m in ("rank_log", "ucell")})
    show("(c) strata, and cells that levels are measured on: 1,500 sets", rows, legend(some.n_obs))


def small(adata: ad.AnnData, top: np.ndarray, rng: np.random.Generator) -> None:
    """(d): small sets; one and two genes are enumerated."""
    few = adata[:200].copy()
    rows = []
    for pool, genes in {"all genes": GENES, "top fifth": top}.items():
        for size in (1, 2, 3, 5, 8):
            sets, _ = draw({pool: genes}, 80 if size < 3 else 1000, rng, (size, size), mixed=False)
            row = {"from": pool, "genes": size}
            for m in ("rank_log", "ucell"):
                p = [p_values(few, sets, m, alternative=how) for how in ("two-sided", "greater", "less")]
                row[m] = " ".join(f"{share(q):.4f}" for q in p) + f" ({share(p[0], 0.01):.4f})"
                row[f"no p, {m}"] = float(p[0].isna().to_numpy().mean())
            rows.append(row)
    show("(d) small sets", rows, "Rejected at 0.05 two-sided, greater, less (at 0.01 two-sided).")


def permuted(adata: ad.AnnData, top: np.ndarray, rng: np.random.Generator) -> None:
    """(e): closed form against 2,000 random draws."""
    few = adata[:100].copy()
    rows = []
    for pool, genes in {"all genes": GENES, "top fifth": top}.items():
        sets, _ = draw({pool: genes}, 6, rng, (10, 100))
        for m in METHODS:
            p = p_values(few, sets, m).to_numpy(copy=True)
            z = few.obsm[f"z_{m}"].to_numpy(copy=True)
            drawn = p_values(few, sets, m, null="permutation", n_permutations=2000).to_numpy()
            off = np.abs(z - few.obsm[f"z_{m}"].to_numpy())
            log = np.abs(np.log10(p / drawn))[p > 0.01]  # the smallest p of 2,000 draws is 0.001
            row = {"sets from": pool, "method": m, "z, median": float(np.median(off)), "z, largest": float(off.max())}
            rows.append(row | {"log10 p, median": float(np.median(log)), "log10 p, largest": float(log.max())})
    note = "2,000 draws alone are off by 0.017 in z and 0.011 in log10 p at the median. log10 p where p > 0.01."
    show("(e) closed form less 2,000 permutations: 6 + 6 sets of 10 to 100 genes, 100 cells", rows, note)


def with_factor(
    base: ad.AnnData, level: np.ndarray, members: np.ndarray, rho: float, rng: np.random.Generator, shift: Any = 0.0
) -> ad.AnnData:
    """Replace genes (sets x genes) by counts that share a factor per set; ``shift`` is added to their log level."""
    factor = rng.normal(size=(base.n_obs, len(members), 1))
    latent = np.sqrt(rho) * factor + np.sqrt(1 - rho) * rng.normal(size=(base.n_obs, *members.shape))
    mean = np.exp(np.log(level[members])[None] + np.reshape(shift, (-1, 1, 1)))
    counts = stats.poisson.ppf(stats.norm.cdf(latent), mean).reshape(base.n_obs, -1)
    keep = np.ones(N_GENES)
    keep[members.ravel()] = 0
    at = (np.repeat(np.arange(base.n_obs), members.size), np.tile(members.ravel(), base.n_obs))
    new = sp.csr_matrix((counts.ravel().astype(np.float32), at), shape=base.shape)
    new.eliminate_zeros()
    return ad.AnnData(sp.csr_matrix(base.X @ sp.diags(keep.astype(np.float32)) + new), obs=base.obs, var=base.var)


def mean_correlation(adata: ad.AnnData, members: np.ndarray) -> float:
    """Return the mean pairwise correlation of the rank values (log2 N / rank) of the genes of each set."""
    singles = {g: [g] for g in GENES[members.ravel()]}
    fs.tl.score_gene_sets(adata, singles, n_jobs=2)
    value = adata.obsm["score_rank_log"].to_numpy().reshape(adata.n_obs, *members.shape)
    k = members.shape[1]
    return float(np.mean([(np.corrcoef(v.T).sum() - k) / (k * (k - 1)) for v in value.transpose(1, 0, 2)]))


def coexpressed(level: np.ndarray, rng: np.random.Generator) -> None:
    """(f): sets whose genes share a factor, in cells of one kind and in two kinds that differ."""
    base = simulate(level, 1000, rng, depth_sd=0.0)
    one, two = np.zeros(base.n_obs, dtype=int), (np.arange(base.n_obs) % 10 == 0).astype(int)
    kinds = {"others": two == 0, "raised tenth": two == 1}
    high = np.flatnonzero(np.isin(GENES, top_fifth(level, GENES)))
    rows, power = [], []
    for size, n in ((10, 10), (50, 10), (200, 5)):
        members = rng.choice(high, (n, size), replace=False)
        sets = {f"s{j}": GENES[m].tolist() for j, m in enumerate(members)}
        for wanted in (0.0, 0.02, 0.05, 0.1, 0.2):
            rho = wanted
            for _ in range(2 if wanted else 0):  # counts correlate less than the factor behind them
                rho *= wanted / mean_correlation(with_factor(base, level, members, rho, rng), members)
            adata = with_factor(base, level, members, rho, rng)
            r = mean_correlation(adata, members)
            row = {"genes": size, "r": r, "sqrt(1 + (k - 1) r)": float(np.sqrt(1 + (size - 1) * r))}
            before = share(p_values(adata, sets))
            row |= {"sd of z": float(adata.obsm["z_rank_log"].std().mean()), "rejected at 0.05": before}
            after = p_values(adata, sets, inflation_by=one)
            rows.append(row | {f"inflation_by, {level_:g}": share(after, level_) for level_ in WANTED})
            if size == 50 and wanted in (0.0, 0.05, 0.2):
                adata = with_factor(base, level, members, rho, rng, shift=0.5 * two)
                for name, labels in {"none": None, "the two kinds": two, "one label for all": one}.items():
                    p = p_values(adata, sets, inflation_by=labels)
                    factor = list(adata.uns["fatescore"]["score_rank_log"].get("inflation", {"": 1.0}).values())
                    row = {"r": r, "inflation_by": name, "factor": float(np.mean(factor))}
                    z = {
                        f"mean z, {kind}": float(adata.obsm["z_rank_log"][at].mean().mean())
                        for kind, at in kinds.items()
                    }
                    power.append(row | z | {f"rejected, {kind}": share(p[at]) for kind, at in kinds.items()})
    show("(f) co-expressed genes, cells of one kind (rank_log)", rows)
    show("(f) a tenth of the cells has 50 genes raised e^0.5-fold (rank_log, 0.05)", power)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=list("abcdef"), help="parts to run")
    parser.add_argument("--real", type=Path, default=REAL)
    args = parser.parse_args()
    level = gene_levels(np.random.default_rng([args.seed, 0]))
    top = top_fifth(level, GENES)
    cells = simulate(level, 1000, np.random.default_rng([args.seed, 1]))
    for part in args.only:
        rng = np.random.default_rng([args.seed, ord(part)])
        if part == "a":
            random_sets("(a) simulated cells", cells, top, rng)
            rarely_detected(cells, level, rng)
        elif part == "b" and args.real.exists():
            real = ad.read_h5ad(args.real)
            real.X = real.layers["counts"]
            mean = np.asarray(real.X.mean(axis=0)).ravel()
            random_sets("(b) real cells", real, top_fifth(mean, real.var_names.to_numpy()), rng, "cluster")
        elif part == "c":
            settings(simulate(level, 20_000, rng), top, rng)
        elif part == "d":
            small(cells, top, rng)
        elif part == "e":
            permuted(cells, top, rng)
        elif part == "f":
            coexpressed(level, rng)


if __name__ == "__main__":
    main()

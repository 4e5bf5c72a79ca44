"""How honest the statistics of donors are: rejections under the null, power, and coverage of the intervals.

python benchmarks/null_studies.py [--studies 200] [--seed 101] [--only null power]   (prints Markdown)

Every study is counts of cells -> `fs.pp.pseudobulk` -> `fs.tl.fate_bias` -> `fs.stats.contrast`; benchmarks/_studies.py
says what is drawn. All rates are per cent with their exact binomial (Clopper-Pearson) 95 % interval. In a null study
donors differ in the programme, in depth (spread 0.4 in natural log) and in cells (20 to 120); the cases of a study are
up to twice or half as deep, and as rich in cells, as its controls. The seed is one that no threshold was tuned on.

- null: the exact permutation p and Welch's p of the package, beside tests that take every cell for a replicate
  (Mann-Whitney and Student's t over the index of all cells), which the package does not offer.
- power: a shift of the programme is planted in all cells of a case. Its size g is one of donors: the difference of the
  mean index over the standard deviation of the index between donors, both from thousands of other simulated donors
  ("true g"). Coverage of the intervals is over the same studies.
- direct: effect.hedges_g on normal values, where the truth is exact; and with ends multiplied by J.
- pairs: sign flips where every donor has both conditions. Its own level is shared, its response to a condition is not.
- strained: what happens where labels are not exchangeable, or donors are not normal.
"""

from __future__ import annotations

import argparse
import math
import warnings

import numpy as np
import pandas as pd
from _studies import (
    CASE,
    CONTROL,
    INDEX,
    PROGRAMME_SD,
    Clock,
    arms,
    cell_tests,
    contrasts,
    measured,
    rate,
    samples_of,
    show,
    unequal_arms,
)

from fatescore.stats import effect, power

DESIGNS = ((3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (3, 5), (4, 7), (8, 4), (5, 8))
POWER_N, POWER_G = (3, 5, 8, 12), (0.5, 1.0, 1.5, 2.0, 3.0)
PAIRS = (5, 6, 7, 8)
MANY = 4000
TIME = "Of one processor, with 200 studies: null and strained 4 minutes each, power 6, direct and pairs 1 each."
PARTS = ("null", "power", "direct", "pairs", "strained")


def names(start: str, number: int) -> list[str]:
    return [f"{start}-{i}" for i in range(number)]


def attainable(smallest: float, level: float = 0.05) -> float:
    """Return the largest p value below the level that the design can have, or else its smallest of all."""
    return smallest * max(1, math.ceil(level / smallest - 1e-9) - 1)


def of_null(studies: int, rng: np.random.Generator) -> None:
    donors = pd.concat([arms(names(f"{a}v{b}", studies), a, b, rng) for a, b in DESIGNS], ignore_index=True)
    samples, naive = [], []
    for of_samples, of_cells in measured(unequal_arms(donors, rng), rng, cells=True):
        samples.append(of_samples)
        naive.append(cell_tests(of_cells))
    found = contrasts(pd.concat(samples)).set_index("study", drop=False).join(pd.concat(naive))
    rows, exact, covered = [], [], []
    for design, part in [*found.groupby("design", sort=False), ("all", found)]:
        p, smallest = part["p_value"], float(part["p_smallest"].iloc[0])
        row: dict[str, object] = {"donors": design, "studies": len(part)}
        row |= {"permutation p < 0.05": rate(p < 0.05), "Welch p < 0.05": rate(part["p_welch"] < 0.05)}
        row |= {"cells, Mann-Whitney p < 0.05": rate(part["p_cells_rank"] < 0.05)}
        row |= {"cells, t p < 0.05": rate(part["p_cells_t"] < 0.05)}
        row |= {"permutation p < 0.01": rate(p < 0.01), "Welch p < 0.01": rate(part["p_welch"] < 0.01)}
        rows.append(row)
        covered.append({"donors": design, "difference (Welch)": rate(inside(part, "difference", 0.0)),
                        "g": rate(inside(part, "g", 0.0))})  # fmt: skip
        if design != "all":
            level = attainable(smallest)
            exact.append({"donors": design, "smallest p": f"{smallest:.4f}", "largest below 0.05": f"{level:.4f}",
                          "wanted": f"{100 * level:.1f}", "found": rate(p <= level + 1e-12),
                          "p <= 0.2 wanted": f"{100 * attainable(smallest, 0.2 + 1e-6):.1f}",
                          "found ": rate(p <= 0.2 + 1e-12)})  # fmt: skip
    show("Null studies: share rejected", rows)
    show(
        "Null studies: the permutation p at the levels that the design can reach (below 0.05, else its smallest)", exact
    )
    show("Null studies: 95 % intervals that hold 0", covered)


def inside(table: pd.DataFrame, what: str, truth: float | pd.Series) -> pd.Series:
    return (table[f"{what}_low"] <= truth) & (truth <= table[f"{what}_high"])


def index_of(shift: float, number: int, rng: np.random.Generator) -> np.ndarray:
    """Return the index of many donors that all have the shift."""
    donors = arms(names("truth", number // 10), 5, 5, rng)
    donors["programme"] += shift
    return samples_of(donors, rng)[INDEX].to_numpy()


def of_power(studies: int, rng: np.random.Generator) -> None:
    base = index_of(0.0, 2 * MANY, rng)
    slope = (index_of(PROGRAMME_SD, MANY, rng).mean() - base.mean()) / PROGRAMME_SD
    print(f"\nBetween donors the index has a standard deviation of {base.std(ddof=1):.3f} ({len(base):,} donors).")
    parts = []
    for g in POWER_G:
        shift = g * base.std(ddof=1) / slope
        many = index_of(shift, MANY, rng)
        sd = math.sqrt((base.var(ddof=1) + many.var(ddof=1)) / 2)
        for n in POWER_N:
            donors = arms(names(f"g{g}n{n}", studies), n, n, rng)
            donors.loc[donors["condition"] == CASE, "programme"] += shift
            found = contrasts(samples_of(donors, rng))
            truth = many.mean() - base.mean()
            parts.append(found.assign(n=n, planted=g, difference_true=truth, g_true=truth / sd))
    found = pd.concat(parts, ignore_index=True)
    rows = []
    for (g, n), part in found.groupby(["planted", "n"]):
        true = float(part["g_true"].iloc[0])
        row: dict[str, object] = {"g": g, "true g": f"{true:.2f}", "donors an arm": n, "studies": len(part)}
        row |= {"permutation p < 0.05": rate(part["p_value"] < 0.05), "Welch p < 0.05": rate(part["p_welch"] < 0.05)}
        row |= {"noncentral t": f"{100 * power(n, n, g=true):.1f}", "g covered": rate(inside(part, "g", true))}
        rows.append(row | {"mean g": f"{part['g'].mean():.2f}"})
    show("Planted effects: power, and 95 % intervals of g that hold the true g", rows)
    show("Planted effects: 95 % intervals that hold the truth, all effects together", [
        {"donors an arm": n, "studies": len(part),
         "difference (Welch)": rate(inside(part, "difference", part["difference_true"])),
         "g": rate(inside(part, "g", part["g_true"]))} for n, part in found.groupby("n")])  # fmt: skip


def of_direct(studies: int, rng: np.random.Generator) -> None:
    many = 5 * studies
    tables: dict[str, list[dict[str, object]]] = {"as returned": [], "ends multiplied by J": [], "mean of g": []}
    for paired in (False, True):
        for n in PAIRS if paired else (3, 4, 5, 6, 8, 12):
            j = effect.hedges_correction(n - 1 if paired else 2 * n - 2)
            rows: dict[str, dict[str, object]] = {
                k: {"donors": f"{n} pairs" if paired else f"{n} v {n}"} for k in tables
            }
            for g in (0.0, *POWER_G):
                found = [normal_study(g, n, paired, rng) for _ in range(many)]
                rows["as returned"][f"g = {g:g}"] = rate([one.low <= g <= one.high for one in found])
                shrunk = [one.low * j <= g <= one.high * j for one in found]
                rows["ends multiplied by J"][f"g = {g:g}"] = rate(shrunk)
                rows["mean of g"][f"g = {g:g}"] = f"{np.mean([one.g for one in found]):.2f}"
            for key, row in rows.items():
                tables[key].append(row)
    for key, table in tables.items():
        what = "" if key == "mean of g" else "95 % intervals that hold g, "
        show(f"Hedges' g of normal values ({many:,} studies each; pairs correlate by 0.5): {what}{key}", table)


def normal_study(g: float, n: int, paired: bool, rng: np.random.Generator) -> effect.StandardisedDifference:
    """Return g of normal donors of standard deviation 1 in either arm."""
    shared = rng.normal(0, math.sqrt(0.5), n) if paired else np.zeros(n)
    a, b = (shared + rng.normal(0, math.sqrt(0.5) if paired else 1.0, n) for _ in range(2))
    return effect.hedges_g_paired(a + g, b) if paired else effect.hedges_g(a + g, b)


def of_pairs(studies: int, rng: np.random.Generator) -> None:
    rows = []
    for n in PAIRS:
        donors = unequal_arms(arms(names(f"pairs{n}", 2 * studies), n, n, rng), rng)
        first = donors.groupby("study")["donor"].transform("first").str.cat(
            (donors.groupby(["study", "condition"]).cumcount()).astype(str), sep="/")  # fmt: skip
        own = pd.Series(rng.normal(0, PROGRAMME_SD, first.nunique()), first.unique())
        donors["donor"] = first
        donors["programme"] = first.map(own) + donors["programme"] / 2
        found = contrasts(samples_of(donors, rng))
        level, p = attainable(float(found["p_smallest"].iloc[0])), found["p_value"]
        rows.append({"pairs": n, "studies": len(found), "smallest p": f"{found['p_smallest'].iloc[0]:.4f}",
                     "p < 0.05": rate(p < 0.05), "largest below 0.05": f"{level:.4f}",
                     "wanted": f"{100 * level:.1f}", "found": rate(p <= level + 1e-12),
                     "interval of the difference holds 0": rate(inside(found, "difference", 0.0)),
                     "interval of g holds 0": rate(inside(found, "g", 0.0))})  # fmt: skip
    show("Null studies of pairs: sign flips and paired t", rows)


def strain(name: str, donors: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Change the donors of null studies so that an assumption breaks; means of the programme stay equal."""
    case = donors["condition"] == CASE
    if name.startswith("cases a quarter"):
        donors.loc[case, "depth"] /= 4
    elif name.startswith("cases have 5 to 10"):
        donors.loc[case, "n_cells"] = rng.integers(5, 11, case.sum())
    elif name.startswith("cases vary"):
        donors.loc[case, "programme"] *= 3
    elif name.startswith("skewed"):
        donors["programme"] = PROGRAMME_SD * (rng.exponential(1.0, len(donors)) - 1)
    elif name.startswith("one donor"):
        odd = donors.groupby("study").sample(1, random_state=rng).index
        donors.loc[odd, "programme"] += 10 * PROGRAMME_SD
    return donors


def of_strained(studies: int, rng: np.random.Generator) -> None:
    rows = []
    for name in ("nothing", "cases a quarter as deep", "cases have 5 to 10 cells", "cases vary three times as much",
                 "skewed donors (exponential)", "one donor of either arm far off (10 SD)"):  # fmt: skip
        for a, b in ((4, 8), (6, 6), (8, 4)):
            donors = strain(name, arms(names(f"strained{a}v{b}", studies), a, b, rng), rng)
            found = contrasts(samples_of(donors, rng))
            row: dict[str, object] = {"strain": name, f"{CASE} v {CONTROL}": f"{a} v {b}", "studies": len(found)}
            row |= {"permutation p < 0.05": rate(found["p_value"] < 0.05)}
            row |= {"Welch p < 0.05": rate(found["p_welch"] < 0.05)}
            row |= {"interval of the difference holds 0": rate(inside(found, "difference", 0.0))}
            rows.append(row | {"mean difference": f"{found['difference'].mean():+.3f}"})
    show("Null studies that break an assumption", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=TIME)
    parser.add_argument(
        "--studies",
        type=int,
        default=200,
        help="per row; pairs have twice as many, direct five times",
    )
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    clock = Clock()
    todo = {"null": of_null, "power": of_power, "direct": of_direct, "pairs": of_pairs, "strained": of_strained}
    for number, part in enumerate(PARTS):
        if part in options.only:
            todo[part](options.studies, np.random.default_rng([options.seed, number]))
            clock.tick(part)


if __name__ == "__main__":
    main()

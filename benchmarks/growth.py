"""How the time grows with cells and with gene sets: a table and docs/images/growth.png.

python benchmarks/growth.py [--scale 0.1] [--work DIR] [--repeats 3] [--figure PATH]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import _data
import matplotlib as mpl
import numpy as np
from _timing import in_turn
from _works import THREADS, ours

import fatescore as fs

CELLS = (5_000, 10_000, 20_000, 50_000)
SETS = (1, 10, 30, 100, 300)
KINDS = ("bare scores", "matched null, frozen", "matched null")
Taken = dict[str, list[float]]


def measure(n_cells: int, work: Path, repeats: int, scale: float) -> tuple[list[int], Taken, Taken]:
    """Return the numbers of cells and, for every kind, seconds by cells (30 sets) and by sets (all cells)."""
    X = _data.counts(n_cells, work)
    adata = _data.adata_of(X)
    fitted = fs.tl.fit_null(adata)
    options: dict[str, dict[str, object]] = dict(zip(KINDS, ({}, {"null": fitted}, {"null": "matched"}), strict=True))
    cells = [round(n * scale) for n in CELLS]
    parts = {n: _data.adata_of(X[:n]) for n in cells}
    works = {
        f"{kind}, {n} cells": ours(part, _data.gene_sets(), n_jobs=THREADS, **options[kind])
        for kind in KINDS
        for n, part in parts.items()
    } | {
        f"{kind}, {n} sets": ours(adata, _data.gene_sets(n), n_jobs=THREADS, **options[kind])
        for kind in KINDS
        for n in SETS
    }
    taken = in_turn(works, repeats)
    by_cells = {kind: [taken[f"{kind}, {n} cells"] for n in cells] for kind in KINDS}
    return cells, by_cells, {kind: [taken[f"{kind}, {n} sets"] for n in SETS] for kind in KINDS}


def table(head: str, places: tuple[int, ...] | list[int], taken: Taken) -> str:
    lines = [f"| {head} | " + " | ".join(f"{n:,}" for n in places) + " |", "|---" * (len(places) + 1) + "|"]
    return "\n".join([*lines, *(f"| {k}, s | " + " | ".join(f"{v:.3f}" for v in t) + " |" for k, t in taken.items())])


def fit(places: list[int], taken: list[float]) -> tuple[float, float, float]:
    """Return slope, intercept and R2 of a straight line."""
    slope, start = np.polyfit(places, taken, 1)
    return float(slope), float(start), float(np.corrcoef(places, taken)[0, 1] ** 2)


def draw(path: Path, n_cells: int, cells: list[int], by_cells: Taken, by_sets: Taken) -> None:
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for kind, colour in zip(KINDS, ("#4477aa", "#ccbb44", "#ee6677"), strict=True):
        slope, start, r2 = fit(cells, by_cells[kind])
        left.plot(cells, by_cells[kind], "o", color=colour, label=f"{kind} (R² = {r2:.4f})")
        left.plot([0, cells[-1]], [start, start + slope * cells[-1]], color=colour, lw=1)
        ratio = by_sets[kind][SETS.index(300)] / by_sets[kind][SETS.index(30)]
        right.plot(SETS, by_sets[kind], "o-", color=colour, lw=1, label=f"{kind} (300 sets / 30: {ratio:.2f}x)")
    left.set(xlabel="cells", ylabel="seconds", title="30 gene sets, by cells: points and straight lines", ylim=0)
    left.xaxis.set_major_formatter("{x:,.0f}")
    right.set(xlabel="gene sets", ylabel="seconds", title=f"{n_cells:,} cells, by gene sets", xscale="log", ylim=0)
    right.set_xticks(SETS, [str(n) for n in SETS])
    right.minorticks_off()
    for axis in (left, right):
        axis.legend(frameon=False, loc="upper left")
        axis.spines[["top", "right"]].set_visible(False)
    right.set_ylim(0, 1.35 * right.get_ylim()[1])  # room for the legend
    figure.suptitle(f"fatescore ucell, counts, {_data.N_GENES:,} genes, {THREADS} threads")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="share of 50,000 cells")
    parser.add_argument("--work", type=Path, default=_data.WORK, help="folder of the simulated matrices")
    parser.add_argument("--repeats", type=int, default=5)
    figure = Path(__file__).parents[1] / "docs" / "images" / "growth.png"
    parser.add_argument("--figure", type=Path, default=figure)
    given = parser.parse_args()
    n_cells = round(50_000 * given.scale)
    ours(_data.adata_of(_data.counts(200, given.work)), _data.gene_sets(), null="matched")()  # compile
    cells, by_cells, by_sets = measure(n_cells, given.work, given.repeats, given.scale)
    print(_data.machine() + "\n\n" + table("cells, 30 sets", cells, by_cells) + "\n")
    print(table(f"sets, {n_cells:,} cells", SETS, by_sets) + "\n")
    print("| kind | µs per cell | start, s | R2 | 300 sets / 30 | under 3 |\n|---|---|---|---|---|---|")
    for kind in KINDS:
        slope, start, r2 = fit(cells, by_cells[kind])
        ratio = by_sets[kind][SETS.index(300)] / by_sets[kind][SETS.index(30)]
        print(f"| {kind} | {1e6 * slope:.2f} | {start:.3f} | {r2:.4f} | {ratio:.2f} | {'yes' if ratio < 3 else 'no'} |")
    draw(given.figure, n_cells, cells, by_cells, by_sets)


if __name__ == "__main__":
    main()

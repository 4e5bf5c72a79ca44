"""Simulated studies of donors with cells nested in them: what null_studies.py and confounded_studies.py share.

A light generator and not `fs.simulate.single_cell`: 600 genes of the package's own simulated world (levels of stromal
cells and loadings of the bone/fat programme from `fs.simulate.gene_table`), gamma-Poisson counts, stromal cells only.
That is fair to a test of statistics: every study still goes from counts of cells over pseudobulks and the index to the
contrast, and what decides whether a test is honest (donors that differ, cells that are alike within a donor, unequal
depth and numbers of cells) is drawn here. Blood cells, soup and doublets, which QC removes, are not.

Between donors the programme has a standard deviation of 0.35 and every gene one of 0.2 (log2). It gives the pseudobulk
index a standard deviation of about 0.25; the nine donors of GSE35958 have 0.09 (controls) and 0.21 (cases), the donors
of `fs.simulate.single_cell` 0.27 and those of `fs.simulate.bulk` 0.37.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence

import anndata as ad
import numpy as np
import pandas as pd
from scipy import stats

import fatescore as fs

CASE, CONTROL = "case", "control"
INDEX = "fate_bias"
PROGRAMME_SD, GENE_SD, CELL_SD = 0.35, 0.2, 1.5
DEPTH, DEPTH_SPREAD, DISPERSION = 1000.0, 0.4, 0.2
CELLS = (20, 120)
BATCH = 6000
_GENES = fs.simulate.gene_table("human", 600)
_LEVEL, _LOADING = _GENES["stromal"].to_numpy(), _GENES["loading"].to_numpy()


def arms(studies: Iterable[str], n_case: int, n_control: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row per donor of every study: depth, number of cells and programme all differ between donors."""
    studies = list(studies)
    size = n_case + n_control
    number = size * len(studies)
    table = pd.DataFrame(
        {
            "study": np.repeat(studies, size),
            "condition": np.tile([CASE] * n_case + [CONTROL] * n_control, len(studies)),
            "programme": rng.normal(0.0, PROGRAMME_SD, number),
            "depth": DEPTH * rng.lognormal(0.0, DEPTH_SPREAD, number),
            "n_cells": np.exp(rng.uniform(*np.log(CELLS), number)).round().astype(int),
            "design": f"{n_case} v {n_control}",
        }
    )
    table["donor"] = table["study"] + "." + np.tile(np.arange(size), len(studies)).astype(str)
    table["sample"] = table["donor"]
    return table


def unequal_arms(donors: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Make the cases of a study up to twice or half as deep, and as rich in cells, as its controls."""
    for column in ("depth", "n_cells"):
        ratio = pd.Series(2.0 ** rng.uniform(-1, 1, donors["study"].nunique()), donors["study"].unique())
        factor = np.where(donors["condition"] == CASE, donors["study"].map(ratio), 1.0)
        donors[column] = donors[column] * factor
    donors["n_cells"] = donors["n_cells"].round().astype(int).clip(lower=5)
    return donors


def cells_of(donors: pd.DataFrame, rng: np.random.Generator) -> ad.AnnData:
    """Draw the counts of the cells of all donors; rows of one donor (pairs) share its shifts of single genes."""
    row = np.repeat(np.arange(len(donors)), donors["n_cells"])
    codes, people = pd.factorize(donors["donor"])
    own = rng.normal(0.0, GENE_SD, (len(people), len(_GENES)))[codes]
    programme = donors["programme"].to_numpy()[row] + rng.normal(0.0, CELL_SD, len(row))
    share = np.exp2((_LEVEL + own)[row] + np.outer(programme, _LOADING / 2))
    depth = donors["depth"].to_numpy()[row] * rng.lognormal(0.0, DEPTH_SPREAD, len(row))
    mean = share * (depth / share.sum(axis=1))[:, None]
    counts = rng.poisson(mean * rng.gamma(1 / DISPERSION, DISPERSION, mean.shape)).astype(np.float32)
    obs = donors[["study", "design", "donor", "sample", "condition"]].iloc[row]
    obs.index = pd.RangeIndex(len(row)).astype(str)
    return ad.AnnData(counts, obs=obs, var=pd.DataFrame(index=_GENES.index), layers={"counts": counts})


def measured(
    donors: pd.DataFrame, rng: np.random.Generator, *, cells: bool = False
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Yield tables of samples and of cells with their index, some whole studies at a time.

    Neither pseudobulks nor the index of an observation look at other samples, so that studies can share a call.
    """
    size = donors.groupby("study", sort=False)["n_cells"].sum()
    batch = donors["study"].map(size.cumsum() // BATCH)
    for _, part in donors.groupby(batch, sort=True):
        adata = cells_of(part, rng)
        sums = fs.pp.pseudobulk(adata)
        fs.tl.fate_bias(sums, organism="human")
        if cells:
            fs.tl.fate_bias(adata, organism="human")
        yield sums.obs, adata.obs


def samples_of(donors: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the table of all samples with their index."""
    return pd.concat([samples for samples, _ in measured(donors, rng)])


def contrasts(samples: pd.DataFrame) -> pd.DataFrame:
    """Return one row per study: what the package says of its donors."""
    rows = []
    for (study, design), part in samples.groupby(["study", "design"], sort=False, observed=True):
        found = fs.stats.contrast(part, case=CASE, control=CONTROL, measures=[INDEX])
        rows.append(found.assign(study=study, design=design))
    return pd.concat(rows, ignore_index=True)


def cell_tests(cells: pd.DataFrame) -> pd.DataFrame:
    """Return p values of the tests that take every cell for a replicate, one row per study."""
    rows = {}
    for study, part in cells.groupby("study", sort=False):
        case = part["condition"] == CASE
        a, b = (part.loc[side, INDEX].dropna().to_numpy(dtype=float) for side in (case, ~case))
        rows[study] = {"p_cells_rank": stats.mannwhitneyu(a, b).pvalue, "p_cells_t": stats.ttest_ind(a, b).pvalue}
    return pd.DataFrame(rows).T


def rate(hits: Sequence[bool] | pd.Series | np.ndarray) -> str:
    """Return a share with its exact binomial 95 % interval, in per cent."""
    hit = np.asarray(hits, dtype=bool)
    if not len(hit):
        return "-"
    ends = stats.binomtest(int(hit.sum()), len(hit)).proportion_ci(method="exact")
    return f"{100 * hit.mean():.1f} ({100 * ends.low:.1f}-{100 * ends.high:.1f})"


def show(title: str, rows: Sequence[dict[str, object]]) -> None:
    """Print a table in Markdown."""
    names = list(rows[0])
    print(f"\n## {title}\n\n| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for row in rows:
        print(f"| {' | '.join(str(row[name]) for name in names)} |")
    sys.stdout.flush()


class Clock:
    """Says on standard error how long each part took."""

    def __init__(self) -> None:
        self.start = self.last = time.perf_counter()

    def tick(self, what: str) -> None:
        now = time.perf_counter()
        print(f"{what}: {now - self.last:.0f} s (in all {now - self.start:.0f} s)", file=sys.stderr, flush=True)
        self.last = now

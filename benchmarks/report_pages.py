"""Size and opening time of a data set's page with 1,000, 10,000 and 100,000 cells.

The peer is the page that Altair itself writes (``chart.save("page.html", inline=True)``) for one scatter plot of the
same cells, one mark a cell, as its documentation shows. Both pages are opened in the same headless Chromium; a page is
open when every chart is drawn and every table is live.

    make demo && python benchmarks/report_pages.py            # results/demo/datasets/SIM_cells
    python benchmarks/report_pages.py results/real/datasets/ID

The cells are those of the data set, drawn again with replacement and a little noise until there are enough.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from playwright.sync_api import Browser, sync_playwright

from fatescore.report import DatasetTables, dataset_page
from fatescore.tables.folder import DatasetFolder

CELLS = (1_000, 10_000, 100_000)
RUNS = 5
READY = """() => [...document.querySelectorAll('.chart')].every((one) => one.querySelector('svg.marks'))
    && [...document.querySelectorAll('table[data-interactive]')].every((one) => one.matches('.dataTable'))"""
PEER_READY = "() => document.querySelector('canvas, svg.marks')"
NUMBERS = ("fate_bias", "osteogenic", "adipogenic", "umap_1", "umap_2", "doublet_score", "pct_counts_mt")


def with_cells(tables: DatasetTables, n: int, seed: int = 0) -> DatasetTables:
    """Return the same data set with ``n`` cells."""
    rng = np.random.default_rng(seed)
    names = tables.embedding["obs_name"]
    chosen = rng.integers(len(names), size=n)
    new = pd.Series([f"cell{i}" for i in range(n)])
    changed: dict[str, Any] = {}
    for key in ("scores", "qc_cells", "embedding"):
        table = getattr(tables, key).set_index("obs_name")
        kept = names.iloc[chosen].isin(table.index).to_numpy()
        cells = table.loc[names.iloc[chosen[kept]]].reset_index(drop=True)
        for column in [name for name in NUMBERS if name in cells]:
            spread = float(cells[column].std())
            cells[column] = cells[column] + rng.normal(0, 0.05 * spread, len(cells))
        cells.insert(0, "obs_name", new[kept].to_numpy())
        changed[key] = cells
    return replace(tables, **changed)


def seconds_to_open(browser: Browser, page: Path, ready: str) -> float:
    """Return the median time until a page is ready, a new tab each time."""
    times = []
    for _ in range(RUNS):
        tab = browser.new_page(viewport={"width": 1400, "height": 1000})
        start = time.perf_counter()
        tab.goto(page.as_uri())
        tab.wait_for_function(ready, timeout=120_000, polling=20)
        times.append(time.perf_counter() - start)
        tab.close()
    return float(np.median(times))


def peer(tables: DatasetTables, path: Path) -> None:
    """Write Altair's own page of one scatter plot, one mark a cell."""
    cells = tables.scores[["adipogenic", "osteogenic", "fate_call"]]
    with alt.data_transformers.enable("default", max_rows=None):
        alt.Chart(cells).mark_point().encode(x="adipogenic", y="osteogenic", color="fate_call").save(path, inline=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("results/demo/datasets/SIM_cells"))
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    args = parser.parse_args()
    tables = DatasetTables.read(DatasetFolder(args.folder))
    print("| cells | page, MB | made in, s | opens in, s | Altair, MB | opens in, s | size ratio | time ratio |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=args.chromium, args=["--no-sandbox", "--disable-gpu"])
        for n in CELLS:
            many = with_cells(tables, n)
            ours, theirs = Path(scratch) / "ours.html", Path(scratch) / "theirs.html"
            start = time.perf_counter()
            ours.write_text(dataset_page(many), encoding="utf-8")
            made = time.perf_counter() - start
            peer(many, theirs)
            sizes = [path.stat().st_size / 1e6 for path in (ours, theirs)]
            opened = [seconds_to_open(browser, ours, READY), seconds_to_open(browser, theirs, PEER_READY)]
            print(
                f"| {n:,} | {sizes[0]:.2f} | {made:.1f} | {opened[0]:.2f} | {sizes[1]:.2f} | {opened[1]:.2f} "
                f"| {sizes[0] / sizes[1]:.2f} | {opened[0] / opened[1]:.2f} |",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()

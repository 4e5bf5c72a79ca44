"""Speed of the scoring engine against its peers: the table of the issue, from one run.

python benchmarks/speed.py [--scale 0.1] [--work DIR] [--repeats 3] [--only counts,bulk,...]

Works are measured in turn, medians of ``--repeats``; peers that take minutes once (the row says so). Everything is
compiled before it is measured. ``--scale 1`` takes about 15 minutes on two processors and 8 GB.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import _data
import gseapy
import numpy as np
import scdrs
import scipy.sparse as sp
from _timing import HEAD, Row, in_turn
from _works import THREADS, Work, best, decoupler, ours, pyucell, pyucell_best, ranking, scanpy
from anndata import AnnData

import fatescore as fs

warnings.filterwarnings("ignore")


def counts(n_cells: int, work: Path, repeats: int) -> list[Row]:
    """Single cells in memory, counts."""
    adata, sets = _data.adata_of(_data.counts(n_cells, work)), _data.gene_sets()
    two = {"n_jobs": THREADS}
    fitted = fs.tl.fit_null(adata, n_jobs=THREADS)
    taken = in_turn(
        {
            "ours": ours(adata, sets),
            "ours, 2 threads": ours(adata, sets, **two),
            "ours, matched": ours(adata, sets, null="matched"),
            "ours, matched, 2 threads": ours(adata, sets, null="matched", **two),
            "ours, fitted": ours(adata, sets, null=fitted),
            "ours, fitted, 2 threads": ours(adata, sets, null=fitted, **two),
            "ranking": ranking(adata),
        },
        max(repeats, 5),
    )
    taken |= in_turn(
        {"ours": ours(adata, sets), "ours, 2 threads": ours(adata, sets, **two)} | pyucell_best(adata, sets), repeats
    )
    at = f"{n_cells:,} cells, counts"
    one, both = taken["ours"], taken["ours, 2 threads"]
    matched, matched_both = taken["ours, matched"], taken["ours, matched, 2 threads"]
    peer, how = best(taken)

    def extra(work_name: str, value: float, bare: float) -> Row:
        percent = 100 * (value / bare - 1)
        return Row(f"{work_name} / bare", value, bare, 50, 25, percent, " %", larger=False)

    return [
        Row(f"{at}, 1 thread / pyucell n_jobs=1", one, taken["pyucell 1 x 500"], 12, 20),
        Row(f"{at}, 2 threads / {how}", both, peer, 25, 40),
        Row(f"{at}, matched null and p values, 2 threads / {how}, bare", matched_both, peer, 18, 30),
        extra("matched null, 2 threads", matched_both, both),
        extra("matched null, 1 thread", matched, one),
        extra("frozen null, 2 threads", taken["ours, fitted, 2 threads"], both),
        extra("frozen null, 1 thread", taken["ours, fitted"], one),
        Row("whole run, 1 thread / ranking alone", one, taken["ranking"], 5, 3, one / taken["ranking"], larger=False),
    ]


def floats(n_cells: int, work: Path, repeats: int) -> list[Row]:
    """Single cells in memory, log-normalised; peers that rank floats or want them."""
    raw, sets = _data.adata_of(_data.counts(n_cells, work)), _data.gene_sets()
    adata = _data.adata_of(_data.log_normalised(raw.X))
    slow = {"scanpy score_genes": scanpy(adata, sets)} | decoupler(adata, sets)
    mine = {
        f"{method}, 2 threads, {kind}": ours(data, sets, method=method, n_jobs=THREADS)
        for method in ("ucell", "aucell")
        for kind, data in (("counts", raw), ("log-normalised", adata))
    }
    taken = in_turn({"ours": ours(adata, sets)} | mine | pyucell_best(adata, sets) | slow, repeats, once=tuple(slow))
    peer, how = best(taken)
    at = f"{n_cells:,} cells, log-normalised"
    return [
        Row(f"{at}, 1 thread / pyucell n_jobs=1", taken["ours"], taken["pyucell 1 x 500"], 8, 15),
        Row(f"{at}, 2 threads / {how}", taken["ucell, 2 threads, log-normalised"], peer, 8, 15),
        *(
            Row(f"{name} / {peer}", taken[name], taken[peer], 50, 80, note="peer once, log-normalised")
            for name in mine
            for peer in slow
            if peer.startswith("scanpy" if name.startswith("ucell") else "decoupler")
        ),
    ]


def bulk(repeats: int) -> list[Row]:
    """Dense matrix of distinct values."""
    X = _data.bulk()
    adata, sets = _data.adata_of(X), _data.gene_sets(n_genes=X.shape[1])
    sparse, across = _data.adata_of(sp.csr_matrix(X)), adata.to_df().T
    options = {"sample_norm_method": "rank", "no_plot": True, "outdir": None, "min_size": 1, "max_size": 100_000}
    works: dict[str, dict[str, Work]] = {
        "ucell": {
            "pyucell n_jobs=1": pyucell(adata, sets),
            "pyucell n_jobs=2, CSR": pyucell(sparse, sets, THREADS, 100),  # it fails on dense matrices with n_jobs=2
        },
        "aucell": decoupler(adata, sets),
        "ssgsea": {"gseapy": lambda: gseapy.ssgsea(data=across, gene_sets=sets, threads=THREADS, **options)},
    }
    mine = {f"{method} {n}": ours(adata, sets, method=method, n_jobs=n) for method in works for n in (1, THREADS)}
    taken = in_turn(mine | {name: work for peers in works.values() for name, work in peers.items()}, repeats)
    gates = {"ucell": 5, "aucell": 20, "ssgsea": 50}
    return [
        Row(f"200 samples x 20,000 genes, {method}, {n} threads / {peer}", taken[f"{method} {n}"], taken[peer], gate)
        for method, gate in gates.items()
        for peer in works[method]
        for n in (1, THREADS)
    ]


def significance(n_cells: int, work: Path, repeats: int) -> list[Row]:
    """p values per cell, time per set."""
    X = _data.counts(n_cells, work)
    adata, normalised, sets = _data.adata_of(X), _data.adata_of(_data.log_normalised(X)), _data.gene_sets()
    size = np.median([len(members) for members in sets.values()])
    middle = min(sets.values(), key=lambda members: abs(len(members) - size))
    drs = normalised.copy()
    before = in_turn({"scdrs.preprocess": lambda: scdrs.preprocess(drs)}, 1)["scdrs.preprocess"]
    by_column = drs.copy()
    by_column.X = by_column.X.tocsc()

    def score(data: AnnData) -> Work:
        def work() -> None:
            with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
                scdrs.score_cell(data, middle, n_ctrl=1000, return_ctrl_norm_score=False)

        return work

    taken = in_turn(
        {
            "counts": ours(adata, sets, null="matched", n_jobs=THREADS),
            "log-normalised": ours(normalised, sets, null="matched", n_jobs=THREADS),
            "scdrs CSR": score(drs),
            "scdrs CSC": score(by_column),
        },
        repeats,
        once=("scdrs CSR", "scdrs CSC"),
    )
    note = f"per set, ours in {len(sets)}; peer once, its preprocessing of {before:.0f} s not counted"
    return [
        Row(
            f"p values, {n_cells:,} cells, {kind}, 2 threads / scDRS on {form}",
            mine,
            taken[f"scdrs {form}"],
            1000,
            note=note,
        )
        for kind in ("counts", "log-normalised")
        for form in ("CSR", "CSC")
        for mine in (taken[kind] / len(sets),)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the cells of the issue's table")
    parser.add_argument("--work", type=Path, default=_data.WORK, help="folder of the simulated matrices")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="counts,floats,bulk,significance")
    given = parser.parse_args()
    small = _data.adata_of(_data.counts(200, given.work))
    for adata in (small, _data.adata_of(_data.log_normalised(small.X))):  # compile
        for work in (ours(adata, _data.gene_sets(), null="matched"), *decoupler(adata, _data.gene_sets()).values()):
            work()
    ranking(small)()
    n_cells = round(50_000 * given.scale)
    parts: dict[str, Callable[[], list[Row]]] = {
        "counts": lambda: counts(n_cells, given.work, given.repeats),
        "floats": lambda: floats(n_cells, given.work, given.repeats),
        "bulk": lambda: bulk(given.repeats),
        "significance": lambda: significance(round(10_000 * given.scale), given.work, given.repeats),
    }
    print(f"{_data.machine()}\n\n{HEAD}")
    for name in given.only.split(","):
        print(f"{name}:", file=sys.stderr)
        for row in parts[name]():
            print(row, flush=True)


if __name__ == "__main__":
    main()

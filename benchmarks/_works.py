"""What is measured: fatescore, its peers, and a pass that only ranks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import decoupler as dc
import numba
import numpy as np
import pandas as pd
import scanpy as sc
from anndata import AnnData
from pyucell import compute_ucell_scores

import fatescore as fs

THREADS = 2
Work = Callable[[], object]


def ours(adata: AnnData, sets: dict[str, list[str]], **options: Any) -> Work:
    return lambda: fs.tl.score_gene_sets(adata, sets, **({"method": "ucell"} | options))


def pyucell(adata: AnnData, sets: dict[str, list[str]], n_jobs: int = 1, chunk_size: int | None = None) -> Work:
    return lambda: compute_ucell_scores(adata, sets, n_jobs=n_jobs, chunk_size=chunk_size)


def pyucell_best(adata: AnnData, sets: dict[str, list[str]]) -> dict[str, Work]:
    """Every setting of pyucell that could be its best."""
    return {f"pyucell {n} x {size}": pyucell(adata, sets, n, size) for n in (1, THREADS) for size in (500, 2000)}


def best(taken: dict[str, float]) -> tuple[float, str]:
    name = min((name for name in taken if name.startswith("pyucell")), key=taken.__getitem__)
    return taken[name], f"pyucell n_jobs={name.split()[1]} chunk_size={name.split()[3]}"


def decoupler(adata: AnnData, sets: dict[str, list[str]]) -> dict[str, Work]:
    """decoupler's aucell as it is called by default (all processors), and in one thread, which can be faster."""
    pairs = [(name, gene) for name, members in sets.items() for gene in members]
    net = pd.DataFrame(pairs, columns=["source", "target"])

    def work(n_threads: int) -> None:
        numba.set_num_threads(n_threads)
        dc.mt.aucell(adata, net, tmin=1)
        numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)

    return {
        "decoupler by default": functools.partial(work, numba.config.NUMBA_NUM_THREADS),
        "decoupler in 1 thread": functools.partial(work, 1),
    }


def scanpy(adata: AnnData, sets: dict[str, list[str]]) -> Work:
    def work() -> None:
        for name, members in sets.items():
            sc.tl.score_genes(adata, members, score_name=name)

    return work


@numba.njit(nogil=True)  # type: ignore[untyped-decorator]
def rank_only(data: Any, indptr: Any, count: Any, rank: Any, out: Any) -> None:
    """Rank the stored whole numbers of every row by counting; ties share the mean rank."""
    for i in range(indptr.size - 1):
        top = 0
        for j in range(indptr[i], indptr[i + 1]):
            slot = np.int32(data[j])
            count[slot] += 1
            top = max(top, int(slot))
        above = 0
        for value in range(top, 0, -1):
            if count[value] > 0:
                rank[value] = above + (count[value] + 1) * 0.5
                above += count[value]
                count[value] = 0
        for j in range(indptr[i], indptr[i + 1]):
            out[j] = rank[np.int32(data[j])]


def ranking(adata: AnnData) -> Work:
    X = adata.X
    count, rank = np.zeros(65_536, np.int32), np.zeros(65_536, np.float32)
    return functools.partial(rank_only, X.data, X.indptr, count, rank, np.zeros(X.nnz, np.float32))

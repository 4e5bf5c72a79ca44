"""Memory, disk and start-up of the scoring engine against its peers; every measurement is a fresh process.

python benchmarks/memory.py [--scale 0.02] [--work DIR] [--repeats 3] [--only backed,gzip,memory,start]

``--scale 1`` writes a file of 20 GB (1 million cells) into the working folder. Peak memory is VmHWM of the process
(``getrusage`` would count what the parent held before ``exec``).
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import _data
from _timing import HEAD, Row, seconds

THREADS = 2
BLOCK = 20_000  # simulated cells, repeated
Measured = dict[str, float]
Bounds = Mapping[str, tuple[float | None, float | None]]  # gate, ambition


def child(*arguments: object, env: dict[str, str] | None = None) -> Measured:
    """Run one task of this script in a process of its own."""
    command = [sys.executable, __file__, "--task", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | (env or {}), check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    result: Measured = json.loads(done.stdout.splitlines()[-1])
    print(f"  {' '.join(map(str, arguments))}: {result}", file=sys.stderr, flush=True)
    return result


def peak() -> float:
    """Return the most memory this process has held, in GB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e9


def forget_peak() -> float:
    """Start counting the peak anew; return what is held now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def task_score(path: str, kind: str, null: str = "", load: str = "backed") -> Measured:
    """Score an h5ad, left on disk or loaded, with ours or pyucell; the kernels are compiled before."""
    import anndata as ad

    sets = _data.gene_sets()
    if kind == "ours":
        import fatescore as fs

        options: dict[str, Any] = {"method": "ucell", "n_jobs": THREADS} | ({"null": null} if null else {})
        score: Callable[..., object] = functools.partial(fs.tl.score_gene_sets, gene_sets=sets, **options)
    else:
        from pyucell import compute_ucell_scores

        score = functools.partial(compute_ucell_scores, signatures=sets, n_jobs=1)
    score(_data.adata_of(_data.counts(200, Path(path).parent)))
    adata = ad.read_h5ad(path, backed="r" if load == "backed" else None)
    before = forget_peak()
    return {"seconds": seconds(lambda: score(adata)), "before": before, "peak": peak()}


def task_plain(path: str) -> Measured:
    """Read data and indices of an h5ad once with h5py, as many cells at a time as ours.

    Into memory that is kept: slices ask the system for new pages, which takes up to as long again, and differs from
    run to run.
    """
    import h5py
    import numpy as np

    from fatescore.tl._matrix import MAX_DISK_CHUNK

    with h5py.File(path) as file:
        data, indices, pointers = file["X/data"], file["X/indices"], file["X/indptr"][:]
        ends = np.append(pointers[:-1:MAX_DISK_CHUNK], pointers[-1]).tolist()
        longest = max(np.diff(ends))
        kept = [(stored, np.zeros(longest, stored.dtype)) for stored in (data, indices)]

        def work() -> None:
            for first, last in itertools.pairwise(ends):
                for stored, out in kept:
                    stored.read_direct(out, np.s_[first:last], np.s_[: last - first])

        return {"seconds": seconds(work), "peak": peak()}


def task_first(null: str = "") -> Measured:
    """Score for the first time in this process."""
    import anndata as ad
    import numpy as np
    import scipy.sparse as sp

    X = sp.csr_matrix(np.random.default_rng(0).poisson(0.3, (100, 2_000)).astype(np.float32))
    adata = ad.AnnData(X, var={"gene": [f"g{k}" for k in range(2_000)]})
    adata.var_names = adata.var["gene"].tolist()

    def work() -> None:
        import fatescore as fs

        fs.tl.score_gene_sets(adata, {"a": ["g1", "g2", "g3"]}, method="ucell", **({"null": null} if null else {}))

    return {"seconds": seconds(work)}


def task_import(module: str, attribute: str = "") -> Measured:
    """Import a module and, as ours loads what it needs when it is asked for, reach for an attribute."""

    def work() -> None:
        found = __import__(module)
        for name in filter(None, attribute.split(".")):
            found = getattr(found, name)

    return {"seconds": seconds(work)}


def median(results: Sequence[Measured]) -> Measured:
    return {name: statistics.median(result[name] for result in results) for name in results[0]}


def on_disk(path: Path, repeats: int, n_cells: int, peer: tuple[Path, int], bounds: Bounds) -> list[Row]:
    """Ours and a plain pass in turn, then pyucell once on a file that can be smaller."""
    results: dict[str, list[Measured]] = {"ours": [], "plain": [], "null": []}
    for _ in range(repeats):
        results["ours"].append(child("score", path, "ours"))
        results["plain"].append(child("plain", path))
        results["null"].append(child("score", path, "ours", "matched"))
    ours, plain, null = (median(results[name]) for name in ("ours", "plain", "null"))
    scaled = n_cells / peer[1]
    pyucell = child("score", peer[0], "pyucell")["seconds"] * scaled
    how = f"peer once, on {peer[1]:,} cells, times {scaled:g}" if scaled != 1 else "peer once"
    gb, memory = path.stat().st_size / 1e9, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    at = f"{n_cells:,} cells from disk, {path.name} ({gb:.2f} GB; memory {memory:.0f} GB), 2 threads"
    gate, ambition = bounds["pyucell"]
    rows = [Row(f"{at} / pyucell backed", ours["seconds"], pyucell, gate, ambition, note=how)]
    for name, value in (("", ours), (", matched null", null)):
        bound = {} if name else bounds
        taken, pass_taken = value["seconds"], plain["seconds"]
        ratio, (gate, ambition) = taken / pass_taken, bound.get("plain", (None, None))
        rows.append(Row(f"time{name} / plain h5py pass", taken, pass_taken, gate, ambition, ratio, larger=False))
        gate, ambition = bound.get("peak", (None, None))
        rows.append(Row(f"peak memory{name}", taken, float("nan"), gate, ambition, value["peak"], " GB", larger=False))
    return rows


def backed(scale: float, work: Path, repeats: int) -> list[Row]:
    n_times = max(1, round(50 * scale))
    block = _data.counts(min(BLOCK, round(1e6 * scale)), work)
    path, small = (work / f"cells-{block.shape[0]}-times-{n}.h5ad" for n in (n_times, 1))
    _data.write_repeated(path, block, n_times)
    _data.write_repeated(small, block, 1)
    bounds = {"pyucell": (6, 10), "plain": (1.8, 1.3), "peak": (0.7, 0.5)}
    return on_disk(path, repeats, block.shape[0] * n_times, (small, block.shape[0]), bounds)


def compressed(scale: float, work: Path, repeats: int) -> list[Row]:
    n_cells = round(50_000 * scale)
    path = work / f"gzip-{n_cells}.h5ad"
    if not path.exists():
        _data.adata_of(_data.counts(n_cells, work)).write_h5ad(path, compression="gzip")
    return on_disk(path, repeats, n_cells, (path, n_cells), {"pyucell": (5, 8)})


def in_memory(scale: float, work: Path, repeats: int) -> list[Row]:
    n_cells = round(50_000 * scale)
    path = work / f"plain-{n_cells}.h5ad"
    if not path.exists():
        _data.adata_of(_data.counts(n_cells, work)).write_h5ad(path)
    rows = []
    for null in ("", "matched"):
        result = median([child("score", path, "ours", null, "memory") for _ in range(repeats)])
        extra = result["peak"] - result["before"]
        work_name = f"{n_cells:,} cells in memory{', matched null' * bool(null)}: memory above the loaded matrix"
        rows.append(Row(work_name, result["seconds"], gate=0.3, ratio=extra, unit=" GB", larger=False))
    return rows


def start(repeats: int) -> list[Row]:
    """Importing, and the first call with nothing compiled."""
    rows = []
    imports = {name: median([child("import", name) for _ in range(repeats)])["seconds"] for name in IMPORTS}
    ours = imports["fatescore"]
    rows += [Row(f"import fatescore / import {name}", ours, imports[name]) for name in IMPORTS[1:]]
    rows.append(Row("import fatescore", ours, gate=1.0, ratio=ours, unit=" s", larger=False))
    ready = median([child("import", "fatescore", "tl.score_gene_sets") for _ in range(repeats)])["seconds"]
    rows.append(Row("import fatescore; fatescore.tl.score_gene_sets", ready, ratio=ready, unit=" s", larger=False))
    for null in ("", "matched"):
        taken: dict[str, list[float]] = {"nothing compiled": [], "compiled before": []}
        for _ in range(repeats):
            with tempfile.TemporaryDirectory() as folder:
                for name in taken:
                    taken[name].append(child("first", null, env={"NUMBA_CACHE_DIR": folder})["seconds"])
                    if not list(Path(folder).rglob("*.nbi")):
                        raise RuntimeError("numba has kept nothing in NUMBA_CACHE_DIR")
        for name, values in taken.items():
            value = statistics.median(values)
            text = f"first call in a process{', matched null' * bool(null)}, {name} (our import included)"
            rows.append(
                Row(text, value, gate=3.0 if name == "nothing compiled" else None, ratio=value, unit=" s", larger=False)
            )
    return rows


IMPORTS = ("fatescore", "scanpy", "decoupler", "pyucell")


def main() -> None:
    tasks: dict[str, Callable[..., Measured]] = {
        "score": task_score,
        "plain": task_plain,
        "first": task_first,
        "import": task_import,
    }
    if sys.argv[1:2] == ["--task"]:
        print(json.dumps(tasks[sys.argv[2]](*sys.argv[3:])))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the cells of the issue's table")
    parser.add_argument("--work", type=Path, default=_data.WORK, help="folder of the simulated files")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="start,memory,gzip,backed")
    given = parser.parse_args()
    at = (given.scale, given.work, given.repeats)
    _data.counts(200, given.work)
    parts: dict[str, Callable[[], list[Row]]] = {
        "start": lambda: start(given.repeats),
        "memory": lambda: in_memory(*at),
        "gzip": lambda: compressed(*at),
        "backed": lambda: backed(*at),
    }
    print(f"{_data.machine()}\n\n{HEAD}")
    for name in given.only.split(","):
        for row in parts[name]():
            print(row, flush=True)


if __name__ == "__main__":
    main()

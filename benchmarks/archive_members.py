"""Time and peak memory of ingesting an archive with many members: one file per cell, as plate-based protocols upload.

python benchmarks/archive_members.py [--members 300,3000] [--genes 2000] [--work DIR]

Every number is a process of its own that finds and reads the files, matches samples, names genes and writes
``raw.h5ad``, as ``fatescore ingest`` does; the time is the processor's, without that of the first import. ``ratio`` is
the time for each member against that of the row above: 1 is linear.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np

from fatescore.gene_sets import symbols

HEAD = "| archive | members | processor (s) | ms per member | ratio | peak memory (MB) |\n|---|---|---|---|---|---|"


def table(draw: np.random.Generator, genes: list[str]) -> bytes:
    counts = draw.poisson(0.3, len(genes))
    return gzip.compress("".join(f"{gene}\t{n}\n" for gene, n in zip(genes, counts, strict=True)).encode(), 1, mtime=0)


def make(path: Path, kind: str, n_members: int, n_genes: int) -> None:
    """Write a tar of tables, or one of archives that hold a table each."""
    draw = np.random.default_rng(0)
    genes = sorted(symbols.approved_symbols("human"))[:n_genes]
    with tarfile.open(path, "w:gz" if kind == "tar.gz" else "w") as archive:
        for k in range(n_members):
            data, name = table(draw, genes), f"GSM{1000000 + k}_cell{k}.counts.txt.gz"
            if kind == "tar of tar.gz":
                inner = io.BytesIO()
                with tarfile.open(fileobj=inner, mode="w:gz", compresslevel=1) as own:
                    info = tarfile.TarInfo(name)
                    info.size = len(data)
                    own.addfile(info, io.BytesIO(data))
                data, name = inner.getvalue(), name.partition(".")[0] + ".tar.gz"
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def read(path: str, n_members: int) -> None:
    """Print seconds and the peak of this process in MB."""
    import pandas as pd

    from fatescore.ingest import ingest

    names = [f"GSM{1000000 + k}" for k in range(n_members)]
    samples = pd.DataFrame({"sample": names, "donor": names, "condition": "c"})
    start = time.process_time()
    result = ingest(path, samples=samples, dataset="d", organism="human", assay="bulk", scale="counts",
                    output=f"{path}.h5ad")  # fmt: skip
    taken = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": taken, "peak": peak, "samples": result.facts["n_samples"]}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", default="300,3000")
    parser.add_argument("--genes", type=int, default=2_000)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--read", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.read:
        read(args.read, int(args.members))
        return
    print(HEAD)
    with tempfile.TemporaryDirectory(dir=args.work) as folder:
        for kind in ("tar", "tar.gz", "tar of tar.gz"):
            before = 0.0
            for n in map(int, args.members.split(",")):
                path = Path(folder) / ("r.tar.gz" if kind == "tar.gz" else "r.tar")
                make(path, kind, n, args.genes)
                command = [sys.executable, __file__, "--members", str(n), "--read", str(path)]
                run = subprocess.run(command, capture_output=True, check=True)
                found = json.loads(run.stdout.splitlines()[-1])
                assert found["samples"] == n, found
                each = found["seconds"] / n * 1000
                ratio = f"{each / before:.2f}" if before else ""
                cells = f"{found['seconds']:.1f} | {each:.2f} | {ratio} | {found['peak']:.0f}"
                print(f"| {kind} | {n:,} | {cells} |", flush=True)
                before = each


if __name__ == "__main__":
    main()

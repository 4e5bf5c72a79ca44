"""Time and peak memory of reading an archive with many members: one file per cell, as plate-based protocols upload it.

python benchmarks/archive_members.py [--members 300,3000] [--genes 2000] [--work DIR]

Every number is a process of its own that finds, reads and names what ``fatescore ingest`` would; the time is the
processor's, of reading alone. ``ratio`` is the time for each member against that of the row above: 1 is linear.
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

HEAD = "| archive | members | processor (s) | ms per member | ratio | peak memory (MB) |\n|---|---|---|---|---|---|"


def table(draw: np.random.Generator, genes: list[str]) -> bytes:
    counts = draw.poisson(0.3, len(genes))
    return gzip.compress("".join(f"{gene}\t{n}\n" for gene, n in zip(genes, counts, strict=True)).encode(), 1, mtime=0)


def make(path: Path, kind: str, n_members: int, n_genes: int) -> None:
    """Write a tar of tables, or one of archives that hold a table each."""
    draw = np.random.default_rng(0)
    genes = [f"GENE{k}" for k in range(n_genes)]
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


def read(path: str) -> None:
    """Print seconds and the peak of this process in MB."""
    from fatescore.ingest.locate import locate, read_raw

    start = time.process_time()
    raw = read_raw(locate(Path(path)), "human")
    taken = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": taken, "peak": peak, "columns": len(raw.columns)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", default="300,3000")
    parser.add_argument("--genes", type=int, default=2_000)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--read", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.read:
        read(args.read)
        return
    print(HEAD)
    with tempfile.TemporaryDirectory(dir=args.work) as folder:
        for kind in ("tar", "tar.gz", "tar of tar.gz"):
            before = 0.0
            for n in map(int, args.members.split(",")):
                path = Path(folder) / ("r.tar.gz" if kind == "tar.gz" else "r.tar")
                make(path, kind, n, args.genes)
                run = subprocess.run([sys.executable, __file__, "--read", str(path)], capture_output=True, check=True)
                found = json.loads(run.stdout.splitlines()[-1])
                assert found["columns"] == n, found
                each = found["seconds"] / n * 1000
                ratio = f"{each / before:.2f}" if before else ""
                cells = f"{found['seconds']:.1f} | {each:.2f} | {ratio} | {found['peak']:.0f}"
                print(f"| {kind} | {n:,} | {cells} |", flush=True)
                before = each


if __name__ == "__main__":
    main()

"""Reading a GEO study: the series matrix with ours against the family SOFT with GEOparse, the same values in both.

python benchmarks/geo_reading.py [--probes 54675] [--samples 100] [--repeats 3] [--work DIR]

Every reading is a fresh process, imports not counted. Peak memory is VmHWM of the whole process. GEOparse gives one
table per sample; joining them (``pivot_samples``) is not counted.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import subprocess
import sys
from pathlib import Path

import _data
import numpy as np
from _timing import HEAD, Row, seconds

Measured = dict[str, float]
READERS = {"ours": "series_matrix.txt.gz", "GEOparse": "family.soft.gz", "our SOFT": "family.soft.gz"}


def write_study(work: Path, n_probes: int, n_samples: int) -> dict[str, Path]:
    """Write both files unless they are there; each has fields a real one has, and one value in a hundred missing."""
    folder = work / f"geo-{n_probes}-{n_samples}"
    paths = {name: folder / f"GSE1_{name}" for name in set(READERS.values())}
    if all(path.exists() for path in paths.values()):
        return paths
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    numbers = np.round(rng.gamma(4.0, 2.0, (n_probes, n_samples)), 4)
    text = np.where(rng.random(numbers.shape) < 0.01, "null", numbers.astype("U12"))
    probes = [f"{200_000 + k}_at" for k in range(n_probes)]
    samples = [f"GSM{1000 + k}" for k in range(n_samples)]
    with gzip.open(paths["series_matrix.txt.gz"], "wt", compresslevel=6) as out:
        out.write('!Series_title\t"simulated"\n!Series_geo_accession\t"GSE1"\n!Series_platform_id\t"GPL570"\n')
        for name, cells in (
            ("geo_accession", samples),
            ("characteristics_ch1", [f"age: {k}" for k in range(n_samples)]),
        ):
            out.write("\t".join([f"!Sample_{name}", *(f'"{cell}"' for cell in cells)]) + "\n")
        out.write("\t".join(["!series_matrix_table_begin\n" + '"ID_REF"', *(f'"{name}"' for name in samples)]) + "\n")
        out.writelines("\t".join([f'"{probe}"', *row]) + "\n" for probe, row in zip(probes, text, strict=True))
        out.write("!series_matrix_table_end\n")
    with gzip.open(paths["family.soft.gz"], "wt", compresslevel=6) as out:
        out.write("^DATABASE = GeoMiame\n!Database_name = GEO\n^SERIES = GSE1\n!Series_title = simulated\n")
        for k, name in enumerate(samples):
            out.write(f"^SAMPLE = {name}\n!Sample_title = {name}\n!Sample_geo_accession = {name}\n")
            out.write(f"!Sample_platform_id = GPL570\n!Sample_characteristics_ch1 = age: {k}\n#ID_REF = \n#VALUE = \n")
            out.write("!sample_table_begin\nID_REF\tVALUE\n")
            out.writelines(f"{probe}\t{cell}\n" for probe, cell in zip(probes, text[:, k], strict=True))
            out.write("!sample_table_end\n")
    return paths


def read(reader: str, path: str) -> Measured:
    """Read once; the sum of the values shows that both saw the same."""
    kept = []
    if reader == "GEOparse":
        import GEOparse

        taken = seconds(lambda: kept.append(GEOparse.get_GEO(filepath=path, silent=True)))
        held = peak()
        table = kept[0].pivot_samples("VALUE")
    else:
        from fatescore.geo import read_series_matrix, read_soft

        work = (lambda: read_series_matrix(path).values) if reader == "ours" else (lambda: read_soft(path).values())
        taken = seconds(lambda: kept.append(work()))
        held, table = peak(), kept[0]
    return {"seconds": taken, "peak": held, "cells": table.size, "sum": float(np.nansum(table.to_numpy(dtype=float)))}


def peak() -> float:
    """Return the most memory this process has held, in GB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e9


def child(reader: str, path: Path) -> Measured:
    command = [sys.executable, __file__, "--task", reader, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    result: Measured = json.loads(done.stdout.splitlines()[-1])
    print(f"  {reader}: {result}", file=sys.stderr, flush=True)
    return result


def rows(paths: dict[str, Path], repeats: int, study: str) -> list[Row]:
    taken: dict[str, list[Measured]] = {name: [] for name in READERS}
    for _ in range(repeats):
        for name, file in READERS.items():
            taken[name].append(child(name, paths[file]))
    if len({(one["cells"], round(one["sum"], 2)) for results in taken.values() for one in results}) > 1:
        raise RuntimeError("the readers did not read the same values")
    time, held = (
        {name: statistics.median(one[what] for one in results) for name, results in taken.items()}
        for what in ("seconds", "peak")
    )
    out = [Row(f"{study}: series matrix / family SOFT with GEOparse", time["ours"], time["GEOparse"], gate=5)]
    out.append(Row(f"{study}: family SOFT / the same with GEOparse", time["our SOFT"], time["GEOparse"]))
    for name, gate in (("ours", 0.5), ("our SOFT", None)):
        note = f"{name} {held[name]:.2f} GB, GEOparse {held['GEOparse']:.2f} GB"
        share = held[name] / held["GEOparse"]
        out.append(
            Row("peak memory / GEOparse", time[name], time["GEOparse"], gate, ratio=share, larger=False, note=note)
        )
    return out


def main() -> None:
    if sys.argv[1:2] == ["--task"]:
        print(json.dumps(read(*sys.argv[2:])))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probes", type=int, default=54_675)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", type=Path, default=_data.WORK, help="folder of the simulated files")
    given = parser.parse_args()
    paths = write_study(given.work, given.probes, given.samples)
    print(f"{_data.machine()}\n\n{HEAD}")
    for row in rows(paths, given.repeats, f"{given.probes:,} probes x {given.samples} samples, gzip"):
        print(row, flush=True)


if __name__ == "__main__":
    main()

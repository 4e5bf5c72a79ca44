"""Feed damaged GEO files to the readers; only the project's own errors may come out.

python benchmarks/geo_fuzz.py [--minutes 10] [--seed 0]

A run is told by seed and number: the same two make the same bytes. A warning counts as a crash, and so does a read
of more than ``SLOW`` seconds. Exit status 1 when something was found.
"""

from __future__ import annotations

import argparse
import gzip
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from fatescore.errors import FatescoreError
from fatescore.geo import collapse_probes, probe_symbols, read_annotation, read_series_matrix, read_soft
from fatescore.geo._peek import has_rows, platform_ids

SLOW = 5.0
REDUCE_TRIES = 400
MARKS = [b"", b'"', b'""', b"\t", b"\n", b"\r", b"\xff", b"\x00", b"!", b"^", b"#", b"=", b",", b" ", b"\xef\xbb\xbf",
         b"nan", b"inf", b"-", b"1e999", b"9" * 400, b"0x1F", b"1_000", b"true", b"\xc3", b"\xe2\x80\xa8", b"\x1a",
         b"\x1f\x8b", b"!series_matrix_table_begin\n", b"!sample_table_end\n", b"^SAMPLE = GSM1\n"]  # fmt: skip


def series_matrix(draw: random.Random) -> bytes:
    n, rows = draw.randint(1, 5), draw.randint(0, 8)
    names = [f'"GSM{k}"' for k in range(n)]
    cells = [[f'"p{k}"', *(draw.choice(["1.5", "-2", "null", "", "1e-3"]) for _ in names)] for k in range(rows)]
    return _lines(
        '!Series_title\t"A title"', '!Series_platform_id\t"GPL7"', "", ["!Sample_title", *names],
        ["!Sample_geo_accession", *names], ["!Sample_characteristics_ch1", *(f'"age: {k}=a: b"' for k in range(n))],
        ["!Sample_platform_id", *['"GPL7"'] * n], "!series_matrix_table_begin", ['"ID_REF"', *names], *cells,
        "!series_matrix_table_end",
    )  # fmt: skip


def family_soft(draw: random.Random) -> bytes:
    lines: list[str | list[str]] = ["^DATABASE = GeoMiame", "^SERIES = GSE5", "!Series_title = t = u"]
    lines += platform_lines(draw)
    for k in range(draw.randint(1, 4)):
        probes = [[f"p{row}", draw.choice(["1.5", "-2", "null", ""]), "P"] for row in range(draw.randint(0, 5))]
        lines += [f"^SAMPLE = GSM{k}", "!Sample_platform_id = GPL7", "!Sample_characteristics_ch1 = age: 80",
                  "#ID_REF = ", "!sample_table_begin", ["ID_REF", "VALUE", "CALL"], *probes,
                  "!sample_table_end"]  # fmt: skip
    return _lines(*lines)


def annotation(draw: random.Random) -> bytes:
    return _lines("^Annotation", "!Annotation_platform = GPL7", *platform_lines(draw))


def platform_lines(draw: random.Random) -> list[str | list[str]]:
    column = draw.choice(["Gene symbol", "ILMN_Gene", "gene_assignment", "GB_ACC"])
    symbols = ["RUNX2", "PMF1-BGLAP /// PMF1 /// BGLAP", "---", "", "NM_1 // BGLAP // x // 1 /// NM_2 // A // y"]
    rows = [[f"p{k}", draw.choice(symbols), '5" end'] for k in range(draw.randint(0, 6))]
    return ["^PLATFORM = GPL7", "#ID = probe", "!platform_table_begin", ["ID", column, "note"], *rows,
            "!platform_table_end"]  # fmt: skip


def _lines(*lines: str | list[str]) -> bytes:
    return "".join((line if isinstance(line, str) else "\t".join(line)) + "\n" for line in lines).encode()


def use_matrix(path: Path) -> None:
    platform_ids(path)
    rows = has_rows(path)
    matrix = read_series_matrix(path)
    table = matrix.values  # noqa: PD011
    assert rows or table is None
    if table is not None:
        assert list(table) == [name for name in matrix.samples.index if name in table]
        assert all(kind == "float64" for kind in table.dtypes)


def use_family(path: Path) -> None:
    family = read_soft(path)
    assert len(family.sample_table()) == len(family.samples)
    for platform in ["", *family.platforms]:
        family.values(platform)
    read_soft(path, tables=False)


def use_annotation(path: Path) -> None:
    symbols = probe_symbols(read_annotation(path))
    values = pd.DataFrame(1.0, index=symbols.index, columns=["GSM1"])
    genes, record = collapse_probes(values, symbols, {"BGLAP"})
    assert len(genes) == len(record)


KINDS: dict[str, tuple[Callable[[random.Random], bytes], Callable[[Path], None]]] = {
    "series matrix": (series_matrix, use_matrix),
    "family SOFT": (family_soft, use_family),
    "annotation": (annotation, use_annotation),
}


def mutate(data: bytes, draw: random.Random) -> bytes:
    for _ in range(draw.choice([1, 1, 2, 3, 5, 12])):
        data = draw.choice([flip, splice, splice, cells, lines, lines, cut, encode, huge])(data, draw)
    return data


def flip(data: bytes, draw: random.Random) -> bytes:
    raw = bytearray(data)
    for _ in range(draw.choice([1, 3, 20])):
        if raw:
            raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
    return bytes(raw)


def splice(data: bytes, draw: random.Random) -> bytes:
    at = draw.randint(0, len(data))
    return data[:at] + draw.choice(MARKS) + data[at + draw.choice([0, 0, 1, 1, 4, 30]) :]


def cells(data: bytes, draw: random.Random) -> bytes:
    """Replace one whole cell."""
    parts = data.split(b"\t")
    parts[draw.randrange(len(parts))] = draw.choice([*MARKS, draw.choice(parts)])
    return b"\t".join(parts)


def lines(data: bytes, draw: random.Random) -> bytes:
    """Drop, double, swap, shuffle or move lines."""
    rows = data.splitlines(keepends=True) or [b""]
    one, two = draw.randrange(len(rows)), draw.randrange(len(rows))
    match draw.randrange(5):
        case 0:
            del rows[one]
        case 1:
            rows.insert(two, rows[one])
        case 2:
            rows[one], rows[two] = rows[two], rows[one]
        case 3:
            rows[min(one, two) : max(one, two)] = []
        case _:
            rows[one] = rows[one].rstrip(b"\n")
    return b"".join(rows)


def cut(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randint(0, len(data))]


def encode(data: bytes, draw: random.Random) -> bytes:
    """Encode anew, or pour random bytes over a stretch."""
    if draw.random() < 0.3:
        return data.decode("latin-1").encode(draw.choice(["utf-16", "utf-16-le", "utf-8-sig", "cp037"]), "replace")
    at, width = draw.randint(0, len(data)), draw.randint(1, 40)
    return data[:at] + draw.randbytes(width) + data[at + width :]


def huge(data: bytes, draw: random.Random) -> bytes:
    at, unit = draw.randint(0, len(data)), draw.choice([b"x", b"9", b"\t", b'"', b" ", b"\n", b"a: b "])
    most = 10_000 if unit == b"\t" else 140_000  # columns: pandas takes long for each
    return data[:at] + unit * draw.choice([300, most]) + data[at:]


def pack(data: bytes, draw: random.Random) -> bytes:
    """Compress one in three, and damage one in five of those after."""
    if draw.random() < 0.67:
        return data
    packed = gzip.compress(data, 1, mtime=0)
    return flip(packed, draw) if draw.random() < 0.1 else cut(packed, draw) if draw.random() < 0.1 else packed


def crash_of(use: Callable[[Path], None], data: bytes, path: Path) -> tuple[str, str] | None:
    """Return where and what, when something else than our own error comes out."""
    path.write_bytes(data)
    start = time.monotonic()
    try:
        use(path)
    except FatescoreError as error:
        if "\n" in str(error):
            return "message", "an error message of several lines"
    except Exception as error:
        ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "fatescore" in frame.filename]
        place = f"{Path(ours[-1].filename).name}:{ours[-1].name}" if ours else "here"
        return f"{type(error).__name__} in {place}", str(error)[:200]
    taken = time.monotonic() - start
    return ("slow", f"{taken:.1f} s for {len(data):,} bytes") if taken > SLOW else None


def reduce(use: Callable[[Path], None], data: bytes, path: Path, where: str) -> bytes:
    """Remove ever smaller stretches as long as the crash stays the same."""
    tries, step = 0, max(1, len(data) // 2)
    while step and tries < REDUCE_TRIES:
        at = 0
        while at < len(data) and tries < REDUCE_TRIES:
            tries += 1
            shorter = data[:at] + data[at + step :]
            found = crash_of(use, shorter, path)
            if found and found[0] == where:
                data = shorter
            else:
                at += step
        step //= 2
    return data


def fuzz(minutes: float, seed: int, path: Path) -> tuple[Counter[str], dict[tuple[str, str], int]]:
    runs: Counter[str] = Counter()
    found: dict[tuple[str, str], int] = {}
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        run = runs.total()
        draw = random.Random(f"{seed} {run}")
        kind = draw.choice(list(KINDS))
        make, use = KINDS[kind]
        data = pack(mutate(make(draw), draw), draw)
        crash = crash_of(use, data, path)
        runs[kind] += 1
        if crash is None:
            continue
        key = (kind, crash[0])
        if key not in found:
            small = data if crash[0] == "slow" else reduce(use, data, path, crash[0])
            print(f"{kind}, seed {seed}, run {run}: {crash[0]}: {crash[1]}\n  {small[:600]!r}", flush=True)
        found[key] = found.get(key, 0) + 1
    return runs, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as folder:
        runs, found = fuzz(given.minutes, given.seed, Path(folder) / "file")
    print(f"{runs.total():,} runs ({', '.join(f'{kind} {n:,}' for kind, n in sorted(runs.items()))})")
    print("\n".join(f"{n} x {kind}: {where}" for (kind, where), n in found.items()) or "nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

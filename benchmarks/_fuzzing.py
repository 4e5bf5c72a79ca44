"""Damage files, feed them to readers, make what crashes one small. Shared by geo_fuzz.py and ingest_fuzz.py."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import signal
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path

from fatescore.errors import FatescoreError

SLOW = 5.0
REDUCE_TRIES = 400
HANGS = 30  # seconds
KILLED = "lost inside HDF5's own library, which crashes or circles on some damaged files"
MARKS = [b"", b'"', b'""', b"\t", b"\n", b"\r", b"\xff", b"\x00", b"!", b"^", b"#", b"=", b",", b" ", b"\xef\xbb\xbf",
         b"nan", b"inf", b"-", b"1e999", b"9" * 400, b"0x1F", b"1_000", b"true", b"\xc3", b"\xe2\x80\xa8", b"\x1a",
         b"\x1f\x8b", b"!series_matrix_table_begin\n", b"!sample_table_end\n", b"^SAMPLE = GSM1\n"]  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """Makes a small valid file, uses a damaged one; its name, whether it may be compressed, and whether it is HDF5.

    HDF5's own library crashes or circles for ever on some damaged files, which nothing catches: such files are used in
    a child process, as every step of the workflow is, and what is lost there is counted.
    """

    make: Callable[[random.Random], bytes]
    use: Callable[[Path], None]
    name: str = "file"
    packs: bool = True
    apart: bool = False


def text(*lines: str | list[str]) -> bytes:
    return "".join((line if isinstance(line, str) else "\t".join(line)) + "\n" for line in lines).encode()


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
    start = time.process_time()  # other work on the machine is no fault
    try:
        use(path)
    except FatescoreError as error:
        if "\n" in str(error):
            return "message", "an error message of several lines"
    except Exception as error:
        ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "fatescore" in frame.filename]
        place = f"{Path(ours[-1].filename).name}:{ours[-1].name}" if ours else "here"
        return f"{type(error).__name__} in {place}", str(error)[:200]
    taken = time.process_time() - start
    return ("slow", f"{taken:.1f} s for {len(data):,} bytes") if taken > SLOW else None


def crash_apart(use: Callable[[Path], None], data: bytes, path: Path) -> tuple[str, str] | None:
    """As ``crash_of``, in a child process; ``KILLED`` when the child dies."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(HANGS)
        with os.fdopen(writer, "w") as pipe:
            json.dump(crash_of(use, data, path), pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return KILLED, f"{HANGS} s" if number == signal.SIGALRM else f"signal {number}"
    told = json.loads(said)
    return None if told is None else (KILLED if told[0] == "slow" else told[0], told[1])


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


def fuzz(
    kinds: dict[str, Kind], minutes: float, seed: int, folder: Path
) -> tuple[Counter[str], dict[tuple[str, str], int]]:
    runs: Counter[str] = Counter()
    found: dict[tuple[str, str], int] = {}
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        run = runs.total()
        draw = random.Random(f"{seed} {run}")
        kind = draw.choice(list(kinds))
        make, use, name, packs, own_process = astuple(kinds[kind])
        data = mutate(make(draw), draw)
        data = pack(data, draw) if packs else data
        path = folder / name
        crash = (crash_apart if own_process else crash_of)(use, data, path)
        runs[kind] += 1
        if crash is None:
            continue
        key = (kind, crash[0])
        if key not in found and crash[0] != KILLED:
            small = data if crash[0] == "slow" or own_process else reduce(use, data, path, crash[0])
            print(f"{kind}, seed {seed}, run {run}: {crash[0]}: {crash[1]}\n  {small[:600]!r}", flush=True)
        found[key] = found.get(key, 0) + 1
    return runs, found


def main(kinds: dict[str, Kind], about: str | None) -> int:
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as folder:
        runs, found = fuzz(kinds, given.minutes, given.seed, Path(folder))
    print(f"{runs.total():,} runs ({', '.join(f'{kind} {n:,}' for kind, n in sorted(runs.items()))})")
    print("\n".join(f"{n} x {kind}: {where}" for (kind, where), n in found.items()) or "nothing found")
    return 1 if any(where != KILLED for _, where in found) else 0

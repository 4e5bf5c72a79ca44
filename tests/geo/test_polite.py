"""The limit that all jobs share."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from pathlib import Path

from fatescore.geo._polite import AT_ONCE, SPACING, polite


def test_few_at_once_and_not_too_fast(tmp_path: Path) -> None:
    now, most, starts = 0, 0, []
    guard = threading.Lock()

    def job() -> None:
        nonlocal now, most
        with polite("server.example", tmp_path):
            with guard:
                now += 1
                most = max(most, now)
                starts.append(time.monotonic())
            time.sleep(0.5)
            with guard:
                now -= 1

    threads = [threading.Thread(target=job) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    starts.sort()
    assert most == AT_ONCE
    assert min(b - a for a, b in itertools.pairwise(starts)) > SPACING * 0.9


def test_another_process_waits_too(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib; from fatescore.geo._polite import polite\n"
        "with polite('server.example', pathlib.Path(sys.argv[1])): print(time.time())"
    )
    with polite("server.example", tmp_path):
        first = time.time()
        out = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert float(out.stdout) >= first
    stamp = time.time()
    with polite("server.example", tmp_path):
        assert time.time() - float(out.stdout) > SPACING * 0.9
    assert time.time() - stamp < 2


def test_this_machine_is_not_held_up() -> None:
    start = time.monotonic()
    for _ in range(20):
        with polite("127.0.0.1"):
            pass
    assert time.monotonic() - start < SPACING

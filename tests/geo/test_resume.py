"""Going on where a download stopped: the final bytes are those of one version of the file, whatever happens."""

from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fatescore.errors import FetchError
from fatescore.geo import RetryPolicy, fetch

QUICK = RetryPolicy(attempts=3, initial_wait=0.01, max_wait=2.0, connect_timeout=2, read_timeout=0.5)
ONCE = RetryPolicy(attempts=1, initial_wait=0.01, max_wait=2.0, connect_timeout=2, read_timeout=0.5)
FILE = "/series/GSEnnn/GSE6/suppl/GSE6_counts.txt.gz"
BIG = gzip.compress(np.random.default_rng(0).bytes(300_000), mtime=0)
OTHER = gzip.compress(np.random.default_rng(1).bytes(300_000), mtime=0)
HALF = 150_000


@pytest.fixture
def big(server: Any) -> Any:
    server.files[FILE] = BIG
    return server


def tag(server: Any) -> str:
    from hashlib import sha256

    return f'"{sha256(server.files[FILE]).hexdigest()[:16]}"'


def breaks_off(server: Any, version: str = "", *, times: int = 1, first: bytes = BIG[:HALF]) -> Any:
    """Send the first half under a version and hang up, so many times."""

    def fault(handler: BaseHTTPRequestHandler, n: int) -> bool:
        if n > times:
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(BIG)))
        handler.send_header("ETag", version or tag(server))
        handler.end_headers()
        handler.wfile.write(first)
        handler.close_connection = True
        return True

    return fault


def get(server: Any, dest: Path, retry: RetryPolicy = QUICK) -> bytes:
    got = fetch("GSE6", dest, base_url=server.url, what="suppl", file="*counts*", retry=retry)
    assert not [path.name for path in got.folder.rglob(".resume-*")]
    return (got.folder / "suppl/GSE6_counts.txt.gz").read_bytes()


def ranges(server: Any) -> list[str]:
    pairs = zip(server.asked, server.headers, strict=True)
    return [headers.get("Range", "") for path, headers in pairs if path == FILE]


def test_the_rest_is_asked_for(big: Any, tmp_path: Path) -> None:
    big.faults[FILE] = breaks_off(big)
    assert get(big, tmp_path) == BIG
    assert ranges(big) == ["", f"bytes={HALF}-"]
    assert big.headers[-1]["If-Range"] == tag(big)


def test_a_killed_run_is_gone_on_with(big: Any, tmp_path: Path) -> None:
    big.faults[FILE] = breaks_off(big)
    with pytest.raises(FetchError, match="could not be downloaded completely in 1 attempts"):
        get(big, tmp_path, ONCE)
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert {".resume-GSE6_counts.txt.gz", ".resume-GSE6_counts.txt.gz.json"} <= names
    assert "GSE6_counts.txt.gz" not in names
    assert get(big, tmp_path) == BIG
    assert ranges(big) == ["", f"bytes={HALF}-"]


def test_a_file_that_changed_meanwhile_comes_whole(big: Any, tmp_path: Path) -> None:
    big.faults[FILE] = breaks_off(big)
    with pytest.raises(FetchError):
        get(big, tmp_path, ONCE)
    big.files[FILE] = OTHER
    assert get(big, tmp_path) == OTHER


def test_a_server_without_ranges_sends_the_whole(big: Any, tmp_path: Path) -> None:
    big.ranges = False
    big.faults[FILE] = breaks_off(big)
    assert get(big, tmp_path) == BIG


def test_another_part_than_asked_for_is_not_used(big: Any, tmp_path: Path) -> None:
    first = breaks_off(big)

    def fault(handler: BaseHTTPRequestHandler, n: int) -> bool:
        if n != 2:
            return bool(first(handler, n))
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes 7-{len(BIG) - 1}/{len(BIG)}")
        handler.send_header("Content-Length", str(len(BIG) - 7))
        handler.end_headers()
        handler.wfile.write(BIG[7:])
        return True

    big.faults[FILE] = fault
    assert get(big, tmp_path) == BIG
    assert ranges(big) == ["", f"bytes={HALF}-", ""]


def test_more_bytes_than_the_file_has_are_thrown_away(big: Any, tmp_path: Path) -> None:
    big.faults[FILE] = breaks_off(big)
    with pytest.raises(FetchError):
        get(big, tmp_path, ONCE)
    part = next(tmp_path.rglob(".resume-*.gz"))
    part.write_bytes(BIG + b"more than there is")
    note = json.loads(part.with_name(part.name + ".json").read_text())
    assert note["version"] == tag(big)
    assert get(big, tmp_path) == BIG


def test_a_run_that_was_killed_after_the_last_byte_asks_for_no_more(big: Any, tmp_path: Path) -> None:
    big.faults[FILE] = breaks_off(big)
    with pytest.raises(FetchError):
        get(big, tmp_path, ONCE)
    next(tmp_path.rglob(".resume-*.gz")).write_bytes(BIG)
    assert get(big, tmp_path) == BIG
    assert ranges(big) == ["", f"bytes={len(BIG)}-"]


def test_a_first_part_that_was_damaged_is_noticed_at_the_end(big: Any, tmp_path: Path) -> None:
    spoilt = bytearray(BIG[:HALF])
    spoilt[1000] ^= 1
    big.faults[FILE] = breaks_off(big, first=bytes(spoilt))
    assert get(big, tmp_path) == BIG
    assert ranges(big) == ["", f"bytes={HALF}-", ""]


@pytest.mark.parametrize("version", ['W/"weak"', ""])
def test_what_cannot_be_named_is_not_resumed(big: Any, tmp_path: Path, version: str) -> None:
    def fault(handler: BaseHTTPRequestHandler, n: int) -> bool:
        return bool(n == 1 and breaks_off(big, version or "W/")(handler, n))

    big.faults[FILE] = fault
    assert get(big, tmp_path) == BIG
    assert ranges(big) == ["", ""]


def test_a_note_that_cannot_be_read_means_a_new_start(big: Any, tmp_path: Path) -> None:
    big.faults[FILE] = breaks_off(big)
    with pytest.raises(FetchError):
        get(big, tmp_path, ONCE)
    for text in ("no json", "[]", '{"url": "http://elsewhere"}'):
        next(tmp_path.rglob(".resume-*.json")).write_text(text)
        assert get(big, tmp_path / "again") == BIG
    assert get(big, tmp_path) == BIG


def test_a_killed_process_leaves_nothing_under_the_final_name(big: Any, tmp_path: Path) -> None:
    """The server sends half and holds the line until the process is dead."""
    dead = threading.Event()

    def fault(handler: BaseHTTPRequestHandler, n: int) -> bool:
        if n > 1:
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(BIG)))
        handler.send_header("ETag", tag(big))
        handler.end_headers()
        handler.wfile.write(BIG[:HALF])
        handler.wfile.flush()
        dead.wait(20)
        handler.close_connection = True
        return True

    big.faults[FILE] = fault
    command = ["fetch", "GSE6", "--what", "suppl", "--file", "*counts*", "--base-url", big.url, "--dest", str(tmp_path)]
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; from fatescore.cli import main; main(sys.argv[1:])", *command]
    )
    part = tmp_path / "GSE6/suppl/.resume-GSE6_counts.txt.gz"
    for _ in range(400):
        if part.exists() and part.stat().st_size > 0:
            break
        time.sleep(0.05)
    child.kill()
    child.wait()
    dead.set()
    assert not (tmp_path / "GSE6/suppl/GSE6_counts.txt.gz").exists()
    arrived = part.stat().st_size
    assert 0 < arrived <= HALF
    assert get(big, tmp_path) == BIG
    assert ranges(big) == ["", f"bytes={arrived}-"]


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond ``size``: the kernel refuses the write in its midst, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_one_error_and_the_next_run_succeeds(big: Any, tmp_path: Path) -> None:
    with (
        room_for(HALF),
        pytest.raises(FetchError, match=r"cannot be stored at .*GSE6_counts.txt.gz \(File too large\)"),
    ):
        get(big, tmp_path)
    assert ranges(big) == [""]  # no second try
    assert not list(tmp_path.rglob("GSE6_counts.txt.gz"))
    assert next(tmp_path.rglob(".resume-*.gz")).read_bytes() == BIG[:HALF]
    assert get(big, tmp_path) == BIG


def test_a_name_that_is_not_resolved_ends_soon(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="could not be downloaded completely in 1 attempts: no answer"):
        fetch("GSE6", tmp_path, base_url="http://no-such-host.invalid", what="soft", retry=ONCE)

"""A web server that misbehaves, fault by fault, checked by the bytes stored; and the rate limit that all jobs share."""

from __future__ import annotations

import gzip
import itertools
import socket
import struct
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from fatescore.errors import FetchError
from fatescore.geo import RetryPolicy, fetch
from fatescore.geo.http_transport import MAX_CONCURRENT, MIN_INTERVAL, rate_limit

QUICK = RetryPolicy(attempts=3, initial_wait=0.01, max_wait=2.0, connect_timeout=2, read_timeout=0.5)
MATRIX = "/series/GSEnnn/GSE5/matrix/GSE5_series_matrix.txt.gz"
NAME = "matrix/GSE5_series_matrix.txt.gz"


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> bool:
    handler.send_response(status)
    for key, text in {"Content-Length": str(len(body)), **headers}.items():
        if text:
            handler.send_header(key.replace("_", "-"), text)
    handler.end_headers()
    handler.wfile.write(body)
    return True


def get(server: Any, dest: Path, accession: str = "GSE5", **options: Any) -> Any:
    return fetch(accession, dest, base_url=server.url, retry=QUICK, **options)


def leftovers(dest: Path) -> list[str]:
    return [
        path.name for path in dest.rglob("*") if path.is_file() and path.name not in (".fetch.lock", "manifest.json")
    ]


def test_refused_is_told_from_missing_and_not_retried(server: Any, tmp_path: Path) -> None:
    server.faults[MATRIX] = lambda handler, n: send(handler, 403)
    with pytest.raises(FetchError, match=r"the mirror refuses .* answered 403"):
        get(server, tmp_path)
    assert server.count(MATRIX) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_overload_is_waited_for(server: Any, tmp_path: Path, status: int) -> None:
    server.faults[MATRIX] = lambda handler, n: n == 1 and send(handler, status, Retry_After="1")
    start = time.monotonic()
    got = get(server, tmp_path)
    assert time.monotonic() - start >= 1.0
    assert (got.folder / NAME).read_bytes() == server.files[MATRIX]
    assert server.count(MATRIX) == 2


def test_retry_after_beyond_the_longest_wait_ends_the_attempt(server: Any, tmp_path: Path) -> None:
    server.faults[MATRIX] = lambda handler, n: send(handler, 429, Retry_After="3600")
    with pytest.raises(FetchError, match="could not be downloaded completely in 1 attempts: the server answered 429"):
        get(server, tmp_path)
    assert server.count(MATRIX) == 1


def test_tries_are_bounded(server: Any, tmp_path: Path) -> None:
    server.faults[MATRIX] = lambda handler, n: send(handler, 500)
    with pytest.raises(FetchError, match="could not be downloaded completely in 3 attempts"):
        get(server, tmp_path)
    assert server.count(MATRIX) == 3
    assert leftovers(tmp_path) == []


PAGE = b"<!DOCTYPE html><html>captcha"


@pytest.mark.parametrize("body", [PAGE, b"\n <HTML>", b"", b"plain text", gzip.compress(PAGE, mtime=0)])
def test_something_else_with_status_200(server: Any, tmp_path: Path, body: bytes) -> None:
    server.faults[MATRIX] = lambda handler, n: send(handler, 200, body)
    with pytest.raises(FetchError, match=f"{server.url}{MATRIX} is not the file it should be"):
        get(server, tmp_path)
    assert server.count(MATRIX) == 1
    assert leftovers(tmp_path) == []


def cut(data: bytes, declared: str) -> Any:
    def fault(handler: BaseHTTPRequestHandler, n: int) -> bool:
        if n > 1:
            return False
        handler.send_response(200)
        if declared:
            handler.send_header("Content-Length", declared)
        handler.end_headers()
        handler.wfile.write(data)
        handler.close_connection = True
        return True

    return fault


@pytest.mark.parametrize("with_length", [True, False])
def test_cut_short_is_fetched_again(server: Any, tmp_path: Path, *, with_length: bool) -> None:
    data = server.files[MATRIX]
    server.faults[MATRIX] = cut(data[:-9], str(len(data)) if with_length else "")
    got = get(server, tmp_path)
    assert (got.folder / NAME).read_bytes() == data
    assert server.count(MATRIX) == 2


def test_flipped_byte_is_noticed(server: Any, tmp_path: Path) -> None:
    data = bytearray(server.files[MATRIX])
    data[len(data) // 2] ^= 1
    server.faults[MATRIX] = cut(bytes(data), str(len(data)))
    got = get(server, tmp_path)
    assert (got.folder / NAME).read_bytes() == server.files[MATRIX]


def test_damaged_archive_is_never_accepted(server: Any, tmp_path: Path) -> None:
    path = "/series/GSEnnn/GSE6/suppl/GSE6_RAW.tar"
    server.files[path] = server.files[path][:700]
    with pytest.raises(FetchError, match=r"GSE6_RAW.tar could not be downloaded completely in 3 attempts"):
        get(server, tmp_path, "GSE6")
    assert not (tmp_path / "GSE6" / "suppl" / "GSE6_RAW.tar").exists()


def test_content_encoding_keeps_the_served_bytes(server: Any, tmp_path: Path) -> None:
    data = server.files[MATRIX]
    server.faults[MATRIX] = lambda handler, n: send(handler, 200, data, Content_Encoding="gzip")
    got = get(server, tmp_path)
    assert (got.folder / NAME).read_bytes() == data


def test_content_encoding_of_plain_text_is_undone(server: Any, tmp_path: Path) -> None:
    path = "/series/GSEnnn/GSE6/suppl/GSE6_plain.txt"
    server.files[path] = text = b"gene\tone\nRUNX2\t1\n" * 5000
    server.faults[path] = lambda handler, n: send(handler, 200, gzip.compress(text), Content_Encoding="gzip")
    got = get(server, tmp_path, "GSE6", what="suppl", file="*plain*")
    assert (got.folder / "suppl/GSE6_plain.txt").read_bytes() == text


def test_a_reset_connection_is_tried_again(server: Any, tmp_path: Path) -> None:
    data = server.files[MATRIX]

    def reset(handler: BaseHTTPRequestHandler, n: int) -> bool:
        if n > 1:
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[:50])
        handler.wfile.flush()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()  # with that option set: RST instead of an orderly end
        handler.close_connection = True
        return True

    server.faults[MATRIX] = reset
    got = get(server, tmp_path)
    assert (got.folder / NAME).read_bytes() == data
    assert server.count(MATRIX) == 2


def test_stall_ends_by_timeout(server: Any, tmp_path: Path) -> None:
    def stall(handler: BaseHTTPRequestHandler, n: int) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"\x1f\x8b")
        handler.wfile.flush()
        time.sleep(1.0)
        return True

    server.faults[MATRIX] = stall
    start = time.monotonic()
    with pytest.raises(FetchError, match="the transfer broke off"):
        get(server, tmp_path)
    assert time.monotonic() - start < 10


def test_no_server(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="could not be downloaded completely in 3 attempts: no answer"):
        fetch("GSE5", tmp_path, base_url="http://127.0.0.1:9", retry=QUICK)


def test_connections_and_request_rate_are_limited(tmp_path: Path) -> None:
    now, most, starts = 0, 0, []
    guard = threading.Lock()

    def job() -> None:
        nonlocal now, most
        with rate_limit("server.example", tmp_path):
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
    assert most == MAX_CONCURRENT
    assert min(b - a for a, b in itertools.pairwise(starts)) > MIN_INTERVAL * 0.9


def test_another_process_waits_too(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib; from fatescore.geo.http_transport import rate_limit\n"
        "with rate_limit('server.example', pathlib.Path(sys.argv[1])): print(time.time())"
    )
    with rate_limit("server.example", tmp_path):
        first = time.time()
        out = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert float(out.stdout) >= first
    stamp = time.time()
    with rate_limit("server.example", tmp_path):
        assert time.time() - float(out.stdout) > MIN_INTERVAL * 0.9
    assert time.time() - stamp < 2


def test_this_machine_is_not_limited() -> None:
    start = time.monotonic()
    for _ in range(20):
        with rate_limit("127.0.0.1"):
            pass
    assert time.monotonic() - start < MIN_INTERVAL

"""How far a download is, in a log and on a terminal."""

from __future__ import annotations

import gzip
import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from fatescore.geo import RetryPolicy, fetch
from fatescore.geo.progress import ProgressReporter, file_name, progress_bars

QUICK = RetryPolicy(attempts=3, initial_wait=0.01, max_wait=2.0, connect_timeout=2, read_timeout=0.5)
FILE = "/series/GSEnnn/GSE6/suppl/GSE6_counts.txt.gz"
BIG = gzip.compress(np.random.default_rng(0).bytes(300_000), mtime=0)
SIZE = f"{len(BIG) / 1e3:.1f}"


@pytest.fixture
def big(server: Any) -> Any:
    server.files[FILE] = BIG
    return server


def get(server: Any, dest: Path, **options: Any) -> None:
    got = fetch("GSE6", dest, base_url=server.url, what="suppl", file="*counts*", retry=QUICK, **options)
    assert (got.folder / "suppl/GSE6_counts.txt.gz").read_bytes() == BIG


def breaks_off(half: int) -> Callable[[BaseHTTPRequestHandler, int], bool]:
    """Send the first part of a version and hang up; the rest is served to who asks for it."""

    def fault(handler: BaseHTTPRequestHandler, n: int) -> bool:
        from hashlib import sha256

        if n > 1:
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(BIG)))
        handler.send_header("ETag", f'"{sha256(BIG).hexdigest()[:16]}"')
        handler.end_headers()
        handler.wfile.write(BIG[:half])
        handler.close_connection = True
        return True

    return fault


def recorder() -> tuple[ProgressReporter, list[tuple[str, int, int | None, list[int]]]]:
    """Return a reporter that records its calls."""
    calls: list[tuple[str, int, int | None, list[int]]] = []

    @contextmanager
    def report(url: str, start: int, total: int | None) -> Iterator[Callable[[int], None]]:
        sizes: list[int] = []
        calls.append((url, start, total, sizes))
        yield sizes.append

    return report, calls


def test_every_try_says_where_it_starts_and_what_has_arrived(big: Any, tmp_path: Path) -> None:
    half = len(BIG) // 2
    big.faults[FILE] = breaks_off(half)
    report, calls = recorder()
    get(big, tmp_path, progress=report)
    assert [(url, start, total) for url, start, total, _ in calls] == [
        (big.url + FILE, 0, len(BIG)),
        (big.url + FILE, half, len(BIG)),
    ]
    assert [sizes[-1] for *_, sizes in calls] == [half, len(BIG)]
    assert all(sizes == sorted(sizes) for *_, sizes in calls)


def test_a_length_that_is_not_told(big: Any, tmp_path: Path) -> None:
    def fault(handler: BaseHTTPRequestHandler, n: int) -> bool:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(BIG)
        handler.close_connection = True
        return True

    big.faults[FILE] = fault
    terminal = io.StringIO()
    get(big, tmp_path, progress=progress_bars(Console(force_terminal=True, file=terminal, width=100)))
    assert f"{SIZE}/? kB" in plain(terminal.getvalue())


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def test_a_bar_on_a_terminal(big: Any, tmp_path: Path) -> None:
    terminal = io.StringIO()
    get(big, tmp_path, progress=progress_bars(Console(force_terminal=True, file=terminal, width=100)))
    last = plain(terminal.getvalue()).strip().splitlines()[-1]
    assert last.startswith("GSE6_counts.txt.gz ")
    assert f" {SIZE}/{SIZE} kB " in last
    assert last.endswith("0:00:00")


def test_the_bar_of_a_resumed_download_starts_where_it_resumes() -> None:
    terminal = io.StringIO()
    with progress_bars(Console(force_terminal=True, file=terminal, width=100))(
        "https://x.example/a[b].gz", 150_000, 300_000
    ):
        pass
    drawn = [line for line in plain(terminal.getvalue()).replace("\r", "\n").splitlines() if line.strip()]
    assert drawn
    assert all(line.startswith("a[b].gz ") and " 150.0/300.0 kB " in line for line in drawn)


@pytest.mark.parametrize("width", [60, 80])
def test_figures_stay_whole_on_a_narrow_terminal(width: int) -> None:
    terminal = io.StringIO()
    name = "GSE164073_raw_counts_GRCh38.p13_NCBI.tsv.gz"
    report = progress_bars(Console(force_terminal=True, file=terminal, width=width))
    with report(f"https://x.example/{name}", 0, 3_000_000) as update:
        update(2_000_000)
    last = plain(terminal.getvalue()).strip().splitlines()[-1]
    assert last.startswith("GSE164073")
    assert " 2.0/3.0 MB " in last


def test_a_log_has_plain_lines(
    big: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("fatescore.geo.progress.LOG_INTERVAL", 0.0)
    with caplog.at_level("INFO", logger="fatescore.geo"):
        get(big, tmp_path)
    logged = [record.getMessage() for record in caplog.records if "MB" in record.getMessage()]
    assert logged[-1] == f"{big.url}{FILE}: {len(BIG) / 1e6:.1f} of {len(BIG) / 1e6:.1f} MB"


COMMAND = [sys.executable, "-c", "import sys; from fatescore.cli import main; sys.exit(main(sys.argv[1:]))"]


def test_the_command_draws_on_a_terminal_and_not_into_a_log(big: Any, tmp_path: Path) -> None:
    words = ["fetch", "GSE6", "--what", "suppl", "--file", "*counts*", "--base-url", big.url, "--dest"]
    log = subprocess.run([*COMMAND, *words, str(tmp_path / "log")], capture_output=True, text=True, check=True)
    assert log.stderr == ""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    drawing = subprocess.run(
        [*COMMAND, *words, str(tmp_path / "bar")], stdout=subprocess.PIPE, stderr=theirs, check=True, env=environment
    )
    os.close(theirs)
    drawn = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert f"{SIZE}/{SIZE} kB" in plain(drawn)
    assert drawing.stdout.decode().split() == [str(tmp_path / "bar/GSE6/suppl/GSE6_counts.txt.gz")]


def test_rich_is_loaded_only_where_a_bar_is_drawn() -> None:
    code = "import sys, fatescore, fatescore.geo; fatescore.geo.fetch; print('rich' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_name_of_a_download_page() -> None:
    page = (
        "https://www.ncbi.nlm.nih.gov/geo/download/?format=file&type=rnaseq_counts&file=Human.GRCh38.p13.annot.tsv.gz"
    )
    assert file_name(page) == "Human.GRCh38.p13.annot.tsv.gz"

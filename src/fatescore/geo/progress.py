"""Progress reporters of downloads: lines in a log, or a bar on a terminal."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from rich.console import Console

logger = logging.getLogger(__name__)

LOG_INTERVAL = 15.0  # seconds between two lines about a long download

# Opened for each attempt of a download with its address, the bytes that were here before, and the size of the whole
# file (None: unknown); it yields a function that is called with the bytes that are here now.
ProgressReporter = Callable[[str, int, int | None], AbstractContextManager[Callable[[int], None]]]


@contextmanager
def log_progress(url: str, start: int, total: int | None) -> Iterator[Callable[[int], None]]:
    """Log the progress of a long download at intervals.

    Parameters
    ----------
    url, start, total
        Address of the file, bytes that were here before, size of the whole file (``None`` where unknown).

    Examples
    --------
    >>> with log_progress("https://mirror.example/a.gz", 0, 100) as update:
    ...     update(50)  # too soon for a line
    """
    of_all = "" if total is None else f" of {total / 1e6:.1f}"
    last = time.monotonic()

    def update(size: int) -> None:
        nonlocal last
        if time.monotonic() - last > LOG_INTERVAL:
            last = time.monotonic()
            logger.info("%s: %.1f%s MB", url, size / 1e6, of_all)

    yield update


def progress_bars(console: Console | None = None) -> ProgressReporter:
    """Return a reporter that draws a bar for each download: size, speed, remaining time.

    Parameters
    ----------
    console
        Where to draw; the standard error by default.

    Examples
    --------
    >>> import io
    >>> from rich.console import Console
    >>> terminal = io.StringIO()
    >>> with progress_bars(Console(file=terminal, width=80))("https://mirror.example/a.gz", 0, 4000) as update:
    ...     update(4000)
    >>> "a.gz" in terminal.getvalue() and "4.0/4.0 kB" in terminal.getvalue()
    True
    """
    from rich import progress  # only where a bar is drawn
    from rich.console import Console
    from rich.table import Column

    output = console or Console(stderr=True)

    @contextmanager
    def report(url: str, start: int, total: int | None) -> Iterator[Callable[[int], None]]:
        name = Column(ratio=1, no_wrap=True, overflow="ellipsis")  # shortened before the figures on a narrow terminal
        columns = (
            progress.TextColumn("{task.description}", markup=False, table_column=name),
            progress.BarColumn(20), progress.DownloadColumn(), progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
        )  # fmt: skip
        with progress.Progress(*columns, console=output, expand=True) as bar:
            task = bar.add_task(file_name(url), total=total, completed=start)
            yield lambda size: bar.update(task, completed=size)

    return report


def file_name(url: str) -> str:
    """Return the name of the file at an address; NCBI's own download page has it among its fields.

    Examples
    --------
    >>> file_name("https://mirror.example/geo/a%20b.gz"), file_name("https://www.example/geo/download/?type=x&file=c.gz")
    ('a b.gz', 'c.gz')
    """
    parts = urlsplit(url)
    names = parse_qs(parts.query).get("file")
    return names[-1] if names else unquote(parts.path).rsplit("/", 1)[-1]

"""How far a download is: lines in a log, or a bar on a terminal. The network code only says what has arrived."""

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

SAY_EVERY = 15.0  # seconds between two lines about a long download

# Opened for each try of a download with its address, the bytes that were here before, and those of the whole file
# (None: not told); what it gives is called with the bytes that are here now.
Watch = Callable[[str, int, int | None], AbstractContextManager[Callable[[int], None]]]


@contextmanager
def lines(url: str, start: int, total: int | None) -> Iterator[Callable[[int], None]]:
    """Say now and then, as a line of the log, how far a download is: for a log, or a library's user.

    Parameters
    ----------
    url, start, total
        Address of the file, bytes that were here before, bytes of the whole file (``None`` where not told).

    Examples
    --------
    >>> with lines("https://mirror.example/a.gz", 0, 100) as arrived:
    ...     arrived(50)  # too soon to say anything
    """
    of_all = "" if total is None else f" of {total / 1e6:.1f}"
    said = time.monotonic()

    def arrived(size: int) -> None:
        nonlocal said
        if time.monotonic() - said > SAY_EVERY:
            said = time.monotonic()
            logger.info("%s: %.1f%s MB", url, size / 1e6, of_all)

    yield arrived


def bars(console: Console | None = None) -> Watch:
    """Return a watch that draws a bar for each download: done, speed, time that is left.

    Parameters
    ----------
    console
        Where to draw; the standard error by default.

    Examples
    --------
    >>> import io
    >>> from rich.console import Console
    >>> terminal = io.StringIO()
    >>> with bars(Console(file=terminal, width=80))("https://mirror.example/a.gz", 0, 4000) as arrived:
    ...     arrived(4000)
    >>> "a.gz" in terminal.getvalue() and "4.0/4.0 kB" in terminal.getvalue()
    True
    """
    from rich import progress  # only where a bar is drawn
    from rich.console import Console
    from rich.table import Column

    shown = console or Console(stderr=True)

    @contextmanager
    def watch(url: str, start: int, total: int | None) -> Iterator[Callable[[int], None]]:
        name = Column(ratio=1, no_wrap=True, overflow="ellipsis")  # gives way to the figures on a narrow terminal
        columns = (
            progress.TextColumn("{task.description}", markup=False, table_column=name),
            progress.BarColumn(20), progress.DownloadColumn(), progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
        )  # fmt: skip
        with progress.Progress(*columns, console=shown, expand=True) as bar:
            task = bar.add_task(name_of(url), total=total, completed=start)
            yield lambda size: bar.update(task, completed=size)

    return watch


def name_of(url: str) -> str:
    """Return the name of the file at an address; NCBI's own download page has it among its fields.

    Examples
    --------
    >>> name_of("https://mirror.example/geo/a%20b.gz"), name_of("https://www.example/geo/download/?type=x&file=c.gz")
    ('a b.gz', 'c.gz')
    """
    parts = urlsplit(url)
    named = parse_qs(parts.query).get("file")
    return named[-1] if named else unquote(parts.path).rsplit("/", 1)[-1]

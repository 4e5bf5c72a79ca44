"""Not more than a server bears: a limit that all jobs of a user on this machine share.

NCBI asks for at most three requests a second and a few downloads at once.
"""

from __future__ import annotations

import getpass
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

AT_ONCE = 2
SPACING = 0.34  # seconds between two requests
_POLL = 0.05
_OWN = {"localhost", "127.0.0.1", "::1"}  # this machine needs no protection from itself


@contextmanager
def polite(host: str, folder: Path | None = None) -> Iterator[None]:
    """Hold one of the places at a host while a request lasts.

    Parameters
    ----------
    host
        Name of the server.
    folder
        Where the places are kept; by default a folder of the user among the machine's temporary files.
    """
    if host in _OWN and folder is None:
        yield
        return
    place = folder or Path(tempfile.gettempdir()) / f"fatescore-{getpass.getuser()}"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as held:
        _take_a_place(held, place, host)
        _wait_for_turn(place, host)
        yield


def _take_a_place(held: ExitStack, folder: Path, host: str) -> None:
    locks = [FileLock(folder / f"{host}.{k}.lock") for k in range(AT_ONCE)]
    while True:
        for lock in locks:
            with suppress(Timeout):
                held.enter_context(lock.acquire(timeout=0))
                return
        time.sleep(_POLL)


def _wait_for_turn(folder: Path, host: str) -> None:
    last = folder / f"{host}.last"
    with FileLock(folder / f"{host}.turn.lock"):
        try:
            waited = time.time() - last.stat().st_mtime
        except OSError:
            waited = SPACING
        if 0 <= waited < SPACING:
            time.sleep(SPACING - waited)
        last.touch()

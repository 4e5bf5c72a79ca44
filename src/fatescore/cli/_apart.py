"""Do work in a process of its own, so that what kills it (a damaged HDF5 file, no memory left) does not kill us."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType


def apart(work: Callable[[], int | None]) -> int:
    """Run ``work`` in a child process.

    Parameters
    ----------
    work
        Leaves its result in files, and may return an exit status.

    Returns
    -------
    0 when ``work`` ended, however it did; otherwise the number of the signal that killed the child.

    Raises
    ------
    SystemExit
        With the child's exit status when it was not 0.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = work() or 0
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
        except KeyboardInterrupt:
            status = 130
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def pass_on(number: int, _: FrameType | None) -> None:
        os.kill(child, number)

    ends = (signal.SIGTERM, signal.SIGHUP)  # a scheduler that ends us means the work
    before = [signal.signal(one, pass_on) for one in ends]
    try:
        _, told = os.waitpid(child, 0)
    except KeyboardInterrupt:
        os.kill(child, signal.SIGINT)
        os.waitpid(child, 0)
        raise
    finally:
        for one, handler in zip(ends, before, strict=True):
            signal.signal(one, handler)
    if os.WIFSIGNALED(told):
        return os.WTERMSIG(told)
    if os.waitstatus_to_exitcode(told):
        raise SystemExit(os.waitstatus_to_exitcode(told))
    return 0


def why_killed(number: int) -> str:
    """Say what the signal usually means.

    Examples
    --------
    >>> why_killed(9)
    'the process was killed (SIGKILL), as systems do when memory runs out; give it more memory'
    """
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    if number == signal.SIGKILL:
        return f"the process was killed ({name}), as systems do when memory runs out; give it more memory"
    if number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT):
        return f"a library crashed ({name}), as HDF5 does on damaged files; check the input files"
    return f"the process was ended ({name})"

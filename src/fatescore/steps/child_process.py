"""Work in a child process: what kills it (a damaged HDF5 file, no memory left) does not kill the caller."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from fatescore.errors import FatescoreError, of_system

_EXPECTED_ERROR = 2


def run_in_child(work: Callable[[], object]) -> int:
    """Run ``work`` in a child process.

    Parameters
    ----------
    work
        Leaves its result in files.

    Returns
    -------
    0 when ``work`` ended well; otherwise the number of the signal that killed the child.

    Raises
    ------
    FatescoreError
        With the message of the expected error that ``work`` raised.
    SystemExit
        With the child's exit status when it was not 0 otherwise.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _work_and_exit(work, writer)
    os.close(writer)
    status = _wait(child)
    with os.fdopen(reader, "rb") as messages:
        message = messages.read().decode()
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    code = os.waitstatus_to_exitcode(status)
    if code == _EXPECTED_ERROR and message:
        raise FatescoreError(message)
    if code:
        raise SystemExit(code)
    return 0


def _work_and_exit(work: Callable[[], object], messages: int) -> None:
    status = 1
    try:
        work()
        status = 0
    except (FatescoreError, OSError) as error:
        text = str(of_system(error) if isinstance(error, OSError) else error)
        os.write(messages, text.encode())
        status = _EXPECTED_ERROR
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


def _wait(child: int) -> int:
    """Return the wait status of the child; signals that end this process are passed on to it."""

    def pass_on(number: int, _: FrameType | None) -> None:
        os.kill(child, number)

    ends = (signal.SIGTERM, signal.SIGHUP)  # a scheduler that ends us means the work
    before = [signal.signal(one, pass_on) for one in ends]
    try:
        return os.waitpid(child, 0)[1]
    except KeyboardInterrupt:
        os.kill(child, signal.SIGINT)
        os.waitpid(child, 0)
        raise
    finally:
        for one, handler in zip(ends, before, strict=True):
            signal.signal(one, handler)


def why_killed(number: int) -> str:
    """Return what a signal that killed a process usually means.

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

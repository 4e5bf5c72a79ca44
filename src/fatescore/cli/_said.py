"""Say an expected error in one line, with exit status 2."""

from __future__ import annotations

import sys
from collections.abc import Callable

from fatescore.errors import FatescoreError, of_system


def said(verb: str, work: Callable[[], int | None]) -> int:
    """Do ``work`` and return the exit status; an error that a user can cause is one line."""
    try:
        return work() or 0
    except FatescoreError as error:
        print(f"fatescore {verb}: error: {error}", file=sys.stderr)
    except BrokenPipeError:
        return 141
    except OSError as error:
        print(f"fatescore {verb}: error: {of_system(error)}", file=sys.stderr)
    return 2

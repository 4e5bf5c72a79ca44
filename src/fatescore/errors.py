"""Errors for the person who reads them: what was found, what was expected, what to do.

Every error that a user can cause derives from :class:`FatescoreError`. The command line prints it as one
line and ends with exit status 2; a workflow step records it in its status file.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any


class FatescoreError(Exception):
    """An expected failure.

    Parameters
    ----------
    found
        What was found, naming the file, row, column, sample or gene.
    expected
        What would have been right.
    fix
        What the person can do about it.
    """

    def __init__(self, found: str, *, expected: str = "", fix: str = "") -> None:
        self.found = found
        self.expected = expected
        self.fix = fix
        parts = [found.rstrip(".")]
        if expected:
            parts.append(f"expected {expected.rstrip('.')}")
        if fix:
            parts.append(fix.rstrip("."))
        super().__init__(" ".join("; ".join(parts).split()))


class ConfigError(FatescoreError):
    """The configuration or one of its tables is wrong."""


class InputError(FatescoreError, ValueError):
    """A file, matrix or argument cannot be used."""


class FetchError(FatescoreError):
    """A file could not be brought here whole."""


class FatescoreWarning(UserWarning):
    """Something is computed, yet it may not be what the person meant."""


def of_system(error: OSError) -> InputError:
    """Say what the operating system refused (no space, no permission) as every other error."""
    place = f"{error.filename}: " if error.filename else ""
    return InputError(
        f"{place}{error.strerror or error}", expected="files that can be read and written",
        fix="check the path, its permissions and the space on the disk",
    )  # fmt: skip


class NotScorable(FatescoreError):  # noqa: N818  (an outcome, not only an error)
    """The data are readable, but an honest index cannot be computed from them.

    Parameters
    ----------
    found, expected, fix
        As of every error, for the person who runs the command.
    reason
        The same for tables and pages: notes (:mod:`fatescore.tables.notes`).
    table
        What was found, one row per sample, where it was.
    """

    def __init__(self, found: str, *, reason: str, expected: str = "", fix: str = "", table: Any = None) -> None:
        self.reason = reason
        self.table = table
        super().__init__(found, expected=expected, fix=fix)


def nearest(value: str, choices: Iterable[str], otherwise: str | None = None) -> str:
    """Say which valid value was probably meant; where none is near, ``otherwise``, or what there is to choose from.

    Examples
    --------
    >>> nearest("humen", ["human", "mouse"])
    'did you mean "human"?'
    >>> nearest("zebrafish", ["human", "mouse"])
    'choose one of: human, mouse'
    >>> nearest("zebrafish", ["human", "mouse"], otherwise="add its data")
    'add its data'
    """
    known = [str(choice) for choice in choices]
    by_case = {choice.casefold(): choice for choice in known}
    close = difflib.get_close_matches(value.casefold(), list(by_case), n=1)
    if close:
        return f'did you mean "{by_case[close[0]]}"?'
    if otherwise is None and known:
        return f"choose one of: {', '.join(known)}"
    return otherwise or ""


def few(names: Sequence[str], n: int = 6) -> str:
    """Join the first names for a message.

    Examples
    --------
    >>> few(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown = ", ".join(names[:n])
    return shown if len(names) <= n else f"{shown} and {len(names) - n} more"

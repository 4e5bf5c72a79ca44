"""How a mirror fails: what is not there, what is refused, and what may pass."""

from __future__ import annotations


class MissingError(Exception):
    """The server says that there is no such file (404)."""


class RefusedError(Exception):
    """The server will not give the file (403 and the like)."""


class TransientError(Exception):
    """Something that may pass: connection faults, server overload, a cut transfer."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class OutOfRangeError(TransientError):
    """The server has no more than what is here; ``total`` bytes (-1: it does not say)."""

    def __init__(self, total: int) -> None:
        super().__init__("the file is shorter than what has arrived of it")
        self.total = total

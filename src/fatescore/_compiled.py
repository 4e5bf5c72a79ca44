"""How kernels are compiled: once for a machine, without the GIL, without parallel regions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile what Python calls; the result is kept in a folder for the next process."""
    try:
        return njit(nogil=True, cache=True, error_model="numpy", no_cfunc_wrapper=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # no folder can be written (a container): compiled anew in every process
        return njit(nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]


def part(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile what only other kernels call."""
    return njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy")(function)  # type: ignore[no-any-return]

"""Scoring methods: one file each, arrays in, arrays out; they are discovered, and conflicts refused."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError, nearest
from fatescore.methods._ranking import RankPlan, not_finite, run_plan
from fatescore.typing import FloatArray, Matrix

__all__ = ["Method", "get", "names"]

Kernel = Callable[..., FloatArray]
Planner = Callable[..., RankPlan]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Method:
    """A scoring method: a rank plan, or a kernel of its own.

    Attributes
    ----------
    name
        Name used by ``method=`` and in ``obsm["score_<name>"]``.
    signed
        Whether negative weights are used.
    weighted
        Whether the size of a weight is used.
    range
        Smallest and largest score in words.
    reference
        Where the method was published.
    parameters
        Names of the keyword parameters.
    relative
        Whether a score changes with the other observations in the call.
    linear
        Whether a score never falls with a weighted sum of rank values: it has a closed-form null.
    plan
        Rank methods: ``plan(weights, **params) -> RankPlan``; weights (genes x gene sets, CSR).
    kernel
        Others: ``kernel(X, weights, **params) -> scores`` (observations x gene sets); it is given all observations.
    dispersion
        ``dispersion(X, weights)``: how widely a set's genes lie in the ranking (observations x gene sets), where the
        method has such a number.
    """

    name: str
    signed: bool
    weighted: bool
    range: str
    reference: str
    parameters: tuple[str, ...] = ()
    relative: bool = False
    linear: bool = False
    plan: Planner | None = None
    kernel: Kernel | None = None
    dispersion: Kernel | None = None

    def __call__(self, X: Matrix, weights: sp.csr_array, **params: object) -> FloatArray:
        """Score a matrix (observations x genes, CSR or dense)."""
        if self.plan is not None:
            return run_plan(X, self.plan(weights, **params), weights)
        assert self.kernel is not None
        values = X.data if sp.issparse(X) else X
        if not np.isfinite(values).all():
            raise not_finite(values)
        return self.kernel(X, weights, **params)


_METHODS: dict[str, Method] = {}


def register(name: str, **facts: Any) -> Callable[[Kernel], Kernel]:
    """Register the decorated kernel as a :class:`Method` with these facts; a name that is taken is refused."""
    return _adder(lambda kernel: Method(name, kernel=kernel, **facts))


def register_rank(name: str, **facts: Any) -> Callable[[Planner], Planner]:
    """Register the decorated planner of a rank method, as :func:`register`."""
    return _adder(lambda plan: Method(name, plan=plan, **facts))


def _adder(record: Callable[[F], Method]) -> Callable[[F], F]:
    def add(function: F) -> F:
        method = record(function)
        taken = _METHODS.get(method.name)
        if taken is not None:
            owner = taken.plan or taken.kernel
            if owner is not None and owner.__module__ != function.__module__:
                raise RuntimeError(f"two scoring methods are called {method.name}: {owner.__module__}")
        _METHODS[method.name] = method
        return function

    return add


def get(name: str) -> Method:
    """Return a method by name.

    Examples
    --------
    >>> from fatescore import methods
    >>> methods.get("ucell").range
    '0 to 1'
    """
    _discover()
    if name not in _METHODS:
        raise InputError(f'scoring method "{name}" is not known', fix=nearest(name, sorted(_METHODS)))
    return _METHODS[name]


def names() -> tuple[str, ...]:
    """Return the names of all methods, sorted."""
    _discover()
    return tuple(sorted(_METHODS))


@functools.cache
def _discover() -> None:
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}")

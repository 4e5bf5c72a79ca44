"""The register of scoring methods; it discovers them and refuses conflicts."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from fatescore.errors import InputError, nearest
from fatescore.typing import FloatArray, Matrix

Kernel = Callable[..., FloatArray]


@dataclass(frozen=True)
class Method:
    """A scoring method.

    Attributes
    ----------
    name
        Name used by ``method=`` and in ``obsm["score_<name>"]``.
    kernel
        ``kernel(X, weights, **params) -> scores``: matrix (observations x genes, float64, CSR or dense),
        weights (genes x gene sets, 0 = not in the set), scores (observations x gene sets).
    signed
        Whether negative weights are used.
    weighted
        Whether the size of a weight is used.
    range
        Smallest and largest score in words.
    reference
        Where the method was published.
    parameters
        Names of the keyword parameters of the kernel.
    relative
        Whether a score changes with the other observations in the call.
    """

    name: str
    kernel: Kernel
    signed: bool
    weighted: bool
    range: str
    reference: str
    parameters: tuple[str, ...] = ()
    relative: bool = False

    def __call__(self, X: Matrix, weights: FloatArray, **params: object) -> FloatArray:
        """Score: see the kernel."""
        return self.kernel(X, weights, **params)


_METHODS: dict[str, Method] = {}


def register(
    name: str,
    *,
    signed: bool,
    weighted: bool,
    range: str,  # noqa: A002  (the record's own word)
    reference: str,
    parameters: tuple[str, ...] = (),
    relative: bool = False,
) -> Callable[[Kernel], Kernel]:
    """Register the decorated kernel; a name that is taken is refused."""

    def add(kernel: Kernel) -> Kernel:
        if name in _METHODS and _METHODS[name].kernel.__module__ != kernel.__module__:
            raise RuntimeError(f"two scoring methods are called {name}: {_METHODS[name].kernel.__module__}")
        _METHODS[name] = Method(name, kernel, signed, weighted, range, reference, parameters, relative)
        return kernel

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
    package = importlib.import_module("fatescore.methods")
    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"fatescore.methods.{module.name}")

"""Counting noise, ambient RNA and depth: the measurement side of the simulator, arrays in, arrays out."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from fatescore.errors import InputError
from fatescore.typing import FloatArray, IntArray


def generator(seed: Any) -> np.random.Generator:
    """Return a generator from an integer, a seed sequence or a generator; 0 is a seed like any other."""
    if seed is None or isinstance(seed, bool):
        raise InputError(f"seed is {seed}", expected="a whole number from 0", fix="give a seed")
    try:
        return np.random.default_rng(seed)
    except (ValueError, TypeError) as error:
        raise InputError(f"seed is {seed!r}", expected="a whole number from 0", fix="choose another seed") from error


def gamma_poisson(rng: np.random.Generator, mean: FloatArray, dispersion: float) -> IntArray:
    """Draw negative binomial counts with variance ``mean + dispersion * mean**2``; Poisson counts without dispersion.

    Examples
    --------
    >>> import numpy as np
    >>> counts = gamma_poisson(np.random.default_rng(0), np.full(100_000, 10.0), 0.5)
    >>> round(float(counts.mean())), round(float(counts.var()), -1)  # 10 + 0.5 * 10**2
    (10, 60.0)
    """
    # Below this the gamma distribution cannot be told from 1, and its shape overflows.
    if dispersion > 1e-8:
        mean = mean * rng.gamma(1.0 / dispersion, dispersion, mean.shape)
    return rng.poisson(mean)


def shares(log2_level: FloatArray) -> FloatArray:
    """Turn log2 levels (observations x genes) into shares of the library; every row sums to 1."""
    level = np.exp2(log2_level - log2_level.max(axis=-1, keepdims=True))
    return np.asarray(level / level.sum(axis=-1, keepdims=True))


def depths(rng: np.random.Generator, n: int, median: float, spread: float) -> FloatArray:
    """Draw ``n`` log-normal library sizes; ``spread`` is the standard deviation of their natural log."""
    return median * np.exp(rng.normal(0.0, spread, n))


def check(name: str, value: float, low: float, high: float = np.inf) -> None:
    """Refuse a parameter outside ``[low, high]``."""
    try:
        inside = bool(np.isfinite(value)) and low <= value <= high
    except TypeError:
        inside = False
    if not inside:
        to = f"{low:g} to {high:g}" if np.isfinite(high) else f"at least {low:g}"
        raise InputError(f"{name} is {value}", expected=to, fix=f"choose another {name}")


def whole(name: str, value: Any, low: int, high: int) -> int:
    """Return ``value`` as an integer; refuse anything else and anything outside ``[low, high]``."""
    try:
        number = operator.index(value)
    except TypeError:
        number = low - 1
    if isinstance(value, bool) or not low <= number <= high:
        raise InputError(
            f"{name} is {value!r}", expected=f"a whole number from {low} to {high}", fix=f"choose another {name}"
        )
    return number

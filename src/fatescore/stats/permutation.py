"""Exact permutation tests for a handful of donors.

Under the null hypothesis the labels of the donors are exchangeable; the p value is the share of all
arrangements of the labels whose difference of means is at least as far from zero as the observed one.
All arrangements are enumerated while they are few. Beyond that they are drawn at random, and the p value is
``(b + 1) / (m + 1)`` for ``b`` of ``m`` draws (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585), which is
never zero and never too small.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from fatescore.tables.codes import Test
from fatescore.tables.notes import Note
from fatescore.typing import FloatArray, IntArray

MAX_ARRANGEMENTS = 200_000
DRAWS = 99_999
CHUNK = 50_000
# Sums of the same values in another order differ by rounding only: count those as ties.
TIE = 1e-10


@dataclass(frozen=True)
class PermutationResult:
    """Outcome of a permutation test.

    Attributes
    ----------
    p_value
        Two-sided p value, in (0, 1].
    p_smallest
        The smallest p value that the design can reach, whatever the data.
    test
        Which test, exact or Monte Carlo.
    n_arrangements
        Arrangements that were enumerated or, where the test is not exact, drawn.
    seed
        Seed of the draws; ``None`` where the test is exact.
    """

    p_value: float
    p_smallest: float
    test: Test
    n_arrangements: int
    seed: int | None = None

    @property
    def note(self) -> Note:
        """The test as tables hold it."""
        if self.test.exact:
            return Note(self.test, {"arrangements": self.n_arrangements})
        return Note(self.test, {"draws": self.n_arrangements, "seed": self.seed})


def permutation_test(
    case: ArrayLike,
    control: ArrayLike,
    *,
    max_arrangements: int = MAX_ARRANGEMENTS,
    draws: int = DRAWS,
    seed: int = 0,
) -> PermutationResult:
    """Test the difference of two means by rearranging the labels; two-sided by its absolute value.

    Parameters
    ----------
    case, control
        One finite value per donor, at least one in each arm.
    max_arrangements
        Enumerate all arrangements up to this number, draw at random beyond it.
    draws, seed
        Number of random draws and their seed (0 is a seed).

    Examples
    --------
    >>> permutation_test([5, 6, 7], [1, 2, 3]).p_value
    0.1
    """
    a, b = np.asarray(case, dtype=np.float64), np.asarray(control, dtype=np.float64)
    small = min(len(a), len(b))
    values = _centred(np.concatenate([a, b] if len(a) <= len(b) else [b, a]))
    index, exact = arrangements(len(values), small, max_arrangements=max_arrangements, draws=draws, seed=seed)
    # The values sum to zero, so the difference of means is the sum of one arm times a constant.
    sums = np.concatenate([np.abs(values[index[i : i + CHUNK]].sum(axis=1)) for i in range(0, len(index), CHUNK)])
    extreme = _count_extreme(sums, abs(float(values[:small].sum())), values)
    test = Test.EXACT_PERMUTATION if exact else Test.MONTE_CARLO_PERMUTATION
    return permutation_result(test, extreme, len(index), seed, smallest_p(len(a), len(b), max_arrangements, draws))


def sign_flip_test(
    differences: ArrayLike, *, max_arrangements: int = MAX_ARRANGEMENTS, draws: int = DRAWS, seed: int = 0
) -> PermutationResult:
    """Test the mean of paired differences by flipping their signs; two-sided.

    Parameters are those of :func:`permutation_test`; ``differences`` holds one value per donor.

    Examples
    --------
    >>> sign_flip_test([1.0, 2.0, 3.0]).p_value
    0.25
    """
    d = np.asarray(differences, dtype=np.float64)
    signs, exact = sign_flips(len(d), max_arrangements=max_arrangements, draws=draws, seed=seed)
    sums = np.abs(signs @ d)
    extreme = _count_extreme(sums, abs(float(d.sum())), d)
    test = Test.EXACT_SIGN_FLIP if exact else Test.MONTE_CARLO_SIGN_FLIP
    return permutation_result(test, extreme, len(signs), seed, smallest_p_paired(len(d), max_arrangements, draws))


def smallest_p(n_case: int, n_control: int, max_arrangements: int = MAX_ARRANGEMENTS, draws: int = DRAWS) -> float:
    """Return the smallest two-sided p value that two arms of these sizes can reach (data without ties).

    One arrangement in ``C(n, k)`` is the observed one; with equal arms its mirror image has the same absolute
    difference, so that two are. Where arrangements are drawn at random, it is ``1 / (draws + 1)`` at best.

    Examples
    --------
    >>> smallest_p(3, 3), round(1 / smallest_p(5, 4))
    (0.1, 126)
    """
    if n_case < 1 or n_control < 1:
        return 1.0
    number = math.comb(n_case + n_control, n_case)
    if number > max_arrangements:
        return 1 / (draws + 1)
    return (2 if n_case == n_control else 1) / number


def smallest_p_paired(n: int, max_arrangements: int = MAX_ARRANGEMENTS, draws: int = DRAWS) -> float:
    """Return the smallest two-sided p value that ``n`` pairs can reach: all signs alike, or all flipped.

    Examples
    --------
    >>> smallest_p_paired(5)
    0.0625
    """
    if n < 1:
        return 1.0
    return 1 / (draws + 1) if 2**n > max_arrangements else 2 / 2**n


@lru_cache(maxsize=4)
def arrangements(
    n: int, k: int, *, max_arrangements: int = MAX_ARRANGEMENTS, draws: int = DRAWS, seed: int = 0
) -> tuple[IntArray, bool]:
    """Return the ways to choose ``k`` of ``n`` donors as (ways x k) positions, and whether these are all ways."""
    if math.comb(n, k) <= max_arrangements:
        flat = np.fromiter(itertools.chain.from_iterable(itertools.combinations(range(n), k)), dtype=np.int64)
        index, exact = flat.reshape(-1, k), True
    else:
        rng = np.random.default_rng(seed)
        index = np.concatenate(
            [np.argpartition(rng.random((min(CHUNK, draws - i), n)), k, axis=1)[:, :k] for i in range(0, draws, CHUNK)]
        )
        exact = False
    index.setflags(write=False)
    return index, exact


@lru_cache(maxsize=4)
def sign_flips(
    n: int, *, max_arrangements: int = MAX_ARRANGEMENTS, draws: int = DRAWS, seed: int = 0
) -> tuple[FloatArray, bool]:
    """Return (ways x n) signs of ``n`` differences, and whether these are all ways."""
    if 2**n <= max_arrangements:
        bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return (1.0 - 2.0 * bits).astype(np.float64), True
    return np.random.default_rng(seed).choice([-1.0, 1.0], size=(draws, n)), False


def _centred(values: FloatArray) -> FloatArray:
    centred: FloatArray = values - values.mean()
    return centred


def _count_extreme(statistics: FloatArray, observed: float, values: FloatArray) -> int:
    tolerance = TIE * float(np.abs(values).sum())
    return int(np.count_nonzero(statistics >= observed - tolerance))


def permutation_result(test: Test, extreme: int, number: int, seed: int, p_smallest: float) -> PermutationResult:
    """Return the p value of ``extreme`` arrangements among ``number``, which were enumerated or drawn."""
    if test.exact:
        return PermutationResult(extreme / number, p_smallest, test, number)
    return PermutationResult((extreme + 1) / (number + 1), p_smallest, test, number, seed)

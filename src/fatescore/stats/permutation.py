"""Exact permutation tests for a handful of donors.

Under the null hypothesis the labels of the donors are exchangeable; the p value is the share of all
arrangements of the labels whose difference of means is at least as far from zero as the observed one.
All arrangements are enumerated while they are few. Beyond that they are drawn at random, and the p value is
``(b + 1) / (m + 1)`` for ``b`` of ``m`` draws (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585), which is
never zero and never too small. Of three or more conditions, donors that have every condition exchange their labels
within the donor only (a randomised block design).
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from fatescore.errors import InputError
from fatescore.tables.codes import Test
from fatescore.tables.notes import Note
from fatescore.typing import FloatArray, IntArray

MAX_ARRANGEMENTS = 200_000
DRAWS = 99_999
CHUNK = 50_000
# Sums of the same values in another order differ by rounding only: count those as ties.
TIE = 1e-10

Labels = npt.NDArray[np.int8]
# (ordered, blocked): the test that enumerates all arrangements, the test that draws some
_TESTS = {
    (True, False): (Test.EXACT_SLOPE, Test.MONTE_CARLO_SLOPE),
    (False, False): (Test.EXACT_F, Test.MONTE_CARLO_F),
    (True, True): (Test.EXACT_SLOPE_WITHIN, Test.MONTE_CARLO_SLOPE_WITHIN),
    (False, True): (Test.EXACT_F_WITHIN, Test.MONTE_CARLO_F_WITHIN),
}


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
    a, b = _finite(case, "case"), _finite(control, "control")
    small = min(len(a), len(b))
    values = np.concatenate([a, b] if len(a) <= len(b) else [b, a])
    values = values - values.mean()
    index, exact = arrangements(len(values), small, max_arrangements=max_arrangements, draws=draws, seed=seed)
    # The values sum to zero, so the difference of means is the sum of one arm times a constant.
    sums = np.concatenate([np.abs(values[index[i : i + CHUNK]].sum(axis=1)) for i in range(0, len(index), CHUNK)])
    extreme = _count_extreme(sums, abs(float(values[:small].sum())), values)
    test = Test.EXACT_PERMUTATION if exact else Test.MONTE_CARLO_PERMUTATION
    return permutation_result(test, extreme, len(index), seed, smallest_p(len(a), len(b), max_arrangements, draws))


def _finite(values: ArrayLike, name: str) -> FloatArray:
    numbers = np.asarray(values, dtype=np.float64)
    if not numbers.size or not np.isfinite(numbers).all():
        raise InputError(f"{name} holds no values, or some that are missing", fix="leave donors without a value out")
    return numbers


def sign_flip_test(differences: ArrayLike, *, seed: int = 0) -> PermutationResult:
    """Test the mean of paired differences, one per donor, by flipping their signs; two-sided.

    Examples
    --------
    >>> sign_flip_test([1.0, 2.0, 3.0]).p_value
    0.25
    """
    d = _finite(differences, "differences")
    signs, exact = sign_flips(len(d), seed=seed)
    sums = np.abs(signs @ d)
    extreme = _count_extreme(sums, abs(float(d.sum())), d)
    test = Test.EXACT_SIGN_FLIP if exact else Test.MONTE_CARLO_SIGN_FLIP
    return permutation_result(test, extreme, len(signs), seed, smallest_p_paired(len(d)))


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


def smallest_p_paired(n: int) -> float:
    """Return the smallest two-sided p value that ``n`` pairs can reach: all signs alike, or all flipped.

    Examples
    --------
    >>> smallest_p_paired(5)
    0.0625
    """
    if n < 1:
        return 1.0
    return 1 / (DRAWS + 1) if 2**n > MAX_ARRANGEMENTS else 2 / 2**n


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


def _count_extreme(statistics: FloatArray, observed: float, values: FloatArray) -> int:
    tolerance = TIE * float(np.abs(values).sum())
    return int(np.count_nonzero(statistics >= observed - tolerance))


def permutation_result(test: Test, extreme: int, number: int, seed: int, p_smallest: float) -> PermutationResult:
    """Return the p value of ``extreme`` arrangements among ``number``, which were enumerated or drawn."""
    if test.exact:
        return PermutationResult(extreme / number, p_smallest, test, number)
    return PermutationResult((extreme + 1) / (number + 1), p_smallest, test, number, seed)


def level_test(
    values: FloatArray, labels: ArrayLike, *, ordered: bool, blocked: bool,
    max_arrangements: int = MAX_ARRANGEMENTS, draws: int = DRAWS, seed: int = 0,
) -> PermutationResult:  # fmt: skip
    """Test whether values follow their levels.

    Parameters
    ----------
    values, labels
        (n,) finite values and the numbers of their levels, from 0; where ``blocked``, donor by donor, each with its
        levels in the same order.
    ordered
        Test the slope on the level numbers (two-sided), otherwise the sum of squares between levels; given the margins
        this is the F test of the analysis of variance.
    blocked
        Exchange labels within donors only.
    max_arrangements, draws, seed
        As in :func:`permutation_test`.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    >>> level_test(values, [0, 0, 1, 1, 2, 2], ordered=True, blocked=False).p_value == 2 / 90
    True
    """
    given = np.asarray(labels, dtype=np.int8)
    sizes = tuple(np.bincount(given).tolist())
    y = np.asarray(values, dtype=np.float64)
    y = y - y.mean()  # of donors that have every level, what is their own adds the same to every arrangement
    drawn, exact = label_arrangements(sizes, blocked, max_arrangements, draws, seed)
    observed = float(_statistic(given[None], y, sizes, ordered)[0])
    scale = float(np.abs(y).sum() * (len(sizes) - 1) if ordered else y @ y)
    chunks = (drawn[start : start + CHUNK] for start in range(0, len(drawn), CHUNK))
    extreme = sum(
        int(np.count_nonzero(_statistic(chunk, y, sizes, ordered) >= observed - TIE * scale)) for chunk in chunks
    )
    enumerated, sampled = _TESTS[ordered, blocked]
    smallest = smallest_p_levels(sizes, ordered, blocked, max_arrangements, draws)
    return permutation_result(enumerated if exact else sampled, extreme, len(drawn), seed, smallest)


def smallest_p_levels(
    sizes: tuple[int, ...], ordered: bool, blocked: bool, max_arrangements: int = MAX_ARRANGEMENTS, draws: int = DRAWS
) -> float:
    """Return the smallest p value that donors in levels of these sizes can reach (data without ties).

    The observed arrangement is one of all; some others have the same statistic whatever the values: the mirror image
    (levels in reverse order) of a slope, and any exchange of the names of equally large levels of F.

    Examples
    --------
    >>> round(1 / smallest_p_levels((3, 3, 3), True, False)), round(1 / smallest_p_levels((3, 3, 3), False, False))
    (840, 280)
    >>> smallest_p_levels((3, 3, 3), True, True) == 2 / 6**3
    True
    """
    if min(sizes) < 1:
        return 1.0
    number = n_arrangements(sizes, blocked)
    if number > max_arrangements:
        return 1 / (draws + 1)
    if ordered:
        alike = 2 if sizes == sizes[::-1] else 1
    else:
        alike = math.prod(math.factorial(times) for times in Counter(sizes).values())
    return alike / number


def n_arrangements(sizes: tuple[int, ...], blocked: bool) -> int:
    """Return in how many ways labels can be exchanged.

    Examples
    --------
    >>> n_arrangements((2, 2, 2), False), n_arrangements((2, 2, 2), True)
    (90, 36)
    """
    if blocked:
        within: int = math.factorial(len(sizes)) ** sizes[0]
        return within
    return math.factorial(sum(sizes)) // math.prod(map(math.factorial, sizes))


@lru_cache(maxsize=4)
def label_arrangements(
    sizes: tuple[int, ...], blocked: bool, max_arrangements: int = MAX_ARRANGEMENTS, draws: int = DRAWS, seed: int = 0
) -> tuple[Labels, bool]:
    """Return (arrangements x values) level numbers, and whether these are all there are."""
    exact = n_arrangements(sizes, blocked) <= max_arrangements
    if exact:
        labels = _within_donors(len(sizes), sizes[0]) if blocked else _free(sizes)
    else:
        rng = np.random.default_rng(seed)
        levels = np.arange(len(sizes), dtype=np.int8)
        one = levels if blocked else np.repeat(levels, sizes)
        rows = draws * sizes[0] if blocked else draws
        labels = rng.permuted(np.tile(one, (rows, 1)), axis=1).reshape(draws, -1)
    labels.setflags(write=False)
    return labels, exact


def _within_donors(n_levels: int, n_donors: int) -> Labels:
    orders = np.array(list(itertools.permutations(range(n_levels))), dtype=np.int8)
    which = np.unravel_index(np.arange(len(orders) ** n_donors), (len(orders),) * n_donors)
    return orders[np.column_stack(which)].reshape(-1, n_levels * n_donors)


def _free(sizes: tuple[int, ...]) -> Labels:
    """Place one level after the other among the places that are left."""
    n = sum(sizes)
    labels = np.zeros((1, n), dtype=np.int8)
    left = np.arange(n)[None]  # (arrangements so far x places without a label)
    for level, size in enumerate(sizes[:-1]):
        chosen = np.array(list(itertools.combinations(range(left.shape[1]), size)), dtype=np.int64)
        free = np.ones((len(chosen), left.shape[1]), dtype=bool)
        np.put_along_axis(free, chosen, False, axis=1)
        others = np.nonzero(free)[1].reshape(len(chosen), -1)
        labels = np.repeat(labels, len(chosen), axis=0)
        np.put_along_axis(labels, left[:, chosen].reshape(len(labels), size), np.int8(level), axis=1)
        left = left[:, others].reshape(len(labels), -1)
    np.put_along_axis(labels, left, np.int8(len(sizes) - 1), axis=1)
    return labels


def _statistic(labels: Labels, y: FloatArray, sizes: tuple[int, ...], ordered: bool) -> FloatArray:
    """Return, per arrangement, what orders like the absolute slope, or the sum of squares between levels."""
    out: FloatArray
    if ordered:
        out = np.abs(labels.astype(np.float64) @ y)  # the values sum to zero, so levels need no centring
        return out
    out = np.sum([((labels == level) @ y) ** 2 / size for level, size in enumerate(sizes)], axis=0)
    return out

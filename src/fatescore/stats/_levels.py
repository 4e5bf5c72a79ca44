"""Exact permutation tests for donors of three or more conditions.

Donors that have one condition each exchange their labels freely; donors that have every condition exchange them within
the donor only (a randomised block design). All arrangements are enumerated while they are few; beyond that they are
drawn, as in :mod:`fatescore.stats.permutation`.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from fatescore.stats.permutation import CHUNK, DRAWS, MAX_ARRANGEMENTS, TIE, PermutationResult, permutation_result
from fatescore.tables.codes import Test
from fatescore.typing import FloatArray

Labels = npt.NDArray[np.int8]
# (ordered, blocked): the test that enumerates all arrangements, the test that draws some
_TESTS = {
    (True, False): (Test.EXACT_SLOPE, Test.MONTE_CARLO_SLOPE),
    (False, False): (Test.EXACT_F, Test.MONTE_CARLO_F),
    (True, True): (Test.EXACT_SLOPE_WITHIN, Test.MONTE_CARLO_SLOPE_WITHIN),
    (False, True): (Test.EXACT_F_WITHIN, Test.MONTE_CARLO_F_WITHIN),
}


def level_test(
    values: FloatArray,
    labels: npt.ArrayLike,
    *,
    ordered: bool,
    blocked: bool,
    max_arrangements: int = MAX_ARRANGEMENTS,
    draws: int = DRAWS,
    seed: int = 0,
) -> PermutationResult:
    """Test whether values follow their levels.

    Parameters
    ----------
    values
        (n,) finite values; where ``blocked``, donor by donor, each with its levels in the same order.
    labels
        (n,) number of the level of each value, from 0.
    ordered
        Test the slope on the level numbers (two-sided), otherwise the sum of squares between levels; given the margins
        this is the F test of the analysis of variance.
    blocked
        Exchange labels within donors only.
    max_arrangements, draws, seed
        As in :func:`fatescore.stats.permutation.permutation_test`.

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
    sizes: tuple[int, ...],
    ordered: bool,
    blocked: bool,
    max_arrangements: int = MAX_ARRANGEMENTS,
    draws: int = DRAWS,
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
    else:
        out = np.sum([((labels == level) @ y) ** 2 / size for level, size in enumerate(sizes)], axis=0)
    return out

"""The compiled kernel of the rank methods: one walk over an observation's stored values.

A row's distinct values become slots, numbered from the smallest up: whole numbers are their own slot (no sorting),
other values are hashed and only the distinct ones sorted. Slots are walked from the top to find each tie group's ranks
and its value; one more walk adds the values to every set that holds the gene. Zeros are one tie group at the bottom.

Kept to one small function without parallel regions: it compiles in about a second, once, and releases the GIL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

MAX_WHOLE = 65_536  # whole numbers below are their own slot
MAX_DISTINCT = 1_024  # more distinct values than this are left to a sort
HASH_SIZE = 4_096
LOW_SLOTS = 16  # slots below are counted per stratum, which is cheaper than adding three powers for each

OK, NOT_FINITE, NEGATIVE, UNSORTED, TOO_MANY_DISTINCT = 0, 1, 2, 3, 4
RULE_MEAN, RULE_MIDDLE, RULE_LAST = 0, 1, 2

_u32 = np.uint32
_u64 = np.uint64


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    try:
        return njit(nogil=True, cache=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # no folder can be written (a container): compiled anew in every process
        return njit(nogil=True)(function)  # type: ignore[no-any-return]


@_compiled
def score_rows(
    data, bits, infinity, indices, indptr, n_genes, table, rule, zero, set_of, set_ptr, coef,
    stratum, size, c1, k2, k3, with_null, raw, mean, variance, third, gene_sum, with_gene_sum, flat,
):  # fmt: skip
    """Score the rows of a CSR chunk; see ``fatescore.methods._ranking.score_chunk`` for the meaning of the arguments.

    Returns a status and the row where it arose; all outputs of earlier rows are complete.
    """
    n_slots = max(MAX_WHOLE, n_genes + 1)
    count = np.zeros(n_slots, _u32)
    value = np.zeros(n_slots, np.float64)
    slot = np.empty(n_genes, _u32)
    hash_key = np.zeros(HASH_SIZE, _u64)
    hash_slot = np.zeros(HASH_SIZE, _u32)
    keys = np.empty(MAX_DISTINCT, _u64)
    places = np.empty(MAX_DISTINCT, _u32)
    first_seen = np.empty(MAX_DISTINCT, _u32)
    n_strata = size.size
    low = np.zeros((LOW_SLOTS, n_strata), _u32)
    s1, s2, s3 = np.zeros(n_strata), np.zeros(n_strata), np.zeros(n_strata)
    new_slot = np.empty(MAX_DISTINCT + 1, _u32)

    for i in range(indptr.size - 1):
        start, stop = _u64(indptr[i]), _u64(indptr[i + 1])
        n_stored = stop - start
        top = _u32(0)
        whole = True
        previous = np.int64(-1)
        for j in range(n_stored):
            v = data[start + j]
            here = np.int64(indices[start + j])
            if here <= previous:
                count[:] = 0
                return UNSORTED, i
            previous = here
            if not (v >= 0 and v < MAX_WHOLE):
                whole = False
                break
            s = _u32(v)
            if s != v:
                whole = False
                break
            slot[j] = s
            count[s] += _u32(1)
            top = max(top, s)

        if not whole:  # hash the bit patterns, which order as the numbers do
            for s in range(top + 1):
                count[s] = 0
            previous = np.int64(-1)
            n_distinct = 0
            for j in range(n_stored):
                here = np.int64(indices[start + j])
                if here <= previous:
                    return UNSORTED, i
                previous = here
                if data[start + j] == 0:
                    slot[j] = 0
                    continue
                key = _u64(bits[start + j])
                if key >= infinity:
                    return (NEGATIVE if data[start + j] < 0 and data[start + j] > -np.inf else NOT_FINITE), i
                place = _u64((key * _u64(0x9E3779B97F4A7C15)) >> _u64(52))
                while hash_slot[place] != 0 and hash_key[place] != key:
                    place = (place + _u64(1)) & _u64(HASH_SIZE - 1)
                if hash_slot[place] == 0:
                    if n_distinct == MAX_DISTINCT:
                        return TOO_MANY_DISTINCT, i
                    hash_key[place] = key
                    keys[n_distinct] = key
                    places[n_distinct] = _u32(place)
                    n_distinct += 1
                    hash_slot[place] = n_distinct
                slot[j] = hash_slot[place]
            for k in range(n_distinct):
                first_seen[k] = k + 1
                hash_slot[places[k]] = 0
            gap = n_distinct // 2
            while gap > 0:  # Shell's sort: short to compile, and there are few distinct values
                for k in range(gap, n_distinct):
                    key, seen = keys[k], first_seen[k]
                    m = k
                    while m >= gap and keys[m - gap] > key:
                        keys[m], first_seen[m] = keys[m - gap], first_seen[m - gap]
                        m -= gap
                    keys[m], first_seen[m] = key, seen
                gap //= 2
            for k in range(n_distinct):
                new_slot[first_seen[k]] = k + 1
            new_slot[0] = 0
            for j in range(n_stored):
                s = new_slot[slot[j]]
                slot[j] = s
                count[s] += _u32(1)
            top = _u32(n_distinct)

        n_ranked = n_stored - count[0]
        count[0] = 0
        n_zero = n_genes - n_ranked
        bottom = zero
        if np.isnan(zero):
            bottom = 0.0
            if n_zero > 0:
                if rule == RULE_MEAN:
                    bottom = (table[n_genes] - table[n_ranked]) / n_zero
                elif rule == RULE_MIDDLE:
                    bottom = table[n_ranked + n_genes]
                else:
                    bottom = table[n_genes]
        above = _u64(0)
        value[0] = 0.0
        n_groups = 0
        for s in range(top, _u32(0), -1):
            n = count[s]
            if n > 0:
                through = above + n
                if rule == RULE_MEAN:
                    value[s] = (table[through] - table[above]) / n - bottom
                elif rule == RULE_MIDDLE:
                    value[s] = table[above + through] - bottom
                else:
                    value[s] = table[through] - bottom
                above = through
                count[s] = 0
                n_groups += 1
            elif s < LOW_SLOTS:
                value[s] = 0.0
        flat[i] = n_groups + (n_zero > 0) <= 1

        row = raw[i]
        for j in range(n_stored):
            g = _u32(indices[start + j])
            p, last = set_ptr[g], set_ptr[g + _u32(1)]
            if p < last:
                v = value[slot[j]]
                while p < last:
                    row[set_of[p]] += coef[p] * v
                    p += _u32(1)
        for k in range(row.size):
            row[k] += bottom * c1[n_strata, k]

        if with_gene_sum:
            for j in range(n_stored):
                gene_sum[_u32(indices[start + j])] += value[slot[j]]
            gene_sum[n_genes] += bottom

        if with_null:
            for j in range(n_stored):
                s = slot[j]
                t = stratum[_u32(indices[start + j])]
                if s < LOW_SLOTS:
                    low[s, t] += _u32(1)
                else:
                    v = value[s]
                    s1[t] += v
                    s2[t] += v * v
                    s3[t] += v * v * v
            for t in range(n_strata):
                low[0, t] = 0
            for s in range(1, min(top + 1, LOW_SLOTS)):
                v = value[s]
                v2 = v * v
                v3 = v2 * v
                for t in range(n_strata):
                    n_here = np.float64(low[s, t])
                    s1[t] += n_here * v
                    s2[t] += n_here * v2
                    s3[t] += n_here * v3
                    low[s, t] = 0
            for t in range(n_strata):
                average = s1[t] / size[t]
                q = s2[t] / size[t]
                s3[t] = s3[t] / size[t] - 3.0 * average * q + 2.0 * average**3
                s2[t] = max(q - average * average, 0.0)
                s1[t] = average
            for k in range(row.size):
                mean[i, k] = bottom * c1[n_strata, k]
            for t in range(n_strata):
                average, v2, v3 = s1[t], s2[t], s3[t]
                for k in range(row.size):
                    mean[i, k] += average * c1[t, k]
                    variance[i, k] += v2 * k2[t, k]
                    third[i, k] += v3 * k3[t, k]
                s1[t] = 0.0
                s2[t] = 0.0
                s3[t] = 0.0
    return OK, -1

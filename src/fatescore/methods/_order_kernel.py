"""The compiled kernel that puts values in order which are not whole numbers, row by row."""

from __future__ import annotations

import numpy as np

from fatescore._compiled import compiled, part

MAX_DISTINCT = 256  # rows with more distinct values are sorted whole
HASH_BITS = 10
HASH_SIZE = 1 << HASH_BITS
RADIX_BITS = 11
N_BUCKETS = 1 << RADIX_BITS
PLACE_BITS = 16
MAX_MOVES = 8  # per value; beyond, bits that are sorted by insertion are too many

_u32 = np.uint32
_u64 = np.uint64


@compiled
def top_entries(bits, indptr, depth, at, at_ptr):
    """List the entries of every row that may be among its ``depth`` highest values, all of them above zero.

    ``bits`` are the values' bit patterns as signed whole numbers, which order as values above zero do. They are counted
    in buckets; buckets below the one that holds the last of the highest are left out. Rows with fewer values above zero
    are kept whole.
    """
    count = np.zeros(N_BUCKETS, np.int64)
    n = 0
    for i in range(indptr.size - 1):
        row = bits[indptr[i] : indptr[i + 1]]
        low, high = np.int64(2**63 - 1), np.int64(0)
        for j in range(row.size):
            key = np.int64(row[j])
            low = min(low, key if key > 0 else low)
            high = max(high, key)
        shift = 0
        while (high - low) >> shift >= N_BUCKETS:
            shift += 1
        count[:] = 0
        n_above_zero = 0
        for j in range(row.size):
            key = np.int64(row[j])
            above = key > 0
            count[(key - low) >> shift if above else 0] += above
            n_above_zero += above
        least = np.int64(-(2**63))
        if n_above_zero >= depth:
            bucket, n_here = N_BUCKETS, 0
            while n_here < depth:
                bucket -= 1
                n_here += count[bucket]
            least = low + (bucket << shift)
        start = indptr[i]
        for j in range(row.size):
            at[n] = start + j
            n += np.int64(row[j]) >= least
        at_ptr[i + 1] = n


@part
def _order_by_hash(data, bits, out, hash_key, hash_slot, keys, places):
    """Order a row of few distinct values, none below zero; return whether it is one.

    Bit patterns of such numbers order as the numbers do. Distinct ones are found by a hash and sorted.
    """
    n_distinct = 0
    few = True
    for j in range(_u64(data.size)):
        out[j] = 0
        if data[j] == 0:
            continue
        key = _u64(bits[j])
        place = _u64((key * _u64(0x9E3779B97F4A7C15)) >> _u64(64 - HASH_BITS))
        while hash_slot[place] != 0 and hash_key[place] != key:
            place = (place + _u64(1)) & _u64(HASH_SIZE - 1)
        if hash_slot[place] == 0:
            if n_distinct == MAX_DISTINCT or data[j] < 0:
                few = False
                break
            hash_key[place] = key
            keys[n_distinct] = key
            places[n_distinct] = _u32(place)
            n_distinct += 1
            hash_slot[place] = n_distinct
        out[j] = hash_slot[place]
    for k in range(n_distinct):
        hash_slot[places[k]] = 0
        places[k] = k + 1
    if not few:
        return False
    gap = n_distinct // 2
    while gap > 0:  # Shell's sort: short to compile, and there are few distinct values
        for k in range(gap, n_distinct):
            key, seen = keys[k], places[k]
            m = k
            while m >= gap and keys[m - gap] > key:
                keys[m], places[m] = keys[m - gap], places[m - gap]
                m -= gap
            keys[m], places[m] = key, seen
        gap //= 2
    rank_of = hash_key  # free again; read only where written below
    for k in range(n_distinct):
        rank_of[places[k]] = _u64(k + 1)
    rank_of[0] = _u64(0)
    for j in range(_u64(data.size)):
        out[j] = rank_of[_u32(out[j])]
    return True


@part
def _keys(data, bits, n_bits, keys):
    """Turn values into whole numbers that order alike; return whether one is negative, the zeros' key, the span."""
    sign = _u64(1) << _u64(n_bits - 1)
    full = (sign - _u64(1)) | sign
    negative = False
    low, high = full, _u64(0)
    for j in range(_u64(data.size)):
        key = _u64(bits[j])
        if data[j] == 0:
            key = _u64(0)  # -0.0 is 0.0
        if key & sign:
            negative = True
            key = full - key
        else:
            key |= sign
        keys[j] = key
        high = max(high, key)
        if key != sign:
            low = min(low, key)
    return negative, sign, min(low, sign) if negative else low, high


@part
def _order_by_range(n, low, high, keys, packed, other, first, second):
    """Order by the 22 highest bits in which values differ, in two passes, then by insertion; ``packed`` ends in places.

    Returns whether that was done: where many values share those bits it would take too long.
    """
    if n > 1 << PLACE_BITS:
        return False
    base = low - _u64(1)  # zeros, where they are lowest, stay at 0
    width = _u64(0)
    while width < _u64(64) and (high - base) >> width > _u64(0):
        width += _u64(1)
    drop = width - _u64(64 - PLACE_BITS) if width > _u64(64 - PLACE_BITS) else _u64(0)
    used = width - drop
    shift = (used - _u64(2 * RADIX_BITS) if used > _u64(2 * RADIX_BITS) else _u64(0)) + _u64(PLACE_BITS)
    next_shift = shift + _u64(RADIX_BITS)
    mask = _u64(N_BUCKETS - 1)
    first[:] = 0
    second[:] = 0
    for j in range(n):
        key = keys[j] - base if keys[j] > base else _u64(0)
        key = ((key >> drop) << _u64(PLACE_BITS)) | j
        other[j] = key
        first[((key >> shift) & mask) + _u64(1)] += _u32(1)
        second[((key >> next_shift) & mask) + _u64(1)] += _u32(1)
    for b in range(N_BUCKETS):
        first[b + 1] += first[b]
        second[b + 1] += second[b]
    for j in range(n):
        b = (other[j] >> shift) & mask
        packed[first[b]] = other[j]
        first[b] += _u32(1)
    for j in range(n):
        b = (packed[j] >> next_shift) & mask
        other[second[b]] = packed[j]
        second[b] += _u32(1)
    places = _u64((1 << PLACE_BITS) - 1)
    left = _u64(MAX_MOVES) * n
    for j in range(n):
        entry = other[j]
        m = j
        while m > _u64(0):
            before = packed[m - _u64(1)]
            order = np.int64(before >> _u64(PLACE_BITS)) - np.int64(entry >> _u64(PLACE_BITS))
            if order < 0 or (order == 0 and keys[before & places] <= keys[entry & places]):
                break
            packed[m] = before
            m -= _u64(1)
        packed[m] = entry
        if j - m > left:
            return False
        left -= j - m
    for j in range(n):
        packed[j] &= places
    return True


@part
def _order_by_radix(n, n_bits, keys, places, other_keys, other_places, first):
    """Order any row, bit by bit; the result lies in ``places`` or, after an odd number of passes, in the other."""
    for j in range(n):
        places[j] = j
    mask = _u64(N_BUCKETS - 1)
    shift = _u64(0)
    while shift < n_bits:
        first[:] = 0
        for j in range(n):
            first[((keys[j] >> shift) & mask) + _u64(1)] += _u32(1)
        for b in range(N_BUCKETS):
            first[b + 1] += first[b]
        for j in range(n):
            b = (keys[j] >> shift) & mask
            other_keys[first[b]] = keys[j]
            other_places[first[b]] = places[j]
            first[b] += _u32(1)
        keys, other_keys = other_keys, keys
        places, other_places = other_places, places
        shift += _u64(RADIX_BITS)
    return places


@part
def _write_ranks(n, keys, places, first_rank, out):
    rank = first_rank
    last = keys[places[0]] if n > 0 else _u64(0)
    for j in range(n):
        place = places[j]
        if keys[place] != last:
            last = keys[place]
            rank += 1
        out[place] = rank


@compiled
def order_rows(data, bits, n_bits, indptr, out):
    """Write 1, 2, 3 ... in the order of each row's values; zeros stay 0 where nothing is below them.

    All values must be finite. ``bits`` are their bit patterns; ``out`` (float32) has the places of ``data``.
    """
    longest = 0
    for i in range(indptr.size - 1):
        longest = max(longest, indptr[i + 1] - indptr[i])
    keys, spare = np.empty(longest + MAX_DISTINCT, _u64), np.empty(longest, _u64)
    work, other = np.empty(longest, _u64), np.empty(longest, _u64)
    hash_key, hash_slot, places = np.zeros(HASH_SIZE, _u64), np.zeros(HASH_SIZE, _u32), np.empty(MAX_DISTINCT, _u32)
    first, second = np.zeros(N_BUCKETS + 1, _u32), np.zeros(N_BUCKETS + 1, _u32)
    for i in range(indptr.size - 1):
        start, stop = indptr[i], indptr[i + 1]
        row, patterns, ranks = data[start:stop], bits[start:stop], out[start:stop]
        if _order_by_hash(row, patterns, ranks, hash_key, hash_slot, keys, places):
            continue
        n = _u64(row.size)
        negative, zero, low, high = _keys(row, patterns, n_bits, keys)
        ordered = work
        if not _order_by_range(n, low, high, keys, work, other, first, second):
            spare[:n] = keys[:n]
            ordered = _order_by_radix(n, n_bits, spare, work, keys, other, first)
            _keys(row, patterns, n_bits, keys)
        lowest_is_zero = not negative and keys[ordered[0]] == zero
        _write_ranks(n, keys, ordered, 0 if lowest_is_zero else 1, ranks)

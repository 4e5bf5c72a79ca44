"""The compiled kernel of the rank methods: one walk over an observation's stored values.

Counts are their own slots: nothing is sorted. Other values are put in order by `_order_kernel` first, after which they
are whole numbers too. Slots are walked from the top to find each tie group's ranks and its value; one more walk adds
the values to every set that holds the gene. Zeros are one tie group at the bottom.

Kept small and without parallel regions: it compiles in about two seconds, once, and releases the GIL.
"""

from __future__ import annotations

import numpy as np

from fatescore._compiled import compiled, part

MAX_WHOLE = 65_536  # whole numbers below are their own slot
LANES = 4
LOW_SLOTS = 8  # slots below are counted per stratum, which is cheaper than adding three powers for each

OK, NOT_WHOLE, UNSORTED = 0, 1, 2
RULE_MEAN, RULE_MIDDLE, RULE_LAST = 0, 1, 2

_u32 = np.uint32
_u64 = np.uint64


@part
def _slots_of_whole(data, limit, slot):
    """Use whole numbers below the limit as slots; tell whether all values are such."""
    bad = 0
    for j in range(data.size):
        v = data[j]
        s = np.int32(v)
        slot[j] = s
        bad += not (v >= 0 and v < limit and s == v)
    return bad == 0


@part
def _are_ordered(indices):
    bad = 0
    for j in range(1, indices.size):
        bad += indices[j] <= indices[j - 1]
    return bad == 0


@part
def _walk(slots, genes, with_strata, place, low, member, high):
    """Count the low slots per stratum; list the entries of high slots, and the members of sets.

    The walk over all entries is most of the work, so it has no branch but for the choice of slot, and adds to many
    counters: adding to one address again and again (most counts are 1) stalls. Without strata four lanes stand in for
    them. Returns the lengths of the lists.
    """
    n_members, n_high = _u64(0), _u64(0)
    for j in range(_u64(slots.size)):
        s = _u32(slots[j])
        here = _u64(place[_u32(genes[j])])
        t = here >> _u64(1) if with_strata else j & _u64(LANES - 1)
        is_high = s >= LOW_SLOTS
        low[_u32(0) if is_high else s, t] += np.int32(1)
        high[n_high] = _u32(j)
        n_high += _u64(is_high)
        member[n_members] = _u32(j)
        n_members += here & _u64(1)
    return n_members, n_high


@part
def _count_slots(slots, high, low, count):
    """Fill the counters of all slots; return the largest slot and the number of entries above zero."""
    top, n_ranked = _u32(0), np.int64(high.size)
    for s in range(1, LOW_SLOTS):
        n = np.int32(0)
        for t in range(low.shape[1]):
            n += low[s, t]
        count[s] = _u32(n)
        n_ranked += n
        if n > 0:
            top = _u32(s)
    for j in high:
        s = _u32(slots[j])
        count[s] += _u32(1)
        top = max(top, s)
    return top, n_ranked


@part
def _values_of_slots(count, top, n_ranked, n_genes, table, rule, zero, value, clear):
    """Find each tie group's value above that of the zeros; clear the counters if told.

    Returns the zeros' value, what the lowest group has above it, and whether the row has one tie group only.
    """
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
    lowest = 0.0
    n_groups = 0
    for s in range(_u32(top), _u32(0), -1):
        n = count[s]
        if n > 0:
            if clear:
                count[s] = 0
            through = above + n
            if rule == RULE_MEAN:
                total = table[through] - table[above]
                value[s] = (total if n == 1 else total / n) - bottom  # dividing takes longest where nothing ties
            elif rule == RULE_MIDDLE:
                value[s] = table[above + through] - bottom
            else:
                value[s] = table[through] - bottom
            above = through
            n_groups += 1
            lowest = value[s]
        elif s < LOW_SLOTS:
            value[s] = 0.0
    return bottom, 0.0 if n_zero > 0 else lowest, n_groups + (n_zero > 0) <= 1


@part
def _add_to_sets(slots, genes, members, value, pair_ptr, set_of, coef, row):
    """Add two sets at a time: how many sets hold a gene is what a processor cannot foresee."""
    for j in members:
        g = _u32(genes[j])
        v = value[_u32(slots[j])]
        for p in range(pair_ptr[g], pair_ptr[g + _u32(1)]):
            a = p * _u32(2)
            b = a + _u32(1)
            row[set_of[a]] += coef[a] * v
            row[set_of[b]] += coef[b] * v


@part
def _add_to_strata(slots, genes, high, value, lowest, place, s0, s1, s2, s3, s4):
    if s1.size == 0:
        return
    for j in high:
        v = value[_u32(slots[j])]
        t = place[_u32(genes[j])] >> 1
        v2 = v * v
        s0[t] += np.float64(v != lowest)
        s1[t] += v
        s2[t] += v2
        s3[t] += v2 * v
        s4[t] += v2 * v2


@part
def _add_to_genes(slots, genes, value, bottom, gene_sum):
    if gene_sum.size > 0:
        for j in range(genes.size):
            gene_sum[_u32(genes[j])] += value[_u32(slots[j])]
        gene_sum[gene_sum.size - 1] += bottom


@part
def _moments_of_strata(share, low, value, top, lowest, s0, s1, s2, s3, s4, moments, i):
    """Add the low slots; write mean, m2, m3 and m4 - 3 m2^2 (central moments) and the share at the lowest value.

    ``share`` is 1 / genes per stratum. Clears the sums and the counters.
    """
    for s in range(1, min(top + 1, LOW_SLOTS)):
        v = value[s]
        v2 = v * v
        v3 = v2 * v
        v4 = v2 * v2
        detected = np.float64(v != lowest)
        for t in range(share.size):
            n_here = np.float64(low[s, t])
            s0[t] += n_here * detected
            s1[t] += n_here * v
            s2[t] += n_here * v2
            s3[t] += n_here * v3
            s4[t] += n_here * v4
    for t in range(share.size):
        per = share[t]
        m = s1[t] * per
        q2, q3, q4 = s2[t] * per, s3[t] * per, s4[t] * per
        square = m * m
        if q2 - square <= 1e-13 * q2:  # one value, but for rounding
            q2, q3, q4 = square, square * m, square * square
        moments[0, i, t] = m
        variance = max(q2 - square, 0.0)
        moments[1, i, t] = variance
        moments[2, i, t] = q3 - 3.0 * m * q2 + 2.0 * m * square
        moments[3, i, t] = q4 - 4.0 * m * q3 + 6.0 * square * q2 - 3.0 * square * square - 3.0 * variance * variance
        moments[4, i, t] = 1.0 - s0[t] * per
        s0[t] = 0.0
        s1[t] = 0.0
        s2[t] = 0.0
        s3[t] = 0.0
        s4[t] = 0.0
    for s in range(LOW_SLOTS):
        for t in range(low.shape[1]):
            low[s, t] = 0


class Workspace:
    """The kernel's working memory: arrays made inside it would take longer to compile than the rest."""

    def __init__(self, n_genes: int, n_strata: int) -> None:
        n_slots = max(MAX_WHOLE, n_genes + 1)
        self.arrays = (
            np.zeros(n_slots, _u32),  # count
            np.zeros(n_slots),  # value
            np.empty(n_genes + 1, np.int32),  # slot
            np.empty(n_genes + 1, _u32),  # member
            np.empty(n_genes + 1, _u32),  # high
            np.zeros((LOW_SLOTS, max(n_strata, LANES)), np.int32),  # low
            *(np.zeros(n_strata) for _ in range(5)),  # sums of powers, from the zeroth
        )


@compiled
def score_rows(
    data, indices, indptr, n_genes, tables, rule, zero, place, pair_ptr, set_of, coef, total, share,
    count, value, slot, member, high, low, s0, s1, s2, s3, s4,
    raw, moments, gene_sum, flat, bottoms,
):  # fmt: skip
    """Score the rows of a CSR chunk; see ``fatescore.methods._ranking.score_chunk`` for the meaning of the arguments.

    ``tables`` holds one or more kinds of value of the same ranks; null and sums go by the last.
    ``place`` is twice the gene's stratum, plus 1 if a set holds it: one small table stays in the fastest cache.
    ``moments`` (5 x rows x strata, see `_moments_of_strata`) are those of the genes' values above the zeros' one, which
    goes to ``bottoms``.
    Returns a status; unless it is OK the outputs are not complete.
    """
    for i in range(indptr.size - 1):
        start, stop = indptr[i], indptr[i + 1]
        genes = indices[start:stop]
        if stop - start > n_genes or not _are_ordered(genes):
            return UNSORTED
        slots = slot[: stop - start]
        if not _slots_of_whole(data[start:stop], count.size, slots):
            return NOT_WHOLE
        n_members, n_high = _walk(slots, genes, share.size > 0, place, low, member, high)
        top, n_ranked = _count_slots(slots, high[:n_high], low, count)
        bottom, lowest = 0.0, 0.0
        for v in range(tables.shape[0]):
            last = v == tables.shape[0] - 1
            bottom, lowest, flat[i] = _values_of_slots(
                count, top, n_ranked, n_genes, tables[v], rule, zero, value, last
            )
            row = raw[i, v]
            for k in range(row.size):
                row[k] = bottom * total[k]
            _add_to_sets(slots, genes, member[:n_members], value, pair_ptr, set_of, coef, row)
        bottoms[i] = bottom
        _add_to_strata(slots, genes, high[:n_high], value, lowest, place, s0, s1, s2, s3, s4)
        _add_to_genes(slots, genes, value, bottom, gene_sum)
        _moments_of_strata(share, low, value, top, lowest, s0, s1, s2, s3, s4, moments, i)
    return OK

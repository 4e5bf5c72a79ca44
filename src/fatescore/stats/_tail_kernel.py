"""The compiled kernel of the null: from a score and its cumulants to z and a normal deviate.

One value after the other: with arrays, every step would be another walk through memory.
"""

from __future__ import annotations

import math

import numpy as np

from fatescore._compiled import compiled, part

# Rows of the table are half the skew h, at h / (1 + h) = 0, 1 / STEPS ... Columns are what the square root makes of
# z, v = 2 z / (1 + sqrt(1 + h z)), which is close to the deviate, from LOWEST (or the bound -2 / h) to HIGHEST; their
# square roots are evenly spaced, so that they lie close together near the bound. What is kept is the deviate less v.
STEPS = 80
N_HALF_SKEWS = 76
N_COLUMNS = 257
LOWEST, HIGHEST = -8.0, 12.0
NEAR_BOUND = -0.95  # in units of the distance from mean to bound


@part
def _normal_score(x, half_skew, table):
    """Look up the deviate of a standardised variable with positive skew, between the four nearest in the table."""
    n_columns = table.shape[1]
    row = min(half_skew / (1.0 + half_skew) * STEPS, N_HALF_SKEWS - 1.000001)
    v = 2.0 * x / (1.0 + math.sqrt(max(1.0 + x * half_skew, 0.0)))
    low = -2.0 / max(half_skew, -2.0 / LOWEST)
    if half_skew > -2.0 / LOWEST:
        v = max(v, low)  # the bound
    along = max((v - low) / (HIGHEST - low), 0.0)
    column = (n_columns - 1) * math.sqrt(along)
    r, c = int(row), min(int(column), n_columns - 2)  # what lies beyond goes on as it was
    row -= r
    column -= c
    here = table[r, c] + column * (table[r, c + 1] - table[r, c])
    there = table[r + 1, c] + column * (table[r + 1, c + 1] - table[r + 1, c])
    return v + here + row * (there - here)


@part
def _lighten(deviate, excess):
    """Return the normal deviate with the tail of Student's t of this excess kurtosis (Wallace 1959)."""
    v = 4.0 + 6.0 / excess
    square = deviate * deviate / (v - 2.0)  # t^2 / v, with t brought to variance 1
    return math.copysign((8.0 * v + 1.0) / (8.0 * v + 3.0) * math.sqrt(v * math.log1p(square)), deviate)


@compiled
def place(score, mean, variance, third, fourth, bounded, table, z, deviate):
    """Fill ``z`` and ``deviate`` (observations x columns); ``bounded`` tells which columns have an end of their own."""
    for i in range(score.shape[0]):
        for k in range(score.shape[1]):
            per_sd = 1.0 / math.sqrt(variance[i, k]) if variance[i, k] > 0 else np.nan
            x = (score[i, k] - mean[i, k]) * per_sd
            z[i, k] = x
            if np.isnan(x):
                deviate[i, k] = np.nan
                continue
            skew = third[i, k] * per_sd * per_sd * per_sd
            excess = fourth[i, k] * per_sd * per_sd * per_sd * per_sd - 1.5 * skew * skew
            sign = -1.0 if skew < 0 else 1.0
            x *= sign
            half_skew = 0.5 * abs(skew)
            y = _normal_score(x, half_skew, table)
            if x * half_skew < NEAR_BOUND and not bounded[k]:
                y = max(y, x)
            if excess > 0:
                y = _lighten(y, excess)
            deviate[i, k] = sign * y

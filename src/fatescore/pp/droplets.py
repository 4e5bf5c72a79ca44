"""Which barcodes hold a cell: EmptyDrops on raw barcodes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import gammaln

from fatescore.errors import InputError
from fatescore.stats.fdr import bh
from fatescore.typing import FloatArray, IntArray, Matrix

_LOWER, _LEAST_KNEE = 100, 10
_MIN_SHALLOW, _DEPTH_RATIO, _LEAST_CELLS = 0.8, 20, 10


def empty_droplets(
    counts: Matrix, *, max_fdr: float = 0.001, n_simulations: int = 10_000, rng: int = 0
) -> pd.DataFrame:
    """Tell the barcodes of one sample that hold a cell from those that hold ambient RNA only.

    EmptyDrops (Lun et al. 2019, doi:10.1186/s13059-019-1662-y): barcodes with at most 100 counts are taken to
    be empty and give the ambient profile. Each other barcode is tested against draws of its own depth from that
    profile (multinomial likelihood, Monte Carlo); barcodes above the knee of the ranked totals (and ten
    times 100) are cells whatever their profile. A barcode that differs from ambient RNA may still hold a dying
    cell or a fragment: the other limits see to those.

    Parameters
    ----------
    counts
        Raw counts, all barcodes of one sample x genes, whole numbers.
    max_fdr
        A barcode is a cell up to this adjusted p value (Benjamini and Hochberg). As in EmptyDrops the smallest p
        value is ``1 / (n_simulations + 1)``.
    n_simulations
        Draws of the null.
    rng
        Seed, a whole number.

    Returns
    -------
    DataFrame, one row per barcode in the order given: ``total`` (counts), ``p_value`` and ``padj`` (NaN up to
    100 counts; ``padj`` 0 above the knee), ``cell`` (bool) and ``empty`` (bool: made the ambient profile).

    Raises
    ------
    InputError
        Without any barcode of 1 to 100 counts: then the matrix is filtered already.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> soup, own = rng.dirichlet(np.ones(50), size=2)
    >>> raw = np.vstack([rng.multinomial(60, soup, size=500), rng.multinomial(400, own, size=20)])
    >>> found = empty_droplets(raw, n_simulations=1000, max_fdr=0.01)
    >>> int(found["cell"].sum()), bool(found["cell"].iloc[-20:].all())
    (20, True)
    """
    matrix = sp.csr_matrix(counts)
    total = np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()
    empty = (total > 0) & (total <= _LOWER)
    if not empty.any():
        raise InputError(
            f"no barcode has 1 to {_LOWER} counts", expected="all barcodes, also those without a cell",
            fix="give the raw matrix, not the filtered one",
        )  # fmt: skip
    profile = _good_turing(np.asarray(matrix[np.flatnonzero(empty)].sum(axis=0), dtype=np.float64).ravel())
    tested = np.flatnonzero(total > _LOWER)
    p_value, padj = np.full(total.shape, np.nan), np.full(total.shape, np.nan)
    if tested.size:
        knee = max(_knee(total[tested]), _LEAST_KNEE * _LOWER)  # where no cell is, the knee is among empty barcodes
        below = tested[total[tested] < knee]
        padj[tested] = 0.0
        p_value[tested] = 1 / (n_simulations + 1)
        if below.size:
            p_value[below] = _monte_carlo(matrix[below], total[below].astype(int), profile, n_simulations, rng)
            padj[below] = bh(p_value[tested])[total[tested] < knee]
    return pd.DataFrame({"total": total, "p_value": p_value, "padj": padj, "cell": padj <= max_fdr, "empty": empty})


def is_unfiltered(counts: Matrix) -> bool:
    """Tell whether a sample is clearly raw barcodes, most of them without a cell.

    Three things must hold: at least 80 % of the barcodes have at most 100 counts; at least ten have ten times as many
    or more; and the median of the barcodes above 100 is at least 20 times that of the others. Cells of low depth alone
    fail the second or the third, for their depths are one hump. Raw barcodes that fail (a soup of nearly 100 counts a
    droplet or more, or fewer than ten good cells) are taken for filtered ones.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> cells, soup = rng.poisson(20, (20, 100)), rng.poisson(0.2, (500, 100))
    >>> is_unfiltered(np.vstack([cells, soup])), is_unfiltered(cells), is_unfiltered(soup)
    (True, False, False)
    """
    total = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    low = total <= _LOWER
    if low.mean() < _MIN_SHALLOW or (total >= _LEAST_KNEE * _LOWER).sum() < _LEAST_CELLS:
        return False
    return bool(np.median(total[~low]) >= _DEPTH_RATIO * np.median(total[low]))


def _good_turing(summed: FloatArray) -> FloatArray:
    """Return the profile; genes never seen share the probability of the unseen, which singletons tell."""
    unseen = summed == 0
    share = summed / summed.sum()
    if unseen.any():
        missing = min(max(float((summed == 1).sum()), 1.0) / (summed.sum() + 1), 0.5)
        share = np.where(unseen, missing / unseen.sum(), share * (1 - missing))
    return np.asarray(share)


def _knee(total: FloatArray) -> float:
    """Return the total where the ranked curve bends down most: farthest above the line between its ends, in logs."""
    ranked = np.sort(total)[::-1]
    x, y = np.log(np.arange(1, len(ranked) + 1)), np.log(ranked)
    if len(ranked) < 3 or x[-1] == 0:
        return float(ranked[0])
    line = y[0] + (y[-1] - y[0]) * x / x[-1]
    return float(ranked[int(np.argmax(y - line))])


def _monte_carlo(counts: Matrix, total: IntArray, profile: FloatArray, n: int, rng: int) -> FloatArray:
    """Return p values; one drawn sequence of genes serves every depth, as its beginning."""
    log_p = np.log(profile)
    rows = sp.csr_matrix(counts, dtype=np.float64)
    own = sp.csr_matrix(
        (rows.data * log_p[rows.indices] - gammaln(rows.data + 1), rows.indices, rows.indptr), rows.shape
    )
    observed = np.asarray(own.sum(axis=1)).ravel()
    as_low = np.zeros(len(total))
    draw = np.random.default_rng(rng)
    ladder = np.cumsum(profile)
    for _ in range(n):
        at = np.searchsorted(ladder, draw.random(int(total.max())) * ladder[-1], side="right")
        genes = np.minimum(at, len(profile) - 1)
        null = np.cumsum(log_p[genes] - np.log(_occurrence(genes)))
        as_low += null[total - 1] <= observed + 1e-9
    return np.asarray((as_low + 1) / (n + 1))


def _occurrence(genes: IntArray) -> IntArray:
    """Return for every draw how often its gene has come so far, itself included."""
    order = np.argsort(genes, kind="stable")
    ranked = genes[order]
    first = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    nth = np.arange(len(genes)) - np.repeat(first, np.diff(np.r_[first, len(genes)])) + 1
    out = np.empty(len(genes), dtype=np.int64)
    out[order] = nth
    return out

"""Whole numbers that sum to the same in every sample or cell: rounded CPM, or counts drawn to equal depth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from fatescore.typing import FloatArray, Matrix

_LEAST = 1_000  # nobody scales to less; sums of few counts are alike by chance
_MANY = 20  # observations of which a few may differ
_MOST = 0.95
_CLOSE = 0.01  # of the sum, where observations are few
_WITHOUT_ONES = 0.25  # of the cells
_MILLION = 1e6


@dataclass(frozen=True)
class EqualSums:
    """``total``: median sum; ``off``: largest difference from it; ``n``: observations, each a sample or a cell."""

    total: float
    off: float
    n: int
    each: str

    @property
    def exact(self) -> bool:
        """Whether there is no difference at all, as after drawing each library down to the same depth."""
        return self.off == 0

    @property
    def scaled(self) -> bool:
        """Whether the values were scaled: two sums may be alike by chance, if they are not round."""
        return not self.exact and (self.n > 2 or self._round)

    @property
    def text(self) -> str:
        """What was seen, and what makes such values."""
        if self.exact:
            return f"every {self.each} sums to exactly {self.total:,.0f}: drawn to equal depth, or scaled"
        kind = "CPM or TPM" if self._round and self._nominal == _MILLION else "values scaled to equal sums and"
        total = self._nominal if self._round else self.total
        seen = f"every {self.each} sums to {total:,.0f}, give or take {max(self.off, abs(total - self.total)):,.0f}"
        return f"{seen}: {kind} rounded to whole numbers" if self.scaled else f"{seen}: check that these are counts"

    @property
    def _nominal(self) -> float:
        return float(10 ** round(np.log10(self.total)))

    @property
    def _round(self) -> bool:
        return abs(self.total - self._nominal) <= max(_CLOSE * self._nominal, self.off)


class RowSums:
    """The sums of observations, taken in part by part, and whether they are too much alike for counts.

    Parameters
    ----------
    each
        What an observation is: ``sample`` or ``cell``.
    """

    def __init__(self, each: str = "sample") -> None:
        self._each = each
        self._parts: list[FloatArray] = []

    def add(self, part: Matrix) -> None:
        """Take in some observations."""
        rows = sp.csr_matrix(part)  # explicit zeros are few
        ones = np.concatenate([[0], np.cumsum(rows.data == 1)])[rows.indptr]
        sums = rows @ np.ones(rows.shape[1])  # in 64 bits, also of 32: beyond 16 million these skip whole numbers
        self._parts.append(np.vstack([sums, np.diff(rows.indptr), np.diff(ones)]))

    def alike(self) -> EqualSums | None:
        """Return what all sums are, if they differ by no more than rounding makes them differ.

        Rounding moves a sum by the root of a twelfth of the number of values; sums of counts differ by far more, even
        those of one library counted twice (by their root). A scaled cell has few different values, whose errors add
        up to half their number, and from the median, which is as far off, to all of it; it lacks the ones that counts
        have.
        """
        sums, n_values, n_ones = np.hstack([np.zeros((3, 0)), *self._parts])
        if len(sums) < 2 or not np.isfinite(sums).all() or np.median(sums) < _LEAST:
            return None
        total = float(np.median(sums))
        off = np.abs(sums - total)
        few = len(sums) < _MANY
        within = (6 if few else 3) * np.sqrt(n_values / 12) + 1
        if (n_ones == 0).mean() >= _WITHOUT_ONES:
            within = np.maximum(within, n_values / 2 if few else n_values)
        if few:
            alike, seen = bool((off <= np.minimum(within, _CLOSE * total)).all()), float(off.max())
        else:
            alike, seen = bool((off <= within).mean() >= _MOST), float(np.quantile(off, _MOST))
        return EqualSums(total, seen, len(sums), self._each) if alike else None


def equal_sums(blocks: Iterable[Matrix], each: str = "sample") -> EqualSums | None:
    """Return what all sums of observations are, if they are alike; see :class:`RowSums`.

    Examples
    --------
    >>> cpm = np.round(np.random.default_rng(0).dirichlet(np.ones(500), size=4) * 1e6)
    >>> equal_sums([cpm]).text.partition(",000,")[0]
    'every sample sums to 1'
    """
    sums = RowSums(each)
    for block in blocks:
        sums.add(block)
    return sums.alike()

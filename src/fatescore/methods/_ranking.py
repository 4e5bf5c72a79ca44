"""The rank family: what a rank is worth, and weighted sums of that over gene sets.

A rank method says what a tie group of ranks is worth (:class:`RankValue`) and with which coefficients genes enter a
score (:class:`RankPlan`); everything that walks over data is the one kernel beside this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.typing import BoolArray, FloatArray, IntArray, Matrix

_RULES = {"mean": 0, "middle": 1, "last": 2}
_STATUS_NOT_FINITE, _STATUS_OK = 1, 0


@dataclass(frozen=True)
class RankValue:
    """What the genes of a tie group are worth; ranks count from 1 = highest.

    Attributes
    ----------
    table
        For rule ``"mean"`` (n_genes + 1,): entry r is the sum of the values of ranks 1 to r. For ``"middle"``
        (2 n_genes + 1,): entry a + t is the value of a group that covers the ranks a + 1 to t. For ``"last"``
        (n_genes + 1,): entry t is the value of a group that ends at rank t.
    rule
        ``"mean"``: the mean over the group's positions, which is the expectation over random tie-breaking;
        ``"middle"``: a function of the mean rank; ``"last"``: a function of the last rank.
    zero
        Value of the zeros of a row; ``None``: by the rule.
    """

    table: FloatArray
    rule: Literal["mean", "middle", "last"] = "mean"
    zero: float | None = None


@dataclass(frozen=True)
class RankPart:
    """Weighted sums of rank values: ``coef`` (genes x columns)."""

    value: RankValue
    coef: sp.csr_array


@dataclass(frozen=True)
class RankPlan:
    """How the sums of the parts (a list of observations x columns) become scores (observations x gene sets).

    Where ``parts`` is one, a column is one gene set and ``finish`` never falls with it, random gene sets have a
    closed-form null.
    """

    parts: tuple[RankPart, ...]
    finish: Callable[[Sequence[FloatArray]], FloatArray]
    empty: BoolArray | None = None  # gene sets without a score; by default those without a gene in the data


@dataclass(frozen=True)
class NullMoments:
    """Coefficients of the matched null: what strata contribute to mean, variance and third moment.

    Attributes
    ----------
    stratum
        (n_genes,) stratum of each gene.
    size
        (n_strata,) genes per stratum.
    first, second, third
        (n_strata x columns), see ``fatescore.stats.null.moment_weights``.
    """

    stratum: IntArray
    size: FloatArray
    first: FloatArray
    second: FloatArray
    third: FloatArray


@dataclass
class ChunkScores:
    """What one chunk of observations gives; observations x columns.

    Attributes
    ----------
    raw
        Weighted sums of rank values.
    mean, variance, third
        Moments of ``raw`` under the null (absent without one).
    flat
        (n_obs,) rows that hold one value only (an empty cell): they have no ranking.
    gene_sum
        (n_genes,) sum of the genes' values over the rows, where asked for.
    """

    raw: FloatArray
    mean: FloatArray
    variance: FloatArray
    third: FloatArray
    flat: BoolArray
    gene_sum: FloatArray


def constant_rows(X: Matrix) -> BoolArray:
    """Tell which rows hold one value only (all zeros, for instance): they have no ranking."""
    high, low = (part.toarray() if sp.issparse(part) else np.asarray(part) for part in (X.max(axis=1), X.min(axis=1)))
    return np.asarray(high.ravel() == low.ravel())


def score_chunk(
    X: Matrix, part: RankPart, null: NullMoments | None = None, *, with_gene_sum: bool = False
) -> ChunkScores:
    """Rank the genes of every row and sum their values.

    Parameters
    ----------
    X
        Observations x genes, CSR or dense; any real numbers.
    part
        Values and coefficients.
    null
        Coefficients of the null's moments for the same columns.
    with_gene_sum
        Whether to sum each gene's value over the rows.

    Raises
    ------
    InputError
        For values that are missing or infinite.
    """
    csr = _as_csr(X)
    status, out = _run(csr, part, null, with_gene_sum)
    if status not in (_STATUS_OK, _STATUS_NOT_FINITE):
        # unsorted columns, negative values, or too many distinct ones: put each row in order first
        status, out = _run(dense_ranks(csr), part, null, with_gene_sum)
    if status == _STATUS_NOT_FINITE:
        raise not_finite(csr.data)
    return out


def not_finite(values: FloatArray) -> InputError:
    """Return the error for values that cannot be ranked."""
    n_bad = int((~np.isfinite(values)).sum())
    return InputError(
        f"the matrix holds {n_bad} missing or infinite values",
        expected="finite numbers",
        fix="drop or fill those genes knowingly before scoring",
    )


def dense_ranks(csr: sp.csr_array) -> sp.csr_array:
    """Return a CSR whose values are 1, 2, 3 ... in the order of each row's values.

    Zeros stay zeros where nothing is below them; in a row with negative values every entry is stored.
    """
    if not np.isfinite(csr.data).all():
        raise not_finite(csr.data)
    csr = csr.copy()
    csr.sum_duplicates()
    pieces, columns, lengths = [], [], []
    for start, stop in zip(csr.indptr[:-1], csr.indptr[1:], strict=True):
        values, genes = csr.data[start:stop], csr.indices[start:stop]
        if values.size and values.min() < 0:
            row = np.zeros(csr.shape[1])
            row[genes] = values
            values, genes = row, np.arange(csr.shape[1], dtype=csr.indices.dtype)
        else:
            kept = values > 0
            values, genes = values[kept], genes[kept]
        pieces.append(_dense_rank(values))
        columns.append(genes)
        lengths.append(values.size)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    return sp.csr_array((np.concatenate(pieces), np.concatenate(columns), indptr), shape=csr.shape)


def _dense_rank(values: FloatArray) -> FloatArray:
    order = np.argsort(values)
    ranks = np.empty(values.size)
    in_order = values[order]
    ranks[order] = 1 + np.concatenate([[0], np.cumsum(in_order[1:] != in_order[:-1])])[: values.size]
    return ranks


def _as_csr(X: Matrix) -> sp.csr_array:
    csr = sp.csr_array(X) if not sp.issparse(X) or X.format != "csr" else X
    if csr.data.dtype not in (np.float32, np.float64):
        csr = sp.csr_array((csr.data.astype(np.float64), csr.indices, csr.indptr), shape=csr.shape)
    return csr


def _run(csr: sp.csr_array, part: RankPart, null: NullMoments | None, with_gene_sum: bool) -> tuple[int, ChunkScores]:
    from fatescore.methods._rank_kernel import score_rows

    n_obs, n_genes = csr.shape
    coef = part.coef
    n_columns = coef.shape[1]
    shape = (n_obs, n_columns)
    nothing = np.zeros((0, 0))
    rows = shape if null is not None else (0, 0)
    out = ChunkScores(
        raw=np.zeros(shape), mean=np.zeros(rows), variance=np.zeros(rows), third=np.zeros(rows),
        flat=np.zeros(n_obs, dtype=bool), gene_sum=np.zeros(n_genes + 1 if with_gene_sum else 0),
    )  # fmt: skip
    total = np.asarray(coef.sum(axis=0)).reshape(1, -1)
    total[np.abs(total) < 1e-12] = 0.0  # weights that cancel leave nothing at all of the zeros' value
    unsigned = np.uint32 if csr.data.dtype == np.float32 else np.uint64
    zero = np.nan if part.value.zero is None else part.value.zero
    status, _ = score_rows(
        csr.data, csr.data.view(unsigned), np.array([np.inf], csr.data.dtype).view(unsigned).astype(np.uint64)[0],
        csr.indices.astype(np.int32, copy=False), csr.indptr.astype(np.int64, copy=False), n_genes,
        part.value.table, _RULES[part.value.rule], zero,
        coef.indices.astype(np.uint32, copy=False), coef.indptr.astype(np.uint32, copy=False), coef.data,
        np.zeros(0, np.uint32) if null is None else null.stratum.astype(np.uint32, copy=False),
        np.zeros(0) if null is None else null.size,
        total if null is None else np.concatenate([null.first, total]),
        nothing if null is None else null.second, nothing if null is None else null.third, null is not None,
        out.raw, out.mean, out.variance, out.third, out.gene_sum, with_gene_sum, out.flat,
    )  # fmt: skip
    return status, out


def run_plan(X: Matrix, plan: RankPlan, weights: sp.csr_array) -> FloatArray:
    """Return scores (observations x gene sets); NaN for a set without genes."""
    scores = plan.finish([score_chunk(X, part).raw for part in plan.parts])
    scores[:, abs(weights).sum(axis=0) == 0 if plan.empty is None else plan.empty] = np.nan
    return scores


def scale_columns(weights: sp.csr_array, by: Any) -> sp.csr_array:
    """Return ``weights`` with each column multiplied by ``by``; columns that are not finite become 0."""
    factor = np.nan_to_num(np.asarray(by, dtype=float), nan=0.0, posinf=0.0, neginf=0.0)
    return sp.csr_array(weights @ sp.diags_array(factor))

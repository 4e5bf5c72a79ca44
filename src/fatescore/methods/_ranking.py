"""The rank family: what a rank is worth, and weighted sums of that over gene sets.

A rank method says what a tie group of ranks is worth (:class:`RankValue`) and with which coefficients genes enter a
score (:class:`RankPlan`); everything that walks over data is the one kernel beside this file.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.typing import BoolArray, FloatArray, IntArray, Matrix

_RULES = {"mean": 0, "middle": 1, "last": 2}
_BLOCK = 250  # rows; their moments stay in a processor's cache
_WORTH_SELECTING = 4  # times as many values as ranks that count
_NEVER = 1e-9  # stands for the share of undetected genes where all are detected


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
        A second dimension holds several kinds of value of the same ranks, one per row.
    zero
        Value of the zeros of a row; ``None``: by the rule.
    depth
        Ranks beyond are worth 0, as are zeros that lie there; ``None``: all ranks count.
    """

    table: FloatArray
    rule: Literal["mean", "middle", "last"] = "mean"
    zero: float | None = None
    depth: int | None = None


@dataclass(frozen=True)
class RankPart:
    """Weighted sums of rank values: ``coef`` (genes x columns)."""

    value: RankValue
    coef: sp.csr_array

    @functools.cached_property
    def layout(self) -> tuple[Any, ...]:
        """The coefficients as the kernel walks them: two per step, a gene's last step filled up with a zero."""
        coef = self.coef
        n = np.diff(coef.indptr)
        steps = -(-n // 2)
        start = np.concatenate([[0], np.cumsum(steps)])
        set_of = np.repeat(coef.indices[coef.indptr[:-1][n > 0]], 2 * steps[n > 0])
        factor = np.zeros(set_of.size)
        at = np.repeat(2 * start[:-1] - coef.indptr[:-1], n) + np.arange(coef.nnz)
        set_of[at], factor[at] = coef.indices, coef.data
        total = np.asarray(coef.sum(axis=0)).ravel()
        total[np.abs(total) < 1e-12] = 0.0  # weights that cancel leave nothing at all of the zeros' value
        return n > 0, start.astype(np.uint32), set_of.astype(np.uint32), factor, total


@dataclass(frozen=True)
class RankPlan:
    """How the sums of a part (observations x columns; before them the kinds of value) become scores.

    Scores are observations x gene sets. Where a column is one gene set and ``finish`` never falls with it, random gene
    sets have a closed-form null.
    """

    part: RankPart
    finish: Callable[[FloatArray], FloatArray]
    empty: BoolArray | None = None  # gene sets without a score; by default those without a gene in the data


@dataclass(frozen=True)
class NullMoments:
    """Coefficients of the matched null: what strata contribute to the first four cumulants.

    Attributes
    ----------
    stratum
        (n_genes,) stratum of each gene, at most 65,535.
    size
        (n_strata,) genes per stratum.
    first, second, third, fourth, genes
        (n_strata x columns), see ``fatescore.stats.null.moment_weights``.
    """

    stratum: IntArray
    size: FloatArray
    first: FloatArray
    second: FloatArray
    third: FloatArray
    fourth: FloatArray
    genes: FloatArray


@dataclass
class ChunkScores:
    """What one chunk of observations gives; observations x columns.

    Attributes
    ----------
    raw
        Weighted sums of rank values; with several kinds of value these come first (kinds x observations x columns).
    mean, variance, third, fourth
        Cumulants of ``raw`` under the null (without columns if there is none).
    undetected
        Probability under the null that all genes of a set have the row's lowest value, to leading order.
    flat
        (n_obs,) rows that hold one value only (an empty cell): they have no ranking.
    gene_sum
        (n_genes,) sum of the genes' values over the rows, where asked for.
    """

    raw: FloatArray
    mean: FloatArray
    variance: FloatArray
    third: FloatArray
    fourth: FloatArray
    undetected: FloatArray
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
    null
        Coefficients of the null's moments for the same columns as those of ``part``.
    with_gene_sum
        Whether to sum each gene's value over the rows.

    Raises
    ------
    InputError
        For values that are missing or infinite.
    """
    csr = _as_csr(X)
    scores = _run(csr, part, null, with_gene_sum)
    if scores is None:  # indices that do not rise
        csr = csr.copy()
        csr.sum_duplicates()
        return score_chunk(csr, part, null, with_gene_sum=with_gene_sum)
    return scores


def not_finite(values: FloatArray) -> InputError:
    """Return the error for values that cannot be ranked."""
    n_bad = int((~np.isfinite(values)).sum())
    return InputError(
        f"the matrix holds {n_bad} missing or infinite values",
        expected="finite numbers",
        fix="drop or fill those genes knowingly before scoring",
    )


def dense_ranks(csr: sp.csr_array, depth: int | None = None) -> sp.csr_array:
    """Return a CSR whose values are 1, 2, 3 ... in the order of each row's values.

    Zeros stay zeros where nothing is below them; where the matrix has negative values every entry is stored. With a
    ``depth`` entries that lie deeper may be left out.
    """
    from fatescore.methods import _order_kernel  # numba is loaded at first use

    with np.errstate(over="ignore", invalid="ignore"):
        suspect = not np.isfinite(csr.data.sum())  # quicker than looking at each
    if suspect and not np.isfinite(csr.data).all():
        raise not_finite(csr.data)
    indptr = csr.indptr.astype(np.int64, copy=False)
    if depth is not None and csr.nnz > _WORTH_SELECTING * depth * csr.shape[0]:
        at, at_ptr = np.empty(csr.nnz + 1, np.int64), np.zeros_like(indptr)
        signed = csr.data.view(np.int32 if csr.data.dtype == np.float32 else np.int64)
        _order_kernel.top_entries(signed, indptr, depth, at, at_ptr)
        at = at[: at_ptr[-1]]
        csr = csr_of(csr.data[at], csr.indices[at], at_ptr, csr.shape)
        indptr = at_ptr
    if csr.data.size and csr.data.min() < 0:
        csr = _all_stored(csr.toarray())
        indptr = csr.indptr.astype(np.int64, copy=False)
    ranks = np.empty(csr.data.size, dtype=np.float32)  # whole numbers up to 2^24: more than any organism's genes
    bits = csr.data.view(np.uint32 if csr.data.dtype == np.float32 else np.uint64)
    _order_kernel.order_rows(csr.data, bits, 8 * bits.itemsize, indptr, ranks)
    return csr_of(ranks, csr.indices, indptr, csr.shape)


def csr_of(data: FloatArray, indices: IntArray, indptr: IntArray, shape: tuple[int, int]) -> sp.csr_array:
    """Return a CSR of these very arrays: the constructor would look at every index, or copy."""
    csr = sp.csr_array(shape, dtype=data.dtype)
    csr.data, csr.indices, csr.indptr = data, indices, indptr
    return csr


def _all_stored(dense: Matrix) -> sp.csr_array:
    n_obs, n_genes = dense.shape
    indices = np.tile(np.arange(n_genes, dtype=np.int32), n_obs)
    return csr_of(dense.ravel(), indices, np.arange(n_obs + 1) * n_genes, dense.shape)


def _as_csr(X: Matrix) -> sp.csr_array:
    if not sp.issparse(X):
        X = np.asarray(X)
        dense = np.ascontiguousarray(X, dtype=X.dtype if X.dtype == np.float32 else np.float64)
        # storing zeros too costs less than looking for them where most values are not zero
        some = dense[:: max(1, len(dense) // 20)]
        return _all_stored(dense) if np.count_nonzero(some) > some.size // 2 else sp.csr_array(dense)
    csr = sp.csr_array(X) if X.format != "csr" else X
    if csr.data.dtype not in (np.float32, np.float64):
        csr = csr_of(csr.data.astype(np.float64), csr.indices, csr.indptr, csr.shape)
    return csr


def _run(csr: sp.csr_array, part: RankPart, null: NullMoments | None, with_gene_sum: bool) -> ChunkScores | None:
    """Score block by block: what a block needs stays in a processor's cache."""
    from fatescore.methods import _rank_kernel as kernel  # numba is loaded at first use

    n_obs, n_genes = csr.shape
    n_columns = part.coef.shape[1]
    share = np.zeros(0) if null is None else 1 / null.size
    zero = np.nan if part.value.zero is None else part.value.zero
    tables = np.atleast_2d(part.value.table)
    raw = np.zeros((n_obs, len(tables), n_columns))
    bottom, flat = np.empty(n_obs), np.zeros(n_obs, dtype=bool)
    cumulants = np.empty((5, n_obs, n_columns if null else 0))
    gene_sum = np.zeros(n_genes + 1 if with_gene_sum else 0)
    in_a_set, *layout = part.layout
    place = in_a_set.astype(np.uint8)
    if null is not None:
        place = (2 * null.stratum + in_a_set).astype(np.uint8 if share.size <= 128 else np.uint16)
    workspace = kernel.Workspace(n_genes, share.size).arrays
    moments = np.empty((0, 0, 0))

    def run(block: sp.csr_array, rows: slice) -> int:
        return int(kernel.score_rows(
            block.data, block.indices, block.indptr, n_genes, tables, _RULES[part.value.rule], zero, place, *layout,
            share, *workspace, raw[rows], moments, gene_sum, flat[rows], bottom[rows],
        ))  # fmt: skip

    whole = True
    for rows, block in _blocks(csr):
        if moments.shape[1] != block.shape[0]:
            moments = np.empty((5, block.shape[0], share.size))
        before = gene_sum.copy()
        status = run(block, rows) if whole else kernel.NOT_WHOLE
        if status == kernel.NOT_WHOLE:
            whole, gene_sum[:] = False, before
            status = run(dense_ranks(block, part.value.depth), rows)
        if status != kernel.OK:
            return None
        if null is not None:
            _cumulants(moments, null, cumulants[:, rows])
    cumulants[0] += np.multiply.outer(bottom, part.layout[-1]) if null else 0
    kinds = np.moveaxis(raw, 1, 0) if part.value.table.ndim > 1 else raw[:, 0]
    mean, variance, third, fourth, undetected = cumulants
    return ChunkScores(kinds, mean, variance, third, fourth, undetected, flat, gene_sum[:-1] + gene_sum[-1:])


def _blocks(csr: sp.csr_array) -> Iterator[tuple[slice, sp.csr_array]]:
    """Yield blocks of rows, as views, with indices and pointers as the kernels want them."""
    indices, indptr = csr.indices.astype(np.int32, copy=False), csr.indptr.astype(np.int64, copy=False)
    for start in range(0, csr.shape[0], _BLOCK):
        stop = min(start + _BLOCK, csr.shape[0])
        at = slice(indptr[start], indptr[stop])
        pointers = indptr[start : stop + 1] - indptr[start]
        yield slice(start, stop), csr_of(csr.data[at], indices[at], pointers, (stop - start, csr.shape[1]))


def _cumulants(moments: FloatArray, null: NullMoments, out: FloatArray) -> None:
    """Sum over strata: mean, variance, third and fourth cumulant, and the probability that no gene is detected."""
    undetected = moments[4]
    np.log(np.maximum(undetected, _NEVER, out=undetected), out=undetected)
    for moment, weights, target in zip(
        moments, (null.first, null.second, null.third, null.fourth, null.genes), out, strict=True
    ):
        np.matmul(moment, weights, out=target)
    np.exp(out[4], out=out[4])


def run_plan(X: Matrix, plan: RankPlan, weights: sp.csr_array) -> FloatArray:
    """Return scores (observations x gene sets); NaN for a set without genes."""
    scores = plan.finish(score_chunk(X, plan.part).raw)
    scores[:, abs(weights).sum(axis=0) == 0 if plan.empty is None else plan.empty] = np.nan
    return scores


def scale_columns(weights: sp.csr_array, by: Any) -> sp.csr_array:
    """Return ``weights`` with each column multiplied by ``by``; columns that are not finite become 0."""
    factor = np.nan_to_num(np.asarray(by, dtype=float), nan=0.0, posinf=0.0, neginf=0.0)
    return sp.csr_array(weights @ sp.diags_array(factor))

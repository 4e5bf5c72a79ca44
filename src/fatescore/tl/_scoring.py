"""From a matrix and weights to scores and their null: what `score_gene_sets` and `fate_bias` share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.methods import Method
from fatescore.methods._ranking import NullMoments, RankPart, score_chunk, score_parts
from fatescore.stats import null, random_sets
from fatescore.tl import _matrix
from fatescore.typing import BoolArray, FloatArray, IntArray, Matrix

EXACT_UP_TO = 2  # genes of a set whose null is enumerated
_COLUMNS = 2000  # random sets that are scored at once


@dataclass
class Scores:
    """Scores (observations x gene sets) and where they stand among random sets.

    Attributes
    ----------
    score
        NaN for a set without genes.
    z
        (score - mean) / sd under the null; no columns without a null.
    deviate
        Normal deviate with the tail that the score has under the null.
    flat
        (n_obs,) observations that hold one value only: they have no ranking (rank methods).
    """

    score: FloatArray
    z: FloatArray
    deviate: FloatArray
    flat: BoolArray


def score(
    matrix: Matrix, method: Method, weights: sp.csr_array, params: Mapping[str, Any], strata: IntArray | None = None,
    *, chunk_size: int | None = None, n_jobs: int = 1,
) -> Scores:  # fmt: skip
    """Score every observation in one pass; with ``strata`` against random genes of the same strata, in closed form."""
    if method.plan is None:
        if strata is not None:
            raise no_closed_form(method)
        _matrix.check(chunk_size, n_jobs)
        values = method(_matrix.whole(matrix), weights, **params)
        nothing = np.empty((len(values), 0))
        return Scores(values, nothing, nothing, np.zeros(len(values), dtype=bool))
    if strata is not None and not method.linear:
        raise no_closed_form(method)
    plan = method.plan(weights, **params)
    moments, tiny = None, []
    if strata is not None:
        coef = plan.parts[0].coef
        moments = NullMoments(strata, *null.moment_weights(coef, strata))
        tiny = [k for k, n in enumerate(np.bincount(coef.indices, minlength=coef.shape[1])) if 0 < n <= EXACT_UP_TO]
    shape = (matrix.shape[0], weights.shape[1])
    null_shape = shape if moments else (shape[0], 0)
    out = Scores(np.empty(shape), np.empty(null_shape), np.empty(null_shape), np.zeros(shape[0], dtype=bool))

    def work(at: slice, X: Matrix) -> None:
        chunks = score_parts(X, plan.parts, moments)
        out.score[at] = plan.finish([chunk.raw for chunk in chunks])
        out.flat[at] = chunks[0].flat
        if moments is None or strata is None:
            return
        chunk = chunks[0]
        # rounding leaves a trace of variance where there is none
        known = (chunk.variance > 0) & ~chunk.flat[:, None]
        sd = np.sqrt(np.where(known, chunk.variance, np.nan))
        out.z[at] = (chunk.raw - chunk.mean) / sd
        skew = chunk.third / sd**3
        out.deviate[at] = null.lighten(null.normal_score(out.z[at], skew), chunk.fourth / sd**4 - 1.5 * skew**2)
        for k in tiny:
            exact = _enumerated(X, plan.parts[0], k, strata)
            out.deviate[at, k] = np.where(np.isnan(out.z[at, k]), np.nan, exact)

    _matrix.for_each_chunk(matrix, work, chunk_size, n_jobs)
    out.score[:, abs(weights).sum(axis=0) == 0 if plan.empty is None else plan.empty] = np.nan
    return out


def score_by_permutation(
    matrix: Matrix, method: Method, weights: sp.csr_array, params: Mapping[str, Any], strata: IntArray,
    *, n_draws: int, rng: np.random.Generator, chunk_size: int | None = None, n_jobs: int = 1,
) -> Scores:  # fmt: skip
    """Score every observation and, set by set, random sets matched to it; for every method."""
    out = score(matrix, method, weights, params, chunk_size=chunk_size, n_jobs=n_jobs)
    out.z, out.deviate = np.full_like(out.score, np.nan), np.full_like(out.score, np.nan)
    at_once = max(1, _COLUMNS // n_draws)
    for start in range(0, weights.shape[1], at_once):
        columns = list(range(start, min(start + at_once, weights.shape[1])))
        own = weights[:, columns]
        random = random_sets.draw_matched(own, strata, n_draws, rng)
        one, many = (
            {
                key: np.repeat(value[:, columns], times, axis=1) if key == "n_missing" else value
                for key, value in params.items()
            }
            for times in (1, n_draws)
        )

        def work(
            at: slice, X: Matrix, own: sp.csr_array = own, random: sp.csr_array = random, one: Any = one,
            many: Any = many, columns: list[int] = columns,
        ) -> None:  # fmt: skip
            observed, drawn = _unbounded(method, X, own, one), _unbounded(method, X, random, many)
            for j, k in enumerate(columns):
                sets = drawn[:, j * n_draws : (j + 1) * n_draws]
                out.z[at, k], out.deviate[at, k] = random_sets.permutation_deviate(observed[:, j], sets)

        if method.plan is None:
            work(slice(0, matrix.shape[0]), _matrix.whole(matrix))
        else:
            _matrix.for_each_chunk(matrix, work, chunk_size, n_jobs)
    lost = out.flat[:, None] | np.isnan(out.score)
    out.z[lost], out.deviate[lost] = np.nan, np.nan
    return out


def _unbounded(method: Method, X: Matrix, weights: sp.csr_array, params: Mapping[str, Any]) -> FloatArray:
    """Return scores before a method cuts them at 0, where its sum over genes can be had."""
    if method.plan is None or not method.linear:
        return method(X, weights, **params)
    return score_chunk(X, method.plan(weights, **params).parts[0]).raw


def _enumerated(X: Matrix, part: RankPart, column: int, strata: IntArray) -> FloatArray:
    coef = part.coef[:, [column]].tocoo()
    genes, weights = coef.coords[0], coef.data
    values = []
    for gene in genes:
        pool = np.flatnonzero(strata == strata[gene])
        one_each = sp.csr_array((np.ones(pool.size), (pool, np.arange(pool.size))), (len(strata), pool.size))
        values.append((pool, score_chunk(X, RankPart(part.value, one_each)).raw))
    observed = sum(
        c * value[:, np.searchsorted(pool, gene)] for c, gene, (pool, value) in zip(weights, genes, values, strict=True)
    )
    same = len(genes) > 1 and strata[genes[0]] == strata[genes[1]]
    return random_sets.exact_deviate(np.asarray(observed), [value for _, value in values], weights, same=bool(same))


def no_closed_form(method: Method) -> InputError:
    """Return the error for a method whose null has no formula."""
    return InputError(
        f"{method.name} has no closed-form null",
        expected="a rank method whose score is a sum over genes (aucell, rank_log, singscore, ucell)",
        fix='use null="permutation"',
    )

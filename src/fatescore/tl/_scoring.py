"""From a matrix and weights to scores and their null: what `score_gene_sets` and `fate_bias` share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from fatescore import methods
from fatescore.errors import InputError
from fatescore.methods import Method
from fatescore.methods._ranking import ChunkScores, NullMoments, RankPart, score_chunk
from fatescore.stats import null, random_sets
from fatescore.tl import _matrix
from fatescore.typing import Alternative, BoolArray, FloatArray, IntArray, Matrix

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
    point_mass
        Probability of the lowest (with a minus: the highest) possible score, see ``fatescore.stats.null.tail_pvalue``.
    pval
        p values. Where they are asked for, deviates and point masses are not kept.
    flat
        (n_obs,) observations that hold one value only: they have no ranking (rank methods).
    """

    score: FloatArray
    z: FloatArray
    deviate: FloatArray
    point_mass: FloatArray
    pval: FloatArray
    flat: BoolArray

    @classmethod
    def empty(cls, n_obs: int, n_sets: int, *, null: bool, pvalues: bool) -> Scores:
        """Return a place for results."""
        with_null, with_pvalues = n_sets if null else 0, n_sets if null and pvalues else 0
        n_deviates = with_null - with_pvalues
        score, z, deviate, point_mass, pval = (
            np.full((n_obs, n), np.nan) for n in (n_sets, with_null, n_deviates, n_deviates, with_pvalues)
        )
        return cls(score, z, deviate, point_mass, pval, np.zeros(n_obs, dtype=bool))

    def place(
        self, at: Any, z: FloatArray, deviate: FloatArray, point_mass: FloatArray, alternative: Alternative | None
    ) -> None:
        """Keep what a part of the observations shows: p values for this alternative, or else deviates."""
        self.z[at] = z
        if alternative is None:
            self.deviate[at], self.point_mass[at] = deviate, point_mass
        else:
            self.pval[at] = null.tail_pvalue(deviate, alternative, point_mass)


def score(
    matrix: Matrix, method: Method, weights: sp.csr_array, params: Mapping[str, Any], strata: IntArray | None = None,
    *, alternative: Alternative | None = None, chunk_size: int | None = None, n_jobs: int = 1,
) -> Scores:  # fmt: skip
    """Score every observation in one pass; with ``strata`` against random genes of the same strata, in closed form.

    With an ``alternative`` p values are worked out at once and deviates are not kept.
    """
    out = Scores.empty(matrix.shape[0], weights.shape[1], null=strata is not None, pvalues=alternative is not None)
    if strata is not None and not method.linear:
        raise no_closed_form(method)
    if method.plan is None:
        _matrix.check(chunk_size, n_jobs)
        out.score = method(_matrix.whole(matrix), weights, **params)
        return out
    plan = method.plan(weights, **params)
    place = None if strata is None else _ClosedForm(plan.part, strata)

    def score_rows(at: slice, X: Matrix) -> None:
        chunk = score_chunk(X, plan.part, place.moments if place else None)
        out.score[at] = plan.finish(chunk.raw)
        out.flat[at] = chunk.flat
        if place:
            out.place(at, *place(X, chunk), alternative)

    _matrix.for_each_chunk(matrix, score_rows, chunk_size, n_jobs)
    out.score[:, abs(weights).sum(axis=0) == 0 if plan.empty is None else plan.empty] = np.nan
    return out


class _ClosedForm:
    """Where sums over genes stand among those of random genes of the same strata."""

    def __init__(self, part: RankPart, strata: IntArray) -> None:
        self.part, self.strata = part, strata
        self.moments = NullMoments(strata, *null.moment_weights(part.coef, strata))
        n_genes = np.bincount(part.coef.indices, minlength=part.coef.shape[1])
        self.tiny = [k for k, n in enumerate(n_genes) if 0 < n <= EXACT_UP_TO]
        lowest, highest = (getattr(part.coef, name)(axis=0).toarray() for name in ("min", "max"))
        # a set of both signs has no lowest score when none of its genes is detected
        self.end = np.where(lowest >= 0, 1.0, np.where(highest <= 0, -1.0, 0.0))

    def __call__(self, X: Matrix, chunk: ChunkScores) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return z, deviate and point mass."""
        variance = np.where(chunk.flat[:, None], 0.0, chunk.variance)
        z, deviate = null.standing(chunk.raw, chunk.mean, variance, chunk.third, chunk.fourth, bounded=self.end != 0)
        point_mass = chunk.undetected * self.end
        for k in self.tiny:
            exact, point_mass[:, k] = _enumerated(X, self.part, k, self.strata)
            deviate[:, k] = np.where(np.isnan(z[:, k]), np.nan, exact)
        return z, deviate, point_mass


def score_by_permutation(
    matrix: Matrix, method: Method, weights: sp.csr_array, params: Mapping[str, Any], strata: IntArray,
    *, n_draws: int, rng: np.random.Generator, alternative: Alternative | None = None,
    chunk_size: int | None = None, n_jobs: int = 1,
) -> Scores:  # fmt: skip
    """Score every observation and, set by set, random sets matched to it; for every method."""
    n_obs, n_sets = matrix.shape[0], weights.shape[1]
    out = Scores.empty(n_obs, n_sets, null=True, pvalues=alternative is not None)
    plain = score(matrix, method, weights, params, chunk_size=chunk_size, n_jobs=n_jobs)
    out.score, out.flat = plain.score, plain.flat
    seed = int(rng.integers(2**63))
    at_once = max(1, _COLUMNS // n_draws)
    for start in range(0, n_sets, at_once):
        columns = list(range(start, min(start + at_once, n_sets)))
        own = weights[:, columns]
        random = random_sets.draw_matched(own, strata, n_draws, seed)
        one, many = (
            {
                key: np.repeat(value[:, columns], times, axis=1) if key == "n_missing" else value
                for key, value in params.items()
            }
            for times in (1, n_draws)
        )

        def score_rows(
            at: slice, X: Matrix, own: sp.csr_array = own, random: sp.csr_array = random, one: Any = one,
            many: Any = many, columns: list[int] = columns,
        ) -> None:  # fmt: skip
            observed, drawn = _unbounded(method, X, own, one), _unbounded(method, X, random, many)
            for j, k in enumerate(columns):
                sets = drawn[:, j * n_draws : (j + 1) * n_draws]
                out.place((at, k), *random_sets.permutation_deviate(observed[:, j], sets), alternative)

        if method.plan is None:
            score_rows(slice(0, matrix.shape[0]), _matrix.whole(matrix))
        else:
            _matrix.for_each_chunk(matrix, score_rows, chunk_size, n_jobs)
    lost = out.flat[:, None] | np.isnan(out.score)
    for values in (out.z, out.deviate, out.pval):
        if values.shape[1]:
            values[lost] = np.nan
    return out


def _unbounded(method: Method, X: Matrix, weights: sp.csr_array, params: Mapping[str, Any]) -> FloatArray:
    """Return scores before a method cuts them at 0, where its sum over genes can be had."""
    if method.plan is None or not method.linear:
        return method(X, weights, **params)
    return score_chunk(X, method.plan(weights, **params).part).raw


def _enumerated(X: Matrix, part: RankPart, column: int, strata: IntArray) -> tuple[FloatArray, FloatArray]:
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
    others = ", ".join(name for name in methods.names() if methods.get(name).linear)
    return InputError(
        f"{method.name} has no closed-form null",
        expected=f"a rank method whose score is a sum over genes ({others})",
        fix='use null="permutation"',
    )

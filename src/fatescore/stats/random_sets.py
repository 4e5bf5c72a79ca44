"""The null without a formula: every set that could have been drawn, or random draws of it."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy import special

from fatescore.typing import FloatArray, IntArray


def exact_deviate(
    observed: FloatArray, values: list[FloatArray], coef: FloatArray, *, same: bool = False
) -> FloatArray:
    """Return the normal deviate of a set of one or two genes, by going through all genes that could stand for them.

    Parameters
    ----------
    observed
        (n_obs,) the set's score, up to a constant.
    values
        One (n_obs x genes of the stratum) array per gene of the set: the values that could have been drawn.
    coef
        One coefficient per gene of the set.
    same
        Whether both genes are drawn from the same stratum, which cannot give one gene twice.

    Examples
    --------
    >>> import numpy as np
    >>> from fatescore.stats.null import tail_pvalue
    >>> upper = tail_pvalue(exact_deviate(np.array([3.0]), [np.array([[0.0, 1, 2, 3]])], np.ones(1)), "greater")
    >>> upper.round(6).tolist()
    [0.25]
    """
    n_obs = len(observed)
    upper, lower = np.empty(n_obs), np.empty(n_obs)
    tolerance = 1e-9 * (1 + np.abs(observed))
    first = coef[0] * values[0]
    second = coef[1] * values[1] if len(values) > 1 else np.zeros((n_obs, 1))
    for i in range(n_obs):
        low, high = observed[i] - tolerance[i], observed[i] + tolerance[i]
        ordered = np.sort(second[i])
        n_upper = (ordered.size - np.searchsorted(ordered, low - first[i])).sum()
        n_lower = np.searchsorted(ordered, high - first[i], side="right").sum()
        n = first.shape[1] * ordered.size
        if same:
            twice = first[i] + second[i]
            n_upper, n_lower, n = n_upper - (twice >= low).sum(), n_lower - (twice <= high).sum(), n - ordered.size
        upper[i], lower[i] = n_upper / n, n_lower / n
    return deviate_of_tails(lower, upper)


def deviate_of_tails(lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Return the normal deviate with the smaller of two tails; 0 where both are half or more."""
    return np.asarray(
        np.where(upper < lower, -special.ndtri(np.minimum(upper, 0.5)), special.ndtri(np.minimum(lower, 0.5)))
    )


def draw_matched(weights: sp.csr_array, stratum: IntArray, n_draws: int, rng: np.random.Generator) -> sp.csr_array:
    """Replace the genes of each set at random by others of their strata.

    Parameters
    ----------
    weights
        (n_genes x n_sets).
    stratum
        (n_genes,) from :func:`assign_strata`.
    n_draws
        Number of random sets per set.
    rng
        Source of randomness.

    Returns
    -------
    (n_genes x n_sets * n_draws), the draws of one set beside each other.
    """
    members = [np.flatnonzero(stratum == t) for t in range(int(stratum.max()) + 1)]
    columns = weights.tocsc()
    genes, values, places = [], [], []
    for k in range(weights.shape[1]):
        at = slice(columns.indptr[k], columns.indptr[k + 1])
        own, coef = columns.indices[at], columns.data[at]
        for t in np.unique(stratum[own]):
            inside = coef[stratum[own] == t]
            order = rng.random((n_draws, members[t].size)).argsort(axis=1)[:, : inside.size]
            genes.append(members[t][order].ravel())
            values.append(np.tile(inside, n_draws))
            places.append(np.repeat(k * n_draws + np.arange(n_draws), inside.size))
    shape = (weights.shape[0], weights.shape[1] * n_draws)
    if not genes:
        return sp.csr_array(shape)
    return sp.csr_array((np.concatenate(values), (np.concatenate(genes), np.concatenate(places))), shape=shape)


def permutation_deviate(observed: FloatArray, drawn: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return z and normal deviate of scores (n_obs,) against those of random sets (n_obs x n_draws)."""
    n = drawn.shape[1]
    sd = drawn.std(axis=1, ddof=1)
    sd[sd < 1e-9 * (1 + np.abs(observed))] = 0.0  # rounding
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(sd > 0, (observed - drawn.mean(axis=1)) / sd, np.nan)
    tolerance = (1e-9 * (1 + np.abs(observed)))[:, None]
    upper = (1 + (drawn >= observed[:, None] - tolerance).sum(axis=1)) / (n + 1)
    lower = (1 + (drawn <= observed[:, None] + tolerance).sum(axis=1)) / (n + 1)
    return z, np.where(np.isnan(z), np.nan, deviate_of_tails(lower, upper))

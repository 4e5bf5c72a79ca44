"""The null without a formula: every set that could have been drawn, or random draws of it."""

from __future__ import annotations

import hashlib

import numpy as np
import scipy.sparse as sp
from scipy import special

from fatescore.typing import BoolArray, FloatArray, IntArray


def exact_deviate(
    observed: FloatArray, values: list[FloatArray], coef: FloatArray, *, same: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Return where a set of one or two genes stands, by going through all genes that could stand for them.

    Parameters
    ----------
    observed
        (n_obs,) the set's score, up to a constant.
    values, coef
        Per gene of the set an (n_obs x genes of the stratum) array of values that could have been drawn, and a
        coefficient.
    same
        Whether both genes are drawn from the same stratum, which cannot give one gene twice.

    Returns
    -------
    deviate, point_mass
        Normal deviates, and the probability of the last score on the other side of the median (with a minus: of the
        highest), see :func:`fatescore.stats.null.tail_pvalue`.

    Examples
    --------
    >>> import numpy as np
    >>> from fatescore.stats.null import tail_pvalue
    >>> deviate, _ = exact_deviate(np.array([3.0]), [np.array([[0.0, 1, 2, 3]])], np.ones(1))
    >>> tail_pvalue(deviate, "greater").round(6).tolist()
    [0.25]
    """
    n_obs = len(observed)
    first = coef[0] * values[0]
    second = coef[1] * values[1] if len(values) > 1 else np.zeros((n_obs, 1))
    tails = np.empty((4, n_obs))
    for i in range(n_obs):
        up = _upper_tails(first[i], second[i], observed[i], same=same)
        down = _upper_tails(-first[i], -second[i], -observed[i], same=same)
        tails[:, i] = *up, *down
    upper, highest, lower, lowest = tails
    deviate = deviate_of_tails(lower, upper)
    return deviate, _other_end(deviate, lowest, highest)


def _upper_tails(first: FloatArray, second: FloatArray, observed: float, *, same: bool) -> tuple[float, float]:
    """Return the share of sums of one of each that are at least as high as observed, and as the highest."""
    ordered = np.sort(second)
    twice = first + second if same else np.empty(0)
    n = first.size * ordered.size - twice.size

    def share(least: float) -> float:
        least -= 1e-9 * (1 + abs(least))  # rounding
        hits = (ordered.size - np.searchsorted(ordered, least - first)).sum() - (twice >= least).sum()
        return float(hits / n)

    a, b = np.argsort(first)[-2:], np.argsort(second)[-2:]
    highest = max(first[i] + second[j] for i in a for j in b if not (same and i == j))
    return share(observed), share(float(highest))


def _other_end(deviate: FloatArray, lowest: FloatArray, highest: FloatArray) -> FloatArray:
    return np.asarray(np.where(deviate > 0, lowest, np.where(deviate < 0, -highest, 0.0)))


def deviate_of_tails(lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Return the normal deviate with the smaller of two tails; 0 where both are half or more."""
    return np.asarray(
        np.where(upper < lower, -special.ndtri(np.minimum(upper, 0.5)), special.ndtri(np.minimum(lower, 0.5)))
    )


def draw_matched(weights: sp.csr_array, stratum: IntArray, n_draws: int, seed: int) -> sp.csr_array:
    """Replace the genes of each set at random by others of their strata.

    Weights (n_genes x n_sets) become (n_genes x n_sets * n_draws), the draws of one set beside each other. What is
    drawn for a set depends on the seed and on the set, not on the sets beside it.
    """
    members = [np.flatnonzero(stratum == t) for t in range(int(stratum.max()) + 1)]
    columns = weights.tocsc()
    genes, values, places = [], [], []
    for k in range(weights.shape[1]):
        at = slice(columns.indptr[k], columns.indptr[k + 1])
        own, coef = columns.indices[at], columns.data[at]
        of_set = hashlib.sha256(own.astype(np.int64).tobytes() + coef.astype(np.float64).tobytes()).digest()
        rng = np.random.default_rng([seed, int.from_bytes(of_set)])
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


def permutation_deviate(observed: FloatArray, drawn: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return where scores (n_obs,) stand among those of random sets (n_obs x n_draws): z, deviate and point mass.

    The point mass is as in :func:`exact_deviate`.
    """
    n = drawn.shape[1]
    sd = drawn.std(axis=1, ddof=1)
    sd[sd < 1e-9 * (1 + np.abs(observed))] = 0.0  # rounding
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(sd > 0, (observed - drawn.mean(axis=1)) / sd, np.nan)
    tolerance = (1e-9 * (1 + np.abs(observed)))[:, None]

    def share(hits: BoolArray) -> FloatArray:
        return np.asarray((1 + hits.sum(axis=1)) / (n + 1))

    upper = share(drawn >= observed[:, None] - tolerance)
    lower = share(drawn <= observed[:, None] + tolerance)
    deviate = np.where(np.isnan(z), np.nan, deviate_of_tails(lower, upper))
    lowest = share(drawn <= drawn.min(axis=1, keepdims=True) + tolerance)
    highest = share(drawn >= drawn.max(axis=1, keepdims=True) - tolerance)
    return z, deviate, _other_end(deviate, lowest, highest)

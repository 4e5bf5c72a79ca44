"""What co-expression does to the null, and the remedy."""

from __future__ import annotations

import numpy as np

from fatescore.typing import FloatArray, IntArray


def inflation(z: FloatArray, group: IntArray) -> FloatArray:
    """Return how much wider each set's z varies among like observations than among random genes.

    The closed-form null takes genes as independent. Genes of one set that rise and fall together make its z vary more:
    by sqrt(1 + (k - 1) r) for k genes with mean correlation r. Groups of like observations show this factor directly:
    it is the standard deviation of z within them (the variance inflation of camera, Wu and Smyth 2012,
    doi:10.1093/nar/gks461). Differences between groups do not count.

    Parameters
    ----------
    z
        (n_obs x n_sets); NaN is left out.
    group
        (n_obs,) number of the group of like observations; negative: not used.

    Returns
    -------
    (n_sets,) factors, at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> inflation(np.array([[-3.0], [3.0], [-3.0], [3.0]]), np.zeros(4, int)).round(2).tolist()
    [3.46]
    """
    squares, freedom = np.zeros(z.shape[1]), np.zeros(z.shape[1])
    for g in np.unique(group[group >= 0]):
        part = z[group == g]
        n = np.isfinite(part).sum(axis=0)
        mean = np.divide(np.nansum(part, axis=0), n, out=np.zeros(z.shape[1]), where=n > 0)
        squares += np.nansum((part - mean) ** 2, axis=0)
        freedom += np.maximum(n - 1, 0)
    variance = np.divide(squares, freedom, out=np.ones_like(squares), where=freedom > 0)
    return np.sqrt(np.maximum(variance, 1.0))

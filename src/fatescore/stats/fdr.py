"""False discovery rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from fatescore.errors import InputError
from fatescore.typing import FloatArray


def bh(p_values: ArrayLike) -> FloatArray:
    """Adjust p values by Benjamini and Hochberg (1995); missing values stay missing and do not count.

    Parameters
    ----------
    p_values
        p values in [0, 1]; NaN where a measure was not tested.

    Returns
    -------
    Adjusted p values, same length and order.

    Raises
    ------
    InputError
        A value lies outside [0, 1].

    Examples
    --------
    >>> bh([0.01, float("nan"), 0.04]).tolist()
    [0.02, nan, 0.04]
    """
    p = np.asarray(p_values, dtype=np.float64)
    tested = ~np.isnan(p)
    if np.any((p[tested] < 0) | (p[tested] > 1)):
        raise InputError("p values outside 0 to 1", fix="check the column that is adjusted")
    adjusted = np.full(p.shape, np.nan)
    if tested.any():
        adjusted[tested] = stats.false_discovery_control(p[tested], method="bh")
    return adjusted

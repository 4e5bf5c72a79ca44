"""What a design could have seen."""

from __future__ import annotations

import math

ALPHA = 0.05
REFERENCE_G = 1.0


def power(n_case: int, n_control: int, *, g: float = REFERENCE_G, alpha: float = ALPHA, paired: bool = False) -> float:
    """Return the probability that a t test at ``alpha`` (two-sided) finds a true standardised difference of ``g``.

    By the noncentral t distribution (statsmodels): values are normal, arms of equal variance. It depends on the design
    only, never on the data: the power to see the effect that was found says nothing that its p value does not.

    Parameters
    ----------
    n_case, n_control
        Donors an arm; of pairs, the number of pairs twice.
    g
        True difference in standard deviations (of the differences, where paired).
    alpha
        Level of the test.
    paired
        Whether both arms are the same donors.

    Returns
    -------
    0 to 1; NaN with fewer than two donors in an arm.

    Examples
    --------
    >>> round(power(5, 4), 3), round(power(17, 17), 2)
    (0.252, 0.81)
    """
    if min(n_case, n_control) < 2:
        return math.nan
    from statsmodels.stats.power import TTestIndPower, TTestPower

    if paired:
        return float(TTestPower().power(effect_size=g, nobs=n_case, alpha=alpha))
    return float(TTestIndPower().power(effect_size=g, nobs1=n_case, alpha=alpha, ratio=n_control / n_case))

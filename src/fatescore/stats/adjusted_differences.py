"""Differences of the index with other numbers of the donors held constant."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from fatescore.stats._donors import donor_means
from fatescore.stats.models import adjusted_difference
from fatescore.tables import ADJUSTED_DIFFERENCES, Note
from fatescore.tables import columns as col
from fatescore.tables.codes import Model


def adjusted_differences(
    table: pd.DataFrame,
    *,
    case: str,
    control: str,
    covariates: Sequence[str],
    measure: str = col.FATE_BIAS,
    dataset: str = "",
    contrast: str = "",
) -> pd.DataFrame:
    """Adjust a difference for other numbers of the donors, one at a time.

    "The index is lower because fewer cells are committed at all" and "because the sample holds other cells" are
    other findings than "because cells choose fat". What is held constant may itself follow from the condition, so
    this is a description of the difference, no correction of it; with few donors the intervals are wide.

    Parameters
    ----------
    table
        One row per sample: ``sample donor condition``, the measure and the numbers to hold constant.
    case, control
        The two conditions.
    covariates
        Columns: commitment, maturation, shares of cell types.
    measure
        The measure whose difference is looked at.
    dataset, contrast
        Labels.

    Returns
    -------
    One row per covariate, ``ADJUSTED_DIFFERENCES.names``: ``difference`` of the donors that have all values,
    ``adjusted_difference`` with its 95 % interval and p (linear model), and ``proportion_explained``, the share of the
    difference that is gone (negative where it grew; NaN where there was none).

    Examples
    --------
    >>> table = pd.DataFrame({"sample": list("abcdef"), "donor": list("abcdef"),
    ...     "condition": ["sick"] * 3 + ["well"] * 3, "fate_bias": [1.0, 2.1, 3.0, 2.0, 2.9, 4.0],
    ...     "commitment": [1.0, 2.0, 3.0, 3.0, 4.0, 5.0]})
    >>> found = adjusted_differences(table, case="sick", control="well", covariates=["commitment"])
    >>> found["adjusted_difference"].round(2).tolist()
    [1.07]
    """
    rows = []
    for name in covariates:
        donors = donor_means(table, [measure, name])
        donors = donors[donors[col.CONDITION].isin([case, control])].dropna(subset=[measure, name])
        is_case = (donors[col.CONDITION] == case).to_numpy()
        means = donors.groupby(is_case)[measure].mean()
        difference = float(means.get(True, math.nan) - means.get(False, math.nan))
        varies = bool(donors[name].max() > donors[name].min())
        found = adjusted_difference(donors[measure].to_numpy(), is_case, donors[[name] if varies else []])
        model = found.model if varies else Note(Model.NO_VARIATION, {"covariate": name})
        explained = 1 - found.difference / difference if difference else math.nan
        rows.append(
            (
                dataset, contrast, name, difference, found.difference, found.low, found.high, found.p_value, explained,
                str(model),
            )
        )  # fmt: skip
    return ADJUSTED_DIFFERENCES.frame(rows)

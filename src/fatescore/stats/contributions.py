"""What each gene adds to the difference of the index between two conditions, and what is left without it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from fatescore.stats._donors import donor_means, split
from fatescore.tables import CONTRIBUTIONS
from fatescore.tables import columns as col


def contributions(
    table: pd.DataFrame,
    *,
    case: str,
    control: str,
    arms: Mapping[str, str] | None = None,
    factors: pd.DataFrame | None = None,
    dataset: str = "",
    contrast: str = "",
) -> pd.DataFrame:
    """Say how much each gene contributes to the difference of ``fate_bias``.

    Parameters
    ----------
    table
        One row per sample: ``dataset sample donor condition``, then one column per gene of the index, which sum to
        the sample's ``fate_bias``. A sample without any value is left out; a gene without value adds nothing.
    case, control
        The two conditions.
    arms
        Gene to ``osteogenic`` or ``adipogenic``; a gene that is not in it gets an empty arm.
    factors
        From :func:`fatescore.gene_sets.leave_one_out_factors`, gene left out x gene.
    dataset, contrast
        Labels.

    Returns
    -------
    One row per gene, ``CONTRIBUTIONS.names``, largest absolute contribution first. The contributions sum
    to the difference of ``fate_bias`` between the means of the donors; ``difference_without`` is what that difference
    is when the index does not have this gene (NaN without ``factors``, or where its arm would be empty).

    Examples
    --------
    >>> table = pd.DataFrame({"sample": ["a", "b"], "donor": ["a", "b"], "condition": ["sick", "well"],
    ...     "RUNX2": [0.5, 1.0], "PPARG": [-0.2, -0.1]})
    >>> contributions(table, case="sick", control="well")["contribution"].round(3).tolist()
    [-0.5, -0.1]
    """
    identity = {*col.IDENTITY, col.OBS_NAME}
    genes = [str(column) for column in table.columns if column not in identity]
    scored = table[genes].notna().any(axis=1)
    filled = table[genes].fillna(0.0).where(scored)
    donors = donor_means(pd.concat([table.drop(columns=genes), filled], axis=1), genes)
    sides = [split(donors, gene, case, control) for gene in genes]
    if not genes or not len(sides[0].case) or not len(sides[0].control):
        return pd.DataFrame(columns=list(CONTRIBUTIONS.names))
    parts = pd.Series([float(arm.case.mean() - arm.control.mean()) for arm in sides], index=genes)
    result = pd.DataFrame(
        {
            "dataset": dataset,
            "contrast": contrast,
            "gene": genes,
            "arm": [(arms or {}).get(gene, "") for gene in genes],
            "contribution": parts.to_numpy(),
            "difference_without": _without(parts, factors).to_numpy(),
        }
    )
    order = result["contribution"].abs().sort_values(ascending=False, kind="stable").index
    return result.loc[order, list(CONTRIBUTIONS.names)].reset_index(drop=True)


def _without(parts: pd.Series[float], factors: pd.DataFrame | None) -> pd.Series[float]:
    """Return the difference that is left without each gene."""
    if factors is None:
        return pd.Series(np.nan, index=parts.index)
    known = parts.reindex(factors.columns, fill_value=0.0)
    left = pd.Series(factors.to_numpy() @ known.to_numpy(), index=factors.index)
    return left.reindex(parts.index)

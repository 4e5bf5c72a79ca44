"""The index as numbers: how much each measured gene counts in each measure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fatescore.gene_sets.index import Index


def index_weights(index: Index, genes: Sequence[str]) -> pd.DataFrame:
    """Return the linear weights of the index for the genes that are measured.

    An arm is the mean over its measured units (one unit per human gene), a group the mean over its measured sets;
    a unit's weight is shared by the organism's measured genes for it. A measure is the stated combination of
    arms, groups and sets, so every measure is linear in the genes' values and a gene's share of it is weight
    times value.

    Parameters
    ----------
    index
        Definition of the index.
    genes
        Symbols that are measured.

    Returns
    -------
    Measured index genes x measures; a measure with a part without any measured gene is NaN.

    Examples
    --------
    >>> from fatescore.gene_sets import load_index, index_weights
    >>> table = index_weights(load_index(), ["RUNX2", "SP7", "PPARG"])
    >>> table["fate_bias"].to_dict()
    {'RUNX2': 0.5, 'SP7': 0.5, 'PPARG': -1.0}
    """
    present = set(genes)
    measured = index.genes[index.genes["symbol"].isin(present)]
    columns = {}
    for measure, parts in index.measures.items():
        total = pd.Series(0.0, index=pd.Index(measured["symbol"], name="gene"))
        for part, coefficient in parts.items():
            share = _part_weights(index, part, measured)
            total += coefficient * share.reindex(total.index, fill_value=0.0) if len(share) else np.nan
        columns[measure] = total
    return pd.DataFrame(columns)


def _part_weights(index: Index, part: str, measured: pd.DataFrame) -> pd.Series[float]:
    if part not in index.groups:
        return _mean_weights(measured[measured["block"].isin(index.arms.get(part, (part,)))])
    means = [_mean_weights(measured[measured["block"] == block]) for block in index.groups[part]]
    known = [mean for mean in means if len(mean)]
    return pd.concat([mean / len(known) for mean in known]) if known else pd.Series(dtype=float)


def _mean_weights(rows: pd.DataFrame) -> pd.Series[float]:
    """Share 1 among the units, and a unit's share among its genes; a gene's sign turns its share."""
    if rows.empty:
        return pd.Series(dtype=float)
    genes_of_unit = rows.groupby("unit")["symbol"].transform("size")
    shares = rows["sign"] / genes_of_unit / rows["unit"].nunique()
    return shares.set_axis(rows["symbol"])

"""The index as numbers: how much each measured gene counts in each measure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fatescore.gene_sets.collection import Index


def index_weights(index: Index, genes: Sequence[str]) -> pd.DataFrame:
    """Return the linear weights of the index for the genes that are measured.

    An arm is the mean over its measured units (one unit per human gene); a unit's weight is shared by the
    organism's measured genes for it. A measure is the stated combination of arms and blocks, so every
    measure is linear in the genes' values and a gene's share of it is weight times value.

    Parameters
    ----------
    index
        Definition of the index.
    genes
        Symbols that are measured.

    Returns
    -------
    Measured index genes x measures; a measure with an arm or block without any measured gene is NaN.

    Examples
    --------
    >>> from fatescore.gene_sets import load_index, index_weights
    >>> table = index_weights(load_index(), ["RUNX2", "SP7", "PPARG"])
    >>> table["fate_bias"].to_dict()
    {'RUNX2': 0.5, 'SP7': 0.5, 'PPARG': -1.0}
    """
    present = set(genes)
    measured = [symbol for symbol in index.genes["symbol"] if symbol in present]
    columns = {}
    for measure, parts in index.measures.items():
        total = pd.Series(0.0, index=pd.Index(measured, name="gene"))
        for part, coefficient in parts.items():
            share = pd.Series(_mean_weights(index, part, present), dtype=float)
            total += coefficient * share.reindex(measured, fill_value=0.0) if len(share) else np.nan
        columns[measure] = total
    return pd.DataFrame(columns)


def _mean_weights(index: Index, part: str, present: set[str]) -> dict[str, float]:
    rows = index.units(part)
    units = [group.tolist() for _, group in rows[rows["symbol"].isin(present)].groupby("unit")["symbol"]]
    return {symbol: 1 / (len(units) * len(symbols)) for symbols in units for symbol in symbols}

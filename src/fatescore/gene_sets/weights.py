"""The index as numbers: how much each measured gene counts in each measure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fatescore.gene_sets.index import Index

_ROUNDING = 1e-12


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


def leave_one_out_factors(index: Index, genes: Sequence[str]) -> pd.DataFrame:
    """Return by how much the weight of each gene in ``fate_bias`` changes when another gene's unit is left out.

    What is left shares the weight of the whole arm. With a gene's part of a difference, ``weight x value``, the
    difference without a unit is the sum of the parts times these factors; no expression is needed.

    Parameters
    ----------
    index
        Definition of the index.
    genes
        Symbols that are measured.

    Returns
    -------
    Gene left out x gene: 0 for the genes of its unit, 1 for those of other arms; NaN where an arm would be empty, or
    where a gene whose roles cancel (weight 0, as in the index ``review``) would come to count.

    Examples
    --------
    >>> from fatescore.gene_sets import load_index
    >>> table = leave_one_out_factors(load_index("core"), ["RUNX2", "SP7", "PPARG", "CEBPA"])
    >>> table.loc["SP7"].to_dict()
    {'RUNX2': 2.0, 'SP7': 0.0, 'PPARG': 1.0, 'CEBPA': 1.0}
    """
    whole = _total(index_weights(index, genes))
    rows = {}
    for gene in whole.index:
        units = set(index.genes.loc[index.genes["symbol"] == gene, "unit"])
        gone = set(index.genes.loc[index.genes["unit"].isin(units), "symbol"])
        left = _total(index_weights(index, [name for name in genes if name not in gone])).reindex(whole.index)
        left[[name in gone for name in whole.index]] = 0.0
        known = left.notna().all() and not (left[whole == 0].abs() > _ROUNDING).any()
        rows[gene] = (left / whole.where(whole != 0)).fillna(0.0) if known else left * np.nan
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=whole.index)


def _total(weights: pd.DataFrame) -> pd.Series[float]:
    """Return the weight of each gene in the index over all its roles; NaN where an arm is empty."""
    total: pd.Series[float] = weights["fate_bias"].groupby(level=0, sort=False).sum(min_count=1)
    return total.where(total.abs() > _ROUNDING, 0.0).where(total.notna())


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

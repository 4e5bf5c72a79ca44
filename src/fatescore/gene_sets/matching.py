"""Matching gene sets to the genes of a data set, and saying what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from fatescore.gene_sets.index import Index


def match(sets: Mapping[str, Mapping[str, float]], genes: Sequence[str]) -> dict[str, dict[str, float]]:
    """Keep of every set the genes that the data set has; sets keep their name even when nothing is left.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> gene_sets.match({"s": {"SP7": 1.0, "XYZ": 1.0}}, ["SP7", "GAPDH"])
    {'s': {'SP7': 1.0}}
    """
    present = set(genes)
    return {
        name: {gene: weight for gene, weight in members.items() if gene in present} for name, members in sets.items()
    }


def coverage(
    sets: Mapping[str, Mapping[str, float]],
    genes: Sequence[str],
    *,
    by_alias: Sequence[str] = (),
) -> pd.DataFrame:
    """Count found and missing genes per set.

    Parameters
    ----------
    sets
        Gene set name -> {gene: weight}.
    genes
        Symbols of the data set that are measured.
    by_alias
        Those of ``genes`` that carried an alias or a previous symbol in the input.

    Returns
    -------
    One row per set: ``gene_set size found by_alias missing fraction missing_genes``.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> table = gene_sets.coverage({"s": {"SP7": 1.0, "XYZ": 1.0}}, ["SP7"])
    >>> table.loc[0, "missing_genes"]
    'XYZ'
    """
    present, aliased = set(genes), set(by_alias)
    rows = []
    for name, members in sets.items():
        missing = [gene for gene in members if gene not in present]
        found = len(members) - len(missing)
        rows.append(
            {
                "gene_set": name,
                "size": len(members),
                "found": found,
                "by_alias": sum(gene in aliased and gene in present for gene in members),
                "missing": len(missing),
                "fraction": found / len(members),
                "missing_genes": ";".join(missing),
            }
        )
    return pd.DataFrame(rows)


def why_not_scorable(index: Index, genes: Sequence[str]) -> str:
    """Return the reason why the index cannot be computed from ``genes``, or an empty string.

    Examples
    --------
    >>> from fatescore.gene_sets import load_index, why_not_scorable
    >>> why_not_scorable(load_index(), ["RUNX2", "ALPL", "COL1A1", "SP7", "PPARG"])
    'adipogenic arm: 1 of 2 genes measured, 2 needed; missing CEBPA'
    """
    present = set(genes)
    reasons = []
    for arm, needed in index.scorable.items():
        rows = index.genes[index.genes["block"].isin(index.state[arm])]
        units = list(dict.fromkeys(rows["unit"]))
        measured = set(rows.loc[rows["symbol"].isin(present), "unit"])
        if len(measured) < needed:
            missing = ", ".join(unit for unit in units if unit not in measured)
            reasons.append(
                f"{arm} arm: {len(measured)} of {len(units)} genes measured, {needed} needed; missing {missing}"
            )
    return "; ".join(reasons)

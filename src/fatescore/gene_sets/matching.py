"""Matching gene sets to the genes of a data set, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from fatescore.gene_sets.index import Index
from fatescore.tables.codes import NoteCode
from fatescore.tables.notes import Note, join_names


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
                "missing_genes": join_names(missing),
            }
        )
    return pd.DataFrame(rows)


def why_not_scorable(index: Index, genes: Sequence[str]) -> list[Note]:
    """Return why the index cannot be computed from ``genes``, a note per arm that is too small; empty where it can.

    Examples
    --------
    >>> from fatescore.gene_sets import load_index, why_not_scorable
    >>> str(why_not_scorable(load_index(), ["RUNX2", "ALPL", "COL1A1", "SP7", "PPARG"])[0])
    'arm_too_small:arm=adipogenic,measured=1,size=2,needed=2,missing=CEBPA'
    """
    present = set(genes)
    notes = []
    for arm, needed in index.scorable.items():
        rows = index.genes[index.genes["block"].isin(index.state[arm])]
        units = list(dict.fromkeys(rows["unit"]))
        measured = set(rows.loc[rows["symbol"].isin(present), "unit"])
        if len(measured) < needed:
            missing = [unit for unit in units if unit not in measured]
            counts = {"arm": arm, "measured": len(measured), "size": len(units), "needed": needed}
            notes.append(Note(NoteCode.ARM_TOO_SMALL, {**counts, "missing": missing}))
    return notes


def not_scorable_message(notes: Iterable[Note]) -> str:
    """Return notes of :func:`why_not_scorable` in English, for the message of an error.

    Examples
    --------
    >>> from fatescore.gene_sets import load_index, not_scorable_message, why_not_scorable
    >>> not_scorable_message(why_not_scorable(load_index(), ["RUNX2", "ALPL", "COL1A1", "SP7", "PPARG"]))
    'adipogenic arm: 1 of 2 genes measured, 2 needed; missing CEBPA'
    """
    template = "{arm} arm: {measured} of {size} genes measured, {needed} needed; missing {genes}"
    return "; ".join(template.format(**note.values, genes=", ".join(note.names("missing"))) for note in notes)

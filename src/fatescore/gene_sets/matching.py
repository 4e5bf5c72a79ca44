"""Matching gene sets to the genes of a data set, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from fatescore.gene_sets import symbols
from fatescore.gene_sets.convert import as_weights
from fatescore.gene_sets.forms import GeneSetDict, GeneSets, renamed
from fatescore.gene_sets.index import Index
from fatescore.tables.codes import NoteCode
from fatescore.tables.notes import Note, join_names
from fatescore.typing import Organism, StrPath

MIN_FOUND = 0.5  # of a set's genes; with fewer its score is that of another set (UCell warns there, too)


@dataclass(frozen=True)
class Found:
    """Which gene of a data set every gene of some sets is.

    Attributes
    ----------
    names
        Gene of the sets -> gene of the data; those that the data lack are left out.
    unclear
        Genes of the sets that were left out as they, or their current symbol, may be several genes.
    """

    names: Mapping[str, str]
    unclear: Sequence[str] = ()

    @property
    def changed(self) -> dict[str, str]:
        """The genes that the data name otherwise."""
        return {gene: name for gene, name in self.names.items() if gene != name}


def find(sets: Mapping[str, Mapping[str, float]], genes: Iterable[str], organism: Organism | None = None) -> Found:
    """Find the genes of sets in a data set: as the data name them, else, with an organism, by their current symbol.

    Former symbols, Ensembl ids and symbols in another case are found on both sides. A name that may be several genes,
    or that several genes of the data may be, is not.

    Examples
    --------
    >>> find({"s": {"CBFA1": 1.0, "SP7": 1.0}}, ["ENSG00000124813", "SP7"], "human").names
    {'SP7': 'SP7', 'CBFA1': 'ENSG00000124813'}
    """
    present = dict.fromkeys(map(str, genes))
    wanted = dict.fromkeys(gene for members in sets.values() for gene in members)
    names = {gene: gene for gene in wanted if gene in present}
    others = [gene for gene in wanted if gene not in present]
    if organism is None or not others:
        return Found(names)
    of_data: dict[str, list[str]] = {}
    for name, (symbol, _) in zip(present, symbols.look_up(present, organism), strict=True):
        of_data.setdefault(symbol, []).append(name)
    unclear = []
    for gene, (symbol, rule) in zip(others, symbols.look_up(others, organism), strict=True):
        candidates = [symbol] if symbol in present else of_data.get(symbol, [])
        if rule == symbols.AMBIGUOUS or len(candidates) > 1:
            unclear.append(gene)
        elif candidates:
            names[gene] = candidates[0]
    return Found(names, unclear)


def match(sets: GeneSets | StrPath, genes: Sequence[str], *, organism: Organism | None = None) -> GeneSetDict:
    """Keep of every set the genes that the data set has, under its names for them.

    Parameters
    ----------
    sets
        As in :func:`as_weights`.
    genes
        Names of the data set's genes.
    organism
        With it a gene that the data do not name so is found by its current symbol: former symbols, Ensembl ids and
        symbols in another case, in the sets and in the data. What may be several genes is not.

    Returns
    -------
    Gene set name -> {gene of the data: weight}; sets keep their name even when nothing is left.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> gene_sets.match({"s": {"SP7": 1.0, "XYZ": 1.0}}, ["SP7", "GAPDH"])
    {'s': {'SP7': 1.0}}
    >>> gene_sets.match({"s": ["Cbfa1"]}, ["Runx2"], organism="mouse")
    {'s': {'Runx2': 1.0}}
    """
    weights = as_weights(sets, organism=organism)
    return matched(weights, find(weights, genes, organism))


def matched(sets: Mapping[str, Mapping[str, float]], found: Found) -> GeneSetDict:
    """Return the sets under the names that were found."""
    return GeneSetDict({name: renamed(name, members, found.names) for name, members in sets.items()})


def coverage(
    sets: GeneSets | StrPath,
    genes: Sequence[str],
    *,
    by_alias: Sequence[str] = (),
    organism: Organism | None = None,
) -> pd.DataFrame:
    """Count found and missing genes per set.

    Parameters
    ----------
    sets, organism
        As in :func:`match`.
    genes
        Symbols of the data set that are measured.
    by_alias
        Those of ``genes`` that carried an alias or a previous symbol in the input.

    Returns
    -------
    One row per set: ``gene_set size found by_alias missing fraction missing_genes``. ``by_alias`` also counts the genes
    that were found by their current symbol.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> table = gene_sets.coverage({"s": {"SP7": 1.0, "XYZ": 1.0}}, ["SP7"])
    >>> table.loc[0, "missing_genes"]
    'XYZ'
    """
    weights = as_weights(sets, organism=organism)
    return covered(weights, find(weights, genes, organism), by_alias=by_alias)


def covered(sets: Mapping[str, Mapping[str, float]], found: Found, *, by_alias: Iterable[str] = ()) -> pd.DataFrame:
    """Return the table of :func:`coverage` of genes that were looked for already."""
    aliased, names = set(by_alias), found.names
    rows = []
    for name, members in sets.items():
        missing = [gene for gene in members if gene not in names]
        rows.append(
            {
                "gene_set": name,
                "size": len(members),
                "found": len(members) - len(missing),
                "by_alias": sum(g in names and (names[g] != g or names[g] in aliased) for g in members),
                "missing": len(missing),
                "fraction": (len(members) - len(missing)) / len(members),
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

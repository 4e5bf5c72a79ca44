"""Names of genes as tables write them: joined with ids and places, with a genome in front, in one of several columns.

What is taken off is one rule for the whole table, and only where many more genes are known without it: ``HLA-A``,
``RP11-34P13.7`` and ``Y_RNA`` are whole names.
"""

from __future__ import annotations

from collections import Counter

import pandas as pd

from fatescore import organisms
from fatescore.errors import few
from fatescore.ingest.genome_prefix import species_in
from fatescore.ingest.name_parts import CLEARLY, PASSES, cut_names, sample_of, score, without_others
from fatescore.typing import Organism


def plain_names(ids: list[str], organism: Organism | None = None) -> tuple[list[str], str]:
    """Return the part of every name that names the gene.

    Parameters
    ----------
    ids
        Names of genes as a table has them; repeats are allowed.
    organism
        Whose genes they are: features of other genomes (``mm10_Runx2``) get an empty name. ``None``: of the organism
        that knows most of them.

    Returns
    -------
    One name per id, in the order given, and what was done for a note; the ids themselves and an empty text where the
    names are better known as they are.

    Examples
    --------
    >>> plain_names(["gene-RUNX2", "gene-HLA-A"], "human")
    (['RUNX2', 'HLA-A'], '2 names were cut to the part that names the gene: gene-RUNX2 to RUNX2, gene-HLA-A to HLA-A')
    """
    unique = list(dict.fromkeys(ids))
    of = organism or _organism_of(unique)
    plain: dict[str, str] = dict(zip(unique, unique, strict=True))
    told: list[str] = []
    for step in (without_others, *[cut_names] * PASSES):
        names = list(dict.fromkeys(name for name in plain.values() if name))
        new, done = step(names, of)
        if done:
            plain = {name: new.get(now, now) for name, now in plain.items()}
            told.append(done)
    return [plain[name] for name in ids], "; ".join(told)


def best_names(candidates: dict[str, list[str]], organism: Organism | None = None) -> str:
    """Return which of several columns names genes best: that with the most known ones.

    Parameters
    ----------
    candidates
        The texts of every column.
    organism
        Whose genes they are; ``None`` when that is open.

    Returns
    -------
    Name of a column, the first of equals; an empty text when fewer than a tenth of the names of any are known.

    Examples
    --------
    >>> best_names({"n": ["1", "225"], "chr": ["chr6", "chr1"], "symbol": ["RUNX2", "ALPL"]}, "human")
    'symbol'
    """
    shares = {column: share_known(names, organism) for column, names in candidates.items()}
    best = max(shares, key=lambda column: shares[column], default="")
    return best if best and shares[best] >= CLEARLY else ""


def names_of_features(
    features: pd.DataFrame, organism: Organism | None, notes: list[str]
) -> tuple[list[str], list[str]]:
    """Return names and second names (possibly none) of features from the index and the columns that describe them.

    Parameters
    ----------
    features
        The ``var`` of an AnnData, or its like.
    organism
        Whose genes they are; ``None`` when that is open.
    notes
        Receives which column serves instead of an index that names no genes.

    Examples
    --------
    >>> var = pd.DataFrame({"features": ["RUNX2", "ALPL"], "chr": ["chr6", "chr1"]}, index=["0", "1"])
    >>> names_of_features(var, "human", notes := []), notes
    ((['RUNX2', 'ALPL'], []), ['the genes are named by the column "features": the index has 0, 1'])
    """
    ids = [str(name) for name in features.index]
    texts = features.select_dtypes(exclude=["number", "bool", "datetime", "timedelta"])
    columns = {str(column): [str(value) for value in texts[column]] for column in texts}
    best = best_names(columns, organism)
    if not best:
        return ids, []
    if share_known(ids, organism) >= CLEARLY:
        return ids, columns[best]
    notes.append(f'the genes are named by the column "{best}": the index has {few(ids, 3)}')
    return columns[best], []


def share_known(names: list[str], organism: Organism | None = None) -> float:
    """Return the share (0 to 1) of names that are a gene's, decorated or not; a gene counts once.

    Examples
    --------
    >>> share_known(["RUNX2", "ALPL__chr1", "HLA-A", "PROBE_7"], "human")
    0.75
    """
    sample = sample_of(list(dict.fromkeys(names)))
    return max((_best(sample, one)[1] for one in ([organism] if organism else organisms.names())), default=0.0)


def _organism_of(names: list[str]) -> Organism:
    sample = sample_of(names)
    counted = Counter(species for name in sample for species in species_in(name) if species in organisms.names())
    for species, n in counted.most_common(1):
        if n >= CLEARLY * len(sample):
            return species
    return max(organisms.names(), key=lambda one: _best(sample, one)[1])


def _best(sample: list[str], organism: Organism) -> tuple[list[str], float]:
    """Return the plain names of a sample and their score, without a word."""
    for step in (without_others, *[cut_names] * PASSES):
        new, done = step(sample, organism)
        sample = [new.get(name, name) for name in sample] if done else sample
    return sample, score(sample, organism)

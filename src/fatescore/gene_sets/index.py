"""The indices: how sets form arms and groups, and arms and groups form measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from fatescore import organisms
from fatescore.errors import InputError, nearest
from fatescore.gene_sets.collection import definition, extended, load, members, mirna_targets
from fatescore.tables.codes import NoteCode
from fatescore.tables.notes import Note
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
        One of :func:`fatescore.organisms.names`.
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
    organisms.get(organism)
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


def without_ortholog(name: str, compared: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    """Return the genes of an index that not every organism has: what a comparison of organisms loses.

    Parameters
    ----------
    name
        Name of the index.
    compared
        Organisms.

    Returns
    -------
    The organisms that have the genes -> their symbols in the first of these, sorted. Empty where nothing is lost.

    Examples
    --------
    >>> without_ortholog("extended", ["human", "mouse", "rat"])
    {}
    >>> without_ortholog("review", ["human", "mouse"])[("human",)]
    ['CASC2', 'CYTOR', 'UCA1', 'ZNF350']
    """
    wanted = sorted(set(compared))
    scored = {organism: set(load_index(name, organism=organism).genes["symbol"]) for organism in wanted}
    lost: dict[tuple[str, ...], set[str]] = {}
    for gene in _genes_of_sets():
        found = {one: scored[one].intersection(organisms.symbols_of(gene, one)) for one in wanted}
        having = tuple(one for one, symbols in found.items() if symbols)
        if having and len(having) < len(wanted):
            lost.setdefault(having, set()).update(found[having[0]])
    return {having: sorted(lost[having]) for having in sorted(lost)}


def loss_between(compared: Iterable[str], name: str = DEFAULT_INDEX) -> list[Note]:
    """Return which genes of an index a comparison of organisms loses; empty where it loses none.

    Examples
    --------
    >>> loss_between(["mouse", "human"]), loss_between(["human"], "review")
    ([], [])
    >>> loss_between(["mouse", "human"], "review")[0].names("human")
    ('CASC2', 'CYTOR', 'UCA1', 'ZNF350')
    """
    wanted = sorted(set(compared))
    lost = without_ortholog(name, wanted) if len(wanted) > 1 else {}
    genes = {"+".join(having): symbols for having, symbols in lost.items()}
    return [Note(NoteCode.ORTHOLOG_LOSS, {"index": name, "organisms": wanted, **genes})] if lost else []


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
    units = _units(organism)
    rows, taken = [], set()
    for block in blocks:
        for symbol, weight in sets.get(block, {}).items():
            if symbol not in taken:
                taken.add(symbol)
                sign = -1.0 if weight < 0 else 1.0
                rows.append({"symbol": symbol, "unit": units.get(symbol, symbol), "block": block, "sign": sign})
    return pd.DataFrame(rows, columns=["symbol", "unit", "block", "sign"])


def _units(organism: Organism) -> dict[str, str]:
    """Return symbol -> the human gene it counts for, where one human gene has several in the organism."""
    several = {gene: symbols for gene in _genes_of_sets() if len(symbols := organisms.symbols_of(gene, organism)) > 1}
    return {symbol: gene for gene, symbols in several.items() for symbol in symbols}


def _genes_of_sets() -> list[str]:
    tables = pd.concat([members(), extended(), mirna_targets()])
    return [str(gene) for gene in tables["gene"].unique() if gene]

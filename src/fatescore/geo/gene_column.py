"""The column of a platform's table that names genes, chosen by what it holds: titles are no proof."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from fatescore import organisms
from fatescore.errors import InputError, few
from fatescore.gene_sets import symbols
from fatescore.missing import is_missing
from fatescore.typing import Organism

# In order of trust. ILMN_Gene is Illumina's name.
_USUAL = (
    "gene symbol", "gene_symbol", "genesymbol", "symbol", "ilmn_gene", "gene name", "gene_name", "gene_sym", "gene",
    "gene_assignment",
)  # fmt: skip
_SEPARATOR = re.compile(r"///|[;|,]")
_IN_TITLE = re.compile(r"\(([^()\s]+)\),")  # "Homo sapiens RUNX family transcription factor 2 (RUNX2), mRNA."
_MOST_COLUMNS = 200  # that are looked at; platforms have at most some dozens
_SHOWN = 12
_MANY = 2_000  # rows that are looked at
_LEAST_KNOWN = 0.3  # of the names in a column of gene names; clones and loci without a symbol are common
_LEAST_ROWS = 0.05  # of the rows name a known gene of their own: a column of codes knows the same few
_NEARLY = 0.8  # as many known genes as the best column: then a usual title decides
_RULES = (symbols.APPROVED, symbols.CASE, symbols.ENSEMBL, symbols.PREVIOUS)


def gene_column(table: pd.DataFrame, organism: Organism | None = None) -> pd.Series[str]:
    """Return the column that names genes, unsplit, named by its title; its first column holds the probes.

    Of the columns whose names are known genes of the organism, or else of any, the one with most of them is taken; of
    several with nearly as many, that with a usual title. Numbers, such as NCBI's GeneIDs, are no names.

    Raises
    ------
    InputError
        When no column names known genes.

    Examples
    --------
    >>> table = pd.DataFrame({"ID": ["p1", "p2"], "GENE": ["860", "5468"], "ORF": ["RUNX2", "PPARG"]})
    >>> gene_column(table).to_list()
    ['RUNX2', 'PPARG']
    """
    columns = list(_readings(table))
    found = _best(columns, [organism]) if organism else None
    found = _best(columns, list(organisms.names())) if found is None else found
    if found is None:
        raise InputError(
            f"the platform names no known genes; its columns are {_shown(table)}",
            expected="a column of gene symbols or Ensembl gene ids",
            fix="write a table of ID and Gene symbol yourself",
        )
    return found


def split_symbols(text: str) -> list[str]:
    """Return the distinct symbols of one annotation cell.

    Examples
    --------
    >>> split_symbols("PMF1-BGLAP /// PMF1 /// BGLAP"), split_symbols("---")
    (['PMF1-BGLAP', 'PMF1', 'BGLAP'], [])
    """
    parts = (part.strip() for part in _SEPARATOR.split(str(text)))
    return list(dict.fromkeys(part for part in parts if not is_missing(part)))


def _readings(table: pd.DataFrame) -> Iterator[pd.Series[str]]:
    """Yield every column as text; one of Affymetrix's records in both ways that they give a symbol."""
    for place in range(1, min(table.shape[1], _MOST_COLUMNS)):
        column = table.iloc[:, place].astype(object).where(table.iloc[:, place].notna(), "").astype(str).str.strip()
        filled = column[~column.map(is_missing).astype(bool)]
        if filled.str.contains(" // ", regex=False).mean() > 0.5:
            yield column.map(_from_assignment)
            yield column.map(_from_titles)
        elif len(filled):
            yield column


def _best(columns: list[pd.Series[str]], known_in: list[Organism]) -> pd.Series[str] | None:
    counts = np.array([_n_known(column, known_in) for column in columns])
    if not counts.any():
        return None
    near = [column for column, n in zip(columns, counts, strict=True) if n >= _NEARLY * counts.max()]
    usual = [title for title in _USUAL for column in near if str(column.name).casefold() == title]
    chosen = [column for column in near if usual and str(column.name).casefold() == usual[0]]
    return (chosen or [columns[int(counts.argmax())]])[0]


def _n_known(column: pd.Series[str], known_in: list[Organism]) -> int:
    """Return how many different known genes a column names, 0 where that is too few for a column of names."""
    rows = column.iloc[:: max(1, len(column) // _MANY)]
    first = [names[0] for names in map(split_symbols, rows) if names]
    names = sorted(set(first))
    n_known = max((int(symbols.resolve(names, one)["mapped_by"].isin(_RULES).sum()) for one in known_in), default=0)
    return n_known if n_known >= _LEAST_KNOWN * len(names) and n_known >= _LEAST_ROWS * len(rows) else 0


def _from_assignment(cell: str) -> str:
    """Return the symbols of ``gene_assignment``: ``accession // SYMBOL // title /// accession ...``."""
    records = [record.split(" // ") for record in cell.split("///")]
    return "///".join(dict.fromkeys(record[1].strip() for record in records if len(record) > 1))


def _from_titles(cell: str) -> str:
    """Return the symbols of ``mrna_assignment``: ``accession // RefSeq // ... title (SYMBOL), mRNA. // ...``."""
    found = (_IN_TITLE.findall(record) for record in cell.split("///"))
    return "///".join(dict.fromkeys(names[-1] for names in found if names))


def _shown(table: pd.DataFrame) -> str:
    """Name the columns, each with its first value."""
    parts = []
    for place, title in enumerate(table.columns[:_SHOWN]):
        text = table.iloc[:, place].dropna().astype(str)
        first = next((cell for cell in text if cell.strip()), "")
        parts.append(f'{title} ("{first[:30]}{"..." if len(first) > 30 else ""}")' if first else f"{title} (empty)")
    return few([*parts, *table.columns[_SHOWN:]], _SHOWN)

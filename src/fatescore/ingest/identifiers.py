"""From the feature names in the data to genes with current symbols; features of one gene become one."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from fatescore.errors import InputError, few
from fatescore.gene_sets import symbols
from fatescore.gene_sets.name_errors import name_error
from fatescore.geo.gene_column import split_symbols
from fatescore.geo.platform import one_symbol
from fatescore.ingest.feature_merging import Genes, highest, summed
from fatescore.ingest.gene_names import plain_names
from fatescore.ingest.name_checks import check_known, drop_errors, keep_apart
from fatescore.ingest.unique_suffixes import rejoin
from fatescore.tables import columns as col
from fatescore.typing import BoolArray, Matrix, Organism, Scale

_QUOTES = " \t\xa0\ufeff\u200b\"'`"  # Excel's apostrophe, R's backticks


def to_genes(
    matrix: Matrix,
    ids: list[str],
    organism: Organism,
    scale: Scale,
    *,
    other_names: list[str] | None = None,
    annotation: pd.Series[str] | None = None,
    keep_genes: Collection[str] = (),
) -> Genes:
    """Name features by current symbol and merge those of one gene.

    Counts and TPM of one gene are summed. For intensities and log values the feature with the highest mean over all
    samples stands for the gene, chosen blind to groups. An alias yields to the symbol itself when the table has
    both: the two rows are then two genes to whoever wrote it; so does another species' spelling (``Runx2``).

    Names and annotation are those of :class:`~fatescore.ingest.matrix.Raw`; a second name is used where the first is
    not known. ``keep_genes`` are being scored: kept from a probe that also lists their read-through transcript.
    ``matrix`` may be :class:`~fatescore.ingest.blocks.Blocks` where features are summed.
    """
    if not ids:
        raise InputError("there are no genes", expected="current or former gene symbols, or Ensembl gene ids")
    names, notes = _names(ids, annotation, keep_genes, organism)
    second, done = plain_names(other_names or [], organism)
    foreign = _emptied(other_names or [""] * len(ids), second or [""] * len(ids))
    left_out = foreign | _emptied(ids, names)
    notes += [done] if foreign.any() else []
    table = _resolve(names, second, organism)
    table["original"] = ids
    table.loc[left_out, ["symbol", "mapped_by"]] = "", symbols.UNMAPPED
    notes += check_known(names, table, organism)
    notes += keep_apart(table, names, organism)
    notes += [] if second else rejoin(table, names)
    notes += drop_errors(table, left_out)
    notes += _par_note(ids, table)
    genes = summed(matrix, table) if scale in ("counts", "tpm") else highest(matrix, table, notes, keep_genes)
    ambiguous = genes.var.index[genes.var[col.MAPPED_BY] == symbols.AMBIGUOUS]
    if len(ambiguous):
        notes.append(
            f"{len(ambiguous)} names could mean several genes and were left as they are: {few(list(ambiguous))}"
        )
    return Genes(genes.matrix, genes.var, notes)


def scored_genes(organism: Organism) -> frozenset[str]:
    """Return every gene of the review's sets."""
    from fatescore import gene_sets

    return frozenset(gene for genes in gene_sets.load("review", organism=organism).values() for gene in genes)


def _names(
    ids: list[str], annotation: pd.Series[str] | None, keep_genes: Collection[str], organism: Organism
) -> tuple[list[str], list[str]]:
    """Return one gene name per feature, empty for none, and notes."""
    if annotation is not None:
        cells = [str(cell) for cell in annotation]
    elif any("///" in name for name in ids):
        cells = [name if "///" in name else "" for name in ids]
    else:
        names, done = plain_names([name.strip(_QUOTES) for name in ids], organism)
        return names, [done] if done else []
    unique = {cell: one_symbol(split_symbols(cell), keep_genes) for cell in set(cells)}
    names = [unique[cell] if annotation is not None or cell else name for cell, name in zip(cells, ids, strict=True)]
    several = sum(not name and len(split_symbols(cell)) > 1 for name, cell in zip(names, cells, strict=True))
    none = sum(not name for name in names) - several
    notes = [f"{several} features that measure several genes were dropped"] if several else []
    if none:
        notes.append(f"{none} features without a gene were dropped")
    rescued = sorted({name for name, cell in zip(names, cells, strict=True) if name and len(split_symbols(cell)) > 1})
    if rescued:
        notes.append(f"kept from a read-through probe: {few(rescued)}")
    return names, notes


def _resolve(names: list[str], other: list[str], organism: Organism) -> pd.DataFrame:
    table = symbols.resolve(names, organism).reset_index(drop=True)
    if other:
        second = symbols.resolve(other, organism).reset_index(drop=True)
        use = ~symbols.mapped(table["mapped_by"]) & symbols.mapped(second["mapped_by"])
        table = table.where(~use, second)
        # 10x names a gene that the reference no longer lists; its symbol reads better than its id.
        blank = ~symbols.mapped(table["mapped_by"]) & ~second["symbol"].map(name_error).astype(bool)
        fresh = blank & ~second["symbol"].isin(table["symbol"]) & ~second["symbol"].duplicated(keep=False)
        table.loc[fresh, "symbol"] = second.loc[fresh, "symbol"]
    return table


def _emptied(given: list[str], plain: list[str]) -> BoolArray:
    """Tell which features are not looked at: those of another species, and probes of several genes or none."""
    return np.array([not name and bool(before.strip(_QUOTES)) for before, name in zip(given, plain, strict=True)])


def _par_note(ids: list[str], table: pd.DataFrame) -> list[str]:
    """Say that genes of the pseudoautosomal regions have rows on X and Y, which are one gene here."""
    second = [position for position, name in enumerate(ids) if "_PAR_Y" in name]
    genes = list(dict.fromkeys(table["symbol"].iloc[second][symbols.mapped(table["mapped_by"].iloc[second])]))
    if not genes:
        return []
    return [f"{len(genes)} genes have rows on X and on Y (_PAR_Y), which were taken as rows of one gene: {few(genes)}"]

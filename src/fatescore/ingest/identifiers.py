"""From the feature names in the data to genes with current symbols; features of one gene become one."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import organisms
from fatescore.errors import InputError, few
from fatescore.gene_sets import symbols
from fatescore.geo.gene_column import split_symbols
from fatescore.geo.platform import best_rows, one_symbol
from fatescore.ingest.blocks import Blocks
from fatescore.tables import columns as col
from fatescore.typing import FloatArray, Matrix, Organism, Scale

_DATE = re.compile(r"\d{1,2}-(Mar|Sep|Dec|Oct|Apr|Nov|Feb)|(Mar|Sep|Dec|Oct|Apr|Nov|Feb)-\d{1,2}", re.IGNORECASE)
_TRUST = {rule: rank for rank, rule in enumerate((*symbols.MAPPED, symbols.AMBIGUOUS, symbols.UNMAPPED))}


@dataclass(frozen=True)
class Genes:
    """Features turned into genes.

    ``matrix``: observations x genes, or :class:`Blocks` of them. ``var``: indexed by symbol, with ``original_id``,
    ``mapped_by`` and ``n_features`` (how many features the gene had). ``notes``: what was dropped or left alone.
    """

    matrix: Matrix
    var: pd.DataFrame
    notes: list[str] = field(default_factory=list)


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
    both: the two rows are then two genes to whoever wrote it.

    Names and annotation are those of :class:`~fatescore.ingest.matrix.Raw`; a second name is used where the first is
    not known. ``keep_genes`` are being scored: kept from a probe that also lists their read-through transcript.
    ``matrix`` may be :class:`Blocks` where features are summed.
    """
    if not ids:
        raise InputError("there are no genes", expected="current or former gene symbols, or Ensembl gene ids")
    names, notes = _names(ids, annotation, keep_genes, organism)
    table = _resolve(names, other_names or [], organism)
    known = symbols.mapped(table["mapped_by"])
    if not known.any():
        raise _nothing_known(names, ids, organism)
    _check_other_organism(table, organism, names)
    own = set(table.loc[known & (table["mapped_by"] != symbols.ALIAS), "symbol"])
    double = (table["mapped_by"] == symbols.ALIAS) & table["symbol"].isin(own)
    table.loc[double, "symbol"] = [name for name, twice in zip(names, double, strict=True) if twice]
    table.loc[double, "mapped_by"] = symbols.AMBIGUOUS
    table["original"] = ids
    table.loc[[not name for name in names], "symbol"] = ""
    dates = [name for name in names if _DATE.fullmatch(name)]
    if dates:
        notes.append(f"{len(dates)} names are dates, which Excel makes of genes such as MARCHF1: {few(dates)}")
    genes = _summed(matrix, table) if scale in ("counts", "tpm") else _highest(matrix, table, notes, keep_genes)
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
        return _before_pipe(ids, organism), []
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


def _before_pipe(ids: list[str], organism: Organism) -> list[str]:
    if sum("|" in name for name in ids) < len(ids) / 2:
        return ids
    parts = [[part.strip() for part in name.split("|")] for name in ids]
    sample = parts[:: max(1, len(parts) // 2000)]
    best, most = 0, -1.0
    for position in range(max(len(part) for part in sample)):
        share = symbols.fraction_known((part[position] for part in sample if len(part) > position), organism)
        if share > most:
            best, most = position, share
    return [part[best] if len(part) > best else part[0] for part in parts]


def _resolve(names: list[str], other: list[str], organism: Organism) -> pd.DataFrame:
    table = symbols.resolve(names, organism).reset_index(drop=True)
    if other:
        second = symbols.resolve(other, organism).reset_index(drop=True)
        use = ~symbols.mapped(table["mapped_by"]) & symbols.mapped(second["mapped_by"])
        table = table.where(~use, second)
        # 10x names a gene that the reference no longer lists; its symbol reads better than its id.
        blank = ~symbols.mapped(table["mapped_by"]) & (second["symbol"] != "")
        fresh = blank & ~second["symbol"].isin(table["symbol"]) & ~second["symbol"].duplicated(keep=False)
        table.loc[fresh, "symbol"] = second.loc[fresh, "symbol"]
    return table


def _summed(matrix: Matrix, table: pd.DataFrame) -> Genes:
    table = table.reset_index(drop=True)
    rows = np.flatnonzero(table["symbol"] != "")
    codes, genes = pd.factorize(table["symbol"].iloc[rows])
    pick = sp.csr_matrix((np.ones(len(rows)), (rows, codes)), shape=(len(table), len(genes)))
    summed = matrix @ pick
    part = table.iloc[rows].assign(rank=table["mapped_by"].iloc[rows].map(_TRUST))
    groups = part.groupby("symbol", sort=False)
    var = pd.DataFrame(
        {
            col.ORIGINAL_ID: groups["original"].agg(";".join),
            col.MAPPED_BY: part.sort_values("rank", kind="stable").groupby("symbol")["mapped_by"].first(),
            "n_features": groups.size(),
        }
    ).reindex(genes)
    if not isinstance(summed, Blocks):
        summed = sp.csr_matrix(summed) if sp.issparse(summed) else np.asarray(summed)
    return Genes(summed, var.rename_axis(None))


def _highest(matrix: Matrix, table: pd.DataFrame, notes: list[str], keep_genes: Collection[str]) -> Genes:
    values: FloatArray = np.asarray(matrix.todense() if sp.issparse(matrix) else matrix, dtype=float)
    chosen, record = best_rows(values.T, table["symbol"])
    kept = values[:, chosen]
    part = table.iloc[chosen]
    var = pd.DataFrame(
        {
            col.ORIGINAL_ID: part["original"].to_numpy(),
            col.MAPPED_BY: part["mapped_by"].to_numpy(),
            "n_features": record["n_probes"].to_numpy(),
        },
        index=pd.Index(part["symbol"].to_numpy(), dtype=object),
    )
    whole = np.asarray(np.isfinite(kept).all(axis=0), dtype=bool)
    if not whole.any():
        raise InputError(
            "every gene has missing values", expected="genes with a value in every sample",
            fix="leave out the sample without values",
        )  # fmt: skip
    if not whole.all():
        lost = list(var.index[~whole])
        scored = [gene for gene in lost if gene in keep_genes]
        notes.append(f"{len(lost)} genes with missing values were dropped{': ' + few(scored) if scored else ''}")
    return Genes(kept[:, whole], var.loc[whole])


def _nothing_known(names: list[str], ids: list[str], organism: Organism) -> InputError:
    shown = few([name for name in dict.fromkeys(names) if name][:5] or ids[:5], 5)
    other, share = _other_organism(names, organism)
    hint = "check which column names the genes"
    if share > 0.3:
        hint = f"set organism to {other}: the names are {other} genes"
    return InputError(
        f"no {organism} gene is known among {len(ids)} names such as {shown}",
        expected="current or former gene symbols, or Ensembl gene ids",
        fix=hint,
    )


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

"""Features of one gene become one: summed, or the highest of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.gene_sets import symbols
from fatescore.geo.platform import best_rows
from fatescore.ingest.blocks import Blocks
from fatescore.tables import columns as col
from fatescore.typing import FloatArray, Matrix

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


def summed(matrix: Matrix, table: pd.DataFrame) -> Genes:
    """Add the features of one gene: ``table`` has ``symbol`` (empty: none), ``mapped_by``, ``original`` of each."""
    table = table.reset_index(drop=True)
    rows = np.flatnonzero(table["symbol"] != "")
    codes, genes = pd.factorize(table["symbol"].iloc[rows])
    pick = sp.csr_matrix((np.ones(len(rows)), (rows, codes)), shape=(len(table), len(genes)))
    added = matrix @ pick
    part = table.iloc[rows].assign(rank=table["mapped_by"].iloc[rows].map(_TRUST))
    originals: dict[str, list[str]] = {gene: [] for gene in genes}
    for gene, original in zip(part["symbol"], part["original"], strict=True):
        originals[gene].append(original)
    best = part.sort_values("rank", kind="stable").drop_duplicates("symbol").set_index("symbol")
    var = pd.DataFrame(
        {
            col.ORIGINAL_ID: list(map(";".join, originals.values())),
            col.MAPPED_BY: best["mapped_by"].reindex(genes).to_numpy(),
            "n_features": list(map(len, originals.values())),
        },
        index=pd.Index(genes, dtype=object),
    )
    if not isinstance(added, Blocks):
        added = sp.csr_matrix(added) if sp.issparse(added) else np.asarray(added)
    return Genes(added, var)


def highest(matrix: Matrix, table: pd.DataFrame, notes: list[str], keep_genes: Collection[str]) -> Genes:
    """Keep of every gene the feature with the highest mean; genes with a gap are dropped and noted."""
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

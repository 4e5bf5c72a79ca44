"""Numbers that software adds to repeated names of genes: ``RUNX2.1`` in R and pandas, ``RUNX2-1`` in scanpy."""

from __future__ import annotations

import re
from collections import defaultdict

import pandas as pd

from fatescore.errors import few
from fatescore.gene_sets import symbols
from fatescore.ingest.genome_prefix import LONGEST

_NUMBERED = re.compile(r"(.+?)([.-]|_dup)([1-9]\d?)")
_OWN = (symbols.APPROVED, symbols.CASE, symbols.PREVIOUS)


def rejoin(table: pd.DataFrame, names: list[str]) -> list[str]:
    """Give rows of a repeated name back to their gene, and return notes.

    ``table`` has ``symbol`` and ``mapped_by`` of every name. A number is taken for such a one only where the name is
    unknown with it, the name without it is another row's and a gene's, and the numbers count from 1 without a gap:
    ``NKX2-1``, ``RP11-34P13.7`` and ``RUNX2-201`` stay as they are.
    """
    rules = list(table["mapped_by"])
    row_of = {name: row for row, (name, rule) in enumerate(zip(names, rules, strict=True)) if rule in _OWN}
    repeats: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for row, (name, rule) in enumerate(zip(names, rules, strict=True)):
        numbered = _NUMBERED.fullmatch(name) if rule == symbols.UNMAPPED and len(name) <= LONGEST else None
        if numbered and numbered[1] in row_of:
            repeats[numbered[1], numbered[2]][int(numbered[3])] = row
    gene_of = {
        row: row_of[base]
        for (base, _), rows in repeats.items()
        if sorted(rows) == list(range(1, len(rows) + 1))
        for row in rows.values()
    }
    if not gene_of:
        return []
    again = list(gene_of)
    table.loc[again, ["symbol", "mapped_by"]] = table.loc[list(gene_of.values()), ["symbol", "mapped_by"]].to_numpy()
    shown = few([names[row] for row in again])
    return [f"{len(again)} names repeat a gene with a number behind it, and were taken as rows of that gene: {shown}"]

"""Tables of observations x genes: how they are told from genes x samples, and which of their columns are genes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fatescore import organisms
from fatescore.errors import few
from fatescore.gene_sets import symbols
from fatescore.ingest.gene_names import plain_names, share_known

_MANY = 20  # samples may be called CD4 or CD14, but not more than twenty of them
_FEWEST = 3
_CLEAR = 0.9  # of fewer names nearly all must be genes, and no row
_HARDLY = 0.05


@dataclass(frozen=True)
class Across:
    """``genes``: observations x genes. ``obs``: the columns that describe observations. ``notes``."""

    genes: pd.DataFrame
    obs: pd.DataFrame
    notes: list[str]


def has_genes_in_columns(columns: list[str], rows: list[str], others: list[str]) -> bool:
    """Tell whether columns are named by genes and rows are not; ``others`` are second names of the rows."""
    if len(columns) < _FEWEST:
        return False
    across = share_known(columns)
    if across <= 0.3:
        return False
    down = max(share_known(rows), share_known(others))
    if len(columns) > _MANY and across * len(columns) > _MANY:
        return across > 2 * down
    return across >= _CLEAR and down < _HARDLY and not all(name.isdecimal() for name in rows)


def split_across(data: pd.DataFrame, text: pd.DataFrame) -> Across:
    """Split a table of observations x genes (``data``) with columns of words (``text``).

    Columns of numbers before the first known gene and behind the last (depth, clusters) describe the observations:
    as genes they would falsify the depth.
    """
    names = pd.Index([str(name) for name in data.columns])
    known = np.flatnonzero(_known(list(names)))
    inside = np.full(len(names), not len(known))
    if len(known):
        inside[known[0] : known[-1] + 1] = True
    notes = ["rows are observations and columns genes: the table was transposed"]
    naming = [name for name in text if text[name].notna().all() and text[name].is_unique] if _counts(data.index) else []
    if len(naming) == 1:
        data, text = (part.set_axis(pd.Index(text[naming[0]], dtype=object)) for part in (data, text))
        notes.append(f'observations are named by the column "{naming[0]}"; the first column counts them')
    obs = pd.concat([text, data.loc[:, ~inside]], axis=1)
    if len(obs.columns):
        notes.append(f"columns that describe observations, not genes: {few([str(name) for name in obs.columns])}")
    return Across(data.loc[:, inside], obs, notes)


def _counts(rows: pd.Index[str]) -> bool:
    """Tell whether names of rows are their numbers."""
    return any(list(rows) == [str(place + start) for place in range(len(rows))] for start in (0, 1))


def _known(names: list[str]) -> np.ndarray:
    plain, _ = plain_names(names)
    organism = max(organisms.names(), key=lambda organism: symbols.fraction_known(plain, organism))
    rules = symbols.resolve(plain, organism)["mapped_by"]
    return np.asarray(rules.isin([symbols.APPROVED, symbols.ENSEMBL, symbols.CASE]), dtype=bool)

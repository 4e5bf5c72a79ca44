"""Tables that lie across: observations in rows, genes in columns, and columns about the observations among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.gene_sets import symbols
from fatescore.ingest._raw import Raw, few, samples_of
from fatescore.typing import ORGANISMS

_LEAST = 20  # samples may be called CD4 or CD14, but not twenty of them


def lies_across(data: pd.DataFrame) -> bool:
    """Tell whether the columns of a table name genes, and its rows do not."""
    if len(data.columns) <= _LEAST:
        return False
    rows, columns = _share_known(list(data.index)), _share_known(list(data.columns))
    return columns > 0.3 and columns > 2 * rows and columns * len(data.columns) > _LEAST


def turned(data: pd.DataFrame, text: pd.DataFrame, path: Path, sample_key: str, only_sample: str) -> Raw:
    """Hand over a table that lies across.

    Columns of numbers before the first known gene and behind the last (depth, clusters) tell of the observations:
    as genes they would falsify the depth.

    Parameters
    ----------
    data
        Observations x columns of numbers.
    text
        The columns of words, for the same rows.
    path
        Where the table was read from.
    sample_key, only_sample
        See :func:`fatescore.ingest._raw.samples_of`.
    """
    names = pd.Index([str(name) for name in data.columns])
    known = np.flatnonzero(_known(list(names)))
    inside = np.zeros(len(names), dtype=bool)
    inside[known[0] : known[-1] + 1] = True
    obs = pd.concat([text, data.loc[:, ~inside]], axis=1)
    columns = samples_of(obs, sample_key, only_sample, path)
    values = data.loc[:, inside].to_numpy(dtype=float)
    notes = ["rows are observations and columns genes: the table was turned"]
    if len(obs.columns):
        notes.append(f"columns that tell of observations, not of genes: {few([str(name) for name in obs.columns])}")
    return Raw(
        matrix=sp.csr_matrix(values) if np.isfinite(values).all() else values,
        ids=list(names[inside]),
        columns=columns,
        barcodes=[str(name) for name in data.index] if len(set(columns)) < len(columns) else [],
        obs=obs if len(obs.columns) else None,
        inputs=[path],
        notes=notes,
    )


def _share_known(names: list[str]) -> float:
    sample = [str(name) for name in names[:: max(1, len(names) // 2000)]]
    return max(symbols.fraction_known(sample, organism) for organism in ORGANISMS)


def _known(names: list[str]) -> np.ndarray:
    organism = max(ORGANISMS, key=lambda organism: symbols.fraction_known(names, organism))
    rules = symbols.resolve(names, organism)["mapped_by"]
    return np.asarray(rules.isin([symbols.APPROVED, symbols.ENSEMBL]), dtype=bool)

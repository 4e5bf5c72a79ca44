"""All genes of a data set, for the look at how many of them differ between two conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from fatescore.cli._h5ad import open_ingested
from fatescore.errors import InputError
from fatescore.tables import columns as col
from fatescore.typing import FloatArray


@dataclass(frozen=True)
class Expression:
    """Log values (rows x genes) and the donor and condition of each row."""

    log_values: FloatArray
    rows: pd.DataFrame


def read_expression(path: Path, scored: pd.DataFrame) -> Expression:
    """Read ``normalised.h5ad`` of samples, or ``pseudobulk.h5ad`` of cells, of which the stromal ones are taken.

    Rows that were not scored (``scored`` has one row per scored sample) are left out.
    """
    from fatescore.pp.markers import STROMAL

    adata, facts = open_ingested(path)
    keys = [key for key in (col.SAMPLE, col.DONOR, col.CONDITION) if key in adata.obs]
    if facts["assay"] == "single_cell" and "n_obs" not in adata.obs:
        raise InputError(f"{path} holds cells, which are not replicates", fix="give pseudobulk.h5ad")
    if col.DONOR not in keys or col.CONDITION not in keys:
        raise InputError(f"{path}: obs lacks donor or condition", expected="a file of fatescore normalise")
    rows = adata.obs[keys].astype(str)
    known = pd.MultiIndex.from_frame(scored[keys].astype(str))
    kept = pd.MultiIndex.from_frame(rows).isin(known)
    if col.CELL_TYPE in adata.obs:
        kept &= (adata.obs[col.CELL_TYPE] == STROMAL).to_numpy()
    X = adata[np.nonzero(kept)[0]].to_memory().X
    values = np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=np.float64)
    return Expression(values, rows[kept])


def with_all_genes(
    audit: pd.DataFrame, expression: Expression | None, sides: Mapping[str, str], names: Mapping[str, str], seed: int
) -> pd.DataFrame:
    """Add to the audit how many of all genes differ, where their values were given."""
    from fatescore import stats

    if expression is None:
        return audit
    condition = expression.rows[col.CONDITION]
    chosen = condition.isin(list(sides.values())).to_numpy()
    shift = stats.expression_shift(
        expression.log_values[chosen],
        (condition[chosen] == sides["case"]).to_numpy(),
        expression.rows[col.DONOR][chosen].tolist(),
        seed=seed,
    )
    return stats.add_evidence(audit, shift, **names)

"""How far the index of cells goes with their depth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.tables import columns as col

MIN_CELLS = 10  # of fewer a correlation is noise


def depth_correlation(
    table: pd.DataFrame,
    *,
    by: str | Sequence[str] = col.SAMPLE,
    measure: str = col.FATE_BIAS,
    depth: str = col.TOTAL_COUNTS,
) -> pd.DataFrame:
    """Correlate the index with depth among the cells of one type (Spearman).

    Deep cells show more genes, so an index may go with depth where fate does not. Cells are ranked within their type,
    so that a difference of types does not count; where a group holds several types their correlations are pooled
    by the number of cells.

    Parameters
    ----------
    table
        One row per cell, as from :func:`observation_scores` or ``adata.obs``; cells of one type share ``cell_type``,
        without that column all are of one type.
    by
        Column or columns that group the cells.
    measure, depth
        Columns to correlate.

    Returns
    -------
    One row per group: ``rho_depth`` (-1 to 1; NaN with fewer than ten cells or without variation) and ``n_cells``.

    Raises
    ------
    InputError
        When a column is missing.

    Examples
    --------
    >>> cells = pd.DataFrame({"sample": "A", "fate_bias": range(12), "total_counts": range(12, 0, -1)})
    >>> round(depth_correlation(cells).loc["A", "rho_depth"], 6)
    np.float64(-1.0)
    """
    groups = [by] if isinstance(by, str) else list(by)
    for column in (*groups, measure, depth):
        if column not in table:
            raise InputError(f'the table has no column "{column}"', fix=nearest(column, map(str, table.columns)))
    known = table[table[[measure, depth]].notna().all(axis=1)]
    rows = []
    for name, cells in known.groupby(groups, observed=True, sort=True):
        types = cells.groupby(col.CELL_TYPE, observed=True) if col.CELL_TYPE in cells else [("", cells)]
        found = [(len(part), _spearman(part[measure], part[depth])) for _, part in types if len(part) >= MIN_CELLS]
        finite = [(n, rho) for n, rho in found if np.isfinite(rho)]
        rho = np.average([rho for _, rho in finite], weights=[n for n, _ in finite]) if finite else np.nan
        rows.append((*name, rho, len(cells)))
    return pd.DataFrame(rows, columns=[*groups, col.RHO_DEPTH, "n_cells"]).set_index(groups)


def _spearman(one: pd.Series[float], other: pd.Series[float]) -> float:
    if one.nunique() < 2 or other.nunique() < 2:
        return float("nan")
    return float(np.corrcoef(one.rank(), other.rank())[0, 1])

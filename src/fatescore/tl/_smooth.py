"""Means over a cell and its neighbours."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, nearest
from fatescore.typing import FloatArray

if TYPE_CHECKING:
    from anndata import AnnData


def smoother(data: AnnData | pd.DataFrame, graph: str) -> Callable[[FloatArray], FloatArray]:
    """Return a function that takes means over each observation (weight 1) and its neighbours (the graph's weights).

    A value that is missing in a cell stays missing; a neighbour's is left out.
    """
    if isinstance(data, pd.DataFrame) or graph not in data.obsp:
        known = [] if isinstance(data, pd.DataFrame) else list(data.obsp)
        raise InputError(
            f'obsp has no graph "{graph}"',
            expected="a graph of neighbours in an AnnData",
            fix=nearest(graph, known) or "make one with scanpy.pp.neighbors",
        )
    weights = sp.csr_array(data.obsp[graph], dtype=np.float64, copy=True)
    if weights.nnz and weights.data.min() < 0:
        raise InputError(f'the graph "{graph}" has negative weights', expected="connectivities, 0 to 1")
    weights.setdiag(1.0)

    def mean(values: FloatArray) -> FloatArray:
        known = np.isfinite(values)
        total = weights @ np.where(known, values, 0.0)
        out: FloatArray = np.full_like(total, np.nan)
        np.divide(total, weights @ known.astype(float), out=out, where=known)
        return out

    return mean

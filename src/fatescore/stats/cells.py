"""How well a measure tells the cells of two conditions apart: a description, never a test."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fatescore.stats import effect
from fatescore.tables import columns as col


def auroc_of_cells(cells: pd.DataFrame, *, case: str, control: str, measures: Sequence[str]) -> dict[str, float]:
    """Return, per measure, the probability that a case cell exceeds a control cell.

    Cells of one donor are not replicates, so this says how well a known fate is recovered cell by cell and
    nothing about donors: it has no p value.

    Parameters
    ----------
    cells
        One row per cell with ``condition`` and the measures.
    case, control
        The two conditions.
    measures
        Columns to compare.

    Returns
    -------
    Measure -> AUROC, 0 to 1; NaN where a condition has no cell with a value.

    Examples
    --------
    >>> cells = pd.DataFrame({"condition": ["OS", "OS", "RE", "RE"], "fate_bias": [3.0, 1.0, 0.0, 2.0]})
    >>> auroc_of_cells(cells, case="OS", control="RE", measures=["fate_bias"])
    {'fate_bias': 0.75}
    """
    sides = [cells[cells[col.CONDITION] == condition] for condition in (case, control)]
    values = {measure: [side[measure].dropna().to_numpy(dtype=float) for side in sides] for measure in measures}
    return {
        measure: float(effect.auroc(a, b)) if len(a) and len(b) else float("nan") for measure, (a, b) in values.items()
    }

"""Is a share of cells another one in one condition than in the other? Donors are the unit, as everywhere.

A share near 0 or 1 varies less between donors than one near a half. Tests and effect sizes therefore use the arcsine of
the square root, as Phipson et al. (2022, propeller, doi:10.1093/bioinformatics/btac582) do; means and differences are
those of the shares themselves. The test is the exact permutation test of :func:`fatescore.stats.contrast` instead of
propeller's moderated t: it stands for the few types and few donors that there are. Shares add up to one: where one type
rises, others must fall, whatever became of their numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from fatescore.errors import InputError
from fatescore.stats.confounding import Audit
from fatescore.stats.contrast import contrast as compare_donors
from fatescore.tables import CONTRASTS, Note, join_notes, parse_notes
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode
from fatescore.typing import Label

# What is of the shares themselves; everything else in a row is of their arcsine square roots.
_OF_SHARES = [column for column in CONTRASTS.columns if column.unit == "of the measure"]


def composition(
    table: pd.DataFrame,
    *,
    case: Label,
    control: Label,
    shares: Mapping[str, str],
    dataset: str = "",
    contrast: str = "",
    kind: str = "other",
    audit: Audit | None = None,
    known_conditions: Collection[Label] = (),
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the shares of cell types between the donors of two conditions.

    Parameters
    ----------
    table
        One row per sample with ``sample``, ``donor``, ``condition`` and the shares (0 to 1, or missing), perhaps
        ``dataset``. The samples of a donor within a condition are averaged, whatever their numbers of cells.
    case, control
        The two conditions; a difference is case minus control.
    shares
        Cell type to its column.
    dataset, contrast, kind, audit, known_conditions, seed
        As in :func:`fatescore.stats.contrast`.

    Returns
    -------
    One row per type that has any cell, with the columns ``CONTRASTS.names``; ``measure`` is
    ``composition:<type>``. ``padj`` is over these rows alone. With fewer than two such types there is nothing to
    compare, and no row.

    Raises
    ------
    InputError
        A share outside 0 to 1, and what :func:`fatescore.stats.contrast` raises.

    Examples
    --------
    >>> table = pd.DataFrame({"sample": list("abcdef"), "donor": list("abcdef"),
    ...     "condition": ["sick"] * 3 + ["well"] * 3, "blood": [0.5, 0.6, 0.7, 0.1, 0.2, 0.3]})
    >>> table["stroma"] = 1 - table["blood"]
    >>> found = composition(table, case="sick", control="well", shares={"blood": "blood", "stromal": "stroma"})
    >>> found[["measure", "difference", "p_value"]].round(3).to_numpy().tolist()
    [['composition:blood', 0.4, 0.1], ['composition:stromal', -0.4, 0.1]]
    """
    present = [name for name, column in shares.items() if (pd.to_numeric(table[column], errors="coerce") > 0).any()]
    if len(present) < 2:
        return CONTRASTS.frame()
    measures = {f"{col.COMPOSITION_PREFIX}{name}": table[shares[name]] for name in present}
    how: dict[str, Any] = {
        "case": case, "control": control, "measures": list(measures), "dataset": dataset, "contrast": contrast,
        "kind": kind, "audit": audit, "known_conditions": known_conditions, "seed": seed,
    }  # fmt: skip
    of_shares = compare_donors(table.assign(**measures), **how)  # refuses text
    transformed = {name: np.arcsin(np.sqrt(_checked(values))) for name, values in measures.items()}
    result = compare_donors(table.assign(**transformed), **how)
    result[_OF_SHARES] = of_shares[_OF_SHARES]
    result["note"] = [join_notes([Note(NoteCode.ARCSINE_SHARES), *parse_notes(note)]) for note in result["note"]]
    return result


def _checked(values: pd.Series) -> pd.Series[float]:
    numbers = values.astype(float)
    if ((numbers < 0) | (numbers > 1)).any():
        raise InputError(
            f"a share of cells is {numbers[(numbers < 0) | (numbers > 1)].iloc[0]:g}", expected="shares from 0 to 1"
        )
    return numbers

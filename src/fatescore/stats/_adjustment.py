"""The model of a contrast: covariates held constant, shared blocks as random intercepts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from fatescore.errors import InputError
from fatescore.stats._donors import donor_fields
from fatescore.stats.adjusted import adjusted_difference, covariate_columns, mixed_difference
from fatescore.tables import columns as col


def adjustment(
    donors: pd.DataFrame, fields: pd.DataFrame | None, *, case: str, control: str, covariates: Sequence[str], block: str
) -> Callable[[str], dict[str, Any]]:
    """Return what makes the model's columns of a measure; nothing where there is nothing to adjust for.

    Parameters
    ----------
    donors
        One row per donor and condition, as from :func:`donor_means`.
    fields, covariates, block
        As in :func:`fatescore.stats.contrast`.
    case, control
        The two conditions.
    """
    rows = donors[donors[col.CONDITION].isin([case, control])]
    keys = [key for key in (col.DATASET, col.DONOR) if key in rows]
    shared = rows.duplicated(keys, keep=False)
    partly = bool(shared.any() and not shared.all())
    wanted = [*covariates, *([block] if block else [])]
    if not (wanted or partly) or rows[col.CONDITION].nunique() < 2:
        return lambda measure: {}
    known = pd.DataFrame(index=rows.index)
    if wanted:
        if fields is None:
            raise InputError(f"there are no sample fields to adjust for {', '.join(wanted)}", expected="fields")
        at = pd.MultiIndex.from_frame(rows[[*keys, col.CONDITION]])
        known = donor_fields(fields, wanted).reindex(at).set_axis(rows.index)
    columns = covariate_columns(known, covariates)
    blocks = _blocks(rows, known, keys, block, of_donors=bool(shared.any()))
    is_case = (rows[col.CONDITION] == case).to_numpy()

    def model(measure: str) -> dict[str, Any]:
        values = rows[measure].to_numpy(dtype=float)
        found = (
            adjusted_difference(values, is_case, columns)
            if blocks is None
            else mixed_difference(values, is_case, blocks, columns)
        )
        return {
            "adjusted": found.difference, "adjusted_low": found.low, "adjusted_high": found.high,
            "p_adjusted": found.p_value, "adjusted_for": found.method,
        }  # fmt: skip

    return model


def _blocks(
    rows: pd.DataFrame, known: pd.DataFrame, keys: list[str], block: str, *, of_donors: bool
) -> list[str] | None:
    if block and of_donors:
        raise InputError(
            f'block "{block}" is given, and donors are in both arms', expected="one of them", fix="leave block out"
        )
    if block:
        if known[block].isna().any():
            raise InputError(f'a donor has no "{block}", or several', expected="one value per donor")
        return [str(value) for value in known[block]]
    return [" ".join(map(str, row)) for row in rows[keys].itertuples(index=False)] if of_donors else None

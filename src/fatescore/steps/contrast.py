"""Compare conditions, donors as the unit, and ask what else could explain the difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from fatescore.config import Contrast
from fatescore.errors import InputError
from fatescore.stats import Audit
from fatescore.steps.contrast_inputs import read_inputs
from fatescore.tables import (
    ADJUSTED_DIFFERENCES,
    CONFOUNDING,
    CONTRASTS,
    CONTRIBUTIONS,
    SPECIFICATION,
    join_names,
)
from fatescore.tables.column import Table
from fatescore.tables.folder import DatasetFolder
from fatescore.tl._contrast import compare_samples, stack

_TABLES = (CONTRASTS, CONFOUNDING, CONTRIBUTIONS, ADJUSTED_DIFFERENCES, SPECIFICATION)


def contrast(
    folder: DatasetFolder, contrasts: Sequence[Contrast], *, sources: Sequence[DatasetFolder] = (), seed: int = 0
) -> dict[str, Any]:
    """Make the contrasts within a data set, or across several.

    Parameters
    ----------
    folder
        Gets the tables: every measure of every contrast, the audit of every other sample field, what each gene
        contributes to the difference, what accounts for it, and the difference under every method.
    contrasts
        What to compare.
    sources
        The data sets to read; by default that of the folder.
    seed
        Of permutations that are too many to enumerate.

    Returns
    -------
    Facts: names of the contrasts, and the verdict and fields of the audit of each.

    Raises
    ------
    InputError
        When the tables do not fit each other, or a condition is not one of the samples'.
    """
    names = [one.id for one in contrasts]
    if len(set(names)) < len(names):
        raise InputError(f"contrast {max(names, key=names.count)!r} is given twice", fix="give each id once")
    inputs = read_inputs(sources or [folder])
    audits: dict[str, Audit] = {}
    parts: dict[Table, list[pd.DataFrame]] = {table: [] for table in _TABLES}
    for one in contrasts:
        audits[one.id], tables = compare_samples(one, inputs, seed=seed)
        for table, rows in tables.items():
            parts[table].append(rows)
    for table in _TABLES:
        folder.write(table, stack(parts[table], table))
    return {
        "contrasts": names,
        "audits": {
            name: {"verdict": str(audit.verdict), "fields": join_names(audit.fields)} for name, audit in audits.items()
        },
    }

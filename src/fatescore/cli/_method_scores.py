"""The index under every method: of a share of the cells, read for a contrast, and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fatescore._h5ad_rows import rows_of
from fatescore.errors import InputError
from fatescore.files import check_input
from fatescore.tables import METHOD_SCORES
from fatescore.tables import columns as col
from fatescore.tables.io import read_tsvs

if TYPE_CHECKING:
    from anndata import AnnData

MOST_CELLS = 5_000  # enough for an AUROC to 0.01; every method on all cells would take hours
CELL = "cell"
_RELATIVE = "scores are relative to the other samples of a data set"


def score_cells(cells: AnnData, *, seed: int, **how: Any) -> pd.DataFrame:
    """Score a random choice of cells (``X`` on a log scale) under every method, one row per cell and combination."""
    from fatescore import tl

    chosen = np.random.default_rng(seed).choice(cells.n_obs, min(cells.n_obs, MOST_CELLS), replace=False)
    return tl.specification_scores(rows_of(cells, np.sort(chosen)), unit=CELL, **how)


def recovered_by_cells(path: Path | None, spec: Mapping[str, Any]) -> pd.Series[float]:
    """Return the AUROC of cells of a contrast by method and index; empty where no cells were scored."""
    from fatescore import stats

    scores = pd.DataFrame() if path is None else _read_cells(path)
    if scores.empty or spec["levels"]:
        return pd.Series(dtype=float)
    found = {
        choice: stats.auroc_of_cells(
            cells, case=spec["case"], control=spec["control"], measures=[col.FATE_BIAS]
        )[col.FATE_BIAS]
        for choice, cells in scores.groupby(["method", "index"], sort=False)
    }  # fmt: skip
    return pd.Series(found)


def _read_cells(path: Path) -> pd.DataFrame:
    expected = "a file written by fatescore score --cell-method-scores"
    try:
        return pd.read_parquet(check_input(path, expected), columns=list(METHOD_SCORES.names))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({str(error).splitlines()[0]})", expected=expected) from error


def read_method_scores(paths: Sequence[Path]) -> pd.DataFrame:
    """Read the tables of one or more data sets; between data sets the scores of relative methods are taken out."""
    from fatescore import methods

    joined = read_tsvs(paths)
    if "reason" in joined:
        joined["reason"] = joined["reason"].astype(object)  # of numbers, where nobody gave one
    if not joined.empty and len(set(joined[col.DATASET])) > 1:
        relative = joined["method"].isin([name for name in methods.names() if methods.get(name).relative])
        joined.loc[relative, col.FATE_BIAS] = float("nan")
        joined.loc[relative, "reason"] = _RELATIVE
    return joined


def under_every_method(
    scores: pd.DataFrame, spec: Mapping[str, Any], cells: Path | None = None, **more: Any
) -> pd.DataFrame:
    """Return a contrast under every method, index and unit, with the AUROC of cells beside their pseudobulks.

    Nothing for a contrast of several levels.
    """
    from fatescore import stats

    if scores.empty or spec["levels"]:
        return pd.DataFrame()
    compared = stats.specification(
        scores, case=spec["case"], control=spec["control"], contrast=spec["id"], kind=spec["kind"],
        expected=spec["expected"], **more,
    )  # fmt: skip
    by_cells = recovered_by_cells(cells, spec)
    if not by_cells.empty:
        choice = pd.MultiIndex.from_frame(compared[["method", "index"]])
        of_cells = (compared["unit"] == "pseudobulk").to_numpy()
        compared["auroc_cells"] = np.where(of_cells, by_cells.reindex(choice), np.nan)
    return compared

"""Platform annotation: the gene of a probe, and one probe per gene."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from fatescore.errors import InputError
from fatescore.geo.gene_column import gene_column
from fatescore.geo.soft import plain_table, read_platform
from fatescore.packed import read_bytes
from fatescore.typing import Organism, StrPath


def read_annotation(path: StrPath, platform: str = "") -> pd.DataFrame:
    """Read the table of a platform annotation (``GPL*.annot.gz``), of a platform in a SOFT file, or a plain table.

    Parameters
    ----------
    path
        The file.
    platform
        Which platform, for a file with several.

    Returns
    -------
    Text table; the first column holds the probe ids.

    Raises
    ------
    InputError
        When there is no platform table.
    """
    source = Path(path)
    table = read_platform(source, platform)
    table = plain_table(read_bytes(source)) if table is None else table
    if table.shape[1] < 2 or table.empty:
        what = f" of {platform}" if platform else ""
        raise InputError(
            f"{path} has no platform table{what}", expected="a GPL annotation, or a table with a line of titles",
            fix="check the file",
        )  # fmt: skip
    return table


def probe_symbols(annotation: pd.DataFrame, organism: Organism | None = None) -> pd.Series[str]:
    """Return what the annotation calls the gene of each probe, unsplit, indexed by probe id.

    Parameters
    ----------
    annotation
        Table whose first column holds probe ids.
    organism
        Whose genes are looked for; without it, or where none are found, those of any.

    Returns
    -------
    Named by the column that was chosen, see :mod:`fatescore.geo.gene_column`.

    Raises
    ------
    InputError
        When no column names known genes.
    """
    column = gene_column(annotation, organism)
    probes = pd.Index(annotation.iloc[:, 0].astype(str).str.strip(), dtype=object)
    series = pd.Series(column.to_numpy(), index=probes, name=column.name)
    return series[~series.index.duplicated()]


def one_symbol(symbols: Iterable[str], keep_genes: Collection[str] = ()) -> str:
    """Return the gene of a probe, or an empty text when it has none or cannot be told.

    A probe of several genes counts only when exactly one of them is in ``keep_genes`` and the others are its
    read-through transcript and that transcript's other half.

    Examples
    --------
    >>> one_symbol(["PMF1-BGLAP", "PMF1", "BGLAP"], {"BGLAP"}), one_symbol(["PMF1", "BGLAP"], {"BGLAP"})
    ('BGLAP', '')
    """
    listed = list(symbols)
    if len(listed) < 2:
        return listed[0] if listed else ""
    wanted = [symbol for symbol in listed if symbol in keep_genes]
    if len(wanted) != 1:
        return ""
    through = [symbol for symbol in listed if wanted[0] in symbol.split("-") and symbol != wanted[0]]
    halves = {half for symbol in through for half in symbol.split("-")}
    return wanted[0] if all(symbol in halves or symbol in through for symbol in listed) else ""


def best_rows(values: np.ndarray, genes: pd.Series[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the positions of the rows kept, and per gene how many rows it had (``n_probes``).

    Rows without missing values come first, then the highest mean; a tie goes to the earlier row. Rows whose gene is
    an empty text are dropped.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a row without any value has no mean
        mean = np.nanmean(values, axis=1) if values.shape[1] else np.zeros(len(values))
    order = pd.DataFrame(
        {"gene": genes.to_numpy(), "gaps": np.isnan(values).sum(axis=1), "mean": mean, "row": np.arange(len(values))}
    )
    order = order[order["gene"] != ""]
    count = order.groupby("gene").size()
    order = order.sort_values(["gaps", "mean", "row"], ascending=[True, False, True], kind="stable")
    kept = order.drop_duplicates("gene").sort_values("row")
    record = pd.DataFrame(
        {"n_probes": count.reindex(kept["gene"]).to_numpy()}, index=pd.Index(kept["gene"], name="gene")
    )
    return kept["row"].to_numpy(), record

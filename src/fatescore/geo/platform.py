"""Platform annotation: the gene of a probe, and one probe per gene."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from fatescore.errors import InputError
from fatescore.geo.soft import plain_table, read_soft
from fatescore.packed import read_bytes
from fatescore.typing import StrPath

# In order of trust. ILMN_Gene is Illumina's name, gene_assignment Affymetrix's.
_SYMBOL_COLUMNS = (
    "gene symbol", "gene_symbol", "genesymbol", "symbol", "ilmn_gene", "gene name", "gene_name", "gene_sym", "gene",
)  # fmt: skip
_SEPARATOR = re.compile(r"///|[;|,]")
_NO_SYMBOL = {"", "---", "--", "-", "NA", "N/A", "NULL", "null", "nan", "None"}


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
    data = read_bytes(Path(path))
    if not data.lstrip().startswith(b"^") and b"\n^" not in data:
        table = plain_table(data)
        if table.shape[1] > 1 and len(table):
            return table
    platforms = {name: entity for name, entity in read_soft(path).platforms.items() if entity.table is not None}
    entity = platforms.get(platform) or next(iter(platforms.values()), None)
    if entity is None or entity.table is None:
        raise InputError(f"{path} has no platform table", expected="a GPL annotation", fix="check the file")
    return entity.table


def probe_symbols(annotation: pd.DataFrame) -> pd.Series[str]:
    """Return what the annotation calls the gene of each probe, unsplit, indexed by probe id.

    Parameters
    ----------
    annotation
        Table whose first column holds probe ids.

    Raises
    ------
    InputError
        When no column names genes by symbol.
    """
    probes = pd.Index(annotation.iloc[:, 0].astype(str).str.strip(), dtype=object)
    columns = {str(name).casefold(): name for name in annotation.columns}
    for name in _SYMBOL_COLUMNS:
        if name in columns:
            symbols = annotation[columns[name]].astype(str)
            break
    else:
        if "gene_assignment" not in columns:
            raise InputError(
                f"the platform names no gene symbols; its columns are {', '.join(map(str, annotation.columns))}",
                expected="a column such as Gene symbol",
                fix="put a table of ID and Gene symbol in the platform folder",
            )
        symbols = annotation[columns["gene_assignment"]].astype(str).map(_from_assignment)
    series = pd.Series(symbols.str.strip().to_numpy(), index=probes)
    return series[~series.index.duplicated()]


def split_symbols(text: str) -> list[str]:
    """Return the distinct symbols of one annotation cell.

    Examples
    --------
    >>> split_symbols("PMF1-BGLAP /// PMF1 /// BGLAP"), split_symbols("---")
    (['PMF1-BGLAP', 'PMF1', 'BGLAP'], [])
    """
    parts = (part.strip() for part in _SEPARATOR.split(str(text)))
    return list(dict.fromkeys(part for part in parts if part not in _NO_SYMBOL))


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


def _from_assignment(cell: str) -> str:
    """Return the symbols of Affymetrix ``gene_assignment``: ``accession // SYMBOL // title /// accession ...``."""
    records = [record.split("//") for record in cell.split("///")]
    return "///".join(dict.fromkeys(record[1].strip() for record in records if len(record) > 1))


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

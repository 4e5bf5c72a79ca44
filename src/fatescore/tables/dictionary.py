"""The data dictionary: what every column of every table of a run means."""

from __future__ import annotations

import pandas as pd

from fatescore.tables import TABLES

COLUMNS = ("table", "column", "type", "unit", "description", "step")


def data_dictionary() -> pd.DataFrame:
    """Return the meaning of every column of the tables that a run writes.

    Returns
    -------
    One row per table and column: ``table`` (file name), ``column``, ``type`` (a value of
    :class:`fatescore.tables.Kind`), ``unit`` (a unit or a range; empty where there is none), ``description`` and
    ``step`` (which writes it). A name such as ``set:<gene set>`` stands for all columns that differ in the part in
    angle brackets.

    Examples
    --------
    >>> table = data_dictionary()
    >>> table.loc[(table["table"] == "sample_scores.tsv") & (table["column"] == "fate_bias"), "unit"].tolist()
    ['log2']
    """
    rows = [
        (table.file, str(column), str(column.kind), column.unit, column.meaning, table.step)
        for table in TABLES
        for column in table.columns
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))

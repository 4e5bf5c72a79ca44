"""What every column of every table of a run means; ``data_dictionary.tsv`` is the one place where it is written."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.tables.io import read_text_table

COLUMNS = ("table", "column", "type", "unit", "description")
_HOME = Path(__file__).with_name("data_dictionary.tsv")
_OPEN = re.compile(r"<[^<>]+>")


def data_dictionary() -> pd.DataFrame:
    """Return the meaning of every column of the tables that a run writes.

    Returns
    -------
    One row per table and column: ``table`` (name of the file), ``column``, ``type`` (``text``, ``number``, ``whole
    number`` or ``true or false``), ``unit`` (a unit or a range; empty where there is none) and ``description``. A name
    such as ``set:<gene set>`` stands for all columns that differ in the part in angle brackets.

    Examples
    --------
    >>> table = data_dictionary()
    >>> table.loc[(table["table"] == "sample_scores.tsv") & (table["column"] == "fate_bias"), "unit"].tolist()
    ['log2']
    """
    return _written().copy()


def describe(table: str, column: str) -> pd.Series[str]:
    """Return the row of the dictionary that holds for a column.

    Parameters
    ----------
    table
        Name of the file.
    column
        Name of the column; one that is written out goes before one with an open part.

    Raises
    ------
    InputError
        When the dictionary does not know the table or the column.

    Examples
    --------
    >>> describe("sample_scores.tsv", "set:notch")["column"]
    'set:<gene set>'
    """
    known = _written()
    rows = known[known["table"] == table]
    if rows.empty:
        raise InputError(f'no table "{table}"', fix=nearest(table, dict.fromkeys(known["table"])))
    exact = rows[rows["column"] == column]
    found = exact if len(exact) else rows[[_stands_for(name, column) for name in rows["column"]]]
    if found.empty:
        raise InputError(f'{table} has no column "{column}"', fix=nearest(column, rows["column"]))
    return found.iloc[0]


def is_open(column: str) -> bool:
    """Tell whether a name of the dictionary stands for several columns.

    Examples
    --------
    >>> is_open("set:<gene set>"), is_open("fate_bias")
    (True, False)
    """
    return _OPEN.search(column) is not None


def _stands_for(name: str, column: str) -> bool:
    """Tell whether a name with an open part stands for a column."""
    fixed = [re.escape(part) for part in _OPEN.split(name)]
    return is_open(name) and re.fullmatch(".+".join(fixed), column, re.DOTALL) is not None


@functools.cache
def _written() -> pd.DataFrame:
    """Return the dictionary, a row per table: the file has one per meaning, with the names of its tables."""
    rows = read_text_table(_HOME, "the data dictionary")
    rows["table"] = rows.pop("tables").str.split(", ")
    rows = rows.explode("table")[list(COLUMNS)]
    place = {name: number for number, name in enumerate(dict.fromkeys(rows["table"]))}
    return rows.sort_values("table", key=lambda names: names.map(place), kind="stable", ignore_index=True)

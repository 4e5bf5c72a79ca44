"""Put the tables of all data sets one below the other, and say what every column means."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fatescore.errors import InputError
from fatescore.files import check_output
from fatescore.steps.declarations import STACKED
from fatescore.tables import columns as col
from fatescore.tables.column import Table
from fatescore.tables.dictionary import data_dictionary
from fatescore.tables.folder import Folder
from fatescore.tables.io import read_tsv, write_tsv

DICTIONARY = "data_dictionary.tsv"


def stack_tables(folders: Sequence[Folder], output: Folder) -> None:
    """Write every table of all folders, and the meaning of every column.

    Parameters
    ----------
    folders
        Folders of data sets, or of a run. Tables of one name become one table, in the order of the folders. A row of a
        table that does not say its data set gets the folder's name. Cells are copied as they stand.
    output
        Gets the tables, also those that no folder has, with their columns and no row, and ``data_dictionary.tsv``.

    Raises
    ------
    InputError
        When a folder holds none of the tables.
    """
    for folder in folders:
        if not any(folder.file(table).is_file() for table in STACKED):
            raise InputError(
                f"{folder.path} holds none of the tables", expected="a folder of a data set or of a run",
                fix="check the path",
            )  # fmt: skip
    check_output(output.file(DICTIONARY))
    for table in STACKED:
        output.write(table, _stack(table, folders))
    write_tsv(output.file(DICTIONARY), data_dictionary())


def _stack(table: Table, folders: Sequence[Folder]) -> pd.DataFrame:
    """Return the rows of a table in all folders, as text; with the declared columns where there are none."""
    parts = []
    for folder in folders:
        path = folder.file(table)
        part = read_tsv(path, as_text=True) if path.is_file() else pd.DataFrame()
        if not part.empty and col.DATASET in table.columns and col.DATASET not in part:
            part.insert(0, col.DATASET, folder.path.resolve().name)
        if not part.empty:
            parts.append(part)
    return pd.concat(parts, ignore_index=True).fillna("") if parts else table.frame()

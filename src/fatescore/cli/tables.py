"""Put the tables of all data sets one below the other, and say what every column means.

fatescore tables results/datasets/A results/datasets/B results --output-dir results/tables

Each FOLDER holds tables under the names that the other verbs give them; those of one name become one table, in the
order of the folders. A row of a table that does not say its data set gets the folder's name. Cells are copied as they
stand. A table that no folder has is written with its columns and no row. The meaning of every column of every table is
written to data_dictionary.tsv.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from fatescore._data_dictionary import data_dictionary, is_open
from fatescore.errors import InputError
from fatescore.files import check_output
from fatescore.tables import columns as col
from fatescore.tables.io import read_tsv, write_tsv

HELP = "put the tables of all data sets together, with a data dictionary"
DICTIONARY = "data_dictionary.tsv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="folders of data sets, or of a run")
    parser.add_argument("--output-dir", required=True, type=Path, metavar="DIR", help="folder to write the tables to")


def run(args: argparse.Namespace) -> None:
    """Write the tables."""
    described = data_dictionary()
    written = described[described["table"].str.endswith(".tsv")]
    _check(args.folders, list(dict.fromkeys(written["table"])))
    check_output(args.output_dir / DICTIONARY)
    for name, rows in written.groupby("table", sort=False):
        write_tsv(args.output_dir / str(name), _stacked(str(name), args.folders, rows["column"].tolist()))
    write_tsv(args.output_dir / DICTIONARY, described)


def _check(folders: Sequence[Path], names: Sequence[str]) -> None:
    for folder in folders:
        if not any((folder / name).is_file() for name in names):
            raise InputError(
                f"{folder} holds none of the tables",
                expected="a folder of a data set or of a run",
                fix="check the path",
            )


def _stacked(name: str, folders: Sequence[Path], columns: Sequence[str]) -> pd.DataFrame:
    """Return the rows of a table in all folders, as text; with the dictionary's columns where there are none."""
    parts = []
    for folder in folders:
        path = folder / name
        part = read_tsv(path, as_text=True) if path.is_file() else pd.DataFrame()
        if not part.empty and col.DATASET in columns and col.DATASET not in part:
            part.insert(0, col.DATASET, folder.resolve().name)
        if not part.empty:
            parts.append(part)
    if not parts:
        return pd.DataFrame(columns=[column for column in columns if not is_open(column)])
    return pd.concat(parts, ignore_index=True).fillna("")

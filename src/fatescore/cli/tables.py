"""Put the tables of all data sets one below the other, and say what every column means.

fatescore tables results      all data sets of the run, into results/tables
fatescore tables results/datasets/A results/datasets/B results --output-dir tables

Each FOLDER holds tables under the names that the other verbs give them; those of one name become one table, in the
order of the folders. A row of a table that does not say its data set gets the folder's name. Cells are copied as they
stand. A table that no folder has is written with its columns and no row. The meaning of every column of every table is
written to data_dictionary.tsv.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from fatescore import steps
from fatescore.errors import InputError
from fatescore.tables.folder import Folder, RunFolder

HELP = "put the tables of all data sets together, with a data dictionary"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="a run, or folders that hold tables")
    parser.add_argument("--output-dir", type=Path, metavar="DIR", help="needed for several folders")


def run(args: argparse.Namespace) -> None:
    """Write the tables."""
    from fatescore.steps.report import TABLES_FOLDER
    from fatescore.steps.tables import stack_tables

    if args.output_dir is None and len(args.folders) > 1:
        raise InputError("--output-dir is missing", expected="a folder to write the tables of several folders to")
    output = args.output_dir or args.folders[0] / TABLES_FOLDER
    folders = [Folder(path) for path in args.folders] if args.output_dir else _folders_of_run(args.folders[0])
    stack_tables(folders, Folder(output))


def _folders_of_run(path: Path) -> Sequence[Folder]:
    run_folder = RunFolder(path)
    plan = steps.plan_of(run_folder)
    datasets = map(run_folder.dataset, steps.dataset_names(run_folder, plan))
    return [*datasets, *map(run_folder.across, steps.across_names(plan)), run_folder]

"""The folders of a run and of its data sets: which file is where, and what the steps recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore.errors import InputError
from fatescore.files import write_json
from fatescore.tables.codes import Status
from fatescore.tables.column import Table
from fatescore.tables.io import read_parquet, read_tsv, write_parquet, write_tsv
from fatescore.tables.notes import Note, join_notes
from fatescore.typing import StrPath

STEPS = ("fetch", "ingest", "qc", "normalise", "score", "contrast")  # each needs the one before
RAW, QC, NORMALISED = "raw.h5ad", "qc.h5ad", "normalised.h5ad"
PSEUDOBULK, SCORED = "pseudobulk.h5ad", "scored.h5ad"
PAGE, FIGURES = "report.html", "figures"


@dataclass(frozen=True)
class Outcome:
    """What a step recorded of a data set.

    Attributes
    ----------
    dataset, step
        Which.
    status
        ``ok``, or why the data set does not go on.
    reason
        Notes (:mod:`fatescore.tables.notes`) that say why; empty where it goes on.
    facts
        What the step knows of the data, as JSON values.
    """

    dataset: str
    step: str
    status: Status
    reason: str
    facts: Mapping[str, Any]


class Folder:
    """A folder whose tables have declared names.

    Parameters
    ----------
    path
        The folder; it need not exist yet.
    """

    def __init__(self, path: StrPath) -> None:
        self.path = Path(path)

    def file(self, what: Table | str) -> Path:
        """Return the path of a table, or of a file by its name."""
        return self.path / (what if isinstance(what, str) else what.file)

    def read(self, table: Table) -> pd.DataFrame:
        """Read a table; it is empty where the data set stopped before, or where no step wrote it.

        Raises
        ------
        InputError
            When it lacks a required column.
        """
        path = self.file(table)
        if not path.exists():
            return pd.DataFrame()
        found = read_parquet(path, f"{table.file} of the step {table.step}") if is_parquet(table) else read_tsv(path)
        table.check(found, path)
        return found

    def write(self, table: Table, rows: pd.DataFrame) -> None:
        """Write a table under its name."""
        (write_parquet if is_parquet(table) else write_tsv)(self.file(table), rows)


class DatasetFolder(Folder):
    """The folder of one data set, or of a contrast across data sets (``results/datasets/A``, ``results/across/C``)."""

    @property
    def name(self) -> str:
        """Name of the data set."""
        return self.path.resolve().name

    def status_file(self, step: str) -> Path:
        """Return the path of a step's outcome."""
        return self.path / "status" / f"{step}.json"

    def outcome(self, step: str) -> Outcome | None:
        """Return what a step recorded; ``None`` where it has not run."""
        path = self.status_file(step)
        return read_outcome(path) if path.exists() else None

    def outcomes(self) -> list[Outcome]:
        """Return what the steps recorded, in their order; further steps (embed, export) follow by name."""
        found = {path.stem: read_outcome(path) for path in sorted(self.path.glob("status/*.json"))}
        known = [found.pop(step) for step in STEPS if step in found]
        return [*known, *found.values()]

    def record(self, step: str, outcome: Outcome) -> None:
        """Write the outcome of a step; after a data set stopped it is that of the step that stopped it."""
        write_json(self.status_file(step), vars(outcome))

    @property
    def is_across(self) -> bool:
        """Whether it is that of a contrast across data sets."""
        return self.path.resolve().parent.name == "across"

    @property
    def run(self) -> RunFolder:
        """The run that the data set belongs to."""
        return RunFolder(self.path.resolve().parent.parent)


class RunFolder(Folder):
    """The folder of a run (``results``)."""

    def dataset(self, name: str) -> DatasetFolder:
        """Return the folder of a data set."""
        return DatasetFolder(self.path / "datasets" / name)

    def across(self, contrast: str) -> DatasetFolder:
        """Return the folder of a contrast across data sets."""
        return DatasetFolder(self.path / "across" / contrast)

    @property
    def settings_file(self) -> Path:
        """The checked settings, data sets and contrasts of the run."""
        return self.path / "settings.json"


def is_parquet(table: Table) -> bool:
    """Tell whether a table is written as Parquet."""
    return table.suffix == ".parquet"


def read_outcome(path: Path) -> Outcome:
    """Read what a step recorded.

    Raises
    ------
    InputError
        When the file is not one that a step wrote.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Outcome(found["dataset"], found["step"], Status(found["status"]), found["reason"], dict(found["facts"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is not the outcome of a step ({type(error).__name__}: {error})",
            expected="JSON that a step of fatescore wrote",
            fix="run the step again",
        ) from error


def failure(code: str, message: object) -> str:
    """Return the reason of a failure in the words of its error."""
    return join_notes([Note(code, {"message": " ".join(str(message).split())})])


def read_all(folders: Iterable[DatasetFolder], table: Table) -> pd.DataFrame:
    """Read a table of several data sets, one below the other; empty ones add nothing."""
    # by way of object, because pandas warns when a column is missing throughout one of the tables
    found = [part.astype(object) for folder in folders if not (part := folder.read(table)).empty]
    return pd.concat(found, ignore_index=True).infer_objects() if found else pd.DataFrame()

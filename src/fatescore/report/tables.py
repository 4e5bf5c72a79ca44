"""What a page is made from: the tables of a folder and the outcomes of its steps, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import pandas as pd

from fatescore.i18n import gettext_noop
from fatescore.report.formatting import plain
from fatescore.tables import TABLES, Table
from fatescore.tables.codes import Status
from fatescore.tables.folder import SCORED, STEPS, DatasetFolder, Outcome, RunFolder

_STEPS_OF_RUN = ("meta", "duplicates")  # whose tables are of all data sets
_STEPS_SHOWN = (*STEPS, "embed")  # others may run after a page was made, which must not change
_WHOLE = "tables"  # folder of a run with the tables of all data sets, one below the other
_DICTIONARY = "data_dictionary.tsv"


@dataclass(frozen=True)
class DatasetTables:
    """Everything the page of one data set shows.

    Parameters
    ----------
    dataset
        Name of the data set.
    statuses
        Outcomes of its steps.
    sample_scores, scores, coverage, contributions, adjusted_differences, contrasts, confounding, specification, qc, \
    qc_cells, qc_metrics, qc_components, qc_pca, sample_fields, embedding
        The tables of the steps (:mod:`fatescore.tables`); empty where the data set stopped before.
    files
        Files to download: name and address relative to the page.
    summary
        Address of the summary page relative to this page.
    """

    dataset: str
    statuses: Sequence[Outcome] = ()
    sample_scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    coverage: pd.DataFrame = field(default_factory=pd.DataFrame)
    contributions: pd.DataFrame = field(default_factory=pd.DataFrame)
    adjusted_differences: pd.DataFrame = field(default_factory=pd.DataFrame)
    contrasts: pd.DataFrame = field(default_factory=pd.DataFrame)
    confounding: pd.DataFrame = field(default_factory=pd.DataFrame)
    specification: pd.DataFrame = field(default_factory=pd.DataFrame)
    qc: pd.DataFrame = field(default_factory=pd.DataFrame)
    qc_cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    qc_metrics: pd.DataFrame = field(default_factory=pd.DataFrame)
    qc_components: pd.DataFrame = field(default_factory=pd.DataFrame)
    qc_pca: pd.DataFrame = field(default_factory=pd.DataFrame)
    sample_fields: pd.DataFrame = field(default_factory=pd.DataFrame)
    embedding: pd.DataFrame = field(default_factory=pd.DataFrame)
    files: Sequence[tuple[str, str]] = ()
    summary: str = "../../report.html"

    @classmethod
    def read(cls, folder: DatasetFolder, *, summary: str = "../../report.html") -> Self:
        """Read the folder of a data set; its page stands in that folder.

        Raises
        ------
        InputError
            When a table lacks a required column, or an outcome cannot be read.
        """
        shown = _tables_of(cls)
        paths = [folder.file(SCORED), *map(folder.file, shown), *map(folder.status_file, _STEPS_SHOWN)]
        return cls(
            folder.name, _outcomes(folder), files=_links(paths, folder.path), summary=summary,
            **{table.name: folder.read(table) for table in shown},
        )  # fmt: skip


@dataclass(frozen=True)
class SummaryTables:
    """Everything the summary page shows.

    Parameters
    ----------
    scoreboard
        One row per data set.
    contrasts, confounding, specification
        The tables of all data sets, one below the other.
    meta, meta_specification, meta_robustness
        The pooled results; under every method and index; and without each data set, by other estimators and in
        subgroups.
    duplicates
        Samples that occur twice.
    statuses
        Outcomes of all steps of all data sets.
    title
        Title of the page.
    settings
        The configuration of the run, for the methods section.
    files
        Tables to download: name and address relative to the page.
    """

    scoreboard: pd.DataFrame = field(default_factory=pd.DataFrame)
    contrasts: pd.DataFrame = field(default_factory=pd.DataFrame)
    confounding: pd.DataFrame = field(default_factory=pd.DataFrame)
    meta: pd.DataFrame = field(default_factory=pd.DataFrame)
    meta_specification: pd.DataFrame = field(default_factory=pd.DataFrame)
    meta_robustness: pd.DataFrame = field(default_factory=pd.DataFrame)
    specification: pd.DataFrame = field(default_factory=pd.DataFrame)
    duplicates: pd.DataFrame = field(default_factory=pd.DataFrame)
    statuses: Sequence[Outcome] = ()
    title: str = gettext_noop("Fate bias of bone-marrow stromal cells")
    settings: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[tuple[str, str]] = ()

    @classmethod
    def read(
        cls, run: RunFolder, *, datasets: Sequence[str], across: Sequence[str], title: str, settings: Mapping[str, Any]
    ) -> Self:
        """Read the folder of a run; its page stands in that folder.

        Parameters
        ----------
        run
            Holds the scoreboard and the pooled results, and the folders of the data sets.
        datasets, across
            Names of the data sets, and of the contrasts across data sets.
        title, settings
            As in :class:`SummaryTables`.

        Raises
        ------
        InputError
            When a table lacks a required column, or an outcome cannot be read.
        """
        folders = [*map(run.dataset, datasets), *map(run.across, across)]
        found = {}
        for table in _tables_of(cls):
            of_run = table.step in _STEPS_OF_RUN
            rows = run.read(table) if of_run else stack([one.read(table) for one in folders], table.names)
            found[table.name] = rows
        files = [table.file for table in TABLES] + [_DICTIONARY]
        return cls(
            statuses=[outcome for folder in folders for outcome in _outcomes(folder)],
            title=title, settings=settings, files=_links([run.path / _WHOLE / name for name in files], run.path),
            **found,
        )  # fmt: skip


def _tables_of(cls: type) -> list[Table]:
    """Return the declared tables that a page has a field for."""
    names = {one.name for one in fields(cls)}
    return [table for table in TABLES if table.name in names]


def _outcomes(folder: DatasetFolder) -> list[Outcome]:
    found = map(folder.outcome, _STEPS_SHOWN)
    return [outcome for outcome in found if outcome is not None]


def address(*parts: str) -> str:
    """Return a relative address made from parts that may hold any character.

    Examples
    --------
    >>> address("datasets", "<b>", "report.html")
    'datasets/%3Cb%3E/report.html'
    """
    return "/".join(quote(part, safe="._-") if part != ".." else part for part in parts)


def _links(paths: Iterable[Path], page: Path) -> list[tuple[str, str]]:
    """Return name and address of the files that exist and hold anything, as seen from the folder of the page."""
    found = [path.relative_to(page) for path in paths if path.is_file() and path.stat().st_size > 0]
    return [(path.as_posix(), address(*path.parts)) for path in found]


def outcome(statuses: Iterable[Outcome]) -> tuple[Status, str, str]:
    """Return status, step and reason (notes) of one data set: the first step that is not ok decides.

    Examples
    --------
    >>> outcome([Outcome("A", "ingest", Status.OK, "", {})]) == (Status.OK, "", "")
    True
    """
    for one in in_order(statuses):
        # A drawing that could not be made (a step beside the chain) stops no data set.
        if one.status != Status.OK and one.step in STEPS:
            return one.status, one.step, one.reason
    return Status.OK, "", ""


def in_order(statuses: Iterable[Outcome]) -> list[Outcome]:
    """Sort outcomes by data set and by the order of the steps."""
    place = {step: index for index, step in enumerate(STEPS)}
    return sorted(statuses, key=lambda one: (one.dataset, place.get(one.step, len(place))))


def facts(statuses: Iterable[Outcome], step: str) -> dict[str, Any]:
    """Return the facts that a step recorded, empty when it did not finish."""
    return next((dict(one.facts) for one in statuses if one.step == step and one.status == Status.OK), {})


def is_simulated(statuses: Iterable[Outcome]) -> bool:
    """Tell whether any step recorded that its data are simulated."""
    return any(bool(one.facts.get("simulated")) for one in statuses)


def by_dataset(statuses: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Group outcomes by data set, in order of first appearance."""
    groups: dict[str, list[Outcome]] = {}
    for one in statuses:
        groups.setdefault(one.dataset, []).append(one)
    return groups


def is_single_cell(tables: DatasetTables) -> bool:
    """Tell whether the scores are of single cells."""
    return facts(tables.statuses, "ingest").get("assay") == "single_cell" and len(tables.scores) > 0


def sides(contrasts: pd.DataFrame) -> tuple[str, str]:
    """Return case and control of the first contrast, which have colours of their own; empty without any.

    Examples
    --------
    >>> sides(pd.DataFrame({"case": ["op"], "control": ["old"]}))
    ('op', 'old')
    """
    return (str(contrasts["case"].iloc[0]), str(contrasts["control"].iloc[0])) if len(contrasts) else ("", "")


def without_repeats(fields: pd.DataFrame, names: Iterable[str], *, keep: Iterable[str] = ()) -> list[str]:
    """Leave out the sample fields that repeat another one, whatever the case of their letters.

    Of fields with the same values the ones in ``keep`` stay, else the one that stands first in the sample table
    ``fields`` (its canonical columns do). A field that is the same for every sample repeats nothing, and a name that
    is no column of the sample table stays.

    Examples
    --------
    >>> fields = pd.DataFrame({"age": [60, 70], "characteristics: Age": ["60", "70"], "sex": ["f", "f"]})
    >>> without_repeats(fields, ["characteristics: Age", "sex", "age", "total_counts"])
    ['sex', 'age', 'total_counts']
    """
    names, kept = list(names), set(keep)
    first: dict[tuple[str, ...], str] = {}
    repeats = set()
    for name in sorted((str(one) for one in fields if one in names), key=lambda one: one not in kept):
        values = tuple(plain(value).strip().casefold() for value in fields[name])
        if len(set(values)) > 1 and first.setdefault(values, name) != name and name not in kept:
            repeats.add(name)
    return [name for name in names if name not in repeats]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, each as column to value."""
    return [{str(column): value for column, value in row.items()} for row in table.to_dict("records")]


def rows_of(table: pd.DataFrame, **values: str) -> pd.DataFrame:
    """Return the rows that have these values; none where the table lacks a column.

    Examples
    --------
    >>> rows_of(pd.DataFrame({"kind": ["disease", "other"], "g": [1, 2]}), kind="disease")["g"].tolist()
    [1]
    """
    chosen = table
    for column, value in values.items():
        chosen = chosen[chosen[column].astype(str) == value] if column in chosen else chosen.iloc[:0]
    return chosen


def stack(tables: Iterable[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Put tables one below the other; empty ones (of stopped data sets) add nothing."""
    kept = [table for table in tables if len(table)]
    if not kept:
        return pd.DataFrame(columns=list(columns))
    rows = [record for table in kept for record in records(table)]
    return pd.DataFrame(rows)

"""What a page is made from: the tables and outcomes of the steps, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from fatescore._language import mark
from fatescore.report import _format
from fatescore.tables.codes import Status
from fatescore.tables.folder import STEPS

Status = Mapping[str, Any]


def _empty() -> pd.DataFrame:
    return pd.DataFrame()


@dataclass(frozen=True)
class DatasetTables:
    """Everything the page of one data set shows.

    Parameters
    ----------
    dataset
        Name of the data set.
    statuses
        Outcomes of its steps (``dataset step status reason facts``).
    sample_scores, scores, coverage, contributions, explained, contrasts, confounding, specification, qc, qc_cells,
    qc_metrics, qc_components, qc_pca, sample_fields, embedding
        The tables of the steps; empty where the data set stopped before.
    files
        Files to download: label and address relative to the page.
    summary
        Address of the summary page relative to this page.
    """

    dataset: str
    statuses: Sequence[Status] = ()
    sample_scores: pd.DataFrame = field(default_factory=_empty)
    scores: pd.DataFrame = field(default_factory=_empty)
    coverage: pd.DataFrame = field(default_factory=_empty)
    contributions: pd.DataFrame = field(default_factory=_empty)
    explained: pd.DataFrame = field(default_factory=_empty)
    contrasts: pd.DataFrame = field(default_factory=_empty)
    confounding: pd.DataFrame = field(default_factory=_empty)
    specification: pd.DataFrame = field(default_factory=_empty)
    qc: pd.DataFrame = field(default_factory=_empty)
    qc_cells: pd.DataFrame = field(default_factory=_empty)
    qc_metrics: pd.DataFrame = field(default_factory=_empty)
    qc_components: pd.DataFrame = field(default_factory=_empty)
    qc_pca: pd.DataFrame = field(default_factory=_empty)
    sample_fields: pd.DataFrame = field(default_factory=_empty)
    embedding: pd.DataFrame = field(default_factory=_empty)
    files: Sequence[tuple[str, str]] = ()
    summary: str = "../../report.html"


@dataclass(frozen=True)
class SummaryTables:
    """Everything the summary page shows.

    Parameters
    ----------
    scoreboard
        One row per data set (``SCOREBOARD.names``).
    contrasts, confounding, meta
        The tables of all data sets, one below the other.
    meta_specification
        The pooled results under every method and index (``META_SPECIFICATION.names``).
    meta_robustness
        The pooled results without each data set, by other estimators and in subgroups
        (``META_ROBUSTNESS.names``).
    specification
        Every contrast under every method and index (``SPECIFICATION.names``).
    copies
        Samples that occur twice (``DUPLICATES.names``).
    statuses
        Outcomes of all steps of all data sets.
    title
        Title of the page.
    settings
        The configuration of the run, for the methods section.
    pages
        Address of each data set's page relative to the summary; by default ``datasets/<id>/report.html``.
    files
        Tables to download: label and address relative to the page.
    """

    scoreboard: pd.DataFrame = field(default_factory=_empty)
    contrasts: pd.DataFrame = field(default_factory=_empty)
    confounding: pd.DataFrame = field(default_factory=_empty)
    meta: pd.DataFrame = field(default_factory=_empty)
    meta_specification: pd.DataFrame = field(default_factory=_empty)
    meta_robustness: pd.DataFrame = field(default_factory=_empty)
    specification: pd.DataFrame = field(default_factory=_empty)
    copies: pd.DataFrame = field(default_factory=_empty)
    statuses: Sequence[Status] = ()
    title: str = mark("Fate bias of bone-marrow stromal cells")
    settings: Mapping[str, Any] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[tuple[str, str]] = ()


def outcome(statuses: Iterable[Status]) -> tuple[str, str, str]:
    """Return status, step and reason of one data set: the first step that is not ok decides.

    Examples
    --------
    >>> outcome([{"step": "ingest", "status": "ok", "reason": ""}])
    ('ok', '', '')
    """
    for status in in_order(statuses):
        # A drawing that could not be made (a step beside the chain) stops no data set.
        if status["status"] != Status.OK and status["step"] in STEPS:
            return str(status["status"]), str(status["step"]), str(status["reason"])
    return Status.OK, "", ""


def in_order(statuses: Iterable[Status]) -> list[Status]:
    """Sort outcomes by data set and by the order of the steps."""
    place = {step: index for index, step in enumerate(STEPS)}
    return sorted(
        statuses,
        key=lambda status: (str(status["dataset"]) if "dataset" in status else "", place.get(str(status["step"]), 99)),
    )


def facts(statuses: Iterable[Status], step: str) -> dict[str, Any]:
    """Return the facts that a step recorded, empty when it did not finish."""
    for status in statuses:
        if status["step"] == step and status["status"] == Status.OK:
            return dict(status["facts"])
    return {}


def is_simulated(statuses: Iterable[Status]) -> bool:
    """Tell whether any step says that its data are simulated."""
    return any(bool(dict(status.get("facts") or {}).get("simulated")) for status in statuses)


def by_dataset(statuses: Iterable[Status]) -> dict[str, list[Status]]:
    """Group outcomes by data set, in order of first appearance."""
    groups: dict[str, list[Status]] = {}
    for status in statuses:
        groups.setdefault(str(status["dataset"]), []).append(status)
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

    Of fields with the same values the one in ``keep`` stays, else the one that stands first in the sample table
    (its canonical columns do). A field that is the same for every sample repeats nothing.

    Parameters
    ----------
    fields
        The sample table.
    names
        Fields to choose from; what is no column of the sample table stays.
    keep
        Fields that stay in any case.

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
        values = tuple(_format.plain(value).strip().casefold() for value in fields[name])
        if len(set(values)) > 1 and first.setdefault(values, name) != name and name not in kept:
            repeats.add(name)
    return [name for name in names if name not in repeats]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, each as column to value."""
    return [{str(column): value for column, value in row.items()} for row in table.to_dict("records")]


def stack(tables: Iterable[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Put tables one below the other; empty ones (of stopped data sets) add nothing."""
    kept = [table for table in tables if len(table)]
    if not kept:
        return pd.DataFrame(columns=list(columns))
    rows = [record for table in kept for record in records(table)]
    return pd.DataFrame(rows)

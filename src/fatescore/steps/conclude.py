"""End a run: which data sets did not go through, and which share samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fatescore.errors import FatescoreError
from fatescore.files import check_input, write_text
from fatescore.report.duplicates import duplicate_sentences
from fatescore.steps.declarations import CONCLUDED
from fatescore.steps.outcome import describe
from fatescore.tables import DUPLICATES, SCOREBOARD
from fatescore.tables.codes import Status
from fatescore.tables.folder import DatasetFolder, Outcome, RunFolder

DONE = "done.txt"


class Conclusion(NamedTuple):
    """What a person must know of a run.

    Attributes
    ----------
    not_scorable
        A line for every data set that is not scorable, which is a result and not a failure.
    warnings
        A sentence for every pair of data sets that share samples and do not declare it.
    failures
        A line for everything that failed.
    """

    not_scorable: list[str]
    warnings: list[str]
    failures: list[str]


def conclude(run: RunFolder, datasets: Sequence[str], across: Sequence[str] = ()) -> Conclusion:
    """End a run.

    Outcomes that say "failed" are removed, so that the next run tries again; ``done.txt`` is written only where nothing
    failed.

    Parameters
    ----------
    run
        Holds ``scoreboard.tsv`` and ``duplicates.tsv``; gets ``done.txt``.
    datasets, across
        Names of the data sets, and of the contrasts across data sets.

    Raises
    ------
    InputError
        When there is no scoreboard, or it lacks a column.
    """
    check_input(run.file(SCOREBOARD), "a table written by fatescore meta", fix="run that step first")
    board = run.read(SCOREBOARD).fillna("").to_dict("records")
    outcomes = [Outcome(row["dataset"], row["step"], Status(row["status"]), row["reason"], {}) for row in board]
    not_scorable = [outcome for outcome in outcomes if outcome.status == Status.NOT_SCORABLE]
    failed = [outcome for outcome in outcomes if outcome.status == Status.FAILED]
    # What stopped a data set stops its contrasts, too: it is named once.
    causes = {(outcome.step, outcome.reason) for outcome in failed}
    folders = [*map(run.dataset, datasets), *map(run.across, across)]
    failed += [outcome for outcome in _remove_failures(folders) if (outcome.step, outcome.reason) not in causes]
    if failed:
        run.file(DONE).unlink(missing_ok=True)
    else:
        n_ok = len(outcomes) - len(not_scorable)
        write_text(run.file(DONE), f"{len(outcomes)} data sets: {n_ok} ok, {len(not_scorable)} not scorable\n")
    return Conclusion(
        [describe(outcome) for outcome in not_scorable],
        duplicate_sentences(run.read(DUPLICATES), declared=False),
        [f"{describe(outcome)}; run again to retry it" for outcome in failed],
    )


def _remove_failures(folders: Sequence[DatasetFolder]) -> list[Outcome]:
    """Remove the outcomes that say "failed", also where later steps passed them on; return each failure once."""
    found = {}
    for folder in folders:
        for step in CONCLUDED:
            try:
                outcome = folder.outcome(step)
            except FatescoreError:
                continue
            if outcome is not None and outcome.status == Status.FAILED:
                folder.status_file(step).unlink(missing_ok=True)
                found[outcome.dataset, outcome.step, outcome.reason] = outcome
    return list(found.values())

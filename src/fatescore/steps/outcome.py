"""The outcome of a step: one data set that cannot go on does not stop the others.

The outcome is written as JSON, the outputs of a data set that stops are left empty, and the following steps pass its
outcome on.
"""

from __future__ import annotations

import glob
import logging
import signal
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fatescore.errors import FatescoreError, NotScorable, of_system
from fatescore.files import check_input, check_output, write_text
from fatescore.steps.child_process import run_in_child, why_killed
from fatescore.steps.declarations import Step
from fatescore.tables.codes import NoteCode, Status
from fatescore.tables.folder import DatasetFolder, Outcome, failure

logger = logging.getLogger(__name__)

_ENDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def record_outcome(
    step: Step,
    folder: DatasetFolder,
    work: Callable[[], Mapping[str, Any]],
    *,
    sources: Iterable[DatasetFolder] = (),
    child_process: bool = False,
) -> Outcome:
    """Do the work of a step and record its outcome in the folder.

    Parameters
    ----------
    step
        What it reads and writes.
    folder
        Gets the outcome.
    work
        Writes the outputs and returns facts about the data set (JSON values) for the report. The outputs are left empty
        when the data set stops here, but for what ``work`` still wrote before it said "not scorable" (the table of
        samples with their reasons).
    sources
        The data sets that the step reads; by default that of the folder.
    child_process
        Whether to do the work in a process of its own, so that a crash fails this data set only.

    Raises
    ------
    InputError
        When an input is not there, or an output cannot be written; nothing is written then.
    """
    sources = [*sources] or [folder]
    for source in sources:
        for name in step.inputs:
            check_input(source.file(name), f"a file of an earlier step, for {step.name}", fix="run that step first")
    for path in [*map(folder.file, step.outputs), folder.status_file(step.name)]:
        check_output(path)  # all of them before the first is written
    if not child_process:
        return _record(step, folder, work, sources)
    killed = run_in_child(lambda: _record(step, folder, work, sources))
    if killed in _ENDED:  # whoever ended it does not want it finished
        raise SystemExit(128 + killed)
    if killed:
        return _finish(step, folder, _failed(step, folder, why_killed(killed)))
    outcome = folder.outcome(step.name)
    if outcome is None:
        raise FatescoreError(f"{folder.status_file(step.name)} was removed while {step.name} ran")
    return outcome


def _record(
    step: Step, folder: DatasetFolder, work: Callable[[], Mapping[str, Any]], sources: Iterable[DatasetFolder]
) -> Outcome:
    stopped = _stopped_before(step, sources)
    for output in map(folder.file, step.outputs):
        output.unlink(missing_ok=True)  # nothing of an earlier run may pass for this one's
        for part in output.parent.glob(f".part-*-{glob.escape(output.name)}"):  # of a run that was killed
            part.unlink(missing_ok=True)
    if stopped is not None:
        return _finish(step, folder, Outcome(folder.name, stopped.step, stopped.status, stopped.reason, {}))
    try:
        outcome = Outcome(folder.name, step.name, Status.OK, "", dict(work()))
    except NotScorable as error:
        outcome = Outcome(folder.name, step.name, Status.NOT_SCORABLE, error.reason, {})
    except FatescoreError as error:
        outcome = _failed(step, folder, error)
    except OSError as error:
        outcome = _failed(step, folder, of_system(error))
    except Exception as error:
        # A bug of ours, or data that we did not foresee: the other data sets still deserve their report.
        logger.exception("%s: unexpected error at %s", folder.name, step.name)
        message = f"unexpected {type(error).__name__} ({error}); the log has the traceback: please report it"
        outcome = _failed(step, folder, message)
    return _finish(step, folder, outcome)


def _failed(step: Step, folder: DatasetFolder, message: object) -> Outcome:
    return Outcome(folder.name, step.name, Status.FAILED, failure(NoteCode.ERROR, message), {})


def _finish(step: Step, folder: DatasetFolder, outcome: Outcome) -> Outcome:
    """Write the outcome, and empty outputs where there is nothing to go on with."""
    if outcome.status != Status.OK:
        for output in map(folder.file, step.outputs):
            if outcome.status == Status.FAILED or not output.exists():
                write_text(output, "")
    folder.record(step.name, outcome)
    return outcome


def _stopped_before(step: Step, sources: Iterable[DatasetFolder]) -> Outcome | None:
    """Return the outcome that keeps the step from its work, if there is one."""
    outcomes = [source.outcome(step.after) for source in sources] if step.after else []
    return next((one for one in outcomes if one is not None and one.status != Status.OK), None)


def describe(outcome: Outcome) -> str:
    """Return in one line what became of a data set."""
    from fatescore.report.sentences import reason_text

    return f"{outcome.dataset}: {outcome.status} at {outcome.step}: {reason_text(outcome.reason)}"

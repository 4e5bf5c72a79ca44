"""What a verb does as a step of the workflow: carry on, or record why its data set stops here.

Alone on the command line a verb fails loudly. In the workflow (``--status-out`` given) one data set that
cannot go on must not stop the others: the outcome is written as JSON, the outputs are left empty, and the
following steps pass the outcome on.
"""

from __future__ import annotations

import argparse
import glob
import json
import logging
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fatescore.cli._apart import apart, why_killed
from fatescore.cli._said import said
from fatescore.errors import FatescoreError, InputError, NotScorable, of_system
from fatescore.files import check_output, write_json, write_text
from fatescore.tables.codes import Status

logger = logging.getLogger(__name__)

_ENDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def add_step_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that only the workflow uses."""
    group = parser.add_argument_group("workflow")
    group.add_argument("--dataset", default="", help="name of the data set, written into every row")
    group.add_argument(
        "--status-in",
        nargs="*",
        default=[],
        type=Path,
        metavar="FILE",
        help="outcomes of earlier steps (JSON)",
    )
    group.add_argument(
        "--status-out",
        type=Path,
        metavar="FILE",
        help="record the outcome here and exit 0 even when the data set cannot go on",
    )


def run_step(
    step: str, args: argparse.Namespace, outputs: Sequence[Path], work: Callable[[], Mapping[str, Any]]
) -> None:
    """Do ``work`` and record its outcome.

    Parameters
    ----------
    step
        Name of the step, as in ``STEPS``.
    args
        Parsed arguments with those of :func:`add_step_arguments`.
    outputs
        Files that ``work`` writes; left empty when the data set stops here, but for what ``work`` still wrote
        before it said "not scorable" (the table of samples with their reasons).
    work
        Writes the outputs and returns facts about the data set (JSON values) for the report.
    """
    for path in [*outputs, *([] if args.status_out is None else [args.status_out])]:
        check_output(path)  # all of them before the first is written
    if args.status_out is None:
        work()
        return

    def record() -> None:
        _record(step, args, outputs, work)

    killed = apart(lambda: said(step, record)) if getattr(args, "apart", False) else None
    if killed is None:
        _record(step, args, outputs, work)
    elif killed in _ENDED:  # whoever ended it does not want it finished
        raise SystemExit(128 + killed)
    elif killed:
        died = {"step": step, "status": Status.FAILED, "reason": why_killed(killed), "facts": {}}
        _leave(died, args, outputs)


def _record(
    step: str, args: argparse.Namespace, outputs: Sequence[Path], work: Callable[[], Mapping[str, Any]]
) -> None:
    outcome = _stopped_before(args.status_in)
    for output in outputs:
        output.unlink(missing_ok=True)  # nothing of an earlier run may pass for this one's
        for part in output.parent.glob(f".part-*-{glob.escape(output.name)}"):  # of a run that was killed
            part.unlink(missing_ok=True)
    if outcome is None:
        try:
            outcome = {"step": step, "status": Status.OK, "reason": "", "facts": dict(work())}
        except NotScorable as error:
            outcome = {"step": step, "status": Status.NOT_SCORABLE, "reason": str(error), "facts": {}}
        except FatescoreError as error:
            outcome = {"step": step, "status": Status.FAILED, "reason": str(error), "facts": {}}
        except OSError as error:
            outcome = {"step": step, "status": Status.FAILED, "reason": str(of_system(error)), "facts": {}}
        except Exception as error:
            # A bug of ours, or data that we did not foresee: the other data sets still deserve their report.
            logger.exception("%s: unexpected error at %s", args.dataset, step)
            what = f"unexpected {type(error).__name__} ({error}); the log has the traceback: please report it"
            outcome = {"step": step, "status": Status.FAILED, "reason": " ".join(what.split()), "facts": {}}
    _leave(outcome, args, outputs)


def _leave(outcome: Mapping[str, Any], args: argparse.Namespace, outputs: Sequence[Path]) -> None:
    """Write the outcome, and empty outputs where there is nothing to go on with."""
    if outcome["status"] != Status.OK:
        logger.warning("%s: %s at %s: %s", args.dataset, outcome["status"], outcome["step"], outcome["reason"])
        for output in outputs:
            if outcome["status"] == Status.FAILED or not output.exists():
                write_text(output, "")
    write_json(args.status_out, {**outcome, "dataset": args.dataset})


def read_status(path: Path) -> dict[str, Any]:
    """Read one outcome."""
    try:
        outcome: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {key: outcome[key] for key in ("dataset", "step", "status", "reason", "facts")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is not a status file ({type(error).__name__}: {error})",
            expected="JSON written with --status-out",
            fix="run the earlier step again",
        ) from error


def _stopped_before(paths: Sequence[Path]) -> dict[str, Any] | None:
    for path in paths:
        outcome = read_status(path)
        if outcome["status"] != Status.OK:
            return {**outcome, "facts": {}}
    return None

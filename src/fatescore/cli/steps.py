"""The steps of the workflow that take a folder and nothing else: one row per verb."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from fatescore import steps
from fatescore.errors import FatescoreError
from fatescore.tables.codes import Status
from fatescore.tables.folder import DatasetFolder, Outcome, RunFolder

logger = logging.getLogger(__name__)

_SETTINGS = "Settings are those in settings.json of the run, which the workflow writes; without it the defaults hold."


class Verb(NamedTuple):
    """A verb of the command line.

    Attributes
    ----------
    name
        Its name.
    help
        What it does, in a line.
    run
        What it calls with the folder; ``None`` for a step of a data set, whose outcome is recorded.
    of_run
        Whether the folder is that of a run.
    """

    name: str
    help: str
    run: Callable[[Path], int | None] | None = None
    of_run: bool = False


def _multiqc(path: Path) -> None:
    from fatescore.steps.multiqc import multiqc

    multiqc(DatasetFolder(path))


def _duplicates(path: Path) -> None:
    from fatescore.steps.duplicates import duplicates

    run = RunFolder(path)
    duplicates(run, steps.dataset_names(run, steps.plan_of(run)))


def _meta(path: Path) -> None:
    from fatescore.steps.meta import meta

    run = RunFolder(path)
    plan = steps.plan_of(run)
    pooled = {name: plan.settings[name] for name in ("pool_other", "keep_confounded")}
    meta(run, steps.dataset_names(run, plan), **pooled)


def _conclude(path: Path) -> int:
    from fatescore.steps.conclude import conclude

    run = RunFolder(path)
    plan = steps.plan_of(run)
    found = conclude(run, steps.dataset_names(run, plan), steps.across_names(plan))
    for line in found.not_scorable:
        print(line)
    for line in [*(f"warning: {warning}" for warning in found.warnings), *found.failures]:
        print(line, file=sys.stderr)
    return 1 if found.failures else 0


VERBS = (
    Verb("qc", "judge cells and samples"),
    Verb("normalise", "bring values to a log scale, and sum the counts of cells per sample"),
    Verb("contrast", "compare conditions and audit what else differs between them"),
    Verb("embed", "lay cells out in two dimensions"),
    Verb("export", "write data and scores as one h5ad file for scanpy and cellxgene"),
    Verb("fingerprint", "keep what is needed to find the samples of a data set in others"),
    Verb("multiqc", "write the quality control for MultiQC", _multiqc),
    Verb("duplicates", "find samples that occur twice, within and across data sets", _duplicates, of_run=True),
    Verb("meta", "pool contrasts over data sets and write the scoreboard", _meta, of_run=True),
    Verb("conclude", "end a run: exit status 1 if a data set failed", _conclude, of_run=True),
)


def add_verbs(verbs: argparse._SubParsersAction[Any]) -> None:
    """Add every verb to the command."""
    for verb in VERBS:
        parser = verbs.add_parser(verb.name, help=verb.help, description=f"{verb.help.capitalize()}. {_SETTINGS}")
        add_folder(parser, of_run=verb.of_run, recorded=verb.run is None)
        parser.set_defaults(run=_run_verb, function=verb.run)


def add_folder(parser: argparse.ArgumentParser, *, of_run: bool = False, recorded: bool = True) -> None:
    """Add the folder that a verb takes and, where its outcome is recorded, what happens when the data set stops."""
    example = "results" if of_run else "results/datasets/A"
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"such as {example}")
    if recorded:
        add_keep_going(parser)


def add_keep_going(parser: argparse.ArgumentParser) -> None:
    """Add the option of the workflow, in which one data set does not stop the others."""
    parser.add_argument(
        "--keep-going", action="store_true", help="exit status 0 also where the data set cannot go on (see status/)"
    )


def report_outcome(outcome: Outcome, *, keep_going: bool) -> None:
    """Log the outcome of a data set that stopped, or raise it as an error."""
    if outcome.status == Status.OK:
        return
    if not keep_going:
        raise FatescoreError(steps.describe(outcome))
    logger.warning("%s", steps.describe(outcome))


def _run_verb(args: argparse.Namespace) -> int | None:
    if args.function is not None:
        status: int | None = args.function(args.folder)
        return status
    outcome = steps.run_step(args.verb, args.folder, child_process=args.child_process)
    report_outcome(outcome, keep_going=args.keep_going)
    return None

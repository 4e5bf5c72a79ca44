"""End a run: say which data sets did not go through and which share samples, and fail if one failed.

A data set that is "not scorable" is a result, not a failure. A data set that "failed" makes the exit status 1; its
outcome is forgotten so that the next run tries it again, and DONE is not written. Samples that occur twice and are not
declared are a warning.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fatescore.cli._step import read_status
from fatescore.errors import FatescoreError, InputError
from fatescore.files import write_text
from fatescore.report.copies import copies_said
from fatescore.tables.codes import Status
from fatescore.tables.io import read_tsv

HELP = "end a run: exit status 1 if a data set failed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("scoreboard", type=Path, metavar="SCOREBOARD", help="scoreboard.tsv")
    parser.add_argument("--status", nargs="*", default=[], type=Path, metavar="FILE", help="outcomes of the steps")
    parser.add_argument("--copies", type=Path, metavar="FILE", help="copies.tsv: samples that occur twice")
    parser.add_argument("--output", required=True, type=Path, metavar="DONE", help="written when nothing failed")


def run(args: argparse.Namespace) -> int | None:
    """Run the verb."""
    board = read_tsv(args.scoreboard).fillna("")
    absent = [column for column in ("dataset", "status", "step", "reason") if column not in board.columns]
    if absent:
        raise InputError(
            f"{args.scoreboard} has no column {', '.join(absent)}", expected="scoreboard.tsv of fatescore meta"
        )
    rows = board.to_dict("records")
    for row in rows:
        if row["status"] == Status.NOT_SCORABLE:
            print(f"{row['dataset']}: {row['status']} at {row['step']}: {row['reason']}")
    if args.copies is not None:
        for said in copies_said(read_tsv(args.copies), declared=False):
            print(f"warning: {said}", file=sys.stderr)
    failed = [row for row in rows if row["status"] == Status.FAILED]
    for row in failed:
        _forget(args.status, row["dataset"])
        print(f"{row['dataset']}: failed at {row['step']}: {row['reason']}; run again to retry it", file=sys.stderr)
    told = {(row["step"], row["reason"]) for row in failed}
    lost = _others(args.status)
    for path, outcome in lost:
        path.unlink(missing_ok=True)
        if (outcome["step"], outcome["reason"]) in told:  # what stopped a data set stops its contrasts
            continue
        what = f"{outcome['dataset']}: failed at {outcome['step']}: {outcome['reason']}"
        print(f"{what}; run again to retry it", file=sys.stderr)
    if failed or lost:
        args.output.unlink(missing_ok=True)
        return 1
    counts = {status: sum(row["status"] == status for row in rows) for status in (Status.OK, Status.NOT_SCORABLE)}
    write_text(
        args.output, f"{len(rows)} data sets: {counts[Status.OK]} ok, {counts[Status.NOT_SCORABLE]} not scorable\n"
    )
    return 0


def _others(paths: Sequence[Path]) -> list[tuple[Path, Mapping[str, Any]]]:
    """Return the failures that the scoreboard does not tell: contrasts between data sets, and fingerprints."""
    found: list[tuple[Path, Mapping[str, Any]]] = []
    for path in paths:
        try:
            outcome = read_status(path)
        except FatescoreError:
            continue
        if outcome["status"] == Status.FAILED:
            found.append((path, outcome))
    return found


def _forget(paths: Sequence[Path], dataset: str) -> None:
    """Remove the outcomes of a data set that say "failed", that of the failed step itself included.

    Later steps pass a failure on under their own file name, so every one that carries it goes. The failed step's
    own file stands beside them even when it was not named.
    """
    for path in paths:
        outcome = _outcome(path)
        if outcome is None or outcome[0] != dataset:
            continue
        path.unlink(missing_ok=True)
        origin = path.with_name(f"{outcome[1]}.json")
        if origin.is_file() and _outcome(origin) == outcome:
            origin.unlink(missing_ok=True)


def _outcome(path: Path) -> tuple[str, str] | None:
    """Return data set and step of a failure; None for anything else."""
    try:
        outcome = read_status(path)
    except FatescoreError:
        return None
    return (str(outcome["dataset"]), str(outcome["step"])) if outcome["status"] == Status.FAILED else None

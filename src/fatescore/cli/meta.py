"""Pool the contrasts of all data sets, ask what the result hangs on, and write the scoreboard.

Only contrasts of kind "disease" in bone-marrow stromal cells are pooled; a data set whose condition cannot be separated
from another field, or which is only described, is left out and named with the reason. The scoreboard says
for every data set whether it went through, and if not, at which step it stopped and why.

--robustness pools again without each data set, within assays, organisms and populations, and with other estimators of
heterogeneity. --specification pools under every scoring method and index, from the specification.tsv of the data sets.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore.cli._step import read_status
from fatescore.tables import SCOREBOARD
from fatescore.tables.codes import Status
from fatescore.tables.folder import STEPS
from fatescore.tables.io import read_tsvs, write_tsv

HELP = "pool contrasts over data sets and write the scoreboard"
_GROUPS = ("assay", "organism", "population")
_FACTS = ("title", "organism", "assay", "population", "n_samples", "n_donors")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    add = parser.add_argument
    add("--contrasts", nargs="*", default=[], type=Path, metavar="FILE", help="contrasts.tsv of the data sets")
    add("--status", nargs="*", default=[], type=Path, metavar="FILE", help="outcomes of the steps (JSON)")
    add("--keep-confounded", action="store_true", help="pool data sets whose condition cannot be separated, too")
    add("--pool-other", action="store_true", help="pool data sets that are not BMSC, too")
    add("--output", required=True, type=Path, metavar="TSV", help="meta.tsv to write")
    add("--robustness", type=Path, metavar="TSV", help="meta_robustness.tsv to write")
    add("--specification-tables", nargs="*", default=[], type=Path, metavar="FILE", help="specification.tsv files")
    add("--specification", type=Path, metavar="TSV", help="meta_specification.tsv to write")
    add("--scoreboard", required=True, type=Path, metavar="TSV", help="scoreboard.tsv to write")


def run(args: argparse.Namespace) -> int | None:
    """Run the verb."""
    from fatescore import stats

    contrasts = read_tsvs(args.contrasts)
    outcomes = [read_status(path) for path in args.status]
    scoreboard = _scoreboard(outcomes)
    # Without any status file nothing is known of the populations, and nothing is left out for it.
    known = bool(args.status) and not args.pool_other
    facts = {name: dict(zip(scoreboard["dataset"], scoreboard[name], strict=True)) for name in _GROUPS}
    choice = {
        "populations": facts["population"] if known else None,
        "overlap_groups": {o["dataset"]: group for o in outcomes if (group := o["facts"].get("overlap_group"))},
        "keep_confounded": args.keep_confounded,
    }
    pooled = stats.meta(contrasts, **choice)
    if not pooled.empty:
        pooled["note"] = [_with_loss(row, outcomes) for row in pooled.to_dict("records")]
    write_tsv(args.output, pooled)
    write_tsv(args.scoreboard, scoreboard)
    if args.robustness is not None:
        write_tsv(args.robustness, stats.meta_robustness(contrasts, facts=facts if args.status else None, **choice))
    if args.specification is not None:
        write_tsv(args.specification, stats.meta_specification(read_tsvs(args.specification_tables), **choice))
    return None


def _with_loss(row: Mapping[Any, Any], outcomes: Sequence[Mapping[str, Any]]) -> str:
    """Add to a note what is lost where data sets of several organisms are pooled."""
    from fatescore import gene_sets

    pooled = {part for name in str(row["datasets"]).split(", ") for part in name.split("+")}
    facts = [outcome["facts"] for outcome in outcomes if outcome["dataset"] in pooled]
    index = next((fact["index"] for fact in facts if fact.get("index")), gene_sets.DEFAULT_INDEX)
    loss = gene_sets.loss_between({fact["organism"] for fact in facts if fact.get("organism")}, index)
    return "; ".join(part for part in (str(row["note"]), loss) if part)


def _scoreboard(outcomes: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per data set, in the order in which they are first named."""
    rows = []
    for dataset in dict.fromkeys(outcome["dataset"] for outcome in outcomes):
        steps = sorted((o for o in outcomes if o["dataset"] == dataset), key=_position)
        facts: dict[str, Any] = {}
        for step in steps:
            facts |= {key: value for key, value in step["facts"].items() if key in _FACTS and key not in facts}
        stopped = [step for step in steps if step["status"] != Status.OK]
        decisive = stopped[0] if stopped else steps[-1]
        row = {key: facts.get(key, "") for key in _FACTS}
        rows.append(row | {key: decisive[key] for key in ("dataset", "status", "step", "reason")})
    return pd.DataFrame(rows, columns=list(SCOREBOARD.names)).astype(object)


def _position(outcome: Mapping[str, Any]) -> int:
    step = outcome["step"]
    return STEPS.index(step) if step in STEPS else len(STEPS)

"""Pool the contrasts of all data sets, ask what the result hangs on, and write the scoreboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from fatescore import gene_sets, stats
from fatescore.tables import (
    CONTRASTS,
    META,
    META_ROBUSTNESS,
    META_SPECIFICATION,
    SCOREBOARD,
    SPECIFICATION,
    join_notes,
    split_names,
)
from fatescore.tables.codes import Status
from fatescore.tables.folder import STEPS, Outcome, RunFolder, read_all

_GROUPS = ("assay", "organism", "population")
_FACTS = ("title", "organism", "assay", "population", "n_samples", "n_donors")


def meta(
    run: RunFolder, datasets: Sequence[str], *, pool_other: bool = False, keep_confounded: bool = False
) -> pd.DataFrame:
    """Pool the contrasts of kind "disease", and write what the result hangs on.

    A data set whose condition is completely confounded with another field, or which is only described, is left out and
    named with the reason.

    Parameters
    ----------
    run
        Gets ``meta.tsv`` and ``scoreboard.tsv``, ``meta_robustness.tsv`` (without each data set, within assays,
        organisms and populations, and with other estimators of heterogeneity) and ``meta_specification.tsv`` (under
        every scoring method and index).
    datasets
        Names of the data sets.
    pool_other
        Pool data sets that are not of bone-marrow stromal cells, too.
    keep_confounded
        Pool data sets whose condition is completely confounded, too.

    Returns
    -------
    The scoreboard: whether each data set went through and, if not, at which step it stopped and why.
    """
    folders = [run.dataset(name) for name in datasets]
    outcomes = {folder.name: [one for one in map(folder.outcome, STEPS) if one is not None] for folder in folders}
    board = scoreboard(outcomes)
    # Where nothing is recorded nothing is known of the populations, and nothing is left out for it.
    recorded = not board.empty
    facts = {name: dict(zip(board["dataset"], board[name], strict=True)) for name in _GROUPS}
    groups = {name: _merged_facts(found).get("overlap_group") for name, found in outcomes.items()}
    choice: dict[str, Any] = {
        "populations": facts["population"] if recorded and not pool_other else None,
        "overlap_groups": {name: group for name, group in groups.items() if group},
        "keep_confounded": keep_confounded,
    }
    contrasts = read_all(folders, CONTRASTS)
    pooled = stats.meta(contrasts, **choice)
    if not pooled.empty:
        pooled["note"] = [_with_loss(row, outcomes) for row in pooled.to_dict("records")]
    run.write(META, pooled)
    run.write(META_ROBUSTNESS, stats.meta_robustness(contrasts, facts=facts if recorded else None, **choice))
    run.write(META_SPECIFICATION, stats.meta_specification(read_all(folders, SPECIFICATION), **choice))
    run.write(SCOREBOARD, board)
    return board


def scoreboard(outcomes: Mapping[str, Sequence[Outcome]]) -> pd.DataFrame:
    """Return what became of every data set.

    Parameters
    ----------
    outcomes
        Data set -> outcomes of its steps, in their order; one without any is left out.

    Returns
    -------
    One row per data set, ``SCOREBOARD.names``: the first step that is not ok decides.
    """
    rows = []
    for name, steps in outcomes.items():
        if steps:
            facts = _merged_facts(steps)
            decisive = next((step for step in steps if step.status != Status.OK), steps[-1])
            row = {key: facts.get(key, "") for key in _FACTS} | {"dataset": name}
            rows.append(row | {key: str(getattr(decisive, key)) for key in ("status", "step", "reason")})
    return SCOREBOARD.frame(rows).astype(object)


def _merged_facts(steps: Sequence[Outcome]) -> dict[str, Any]:
    """Return all facts of a data set; of what several steps say the first counts."""
    return {key: value for step in reversed(steps) for key, value in step.facts.items()}


def _with_loss(row: Mapping[Any, Any], outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """Add to a note what is lost where data sets of several organisms are pooled."""
    pooled = {part for name in split_names(row["datasets"]) for part in name.split("+")}
    facts = [_merged_facts(outcomes.get(name, ())) for name in sorted(pooled)]
    index = next((fact["index"] for fact in facts if fact.get("index")), gene_sets.DEFAULT_INDEX)
    loss = gene_sets.loss_between({fact["organism"] for fact in facts if fact.get("organism")}, index)
    return ";".join(part for part in (str(row["note"]), join_notes(loss)) if part)

"""Compare conditions, donors as the unit, and ask what else could explain the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fatescore import stats
from fatescore.config import Contrast
from fatescore.errors import InputError
from fatescore.stats import Audit
from fatescore.stats.confounding import DEFAULT_IGNORE
from fatescore.steps.contrast_inputs import SHARES_OF_TYPES, ContrastInputs, read_inputs
from fatescore.tables import (
    ADJUSTED_DIFFERENCES,
    CONFOUNDING,
    CONTRASTS,
    CONTRIBUTIONS,
    SPECIFICATION,
    Note,
    join_names,
    join_notes,
)
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode, Unit
from fatescore.tables.column import Table
from fatescore.tables.folder import DatasetFolder

_TABLES = (CONTRASTS, CONFOUNDING, CONTRIBUTIONS, ADJUSTED_DIFFERENCES, SPECIFICATION)
_OF_COMPOSITION = ("n_stromal", "n_kept", "fraction_stromal")


def contrast(
    folder: DatasetFolder, contrasts: Sequence[Contrast], *, sources: Sequence[DatasetFolder] = (), seed: int = 0
) -> dict[str, Any]:
    """Make the contrasts within a data set, or across several.

    Parameters
    ----------
    folder
        Gets the tables: every measure of every contrast, the audit of every other sample field, what each gene
        contributes to the difference, what accounts for it, and the difference under every method.
    contrasts
        What to compare.
    sources
        The data sets to read; by default that of the folder.
    seed
        Of permutations that are too many to enumerate.

    Returns
    -------
    Facts: names of the contrasts, and the verdict and fields of the audit of each.

    Raises
    ------
    InputError
        When the tables do not fit each other, or a condition is not one of the samples'.
    """
    names = [one.id for one in contrasts]
    if len(set(names)) < len(names):
        raise InputError(f"contrast {max(names, key=names.count)!r} is given twice", fix="give each id once")
    inputs = read_inputs(sources or [folder])
    audits: dict[str, Audit] = {}
    parts: dict[Table, list[pd.DataFrame]] = {table: [] for table in _TABLES}
    for one in contrasts:
        audits[one.id], tables = compare(one, inputs, seed=seed)
        for table, rows in tables.items():
            parts[table].append(rows)
    for table in _TABLES:
        folder.write(table, _stack(parts[table], table))
    return {
        "contrasts": names,
        "audits": {
            name: {"verdict": str(audit.verdict), "fields": join_names(audit.fields)} for name, audit in audits.items()
        },
    }


def compare(one: Contrast, inputs: ContrastInputs, *, seed: int = 0) -> tuple[Audit, dict[Table, pd.DataFrame]]:
    """Make one contrast.

    Parameters
    ----------
    one
        What to compare.
    inputs
        The tables of the samples.
    seed
        Of permutations that are too many to enumerate.

    Returns
    -------
    The audit, and the rows of every table.
    """
    names = {"dataset": inputs.dataset, "contrast": one.id}
    sides = {"case": one.case, "control": one.control}
    confounding = stats.confounding(inputs.fields, **sides, **names, ignore=(*DEFAULT_IGNORE, *one.ignore), seed=seed)
    audit = stats.audit_summary(confounding, recorded=inputs.recorded)
    asked: dict[str, Any] = {**names, "kind": one.kind, "known_conditions": inputs.conditions, "seed": seed}
    judged = {"audit": audit, "expected": one.expected}
    tables = {
        CONTRASTS: _stack([_measures(one, inputs, **asked, **judged), _composition(one, inputs, confounding, **asked)]),
        CONFOUNDING: _with_all_genes(confounding, inputs, one, names, seed),
        ADJUSTED_DIFFERENCES: _adjusted_differences(inputs, **sides, **names),
        SPECIFICATION: _specification(one, inputs, **asked, **judged),
    }
    if not inputs.genes.empty:
        tables[CONTRIBUTIONS] = stats.contributions(
            inputs.genes, **sides, **names, arms=inputs.arms, factors=inputs.factors
        )
    return audit, tables


def _measures(one: Contrast, inputs: ContrastInputs, **asked: Any) -> pd.DataFrame:
    """Compare every measure; its levels, where the contrast has several."""
    if one.levels:
        levels = list(one.levels)
        rows = stats.trend(inputs.scores, measures=inputs.measures, levels=levels, ordered=one.ordered, **asked)
    else:
        model: dict[str, Any] = {"fields": inputs.fields, "covariates": list(one.covariates), "block": one.block}
        rows = stats.contrast(
            inputs.scores, measures=inputs.measures, case=one.case, control=one.control, **asked, **model
        )
    if not inputs.cells.empty:
        recovered = stats.auroc_of_cells(inputs.cells, case=one.case, control=one.control, measures=inputs.measures)
        rows["auroc_cells"] = rows["measure"].map(recovered)
    notes = [*inputs.loss, *([] if inputs.recorded else [Note(NoteCode.NO_SAMPLE_FIELDS)])]
    if notes:
        rows["note"] = [";".join(part for part in (note, join_notes(notes)) if part) for note in rows["note"]]
    return rows


def _composition(one: Contrast, inputs: ContrastInputs, confounding: pd.DataFrame, **asked: Any) -> pd.DataFrame:
    if inputs.types.empty:
        return pd.DataFrame()
    # A composition is not confounded by being one.
    others = confounding[~confounding["field"].isin(_OF_COMPOSITION)]
    audit = stats.audit_summary(others, recorded=inputs.recorded)
    shares = {name: column for name, column in SHARES_OF_TYPES.items() if column in inputs.types.columns}
    return stats.composition(inputs.types, case=one.case, control=one.control, audit=audit, shares=shares, **asked)


def _with_all_genes(
    confounding: pd.DataFrame, inputs: ContrastInputs, one: Contrast, names: Mapping[str, str], seed: int
) -> pd.DataFrame:
    """Add to the audit how many of all genes differ, where their values are known."""
    if inputs.expression is None:
        return confounding
    condition = inputs.expression.rows[col.CONDITION]
    chosen = condition.isin([one.case, one.control]).to_numpy()
    shift = stats.expression_shift(
        inputs.expression.log_values[chosen],
        (condition[chosen] == one.case).to_numpy(),
        inputs.expression.rows[col.DONOR][chosen].tolist(),
        seed=seed,
    )
    return stats.add_evidence(confounding, shift, **names)


def _adjusted_differences(inputs: ContrastInputs, **asked: str) -> pd.DataFrame:
    """Ask how far commitment, maturation and composition account for the difference of the index."""
    keys = [col.DATASET, col.SAMPLE]
    scores = inputs.scores.merge(inputs.content, on=keys, how="left")
    covariates = [str(name) for name in (col.COMMITMENT, col.MATURATION) if name in inputs.scores]
    return stats.adjusted_differences(scores, covariates=[*covariates, *inputs.content.columns.drop(keys)], **asked)


def _specification(one: Contrast, inputs: ContrastInputs, **asked: Any) -> pd.DataFrame:
    """Return a contrast of two conditions under every method, index and unit, with the AUROC of cells beside."""
    if inputs.method_scores.empty or one.levels:
        return pd.DataFrame()
    rows = stats.specification(inputs.method_scores, case=one.case, control=one.control, **asked)
    by_choice = {
        choice: stats.auroc_of_cells(cells, case=one.case, control=one.control, measures=[col.FATE_BIAS])[col.FATE_BIAS]
        for choice, cells in _by_choice(inputs.cell_method_scores)
    }
    if by_choice:
        choices = pd.MultiIndex.from_frame(rows[[col.METHOD, col.INDEX]])
        of_cells = (rows[col.UNIT] == Unit.PSEUDOBULK).to_numpy()
        rows["auroc_cells"] = np.where(of_cells, pd.Series(by_choice).reindex(choices), np.nan)
    return rows


def _by_choice(cells: pd.DataFrame) -> list[tuple[Any, pd.DataFrame]]:
    return [] if cells.empty else list(cells.groupby([col.METHOD, col.INDEX], sort=False))


def _stack(tables: Sequence[pd.DataFrame], declared: Table | None = None) -> pd.DataFrame:
    # By way of object, because pandas warns when a column is missing throughout one of the tables.
    whole = [table.astype(object) for table in tables if not table.empty]
    if not whole:
        return pd.DataFrame() if declared is None else declared.frame()
    return pd.concat(whole, ignore_index=True).infer_objects()

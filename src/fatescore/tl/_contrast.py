"""Compare donors by tables of their samples: what ``fs.tl.compare`` and the step contrast share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from fatescore import stats
from fatescore.config import Contrast
from fatescore.pp.cell_type import MARKERS, UNKNOWN
from fatescore.stats import Audit
from fatescore.stats.confounding import DEFAULT_IGNORE
from fatescore.tables import (
    ADJUSTED_DIFFERENCES,
    CONFOUNDING,
    CONTRASTS,
    CONTRIBUTIONS,
    SPECIFICATION,
    Note,
    join_notes,
)
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode, Unit
from fatescore.tables.column import Table
from fatescore.typing import FloatArray

SHARES_OF_TYPES = {name: f"fraction_{name}" for name in (*MARKERS, UNKNOWN)}
_OF_COMPOSITION = ("n_stromal", "n_kept", "fraction_stromal")


@dataclass(frozen=True)
class Expression:
    """Log values (samples x genes) and the donor and condition of each sample."""

    log_values: FloatArray
    rows: pd.DataFrame


@dataclass(frozen=True)
class ComparisonInputs:
    """Tables of one data set, or of several that are compared with each other.

    Attributes
    ----------
    dataset
        Its name, or the names joined by ``+``.
    scores, genes, fields
        One row per sample: measures, parts of genes in the index, and everything else that is known.
    recorded
        Whether any field of the samples is recorded, beside what was measured.
    content
        What the samples hold, one row per sample: share of stromal cells, or of other tissues' markers.
    measures
        Columns of ``scores`` to compare.
    conditions
        Conditions of all samples: an arm that quality control emptied is not a misspelt condition.
    arms, factors
        Of genes: their arm, and how weights change when one is left out.
    types
        Shares of cell types per sample; empty where nobody looked.
    loss
        Notes of what is lost where the data sets are of several organisms.
    method_scores
        The index of samples under every method.
    cells, cell_method_scores
        One row per cell, and per cell and method; empty where there are no cells.
    expression
        Log values of all genes, or ``None`` for several data sets.
    field_names
        How the audit is to name fields whose own name means something else in ``fields``.
    """

    dataset: str
    scores: pd.DataFrame
    genes: pd.DataFrame
    fields: pd.DataFrame
    recorded: bool
    content: pd.DataFrame
    measures: list[str]
    conditions: list[str]
    arms: dict[str, str]
    factors: pd.DataFrame | None
    types: pd.DataFrame = field(default_factory=pd.DataFrame)
    loss: list[Note] = field(default_factory=list)
    method_scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    cell_method_scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    expression: Expression | None = None
    field_names: Mapping[str, str] = field(default_factory=dict)


def compare_samples(
    one: Contrast, inputs: ComparisonInputs, *, seed: int = 0
) -> tuple[Audit, dict[Table, pd.DataFrame]]:
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
    confounding["field"] = confounding["field"].replace(dict(inputs.field_names))
    audit = stats.audit_summary(confounding, recorded=inputs.recorded)
    asked: dict[str, Any] = {**names, "kind": one.kind, "known_conditions": inputs.conditions, "seed": seed}
    judged = {"audit": audit, "expected": one.expected}
    tables = {
        CONTRASTS: stack([_measures(one, inputs, **asked, **judged), _composition(one, inputs, confounding, **asked)]),
        CONFOUNDING: _with_all_genes(confounding, inputs, one, names, seed),
        ADJUSTED_DIFFERENCES: _adjusted_differences(inputs, **sides, **names),
        SPECIFICATION: _specification(one, inputs, **asked, **judged),
    }
    if not inputs.genes.empty:
        tables[CONTRIBUTIONS] = stats.contributions(
            inputs.genes, **sides, **names, arms=inputs.arms, factors=inputs.factors
        )
    return audit, tables


def _measures(one: Contrast, inputs: ComparisonInputs, **asked: Any) -> pd.DataFrame:
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


def _composition(one: Contrast, inputs: ComparisonInputs, confounding: pd.DataFrame, **asked: Any) -> pd.DataFrame:
    if inputs.types.empty:
        return pd.DataFrame()
    # A composition is not confounded by being one.
    others = confounding[~confounding["field"].isin(_OF_COMPOSITION)]
    audit = stats.audit_summary(others, recorded=inputs.recorded)
    shares = {name: column for name, column in SHARES_OF_TYPES.items() if column in inputs.types.columns}
    return stats.composition(inputs.types, case=one.case, control=one.control, audit=audit, shares=shares, **asked)


def _with_all_genes(
    confounding: pd.DataFrame, inputs: ComparisonInputs, one: Contrast, names: Mapping[str, str], seed: int
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


def _adjusted_differences(inputs: ComparisonInputs, **asked: str) -> pd.DataFrame:
    """Ask how far commitment, maturation and composition account for the difference of the index."""
    keys = [col.DATASET, col.SAMPLE]
    scores = inputs.scores.merge(inputs.content, on=keys, how="left")
    covariates = [str(name) for name in (col.COMMITMENT, col.MATURATION) if name in inputs.scores]
    return stats.adjusted_differences(scores, covariates=[*covariates, *inputs.content.columns.drop(keys)], **asked)


def _specification(one: Contrast, inputs: ComparisonInputs, **asked: Any) -> pd.DataFrame:
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


def stack(tables: Sequence[pd.DataFrame], declared: Table | None = None) -> pd.DataFrame:
    """Put tables below each other, those of no rows left out; the columns of ``declared`` where none is left."""
    # By way of object, because pandas warns when a column is missing throughout one of the tables.
    whole = [table.astype(object) for table in tables if not table.empty]
    if not whole:
        return pd.DataFrame() if declared is None else declared.frame()
    return pd.concat(whole, ignore_index=True).infer_objects()

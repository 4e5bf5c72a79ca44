"""What the step contrast reads, put together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fatescore import gene_sets, methods
from fatescore.errors import InputError
from fatescore.steps.h5ad import SINGLE_CELL, read_sample_expression
from fatescore.tables import (
    CELL_METHOD_SCORES,
    GENE_CONTRIBUTIONS,
    INDEX_GENES,
    METHOD_SCORES,
    QC,
    QC_METRICS,
    SAMPLE_FIELDS,
    SAMPLE_SCORES,
    SCORES,
    Note,
)
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode, Unit
from fatescore.tables.folder import DatasetFolder, read_all
from fatescore.tables.io import read_parquet
from fatescore.tl._contrast import SHARES_OF_TYPES, ComparisonInputs, Expression

_KEYS = [col.DATASET, col.SAMPLE]
# What is said of a sample is no property of it: it names whatever numbers stand out.
_JUDGEMENTS = (col.DONOR, col.CONDITION, "verdict", col.QC_FAIL_REASON, "qc_flags")


def read_inputs(folders: Sequence[DatasetFolder]) -> ComparisonInputs:
    """Read the tables of the data sets to compare.

    Parameters
    ----------
    folders
        One data set, or several between which the comparison is made.

    Raises
    ------
    InputError
        When a table is empty, lacks a column, or does not fit the others.
    """
    scores, described = read_all(folders, SAMPLE_SCORES), read_all(folders, SAMPLE_FIELDS)
    genes = read_all(folders, GENE_CONTRIBUTIONS)
    fields = _join_fields(described, read_all(folders, QC), scores)
    measures = [str(name) for name in scores if name in col.INDEX_MEASURES or str(name).startswith(col.SET_PREFIX)]
    within = folders[0] if len(folders) == 1 else None
    of_cells = within is not None and bool((scores[col.UNIT] == Unit.PSEUDOBULK).any())
    metrics = pd.DataFrame() if within is None else within.read(QC_METRICS)
    index_genes = read_all(folders, INDEX_GENES)
    names = [str(name) for name in scores[col.DATASET].unique()]
    return ComparisonInputs(
        dataset="+".join(names), scores=scores, genes=genes, fields=fields,
        recorded=_is_recorded(described), types=_types(metrics, described), content=_content(metrics, fields),
        measures=measures, conditions=sorted(described[col.CONDITION].dropna().unique()),
        arms=dict(zip(index_genes["gene"], index_genes["arm"].fillna(""), strict=True)) if len(index_genes) else {},
        factors=_leave_one_out_factors(genes, folders), loss=_loss_between_organisms(folders),
        method_scores=_method_scores(folders),
        cells=_read_cells(within, measures, scores) if within and of_cells else pd.DataFrame(),
        cell_method_scores=within.read(CELL_METHOD_SCORES) if within and of_cells else pd.DataFrame(),
        expression=None if within is None else _expression(within, fields, SINGLE_CELL if of_cells else ""),
    )  # fmt: skip


def _expression(folder: DatasetFolder, scored: pd.DataFrame, assay: str) -> Expression:
    """Return the expression of the samples that were scored."""
    adata = read_sample_expression(folder, assay)
    keys = [col.SAMPLE, col.DONOR, col.CONDITION]
    rows = adata.obs[keys].astype(str)
    kept = pd.MultiIndex.from_frame(rows).isin(pd.MultiIndex.from_frame(scored[keys].astype(str)))
    X = adata.X[np.flatnonzero(kept)]
    return Expression(np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=np.float64), rows[kept])


def _types(metrics: pd.DataFrame, described: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of cell types of every sample that was looked at, scored or not."""
    shares = [column for column in SHARES_OF_TYPES.values() if column in metrics]
    if len(shares) < 2:
        return pd.DataFrame()
    identity = described[list(col.IDENTITY)]
    return identity.merge(metrics[[col.SAMPLE, *shares]], on=col.SAMPLE, validate="one_to_one")


def _content(metrics: pd.DataFrame, fields: pd.DataFrame) -> pd.DataFrame:
    """Return what samples hold besides their programme, as far as it differs between them."""
    stromal = SHARES_OF_TYPES["stromal"]
    table = fields[[*_KEYS, *([stromal] if stromal in fields else [])]]
    others = [name for name in metrics if str(name).startswith("contamination_")]
    if others:
        table = table.merge(metrics[[col.SAMPLE, *others]], on=col.SAMPLE, how="left")
    fixed = [name for name in table.columns[2:] if table[name].nunique() < 2]
    return table.drop(columns=fixed)


def _scored_by(folders: Sequence[DatasetFolder]) -> set[tuple[str, str]]:
    """Return the pairs of index and organism by which the data sets were scored."""
    outcomes = [folder.outcome("score") for folder in folders]
    facts = [outcome.facts for outcome in outcomes if outcome is not None]
    return {(fact["index"], fact["organism"]) for fact in facts if fact.get("index") and fact.get("organism")}


def _leave_one_out_factors(genes: pd.DataFrame, folders: Sequence[DatasetFolder]) -> pd.DataFrame | None:
    """Return how weights change when a gene is left out; nothing where several organisms have several indices."""
    known = _scored_by(folders)
    if len(known) != 1:
        return None
    ((index, organism),) = known
    return gene_sets.leave_one_out_factors(gene_sets.load_index(index, organism=organism), list(genes.columns))


def _is_recorded(described: pd.DataFrame) -> bool:
    """Tell whether the sample fields hold more than names and what expression shows."""
    others = described.drop(columns=[*col.IDENTITY, col.GEO_ACCESSION, "sex_expressed"], errors="ignore")
    return bool((others.notna() & (others.astype(str) != "")).any(axis=None))


def _loss_between_organisms(folders: Sequence[DatasetFolder]) -> list[Note]:
    known = _scored_by(folders)
    return gene_sets.loss_between({organism for _, organism in known}, min(known)[0]) if known else []


def _method_scores(folders: Sequence[DatasetFolder]) -> pd.DataFrame:
    """Return the index under every method; between data sets the scores of relative methods are taken out."""
    table = read_all(folders, METHOD_SCORES)
    if "reason" in table:
        table["reason"] = table["reason"].astype(object)  # of numbers, where there is none
    if not table.empty and len(set(table[col.DATASET])) > 1:
        relative = table[col.METHOD].isin([name for name in methods.names() if methods.get(name).relative])
        table.loc[relative, col.FATE_BIAS] = float("nan")
        table.loc[relative, "reason"] = str(Note(NoteCode.RELATIVE_SCORES))
    return table


def _read_cells(folder: DatasetFolder, measures: Sequence[str], scores: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the samples whose pseudobulk was scored."""
    columns = [col.SAMPLE, col.CONDITION, *measures]
    cells = read_parquet(folder.file(SCORES), "scores.parquet of fatescore score", columns=columns)
    return cells[cells[col.SAMPLE].astype(str).isin(scores[col.SAMPLE].astype(str))]


def _join_fields(fields: pd.DataFrame, qc: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Join sample fields and QC numbers for the samples that were scored."""
    for name, table in (("scores", scores), ("sample fields", fields)):
        absent = [column for column in col.IDENTITY if column not in table.columns]
        if absent:
            raise InputError(f"the table of {name} is empty or has no column {', '.join(absent)}")
    if qc.empty:
        depth = [column for column in (col.N_OBS, col.TOTAL_COUNTS) if column in scores.columns]
        qc = scores[[*_KEYS, *depth]].drop_duplicates(_KEYS)
    for name, table in (("sample fields", fields), ("QC", qc)):
        repeated = table.loc[table.duplicated(_KEYS), col.SAMPLE]
        if len(repeated):
            raise InputError(f'sample "{repeated.iloc[0]}" has several rows in the {name}', fix="give each one once")
    added = qc.drop(columns=[column for column in _JUDGEMENTS if column in qc.columns])
    joined = fields.merge(added, on=_KEYS, how="left", suffixes=("", " (QC)"), validate="one_to_one")
    scored = joined.merge(scores[_KEYS], on=_KEYS, how="inner")
    missing = scores.merge(fields[_KEYS], on=_KEYS, how="left", indicator=True).query('_merge == "left_only"')
    if len(missing):
        raise InputError(
            f'sample "{missing[col.SAMPLE].iloc[0]}" has scores but no row in the sample fields',
            fix="use the sample_fields.tsv of the same data set",
        )
    return scored

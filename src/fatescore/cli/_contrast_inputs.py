"""What ``fatescore contrast`` reads, put together."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fatescore import organisms
from fatescore.cli._expression import Expression, read_expression
from fatescore.cli._step import read_status
from fatescore.errors import InputError
from fatescore.files import check_input
from fatescore.tables import columns as col
from fatescore.tables.io import read_tsv, read_tsvs

_SET_PREFIX = "set:"


@dataclass(frozen=True)
class Inputs:
    """Tables of one data set, or of several that are compared with each other.

    Attributes
    ----------
    dataset
        Its name, or the names joined by ``+``.
    scores, genes, fields
        One row per sample: measures, parts of genes in the index, and everything else that is known.
    types
        Shares of cell types per sample; empty where nobody looked.
    content
        What the samples hold, one row per sample: share of stromal cells, or of other tissues' markers.
    cells
        One row per cell, or ``None``.
    measures
        Columns of ``scores`` to compare.
    known
        Conditions of all samples: an arm that quality control emptied is not a misspelt condition.
    arms, factors
        Of genes: their arm, and how weights change when one is left out.
    expression
        Log values of all genes, or ``None``.
    loss
        What is lost where the data sets are of several organisms.
    """

    dataset: str
    scores: pd.DataFrame
    genes: pd.DataFrame
    fields: pd.DataFrame
    types: pd.DataFrame
    content: pd.DataFrame
    cells: pd.DataFrame | None
    measures: list[str]
    known: list[str]
    arms: dict[str, str]
    factors: pd.DataFrame | None
    loss: str
    expression: Expression | None = None


def read_inputs(args: argparse.Namespace) -> Inputs:
    """Read the files that the options name."""
    scores, described = read_tsvs(args.sample_scores), read_tsvs(args.sample_fields)
    genes = read_tsvs(args.gene_contributions)
    fields = _fields(described, read_tsvs(args.qc), scores)
    measures = [measure for measure in col.INDEX_MEASURES if measure in scores.columns]
    measures += [str(column) for column in scores.columns if str(column).startswith(_SET_PREFIX)]
    return Inputs(
        dataset=_name(scores, args.dataset), scores=scores, genes=genes, fields=fields,
        types=_types(args.qc_metrics, described), content=_content(args.qc_metrics, fields), measures=measures,
        cells=None if args.cells is None else _read_cells(args.cells, measures),
        known=sorted(described[col.CONDITION].dropna().unique()), arms=_arms(genes),
        factors=_factors(genes, args.status_in), loss=_loss(args.status_in),
        expression=_all_genes(args.expression, fields),
    )  # fmt: skip


def _all_genes(path: Path | None, scored: pd.DataFrame) -> Expression | None:
    if path is None:
        return None
    if len(set(scored[col.DATASET])) > 1:
        raise InputError("--expression with several data sets", fix="look at all genes within one data set")
    return read_expression(path, scored)


def _types(path: Path | None, described: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of cell types of every sample that was looked at, scored or not."""
    if path is None:
        return pd.DataFrame()
    metrics = read_tsv(path)
    shares = [column for column in shares_of_types().values() if column in metrics.columns]
    if len(shares) < 2:
        return pd.DataFrame()
    if len(set(described[col.DATASET])) > 1:
        raise InputError("--qc-metrics with several data sets", fix="compare cell types within one data set")
    told = described[list(col.IDENTITY)]
    return told.merge(metrics[[col.SAMPLE, *shares]], on=col.SAMPLE, validate="one_to_one")


def _content(path: Path | None, fields: pd.DataFrame) -> pd.DataFrame:
    """Return what samples hold besides their programme, as far as it differs between them."""
    table = fields[[col.DATASET, col.SAMPLE, *[name for name in ("fraction_stromal",) if name in fields]]]
    if path is not None:
        metrics = read_tsv(path)
        others = [name for name in metrics if str(name).startswith("contamination_")]
        if others:
            table = table.merge(metrics[[col.SAMPLE, *others]], on=col.SAMPLE, how="left")
    fixed = [name for name in table.columns[2:] if table[name].nunique() < 2]
    return table.drop(columns=fixed)


def shares_of_types() -> dict[str, str]:
    from fatescore.pp.markers import MARKERS, UNKNOWN

    return {name: f"fraction_{name}" for name in (*MARKERS, UNKNOWN)}


def _factors(genes: pd.DataFrame, statuses: Sequence[Path]) -> pd.DataFrame | None:
    """Return how weights change when a gene is left out; nothing where several organisms have several indices."""
    from fatescore import gene_sets

    facts = [read_status(path)["facts"] for path in statuses]
    known = {(fact["index"], fact["organism"]) for fact in facts if fact.get("index") and fact.get("organism")}
    if len(known) != 1:
        return None
    ((index, organism),) = known
    return gene_sets.leave_one_out_factors(gene_sets.load_index(index, organism=organism), list(genes.columns))


def _loss(paths: Sequence[Path]) -> str:
    """Say what is lost where the data sets compared are of several organisms."""
    from fatescore import gene_sets

    facts = [read_status(path)["facts"] for path in paths]
    index = next((fact["index"] for fact in facts if fact.get("index")), gene_sets.DEFAULT_INDEX)
    return gene_sets.loss_between({fact["organism"] for fact in facts if fact.get("organism")}, index)


def _read_cells(path: Path, measures: Sequence[str]) -> pd.DataFrame:
    expected = "scores.parquet of fatescore score"
    source = check_input(path, expected)
    try:
        return pd.read_parquet(source, columns=[col.CONDITION, *measures])
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        reason = str(error).splitlines()[0]
        raise InputError(f"{source} cannot be read ({reason})", expected=expected) from error


def _fields(fields: pd.DataFrame, qc: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Join sample fields and QC numbers for the samples that were scored."""
    for name, table in (("scores", scores), ("sample fields", fields)):
        absent = [column for column in col.IDENTITY if column not in table.columns]
        if absent:
            raise InputError(f"the table of {name} is empty or has no column {', '.join(absent)}")
    keys = [col.DATASET, col.SAMPLE]
    if qc.empty:
        depth = [column for column in ("n_obs", col.TOTAL_COUNTS) if column in scores.columns]
        qc = scores[[*keys, *depth]].drop_duplicates(keys)
    for name, table in (("sample fields", fields), ("QC", qc)):
        repeated = table.loc[table.duplicated(keys), col.SAMPLE]
        if len(repeated):
            raise InputError(f'sample "{repeated.iloc[0]}" has several rows in the {name}', fix="give each file once")
    # Words about a sample are no property of it: they name whatever numbers stand out.
    told = (col.DONOR, col.CONDITION, "verdict", "reason")
    added = qc.drop(columns=[column for column in told if column in qc.columns])
    joined = fields.merge(added, on=keys, how="left", suffixes=("", " (QC)"), validate="one_to_one")
    scored = joined.merge(scores[keys], on=keys, how="inner")
    missing = scores.merge(fields[keys], on=keys, how="left", indicator=True).query('_merge == "left_only"')
    if len(missing):
        raise InputError(
            f'sample "{missing[col.SAMPLE].iloc[0]}" has scores but no row in the sample fields',
            fix="give the sample_fields.tsv of the same data set",
        )
    return scored


def _name(scores: pd.DataFrame, given: str) -> str:
    parts = [str(part) for part in scores[col.DATASET].unique()]
    return "+".join(parts) if len(parts) > 1 else given or parts[0]


def _arms(contributions: pd.DataFrame) -> dict[str, str]:
    """Tell bone genes from fat genes by the sign of their weight in the index."""
    from fatescore import gene_sets

    arms: dict[str, str] = {}
    # core has the last word
    for organism, name in itertools.product(organisms.names(), reversed(gene_sets.index_names())):
        index = gene_sets.load_index(name, organism=organism)
        weights = gene_sets.index_weights(index, list(contributions.columns))
        signs = weights[col.FATE_BIAS].items()
        arms |= {str(gene): col.OSTEOGENIC if weight > 0 else col.ADIPOGENIC for gene, weight in signs}
    return arms

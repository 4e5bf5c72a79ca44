"""Compare conditions, donors as the unit, and ask what else could explain the difference.

Writes one row per contrast and measure (difference, Hedges' g, exact permutation p and the smallest p that the design
can reach), the audit of every other sample field, and what each gene contributes to the difference.

A contrast is given as JSON and may be repeated:
  --contrast '{"id": "osteoporosis", "kind": "disease", "case": "osteoporosis", "control": "control", "expected": "-"}'
kind: disease, known_fate or other. expected: sign of fate_bias, "+", "-" or "". Optional: "ignore", a list of regular
expressions for names of fields that only restate the condition; "covariates", fields to hold constant in a linear model
(age, sex, passage); "block", a field whose values share something, for a mixed model.
Instead of "case" and "control" there may be "levels", a list of three or more conditions (a time course), with
"ordered": true (the default: a trend) or false (any difference).

With the files of several data sets the contrast is made across them.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore.cli._contrast_inputs import Inputs, read_inputs, shares_of_types
from fatescore.cli._contrast_spec import ignored, parse_contrast
from fatescore.cli._expression import with_all_genes
from fatescore.cli._method_scores import read_method_scores, under_every_method
from fatescore.cli._step import add_step_arguments, run_step
from fatescore.errors import InputError
from fatescore.tables import ADJUSTED_DIFFERENCES, CONFOUNDING, CONTRASTS, CONTRIBUTIONS, SPECIFICATION
from fatescore.tables import columns as col
from fatescore.tables.io import write_tsv

HELP = "compare conditions and audit what else differs between them"
_EXPRESSION = "normalised.h5ad (of cells: pseudobulk.h5ad): the audit also says how many of all genes differ"
# What is written, by the name of its option.
_TABLES = {
    "output": CONTRASTS.names,
    "confounding": CONFOUNDING.names,
    "contributions": CONTRIBUTIONS.names,
    "explained": ADJUSTED_DIFFERENCES.names,
    "specification": SPECIFICATION.names,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    add = parser.add_argument
    add("--sample-scores", nargs="+", required=True, type=Path, metavar="FILE", help="sample_scores.tsv")
    add("--sample-fields", nargs="+", required=True, type=Path, metavar="FILE", help="sample_fields.tsv")
    add("--qc", nargs="*", default=[], type=Path, metavar="FILE", help="qc.tsv")
    add("--qc-metrics", type=Path, metavar="FILE", help="qc_metrics.tsv of one data set: compares its cell types, too")
    add("--gene-contributions", nargs="*", default=[], type=Path, metavar="FILE", help="gene_contributions.tsv")
    add("--cells", type=Path, metavar="FILE", help="scores.parquet with one row per cell: adds the AUROC of cells")
    add("--expression", type=Path, metavar="H5AD", help=_EXPRESSION)
    add("--contrast", action="append", default=[], metavar="JSON", help="what to compare (repeat for more)")
    add("--seed", type=int, default=0, help="seed of permutations that are too many to enumerate (default 0)")
    add("--output", required=True, type=Path, metavar="TSV", help="contrasts.tsv to write")
    add("--confounding", required=True, type=Path, metavar="TSV", help="confounding.tsv to write")
    add("--contributions", required=True, type=Path, metavar="TSV", help="contributions.tsv to write")
    add("--explained", type=Path, metavar="TSV", help="explained.tsv to write: what accounts for the difference")
    add("--method-scores", nargs="*", default=[], type=Path, metavar="FILE", help="method_scores.tsv")
    add("--cell-method-scores", type=Path, metavar="FILE", help="cell_method_scores.parquet: adds the AUROC of cells")
    add("--specification", type=Path, metavar="TSV", help="specification.tsv to write, from --method-scores")
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> int | None:
    """Run the verb."""
    if args.specification is not None and not args.method_scores:
        raise InputError("--specification without --method-scores", fix="give method_scores.tsv of fatescore score")
    outputs = [path for name in _TABLES if (path := getattr(args, name)) is not None]
    run_step("contrast", args, outputs, lambda: _work(args))
    return None


def _work(args: argparse.Namespace) -> dict[str, Any]:
    specs = [parse_contrast(text) for text in args.contrast]
    ids = [spec["id"] for spec in specs]
    if len(set(ids)) < len(ids):
        raise InputError(f"contrast {max(ids, key=ids.count)!r} is given twice", fix="give each id once")
    inputs = read_inputs(args)
    by_method = read_method_scores(args.method_scores if args.specification is not None else [])
    if specs and col.FATE_BIAS not in inputs.measures:
        raise InputError('the scores have no column "fate_bias"', fix="give sample_scores.tsv of fatescore score")
    verdicts: dict[str, str] = {}
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in _TABLES}
    for spec in specs:
        verdicts[spec["id"]] = _compare(spec, inputs, args.seed, tables)
        told = {"dataset": inputs.dataset, "audit": verdicts[spec["id"]], "known_conditions": inputs.known}
        tables["specification"].append(
            under_every_method(by_method, spec, args.cell_method_scores, seed=args.seed, **told)
        )
    for name, columns in _TABLES.items():
        if getattr(args, name) is not None:
            _write(getattr(args, name), tables[name], columns)
    return {"contrasts": ids, "verdicts": verdicts}


def _compare(spec: Mapping[str, Any], inputs: Inputs, seed: int, tables: Mapping[str, list[pd.DataFrame]]) -> str:
    """Add the rows of one contrast to the tables and return the verdict of its audit."""
    from fatescore import stats

    names = {"dataset": inputs.dataset, "contrast": spec["id"]}
    sides = {"case": spec["case"], "control": spec["control"]}
    audit = stats.confounding(inputs.fields, **sides, **names, ignore=ignored(spec), seed=seed)
    verdict = stats.verdict(audit)
    asked: dict[str, Any] = {
        **names, "measures": inputs.measures, "kind": spec["kind"], "expected": spec["expected"], "audit": verdict,
        "known_conditions": inputs.known, "seed": seed,
    }  # fmt: skip
    if spec["levels"]:
        compared = stats.trend(inputs.scores, levels=spec["levels"], ordered=spec["ordered"], **asked)
    else:
        model = {"fields": inputs.fields, "covariates": spec["covariates"], "block": spec["block"]}
        compared = stats.contrast(inputs.scores, **sides, **asked, **model)
    if inputs.cells is not None:
        recovered = stats.auroc_of_cells(inputs.cells, **sides, measures=inputs.measures)
        compared["auroc_cells"] = compared["measure"].map(recovered)
    if inputs.loss:
        compared["note"] = ["; ".join(part for part in (str(note), inputs.loss) if part) for note in compared["note"]]
    tables["output"].append(compared)
    if not inputs.types.empty:
        types = _composition(inputs.types, spec, audit, known_conditions=inputs.known, seed=seed, **names)
        tables["output"].append(types)
    tables["confounding"].append(with_all_genes(audit, inputs.expression, sides, names, seed))
    if not inputs.genes.empty:
        parts = stats.contributions(inputs.genes, **sides, **names, arms=inputs.arms, factors=inputs.factors)
        tables["contributions"].append(parts)
    tables["explained"].append(_explained(inputs, **sides, **names))
    return verdict


def _explained(inputs: Inputs, **more: str) -> pd.DataFrame:
    """Ask how far commitment, maturation and composition account for the difference of the index."""
    from fatescore import stats

    by = [name for name in (col.COMMITMENT, col.MATURATION) if name in inputs.scores]
    keys = [col.DATASET, col.SAMPLE]
    scores = inputs.scores.merge(inputs.content, on=keys, how="left")
    return stats.explained(scores, by=[*by, *inputs.content.columns.drop(keys)], **more)


def _composition(types: pd.DataFrame, spec: Mapping[str, Any], audit: pd.DataFrame, **more: Any) -> pd.DataFrame:
    from fatescore import stats

    # A composition is not confounded by being one.
    itself = audit["field"].isin(["n_stromal", "n_kept", "fraction_stromal"])
    return stats.composition(
        types, case=spec["case"], control=spec["control"], kind=spec["kind"], audit=stats.verdict(audit[~itself]),
        shares={name: column for name, column in shares_of_types().items() if column in types.columns}, **more,
    )  # fmt: skip


def _write(path: Path, tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> None:
    # By way of object, because pandas warns when a column is missing throughout one of the tables.
    whole = [table.astype(object) for table in tables if not table.empty]
    joined = pd.concat(whole, ignore_index=True).infer_objects() if whole else pd.DataFrame(columns=list(columns))
    write_tsv(path, joined)

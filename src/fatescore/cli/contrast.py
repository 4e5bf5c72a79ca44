"""Compare conditions, donors as the unit, and ask what else could explain the difference.

Writes one row per contrast and measure (difference, Hedges' g, exact permutation p and the smallest p that the design
can reach), the audit of every other sample field, and what each gene contributes to the difference.

A contrast is given as JSON and may be repeated:
  --contrast '{"id": "osteoporosis", "kind": "disease", "case": "osteoporosis", "control": "control", "expected": "-"}'
kind: disease, known_fate or other. expected: sign of fate_bias, "+", "-" or "". Optional: "ignore", a list of regular
expressions for names of fields that only restate the condition.

With the files of several data sets the contrast is made across them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore import _keys
from fatescore._files import check_input, read_tsv, write_tsv
from fatescore.cli._step import add_step_arguments, read_status, run_step
from fatescore.errors import InputError, nearest
from fatescore.typing import ORGANISMS

HELP = "compare conditions and audit what else differs between them"
_KEYS = ("id", "kind", "case", "control", "expected", "ignore")
_SET_PREFIX = "set:"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    add = parser.add_argument
    add("--sample-scores", nargs="+", required=True, type=Path, metavar="FILE", help="sample_scores.tsv")
    add("--sample-fields", nargs="+", required=True, type=Path, metavar="FILE", help="sample_fields.tsv")
    add("--qc", nargs="*", default=[], type=Path, metavar="FILE", help="qc.tsv")
    add("--qc-metrics", type=Path, metavar="FILE", help="qc_metrics.tsv of one data set: compares its cell types, too")
    add("--gene-contributions", nargs="*", default=[], type=Path, metavar="FILE", help="gene_contributions.tsv")
    add("--cells", type=Path, metavar="FILE", help="scores.parquet with one row per cell: adds the AUROC of cells")
    add("--contrast", action="append", default=[], metavar="JSON", help="what to compare (repeat for more)")
    add("--seed", type=int, default=0, help="seed of permutations that are too many to enumerate (default 0)")
    add("--output", required=True, type=Path, metavar="TSV", help="contrasts.tsv to write")
    add("--confounding", required=True, type=Path, metavar="TSV", help="confounding.tsv to write")
    add("--contributions", required=True, type=Path, metavar="TSV", help="contributions.tsv to write")
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> int | None:
    """Run the verb."""
    outputs = [args.output, args.confounding, args.contributions]
    run_step("contrast", args, outputs, lambda: _work(args))
    return None


def _work(args: argparse.Namespace) -> dict[str, Any]:
    from fatescore import stats

    specs = [_parse(text) for text in args.contrast]
    ids = [spec["id"] for spec in specs]
    if len(set(ids)) < len(ids):
        raise InputError(f"contrast {max(ids, key=ids.count)!r} is given twice", fix="give each id once")
    scores = _read(args.sample_scores)
    genes = _read(args.gene_contributions)
    described = _read(args.sample_fields)
    fields = _fields(described, _read(args.qc), scores)
    # An arm that quality control emptied is not a misspelt condition.
    known = sorted(described[_keys.CONDITION].dropna().unique())
    dataset = _name(scores, args.dataset)
    measures = [measure for measure in _keys.INDEX_MEASURES if measure in scores.columns]
    measures += [str(column) for column in scores.columns if str(column).startswith(_SET_PREFIX)]
    if specs and _keys.FATE_BIAS not in measures:
        raise InputError('the scores have no column "fate_bias"', fix="give sample_scores.tsv of fatescore score")
    arms = _arms(genes)
    loss = _loss(args.status_in)
    types = _types(args.qc_metrics, described)
    cells = None if args.cells is None else _read_cells(args.cells, measures)
    tables: list[list[pd.DataFrame]] = [[], [], []]
    verdicts = {}
    for spec in specs:
        names = {"dataset": dataset, "contrast": spec["id"]}
        sides = {"case": spec["case"], "control": spec["control"]}
        audit = stats.confounding(fields, **sides, **_ignore(spec), **names, seed=args.seed)
        verdicts[spec["id"]] = stats.verdict(audit)
        compared = stats.contrast(
            scores, **sides, **names, measures=measures, kind=spec["kind"], expected=spec["expected"],
            audit=verdicts[spec["id"]], known_conditions=known, seed=args.seed,
        )  # fmt: skip
        if cells is not None:
            recovered = stats.auroc_of_cells(cells, **sides, measures=measures)
            compared["auroc_cells"] = compared["measure"].map(recovered)
        if loss:
            compared["note"] = ["; ".join(part for part in (str(note), loss) if part) for note in compared["note"]]
        tables[0].append(compared)
        if not types.empty:
            tables[0].append(_composition(types, spec, audit, known_conditions=known, seed=args.seed, **names))
        tables[1].append(audit)
        if not genes.empty:
            tables[2].append(stats.contributions(genes, **sides, **names, arms=arms))
    _write(args.output, tables[0], _keys.CONTRAST_COLUMNS)
    _write(args.confounding, tables[1], _keys.CONFOUNDING_COLUMNS)
    _write(args.contributions, tables[2], _keys.CONTRIBUTION_COLUMNS)
    return {"contrasts": ids, "verdicts": verdicts}


def _types(path: Path | None, described: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of cell types of every sample that was looked at, scored or not."""
    if path is None:
        return pd.DataFrame()
    metrics = read_tsv(path)
    shares = [column for column in _shares().values() if column in metrics.columns]
    if len(shares) < 2:
        return pd.DataFrame()
    if len(set(described[_keys.DATASET])) > 1:
        raise InputError("--qc-metrics with several data sets", fix="compare cell types within one data set")
    told = described[list(_keys.IDENTITY)]
    return told.merge(metrics[[_keys.SAMPLE, *shares]], on=_keys.SAMPLE, validate="one_to_one")


def _shares() -> dict[str, str]:
    from fatescore.pp.markers import MARKERS, UNKNOWN

    return {name: f"fraction_{name}" for name in (*MARKERS, UNKNOWN)}


def _composition(types: pd.DataFrame, spec: Mapping[str, Any], audit: pd.DataFrame, **more: Any) -> pd.DataFrame:
    from fatescore import stats

    # A composition is not confounded by being one.
    itself = audit["field"].isin(["n_stromal", "n_kept", "fraction_stromal"])
    return stats.composition(
        types, case=spec["case"], control=spec["control"], kind=spec["kind"], audit=stats.verdict(audit[~itself]),
        shares={name: column for name, column in _shares().items() if column in types.columns}, **more,
    )  # fmt: skip


def _loss(paths: Sequence[Path]) -> str:
    """Say what is lost where the data sets compared are of several organisms."""
    from fatescore import gene_sets

    facts = [read_status(path)["facts"] for path in paths]
    index = next((fact["index"] for fact in facts if fact.get("index")), gene_sets.DEFAULT_INDEX)
    return gene_sets.loss_between({fact["organism"] for fact in facts if fact.get("organism")}, index)


def _parse(text: str) -> dict[str, Any]:
    try:
        spec = json.loads(text)
    except ValueError as error:
        raise InputError(f"--contrast {text!r} is not JSON ({error})", fix="see fatescore contrast --help") from error
    if not isinstance(spec, dict) or not {"id", "case", "control"} <= set(spec):
        raise InputError(f"--contrast {text!r} is not a contrast", expected='an object with "id", "case" and "control"')
    for key, value in spec.items():
        if key not in _KEYS:
            raise InputError(f'--contrast {spec["id"]}: unknown key "{key}"', fix=nearest(key, _KEYS))
        if key == "ignore":
            _check_patterns(spec["id"], value)
        elif not isinstance(value, str):
            raise InputError(f'--contrast {spec["id"]}: "{key}" is {value!r}', expected="text")
    return {"kind": "other", "expected": "", "ignore": []} | spec


def _check_patterns(name: str, patterns: Any) -> None:
    if not (isinstance(patterns, list) and all(isinstance(item, str) for item in patterns)):
        raise InputError(f'--contrast {name}: "ignore" is {patterns!r}', expected="a list of texts")
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise InputError(
                f'--contrast {name}: "ignore" has {pattern!r} ({error})', expected="regular expressions"
            ) from error


def _ignore(spec: Mapping[str, Any]) -> dict[str, Any]:
    from fatescore.stats.confounding import DEFAULT_IGNORE

    return {"ignore": (*DEFAULT_IGNORE, *spec["ignore"])}


def _read(paths: Sequence[Path]) -> pd.DataFrame:
    tables = [table for table in map(read_tsv, paths) if not table.empty]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _read_cells(path: Path, measures: Sequence[str]) -> pd.DataFrame:
    expected = "scores.parquet of fatescore score"
    source = check_input(path, expected)
    try:
        return pd.read_parquet(source, columns=[_keys.CONDITION, *measures])
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        reason = str(error).splitlines()[0]
        raise InputError(f"{source} cannot be read ({reason})", expected=expected) from error


def _fields(fields: pd.DataFrame, qc: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Join sample fields and QC numbers for the samples that were scored."""
    for name, table in (("scores", scores), ("sample fields", fields)):
        absent = [column for column in _keys.IDENTITY if column not in table.columns]
        if absent:
            raise InputError(f"the table of {name} is empty or has no column {', '.join(absent)}")
    keys = [_keys.DATASET, _keys.SAMPLE]
    if qc.empty:
        depth = [column for column in ("n_obs", _keys.TOTAL_COUNTS) if column in scores.columns]
        qc = scores[[*keys, *depth]].drop_duplicates(keys)
    for name, table in (("sample fields", fields), ("QC", qc)):
        repeated = table.loc[table.duplicated(keys), _keys.SAMPLE]
        if len(repeated):
            raise InputError(f'sample "{repeated.iloc[0]}" has several rows in the {name}', fix="give each file once")
    # Words about a sample are no property of it: they name whatever numbers stand out.
    told = (_keys.DONOR, _keys.CONDITION, "verdict", "reason")
    added = qc.drop(columns=[column for column in told if column in qc.columns])
    joined = fields.merge(added, on=keys, how="left", suffixes=("", " (QC)"), validate="one_to_one")
    scored = joined.merge(scores[keys], on=keys, how="inner")
    missing = scores.merge(fields[keys], on=keys, how="left", indicator=True).query('_merge == "left_only"')
    if len(missing):
        raise InputError(
            f'sample "{missing[_keys.SAMPLE].iloc[0]}" has scores but no row in the sample fields',
            fix="give the sample_fields.tsv of the same data set",
        )
    return scored


def _name(scores: pd.DataFrame, given: str) -> str:
    parts = [str(part) for part in scores[_keys.DATASET].unique()]
    return "+".join(parts) if len(parts) > 1 else given or parts[0]


def _arms(contributions: pd.DataFrame) -> dict[str, str]:
    """Tell bone genes from fat genes by the sign of their weight in the index."""
    from fatescore import gene_sets

    arms: dict[str, str] = {}
    for organism, name in itertools.product(ORGANISMS, reversed(gene_sets.index_names())):  # core has the last word
        index = gene_sets.load_index(name, organism=organism)
        weights = gene_sets.index_weights(index, list(contributions.columns))
        signs = weights[_keys.FATE_BIAS].items()
        arms |= {str(gene): _keys.OSTEOGENIC if weight > 0 else _keys.ADIPOGENIC for gene, weight in signs}
    return arms


def _write(path: Path, tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> None:
    # By way of object, because pandas warns when a column is missing throughout one of the tables.
    whole = [table.astype(object) for table in tables if not table.empty]
    joined = pd.concat(whole, ignore_index=True).infer_objects() if whole else pd.DataFrame(columns=list(columns))
    write_tsv(path, joined)

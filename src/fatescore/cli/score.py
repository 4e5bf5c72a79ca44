"""Score cells or samples: the fate-bias index (positive = bone) and the review's gene sets.

For a file of your own give INPUT, --organism and --output. INPUT is an .h5ad file, or a .tsv/.csv[.gz] table of
genes x samples. The output has one row per cell or sample; its ending (.tsv, .csv, .parquet) sets the format.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fatescore import _keys
from fatescore._files import atomic_path, write_tsv
from fatescore.cli._h5ad import read_ingested
from fatescore.cli._step import add_step_arguments, run_step
from fatescore.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from fatescore.gene_sets import Index

HELP = "score cells or samples between bone and fat"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("input", type=Path, help=".h5ad, or .tsv/.csv[.gz] of genes x samples")
    parser.add_argument("--organism", required=True, metavar="human|mouse", help="organism of the samples")
    parser.add_argument("--output", type=Path, required=True, help="scores: .tsv, .csv or .parquet")
    parser.add_argument("--index", default="core", metavar="core|review|extended", help="definition (default: core)")
    for arm, number in (("osteogenic", 4), ("adipogenic", 2)):
        parser.add_argument(
            f"--min-{arm}", type=int, default=number, metavar="N", help=f"{arm} genes needed (default: {number})"
        )
    workflow = parser.add_argument_group("tables of the workflow (INPUT is normalised.h5ad)")
    workflow.add_argument("--sample-scores", type=Path, help="one row per sample; cells are summed to pseudobulks")
    workflow.add_argument("--gene-contributions", type=Path, help="each gene's part in the samples' index")
    workflow.add_argument("--coverage", type=Path, help="genes found and missing per gene set")
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Score."""
    if args.output.resolve() == args.input.resolve():
        raise InputError(f"--output is the input, {args.input}", fix="give another name")
    if args.output.suffix not in {".tsv", ".csv", ".parquet"}:
        raise InputError(f'--output ends with "{args.output.suffix}"', expected=".tsv, .csv or .parquet")
    tables = [args.sample_scores, args.gene_contributions, args.coverage]
    if args.status_out is None and tables == [None, None, None]:
        _score_file(args)
        return
    if None in tables:
        raise InputError(
            "only some tables were asked for", expected="--sample-scores, --gene-contributions and --coverage"
        )
    run_step("score", args, [args.output, *tables], lambda: _score_dataset(args))


def _score_file(args: argparse.Namespace) -> None:
    from fatescore import ingest, tl
    from fatescore.gene_sets.collection import check_organism

    check_organism(args.organism)
    adata = ingest.read_expression(args.input, args.organism)
    table = tl.observation_scores(adata, organism=args.organism, index=_index(args))
    _write(args.output, table[[_keys.OBS_NAME, *_keys.INDEX_COLUMNS]])


def _score_dataset(args: argparse.Namespace) -> dict[str, Any]:
    from fatescore import pp, tl

    adata, facts = read_ingested(args.input)
    cells = facts["assay"] == "single_cell"
    samples = pp.pseudobulk(adata) if cells else adata
    organism = args.organism
    index = _index(args)
    observations = tl.observation_scores(adata, organism=organism, index=index)
    unit = "pseudobulk" if cells else "sample"
    scored = tl.sample_scores(samples, organism=organism, unit=unit, index=index)
    _write(args.output, observations)
    write_tsv(args.sample_scores, scored.scores)
    write_tsv(args.gene_contributions, scored.contributions)
    write_tsv(args.coverage, tl.set_coverage(adata, organism=organism, dataset=args.dataset))
    return {"index": args.index, "method": "rank_log", "n_scored": len(observations)}


def _index(args: argparse.Namespace) -> Index:
    from fatescore import gene_sets

    needed = {"osteogenic": args.min_osteogenic, "adipogenic": args.min_adipogenic}
    return gene_sets.load_index(args.index, organism=args.organism, scorable=needed)


def _write(path: Path, table: pd.DataFrame) -> None:
    if path.suffix == ".parquet":
        with atomic_path(path) as part:
            table.to_parquet(part, index=False)
    elif path.suffix == ".csv":
        with atomic_path(path) as part:
            table.to_csv(part, index=False, float_format="%.10g", lineterminator="\n")
    else:
        write_tsv(path, table)

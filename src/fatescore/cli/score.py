"""Score cells or samples: the fate-bias index (higher = towards bone) and the review's gene sets, or sets of your own.

For a file of your own give INPUT, --organism and --output. INPUT is an .h5ad file, or a .tsv/.csv[.gz] table of
genes x samples. The output has one row per cell or sample; its ending (.tsv, .csv, .parquet) sets the format.
With --gene-sets its columns are the scores of those sets by --method and, with --null, <set>:z and <set>:pval.
The workflow gives the folder of a data set (results/datasets/A) and --jobs alone: settings are those of its run.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fatescore import organisms
from fatescore.cli.steps import add_keep_going, report_outcome
from fatescore.errors import InputError
from fatescore.files import atomic_path, check_output
from fatescore.steps import run_step
from fatescore.tables import columns as col
from fatescore.tables.io import without_formulas, write_parquet, write_tsv

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from fatescore.gene_sets import Index
    from fatescore.stats.null import FittedNull

HELP = "score cells or samples between bone and fat"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("input", type=Path, help=".h5ad, or .tsv/.csv[.gz] of genes x samples")
    parser.add_argument("--organism", metavar="|".join(organisms.names()), help="organism of the samples")
    parser.add_argument("--output", type=Path, help="scores: .tsv, .csv or .parquet")
    parser.add_argument("--index", metavar="core|review|extended", help="definition of the index (default: extended)")
    for arm, number in (("osteogenic", 4), ("adipogenic", 2)):
        parser.add_argument(
            f"--min-{arm}", type=int, default=number, metavar="N", help=f"{arm} genes needed (default: {number})"
        )
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="threads; -1 takes all (default: 1)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of everything random (default: 0)")
    parser.add_argument(
        "--null", metavar="KIND|FILE", help="matched, uniform, permutation, or a file of --save-null from a reference"
    )
    parser.add_argument("--save-null", type=Path, metavar="FILE", help="keep the level of every gene as a reference")
    sets = parser.add_argument_group("gene sets of your own, instead of the index")
    sets.add_argument(
        "--gene-sets", metavar="SOURCE",
        help=".gmt (a trailing - turns a gene's sign), .json, a miRNA target table, or a library such as "
        "MSigDB_Hallmark_2020; genes get their current symbols, as those of the input do",
    )  # fmt: skip
    sets.add_argument("--method", default="rank_log", metavar="NAME", help="scoring method (default: rank_log)")
    sets.add_argument("--max-rank", type=int, metavar="N", help="ucell: ranks are cut here (default: 1500)")
    sets.add_argument("--n-up", type=int, metavar="N", help="aucell: genes looked at (default: 5 %% of them)")
    sets.add_argument("--w-neg", type=float, metavar="W", help="ucell, aucell: weight of negative genes (default: 1)")
    add_keep_going(parser)


def run(args: argparse.Namespace) -> None:
    """Score a file, or a data set in its folder."""
    if args.organism is None and args.output is None and args.input.is_dir():  # with them it holds files of 10x
        _score_folder(args)
        return
    for name in ("organism", "output"):
        if getattr(args, name) is None:
            raise InputError(f"--{name} is missing", expected="it with every file", fix="see fatescore score --help")
    if args.output.resolve() == args.input.resolve():
        raise InputError(f"--output is the input, {args.input}", fix="give another name")
    if args.output.suffix not in {".tsv", ".csv", ".parquet"}:
        raise InputError(f'--output ends with "{args.output.suffix}"', expected=".tsv, .csv or .parquet")
    _score_file(args)


def _score_folder(args: argparse.Namespace) -> None:
    for name in ("index", "null", "save_null", "gene_sets"):
        if getattr(args, name) is not None:
            raise InputError(
                f"--{name.replace('_', '-')} with the folder {args.input}", expected="a file with this option",
                fix="set it in the settings of the run",
            )  # fmt: skip
    outcome = run_step("score", args.input, n_jobs=args.jobs, child_process=args.child_process)
    report_outcome(outcome, keep_going=args.keep_going)


def _score_file(args: argparse.Namespace) -> None:
    from fatescore import ingest, tl

    organisms.get(args.organism)
    adata = ingest.read_expression(args.input, args.organism)
    if args.save_null is not None:
        check_output(args.save_null)
    table = _score_sets(args, adata) if args.gene_sets is not None else _score_index(args, adata)
    if args.save_null is not None:
        tl.write_null(tl.fit_null(adata, n_jobs=args.jobs), args.save_null)
    _write(args.output, table)


def _score_index(args: argparse.Namespace, adata: AnnData) -> pd.DataFrame:
    from fatescore import tl

    given = args.null or "matched"
    if given in ("uniform", "permutation"):
        raise InputError(f"--null {given} is for --gene-sets", expected="matched or a file for the index")
    null: Literal["matched"] | FittedNull = "matched" if given == "matched" else tl.read_null(given)
    table = tl.observation_scores(adata, organism=args.organism, index=_index(args), null=null, n_jobs=args.jobs)
    return table[[col.OBS_NAME, *col.INDEX_COLUMNS]]


def _score_sets(args: argparse.Namespace, adata: AnnData) -> pd.DataFrame:
    import pandas as pd

    from fatescore import gene_sets, tl

    sets = gene_sets.as_weights(args.gene_sets, organism=args.organism)
    null = args.null
    if null is not None and null not in ("matched", "uniform", "permutation"):
        null = tl.read_null(null)
    tl.score_gene_sets(
        adata, sets, organism=args.organism, method=args.method, max_rank=args.max_rank, n_up=args.n_up,
        w_neg=args.w_neg, null=null, n_jobs=args.jobs, rng=args.seed,
    )  # fmt: skip
    parts = [
        adata.obsm[col.obsm_key(what, args.method)].set_axis([f"{name}{suffix}" for name in sets], axis=1)
        for what, suffix in [("score", ""), *([("z", ":z"), ("pval", ":pval")] if null is not None else [])]
    ]
    table: pd.DataFrame = pd.concat(parts, axis=1)
    return table.rename_axis(col.OBS_NAME).reset_index()


def _index(args: argparse.Namespace) -> Index:
    from fatescore import gene_sets

    needed = {"osteogenic": args.min_osteogenic, "adipogenic": args.min_adipogenic}
    return gene_sets.load_index(args.index or gene_sets.DEFAULT_INDEX, organism=args.organism, scorable=needed)


def _write(path: Path, table: pd.DataFrame) -> None:
    if path.suffix == ".parquet":
        write_parquet(path, table)
    elif path.suffix == ".csv":
        with atomic_path(path) as part:
            without_formulas(table).to_csv(part, index=False, float_format="%.10g", lineterminator="\n")
    else:
        write_tsv(path, table)

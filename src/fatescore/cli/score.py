"""Score cells or samples: the fate-bias index (positive = bone) and the review's gene sets, or sets of your own.

For a file of your own give INPUT, --organism and --output. INPUT is an .h5ad file, or a .tsv/.csv[.gz] table of
genes x samples. The output has one row per cell or sample; its ending (.tsv, .csv, .parquet) sets the format.
With --gene-sets its columns are the scores of those sets by --method and, with --null, <set>:z and <set>:pval.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fatescore import organisms
from fatescore._data import data_dir
from fatescore.cli._h5ad import open_ingested
from fatescore.cli._method_scores import MOST_CELLS, score_cells
from fatescore.cli._step import add_step_arguments, run_step
from fatescore.errors import InputError
from fatescore.files import atomic_path, check_output, sha256
from fatescore.tables import METHOD_SCORES
from fatescore.tables import columns as col
from fatescore.tables.io import without_formulas, write_tsv

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from fatescore.gene_sets import Index
    from fatescore.stats.null import FittedNull

HELP = "score cells or samples between bone and fat"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("input", type=Path, help=".h5ad, or .tsv/.csv[.gz] of genes x samples")
    parser.add_argument(
        "--organism", required=True, metavar="|".join(organisms.names()), help="organism of the samples"
    )
    parser.add_argument("--output", type=Path, required=True, help="scores: .tsv, .csv or .parquet")
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
    sets.add_argument("--gene-sets", type=Path, metavar="FILE", help=".gmt or .json; a trailing - turns a gene's sign")
    sets.add_argument("--method", default="rank_log", metavar="NAME", help="scoring method (default: rank_log)")
    sets.add_argument("--max-rank", type=int, metavar="N", help="ucell: ranks are cut here (default: 1500)")
    sets.add_argument("--n-up", type=int, metavar="N", help="aucell: genes looked at (default: 5 %% of them)")
    sets.add_argument("--w-neg", type=float, metavar="W", help="ucell, aucell: weight of negative genes (default: 1)")
    workflow = parser.add_argument_group("tables of the workflow (INPUT is normalised.h5ad)")
    workflow.add_argument("--sample-scores", type=Path, help="one row per sample; cells are summed to pseudobulks")
    workflow.add_argument("--gene-contributions", type=Path, help="each gene's part in the samples' index")
    workflow.add_argument("--coverage", type=Path, help="genes found and missing per gene set")
    workflow.add_argument("--method-scores", type=Path, help="the samples' index by every method and definition")
    workflow.add_argument(
        "--cell-method-scores", type=Path, help=f"the same of up to {MOST_CELLS:,} cells (.parquet; of samples no rows)"
    )
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Score."""
    if args.output.resolve() == args.input.resolve():
        raise InputError(f"--output is the input, {args.input}", fix="give another name")
    if args.output.suffix not in {".tsv", ".csv", ".parquet"}:
        raise InputError(f'--output ends with "{args.output.suffix}"', expected=".tsv, .csv or .parquet")
    tables = [args.sample_scores, args.gene_contributions, args.coverage]
    more = [path for path in [args.method_scores, args.cell_method_scores] if path is not None]
    if args.status_out is None and tables == [None, None, None] and not more:
        _score_file(args)
        return
    if None in tables:
        raise InputError(
            "only some tables were asked for", expected="--sample-scores, --gene-contributions and --coverage"
        )
    run_step("score", args, [args.output, *tables, *more], lambda: _score_dataset(args))


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

    from fatescore import tl

    null = args.null
    if null is not None and null not in ("matched", "uniform", "permutation"):
        null = tl.read_null(null)
    tl.score_gene_sets(
        adata, args.gene_sets, method=args.method, max_rank=args.max_rank, n_up=args.n_up, w_neg=args.w_neg,
        null=null, n_jobs=args.jobs, rng=args.seed,
    )  # fmt: skip
    parts = [adata.obsm[col.score_key(args.method)]]
    if null is not None:
        parts += [adata.obsm[col.obsm_key(name, args.method)].add_suffix(f":{name}") for name in ("z", "pval")]
    table: pd.DataFrame = pd.concat(parts, axis=1)
    return table.rename_axis(col.OBS_NAME).reset_index()


def _score_dataset(args: argparse.Namespace) -> dict[str, Any]:
    import pandas as pd

    from fatescore import pp, tl

    adata, facts = open_ingested(args.input)
    cells = facts["assay"] == "single_cell"
    samples = pp.pseudobulk(adata) if cells else adata
    organism = args.organism
    index = _index(args)
    observations = tl.observation_scores(adata, organism=organism, index=index, n_jobs=args.jobs)
    unit = "pseudobulk" if cells else "sample"
    how: dict[str, Any] = {"organism": organism, "scorable": index.scorable, "n_jobs": args.jobs}
    scored = tl.sample_scores(
        samples, organism=organism, unit=unit, index=index, cells=adata if cells else None,
        cell_scores=observations if cells else None, rng=args.seed,
    )  # fmt: skip
    _write(args.output, observations)
    write_tsv(args.sample_scores, scored.scores)
    write_tsv(args.gene_contributions, scored.contributions)
    write_tsv(args.coverage, tl.set_coverage(adata, organism=organism, dataset=args.dataset, index=index))
    if args.method_scores is not None:
        by_method = tl.specification_scores(samples, unit=unit, counts=cells, cells=adata if cells else None, **how)
        write_tsv(args.method_scores, by_method)
    if args.cell_method_scores is not None:
        none = pd.DataFrame(columns=list(METHOD_SCORES.names))
        _write(args.cell_method_scores, score_cells(adata, seed=args.seed, **how) if cells else none)
    return {
        "index": index.name, "organism": organism, "method": "rank_log", "n_scored": len(observations),
        "seed": args.seed, "gene_sets": _curated(),
    }  # fmt: skip


def _curated() -> dict[str, str]:
    """Return the hash of every curated file that the sets and the index are made from."""
    return {
        path.relative_to(home if kind == "gene_sets" else home.parent).as_posix(): sha256(path)
        for kind in ("gene_sets", "organisms")
        for home in [data_dir(kind)]
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def _index(args: argparse.Namespace) -> Index:
    from fatescore import gene_sets

    needed = {"osteogenic": args.min_osteogenic, "adipogenic": args.min_adipogenic}
    return gene_sets.load_index(args.index or gene_sets.DEFAULT_INDEX, organism=args.organism, scorable=needed)


def _write(path: Path, table: pd.DataFrame) -> None:
    if path.suffix == ".parquet":
        with atomic_path(path) as part:
            table.to_parquet(part, index=False)
    elif path.suffix == ".csv":
        with atomic_path(path) as part:
            without_formulas(table).to_csv(part, index=False, float_format="%.10g", lineterminator="\n")
    else:
        write_tsv(path, table)

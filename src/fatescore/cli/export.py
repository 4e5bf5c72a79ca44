"""Write data, scores and the map of the cells as one h5ad file for scanpy and cellxgene, with fatescore's colours.

Cells are read and written in chunks.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fatescore._h5ad_rows import write_rows
from fatescore.cli._h5ad import open_ingested
from fatescore.cli._step import add_step_arguments, run_step
from fatescore.errors import InputError
from fatescore.tables import columns as col
from fatescore.tables.io import read_parquet

if TYPE_CHECKING:
    from anndata import AnnData

HELP = "write data and scores as one h5ad file for scanpy and cellxgene"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("input", type=Path, help="normalised.h5ad")
    parser.add_argument("--scores", type=Path, required=True, help="scores.parquet written by score")
    parser.add_argument("--embedding", type=Path, help="embedding.parquet written by embed")
    parser.add_argument("--case", default="", metavar="CONDITION", help="condition that gets the colour of cases")
    parser.add_argument("--control", default="", metavar="CONDITION", help="condition that gets that of controls")
    parser.add_argument("--output", type=Path, required=True, help="scored.h5ad")
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Export."""
    if args.output.resolve() == args.input.resolve():
        raise InputError(f"--output is the input, {args.input}", fix="give another name")
    run_step("export", args, [args.output], lambda: _work(args))


def _work(args: argparse.Namespace) -> dict[str, Any]:
    from fatescore.tl.export import add_scores

    adata, _ = open_ingested(args.input)
    scores = read_parquet(args.scores, "scores.parquet written by score")
    if not len(scores.columns):
        raise InputError(f"{args.scores} is empty", expected="scores", fix="run fatescore score again")
    # an empty file is what embed leaves when it failed: the scores are worth a file without a map
    embedding = None
    if args.embedding is not None:
        read = read_parquet(args.embedding, "embedding.parquet written by embed")
        embedding = read if len(read.columns) else None
    add_scores(adata, scores, embedding)
    _colour(adata, case=args.case, control=args.control)
    write_rows(args.output, adata)
    return {"n_exported": adata.n_obs, "embedded": col.UMAP in adata.obsm}


def _colour(adata: AnnData, *, case: str, control: str) -> None:
    """Write the colours of the categories where scanpy and cellxgene look for them."""
    from fatescore.pl import _palette
    from fatescore.tl.export import CATEGORIES

    known = {col.FATE_CALL: _palette.CALLS, col.CELL_TYPE: _palette.CELL_TYPES}
    for name in [name for name in CATEGORIES if name in adata.obs]:
        values = list(adata.obs[name].cat.categories)
        if name == col.CONDITION:
            colours = _palette.condition_colours(values, case=case, control=control)
        else:
            colours = _palette.categories(values, known.get(name))
        adata.uns[col.colours_key(name)] = [colours[value] for value in values]

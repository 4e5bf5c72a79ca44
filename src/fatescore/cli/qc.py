"""Judge cells and samples; keep what can be scored and say why the rest cannot."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from fatescore import _keys
from fatescore._files import atomic_path, write_tsv
from fatescore.cli._h5ad import read_ingested
from fatescore.cli._step import add_step_arguments, run_step
from fatescore.errors import NotScorable

HELP = "judge cells and samples"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("input", type=Path, help="raw.h5ad written by ingest")
    parser.add_argument("--output", type=Path, required=True, help="qc.h5ad: what can be scored")
    parser.add_argument("--table", type=Path, required=True, help="qc.tsv: one row per sample")
    parser.add_argument("--min-genes", type=int, default=200)
    parser.add_argument("--max-pct-mt", type=float, default=20.0)
    parser.add_argument("--n-mads", type=float, default=5.0)
    parser.add_argument("--min-stromal-cells", type=int, default=20)
    parser.add_argument("--min-counts-bulk", type=float, default=500_000.0)
    parser.add_argument("--gate", choices=["markers", "none"], default="markers")
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Run quality control."""
    run_step("qc", args, [args.output, args.table], lambda: _work(args))


def _work(args: argparse.Namespace) -> dict[str, Any]:
    from fatescore import pp

    adata, facts = read_ingested(args.input)
    limits = pp.QcLimits(
        min_genes=args.min_genes,
        max_pct_mt=args.max_pct_mt,
        n_mads=args.n_mads,
        min_stromal_cells=args.min_stromal_cells,
        min_counts_bulk=args.min_counts_bulk,
        gate=args.gate,
    )
    try:
        kept, table = pp.qc(adata, assay=facts["assay"], organism=facts["organism"], limits=limits)
    except NotScorable as error:
        write_tsv(args.table, error.table)
        raise
    with atomic_path(args.output) as part:
        kept.write_h5ad(part, compression="gzip")
    write_tsv(args.table, table)
    dropped = table[table["verdict"] != _keys.OK]
    return {
        "n_obs_kept": kept.n_obs,
        "n_samples_kept": len(table) - len(dropped),
        "samples_not_scorable": {str(row["sample"]): str(row["reason"]) for _, row in dropped.iterrows()},
    }

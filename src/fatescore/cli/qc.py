"""Judge cells and samples; keep what can be scored and say why the rest cannot."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from fatescore import _keys
from fatescore._files import atomic_path, write_tsv
from fatescore.cli._h5ad import read_ingested
from fatescore.cli._step import add_step_arguments, run_step
from fatescore.errors import NotScorable
from fatescore.pp.qc import QcLimits

HELP = "judge cells and samples"
CHOICES = {"gate": ["markers", "none"], "doublets": ["drop", "none"]}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("input", type=Path, help="raw.h5ad written by ingest")
    parser.add_argument("--output", type=Path, required=True, help="qc.h5ad: what can be scored")
    parser.add_argument("--table", type=Path, required=True, help="qc.tsv: one row per sample")
    parser.add_argument(
        "--cells", type=Path, help="qc_cells.parquet: one row per cell, with the reason it is dropped for"
    )
    parser.add_argument("--metrics", type=Path, help="qc_metrics.tsv: further numbers of every sample")
    parser.add_argument("--components", type=Path, help="qc_components.tsv: fields that go with principal components")
    parser.add_argument("--seed", type=int, default=0, help="of simulated doublets and permutations (default: 0)")
    for limit in fields(QcLimits):
        kind = type(limit.default)
        parser.add_argument(
            f"--{limit.name.replace('_', '-')}", type=kind, default=limit.default, choices=CHOICES.get(limit.name),
            help=f"see config/README.md, qc.{limit.name} (default: %(default)s)",
        )  # fmt: skip
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Run quality control."""
    more = [path for path in (args.cells, args.metrics, args.components) if path is not None]
    run_step("qc", args, [args.output, args.table, *more], lambda: _work(args))


def _work(args: argparse.Namespace) -> dict[str, Any]:
    from fatescore import pp

    adata, facts = read_ingested(args.input)
    limits = QcLimits(**{limit.name: getattr(args, limit.name) for limit in fields(QcLimits)})
    try:
        found = pp.qc(adata, assay=facts["assay"], organism=facts["organism"], limits=limits, seed=args.seed)
    except NotScorable as error:
        write_tsv(args.table, error.table)
        raise
    with atomic_path(args.output) as part:
        found.adata.write_h5ad(part, compression="gzip")
    write_tsv(args.table, found.samples)
    if args.cells is not None:
        with atomic_path(args.cells) as part:
            found.cells.to_parquet(part, index=False)
    if args.metrics is not None:
        write_tsv(args.metrics, found.metrics.rename_axis(_keys.SAMPLE).reset_index())
    if args.components is not None:
        write_tsv(args.components, found.components)
    dropped = found.samples[found.samples["verdict"] != _keys.OK]
    return {
        "n_obs_kept": found.adata.n_obs,
        "n_samples_kept": len(found.samples) - len(dropped),
        "samples_not_scorable": {str(row["sample"]): str(row["reason"]) for _, row in dropped.iterrows()},
    }

"""Judge cells and samples; keep what can be scored and say why the rest cannot."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fatescore._h5ad_rows import bytes_per_row, write_rows
from fatescore.cli._h5ad import open_ingested
from fatescore.cli._step import add_step_arguments, run_step
from fatescore.errors import NotScorable
from fatescore.files import atomic_path
from fatescore.pp._limits import CHOICES, QcLimits
from fatescore.pp.doublets import memory_of_doublets
from fatescore.tables import columns as col
from fatescore.tables.codes import Status
from fatescore.tables.io import write_tsv

if TYPE_CHECKING:
    from anndata import AnnData

HELP = "judge cells and samples"
_COPIES = 3.0  # of the matrices of a sample, where no doublets are looked for


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
    parser.add_argument("--pca", type=Path, help="qc_pca.tsv: the samples' scores on the principal components")
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
    more = [path for path in (args.cells, args.metrics, args.components, args.pca) if path is not None]
    run_step("qc", args, [args.output, args.table, *more], lambda: _work(args))


def _work(args: argparse.Namespace) -> dict[str, Any]:
    from fatescore import pp

    adata, facts = open_ingested(args.input)
    limits = QcLimits(**{limit.name: getattr(args, limit.name) for limit in fields(QcLimits)})
    if facts["assay"] == "single_cell":
        _say_memory(adata, limits)
    try:
        found = pp.qc(adata, assay=facts["assay"], organism=facts["organism"], limits=limits, seed=args.seed)
    except NotScorable as error:
        write_tsv(args.table, error.table)
        raise
    write_rows(args.output, found.adata)
    write_tsv(args.table, found.samples)
    if args.cells is not None:
        with atomic_path(args.cells) as part:
            found.cells.to_parquet(part, index=False)
    if args.metrics is not None:
        write_tsv(args.metrics, found.metrics.rename_axis(col.SAMPLE).reset_index())
    if args.components is not None:
        write_tsv(args.components, found.components)
    if args.pca is not None:
        write_tsv(args.pca, found.pca)
    dropped = found.samples[found.samples["verdict"] != Status.OK]
    return {
        "limits": asdict(limits),
        "seed": args.seed,
        "n_obs_kept": found.adata.n_obs,
        "n_samples_kept": len(found.samples) - len(dropped),
        "samples_not_scorable": {str(row["sample"]): str(row["reason"]) for _, row in dropped.iterrows()},
    }


def _say_memory(adata: AnnData, limits: QcLimits) -> None:
    """Say when the largest sample is likely to take more memory than there is."""
    sizes = adata.obs[col.SAMPLE].value_counts()
    most, of_cell, there = int(sizes.max()), bytes_per_row(adata), _available()
    find_doublets = limits.doublets == "drop" and col.COUNTS in adata.layers
    needed = memory_of_doublets(most, adata.n_vars, of_cell) if find_doublets else _COPIES * most * of_cell
    if needed > there:
        step = "to find doublets" if find_doublets else "to score the cell cycle"
        print(
            f"fatescore qc: sample {sizes.index[0]} ({most:,} cells) must be in memory at once {step}: about "
            f"{needed / 1e9:.1f} GB, and {there / 1e9:.1f} GB are available; going on",
            file=sys.stderr,
        )


def _available() -> float:
    """Return the memory that can be had, in bytes; all of it where the system does not say."""
    told = Path("/proc/meminfo")
    lines = told.read_text(encoding="ascii").splitlines() if told.is_file() else []
    free = [1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return free[0] if free else float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")

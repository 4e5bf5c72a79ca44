"""Bring counts or linear values to a log scale; values that are log2 already stay as they are."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from fatescore import _keys
from fatescore._files import atomic_path
from fatescore.cli._h5ad import read_ingested
from fatescore.cli._step import add_step_arguments, run_step

HELP = "bring values to a log scale"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("input", type=Path, help="qc.h5ad")
    parser.add_argument("--output", type=Path, required=True, help="normalised.h5ad")
    add_step_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Run normalisation."""
    run_step("normalise", args, [args.output], lambda: _work(args))


def _work(args: argparse.Namespace) -> dict[str, Any]:
    from fatescore import pp

    adata, facts = read_ingested(args.input)
    out = pp.normalise(adata, assay=facts["assay"], scale=facts["scale"])
    with atomic_path(args.output) as part:
        out.write_h5ad(part, compression="gzip")
    return {"normalised": out.uns[_keys.UNS]["normalise"]}

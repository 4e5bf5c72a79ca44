"""Write simulated data with known truth: single cells, or bulk samples.

The same options give the same bytes. Everything written says SIMULATED; what was planted is written beside it.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from fatescore import organisms
from fatescore.errors import InputError
from fatescore.files import atomic_path

if TYPE_CHECKING:
    from anndata import AnnData

HELP = "write simulated data with known truth"

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the kinds of simulated data and their options."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    cells = kinds.add_parser("single-cell", help="counts of bone marrow cells (.h5ad)")
    cells.add_argument("--output", required=True, type=Path, metavar="FILE", help="ends with .h5ad")
    bulk = kinds.add_parser("bulk", help="counts of stromal cultures (.h5ad)")
    bulk.add_argument("--output", required=True, type=Path, metavar="FILE", help="ends with .h5ad")
    for sub in (cells, bulk):
        sub.add_argument("--seed", type=int, default=0, help="whole number from 0 (default: 0)")
        sub.add_argument(
            "--effect",
            type=float,
            default=-2.0,
            help="planted difference in true bias, cases minus controls (default: -2, away from bone)",
        )
        sub.add_argument("--n-genes", type=int, default=3000, metavar="N", help="number of genes (default: 3000)")
    cells.add_argument("--cells-per-donor", type=int, default=250, metavar="N", help="(default: 250)")
    for sub, donors in ((cells, 6), (bulk, 10)):
        sub.add_argument("--organism", choices=organisms.names(), default="human", help="(default: human)")
        sub.add_argument("--donors", type=int, default=donors, metavar="N", help=f"even (default: {donors})")
    cells.add_argument("--ambient", type=float, default=0.1, help="share of ambient RNA, 0 to 0.9 (default: 0.1)")
    cells.add_argument(
        "--depth-ratio", type=float, default=0.7, help="median counts of cases over controls (default: 0.7)"
    )


def run(args: argparse.Namespace) -> int | None:
    """Write what was asked for."""
    _check_name(args.output)
    _write_h5ad(args.output, _simulated(args))
    logger.info("wrote SIMULATED %s to %s", args.kind, args.output)
    return None


def _simulated(args: argparse.Namespace) -> AnnData:
    from fatescore import simulate

    common = {
        "organism": args.organism,
        "n_donors": args.donors,
        "n_genes": args.n_genes,
        "effect": args.effect,
        "seed": args.seed,
    }
    if args.kind == "bulk":
        return simulate.bulk(**common)
    return simulate.single_cell(
        **common, cells_per_donor=args.cells_per_donor, ambient=args.ambient, depth_ratio=args.depth_ratio
    )


def _check_name(path: Path) -> None:
    if path.suffix != ".h5ad":
        raise InputError(f'output "{path}"', expected="a name that ends with .h5ad", fix="rename it")


def _write_h5ad(path: Path, adata: AnnData) -> None:
    logging.getLogger("anndata").setLevel(logging.WARNING)  # it tells of every text column it stores
    try:
        with atomic_path(path) as part:
            adata.write_h5ad(part, compression="gzip")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror})", fix="choose another file") from error

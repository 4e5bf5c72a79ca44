"""Write the mirror: ``python -m simulated_geo --output DIR``, from the top of the checkout.

The same options give the same bytes. Everything written says SIMULATED; what was planted is written beside it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fatescore.errors import FatescoreError
from simulated_geo.mirror import mirror


def main(words: Sequence[str] | None = None) -> int:
    """Write what was asked for; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="simulated_geo", description="write a GEO-shaped tree of four simulated series"
    )
    parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="folder to write or replace")
    parser.add_argument("--seed", type=int, default=0, help="whole number from 0 (default: 0)")
    parser.add_argument(
        "--effect", type=float, default=-2.0,
        help="planted difference in true bias, cases minus controls (default: -2, away from bone)",
    )  # fmt: skip
    parser.add_argument("--n-genes", type=int, default=3000, metavar="N", help="number of genes (default: 3000)")
    parser.add_argument("--cells-per-donor", type=int, default=250, metavar="N", help="(default: 250)")
    args = parser.parse_args(words)
    try:
        mirror(
            args.output, seed=args.seed, effect=args.effect, cells_per_donor=args.cells_per_donor, n_genes=args.n_genes
        )
    except FatescoreError as error:
        sys.stderr.write(f"simulated_geo: error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

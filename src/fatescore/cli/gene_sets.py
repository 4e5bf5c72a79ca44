"""List, show and export the gene sets of the review."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "list, show and export the gene sets"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="one line per gene set")
    show = actions.add_parser("show", help="the genes of one set with their weights")
    show.add_argument("name")
    export = actions.add_parser("export", help="write a GMT file; genes with a negative sign end with -")
    export.add_argument("--output", type=Path, required=True)
    for action in (listing, show, export):
        action.add_argument("--organism", default="human", metavar="human|mouse")


def run(args: argparse.Namespace) -> None:
    """List, show or export."""
    from fatescore import gene_sets
    from fatescore.errors import InputError, nearest

    sets = gene_sets.load("review", organism=args.organism)
    if args.action == "export":
        gene_sets.write_gmt(sets, args.output, description="fatescore: review")
    elif args.action == "list":
        for name, genes in sets.items():
            print(f"{name}\t{len(genes)}\t{gene_sets.titles().get(name, '')}".rstrip())
    elif args.name not in sets:
        raise InputError(f'gene set "{args.name}" is not known', fix=nearest(args.name, sets))
    else:
        for gene, weight in sets[args.name].items():
            print(f"{gene}\t{weight:+g}")

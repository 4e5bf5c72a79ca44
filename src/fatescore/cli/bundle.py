"""Pack the settings, tables, fetched files and local data of a run into one archive, or restore them elsewhere.

fatescore bundle create run.tar --config config/config.yaml   (after snakemake fetch_only, where the network is)
fatescore bundle restore run.tar --dest DIR                   (on the machine without network; then cd DIR)
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fatescore.geo.bundle import restore_bundle
from fatescore.steps.bundle import bundle_run

HELP = "pack a run for a machine without network"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="pack what a run needs")
    create.add_argument("output", type=Path, metavar="FILE", help="the archive, .tar")
    create.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="FILE", help="settings")
    restore = actions.add_parser("restore", help="unpack, and check every file")
    restore.add_argument("bundle", type=Path, metavar="FILE", help="an archive from create")
    restore.add_argument("--dest", type=Path, default=Path(), metavar="DIR", help="gets the files (here)")


def run(args: argparse.Namespace) -> None:
    """Run the verb; print the files, one a line."""
    restore = args.action == "restore"
    print("\n".join(restore_bundle(args.bundle, args.dest) if restore else bundle_run(args.config, args.output)))

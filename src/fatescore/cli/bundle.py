"""Pack the settings, tables, fetched files and local data of a run into one archive, or restore them elsewhere.

fatescore bundle create run.tar --config config/config.yaml   (after snakemake fetch_only, where the network is)
fatescore bundle restore run.tar --dest DIR                   (on the machine without network; then cd DIR)
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import yaml

from fatescore.config import Dataset, load_plan
from fatescore.errors import ConfigError, InputError
from fatescore.geo import DEFAULT_BASE_URL
from fatescore.geo._lock import NAME, Lock
from fatescore.geo.bundle import create_bundle, restore_bundle

HELP = "pack a run for a machine without network"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="pack what a run needs")
    create.add_argument("output", type=Path, metavar="FILE", help="the archive, .tar")
    create.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="FILE", help="settings")
    restore = actions.add_parser("restore", help="unpack, and prove every file")
    restore.add_argument("bundle", type=Path, metavar="FILE", help="an archive from create")
    restore.add_argument("--dest", type=Path, default=Path(), metavar="DIR", help="gets the files (here)")


def run(args: argparse.Namespace) -> None:
    """Run the verb; print the files, one a line."""
    if args.action == "restore":
        print("\n".join(restore_bundle(args.bundle, args.dest)))
    else:
        print("\n".join(create_bundle(_files_of(args.config), args.output)))


def _files_of(config: Path) -> list[Path]:
    try:
        settings = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"{config} is not YAML", expected="settings of a run", fix="check it") from error
    plan = load_plan(settings, name=str(config))
    files = [config, Path(plan.settings["datasets"]), Path(plan.settings["samples"])]
    for dataset in plan.datasets.values():
        if dataset.source == "geo":
            files += _fetched(Path(plan.settings["resources"]) / "geo" / dataset.accession, dataset)
        else:
            files += _local(Path(plan.settings["local_root"]) / dataset.path)
    return sorted(set(files))


def _fetched(folder: Path, dataset: Dataset) -> Iterator[Path]:
    lock = Lock.read(folder, dataset.accession, DEFAULT_BASE_URL)
    absent = [name for name in lock.files if not lock.is_whole(folder, name)]
    if not lock.files or absent:
        raise InputError(
            f"{dataset.dataset} is not here whole ({', '.join(absent) or 'nothing of it was fetched'})",
            expected=f"the files of {dataset.accession} in {folder}", fix="run snakemake fetch_only first",
        )  # fmt: skip
    yield folder / NAME
    yield from (folder / name for name in sorted(lock.files))


def _local(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    if not path.exists():
        raise InputError(f"{path} does not exist", expected="local data of the run", fix="check local_root and path")
    return [path]

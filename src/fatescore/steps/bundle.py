"""Bundle what a run needs: settings, tables, fetched files and local data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from fatescore.config import Dataset, load_plan
from fatescore.errors import ConfigError, InputError
from fatescore.geo import DEFAULT_BASE_URL
from fatescore.geo.accession_files import FILE_NAME, Manifest
from fatescore.geo.bundle import create_bundle
from fatescore.typing import StrPath


def bundle_run(config: StrPath, output: StrPath) -> list[str]:
    """Pack what a run needs into one archive, for :func:`fatescore.geo.bundle.restore_bundle`.

    Parameters
    ----------
    config
        Settings of the run; paths in them are relative to the working directory, which must hold all files.
    output
        The archive, ``.tar``.

    Returns
    -------
    The paths in the archive, sorted.

    Raises
    ------
    ConfigError
        When the settings are not valid.
    InputError
        When a file was not fetched, is missing, or is outside the working directory.
    """
    source = Path(config)
    try:
        settings = yaml.safe_load(source.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"{source} is not YAML", expected="settings of a run", fix="check it") from error
    plan = load_plan(settings, name=str(source))
    files = [source, Path(plan.settings["datasets"]), Path(plan.settings["samples"])]
    files += [Path(source) for source in plan.settings["gene_sets"] if Path(source).is_file()]
    for dataset in plan.datasets.values():
        if dataset.source == "geo":
            files += _fetched_files(Path(plan.settings["resources"]) / "geo" / dataset.accession, dataset)
        else:
            files += _local_files(Path(plan.settings["local_root"]) / dataset.path)
    return create_bundle(sorted(set(files)), output)


def _fetched_files(folder: Path, dataset: Dataset) -> Iterator[Path]:
    manifest = Manifest.read(folder, dataset.accession, DEFAULT_BASE_URL)
    absent = [name for name in manifest.files if not manifest.is_intact(folder, name)]
    if not manifest.files or absent:
        raise InputError(
            f"{dataset.dataset} is incomplete here ({', '.join(absent) or 'nothing of it was fetched'})",
            expected=f"the files of {dataset.accession} in {folder}", fix="run snakemake fetch_only first",
        )  # fmt: skip
    yield folder / FILE_NAME
    yield from (folder / name for name in sorted(manifest.files))


def _local_files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    if not path.exists():
        raise InputError(f"{path} does not exist", expected="local data of the run", fix="check local_root and path")
    return [path]

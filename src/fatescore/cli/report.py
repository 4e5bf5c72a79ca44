"""Make the pages of a run from its tables. Each page is one HTML file that needs no network.

fatescore report dataset   the page of one data set
fatescore report summary   the page of the whole run, its provenance, and what it says in three lines
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore import _keys
from fatescore._files import read_tsv, sha256, write_json, write_text
from fatescore.cli._step import read_status
from fatescore.errors import FatescoreError, InputError

HELP = "make the HTML reports from the tables"

_NEEDED = ("altair", "itables", "jinja2", "vl_convert")
_TABLES = (
    "sample_scores", "coverage", "contributions", "explained", "contrasts", "confounding", "qc", "qc_metrics",
    "qc_components", "sample_fields",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two modes."""
    modes = parser.add_subparsers(dest="mode", required=True, metavar="dataset|summary")
    dataset = modes.add_parser("dataset", help="the page of one data set")
    dataset.add_argument("--dataset", required=True, help="name of the data set")
    dataset.add_argument("--status", nargs="+", type=Path, required=True, metavar="FILE", help="outcomes of its steps")
    dataset.add_argument("--scores", type=Path, metavar="FILE", help="scores.parquet, one row per cell or sample")
    for name in _TABLES:
        dataset.add_argument(f"--{name.replace('_', '-')}", type=Path, metavar="FILE", help=f"{name}.tsv")
    dataset.add_argument("--summary", default="../../report.html", help="address of the summary, seen from the page")
    dataset.add_argument("--output", type=Path, required=True, metavar="FILE", help="the page to write")

    summary = modes.add_parser("summary", help="the page of the whole run")
    summary.add_argument("--status", nargs="*", default=[], type=Path, metavar="FILE", help="outcomes of all steps")
    summary.add_argument("--contrasts", nargs="*", default=[], type=Path, metavar="FILE", help="contrasts.tsv files")
    summary.add_argument(
        "--confounding", nargs="*", default=[], type=Path, metavar="FILE", help="confounding.tsv files"
    )
    summary.add_argument("--meta", type=Path, required=True, metavar="FILE", help="meta.tsv")
    summary.add_argument("--meta-specification", type=Path, metavar="FILE", help="meta_specification.tsv")
    summary.add_argument("--meta-robustness", type=Path, metavar="FILE", help="meta_robustness.tsv")
    summary.add_argument(
        "--specification", nargs="*", default=[], type=Path, metavar="FILE", help="specification.tsv files"
    )
    summary.add_argument("--scoreboard", type=Path, required=True, metavar="FILE", help="scoreboard.tsv")
    summary.add_argument("--copies", type=Path, metavar="FILE", help="copies.tsv: samples that occur twice")
    summary.add_argument("--title", default="Fate bias of bone-marrow stromal cells", help="title of the page")
    summary.add_argument("--settings", type=Path, metavar="FILE", help="configuration of the run (JSON)")
    summary.add_argument("--output", type=Path, required=True, metavar="FILE", help="the page to write")
    summary.add_argument("--provenance", type=Path, metavar="FILE", help="where to write versions, settings and hashes")
    summary.add_argument("--answer", type=Path, metavar="FILE", help="where to write the answer in three lines")


def run(args: argparse.Namespace) -> int | None:
    """Make a page."""
    absent = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        raise FatescoreError(
            f"the reports need {', '.join(absent)}", fix='install them with: pip install "fatescore[report]"'
        )
    if args.mode == "dataset":
        _dataset(args)
    else:
        _summary(args)
    return None


def _dataset(args: argparse.Namespace) -> None:
    from fatescore.report import DatasetTables, dataset_page

    paths = {name: getattr(args, name) for name in _TABLES}
    tables = DatasetTables(
        dataset=args.dataset,
        statuses=[read_status(path) for path in args.status],
        scores=_read_parquet(args.scores),
        files=_links([*paths.values(), args.scores, *args.status], args.output),
        summary=args.summary,
        **{name: _read(path) for name, path in paths.items()},
    )
    write_text(args.output, dataset_page(tables))


def _summary(args: argparse.Namespace) -> None:
    from fatescore.report import SummaryTables, answer_lines, provenance, stack, summary_page

    tables = SummaryTables(
        scoreboard=_read(args.scoreboard),
        contrasts=stack([_read(path) for path in args.contrasts], _keys.CONTRAST_COLUMNS),
        confounding=stack([_read(path) for path in args.confounding], _keys.CONFOUNDING_COLUMNS),
        meta=_read(args.meta),
        meta_specification=_read(args.meta_specification),
        meta_robustness=_read(args.meta_robustness),
        specification=stack([_read(path) for path in args.specification], _keys.SPECIFICATION_COLUMNS),
        copies=_read(args.copies),
        statuses=[read_status(path) for path in args.status],
        title=args.title,
        settings=_settings(args.settings),
    )
    write_text(args.output, summary_page(tables))
    if args.answer is not None:
        write_text(args.answer, "\n".join(answer_lines(tables)) + "\n")
    if args.provenance is not None:
        write_json(args.provenance, provenance(tables.statuses, settings=tables.settings, tables=_hashes(args)))


def _hashes(args: argparse.Namespace) -> dict[str, str]:
    """Return the hash of every table of the summary, named as seen from the page."""
    paths = [args.scoreboard, args.meta, *args.contrasts, *args.confounding, *args.specification]
    paths += [path for path in (args.copies, args.meta_specification, args.meta_robustness) if path is not None]
    return {_relative(path, args.output): sha256(path) for path in paths}


def _read(path: Path | None) -> pd.DataFrame:
    return pd.DataFrame() if path is None else read_tsv(path)


def _read_parquet(path: Path | None) -> pd.DataFrame:
    if path is None:
        return pd.DataFrame()
    if not path.is_file():
        raise InputError(f"{path} does not exist", expected="scores.parquet", fix="check the path")
    if path.stat().st_size == 0:
        return pd.DataFrame()
    try:
        return pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read as Parquet ({error})") from error


def _settings(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON ({error})", expected="the settings of the run") from error
    if not isinstance(settings, dict):
        raise InputError(f"{path} holds no JSON object", expected="the settings of the run")
    return settings


def _links(paths: list[Path | None], output: Path) -> list[tuple[str, str]]:
    """Return name and address of the files that hold anything."""
    from fatescore.report import address

    found = [path for path in paths if path is not None and path.stat().st_size > 0]
    return [(_relative(path, output), address(*_relative(path, output).split("/"))) for path in found]


def _relative(path: Path, output: Path) -> str:
    return Path(os.path.relpath(path.resolve(), output.resolve().parent)).as_posix()

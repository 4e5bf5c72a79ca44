"""Make the pages of a run from its tables. Each page is one HTML file that needs no network.

fatescore report dataset   the page of one data set
fatescore report summary   the page of the whole run, its provenance, and what it says in three lines
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore._language import LANGUAGES, language
from fatescore.cli._step import read_status
from fatescore.errors import FatescoreError, InputError, nearest
from fatescore.files import sha256, write_json, write_text
from fatescore.tables import (
    ADJUSTED_DIFFERENCES,
    CONFOUNDING,
    CONTRASTS,
    CONTRIBUTIONS,
    COVERAGE,
    DUPLICATES,
    META,
    META_ROBUSTNESS,
    META_SPECIFICATION,
    QC,
    QC_PCA,
    SCOREBOARD,
    SPECIFICATION,
)
from fatescore.tables import columns as col
from fatescore.tables.io import read_parquet, read_tsv

HELP = "make the HTML reports from the tables"

_NEEDED = ("altair", "itables", "jinja2", "vl_convert")
_TABLES = (
    "sample_scores", "coverage", "contributions", "explained", "contrasts", "confounding", "specification", "qc",
    "qc_metrics", "qc_components", "qc_pca", "sample_fields",
)  # fmt: skip
_CELL_TABLES = {
    "scores": "one row per cell or sample", "qc_cells": "one row per cell", "embedding": "map of the cells",
}  # fmt: skip
_COLUMNS = {
    "sample_scores": (*col.IDENTITY, col.FATE_BIAS), "coverage": COVERAGE.names,
    "contributions": CONTRIBUTIONS.names, "explained": ADJUSTED_DIFFERENCES.names,
    "contrasts": CONTRASTS.names, "confounding": CONFOUNDING.names,
    "specification": SPECIFICATION.names, "qc": QC.names, "qc_metrics": (col.SAMPLE,),
    "qc_components": ("field", "kind", "component", "groups", "p_value"), "qc_pca": QC_PCA.names,
    "sample_fields": (col.SAMPLE,), "scoreboard": SCOREBOARD.names, "meta": META.names,
    "meta_specification": META_SPECIFICATION.names, "meta_robustness": META_ROBUSTNESS.names,
    "copies": DUPLICATES.names,
}  # fmt: skip
FIGURES = ("svg", "pdf", "png")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the two modes."""
    modes = parser.add_subparsers(dest="mode", required=True, metavar="dataset|summary")
    dataset = modes.add_parser("dataset", help="the page of one data set")
    dataset.add_argument("--dataset", required=True, help="name of the data set")
    dataset.add_argument("--status", nargs="+", type=Path, required=True, metavar="FILE", help="outcomes of its steps")
    for name, what in _CELL_TABLES.items():
        dataset.add_argument(f"--{name.replace('_', '-')}", type=Path, metavar="FILE", help=f"{name}.parquet, {what}")
    for name in _TABLES:
        dataset.add_argument(f"--{name.replace('_', '-')}", type=Path, metavar="FILE", help=f"{name}.tsv")
    dataset.add_argument("--h5ad", type=Path, metavar="FILE", help="scored.h5ad, to link to")
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
    summary.add_argument(
        "--tables", nargs="*", default=[], type=Path, metavar="FILE", help="tables over all data sets, to link to"
    )
    summary.add_argument(
        "--provenance-status", nargs="*", default=[], type=Path, metavar="FILE",
        help="outcomes of fetch, which tell where files came from; for the provenance only",
    )  # fmt: skip
    summary.add_argument(
        "--sources", nargs="*", default=[], type=Path, metavar="FILE", help="tables that the configuration names"
    )
    summary.add_argument("--provenance", type=Path, metavar="FILE", help="where to write versions, settings and hashes")
    summary.add_argument("--answer", type=Path, metavar="FILE", help="where to write the answer in three lines")
    for mode in (dataset, summary):
        mode.add_argument("--language", default="en", choices=LANGUAGES, help="of the page (default: %(default)s)")
        mode.add_argument(
            "--figures", type=_kinds, default=(), metavar="KINDS",
            help="also write every chart as a file for papers: svg, pdf, png, with commas between",
        )  # fmt: skip
        mode.add_argument(
            "--figures-dir", type=Path, metavar="DIR", help="where to (default: figures, beside the page)"
        )


def _kinds(text: str) -> tuple[str, ...]:
    kinds = tuple(kind.strip() for kind in text.split(",") if kind.strip())
    unknown = [kind for kind in kinds if kind not in FIGURES]
    if unknown:
        raise argparse.ArgumentTypeError(f'"{unknown[0]}" is no kind of figure; {nearest(unknown[0], FIGURES)}')
    return kinds


def run(args: argparse.Namespace) -> None:
    """Make a page."""
    absent = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        raise FatescoreError(
            f"the reports need {', '.join(absent)}", fix='install them with: pip install "fatescore[report]"'
        )
    with language(args.language):
        (_dataset if args.mode == "dataset" else _summary)(args)


def _dataset(args: argparse.Namespace) -> None:
    from fatescore.report import DatasetTables, dataset_figures, dataset_page

    paths = {name: getattr(args, name) for name in _TABLES}
    of_cells = {name: getattr(args, name) for name in _CELL_TABLES}
    tables = DatasetTables(
        dataset=args.dataset,
        statuses=[read_status(path) for path in args.status],
        files=_links([args.h5ad, *of_cells.values(), *paths.values(), *args.status], args.output),
        summary=args.summary,
        **{name: _read(path, _COLUMNS.get(name, ())) for name, path in paths.items()},
        **{
            name: pd.DataFrame() if path is None else read_parquet(path, "a table in Parquet format")
            for name, path in of_cells.items()
        },
    )
    write_text(args.output, dataset_page(tables))
    _write_figures(args, lambda: dataset_figures(tables))


def _summary(args: argparse.Namespace) -> None:
    from fatescore.report import SummaryTables, answer_lines, provenance, stack, summary_figures, summary_page

    tables = SummaryTables(
        scoreboard=_read(args.scoreboard, _COLUMNS["scoreboard"]),
        contrasts=stack([_read(path, _COLUMNS["contrasts"]) for path in args.contrasts], CONTRASTS.names),
        confounding=stack([_read(path, _COLUMNS["confounding"]) for path in args.confounding], CONFOUNDING.names),
        meta=_read(args.meta, _COLUMNS["meta"]),
        meta_specification=_read(args.meta_specification, _COLUMNS["meta_specification"]),
        meta_robustness=_read(args.meta_robustness, _COLUMNS["meta_robustness"]),
        specification=stack(
            [_read(path, _COLUMNS["specification"]) for path in args.specification], SPECIFICATION.names
        ),
        copies=_read(args.copies, _COLUMNS["copies"]),
        statuses=[read_status(path) for path in args.status],
        title=args.title,
        settings=_settings(args.settings),
        files=_links(args.tables, args.output),
    )
    write_text(args.output, summary_page(tables))
    _write_figures(args, lambda: summary_figures(tables))
    if args.answer is not None:
        write_text(args.answer, "\n".join(answer_lines(tables)) + "\n")
    if args.provenance is not None:
        statuses = [*tables.statuses, *map(read_status, args.provenance_status)]
        sources = {str(path): sha256(path) for path in args.sources}
        said = provenance(statuses, settings=tables.settings, tables=_hashes(args), sources=sources)
        write_json(args.provenance, said)


def _write_figures(args: argparse.Namespace, charts: Callable[[], Mapping[str, Mapping[str, Any]]]) -> None:
    """Write every chart of the page as files, where that was asked for."""
    if not args.figures:
        return
    from fatescore import pl

    folder = args.figures_dir or args.output.parent / "figures"
    folder.mkdir(parents=True, exist_ok=True)  # also where there is nothing to draw: the workflow waits for it
    for name, chart in charts().items():
        for kind in args.figures:
            pl.save(chart, folder / f"{name}.{kind}")


def _hashes(args: argparse.Namespace) -> dict[str, str]:
    """Return the hash of every table of the summary, named as seen from the page."""
    paths = [args.scoreboard, args.meta, *args.contrasts, *args.confounding, *args.specification]
    paths += [path for path in (args.copies, args.meta_specification, args.meta_robustness) if path is not None]
    paths += args.tables
    return {_relative(path, args.output): sha256(path) for path in paths}


def _read(path: Path | None, needed: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table; one that holds anything must have the columns that a page cannot do without."""
    table = pd.DataFrame() if path is None else read_tsv(path)
    check_columns(table, needed, path, "the table that this option names")
    return table


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

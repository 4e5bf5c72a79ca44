"""Make the pages of a run from its tables. Each page is one HTML file that needs no network.

fatescore report results/datasets/A   the page of one data set
fatescore report results              the page of the whole run, its provenance, and what it says in three lines
"""

from __future__ import annotations

import argparse

from fatescore._schema import schema
from fatescore.cli.steps import add_folder
from fatescore.errors import InputError, nearest
from fatescore.steps import plan_of
from fatescore.tables.folder import DatasetFolder, RunFolder

HELP = "make the HTML reports from the tables"
_OPTIONS = schema("config")["properties"]["report"]["properties"]
_FORMATS = _OPTIONS["figures"]["items"]["enum"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    add_folder(parser, recorded=False)
    parser.add_argument(
        "--language", choices=_OPTIONS["language"]["enum"], help="of the page (default: as the settings of the run say)"
    )
    parser.add_argument(
        "--figures", type=_formats, metavar="FORMATS",
        help="also write every chart as a file for papers: svg, pdf, png, with commas between",
    )  # fmt: skip


def _formats(text: str) -> list[str]:
    formats = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [part for part in formats if part not in _FORMATS]
    if unknown:
        raise argparse.ArgumentTypeError(f'"{unknown[0]}" is no format of figures; {nearest(unknown[0], _FORMATS)}')
    return formats


def run(args: argparse.Namespace) -> None:
    """Make a page."""
    from fatescore.steps.report import dataset_report, summary_report

    run_folder = RunFolder(args.folder)
    of_run = run_folder.settings_file.exists()
    if not of_run and not (args.folder / "status").is_dir():
        raise InputError(
            f"{args.folder} holds neither status nor settings.json", expected="the folder of a data set or of a run",
            fix="run the steps first",
        )  # fmt: skip
    plan = plan_of(run_folder if of_run else DatasetFolder(args.folder).run)
    look = {
        "language": args.language or plan.settings["report"]["language"],
        "figures": plan.settings["report"]["figures"] if args.figures is None else args.figures,
    }
    if of_run:
        summary_report(run_folder, plan, **look)
    else:
        dataset_report(DatasetFolder(args.folder), **look)

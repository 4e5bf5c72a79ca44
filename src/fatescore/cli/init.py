"""Set up a run: from a folder, file or fetched accession and a sample sheet to a configuration that the workflow takes.

fatescore init data --samples sheet.csv          writes config/ here, and prints the command that runs it
fatescore init GSE35958 --output op              conditions and donors as the fields or names of the samples show them
"""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from fatescore._data import data_dir
from fatescore._schema import schema
from fatescore.cli.inspect import add_reading_options, inspect_source
from fatescore.ingest.sample_sheet import Sheet, join_sheet
from fatescore.steps.init import propose
from fatescore.steps.project import Project, write_project
from fatescore.tables import columns as col

HELP = "set up a run from data and a sample sheet"
_DECLARED = ("organism", "assay", "scale", "population")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument(
        "source", nargs="+", metavar="SOURCE", help="a folder, a file, or an accession in resources/geo"
    )
    parser.add_argument(
        "--samples", type=Path, metavar="SHEET", help="sample sheet: CSV, TSV or Excel (config/README.md)"
    )
    parser.add_argument("--output", type=Path, default=Path(), metavar="DIR", help="folder of the run, gets config/")
    sheet = parser.add_argument_group("where the sheet, the files or the names do not tell")
    sheet.add_argument("--condition", default="", metavar="COLUMN", help="column of the sheet with the condition")
    sheet.add_argument("--donor", default="", metavar="COLUMN", help="column of the sheet with the donor")
    sheet.add_argument("--case", default="", help="the condition of interest")
    sheet.add_argument("--control", default="", help="the condition that it is compared with")
    kinds = schema("config")["properties"]["contrasts"]["items"]["properties"]["kind"]
    sheet.add_argument("--kind", choices=[kind for kind in kinds["enum"] if kind], help="of the contrast")
    for name in _DECLARED:
        column = schema("datasets")["properties"][name]
        sheet.add_argument(f"--{name}", choices=column["enum"], help=column["description"].strip())
    add_reading_options(sheet)


def run(args: argparse.Namespace) -> None:
    """Run the verb."""
    inspected = [inspect_source(source, args) for source in args.source]
    sheet = None
    if args.samples is not None:
        sheet = join_sheet(args.samples, inspected, condition=args.condition, donor=args.donor)
    declared = {name: value for name in _DECLARED if (value := getattr(args, name))}
    project = propose(inspected, sheet, declared=declared, case=args.case, control=args.control, kind=args.kind or "")
    written = write_project(project, args.output)
    reasons = {one.dataset["dataset"]: one.reasons for one in inspected}
    print("\n".join([*_lines(project, sheet, reasons), f"wrote {written}", f"next: {run_command(args.output)}"]))


def run_command(folder: Path) -> str:
    """Return the command that runs the workflow in a folder."""
    snakefile = data_dir("workflow") / "Snakefile"
    return shlex.join(["snakemake", "--snakefile", str(snakefile), "--directory", str(folder)])


def _lines(project: Project, sheet: Sheet | None, reasons: dict[str, dict[str, str]]) -> list[str]:
    lines = []
    for row in project.datasets.to_dict("records"):
        own = project.samples[project.samples["dataset"] == row["dataset"]]
        declared = ", ".join(str(row[name]) for name in _DECLARED)
        lines.append(f"{row['dataset']}: {declared}; {len(own)} samples of {own[col.DONOR].nunique()} donors")
        if sheet is None:
            lines += [f"  {role}: {reasons[row['dataset']][role]}" for role in ("condition", "donors")]
    if sheet is not None:
        roles = (str(role) for role in (col.SAMPLE, col.DONOR, col.CONDITION))
        lines.append("sheet: " + ", ".join(f'{role} from "{sheet.roles[role]}"' for role in roles))
    for one in project.contrasts:
        lines.append(f"contrast {one['id']} ({one['kind']}): case {one['case']}, control {one['control']}")
    return [*lines, *(f"note: {note}" for note in project.notes)]

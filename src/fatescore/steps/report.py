"""Make the pages of a run from its tables. Each page is one HTML file that needs no network."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fatescore._extras import require
from fatescore.config import Plan, settings_as_dict
from fatescore.files import sha256, write_json, write_text
from fatescore.steps.declarations import RUN_STEPS, SUMMARY_REPORT
from fatescore.tables.folder import FIGURES, PAGE, STEPS, DatasetFolder, Folder, RunFolder

TABLES_FOLDER = "tables"
_, _PROVENANCE, _ANSWER = SUMMARY_REPORT.outputs
_NEEDED = ("altair", "itables", "jinja2", "vl_convert")


def dataset_report(folder: DatasetFolder, *, language: str = "en", figures: Sequence[str] = ()) -> None:
    """Write the page of a data set.

    Parameters
    ----------
    folder
        Holds the tables and outcomes of the steps; gets ``report.html``.
    language
        Of the page.
    figures
        Formats (svg, pdf, png) in which every chart is written as well, into the folder ``figures``.

    Raises
    ------
    MissingExtra
        When a package that the pages need is not installed.
    """
    require(*_NEEDED)
    from fatescore import report

    with report.language(language):
        tables = report.DatasetTables.read(folder)
        write_text(folder.file(PAGE), report.dataset_page(tables))
        if figures:
            _write_figures(folder, report.dataset_figures(tables), figures)


def summary_report(run: RunFolder, plan: Plan, *, language: str = "en", figures: Sequence[str] = ()) -> None:
    """Write the page of the whole run, its provenance, and what it says in three lines.

    Parameters
    ----------
    run
        Holds the tables and outcomes of all steps; gets ``report.html``, ``provenance.json`` and ``answer.txt``.
    plan
        Names the data sets and contrasts; folders of others, which an earlier run left, are passed over.
    language, figures
        As of :func:`dataset_report`.

    Raises
    ------
    MissingExtra
        When a package that the pages need is not installed.
    """
    require(*_NEEDED)
    from fatescore import report

    across = [contrast.id for contrast in plan.contrasts_across()]
    with report.language(language):
        tables = report.SummaryTables.read(
            run, datasets=sorted(plan.datasets), across=across, title=plan.settings["title"],
            settings=settings_as_dict(plan),
        )  # fmt: skip
        write_text(run.file(PAGE), report.summary_page(tables))
        if figures:
            _write_figures(run, report.summary_figures(tables), figures)
        write_text(run.file(_ANSWER), "\n".join(report.answer_lines(tables)) + "\n")
    folders = [*map(run.dataset, sorted(plan.datasets)), *map(run.across, across)]
    sources = [plan.settings[name] for name in ("datasets", "samples") if plan.settings[name]]
    found = report.provenance(
        [one for folder in folders for step in (*STEPS, "embed") if (one := folder.outcome(step)) is not None],
        settings=settings_as_dict(plan), tables=_hash_tables(run, folders),
        sources={path: sha256(path) for path in sources if Path(path).exists()},
    )  # fmt: skip
    write_json(run.file(_PROVENANCE), found)


def _write_figures(folder: Folder, charts: Mapping[str, Mapping[str, Any]], formats: Sequence[str]) -> None:
    """Write every chart of the page as files."""
    from fatescore import pl

    target = folder.file(FIGURES)
    target.mkdir(parents=True, exist_ok=True)  # also where there is nothing to draw: the workflow waits for it
    for name, chart in charts.items():
        for suffix in formats:
            pl.save(chart, target / f"{name}.{suffix}")


def _hash_tables(run: RunFolder, folders: Iterable[DatasetFolder]) -> dict[str, str]:
    """Return the hash of every table of the summary, named as seen from the page."""
    paths = [run.file(name) for step in RUN_STEPS.values() for name in step.outputs]
    paths += [folder.file(name) for folder in folders for name in SUMMARY_REPORT.inputs]
    paths += sorted((run.path / TABLES_FOLDER).glob("*.tsv"))
    return {Path(os.path.relpath(path, run.path)).as_posix(): sha256(path) for path in paths if path.exists()}

"""The page of one data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore import pl
from fatescore._language import mark, tr
from fatescore._written import written
from fatescore.gene_sets import titles
from fatescore.report import _format, _html, _words, methods
from fatescore.report.cells import cell_map
from fatescore.report.contrasts import contrasts
from fatescore.report.methods_text import methods_section
from fatescore.report.quality import quality
from fatescore.report.tables import (
    DatasetTables,
    facts,
    in_order,
    is_simulated,
    is_single_cell,
    outcome,
    sides,
    without_repeats,
)
from fatescore.tables import COVERAGE
from fatescore.tables import columns as col
from fatescore.tables.codes import FateCall, Status

_FACTS = (
    "accession",
    "organism",
    "assay",
    "scale",
    "population",
    "n_samples",
    "n_donors",
    "n_obs",
    "n_genes",
    "n_unmapped",
)
_LISTS = ("missing_genes", "not_measurable")
# What a file holds, for whoever downloads it; every column is explained in the data dictionary.
_FILES = {
    "scored.h5ad": mark("expression, index, calls and map of the cells, for scanpy and cellxgene"),
    "scores.parquet": mark("index and calls, one row per cell or sample"),
    "sample_scores.tsv": mark("index of every sample, with intervals"),
    "contrasts.tsv": mark("every measure of every contrast"),
    "confounding.tsv": mark("every field of the confounding audit"),
    "contributions.tsv": mark("what every gene adds to the difference"),
    "explained.tsv": mark("what accounts for the difference"),
    "specification.tsv": mark("the difference under every method and index"),
    "coverage.tsv": mark("genes of every set, found and missing"),
    "qc.tsv": mark("verdict on every sample"),
    "qc_cells.parquet": mark("verdict on every cell, with its numbers and limits"),
    "qc_metrics.tsv": mark("more numbers of every sample"),
    "qc_components.tsv": mark("fields that go with principal components"),
    "qc_pca.tsv": mark("scores of the samples on principal components"),
    "sample_fields.tsv": mark("everything the source says of the samples"),
    "embedding.parquet": mark("map of the cells (UMAP)"),
}


def dataset_page(tables: DatasetTables) -> str:
    """Return the page of one data set as one HTML file that needs no network.

    Parameters
    ----------
    tables
        Tables and outcomes of its steps. A data set that is ``not scorable`` or ``failed`` gets a page that says so.

    Returns
    -------
    str
        HTML; the same tables give the same bytes.

    Examples
    --------
    >>> status = {"dataset": "A", "step": "score", "status": "not scorable", "reason": "3 of 40 genes", "facts": {}}
    >>> "3 of 40 genes" in dataset_page(DatasetTables("A", statuses=[status]))
    True
    """
    return _html.render("dataset.html.j2", **_parts(tables))


def dataset_figures(tables: DatasetTables) -> dict[str, dict[str, Any]]:
    """Return the charts of the page by name, as Vega-Lite specifications (:func:`fatescore.pl.save`).

    Examples
    --------
    >>> dataset_figures(DatasetTables("A"))
    {}
    """
    return _html.figures_in(_parts(tables))


def _parts(tables: DatasetTables) -> dict[str, Any]:
    """Return what the template shows."""
    statuses = in_order(tables.statuses)
    known = facts(statuses, "ingest")
    status, step, reason = outcome(statuses)
    return {
        "page": _html.Page(
            str(known.get("title") or tables.dataset),
            tr("this page is made from simulated data") if is_simulated(statuses) else "",
        ),
        "dataset": tables.dataset,
        "status": status,
        "step": step,
        "reason": written(reason),
        "facts": _facts(known),
        "notes": [str(note) for note in known.get("notes") or []],
        "contrasts": contrasts(tables) if status == Status.OK else [],
        "plane": _plane(tables),
        "cells": cell_map(tables),
        "qc": quality(tables),
        "coverage": _coverage(tables),
        "samples": _samples(tables),
        "steps": _steps(statuses),
        **methods_section(statuses),
        "files": [(_html.Link(text, href), tr(_FILES.get(text, ""))) for text, href in tables.files],
        "summary": tables.summary,
        "one_line": tr(_words.FATE_BIAS_IN_ONE_LINE),
    }


def _facts(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is known of the data, in words; what is absent or said twice is left out."""
    shown = [key for key in _FACTS if not _format.is_missing(known.get(key))]
    if known.get("n_obs") == known.get("n_samples"):
        shown = [key for key in shown if key != "n_obs"]
    words = {"n_obs": tr("cells")}
    return [(words.get(key, _format.label(key)), _format.cell(key, known[key])) for key in shown]


def _plane(tables: DatasetTables) -> _html.Figure | None:
    scores = tables.scores if len(tables.scores) else tables.sample_scores
    if not len(scores):
        return None
    unit = tr("cells") if is_single_cell(tables) else tr("samples")
    calls = [str(call) for call in scores[col.FATE_CALL]] if col.FATE_CALL in scores else []
    counted = [(tr(call), f"{calls.count(call):,}") for call in tuple(FateCall) if call in calls]
    alt = tr("Osteogenic (bone) against adipogenic (fat) score of {n} {unit}: {calls}.").format(
        n=f"{len(scores):,}", unit=unit, calls=", ".join(f"{n} {call}" for call, n in counted)
    )
    behind = _html.pairs("calls", tr("Calls"), counted, (tr("call"), unit))
    if is_single_cell(tables):
        behind = _calls_of_donors(scores)
    caption = tr(
        "On the dashed line bone genes and fat genes rank equally high. The call (colour) does not follow the line: "
        "it asks whether the index differs from that of random genes expressed as highly."
    )
    if facts(tables.statuses, "ingest").get("population") == "bmsc":
        caption = tr(
            "On the dashed line bone genes and fat genes rank equally high. Most marrow cells lie above it, so the "
            "call (colour) does not follow the line: it asks whether the index differs from that of random genes "
            "expressed as highly."
        )
    case, control = sides(tables.contrasts)
    if len(scores) > pl.MOST_POINTS:
        caption += " " + tr("Each of the {n} cells is a dot; rare calls are drawn on top.").format(n=f"{len(scores):,}")
    chart = pl.plane(scores, case=case, control=control)
    return _html.figure("plane-chart", tr("Bone against fat"), chart, alt, caption=caption, behind=behind, most="40rem")


def _calls_of_donors(scores: pd.DataFrame) -> _html.Table:
    """Count the calls of every donor's cells."""
    calls = scores[col.FATE_CALL].astype(str)
    of_donor = [scores[col.DONOR].astype(str), scores[col.CONDITION].astype(str)]
    counted = pd.crosstab(of_donor, calls).reset_index()
    known = [call for call in tuple(FateCall) if call in counted]
    caption = tr("Calls of the cells, donor by donor")
    return _html.table("calls", caption, counted, [col.DONOR, col.CONDITION, *known])


def _coverage(tables: DatasetTables) -> _html.Table | None:
    if not len(tables.coverage):
        return None
    data = tables.coverage.assign(
        gene_set=tables.coverage["gene_set"].astype(str).replace(titles()),
        # a list without blanks cannot be broken into lines
        missing_genes=tables.coverage["missing_genes"].fillna("").astype(str).str.replace(";", "; "),
    )
    columns = _without_dataset(COVERAGE.names)
    return _html.table("coverage-table", tr("Genes of each set found in the data"), data, columns, folded=_LISTS)


def _samples(tables: DatasetTables) -> _html.Table | None:
    data = tables.sample_fields
    if not len(data):
        return None
    # A field that is the same for every sample, or repeats another field, tells nothing about a sample.
    varied = [str(name) for name in data if name in col.IDENTITY or len(set(data[name].astype(str))) > 1]
    varied = without_repeats(data, varied, keep=col.IDENTITY)
    # Sentences (protocols) stand last, where they push nothing out of sight.
    varied.sort(key=lambda name: data[name].astype(str).str.len().max() > _html.LONG_TEXT)
    caption = tr("Samples and the fields in which they differ (a field that repeats another is left out)")
    return _html.table("samples-table", caption, data, _without_dataset(varied), plain=True)


def _steps(statuses: list[Mapping[str, Any]]) -> _html.Table:
    rows = []
    for status in statuses:
        said = "; ".join(f"{key}: {value}" for key, value in methods.flatten(_brief(status["facts"])) if value)
        words = (tr(str(status["step"])), tr(str(status["status"])), written(str(status["reason"])))
        rows.append((*words[:2], words[2] or _format.MISSING, said or _format.MISSING))
    columns = (tr("step"), tr("status"), tr("reason"), tr("facts"))
    return _html.pairs("steps-table", tr("What each step recorded"), list(dict.fromkeys(rows)), columns)


def _brief(known: Mapping[str, Any]) -> dict[str, Any]:
    shown_elsewhere = {"notes", "title", *methods.INPUT_KEYS}
    return {key: value for key, value in known.items() if key not in shown_elsewhere}


def _without_dataset(columns: Any) -> list[str]:
    return [column for column in columns if column != col.DATASET]

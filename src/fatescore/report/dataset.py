"""The page of one data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore import _keys, pl
from fatescore.report import _format, _html, _words, methods
from fatescore.report.tables import DatasetTables, facts, in_order, is_simulated, outcome, records

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
_NO_METHODS = "No index was computed for this data set, so there is no method to report."
_SHOWN_CONTRAST = (
    "measure", "n_case", "n_control", "mean_case", "mean_control", "difference", "difference_low", "difference_high",
    "g", "g_low", "g_high", "p_value", "p_smallest", "padj", "p_welch", "p_moderated", "power", "adjusted",
    "adjusted_low", "adjusted_high", "p_adjusted", "adjusted_for", "loo_low", "loo_high", "auroc", "audit", "note",
)  # fmt: skip
_GENES = ("gene", "arm", "contribution", "difference_without")
_SHOWN_COMPOSITION = (
    "measure", "n_case", "n_control", "mean_case", "mean_control", "difference", "difference_low", "difference_high",
    "p_value", "p_smallest", "padj", "note",
)  # fmt: skip

_BEYOND_CHANCE = 0.05


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
    statuses = in_order(tables.statuses)
    known = facts(statuses, "ingest")
    status, step, reason = outcome(statuses)
    return _html.render(
        "dataset.html.j2",
        page=_html.Page(
            str(known.get("title") or tables.dataset),
            "this page is made from simulated data" if is_simulated(statuses) else "",
        ),
        dataset=tables.dataset,
        status=status,
        step=step,
        reason=reason,
        facts=_facts(known),
        notes=[str(note) for note in known.get("notes") or []],
        contrasts=_contrasts(tables) if status == _keys.OK else [],
        plane=_plane(tables),
        qc=_qc(tables),
        qc_metrics=_qc_metrics(tables),
        qc_components=_qc_components(tables),
        coverage=_coverage(tables),
        samples=_samples(tables),
        steps=_steps(statuses),
        inputs=methods.input_table(statuses),
        methods=methods.paragraphs(statuses) if status == _keys.OK else [_NO_METHODS],
        versions=methods.versions(),
        files=[_html.Link(text, href) for text, href in tables.files],
        summary=tables.summary,
        one_line=_words.FATE_BIAS_IN_ONE_LINE,
        number_of_cells=len(tables.scores) if known.get("assay") == "single_cell" else 0,
    )


def _facts(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is known of the data, in words; what is absent or said twice is left out."""
    shown = [key for key in _FACTS if not _format.is_missing(known.get(key))]
    if known.get("n_obs") == known.get("n_samples"):
        shown = [key for key in shown if key != "n_obs"]
    words = {"n_obs": "cells"}
    return [(words.get(key, _format.label(key)), _format.cell(key, known[key])) for key in shown]


def _contrasts(tables: DatasetTables) -> list[dict[str, Any]]:
    """Return, contrast by contrast, its answer, audit, figures and table."""
    main = _words.rows_of(tables.contrasts, measure=_keys.FATE_BIAS)
    return [_contrast(tables, row, index) for index, row in enumerate(records(main), 1)]


def _contrast(tables: DatasetTables, row: Mapping[str, Any], index: int) -> dict[str, Any]:
    name = str(row["contrast"])
    audit = _words.rows_of(tables.confounding, contrast=name)
    genes = _words.rows_of(tables.contributions, contrast=name)
    every = _words.rows_of(tables.contrasts, contrast=name)
    of_cells = every["measure"].astype(str).str.startswith(_keys.COMPOSITION_PREFIX)
    return {
        "answer": _words.answer(row),
        **_audit(audit, index),
        "donors": _donors(tables, row, index),
        "genes": _genes(genes, row, index) if len(genes) else None,
        "explained": _explained(_words.rows_of(tables.explained, contrast=name), index),
        "measures": _html.table(f"measures-{index}", f"Every measure of {name}", every[~of_cells], _SHOWN_CONTRAST),
        "composition": _composition(every[of_cells], index),
    }


def _composition(rows: pd.DataFrame, index: int) -> _html.Table | None:
    """Return the shares of the cell types in both groups; they are a finding, and a confounder of bulk samples."""
    if not len(rows):
        return None
    caption = "Share of each cell type in the samples, before any cell is dropped (donors are compared)"
    named = rows.assign(measure=rows["measure"].str.removeprefix(_keys.COMPOSITION_PREFIX))
    return _html.table(f"composition-{index}", caption, named, _SHOWN_COMPOSITION)


def _explained(rows: pd.DataFrame, index: int) -> _html.Table | None:
    """Return what is left of the difference once another number of the donors is held constant."""
    if not len(rows):
        return None
    caption = "What is left of the difference with another number of the donors held constant (linear models)"
    columns = ("by", "difference", "difference_left", "left_low", "left_high", "p_left", "accounted", "note")
    named = rows.assign(by=[_format.label(str(name)) for name in rows["by"]])
    return _html.table(f"explained-{index}", caption, named, columns)


def _audit(audit: pd.DataFrame, index: int) -> dict[str, Any]:
    """Return the fields that do not look clean as one table, and the clean ones as another."""
    if not len(audit):
        return {"audit": None, "audit_clean": None, "all_genes": ""}
    order = {"separates perfectly": 0, "not judged": 1, "partly separates": 1, "states the condition": 2}
    ordered = audit.assign(place=audit["verdict"].map(order).fillna(3))
    ordered = ordered.sort_values(["place", "field"], kind="stable")
    marks = {"verdict": lambda row: {0: "bad", 1: "fair"}.get(row["place"], "")}
    columns = ("field", "verdict", "case_values", "control_values", "statistic", "p_value")
    clean = ordered["verdict"] == "clean"
    loud, quiet = ordered[~clean], ordered[clean]
    return {
        "audit": _html.table(
            f"audit-{index}", "What differs between the groups (in brackets: donors)", loud, columns, marks=marks
        ),
        "audit_clean": _html.table(f"clean-{index}", "Fields that do not separate the groups", quiet, columns),
        "all_genes": _words.all_genes(audit),
    }


def _donors(tables: DatasetTables, row: Mapping[str, Any], index: int) -> _html.Figure:
    case, control, levels = str(row["case"]), str(row["control"]), _words.levels(row)
    cells = tables.scores if _is_single_cell(tables) else None
    chart = pl.donors(tables.sample_scores, cells, case=case, control=control, levels=levels)
    shown = tables.sample_scores
    shown = shown[shown[_keys.CONDITION].astype(str).isin(levels or [case, control])]
    columns = (*_keys.IDENTITY[1:], "unit", "n_obs", *_keys.INDEX_COLUMNS, _keys.RHO_DEPTH)
    behind = _html.table(f"donors-table-{index}", "The points of this chart", shown, columns)
    cloud = ""
    if cells is not None:
        cloud = (
            " The band behind a point is the distribution of that donor's cells; the point is scored on their counts "
            "added up, which show more genes than one cell does, so it need not lie in the middle."
        )
    sides = f"{case} ({_format.number(row['n_case'])} donors) and {control} ({_format.number(row['n_control'])} donors)"
    alt = f"One row per donor, one point per sample: fate_bias in {', '.join(levels) or sides}.{cloud}"
    caption = (
        "Every donor is a row and every sample a point; further right is towards bone, further left towards fat. "
        "Compare the groups with each other: the dashed line (0) is no border between bone and fat cells."
    )
    return _html.figure(f"donors-{index}", "Every donor", chart, alt, caption=caption + cloud, behind=behind)


def _genes(genes: pd.DataFrame, row: Mapping[str, Any], index: int) -> _html.Figure:
    behind = _html.table(f"genes-table-{index}", "Contribution of every gene", genes, _GENES)
    total = _format.number(row["mean_case"] - row["mean_control"] if _words.levels(row) else row["difference"])
    alt = f"Contributions of {len(genes)} genes, which add up to the difference of fate_bias, {total}."
    caption = (
        "Each bar is one gene's share of the difference; together they make it exactly. "
        "An adipogenic gene that is higher in the case moves the bar to the left."
    )
    title = "Which genes make the difference"
    title += f" of {row['case']} to {row['control']}" if _words.levels(row) else ""
    return _html.figure(f"genes-{index}", title, pl.waterfall(genes), alt, caption=caption, behind=behind)


def _plane(tables: DatasetTables) -> _html.Figure | None:
    scores = tables.scores if len(tables.scores) else tables.sample_scores
    if not len(scores):
        return None
    unit = "cells" if _is_single_cell(tables) else "samples"
    calls = [str(call) for call in scores[_keys.FATE_CALL]] if _keys.FATE_CALL in scores else []
    counted = [(call, f"{calls.count(call):,}") for call in _keys.FATE_CALLS if call in calls]
    said = ", ".join(f"{n} {call}" for call, n in counted)
    alt = f"Osteogenic (bone) against adipogenic (fat) score of {len(scores):,} {unit}: {said}."
    behind = _html.pairs("calls", "Calls", counted, ("call", unit))
    caption = (
        "On the dashed line bone genes and fat genes rank equally high. Most marrow cells lie above it, so the call "
        "(colour) does not follow the line: it asks whether the index differs from that of random genes expressed "
        "as highly."
    )
    if len(scores) > pl.MOST_POINTS:
        caption += (
            f" {len(scores):,} cells are drawn in small squares: "
            "the colour is the most common call, darker means more cells."
        )
    return _html.figure(
        "plane-chart", "Bone against fat", pl.plane(scores), alt, caption=caption, behind=behind, most="40rem"
    )


def _qc(tables: DatasetTables) -> _html.Table | None:
    if not len(tables.qc):
        return None
    marks = {"verdict": lambda row: "" if str(row["verdict"]) in {"ok", "kept", "pass", "nan"} else "bad"}
    known = [name for name in _keys.QC_COLUMNS if name in tables.qc and tables.qc[name].notna().any()]
    if facts(tables.statuses, "ingest").get("assay") != "single_cell":
        known = [name for name in known if name not in {"n_obs", "n_kept"}]  # a sample is one observation
    first = [name for name in (*_keys.IDENTITY, "verdict", "reason") if name in known]
    columns = _without_dataset(dict.fromkeys([*first, *known]))
    return _html.table("qc-table", "Quality of every sample", tables.qc, columns, marks=marks)


def _qc_metrics(tables: DatasetTables) -> _html.Table | None:
    if not len(tables.qc_metrics):
        return None
    known = [str(name) for name in tables.qc_metrics if tables.qc_metrics[name].notna().any()]
    return _html.table("qc-metrics", "More numbers of every sample", tables.qc_metrics, known)


def _qc_components(tables: DatasetTables) -> _html.Table | None:
    """Show the fields that go with a component better than chance; the file has all of them."""
    if not len(tables.qc_components):
        return None
    beyond = tables.qc_components[tables.qc_components["p_value"] <= _BEYOND_CHANCE]
    columns = ("field", "component", "n", "groups", "adjusted_r2", "p_value", "p_smallest", "padj")
    named = beyond.assign(field=[_format.label(str(name)) for name in beyond["field"]])
    caption = f"Fields that go with a principal component (p at most {_BEYOND_CHANCE}, not corrected)"
    return _html.table("qc-components", caption, named, columns) if len(named) else None


def _coverage(tables: DatasetTables) -> _html.Table | None:
    if not len(tables.coverage):
        return None
    columns = _without_dataset(_keys.COVERAGE_COLUMNS)
    return _html.table("coverage-table", "Genes of each set found in the data", tables.coverage, columns)


def _samples(tables: DatasetTables) -> _html.Table | None:
    data = tables.sample_fields
    if not len(data):
        return None
    # A field that is the same for every sample, or repeats another field, tells nothing about a sample.
    seen = [tuple(data[name].astype(str)) for name in data]
    varied = [
        name
        for index, name in enumerate(data)
        if name in _keys.IDENTITY or (len(set(seen[index])) > 1 and seen[index] not in seen[:index])
    ]
    # Sentences (protocols) stand last, where they push nothing out of sight.
    varied.sort(key=lambda name: data[name].astype(str).str.len().max() > _html.LONG_TEXT)
    caption = "Samples and the fields in which they differ (a field that repeats another is left out)"
    return _html.table("samples-table", caption, data, _without_dataset(varied), plain=True)


def _steps(statuses: list[Mapping[str, Any]]) -> _html.Table:
    rows = []
    for status in statuses:
        said = "; ".join(f"{key}: {value}" for key, value in methods.flatten(_brief(status["facts"])) if value)
        rows.append((str(status["step"]), str(status["status"]), str(status["reason"]) or "–", said or "–"))
    return _html.pairs(
        "steps-table", "What each step recorded", list(dict.fromkeys(rows)), ("step", "status", "reason", "facts")
    )


def _brief(known: Mapping[str, Any]) -> dict[str, Any]:
    shown_elsewhere = {"notes", "title", *methods.INPUT_KEYS}
    return {key: value for key, value in known.items() if key not in shown_elsewhere}


def _is_single_cell(tables: DatasetTables) -> bool:
    return facts(tables.statuses, "ingest").get("assay") == "single_cell" and len(tables.scores) > 0


def _without_dataset(columns: Any) -> list[str]:
    return [column for column in columns if column != _keys.DATASET]

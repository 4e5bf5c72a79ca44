"""The quality section of a data set's page: what was measured, which limits were drawn, what was dropped and why."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fatescore import pl
from fatescore._language import mark, tr, tr_n
from fatescore._written import written
from fatescore.report import _format, _html, _words
from fatescore.report.tables import DatasetTables, facts, records, sides, without_repeats
from fatescore.tables import QC
from fatescore.tables import columns as col

BEYOND_CHANCE = 0.05
_MOST_BATCHES = 8  # values of a field that colours can tell apart
_LONG_VALUE = 40  # characters of a field's value in a legend
_DECLARED = {"sex", "gender"}
_EXPRESSED = "sex_expressed"
_STATED = {"f": "female", "female": "female", "m": "male", "male": "male"}  # "missing" or "mixed" states none
_OK_VERDICTS = {"ok", "kept", "pass", "nan"}

_CELL_METRICS = {
    col.TOTAL_COUNTS: mark("Depth: counts of every cell"),
    col.N_GENES: mark("Genes detected in every cell"),
    col.PCT_MT: mark("Mitochondrial share of every cell (%)"),
    col.DOUBLET_SCORE: mark("Doublet score of every cell"),
}
# Those that tell a biologist most, where the assay has them; all others stand in the table.
_SAMPLE_METRICS = {
    "library_size": mark("Counts of every sample"),
    "n_genes": mark("Genes detected in every sample"),
    "mitochondrial": mark("Mitochondrial share of every sample"),
    "top_100": mark("Share of the 100 most abundant genes"),
    "rle_median": mark("Relative log expression of every array: median"),
    "rle_iqr": mark("Relative log expression of every array: interquartile range"),
    "q50": mark("Median intensity of every array (log2)"),
    "near_background": mark("Share of genes near the background"),
}
_LIMIT_OF = {"library_size": "min_counts_bulk"}


def quality(tables: DatasetTables) -> dict[str, Any]:
    """Return what the template's quality section shows."""
    return {
        "samples": _samples(tables),
        "metrics": _metrics_table(tables),
        "dropped": _dropped(tables),
        "charts": _cell_charts(tables) if len(tables.qc_cells) else _sample_charts(tables),
        "ambient": _ambient(tables),
        "pca": _pca(tables),
        "components": _components(tables),
        "sex": sex_check(tables.sample_fields),
    }


def _samples(tables: DatasetTables) -> _html.Table | None:
    if not len(tables.qc):
        return None
    marks = {"verdict": lambda row: "" if str(row["verdict"]) in _OK_VERDICTS else "bad"}
    known = [name for name in QC.names if name in tables.qc and tables.qc[name].notna().any()]
    if facts(tables.statuses, "ingest").get("assay") != "single_cell":
        known = [name for name in known if name not in {"n_obs", "n_kept"}]  # a sample is one observation
    first = [name for name in (*col.IDENTITY, "verdict", "reason") if name in known]
    columns = [name for name in dict.fromkeys([*first, *known]) if name != col.DATASET]
    return _html.table("qc-table", tr("Quality of every sample"), tables.qc, columns, marks=marks)


def _metrics_table(tables: DatasetTables) -> _html.Table | None:
    if not len(tables.qc_metrics):
        return None
    known = [str(name) for name in tables.qc_metrics if tables.qc_metrics[name].notna().any()]
    return _html.table("qc-metrics", tr("More numbers of every sample"), tables.qc_metrics, known)


def _dropped(tables: DatasetTables) -> _html.Figure | None:
    """Draw what became of the cells of every sample."""
    cells = tables.qc_cells
    if not len(cells):
        return None
    why = cells[col.QC_FAIL_REASON].astype(str).replace("", "kept")
    counted = pd.crosstab(cells[col.SAMPLE].astype(str), why).reset_index()
    behind = _html.table("dropped-table", tr("Cells of every sample by what became of them"), counted)
    kept = int((why == "kept").sum())
    alt = tr("Of {n} cells or droplets {kept} were kept.").format(n=f"{len(cells):,}", kept=f"{kept:,}")
    caption = tr(
        "The first reason that holds is given. Cells that are not stromal are of good quality but no marrow stroma, "
        "so the index is not asked of them."
    )
    return _html.figure(
        "dropped-chart", tr("What became of the cells"), pl.dropped(cells), alt,
        caption=_format.sentences(alt, caption), behind=behind,
    )  # fmt: skip


def _cell_charts(tables: DatasetTables) -> list[_html.Figure]:
    """Draw the distribution of every number that cells are judged by, with the limits of their samples."""
    cells, charts = tables.qc_cells, []
    for metric, title in _CELL_METRICS.items():
        if metric not in cells or not cells[metric].notna().any():
            continue
        alt = tr("{title}, sample by sample, as a distribution.").format(title=tr(title))
        charts.append(_html.figure(f"cells-{metric}", tr(title), pl.cell_quality(cells, metric), alt))
    return charts


def _sample_charts(tables: DatasetTables) -> list[_html.Figure]:
    """Draw the numbers that samples are looked at by; the limit where there is one."""
    metrics, charts = tables.qc_metrics, []
    limits = dict(facts(tables.statuses, "qc").get("limits") or {})
    for metric, title in _SAMPLE_METRICS.items():
        if metric not in metrics or metrics[metric].nunique() < 2:
            continue  # not measured, or the same for all samples
        limit = limits.get(_LIMIT_OF.get(metric, ""))
        chart = pl.sample_quality(metrics, tables.qc, metric, limit=limit, title=_format.label(metric))
        alt = tr("{title}, one point per sample.").format(title=tr(title))
        charts.append(_html.figure(f"samples-{metric}", tr(title), chart, alt))
    return charts


def _ambient(tables: DatasetTables) -> _html.Figure | None:
    metrics = tables.qc_metrics
    if "ambient_share" not in metrics or not metrics["ambient_share"].notna().any():
        return None
    shares = metrics["ambient_share"].dropna()
    alt = tr("Ambient RNA makes up {low} to {high} of the counts of a sample.").format(
        low=_percent(shares.min()), high=_percent(shares.max())
    )
    caption = tr(
        "Counts that come from broken cells and not from the cell itself, estimated sample by sample. The line is a "
        "95 % interval."
    )
    return _html.figure("ambient-chart", tr("Ambient RNA"), pl.ambient(metrics), alt, caption=caption)


def _pca(tables: DatasetTables) -> list[_html.Figure]:
    """Draw the samples on their first two components: by condition, and by the field that goes with them best."""
    pca = tables.qc_pca
    if not len(pca):
        return []
    samples = pca.drop_duplicates(col.SAMPLE)
    condition = dict(zip(samples[col.SAMPLE].astype(str), samples[col.CONDITION].astype(str), strict=True))
    case, control = sides(tables.contrasts)
    n = len(samples)
    text = tr("{n} samples on their first two principal components, coloured by {field}.")
    behind = _html.table("pca-table", tr("Scores of the samples on the components"), _wide(pca))
    charts = [
        _html.figure(
            "pca-condition", tr("Samples by condition"), pl.samples_pca(pca, condition, case=case, control=control),
            text.format(n=n, field=tr("condition")), behind=behind,
        )
    ]  # fmt: skip
    field = batch_field(tables)
    if field:
        values = _values(tables.sample_fields, field)
        name = _format.label(field)
        charts.append(
            _html.figure(
                "pca-batch", tr("The same samples by {field}").format(field=name),
                pl.samples_pca(pca, values, title=name), text.format(n=n, field=name),
            )
        )  # fmt: skip
    return charts


def batch_field(tables: DatasetTables) -> str:
    """Return the field, other than the condition, that goes best with one of the first two components; or nothing.

    Fields that merely state the condition in other words say nothing of a batch and are passed over.
    """
    table, audit = tables.qc_components, tables.confounding
    if not len(table):
        return ""
    stated = set(audit.loc[audit["verdict"] == "states the condition", "field"]) if len(audit) else set()
    for row in records(table.sort_values("p_value", kind="stable")):
        field = str(row["field"])
        usable = field in tables.sample_fields and field not in {col.CONDITION, *stated}
        told_apart = row["kind"] == "number" or 2 <= row["groups"] <= _MOST_BATCHES
        if usable and told_apart and row["component"] in {"PC1", "PC2"} and row["p_value"] <= BEYOND_CHANCE:
            return field
    return ""


def sex_check(fields: pd.DataFrame) -> dict[str, Any] | None:
    """Compare the sex that the sample sheet states with the one that XIST and the Y genes show.

    Examples
    --------
    >>> fields = pd.DataFrame({"sample": ["a", "b"], "sex": ["F", "male"], "sex_expressed": ["female", "female"]})
    >>> sex_check(fields)["said"]
    'By XIST and genes of the Y chromosome: 2 female. 1 sample contradicts the sample sheet: b.'
    """
    if _EXPRESSED not in fields or not fields[_EXPRESSED].notna().any():
        return None
    expressed = fields[_EXPRESSED].fillna("").astype(str)
    counted = expressed[expressed != ""].value_counts()
    said = tr("By XIST and genes of the Y chromosome: {counts}.").format(
        counts=_format.listed(f"{counted[value]} {tr(value)}" for value in sorted(map(str, counted.index)))
    )
    stated = [name for name in fields if str(name).casefold().removeprefix("characteristics: ") in _DECLARED]
    table = fields[[name for name in (*col.IDENTITY[1:], *stated[:1], _EXPRESSED) if name in fields]].copy()
    if not stated:
        said = _format.sentences(said, tr("The sample sheet states no sex."))
    else:
        declared = fields[stated[0]].astype(str).str.casefold().str.strip().map(_STATED)
        wrong = expressed.isin(_STATED.values()) & declared.notna() & (declared != expressed)
        table["contradiction"] = wrong.map({True: tr("yes"), False: ""})
        names = fields.loc[wrong, col.SAMPLE].astype(str)
        contradicted = tr_n(
            "{n} sample contradicts the sample sheet: {names}.", "{n} samples contradict the sample sheet: {names}.",
            len(names),
        ).format(n=len(names), names=_format.listed(names))  # fmt: skip
        none = tr("No sample contradicts the sample sheet.")
        said = _format.sentences(said, contradicted if len(names) else none)
    table[_EXPRESSED] = expressed.map(written)
    marks = {"contradiction": lambda row: "bad" if row["contradiction"] else ""}
    return {
        "said": said,
        "table": _html.table("sex-table", tr("Sex as stated and as expressed"), table, marks=marks, plain=True),
    }


def _components(tables: DatasetTables) -> _html.Table | None:
    """Show the fields that go with a component better than chance; the file has all of them."""
    if not len(tables.qc_components):
        return None
    beyond = tables.qc_components[tables.qc_components["p_value"] <= BEYOND_CHANCE]
    audited = [field for row in records(tables.contrasts) for field in _words.audited(row)]
    fields = without_repeats(tables.sample_fields, beyond["field"].astype(str).unique(), keep=audited)
    beyond = beyond[beyond["field"].isin(fields)]
    columns = ("field", "component", "n", "groups", "adjusted_r2", "p_value", "p_smallest", "padj")
    caption = tr("Fields that go with a principal component (p at most {p}, not corrected)").format(p=BEYOND_CHANCE)
    return _html.table("qc-components", caption, beyond, columns) if len(beyond) else None


def _values(fields: pd.DataFrame, field: str) -> dict[str, Any]:
    """Return the value of a field by sample; long texts (protocols) are cut for the legend, and stay distinct."""
    column = fields[field]
    if not pd.api.types.is_numeric_dtype(column):
        text = column.fillna(_format.MISSING).astype(str)
        short = {value: value[:_LONG_VALUE] + "…" if len(value) > _LONG_VALUE else value for value in text.unique()}
        repeated = pd.Series(list(short.values())).duplicated(keep=False)
        numbered = {
            value: f"{cut} ({place})" if twice else cut
            for place, ((value, cut), twice) in enumerate(zip(short.items(), repeated, strict=True), 1)
        }
        column = text.map(numbered)
    return dict(zip(fields[col.SAMPLE].astype(str), column, strict=True))


def _wide(pca: pd.DataFrame) -> pd.DataFrame:
    keys = [name for name in (col.SAMPLE, col.DONOR, col.CONDITION) if name in pca]
    return pca.pivot_table(index=keys, columns="component", values="score", observed=True).reset_index()


def _percent(share: float) -> str:
    return f"{100 * float(share):.2g} %"

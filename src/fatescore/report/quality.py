"""The quality section of a data set's page: metrics, limits, and what was dropped and why."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop, ngettext
from fatescore.pl import charts
from fatescore.pl.charts.cell_quality import KEPT
from fatescore.pl.labels import code_label, label, listed
from fatescore.report import elements, formatting
from fatescore.report.elements import FigureGrid, Heading, Section, Soft
from fatescore.report.sentences import notes_text
from fatescore.report.tables import DatasetTables, facts, records, sides, without_repeats
from fatescore.tables import QC, split_names
from fatescore.tables import columns as col
from fatescore.tables.codes import FieldVerdict, Status

BEYOND_CHANCE = 0.05
_MOST_BATCHES = 8  # values of a field that colours can distinguish
_LONG_VALUE = 40  # characters of a field's value in a legend
_DECLARED = {"sex", "gender"}
_EXPRESSED = "sex_expressed"
_STATED = {"f": "female", "female": "female", "m": "male", "male": "male"}  # "missing" or "mixed" states none

_CELL_METRICS = {
    col.TOTAL_COUNTS: gettext_noop("Depth: counts of every cell"),
    col.N_GENES: gettext_noop("Genes detected in every cell"),
    col.PCT_MT: gettext_noop("Mitochondrial share of every cell (%)"),
    col.DOUBLET_SCORE: gettext_noop("Doublet score of every cell"),
}
# The most informative ones, where the assay has them; all others are in the table.
_SAMPLE_METRICS = {
    "library_size": gettext_noop("Counts of every sample"),
    "n_genes": gettext_noop("Genes detected in every sample"),
    "mitochondrial": gettext_noop("Mitochondrial share of every sample"),
    "top_100": gettext_noop("Share of the 100 most abundant genes"),
    "rle_median": gettext_noop("Relative log expression of every array: median"),
    "rle_iqr": gettext_noop("Relative log expression of every array: interquartile range"),
    "q50": gettext_noop("Median intensity of every array (log2)"),
    "near_background": gettext_noop("Share of genes near the background"),
}
_LIMIT_OF = {"library_size": "min_counts_bulk"}


def quality(tables: DatasetTables) -> Section:
    """Return the quality section of a page."""
    return Section("qc", _("Quality"), [*_verdicts(tables), *_sex(tables), *_pca(tables)], _("Quality"))


def _verdicts(tables: DatasetTables) -> list[Any]:
    """Return what became of samples and cells, and the metrics by which."""
    dropped = _dropped(tables)
    figures = _cell_charts(tables) if len(tables.qc_cells) else _sample_charts(tables)
    how = _("One point per sample. A hollow point is an outlier; a flag drops nothing. A dashed line is a limit.")
    if dropped:
        how = _(
            "A tick is the limit of that sample; what lies beyond it is dropped. Samples without a tick have no limit."
        )
    shown = [Heading(_("Distributions and limits")), Soft(how), FigureGrid(figures, level=4)] if figures else []
    none = _("No quality table was written.")
    return [_samples(tables) or none, _left_out(tables), dropped, *shown, _ambient(tables)]


def _sex(tables: DatasetTables) -> list[Any]:
    found = sex_check(tables.sample_fields)
    if found is None:
        return []
    text, table = found
    return [Heading(_("Sex check")), text, elements.details(_("Sample by sample"), table)]


def _pca(tables: DatasetTables) -> list[Any]:
    """Return the samples on their components, the fields associated with them, and all other metrics."""
    figures, parts = _pca_charts(tables), []
    if figures:
        how = _(
            "Principal components of the expression. Where the colours of the batch part the samples as those of the "
            "condition do, no statistics can separate the two."
        )
        parts = [Heading(_("Principal components of the samples")), Soft(how), FigureGrid(figures, level=4)]
        if len(figures) == 1:
            parts.append(_("No other recorded field is associated with the first two components beyond chance."))
    components = _components(tables)
    if components:
        parts += [
            _("The fields associated with a component. A field that also separates the groups is in the audit above."),
            components,
        ]
    words = _('Outliers are named under "flags" above; a flag drops nothing.')
    title, metrics = _("More numbers of every sample"), tables.qc_metrics
    table = elements.filled_table("qc-metrics", title, metrics, map(str, metrics.columns))
    return [*parts, elements.details(title, table, words)]


def _samples(tables: DatasetTables) -> elements.Table | None:
    if not len(tables.qc):
        return None
    marks = {"verdict": lambda row: "" if row["verdict"] == Status.OK else "bad"}
    known = formatting.filled_columns(tables.qc, QC.names)
    if facts(tables.statuses, "ingest").get("assay") != "single_cell":
        known = [name for name in known if name not in {"n_obs", "n_kept"}]  # a sample is one observation
    first = [name for name in (*col.IDENTITY, "verdict", col.QC_FAIL_REASON, "qc_flags") if name in known]
    columns = [name for name in dict.fromkeys([*first, *known]) if name != col.DATASET]
    return elements.table("qc-table", _("Quality of every sample"), tables.qc, columns, declared=QC, marks=marks)


def _left_out(tables: DatasetTables) -> str:
    """Return the samples that have no pseudobulk, each with the reason."""
    left_out = facts(tables.statuses, "normalise").get("pseudobulks_left_out") or {}
    each = [
        _("{dataset} ({reason})").format(dataset=sample, reason=notes_text(notes)) for sample, notes in left_out.items()
    ]
    text = ngettext(
        "{n} sample is too small for a pseudobulk and takes no part in comparisons of scores: {names}.",
        "{n} samples are too small for a pseudobulk and take no part in comparisons of scores: {names}.",
        len(each),
    )
    return text.format(n=len(each), names=listed(each)) if each else ""


def _dropped(tables: DatasetTables) -> elements.Figure | None:
    """Draw what became of the cells of every sample."""
    cells = tables.qc_cells
    if not len(cells):
        return None
    why = cells[col.QC_FAIL_REASON].astype(str).replace("", KEPT)
    counted = pd.crosstab(cells[col.SAMPLE].astype(str), why).reset_index()
    behind = elements.table("dropped-table", _("Cells of every sample by what became of them"), counted)
    kept = int((why == KEPT).sum())
    alt = _("Of {n} cells or droplets {kept} were kept.").format(n=f"{len(cells):,}", kept=f"{kept:,}")
    caption = _(
        "The first reason that holds is given. Cells that are not stromal are of good quality but no marrow stroma, "
        "so they are not scored."
    )
    return elements.figure(
        "dropped-chart", _("What became of the cells"), charts.dropped(cells), alt,
        caption=formatting.sentences(alt, caption), behind=behind,
    )  # fmt: skip


def _cell_charts(tables: DatasetTables) -> list[elements.Figure]:
    """Draw the distribution of every metric of the cells, with the limits of their samples."""
    cells, text = tables.qc_cells, _("{title}, sample by sample, as a distribution.")
    return [
        elements.figure(f"cells-{metric}", _(title), charts.cell_quality(cells, metric), text.format(title=_(title)))
        for metric, title in _CELL_METRICS.items()
        if metric in cells and cells[metric].notna().any()
    ]


def _sample_charts(tables: DatasetTables) -> list[elements.Figure]:
    """Draw the metrics of the samples; the limit where there is one."""
    metrics, figures = tables.qc_metrics, []
    limits = dict(facts(tables.statuses, "qc").get("limits") or {})
    for metric, title in _SAMPLE_METRICS.items():
        if metric not in metrics or metrics[metric].nunique() < 2:
            continue  # not measured, or the same for all samples
        limit = limits.get(_LIMIT_OF.get(metric, ""))
        chart = charts.sample_quality(metrics, tables.qc, metric, limit=limit, title=label(metric))
        alt = _("{title}, one point per sample.").format(title=_(title))
        figures.append(elements.figure(f"samples-{metric}", _(title), chart, alt))
    return figures


def _ambient(tables: DatasetTables) -> elements.Figure | None:
    metrics = tables.qc_metrics
    if "ambient_share" not in metrics or not metrics["ambient_share"].notna().any():
        return None
    low, high = (f"{100 * share:.2g} %" for share in metrics["ambient_share"].agg(["min", "max"]))
    alt = _("Ambient RNA makes up {low} to {high} of the counts of a sample.").format(low=low, high=high)
    caption = _(
        "Counts that come from broken cells and not from the cell itself, estimated sample by sample. The line is a "
        "95 % interval."
    )
    return elements.figure("ambient-chart", _("Ambient RNA"), charts.ambient(metrics), alt, caption=caption)


def _pca_charts(tables: DatasetTables) -> list[elements.Figure]:
    """Draw the samples on their first two components: by condition, and by the field most associated with them."""
    pca = tables.qc_pca
    if not len(pca):
        return []
    samples = pca.drop_duplicates(col.SAMPLE)
    condition = dict(zip(samples[col.SAMPLE].astype(str), samples[col.CONDITION].astype(str), strict=True))
    case, control = sides(tables.contrasts)
    n = len(samples)
    text = _("{n} samples on their first two principal components, coloured by {field}.")
    keys = [name for name in (col.SAMPLE, col.DONOR, col.CONDITION) if name in pca]
    wide = pca.pivot_table(index=keys, columns="component", values="score", observed=True).reset_index()
    behind = elements.table("pca-table", _("Scores of the samples on the components"), wide)
    chart = charts.samples_pca(pca, condition, case=case, control=control)
    alt = text.format(n=n, field=_("condition"))
    figures = [elements.figure("pca-condition", _("Samples by condition"), chart, alt, behind=behind)]
    field = batch_field(tables)
    if field:
        name = label(field)
        title = _("The same samples by {field}").format(field=name)
        chart = charts.samples_pca(pca, _values(tables.sample_fields, field), title=name)
        figures.append(elements.figure("pca-batch", title, chart, text.format(n=n, field=name)))
    return figures


def batch_field(tables: DatasetTables) -> str:
    """Return the field, other than the condition, most associated with one of the first two components; or nothing.

    Fields that are mere labels of the condition are no batch and are passed over.
    """
    table, audit = tables.qc_components, tables.confounding
    if not len(table):
        return ""
    stated = set(audit.loc[audit["verdict"] == FieldVerdict.CONDITION_LABEL, "field"]) if len(audit) else set()
    for row in records(table.sort_values("p_value", kind="stable")):
        field = str(row["field"])
        usable = field in tables.sample_fields and field not in {col.CONDITION, *stated}
        distinct = row["kind"] == "number" or 2 <= row["groups"] <= _MOST_BATCHES
        if usable and distinct and row["component"] in {"PC1", "PC2"} and row["p_value"] <= BEYOND_CHANCE:
            return field
    return ""


def sex_check(fields: pd.DataFrame) -> tuple[str, elements.Table] | None:
    """Compare the sex that the sample sheet states with the one that XIST and the Y genes show, as text and as a table.

    Examples
    --------
    >>> fields = pd.DataFrame({"sample": ["a", "b"], "sex": ["F", "male"], "sex_expressed": ["female", "female"]})
    >>> sex_check(fields)[0]
    'By XIST and genes of the Y chromosome: 2 female. 1 sample contradicts the sample sheet: b.'
    """
    if _EXPRESSED not in fields or not fields[_EXPRESSED].notna().any():
        return None
    expressed = fields[_EXPRESSED].fillna("").astype(str)
    counted = expressed[expressed != ""].value_counts()
    text = _("By XIST and genes of the Y chromosome: {counts}.").format(
        counts=listed(f"{counted[value]} {code_label(value)}" for value in sorted(map(str, counted.index)))
    )
    stated = [name for name in fields if str(name).casefold().removeprefix("characteristics: ") in _DECLARED]
    table = fields[[name for name in (*col.IDENTITY[1:], *stated[:1], _EXPRESSED) if name in fields]].copy()
    if not stated:
        text = formatting.sentences(text, _("The sample sheet states no sex."))
    else:
        declared = fields[stated[0]].astype(str).str.casefold().str.strip().map(_STATED)
        wrong = expressed.isin(_STATED.values()) & declared.notna() & (declared != expressed)
        table["contradiction"] = wrong.map({True: _("yes"), False: ""})
        names = fields.loc[wrong, col.SAMPLE].astype(str)
        contradicted = ngettext(
            "{n} sample contradicts the sample sheet: {names}.", "{n} samples contradict the sample sheet: {names}.",
            len(names),
        ).format(n=len(names), names=listed(names))  # fmt: skip
        none = _("No sample contradicts the sample sheet.")
        text = formatting.sentences(text, contradicted if len(names) else none)
    table[_EXPRESSED] = expressed.map(code_label)
    marks = {"contradiction": lambda row: "bad" if row["contradiction"] else ""}
    return text, elements.table("sex-table", _("Sex as stated and as expressed"), table, marks=marks, plain=True)


def _components(tables: DatasetTables) -> elements.Table | None:
    """Show the fields associated with a component beyond chance; the file has all of them."""
    if not len(tables.qc_components):
        return None
    beyond = tables.qc_components[tables.qc_components["p_value"] <= BEYOND_CHANCE]
    audited = [field for row in records(tables.contrasts) for field in split_names(row.get("audit_fields"))]
    fields = without_repeats(tables.sample_fields, beyond["field"].astype(str).unique(), keep=audited)
    beyond = beyond[beyond["field"].isin(fields)]
    columns = ("field", "component", "n", "groups", "adjusted_r2", "p_value", "p_smallest", "padj")
    caption = _("Fields associated with a principal component (p at most {p}, not corrected)").format(p=BEYOND_CHANCE)
    return elements.table("qc-components", caption, beyond, columns) if len(beyond) else None


def _values(fields: pd.DataFrame, field: str) -> dict[str, Any]:
    """Return the value of a field by sample; long texts (protocols) are cut for the legend, and stay distinct."""
    column = fields[field]
    if not pd.api.types.is_numeric_dtype(column):
        text = column.fillna(formatting.MISSING).astype(str)
        short = {value: value[:_LONG_VALUE] + "…" if len(value) > _LONG_VALUE else value for value in text.unique()}
        repeated = pd.Series(list(short.values())).duplicated(keep=False)
        numbered = {
            value: f"{cut} ({place})" if twice else cut
            for place, ((value, cut), twice) in enumerate(zip(short.items(), repeated, strict=True), 1)
        }
        column = text.map(numbered)
    return dict(zip(fields[col.SAMPLE].astype(str), column, strict=True))

"""Numbers and names as a person reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from fatescore._language import mark, tr, tr_n
from fatescore._written import written
from fatescore.gene_sets import titles
from fatescore.report._labels import LABELS

MISSING = "–"

ASSAYS = {
    "array": mark("expression array"), "bulk": mark("bulk RNA-seq"), "single_cell": mark("single-cell RNA-seq"),
}  # fmt: skip
_POPULATIONS = {
    "bmsc": mark("marrow stromal cells"), "osteoblast": mark("osteoblasts, not BMSC"),
    "bone": mark("bone tissue, not BMSC"), "adipose": mark("fat tissue, not BMSC"),
    "monocyte": mark("monocytes, not BMSC"), "other": mark("not BMSC"),
}  # fmt: skip
_VALUES = {
    "assay": {"single_cell": mark("single cell")}, "population": _POPULATIONS,
    "expected": {"+": mark("towards bone"), "-": mark("towards fat")},
}  # fmt: skip
# Columns of names, which are the same in every language.
_NAMES = {
    "dataset", "sample", "donor", "condition", "case", "control", "levels", "contrast", "gene", "gene_set", "title",
    "datasets", "missing_genes", "dataset_a", "sample_a", "donor_a", "dataset_b", "sample_b", "donor_b",
}  # fmt: skip
_NAMED_FIELDS = re.compile(r"(cannot be separated from |partly confounded: )([^();]+)")
_DEVIATION = re.compile(r"\w+(?= (?:high|low) \(\d+ deviations\))")
_GEO_FIELD = re.compile(r"(?:characteristics(?:_ch\d+)?(?:\.\d+)?: ?)?(.+?)(?:_ch(\d+))?")

_P_COLUMNS = {
    "p_value",
    "p_smallest",
    "padj",
    "p_welch",
    "p_moderated",
    "p_adjusted",
    "p_left",
    "p_between",
    "fate_bias_pval",
    "fate_bias_padj",
}

_AUROC_COLUMNS = {"auroc", "auroc_cells"}


def label(column: str) -> str:
    """Return the heading of a column, or the name of a sample field (of GEO or of a table) in words.

    Examples
    --------
    >>> label("p_smallest"), label("set:wnt"), label("extract_protocol_ch1"), label("characteristics: kit_ch2")
    ('smallest p', 'wnt', 'extraction protocol', 'kit (channel 2)')
    """
    parts = _GEO_FIELD.fullmatch(column.removeprefix("set:"))
    if column in LABELS or parts is None:
        return tr(LABELS.get(column, column))
    words = tr(LABELS.get(parts[1], parts[1].replace("_", " ")))
    if parts[2] in {None, "1"}:
        return words
    return tr("{field} (channel {channel})").format(field=words, channel=parts[2])


def audit(text: str) -> str:
    """Return a verdict of the audit with the fields that it names in words.

    Examples
    --------
    >>> audit("cannot be separated from characteristics: kit, label_protocol_ch1")
    'cannot be separated from kit, labelling protocol'
    >>> audit("GSE1 (partly confounded: total_counts); GSE2 (described, not tested)")
    'GSE1 (partly confounded: total counts); GSE2 (described, not tested)'
    """
    return written(_NAMED_FIELDS.sub(lambda found: found[1] + listed(map(label, found[2].split(", "))), text))


def reason(text: str) -> str:
    """Return a reason of the quality control with the numbers that it names in words.

    Examples
    --------
    >>> reason("stands out in rle_iqr high (6 deviations); top_10 low (9 deviations)")
    'stands out in RLE IQR high (6 deviations); top 10 genes low (9 deviations)'
    """
    return written(_DEVIATION.sub(lambda found: label(found[0]), text))


def is_missing(value: Any) -> bool:
    """Tell whether a value is absent."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def known(table: pd.DataFrame, columns: Iterable[str], *, varying: Iterable[str] = ()) -> list[str]:
    """Return those of the columns in which the table says anything.

    Columns in ``varying`` are left out too where one value holds for all rows: the caption or the context says it.

    Examples
    --------
    >>> known(pd.DataFrame({"a": [1.0], "b": [None], "c": [""]}), ["a", "b", "c", "d"])
    ['a']
    >>> known(pd.DataFrame({"unit": ["donor"] * 2, "g": [1.0, 1.0]}), ["unit", "g"], varying=["unit"])
    ['g']
    """
    said = [name for name in columns if name in table and not all(map(is_missing, table[name]))]
    return [name for name in said if name not in varying or len(set(table[name])) > 1]


def text(row: Mapping[str, Any], column: str) -> str:
    """Return a text value of a row, empty when it is absent."""
    value = row.get(column)
    return "" if is_missing(value) else str(value)


def texts(table: pd.DataFrame, column: str) -> list[str]:
    """Return a column as text; empty when the table lacks it."""
    return [str(value) for value in table[column]] if column in table else []


def number(value: Any, digits: int = 3) -> str:
    """Return a number with ``digits`` significant digits; from 1,000 on with thousands separators.

    Examples
    --------
    >>> number(0.123456), number(1949), number(float("nan")), number(5.0)
    ('0.123', '1,949', '–', '5')
    """
    if is_missing(value):
        return MISSING
    real = float(value)
    if math.isinf(real):
        return "∞" if real > 0 else "-∞"
    if real == int(real) and abs(real) < 1e15:
        return f"{int(real):,}"
    if abs(real) >= 1000:
        return f"{real:,.0f}"
    return f"{real:.{digits}g}" if abs(real) >= 1e-4 else f"{real:.1e}"


def p(value: Any) -> str:
    """Return a p value.

    Examples
    --------
    >>> p(0.03174), p(1.0), p(None)
    ('0.032', '1', '–')
    """
    if is_missing(value):
        return MISSING
    real = float(value)
    return f"{real:.2g}" if real >= 1e-4 else f"{real:.1e}"


def auroc(value: Any) -> str:
    """Return an AUROC; only a perfect one is shown as 1 or 0.

    Examples
    --------
    >>> auroc(0.875), auroc(0.99996), auroc(1.0), auroc(0.0004)
    ('0.875', '>0.999', '1', '<0.001')
    """
    if is_missing(value):
        return MISSING
    real = float(value)
    if 0.9995 <= real < 1:
        return ">0.999"
    return "<0.001" if 0 < real < 0.0005 else number(real)


def cell(column: str, value: Any) -> str:
    """Return the text of one table cell."""
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if is_missing(value):
        return MISSING
    if column in _P_COLUMNS:
        return p(value)
    if column in _AUROC_COLUMNS:
        return auroc(value)
    if column == "accounted":
        return f"{100 * float(value):.0f} %"
    if isinstance(value, (int, float)):
        return number(value)
    if column == "measure" and str(value).startswith("set:"):
        name = str(value).removeprefix("set:")
        return written(titles().get(name, name))
    if column in {"reason", "outlier"}:
        return reason(str(value))
    if column == "field":
        return label(str(value))
    if column in {"audit", "left_out", "note"}:
        return audit(str(value))
    if column in _NAMES:
        return str(value)
    known = _VALUES.get(column, {})
    return tr(known[str(value)]) if str(value) in known else written(str(value))


def plain(value: Any) -> str:
    """Return a value of a sample field: a year or a code is no quantity, so it gets no separators.

    Examples
    --------
    >>> plain(2019), plain(76131.0), plain("f")
    ('2019', '76131', 'f')
    """
    if is_missing(value):
        return MISSING
    return f"{value:.10g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def listed(names: Iterable[str]) -> str:
    """Return names one after the other.

    Examples
    --------
    >>> listed(["a", "b"])
    'a, b'
    """
    return tr(", ").join(names)


def sentences(*texts: str) -> str:
    """Put sentences one after the other; a full-width stop needs no space behind it.

    Examples
    --------
    >>> sentences("One.", "", "Two.")
    'One. Two.'
    """
    return " ".join(text for text in texts if text).replace("。 ", "。")


def donors(n: Any) -> str:
    """Return a number of donors.

    Examples
    --------
    >>> donors(1), donors(5)
    ('1 donor', '5 donors')
    """
    return tr_n("{n} donor", "{n} donors", n).format(n=number(n))

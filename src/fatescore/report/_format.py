"""Numbers and names as a person reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

MISSING = "–"

LABELS = {
    "dataset": "data set",
    "extract_protocol": "extraction protocol",
    "label_protocol": "labelling protocol",
    "hyb_protocol": "hybridisation protocol",
    "platform_id": "platform",
    "statistic": "separation, 0 to 1",
    "n_obs": "cells or samples",
    "n_genes": "genes",
    "n_unmapped": "identifiers not mapped",
    "n_kept": "kept",
    "total_counts": "total counts",
    "n_genes_by_counts": "genes detected",
    "pct_counts_mt": "mitochondrial %",
    "library_size": "library size",
    "genes_to_half": "genes to half of the counts",
    "top_1": "share of the top gene",
    "top_10": "top 10 genes",
    "top_100": "top 100 genes",
    "rle_median": "RLE median",
    "rle_iqr": "RLE IQR",
    "near_background": "share near background",
    "adjusted_r2": "adjusted R²",
    "haematopoietic_relative": "haematopoietic, log2 to stroma",
    "endothelial_relative": "endothelial, log2 to stroma",
    "erythroid_relative": "erythroid, log2 to stroma",
    "muscle_relative": "muscle, log2 to stroma",
    "schwann_relative": "Schwann, log2 to stroma",
    "contamination": "other tissues above their limit",
    "contamination_haematopoietic": "haematopoietic share of markers",
    "contamination_endothelial": "endothelial share of markers",
    "contamination_erythroid": "erythroid share of markers",
    "contamination_muscle": "muscle share of markers",
    "contamination_schwann": "Schwann share of markers",
    "n_droplets_empty": "empty droplets",
    "median_pct_counts_ribo": "ribosomal %, median",
    "ambient_share": "ambient share",
    "n_stromal": "stromal",
    "fraction_stromal": "stromal share",
    "n_case": "n case",
    "n_control": "n control",
    "mean_case": "mean case",
    "mean_control": "mean control",
    "difference_low": "difference, CI low",
    "difference_high": "difference, CI high",
    "g": "Hedges' g",
    "g_low": "g, CI low",
    "g_high": "g, CI high",
    "g_var": "g, variance",
    "p_value": "p",
    "p_method": "p from",
    "p_smallest": "smallest p",
    "padj": "FDR",
    "p_welch": "Welch p",
    "p_moderated": "moderated p",
    "power": "power for g = 1",
    "adjusted": "adjusted difference",
    "adjusted_low": "adjusted, CI low",
    "adjusted_high": "adjusted, CI high",
    "p_adjusted": "adjusted p",
    "adjusted_for": "adjusted by",
    "difference_without": "difference without it",
    "by": "held constant",
    "difference_left": "difference left",
    "left_low": "left, CI low",
    "left_high": "left, CI high",
    "p_left": "p of what is left",
    "accounted": "share accounted for",
    "loo_low": "leave one out, low",
    "loo_high": "leave one out, high",
    "auroc": "AUROC",
    "auroc_cells": "AUROC, cells",
    "gene_set": "gene set",
    "by_alias": "by alias",
    "missing_genes": "missing genes",
    "not_measurable": "not measurable by mRNA",
    "fate_bias": "fate bias",
    "fate_bias_z": "fate bias z",
    "fate_bias_pval": "fate bias p",
    "fate_bias_padj": "fate bias FDR",
    "fate_call": "call",
    "rho_depth": "rho of index and depth, cells",
    "case_values": "values in case",
    "control_values": "values in control",
    "n_samples": "samples",
    "n_donors": "donors",
    "ci_low": "CI low",
    "ci_high": "CI high",
    "pi_low": "prediction low",
    "pi_high": "prediction high",
    "tau2": "tau²",
    "i2": "I² (%)",
    "q": "Q",
    "k": "data sets",
    "se": "SE",
    "datasets": "which",
    "left_out": "left out",
}

ASSAYS = {"array": "expression array", "bulk": "bulk RNA-seq", "single_cell": "single-cell RNA-seq"}
_POPULATIONS = {
    "bmsc": "marrow stromal cells", "osteoblast": "osteoblasts, not BMSC", "bone": "bone tissue, not BMSC",
    "adipose": "fat tissue, not BMSC", "monocyte": "monocytes, not BMSC", "other": "not BMSC",
}  # fmt: skip
_VALUES = {"assay": {"single_cell": "single cell"}, "population": _POPULATIONS}
_NAMED_FIELDS = re.compile(r"(cannot be separated from |partly confounded: )([^();]+)")
_GEO_FIELD = re.compile(r"(?:characteristics(?:_ch\d+)?(?:\.\d+)?: ?)?(.+?)(?:_ch(\d+))?")

_P_COLUMNS = {
    "p_value",
    "p_smallest",
    "padj",
    "p_welch",
    "p_moderated",
    "p_adjusted",
    "p_left",
    "fate_bias_pval",
    "fate_bias_padj",
}


def label(column: str) -> str:
    """Return the heading of a column, or the name of a sample field (of GEO or of a table) in words.

    Examples
    --------
    >>> label("p_smallest"), label("set:wnt"), label("extract_protocol_ch1"), label("characteristics: kit_ch2")
    ('smallest p', 'wnt', 'extraction protocol', 'kit (channel 2)')
    """
    parts = _GEO_FIELD.fullmatch(column.removeprefix("set:"))
    if column in LABELS or parts is None:
        return LABELS.get(column, column)
    words = LABELS.get(parts[1], parts[1].replace("_", " "))
    return words if parts[2] in {None, "1"} else f"{words} (channel {parts[2]})"


def audit(text: str) -> str:
    """Return a verdict of the audit with the fields that it names in words.

    Examples
    --------
    >>> audit("cannot be separated from characteristics: kit, label_protocol_ch1")
    'cannot be separated from kit, labelling protocol'
    >>> audit("GSE1 (partly confounded: total_counts); GSE2 (described, not tested)")
    'GSE1 (partly confounded: total counts); GSE2 (described, not tested)'
    """
    return _NAMED_FIELDS.sub(lambda found: found[1] + ", ".join(map(label, found[2].split(", "))), text)


def is_missing(value: Any) -> bool:
    """Tell whether a value is absent."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def text(row: Mapping[str, Any], column: str) -> str:
    """Return a text value of a row, empty when it is absent."""
    value = row.get(column)
    return "" if is_missing(value) else str(value)


def texts(table: pd.DataFrame, column: str) -> list[str]:
    """Return a column as text; empty when the table lacks it."""
    return [str(value) for value in table[column]] if column in table else []


def number(value: Any, digits: int = 3) -> str:
    """Return a number with ``digits`` significant digits; from 10,000 on with thousands separators.

    Examples
    --------
    >>> number(0.123456), number(22189), number(float("nan")), number(5.0)
    ('0.123', '22,189', '–', '5')
    """
    if is_missing(value):
        return MISSING
    real = float(value)
    if math.isinf(real):
        return "∞" if real > 0 else "-∞"
    if real == int(real) and abs(real) < 1e15:
        return f"{int(real):,}" if abs(real) >= 10_000 else str(int(real))
    if abs(real) >= 1000:
        return f"{real:,.0f}" if abs(real) >= 10_000 else f"{real:.0f}"
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


def cell(column: str, value: Any) -> str:
    """Return the text of one table cell."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_missing(value):
        return MISSING
    if column in _P_COLUMNS:
        return p(value)
    if isinstance(value, (int, float)):
        return number(value)
    if column == "field":
        return label(str(value))
    if column in {"audit", "left_out", "note"}:
        return audit(str(value))
    return _VALUES.get(column, {}).get(str(value), str(value))


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


def count(n: Any, noun: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> count(1, "donor"), count(5, "donor")
    ('1 donor', '5 donors')
    """
    return f"{number(n)} {noun}" + ("" if not is_missing(n) and float(n) == 1 else "s")

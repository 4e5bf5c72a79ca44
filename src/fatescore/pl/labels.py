"""Labels of columns, sample fields, measures and codes on pages and charts, in the current language."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fatescore import organisms
from fatescore.gene_sets import titles
from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.tables import codes, find_column
from fatescore.tables import columns as col

_ENUMERATIONS = (
    codes.Status, codes.FateCall, codes.ContrastKind, codes.Unit, codes.Agreement, codes.AuditVerdict,
    codes.FieldVerdict, codes.QcFailReason, codes.DuplicateKind, codes.YesNo, codes.Analysis,
)  # fmt: skip
# Values that data, plans and steps share but no enumeration holds.
_VOCABULARY = (
    *organisms.names(), "array", "bulk", "single cell", "bmsc", "unknown", "female", "male", "unclear",
    "not measured", "commitment", "maturation", "stromal", "haematopoietic", "endothelial", "erythroid", "muscle",
    "schwann", "erythroid genes", "other genes", "number", "text", "counts", "linear", "fetch", "ingest", "qc",
    "normalise", "score", "contrast", "kept", "high", "low",
)  # fmt: skip
#: Every code that has a label, and its label in English.
CODES: dict[str, str] = {
    **{text.replace(" ", "_"): text for text in _VOCABULARY},
    **{text: text for text in _VOCABULARY},
    **{str(code): code.replace("_", " ") for enumeration in _ENUMERATIONS for code in enumeration},
    codes.QcFailReason.HIGH_MITOCHONDRIAL: "high mitochondrial share",
    codes.Analysis.TAU2: "estimator of tau²",
}
# Fields of GEO and facts of a data set whose name is not their label.
_FIELDS = {
    "extract_protocol": gettext_noop("extraction protocol"),
    "label_protocol": gettext_noop("labelling protocol"),
    "hyb_protocol": gettext_noop("hybridisation protocol"),
    "platform_id": gettext_noop("platform"),
    "n_unmapped": gettext_noop("identifiers not mapped"),
}
#: Labels that no table declares: common fields of GEO, facts of a data set, and columns that only pages have.
WORDS = (
    "accession", "age", "animal", "cells", "channel count", "chemistry", "cluster", "contradiction",
    "data processing", "data row count", "description", "diagnosis", "disease state", "facts", "file", "gender",
    "geo accession", "growth protocol", "instrument model", "label", "last update date", "library selection",
    "library source", "library strategy", "molecule", "operation", "passage", "sample id", "scale", "scan protocol",
    "scored", "series id", "setting", "sex", "Sex", "source name", "strain", "submission date", "supplementary file",
    "taxid", "tissue", "treatment", "treatment protocol", "type", "value", "why",
)  # fmt: skip
# Measures on the axis of a plot: what they are in, and where higher is.
_AXES: dict[str, str] = {
    col.FATE_BIAS: gettext_noop("fate bias (log2 rank; higher = towards bone)"),
    col.FATE_BIAS_Z: gettext_noop("fate bias z (0 = as random genes of equal expression)"),
    col.FATE_CALL: gettext_noop("fate call"),
    col.OSTEOGENIC: gettext_noop("osteogenic (bone) score, log2 rank"),
    col.ADIPOGENIC: gettext_noop("adipogenic (fat) score, log2 rank"),
}
_GEO_FIELD = re.compile(r"(?:characteristics(?:_ch\d+)?(?:\.\d+)?: ?)?(.+?)(?:_ch(\d+))?")


def label(name: str) -> str:
    """Return the heading of a column, or the name of a sample field (of GEO or of a table) in words.

    Examples
    --------
    >>> label("p_smallest"), label("fraction_muscle"), label("extract_protocol_ch1"), label("characteristics: kit_ch2")
    ('smallest p', 'fraction muscle', 'extraction protocol', 'kit (channel 2)')
    """
    column = find_column(name)
    if column is not None:
        part, text = column.open_part(name), _(column.label)
        if name.startswith(col.SET_PREFIX):
            return measure_label(name)
        return re.sub("<[^<>]+>", lambda _found: code_label(part), text) if part else text
    if name in CODES:
        return code_label(name)
    found = _GEO_FIELD.fullmatch(name)
    if found is None:
        return name
    words = _(_FIELDS.get(found[1], found[1].replace("_", " ")))
    if found[2] in {None, "1"}:
        return words
    return _("{field} (channel {channel})").format(field=words, channel=found[2])


def axis_label(measure: str) -> str:
    """Return the title of an axis that shows a measure.

    Examples
    --------
    >>> axis_label("fate_bias"), axis_label("set:bmp_smad"), axis_label("leiden_0.5")
    ('fate bias (log2 rank; higher = towards bone)', 'BMP/Smad', 'leiden_0.5')
    """
    if measure in _AXES:
        return _(_AXES[measure])
    return label(measure) if find_column(measure) is not None else measure


def code_label(code: object) -> str:
    """Return a code in words; a text that is no code comes back as it is.

    Examples
    --------
    >>> code_label("partial_separation"), code_label("GSE1")
    ('partial separation', 'GSE1')
    """
    return _(CODES[str(code)]) if str(code) in CODES else str(code)


def measure_label(measure: str) -> str:
    """Return the name of a measure: the title of a gene set, or a measure of the index.

    Examples
    --------
    >>> measure_label("set:bmp_smad"), measure_label("composition:muscle"), measure_label("fate_bias")
    ('BMP/Smad', 'muscle', 'fate_bias')
    """
    name = measure.removeprefix(col.SET_PREFIX).removeprefix(col.COMPOSITION_PREFIX)
    return _(titles()[name]) if name in titles() else code_label(name)


def audit_label(verdict: str, fields: Iterable[str] = ()) -> str:
    """Return a verdict of the confounding audit with the sample fields that it names.

    Examples
    --------
    >>> audit_label("completely_confounded", ["characteristics: kit", "label_protocol_ch1"])
    'completely confounded with kit, labelling protocol'
    >>> audit_label("clean")
    'clean'
    """
    named = listed(map(label, fields))
    text = _("{verdict} with {fields}") if named else "{verdict}"
    return text.format(verdict=code_label(verdict), fields=named)


def listed(names: Iterable[str]) -> str:
    """Return names one after the other.

    Examples
    --------
    >>> listed(["a", "b"])
    'a, b'
    """
    return _(", ").join(names)

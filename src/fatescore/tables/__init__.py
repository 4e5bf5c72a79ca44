"""Tables that travel between steps: every column, code and file name has its one declaration here."""

import functools

from fatescore.tables.column import Column, Format, Kind, Table
from fatescore.tables.contrast_tables import (
    ADJUSTED_DIFFERENCES,
    CONFOUNDING,
    CONTRASTS,
    CONTRIBUTIONS,
    SPECIFICATION,
)
from fatescore.tables.meta_tables import META, META_ROBUSTNESS, META_SPECIFICATION
from fatescore.tables.notes import Note, join_names, join_notes, parse_notes, split_names
from fatescore.tables.qc_tables import QC, QC_CELLS, QC_COMPONENTS, QC_METRICS, QC_PCA, SAMPLE_FIELDS
from fatescore.tables.run_tables import DUPLICATES, FINGERPRINT, SCOREBOARD
from fatescore.tables.score_tables import (
    CELL_METHOD_SCORES,
    COVERAGE,
    EMBEDDING,
    GENE_CONTRIBUTIONS,
    INDEX_GENES,
    METHOD_SCORES,
    SAMPLE_SCORES,
    SCORES,
)

TABLES = (
    SAMPLE_FIELDS, QC, QC_METRICS, QC_COMPONENTS, QC_PCA, QC_CELLS, SCORES, SAMPLE_SCORES, GENE_CONTRIBUTIONS,
    INDEX_GENES, METHOD_SCORES, CELL_METHOD_SCORES, COVERAGE, EMBEDDING, CONTRASTS, SPECIFICATION, CONFOUNDING,
    CONTRIBUTIONS, ADJUSTED_DIFFERENCES, META, META_SPECIFICATION, META_ROBUSTNESS, SCOREBOARD, FINGERPRINT, DUPLICATES,
)  # fmt: skip


@functools.cache
def find_column(name: str) -> Column | None:
    """Return the first declaration of a column of that name, in whatever table, but for names such as ``<gene>``.

    Examples
    --------
    >>> find_column("p_value").label, find_column("fraction_muscle").label, find_column("my field")
    ('p', 'fraction <cell type>', None)
    """
    columns = [column for table in TABLES for column in table.columns if not column.is_any]
    ordered = sorted(columns, key=lambda column: column.is_open)
    return next((column for column in ordered if column.matches(name)), None)


__all__ = [
    "ADJUSTED_DIFFERENCES", "CELL_METHOD_SCORES", "CONFOUNDING", "CONTRASTS", "CONTRIBUTIONS", "COVERAGE",
    "DUPLICATES", "EMBEDDING", "FINGERPRINT", "GENE_CONTRIBUTIONS", "INDEX_GENES", "META", "META_ROBUSTNESS",
    "META_SPECIFICATION", "METHOD_SCORES", "QC", "QC_CELLS", "QC_COMPONENTS", "QC_METRICS", "QC_PCA", "SAMPLE_FIELDS",
    "SAMPLE_SCORES", "SCOREBOARD", "SCORES", "SPECIFICATION", "TABLES", "Column", "Format", "Kind", "Note", "Table",
    "find_column", "join_names", "join_notes", "parse_notes", "split_names",
]  # fmt: skip

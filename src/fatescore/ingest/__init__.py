"""Ingest: whatever a submitter uploaded becomes one clean AnnData. One file per layout."""

from __future__ import annotations

from fatescore.ingest._ingest import IngestResult, ingest
from fatescore.ingest._locate import LAYOUTS, Located, locate
from fatescore.ingest.count_table import Table, read_table
from fatescore.ingest.expression import read_expression
from fatescore.ingest.patterns import read_fields
from fatescore.ingest.samples import read_samples

__all__ = [
    "LAYOUTS",
    "IngestResult",
    "Located",
    "Table",
    "ingest",
    "locate",
    "read_expression",
    "read_fields",
    "read_samples",
    "read_table",
]

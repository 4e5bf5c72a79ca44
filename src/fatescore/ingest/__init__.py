"""Ingest: whatever a submitter uploaded becomes one clean AnnData."""

from __future__ import annotations

from fatescore.ingest._ingest import IngestResult, ingest
from fatescore.ingest.expression import read_expression
from fatescore.ingest.locate import layout_names, locate
from fatescore.ingest.matrix import Located
from fatescore.ingest.patterns import read_fields
from fatescore.ingest.readers import can_hold_values
from fatescore.ingest.samples import read_samples
from fatescore.ingest.text_table import Table, read_table

__all__ = [
    "IngestResult",
    "Located",
    "Table",
    "can_hold_values",
    "ingest",
    "layout_names",
    "locate",
    "read_expression",
    "read_fields",
    "read_samples",
    "read_table",
]

"""GEO: accessions, fetching, and the readers of its files."""

from __future__ import annotations

from fatescore.geo.accession import DEFAULT_BASE_URL, Accession
from fatescore.geo.fetch import FetchResult, fetch, preview
from fatescore.geo.mirror import RetryPolicy
from fatescore.geo.platform import probe_symbols, read_annotation
from fatescore.geo.series_matrix import SeriesMatrix, read_series_matrix
from fatescore.geo.soft import SoftFamily, read_soft

__all__ = [
    "DEFAULT_BASE_URL",
    "Accession",
    "FetchResult",
    "RetryPolicy",
    "SeriesMatrix",
    "SoftFamily",
    "fetch",
    "preview",
    "probe_symbols",
    "read_annotation",
    "read_series_matrix",
    "read_soft",
]

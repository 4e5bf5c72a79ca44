"""GEO: accessions, fetching, and the readers of its files."""

from __future__ import annotations

from fatescore.geo._mirror import Patience
from fatescore.geo.accession import DEFAULT_BASE_URL, Accession
from fatescore.geo.fetch import Fetched, fetch
from fatescore.geo.platform import collapse_probes, probe_symbols, read_annotation
from fatescore.geo.preview import preview
from fatescore.geo.series_matrix import SeriesMatrix, read_series_matrix
from fatescore.geo.soft import SoftFamily, read_soft

__all__ = [
    "DEFAULT_BASE_URL",
    "Accession",
    "Fetched",
    "Patience",
    "SeriesMatrix",
    "SoftFamily",
    "collapse_probes",
    "fetch",
    "preview",
    "probe_symbols",
    "read_annotation",
    "read_series_matrix",
    "read_soft",
]

"""What fetch must know of a series matrix to go on: its platforms, and whether it has values."""

from __future__ import annotations

import gzip
import re
from pathlib import Path


def platform_ids(matrix: Path) -> list[str]:
    """Return the platforms that a series matrix names in its head.

    Parameters
    ----------
    matrix
        A ``*_series_matrix.txt.gz``.
    """
    found: set[str] = set()
    with gzip.open(matrix, "rt", encoding="latin-1") as stream:
        for line in stream:
            if line.startswith("!series_matrix_table_begin"):
                break
            if line.startswith(("!Series_platform_id", "!Sample_platform_id")):
                found.update(re.findall(r"GPL\d+", line))
    return sorted(found)


def has_rows(matrix: Path) -> bool:
    """Tell whether a series matrix has values below its header."""
    with gzip.open(matrix, "rt", encoding="latin-1") as stream:
        inside = 0
        for line in stream:
            if line.startswith("!series_matrix_table_begin"):
                inside = 1
            elif inside and line.strip() and not line.startswith("!"):
                inside += 1
                if inside == 3:  # the header line, then a row
                    return True
    return False

"""What is known of each sample, whichever file says it: one row per sample, one column per field."""

from __future__ import annotations

import pandas as pd


class SampleFields:
    """Collects fields sample by sample; characteristics by key."""

    def __init__(self, n_samples: int) -> None:
        self._n = n_samples
        self._cells: dict[str, list[list[str]]] = {}
        self._spelling: dict[str, str] = {}

    def add(self, position: int, name: str, value: str) -> None:
        """Add one value of one sample."""
        if name.startswith("characteristics"):
            key, colon, rest = value.partition(":")
            channel = name.removeprefix("characteristics").removeprefix("_ch1")
            if colon and key.strip():
                name, value = f"characteristics{channel}: {' '.join(key.split())}", rest.strip()
            elif not value:
                return
        # "Age" and "age" are one field; the first spelling names it.
        name = self._spelling.setdefault(name.casefold(), name)
        cell = self._cells.setdefault(name, [[] for _ in range(self._n)])[position]
        if value and value not in cell:
            cell.append(value)

    def table(self, accessions: list[str]) -> pd.DataFrame:
        """Return samples x fields."""
        columns = {name: [" | ".join(cell) for cell in cells] for name, cells in self._cells.items()}
        return pd.DataFrame(columns, index=pd.Index(accessions, name="geo_accession", dtype=object), dtype=object)

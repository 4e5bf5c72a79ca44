"""The lists of features and barcodes beside a matrix: a line for every row or column of it."""

from __future__ import annotations

import contextlib
import csv
import re
from dataclasses import dataclass

import pandas as pd

_SPLIT = re.compile(r"\r?\n")  # str.splitlines breaks at form feeds and U+2028, which stand within names
_HEADER = {
    "gene", "genes", "gene_id", "gene_ids", "geneid", "gene_name", "gene_names", "gene_symbol", "genesymbol",
    "symbol", "symbols", "feature", "features", "feature_id", "feature_ids", "feature_name", "feature_names",
    "feature_type", "feature_types", "type", "id", "ids", "name", "names", "ensembl", "ensembl_id", "ensemblid",
    "ensembl_gene_id", "hgnc_symbol", "genome", "chromosome", "biotype", "gene_biotype", "gene_type", "barcode",
    "barcodes", "cell", "cells", "cellid", "cell_id", "cell_ids", "cell_barcode", "cell_name", "cell_names", "cb",
    "bc", "bc_wells", "index", "x", "value", "rownames", "row.names",
}  # fmt: skip
_BARCODES = ("barcode", "barcodes", "cell_barcode", "bc_wells", "cell", "cell_id", "cellid", "cell_name", "cells")


@dataclass(frozen=True)
class NameList:
    """``rows``: the cells of every line but the header, all of one width. ``header``: its cells, or none."""

    rows: list[list[str]]
    header: list[str]
    blank: int

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def text(self) -> str:
        """How long it is, in words."""
        more = [f"{self.blank} of them blank"] * (self.blank > 0) + ["below a header"] * bool(self.header)
        return f"{len(self)} ({', '.join(more)})" if more else str(len(self))

    def column(self, place: int) -> list[str]:
        """Return one cell of every row, blank where the rows are shorter."""
        return [row[place] if place < len(row) else "" for row in self.rows]

    def features(self) -> pd.DataFrame:
        """Return ``id``, ``name`` and ``type`` of every feature."""
        return pd.DataFrame(
            {name: self.column(place) for place, name in enumerate(("id", "name", "type"))}, dtype=object
        )

    def barcodes(self) -> list[str]:
        """Return the barcodes: of a table with a header the column that is called so, else the first."""
        known = [place for place, name in enumerate(self.header) if name.casefold() in _BARCODES]
        return self.column(known[0] if known else 0)

    def table(self) -> pd.DataFrame | None:
        """Return what a table with a header says of the cells beside their barcodes, or nothing."""
        if len(self.header) < 2:
            return None
        table = {name: self.column(place) for place, name in enumerate(self.header)}
        return pd.DataFrame(table, index=self.barcodes(), dtype=object)


def read_list(data: bytes) -> NameList:
    r"""Read a list of names, tab- or comma-separated.

    Only a first line that looks like a header is one. A first column that numbers the rows, as R and pandas write it,
    is left out. Blank lines within the list count as lines.

    Examples
    --------
    >>> read_list(b"gene_id\tgene_name\nENSG1\tRUNX2\nENSG2\tPPARG\n").rows
    [['ENSG1', 'RUNX2'], ['ENSG2', 'PPARG']]
    >>> len(read_list(b"RUNX2\n\nPPARG\n"))
    3
    """
    text = data.decode("utf-8-sig", errors="replace")
    lines = _SPLIT.split(text.rstrip("\r\n")) if text.strip() else []
    mark = "\t" if any("\t" in line for line in lines[:2]) else ","
    rows = [[cell.strip().strip('"') for cell in _cells(line, mark)] for line in lines]
    header = rows.pop(0) if rows and _is_header(rows[0]) else []
    if rows and len(rows[0]) > 1 and _counts_up([row[0] for row in rows]):
        rows = [row[1:] for row in rows]
        header = header[1:] if header and len(header) > len(rows[0]) else header
    return NameList(rows, header, sum(not any(row) for row in rows))


def _cells(line: str, mark: str) -> list[str]:
    if mark == "," and '"' in line:
        with contextlib.suppress(csv.Error):  # of a cell beyond csv's limit
            return next(csv.reader([line]))
    return line.split(mark)


def _is_header(cells: list[str]) -> bool:
    """Tell whether a line begins with a word of headers, such as gene_id, barcode, or R's x and V1.

    Before it there may be a blank, the header of numbered rows; pandas calls a column without a name 0.
    """
    words = [cell.casefold().replace(" ", "_") for cell in cells]
    first = words[1] if len(words) > 1 and not words[0] else words[0]
    return first in _HEADER or bool(re.fullmatch(r"v\d+", first)) or (first == "0" and words[0] == "")


def _counts_up(cells: list[str]) -> bool:
    return cells[0] in ("0", "1") and all(cell == str(n) for n, cell in enumerate(cells, int(cells[0])))

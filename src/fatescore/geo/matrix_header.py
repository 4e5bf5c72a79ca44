"""The header of a series matrix: where it ends, the fields of the series and its samples, and the files it names."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from fatescore.geo.accession import is_safe_name
from fatescore.packed import read_bytes

_BEGIN = re.compile(rb'^"?!series_matrix_table_begin"?[ \t\r]*$', re.MULTILINE | re.IGNORECASE)
_END = re.compile(rb'\n"?!series_matrix_table_end', re.IGNORECASE)
_MARKER = re.compile(rb'\n"?!')
_HEADER = re.compile(rb'^"?(?:ID_REF|TAG)"?\t', re.MULTILINE)
_SUPPLEMENT = re.compile(r"supplementary_file(_\d+)?")


@dataclass(frozen=True)
class MatrixHeader:
    """What a fetch must know of a series matrix: GPL accessions, the series' own files, and whether it has values."""

    platforms: list[str]
    supplementary: list[str]
    has_rows: bool


def read_header(matrix: Path, folder: str) -> MatrixHeader:
    """Read what a series matrix names in its header.

    A file outside ``folder``, the series' own (``series/GSEnnn/GSE781``), is not one of its own. Nor is ``NONE``, which
    GEO writes where there is no file.
    """
    head, _, rows, _ = split_matrix(read_bytes(matrix))
    series, samples = parse_header(head.decode("utf-8", "replace"))
    platforms = [*series.get("platform_id", []), *(rest for name, rest in samples if name == "platform_id")]
    urls = [url for name, values in series.items() if _SUPPLEMENT.fullmatch(name) for url in values]
    files = {unquote(url.partition(f"/{folder}/suppl/")[2]) for url in urls}
    return MatrixHeader(
        sorted(set(re.findall(r"GPL\d+", " ".join(platforms)))), sorted(filter(is_safe_name, files)), bool(rows.strip())
    )


def split_matrix(data: bytes) -> tuple[bytes, bytes, bytes, list[str]]:
    """Cut a series matrix into its head, the header line of its table, the table's rows, and notes."""
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    begin, notes = _BEGIN.search(data), []
    if begin is not None:
        head, start = data[: begin.start()], begin.end()
    else:
        header = _HEADER.search(data)
        if header is None:
            return data, b"", b"", []
        head, start = data[: header.start()], header.start()
        notes = ["the series matrix has no table_begin line"]
    end = _END.search(data, start)
    if end is None:
        notes.append("the series matrix has no table_end line")
    return head, *_split_table(data[start : end.start() if end else len(data)].strip(b"\r\n")), notes


def _split_table(table: bytes) -> tuple[bytes, bytes]:
    if _MARKER.search(table) or table.startswith((b"!", b'"!')):
        table = b"\n".join(line for line in table.split(b"\n") if not line.startswith((b"!", b'"!')))
    first, _, rest = table.lstrip(b"\r\n").partition(b"\n")
    first = first.rstrip(b"\r")
    if first and (rest.startswith(first) or b"\n" + first in rest):  # a second table_begin repeats the header
        rest = b"\n".join(line for line in rest.split(b"\n") if line.rstrip(b"\r") != first)
    return first, rest


def split_row(line: str, width: int) -> list[str]:
    """Split a tab-separated line with GEO's quotes into ``width`` cells, if it has them.

    A quote inside a value is not always doubled; where the quoting rules give another number of cells than
    ``width`` and plain tabs give the right one, plain tabs are used.
    """
    line = line.replace("\r", " ")
    try:
        cells = next(csv.reader([line], delimiter="\t"), [])
    except csv.Error:  # a cell beyond csv's limit
        cells = []
    if len(cells) != width:
        plain = line.split("\t")
        if len(plain) == width:
            cells = [cell.removeprefix('"').removesuffix('"') for cell in plain]
    return [cell.strip() for cell in cells]


def parse_header(text: str) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """Return the series fields, and (field, rest of the line) of every sample line in order."""
    series: dict[str, list[str]] = {}
    rows: list[tuple[str, str]] = []
    lines: list[str] = []
    for line in text.lstrip("\ufeff").split("\n"):
        clean = line.rstrip("\r").replace("\r", " ")
        if clean.startswith(("!", '"!')) or not lines:
            lines.append(clean)
        elif clean.strip():
            lines[-1] += " " + clean  # a line break inside a value
    for line in lines:
        name, _, rest = line.partition("\t")
        name = name.strip('" ').removeprefix("!")
        if name.startswith("Series_"):
            cells = split_row(rest, 1)
            series.setdefault(name.removeprefix("Series_"), []).append(" ".join(cells).strip())
        elif name.startswith("Sample_"):
            rows.append((name.removeprefix("Sample_"), rest))
    return series, rows


def sample_table(rows: list[tuple[str, str]], accessions: list[str], notes: list[str]) -> pd.DataFrame:
    """Return samples x fields from the sample lines; a line that does not fit the samples becomes a note."""
    columns = SampleFields(len(accessions))
    for name, rest in rows:
        if name == "geo_accession":
            continue
        cells = split_row(rest, len(accessions))
        if len(cells) < len(accessions) and not any(cells):
            cells = [""] * len(accessions)
        if len(cells) > len(accessions) and not any(cells[len(accessions) :]):
            cells = cells[: len(accessions)]
        if len(cells) != len(accessions):
            notes.append(f"!Sample_{name} has {len(cells)} values for {len(accessions)} samples and was left out")
            continue
        for position, cell in enumerate(cells):
            columns.add(position, name, cell)
    return columns.table(accessions)


class SampleFields:
    """Collects the fields of samples from either kind of file, sample by sample; characteristics by key."""

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

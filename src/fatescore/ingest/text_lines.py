"""The lines of a text table and their cells, before anything is known of its columns."""

from __future__ import annotations

import csv
import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd

from fatescore.errors import InputError
from fatescore.geo.series_matrix import MISSING

# pandas takes 0.1 ms for a column: tables of few genes and very many cells are read without it.
_WIDE_COLUMNS = 1_000
_WIDE_ROWS = 500  # with more of them pandas is the faster one again
_GAPS = frozenset(MISSING)


def decode(data: bytes, source: Path) -> str:
    """Return the text of a table: UTF-8, Excel's UTF-16, or else Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")  # what Excel calls Unicode text
    if b"\0" in data[:4096]:
        raise InputError(
            f"{source} is a binary file",
            expected="a text table (.tsv, .csv, .txt, plain or gzip)",
            fix="save it as a text table",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def without_comments(lines: list[str]) -> list[str]:
    """Drop blank lines and comments; a comment with the cells of a header above a row of values is the header."""
    kept = [line for line in lines if line.strip() and not line.startswith("#")]
    comments = list(itertools.takewhile(lambda line: line.startswith("#") or not line.strip(), lines))
    above = [line for line in comments if line.strip()][-1:]
    if not kept or not above:
        return kept
    separator = separator_of("", kept[0])
    row, header = cells_of(kept[0], separator), cells_of(above[0].lstrip("# "), separator)
    return [above[0].lstrip("# "), *kept] if len(row) == len(header) > 1 and is_number(row[-1]) else kept


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def separator_of(header: str, row: str) -> str:
    """Return what separates the cells of a row; a blank stands for any number of them."""
    marks = [mark for mark in ("\t", ",", ";") if mark in row]
    # 3,5;4,0 under gene;a;b: the header shows which of the two separates.
    return next((mark for mark in marks if mark in header), marks[0] if marks else " ")


def cells_of(line: str, separator: str) -> list[str]:
    """Split a line, by its quotes where they can be followed."""
    options = {"delimiter": separator, "skipinitialspace": separator == " "}
    clean = line.strip("\r\n ").replace("\r", " ")
    try:
        return [cell.strip() for cell in next(csv.reader([clean], **options), [])]  # type: ignore[arg-type]
    except csv.Error:  # a cell beyond csv's limit
        return [cell.strip().strip('"') for cell in clean.split(separator)]


def read_wide(lines: list[str], separator: str, names: list[str]) -> pd.DataFrame | None:
    """Return rows x columns of numbers, or ``None`` for what is not wide, or not all numbers behind a name.

    Parameters
    ----------
    lines
        The rows, without the header.
    separator
        What separates cells; a blank stands for any number of them.
    names
        The header.
    """
    if len(names) <= _WIDE_COLUMNS or len(lines) >= _WIDE_ROWS:
        return None
    values = np.empty((len(lines), len(names) - 1))
    index = []
    for row, line in zip(values, lines, strict=True):
        name, *cells = line.split(None if separator == " " else separator)
        if len(cells) != len(row) or "_" in line[len(name) :]:  # Python would read 1_0 as ten
            return None
        bare = name.strip()
        bare = bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] == '"' else bare
        if '"' in bare:
            return None
        try:
            row[:] = _parse_numbers(cells)
        except ValueError:
            return None
        index.append(bare.strip())
    return pd.DataFrame(values, index=pd.Index(index, dtype=object), columns=pd.Index(names[1:], dtype=object))


def _parse_numbers(cells: list[str]) -> list[float]:
    try:
        return list(map(float, cells))
    except ValueError:
        return [math.nan if cell.strip() in _GAPS else float(cell) for cell in cells]

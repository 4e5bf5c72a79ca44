"""The lines of a text table and their cells, before anything is a number."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

from fatescore.errors import InputError


def decoded(data: bytes, source: Path) -> str:
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
    # 3,5;4,0 under gene;a;b: the header says which of the two separates.
    return next((mark for mark in marks if mark in header), marks[0] if marks else " ")


def cells_of(line: str, separator: str) -> list[str]:
    """Split a line, by its quotes where they can be followed."""
    options = {"delimiter": separator, "skipinitialspace": separator == " "}
    clean = line.strip("\r\n ").replace("\r", " ")
    try:
        return [cell.strip() for cell in next(csv.reader([clean], **options), [])]  # type: ignore[arg-type]
    except csv.Error:  # a cell beyond csv's limit
        return [cell.strip().strip('"') for cell in clean.split(separator)]

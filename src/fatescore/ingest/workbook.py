"""Excel workbooks: which sheet holds the table, and its cells as the text that Excel would save."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fatescore import packed
from fatescore.errors import InputError, few
from fatescore.ingest.gene_names import share_known

if TYPE_CHECKING:
    from fatescore.ingest.text_table import Table

_SHEETS = "xl/workbook.xml"
_RATIO = 200  # as for every other packed file
_FLOOR = 10**8
_LEAST_KNOWN = 0.3  # of the names, for a table of genes
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_workbook(data: bytes) -> bool:
    """Tell whether bytes are an Excel workbook of today (.xlsx), whatever its name."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            return _SHEETS in book.namelist()
    except packed.DAMAGE:
        return b"xl/" in data


def is_named(name: str) -> bool:
    """Tell whether a file has a workbook's name; many such files are text."""
    return name.lower().removesuffix(".gz").endswith((".xls", ".xlsx", ".xlsm"))


def sheet_of(file: str) -> str:
    """Return the sheet that the setting ``file`` names.

    Examples
    --------
    >>> sheet_of("GSE1_*.xlsx#raw counts"), sheet_of("*.xlsx")
    ('raw counts', '')
    """
    return file.partition("#")[2]


def read_sheet(data: bytes, source: Path, sheet: str, parse: Callable[[bytes], Table]) -> Table:
    """Return the table of one sheet: the one that is named, or the only one with a table of genes.

    Raises
    ------
    InputError
        When the workbook cannot be read, several sheets hold tables of genes, or none holds a table.
    """
    sheets = _sheets(data, source)
    if sheet:
        if sheet not in sheets:
            raise InputError(f'{source} has no sheet "{sheet}"', expected=f"one of: {few(list(sheets), 20)}")
        return parse(sheets[sheet])
    tables: dict[str, Table] = {}
    reasons: list[str] = []
    for name, text in sheets.items():
        try:
            tables[name] = parse(text)
        except InputError as error:
            reasons.append(f'"{name}": {error.found}')
    chosen = [name for name, table in tables.items() if _names_genes(table)] or list(tables)
    if len(chosen) != 1:
        listed = ", ".join(f'"{name}"' for name in chosen)
        seen = (
            f"has {len(chosen)} sheets with tables: {listed}"
            if chosen
            else f"has no table: {few(reasons) or 'no sheet is in it'}"
        )
        example = f"{source.name}#{chosen[0] if chosen else 'Sheet1'}"
        raise InputError(
            f"{source} {seen}", expected="one table of genes x samples",
            fix=f'name its sheet in "file" for this data set, such as {example}' if chosen else "use another file",
        )  # fmt: skip
    table = tables[chosen[0]]
    others = [name for name in sheets if name != chosen[0]]
    if others:
        table.notes.append(f'of the sheets of {source.name} "{chosen[0]}" was read, not {few(others)}')
    return table


def _names_genes(table: Table) -> bool:
    """Tell whether most rows, or columns, are named by genes, alone or joined with another name."""
    rows = [*map(str, table.data.index), *table.other_names]
    return any(share_known(names) >= _LEAST_KNOWN for names in (rows, [str(name) for name in table.data.columns]))


def _sheets(data: bytes, source: Path) -> dict[str, bytes]:
    """Return the cells of every sheet that is shown, as tab-separated text."""
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise InputError(
            f"{source} is an Excel workbook", expected="a text table, or openpyxl to read it",
            fix='pip install openpyxl, or save its sheet as "Text (Tab delimited)" and read that file',
        ) from error  # fmt: skip
    _check_size(data, source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that matter to nobody here
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            return {one.title: _text(one) for one in book.worksheets if one.sheet_state == "visible"}
    except Exception as error:  # openpyxl raises whatever the damage leads it to
        raise InputError(
            f"{source} cannot be read as an Excel workbook ({type(error).__name__}: {str(error)[:100]})",
            expected="a whole .xlsx file", fix="fetch it again, or save it as text",
        ) from error  # fmt: skip


def _check_size(data: bytes, source: Path) -> None:
    with contextlib.suppress(*packed.DAMAGE), zipfile.ZipFile(io.BytesIO(data)) as book:
        if sum(member.file_size for member in book.infolist()) > max(_RATIO * len(data), _FLOOR):
            raise InputError(
                f"{source} would unpack to more than {_RATIO} times its size", expected="a workbook",
                fix="do not use this file",
            )  # fmt: skip


def _text(sheet: Any) -> bytes:
    sheet.reset_dimensions()  # what writes workbooks often leaves them wrong
    rows = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    width = max((len(row) - _blank_at_end(row) for row in rows), default=0)
    return "\n".join("\t".join((row + [""] * width)[:width]) for row in rows if any(row)).encode()


def _blank_at_end(row: list[str]) -> int:
    return next((n for n, cell in enumerate(reversed(row)) if cell), len(row))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime | dt.date):  # what Excel makes of MARCHF1, as Excel shows it
        return f"{value.day}-{_MONTHS[value.month - 1]}"
    return " ".join(str(value).split())

"""Reading and writing tables: the same bytes every time, nothing lost, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import functools
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore._extras import how_to_install
from fatescore.errors import FatescoreError, InputError
from fatescore.files import atomic_path, check_input, write_text
from fatescore.tables import TABLES, Kind
from fatescore.typing import StrPath

# A donor "NA" is a name, and a treatment "None" is a treatment: pandas would lose both.
_GAPS = ["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A"]
# What a spreadsheet takes for a formula: a number, or a sign alone, is none. Leading apostrophes are counted in, so
# that one more can always be put before them and taken off again.
_NUMBER_OR_SIGN = r"[+-](?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf)?\Z"
_FORMULA = re.compile(rf"(?P<quotes>'*)(?!{_NUMBER_OR_SIGN})[=+\-@\t\r\n＝＋－＠]")


def write_tsv(path: StrPath, table: pd.DataFrame) -> None:
    """Write a table without its index as TSV; floats keep 10 significant digits, missing is empty.

    Text that a spreadsheet would take for a formula gets an apostrophe, see :func:`without_formulas`. A table without
    columns is an empty file. :func:`read_tsv` reads both.
    """
    if table.columns.empty:
        write_text(path, "")
        return
    how: dict[str, Any] = {"sep": "\t", "index": False, "float_format": "%.10g", "lineterminator": "\n"}
    safe = without_formulas(table)
    text = safe.to_csv(**how)
    if "\r" in text:  # which ends a row in some readers, and is not quoted by itself
        text = safe.to_csv(quoting=csv.QUOTE_ALL, **how)
    write_text(path, text)


def read_tsv(path: StrPath, *, as_text: bool = False) -> pd.DataFrame:
    """Read a table written by :func:`write_tsv`; an empty file is an empty table.

    With ``as_text`` every cell is the text that stands in the file, and a missing one is empty.
    """
    source = check_input(path, "a table")
    if source.stat().st_size == 0:
        return pd.DataFrame()
    how: dict[str, Any] = {"sep": "\t", "keep_default_na": False}
    try:
        if as_text:
            table = pd.read_csv(source, dtype=str, na_filter=False, **how)
        else:
            names = pd.read_csv(source, nrows=0, **how).columns
            texts = _texts(source.stem)
            gaps = {name: [""] if name in texts else _GAPS for name in names}
            table = pd.read_csv(source, dtype=dict.fromkeys(texts, str), na_values=gaps, **how)
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{source} cannot be read as a tab-separated table ({error})") from error
    return _with_texts(table, _unquoted)


@functools.cache
def _texts(name: str) -> frozenset[str]:
    """Return the columns of a table that stay text, whatever they look like: a donor called 520 is no number."""
    declared = [table for table in TABLES if table.name == name] or TABLES
    numbers = (Kind.NUMBER, Kind.WHOLE, Kind.FLAG)
    return frozenset(
        str(column) for table in declared for column in table.columns
        if column.kind not in numbers
    )  # fmt: skip


def write_parquet(path: StrPath, table: pd.DataFrame) -> None:
    """Write a table without its index as Parquet, atomically."""
    with atomic_path(path) as part:
        table.to_parquet(part, index=False)


def read_parquet(path: StrPath, expected: str, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a table from Parquet; an empty file, which a data set that stopped leaves, is an empty table.

    Parameters
    ----------
    path
        The table.
    expected
        What it should be, for the error.
    columns
        Those to read; all without it.

    Raises
    ------
    InputError
        When it is not there, not Parquet, or lacks one of the columns.
    """
    source = check_input(path, expected)
    if source.stat().st_size == 0:
        return pd.DataFrame()
    try:
        return pd.read_parquet(source, columns=None if columns is None else list(columns))
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        reason = str(error).splitlines()[0]
        raise InputError(f"{source} cannot be read as Parquet ({reason})", expected=expected) from error


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before every text, and every column's name, that a spreadsheet would take for a formula.

    Such a text begins with ``=``, ``+``, ``-``, ``@`` or white space that ends a cell, and is neither a number nor a
    sign alone. Text that has apostrophes before such a beginning gets one more, so that nothing is lost.

    Examples
    --------
    >>> without_formulas(pd.DataFrame({"donor": ["=cmd()", "D1"], "expected": ["+", "-0.5"]})).to_numpy().tolist()
    [["'=cmd()", '+'], ['D1', '-0.5']]
    """
    return _with_texts(table, _quoted)


def _quoted(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _unquoted(text: str) -> str:
    found = _FORMULA.match(text)
    return text[1:] if found and found["quotes"] else text


def _with_texts(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """Return the table with every text changed; numbers are not looked at, and of equal texts only one."""
    out = table.copy(deep=False)
    for place, (_, column) in enumerate(table.items()):
        if column.dtype.kind != "O":
            continue
        texts = [text for text in column.unique() if isinstance(text, str)]
        changed = {text: new for text in texts if (new := change(text)) != text}
        if changed:
            out.isetitem(place, column.map(lambda value, changed=changed: changed.get(value, value)).array)
    out.columns = pd.Index([change(name) if isinstance(name, str) else name for name in table.columns])
    return out


def read_text_table(
    path: StrPath, expected: str, *, fix: str = "check the path", kind: type[FatescoreError] = InputError,
    delimiters: str = "\t",
) -> pd.DataFrame:  # fmt: skip
    """Read a table that a person wrote: UTF-8 text, every cell as text without blanks around it.

    Blank lines, and lines that start with ``#``, are skipped; a ``#`` elsewhere is text. Cells that a row lacks at
    its end are empty, and so are columns without a name, which must have no values. An apostrophe before what would be
    a formula is taken off: :func:`write_tsv` wrote it, in a draft.

    Parameters
    ----------
    path
        The table.
    expected, fix, kind
        For the error when there is no such file: what was expected, what to do, and which error to raise.
    delimiters
        What may set cells apart; of several that which the header has most of.

    Returns
    -------
    The table; its index holds the number of each row's line in the file.
    """
    source = check_input(path, expected, fix=fix, kind=kind)
    try:
        text = source.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise kind(f"{source} is not UTF-8 text ({error.reason})", expected=expected, fix="save it as UTF-8") from error
    except OSError as error:
        raise kind(
            f"{source} cannot be read ({error.strerror})", expected=expected, fix="check its permissions"
        ) from error
    lines = {
        number: line.rstrip("\n") for number, line in enumerate(io.StringIO(text, newline=None), start=1)
        if line.strip() and not line.startswith("#")
    }  # fmt: skip
    delimiter = max(delimiters, key=next(iter(lines.values()), "").count)
    rows: dict[int, list[str]] = {}
    for number, line in lines.items():
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, strict=True), [])]
        except csv.Error as error:
            raise kind(f"{source}, row {number}: {error}", expected="quotes in pairs, or none") from error
        if any(cells):
            rows[number] = cells
    if not rows:
        raise kind(f"{source} is empty", expected=expected)
    return _rectangle(rows, source, kind)


def read_sheet(path: StrPath, expected: str) -> pd.DataFrame:
    """Read a sheet that a person wrote, as :func:`read_text_table` does: TSV, CSV, CSV with ``;``, or Excel's first.

    Raises
    ------
    InputError
        When it is not there or no such table; of Excel's workbooks also where openpyxl is not installed.
    """
    source = check_input(path, expected)
    if source.read_bytes()[:4] not in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):  # a workbook, whatever its name
        return read_text_table(source, expected, delimiters="\t,;")
    try:
        grid = pd.read_excel(source, header=None, dtype=str, na_filter=False)
    except ImportError as error:
        raise InputError(
            f"{source} is an Excel workbook, which needs openpyxl", expected=expected,
            fix=f"save the sheet as CSV UTF-8, or {how_to_install('openpyxl')}",
        ) from error  # fmt: skip
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{source} cannot be read as an Excel workbook ({error})", expected=expected,
            fix="save the sheet as CSV UTF-8",
        ) from error  # fmt: skip
    rows = {number: [str(cell).strip() for cell in row] for number, row in enumerate(grid.to_numpy(), start=1)}
    filled = {number: cells for number, cells in rows.items() if any(cells)}
    if not filled:
        raise InputError(f"{source} is empty", expected=expected)
    return _rectangle(filled, source, InputError)


def _rectangle(rows: dict[int, list[str]], source: Path, kind: type[FatescoreError]) -> pd.DataFrame:
    header = rows.pop(next(iter(rows)))
    twice = [name for name in header if name and header.count(name) > 1]
    if twice:
        raise kind(f'{source}: column "{twice[0]}" stands twice', expected="one column of each name")
    for number, cells in rows.items():
        for place, cell in enumerate(cells):
            if cell and (place >= len(header) or not header[place]):
                raise kind(
                    f'{source}, row {number}: "{cell}" stands in column {place + 1}, which has no name',
                    expected=f"{len(header)} cells, as in the header",
                    fix="name the column, or remove the cell",
                )
    wide = [[*cells, *[""] * len(header)][: len(header)] for cells in rows.values()]
    table = pd.DataFrame(wide, columns=header, index=pd.Index(list(rows), dtype=int), dtype=object)
    return _with_texts(table.loc[:, [bool(name) for name in header]], _unquoted)

"""Where a series matrix has its head and its table, and what fetch must know of it to go on."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from fatescore.errors import InputError
from fatescore.geo._names import is_plain

_GZIP = b"\x1f\x8b"
_BEGIN = re.compile(rb'^"?!series_matrix_table_begin"?[ \t\r]*$', re.MULTILINE | re.IGNORECASE)
_END = re.compile(rb'\n"?!series_matrix_table_end', re.IGNORECASE)
_MARKER = re.compile(rb'\n"?!')
_HEADER = re.compile(rb'^"?(?:ID_REF|TAG)"?\t', re.MULTILINE)
_SUPPLEMENT = re.compile(r'^"?!Series_supplementary_file(?:_\d+)?"? *\t(.*)$')
_TABLE = re.compile(r'^"?(?:!series_matrix_table_begin|(?:ID_REF|TAG)"?\t)', re.IGNORECASE)
_PLATFORM = re.compile(rb'^"?!(?:Series|Sample)_platform_id"? *\t.*$', re.MULTILINE)


def platform_ids(matrix: Path) -> list[str]:
    """Return the platforms that a series matrix names in its head.

    Parameters
    ----------
    matrix
        A ``*_series_matrix.txt.gz``.

    Raises
    ------
    InputError
        When the file is absent or damaged.
    """
    head = split_matrix(read_bytes(matrix))[0]
    return sorted({name.decode() for line in _PLATFORM.findall(head) for name in re.findall(rb"GPL\d+", line)})


def has_rows(matrix: Path) -> bool:
    """Tell whether a series matrix has values below its header, by the reader's own rules."""
    return bool(split_matrix(read_bytes(matrix))[2].strip())


def supplementary_names(matrix: Path, folder: str) -> list[str]:
    """Return the supplementary files that a series matrix names in its head, sorted.

    Parameters
    ----------
    matrix
        A ``*_series_matrix.txt.gz``; it is read as far as its table.
    folder
        The series' own folder, such as ``series/GSEnnn/GSE781``: a file elsewhere is not one of its own. Nor is the
        ``NONE`` that stands where there is no file.

    Raises
    ------
    InputError
        When the file is absent or damaged.
    """
    found = set()
    for line in _head_lines(matrix):
        match = _SUPPLEMENT.match(line)
        for value in match[1].split("\t") if match else ():
            _, mark, name = value.strip('" ').partition(f"/{folder}/suppl/")
            found.add(unquote(name) if mark else "")
    return sorted(name for name in found if is_plain(name))


def _head_lines(matrix: Path) -> Iterator[str]:
    try:
        with matrix.open("rb") as raw:
            packed = raw.read(len(_GZIP)) == _GZIP
        text: dict[str, Any] = {"mode": "rt", "encoding": "utf-8", "errors": "replace"}
        with gzip.open(matrix, **text) if packed else matrix.open(**text) as stream:
            for line in stream:
                if _TABLE.match(line):
                    return
                yield line.rstrip("\n")
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(matrix, error) from error


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file, decompressed when it is gzip whatever its name.

    Raises
    ------
    InputError
        When the file is absent or damaged.
    """
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data.startswith(_GZIP) else data
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} cannot be read ({error})", expected="a whole text or gzip file", fix="fetch it again")


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

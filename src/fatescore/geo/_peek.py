"""Where a series matrix has its head and its table, and what fetch must know of it to go on."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

from fatescore.errors import InputError

_BEGIN = re.compile(rb'^"?!series_matrix_table_begin"?[ \t\r]*$', re.MULTILINE | re.IGNORECASE)
_END = re.compile(rb'\n"?!series_matrix_table_end', re.IGNORECASE)
_MARKER = re.compile(rb'\n"?!')
_HEADER = re.compile(rb'^"?(?:ID_REF|TAG)"?\t', re.MULTILINE)
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


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file, decompressed when it is gzip whatever its name.

    Raises
    ------
    InputError
        When the file is absent or damaged.
    """
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path} cannot be read ({error})", expected="a whole text or gzip file", fix="fetch it again"
        ) from error


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

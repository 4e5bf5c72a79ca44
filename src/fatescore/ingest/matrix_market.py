"""Matrix Market files of counts, read some megabytes at a time.

Not with scipy's reader: it cuts 8.7 to 8 where the header says integer, and 1,234 to 1 anywhere.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fatescore.errors import InputError
from fatescore.typing import FloatArray, IntArray

_AT_ONCE = 1 << 24  # bytes
_KINDS = ("real", "double", "integer", "unsigned-integer", "pattern")


@dataclass
class Entries:
    """Part of the entries: positions from 0, and values as they are written."""

    rows: IntArray
    columns: IntArray
    counts: FloatArray


class MatrixMarketReader:
    r"""Reads a file of coordinates from its blocks of plain bytes.

    Attributes
    ----------
    shape, n_entries
        What the header says.
    fractions
        Example of a value that is not whole in a file that says ``integer``, as far as it was read.

    Raises
    ------
    InputError
        When the file is none, breaks off, or has an entry that is damaged or outside the matrix.

    Examples
    --------
    >>> text = b"%%MatrixMarket matrix coordinate integer general\n3 2 2\n1 1 5\n3 2 1\n"
    >>> reader = MatrixMarketReader(iter([text]), "x.mtx")
    >>> [(part.rows.tolist(), part.columns.tolist(), part.counts.tolist()) for part in reader.entries()]
    [([0, 2], [0, 1], [5.0, 1.0])]
    """

    def __init__(self, blocks: Iterator[bytes], where: str) -> None:
        self._where = where
        self._lines = _whole_lines(blocks)
        self._rest = b""
        self.fractions = ""
        banner = self._line().decode("latin-1").casefold().split()
        if len(banner) < 5 or banner[:2] != ["%%matrixmarket", "matrix"]:
            raise self._refusal("it does not begin with %%MatrixMarket")
        if banner[2] != "coordinate" or banner[3] not in _KINDS or banner[4] != "general":
            raise self._refusal(f"it holds a {' '.join(banner[2:5])} matrix")
        self._says_integer = "integer" in banner[3]
        self._n_fields = 2 if banner[3] == "pattern" else 3
        line = self._line()
        while line.startswith(b"%") or (not line.strip() and line):
            line = self._line()
        try:
            rows, columns, self.n_entries = map(int, line.split())
        except ValueError as error:
            raise self._refusal(f"its line of sizes is {line[:40]!r}") from error
        if not (0 <= rows < 2**31 and 0 <= columns < 2**31):
            raise self._refusal(f"it says {rows} x {columns}")
        self.shape = rows, columns

    def entries(self) -> Iterator[Entries]:
        """Yield the entries in the order of the file."""
        n = 0
        for text in self._texts():
            part = self._parse(text)
            n += len(part.counts)
            if n > self.n_entries:
                raise self._refusal(f"it has more entries than its header says ({self.n_entries})")
            yield part
        if n < self.n_entries:
            raise self._refusal(f"it has {n} entries, and its header says {self.n_entries}")

    def _parse(self, text: bytes) -> Entries:
        try:
            table = pd.read_csv(
                io.BytesIO(text), sep=r"\s+", header=None, dtype={0: np.int64, 1: np.int64, 2: np.float64}, quoting=3
            )
        except (ValueError, OverflowError, UnicodeError) as error:  # pandas' errors of parsing are ValueErrors
            raise self._refusal(" ".join(str(error).split())[:200]) from error
        if len(table.columns) != self._n_fields:
            raise self._refusal(f"its lines have {len(table.columns)} fields, not {self._n_fields}")
        rows, columns = table[0].to_numpy() - 1, table[1].to_numpy() - 1
        for places, most in zip((rows, columns), self.shape, strict=True):
            if places.size and (places.min() < 0 or places.max() >= most):
                wrong = places[(places < 0) | (places >= most)][0] + 1
                raise self._refusal(f"it has an entry at {wrong} of {most}")
        values = table[2].to_numpy() if self._n_fields == 3 else np.ones(len(table))
        if self._says_integer and not self.fractions:
            odd = values[np.isfinite(values) & (values != np.rint(values))]
            self.fractions = f"{odd[0]:.6g}" if odd.size else ""
        return Entries(rows, columns, values)

    def _line(self) -> bytes:
        """Return the next line of the header, without its end."""
        while b"\n" not in self._rest:
            more = next(self._lines, b"")
            if not more:
                line, self._rest = self._rest, b""
                return line
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _texts(self) -> Iterator[bytes]:
        if self._rest.strip():
            yield self._rest
        yield from (text for text in self._lines if text.strip())

    def _refusal(self, why: str) -> InputError:
        return InputError(
            f"{self._where}: the matrix cannot be read ({why})",
            expected="a whole Matrix Market file of coordinates",
            fix="fetch it again, or write it anew (scipy.io.mmwrite of a sparse matrix)",
        )  # fmt: skip


def _whole_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Join blocks of bytes to larger ones that end with a line."""
    parts: list[bytes] = []
    size = 0
    for block in blocks:
        parts.append(block)
        size += len(block)
        if size < _AT_ONCE or b"\n" not in block:
            continue
        whole, newline, rest = b"".join(parts).rpartition(b"\n")
        parts, size = [rest], len(rest)
        yield whole + newline
    yield b"".join(parts)

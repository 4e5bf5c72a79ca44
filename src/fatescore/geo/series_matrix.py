"""Read a GEO series matrix: sample fields by accession, values as numbers or missing."""

from __future__ import annotations

import codecs
import io
import re
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from fatescore.errors import InputError
from fatescore.geo.matrix_header import parse_header, sample_table, split_matrix, split_row
from fatescore.packed import read_bytes
from fatescore.typing import StrPath

MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "Null", "null", "None", "none", "#N/A", "#VALUE!", "#DIV/0!", "#NUM!")
_BLOCK = 1 << 20  # bytes decoded at a time
_ACCESSION = re.compile(r"^GSM\d+$")


@dataclass(frozen=True)
class SeriesMatrix:
    """A series matrix.

    Parameters
    ----------
    series
        Series fields without their ``Series_`` prefix; each a list, because fields repeat.
    samples
        One row per sample, indexed by GSM accession in the file's order; text, missing is ``""``. A repeated field
        is joined by `` | ``. Characteristics become one column per key: ``characteristics: age``.
    values
        Probes x samples, float64, columns in the order of ``samples``; ``None`` when the file is a header only.
    notes
        What was repaired or could not be assigned.
    """

    series: dict[str, list[str]]
    samples: pd.DataFrame
    values: pd.DataFrame | None
    notes: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The title of the series."""
        return " ".join(self.series.get("title", []))

    @property
    def platforms(self) -> list[str]:
        """GPL accessions named by the series or its samples."""
        text = " ".join([*self.series.get("platform_id", []), *self.samples.get("platform_id", [])])
        return sorted(set(re.findall(r"GPL\d+", text)))


def read_series_matrix(path: StrPath) -> SeriesMatrix:
    """Read a series matrix, plain or gzip.

    Characteristics are joined by key, never by line; columns of the table are matched to the samples by accession.

    Parameters
    ----------
    path
        ``GSE..._series_matrix.txt[.gz]``.

    Returns
    -------
    Fields, samples and values.

    Raises
    ------
    InputError
        When the file cannot be read to its end, has no samples, or holds something that is no number.
    """
    source = Path(path)
    data = read_bytes(source)
    encoding = "utf-8" if _is_utf8(data) else "latin-1"
    head, header, rest, notes = split_matrix(data)
    del data  # as large as the rows
    series, rows = parse_header(head.decode(encoding))
    values = _read_table(header, rest, encoding, source)
    accessions = _sample_accessions(rows, values)
    if not accessions:
        raise InputError(
            f"{source} has no !Sample_geo_accession line and no table",
            expected="a GEO series matrix",
            fix="check the file",
        )
    samples = sample_table(rows, accessions, notes)
    if values is not None:
        values = _order_columns(values, accessions, source, notes)
        values = None if values.empty else values
    return SeriesMatrix(series, samples, values, notes)


def _is_utf8(data: bytes) -> bool:
    try:
        for _ in codecs.iterdecode((data[at : at + _BLOCK] for at in range(0, len(data), _BLOCK)), "utf-8"):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _read_table(first: bytes, rest: bytes, encoding: str, source: Path) -> pd.DataFrame | None:
    if not first.strip():
        return None
    header = split_row(first.rstrip(b"\r\n").decode(encoding), -1)
    while header and header[-1] == "":
        header.pop()
    names = [name.strip('"') for name in header]
    if not names:
        raise InputError(f"{source} has a table without a header", expected="ID_REF and one column per sample")
    repeated = [name for name, n in Counter(names).items() if n > 1]
    if repeated:
        raise InputError(f"{source} has the column {repeated[0]} twice", expected="one column per sample")
    if not rest.strip():
        return pd.DataFrame(columns=pd.Index(names[1:]), dtype=float)
    frame = _read_fast(rest, names, encoding)
    if frame is None:
        frame = _read_ragged(rest, names, encoding, source)
    frame.index = frame.index.str.strip()
    multiline = frame.index.str.contains("\n", regex=False)
    if multiline.any():
        row = frame.index[multiline][0].split()[0]
        raise InputError(f"{source} has a quote that is not closed in row {row[:40]}", expected="one row per line")
    return frame[frame.index != ""] if (frame.index == "").any() else frame


def _read_fast(rest: bytes, names: list[str], encoding: str) -> pd.DataFrame | None:
    """Read rows that are all as the header says, several times faster than pandas; ``None`` when one is not."""
    if rest.count(b"\r") != rest.count(b"\r\n"):
        return None
    probes: list[str] = []
    values = np.empty((len(names) - 1, rest.count(b"\n") + 1))
    types = {names[0]: pa.string(), **dict.fromkeys(names[1:], pa.float64())}
    try:
        for batch in arrow_csv.open_csv(
            pa.py_buffer(rest),
            arrow_csv.ReadOptions(column_names=names, encoding=encoding, block_size=_BLOCK),
            arrow_csv.ParseOptions(delimiter="\t"),
            arrow_csv.ConvertOptions(column_types=types, null_values=MISSING),
        ):
            end = len(probes) + batch.num_rows
            for row, column in zip(values, batch.columns[1:], strict=True):
                row[len(probes) : end] = column.to_numpy(zero_copy_only=False)
            probes += batch.column(0).to_pylist()
    except (pa.ArrowException, UnicodeError):
        return None
    return pd.DataFrame(values[:, : len(probes)].T, index=pd.Index(probes, dtype=object), columns=names[1:])


def _read_ragged(rest: bytes, names: list[str], encoding: str, source: Path) -> pd.DataFrame:
    """Read rows of several lengths, with blanks around values, or with something that is no number."""
    lines = rest.replace(b"\r", b" ").split(b"\n")  # pandas would begin a row at a lone carriage return
    rest = b"\n".join(b"\t".join(cell.strip(b" ") for cell in line.split(b"\t")) for line in lines)
    wide = rest.lstrip(b"\n").partition(b"\n")[0].count(b"\t") + 1 - len(names)
    extra = [f"\0{number}" for number in range(max(wide, 0))]  # blank cells behind the last column
    options: dict[str, Any] = {
        "sep": "\t", "header": None, "names": names + extra, "index_col": False, "encoding": encoding,
        "keep_default_na": False, "skipinitialspace": True, "float_precision": "round_trip",
    }  # fmt: skip
    missing = {name: list(MISSING) for name in names[1:]}
    options["dtype"] = {names[0]: str, **dict.fromkeys(names[1:], "float64")}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # pandas would cut long rows
            frame: pd.DataFrame = pd.read_csv(io.BytesIO(rest), na_values=missing, **options)
    except (ValueError, OverflowError, pd.errors.ParserWarning) as error:
        invalid = _invalid_cell(rest, names, encoding)
        raise InputError(
            f"{source} has a value that is not a number: {invalid}"
            if invalid
            else f"{source} cannot be read ({error})",
            expected="numbers, or NA, null or blank for a missing value",
            fix="check the table of the series matrix",
        ) from error
    for name in extra:
        if (frame[name].astype(str).str.strip().replace("nan", "") != "").any():
            raise InputError(f"{source} has rows with more cells than its header has columns")
    index = pd.Index(frame[names[0]].astype(str), dtype=object)
    return frame[names[1:]].set_index(index).rename_axis(None)


def _invalid_cell(rest: bytes, names: list[str], encoding: str) -> str:
    for line in rest.decode(encoding).splitlines():
        cells = split_row(line, len(names))
        if len(cells) > len(names):
            return f"row {cells[0]} has {len(cells)} cells, the header has {len(names)}"
        for name, cell in zip(names[1:], cells[1:], strict=False):
            try:
                if cell not in MISSING:
                    float(cell)
            except ValueError:
                return f'"{cell[:40]}" in row {cells[0]}, column {name}'
    return ""


def _sample_accessions(rows: list[tuple[str, str]], values: pd.DataFrame | None) -> list[str]:
    for name, rest in rows:
        if name == "geo_accession":
            return [cell for cell in split_row(rest, rest.count("\t") + 1) if cell]
    return [name for name in values.columns if _ACCESSION.match(name)] if values is not None else []


def _order_columns(values: pd.DataFrame, accessions: list[str], source: Path, notes: list[str]) -> pd.DataFrame:
    absent = [name for name in accessions if name not in values.columns]
    known = set(accessions)
    unknown = [name for name in values.columns if name not in known]
    if unknown:
        raise InputError(
            f"{source} has a column {unknown[0]} that is none of its samples",
            expected=f"columns named by accession, such as {accessions[0]}",
        )
    if absent:
        notes.append(f"the table has no column for {', '.join(absent)}")
    order = [name for name in accessions if name in values.columns]
    return values if order == list(values.columns) else values[order]

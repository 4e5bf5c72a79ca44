"""Text tables of genes x samples, as submitters and tools write them."""

from __future__ import annotations

import functools
import io
import itertools
import math
import re
import warnings
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.files import check_input
from fatescore.geo.soft import exact_number
from fatescore.ingest import foreign, value_columns, workbook
from fatescore.ingest.across import Across, has_genes_in_columns, split_across
from fatescore.ingest.column_kinds import could_be_either, is_annotation, is_statistic, names_genes, split_kind
from fatescore.ingest.gene_names import best_names, share_known
from fatescore.ingest.matrix import Raw
from fatescore.ingest.name_parts import CLEARLY
from fatescore.ingest.text_header import GAPS, TALLY, Lines, cells_of, is_number_like, shortened, split_lines
from fatescore.packed import read_bytes
from fatescore.typing import Scale, StrPath

_HARDLY = 0.05  # a column with a smaller share of numbers is one of words
_CHROMOSOME = re.compile(r"(chr)?(\d{1,2}|[IVX]{1,5}|[XYMZWU]|MT|Un)([pq_].*)?|[A-Z]{2,4}_?\d{5,}\.\d+", re.IGNORECASE)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_POINTED = 20  # decimals of so many numbers would not all have three digits
# pandas takes 0.1 ms for a column: tables of few genes and very many cells are read without it.
_WIDE_COLUMNS = 1_000
_WIDE_ROWS = 500  # with more of them pandas is the faster one again


@dataclass(frozen=True)
class Table:
    """A table as read: ``data`` features x columns (float64, indexed by id), a second name per feature, notes.

    ``across``: what a table of observations x genes holds, which has no ``data``.
    """

    data: pd.DataFrame
    other_names: list[str]
    notes: list[str] = field(default_factory=list)
    across: Across | None = None

    @property
    def all_notes(self) -> list[str]:
        """The notes, with those on a table of observations x genes."""
        return [*self.notes, *([] if self.across is None else self.across.notes)]

    def to_raw(self, path: Path) -> Raw:
        """Return the table of genes x samples as it is."""
        values = self.data.to_numpy(dtype=float).T
        return Raw(
            matrix=sp.csr_matrix(values) if np.isfinite(values).all() else values,
            ids=[str(name) for name in self.data.index],
            columns=[str(name) for name in self.data.columns],
            other_names=self.other_names,
            inputs=[path],
            notes=list(self.notes),
        )


def read_table(path: StrPath, sheet: str = "") -> Table:
    """Read a text table of genes x samples.

    The delimiter and the header are found by the lines; its first column, or its index when the header is one cell
    short, names the genes. Columns that annotate genes (featureCounts, symbols, lengths), results of tests and tallies
    such as ``__no_feature`` are no values.

    Parameters
    ----------
    path
        ``.tsv``, ``.csv`` or ``.txt``, plain or gzip; or an Excel workbook, where openpyxl is installed.
    sheet
        Sheet of a workbook with several tables.

    Raises
    ------
    InputError
        When there is no such table: unreadable, empty, no numbers, repeated columns.
    """
    source = check_input(path, "a table of genes x samples")
    return parse(read_bytes(source), source, sheet=sheet)


def parse(
    data: bytes,
    source: Path,
    sample: str = "",
    *,
    scale: Scale | None = None,
    declared: Collection[str] = (),
    sheet: str = "",
) -> Table:
    """Read the plain bytes of a text table; in the file of one ``sample`` the column of numbers needs no header.

    ``scale`` and ``declared`` choose among its columns, as in :func:`value_columns.select`.
    """
    if workbook.is_workbook(data):
        of_sheet = functools.partial(parse, source=source, sample=sample, scale=scale, declared=declared)
        return workbook.read_sheet(data, source, sheet, of_sheet)
    foreign.refuse(data, source)
    lines = split_lines(data, source, sample)
    wide = read_wide(lines.rows, lines.separator, lines.names) if not any(map(_is_special, lines.names[1:])) else None
    if wide is not None:
        ids, numbers, words = pd.Series(wide.index), wide.reset_index(drop=True), pd.DataFrame(index=range(len(wide)))
    else:
        ids, numbers, words = _columns(_frame(lines, source), lines, source)
    notes = list(lines.notes)
    names = [str(name) for name in numbers.columns]
    genes = [name for name in words if names_genes(str(name))]
    ids, other = _name_rows(ids, lines.names[0], words, notes)
    if has_genes_in_columns(names, list(ids), other):
        numbers.index = words.index = pd.Index(ids, dtype=object)
        return Table(pd.DataFrame(), [], notes, split_across(numbers, words))
    if not names:
        raise _no_numbers(words, source)
    keep = (~ids.str.match(TALLY) & (ids != "")).to_numpy()
    values = numbers[keep].astype(float).set_axis(pd.Index(ids[keep], dtype=object), axis=0)
    more: list[str] = []
    if wide is None:
        values, more = value_columns.select(values, source, scale, frozenset(declared), own_file=bool(sample))
    text = [str(name) for name in words if name not in genes and not _describes(str(name))]
    if text:
        notes.append(f"columns left out because they hold text: {few(text)}")
    other = list(itertools.compress(other, keep))
    return Table(values.rename_axis(None), other, [*notes, *more])


def _describes(name: str) -> bool:
    return is_annotation(name) or could_be_either(name)


def _is_special(name: str) -> bool:
    """Tell whether a column cannot be taken for a sample's by its name."""
    named = name.startswith("\0") or is_statistic(name) or _describes(name) or bool(split_kind(name)[1])
    return named or value_columns.is_alignment(name)


def _frame(lines: Lines, source: Path) -> pd.DataFrame:
    names, separator = lines.names, lines.separator
    body = io.StringIO("\n".join(lines.rows))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # pandas would cut long rows
            return pd.read_csv(
            body, sep=r"\s+" if separator == " " else separator, header=None, names=names, index_col=False,
            keep_default_na=False, na_values={name: list(GAPS) for name in names[1:]}, low_memory=False,
            dtype={names[0]: str}, skipinitialspace=True, float_precision="round_trip",
        )  # fmt: skip
    except (ValueError, pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise InputError(f"{source} cannot be read as a table ({error})", expected="genes x samples") from error


def _columns(frame: pd.DataFrame, lines: Lines, source: Path) -> tuple[pd.Series[str], pd.DataFrame, pd.DataFrame]:
    """Return the first column, the columns of numbers and those of words; refuse what is neither, or has no name."""
    ids, rest = frame.iloc[:, 0].astype(str).str.strip(), frame.iloc[:, 1:]
    numbers, words = {}, {}
    for place, (name, column) in enumerate(rest.items(), start=2):
        if str(name).startswith("\0"):
            if column.notna().any():
                raise InputError(
                    f"{source}: column {place} has no name in the header", expected="one name per sample", fix="name it"
                )
            continue  # blank cells behind the last column
        if column.dtype not in (object, bool):
            numbers[name] = column
            continue
        text = column.astype(object)
        number = text.map(exact_number) if column.dtype == object else pd.Series(np.nan, text.index)
        wrong = number.isna() & text.notna()
        if not wrong.any():
            numbers[name] = number.astype(float)  # numbers too large for pandas to see as such
        elif _is_text(str(name), text[wrong], number):
            words[name] = text
        else:
            row = int(np.flatnonzero(wrong)[0])
            cell, where = shortened(text.iloc[row]), f"row {shortened(ids.iloc[row])}, column {shortened(name)}"
            raise InputError(
                f'{source} has "{cell}" in {where} (line {lines.numbers[row]})',
                expected="a number",
                fix="write missing values as NA, decimals with a point and thousands without a mark",
            )
    _check_thousands(numbers, lines, source)
    return ids, pd.DataFrame(numbers, index=frame.index), pd.DataFrame(words, index=frame.index)


def _check_thousands(numbers: Mapping[Hashable, pd.Series[float]], lines: Lines, source: Path) -> None:
    """Refuse 1.234 for 1234: every point has three digits behind it, and what is below 1000 has none."""
    pointed: list[str] = []
    for name, column in numbers.items():
        values = column.dropna()
        if not values.between(0, 1000, inclusive="left").all() or (values == np.rint(values)).all():
            continue
        place = lines.names.index(str(name))
        cells = (cells_of(line, lines.separator)[place] for line in lines.rows)
        own = list(itertools.takewhile(lambda cell: "." not in cell or _THOUSANDS.fullmatch(cell), cells))
        pointed += [cell for cell in own if "." in cell] if len(own) == len(lines.rows) else []
    if len(pointed) >= _POINTED:
        raise InputError(
            f'{source} has numbers such as "{pointed[0]}", always with three digits behind the point',
            expected="a number", fix="write thousands without a mark, or decimals with another number of digits",
        )  # fmt: skip


def _is_text(name: str, wrong: pd.Series[str], number: pd.Series[float]) -> bool:
    """Tell whether a column that is not all numbers is one of words; in doubt it is a sample that would be lost."""
    if is_annotation(name) or (could_be_either(name) and wrong.map(str).str.contains(";").all()):
        return True  # featureCounts writes the places of all exons
    right = int(number.notna().sum())
    if right > _HARDLY * (right + len(wrong)):
        return bool(number.max() < 100 and all(map(_CHROMOSOME.fullmatch, wrong.map(str).str.strip())))
    return 2 * sum(map(is_number_like, wrong.map(str).str.strip())) <= len(wrong)


def _name_rows(
    ids: pd.Series[str], header: str, words: pd.DataFrame, notes: list[str]
) -> tuple[pd.Series[str], list[str]]:
    """Return what names the rows and a second name: of several columns the one whose names are known best."""
    columns = {str(name): list(words[name].where(words[name].notna(), "").astype(str).str.strip()) for name in words}
    usual = {name: texts for name, texts in columns.items() if names_genes(name)}
    digits = len(ids) > 0 and ids.str.fullmatch(r"\d{1,9}(\.0)?").all()
    best = best_names(usual)
    if not best and columns and share_known(list(ids)) < CLEARLY and (best := best_names(columns)) and not digits:
        notes.append(f'rows are named by the column "{best}": the first column has {few(list(ids), 3)}')
    if not best:
        named = next((name for name in usual), "")  # nobody's genes are known here; what is wrong is said later
        return ids, columns[named] if named and not digits else []
    if digits and not is_annotation(header) and (ids.astype(float).diff().dropna() > 0).all():
        notes.append(f'rows are named by the column "{best}"; the first column counts them')
        rest = {name: texts for name, texts in usual.items() if name != best}
        second = best_names(rest)
        return pd.Series(columns[best], index=ids.index), rest.get(second, [])
    return ids, columns[best]


def _no_numbers(words: pd.DataFrame, source: Path) -> InputError:
    first = [f'column "{name}" begins with "{words[name].iloc[0]}"' for name in list(words.columns)[:1]]
    return InputError(
        f"{source} has no column of numbers ({first[0] if first else 'the header names none'})",
        expected="a table of genes x samples with numbers",
        fix="check the file; decimals need a point",
    )


def read_wide(lines: list[str], separator: str, names: list[str]) -> pd.DataFrame | None:
    """Return rows x columns of numbers, or ``None`` for what is not wide, or not all numbers behind a name."""
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
        if any(cells[place].strip() not in GAPS for place in np.flatnonzero(np.isnan(row))):  # NAN is a word
            return None
        index.append(bare.strip())
    return pd.DataFrame(values, index=pd.Index(index, dtype=object), columns=pd.Index(names[1:], dtype=object))


def _parse_numbers(cells: list[str]) -> list[float]:
    try:
        return list(map(float, cells))
    except ValueError:
        return [math.nan if cell.strip() in GAPS else float(cell) for cell in cells]

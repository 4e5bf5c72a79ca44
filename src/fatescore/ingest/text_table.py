"""Text tables of genes x samples, as submitters and tools write them."""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import organisms
from fatescore.errors import InputError, few
from fatescore.files import check_input
from fatescore.gene_sets import symbols
from fatescore.geo.series_matrix import MISSING
from fatescore.geo.soft import exact_number
from fatescore.ingest.matrix import Raw
from fatescore.packed import read_bytes
from fatescore.typing import StrPath

# Columns beside the values, as featureCounts, RSEM, NCBI and many submitters name them.
_ANNOTATION = {
    "chr", "chrom", "chromosome", "start", "end", "strand", "length", "gene_length", "genelength", "width", "geneid",
    "gene_id", "ensembl_id", "ensembl", "entrez", "entrezid", "entrez_id", "symbol", "gene_symbol", "genesymbol",
    "gene symbol", "gene_name", "gene name", "genename", "external_gene_name", "description", "gene_description",
    "biotype", "gene_biotype", "gene_type", "transcript_id", "transcript_id(s)", "locus", "exon_length",
    "effective_length", "effectivelength", "eff_length",
}  # fmt: skip
_NAMES = (
    "symbol", "gene_symbol", "genesymbol", "gene symbol", "gene_name", "gene name", "genename", "external_gene_name",
)  # fmt: skip
_SLIPS = 0.02  # a column with fewer words than this is one of numbers; names of chromosomes have more
_TALLY = re.compile(r"^(__\w+|N_(unmapped|multimapping|noFeature|ambiguous))$")
# pandas takes 0.1 ms for a column: tables of few genes and very many cells are read without it.
_WIDE_COLUMNS = 1_000
_GAPS = frozenset(MISSING)
_WIDE_ROWS = 500  # with more of them pandas is the faster one again
_STAR = ["gene", "unstranded", "forward", "reverse"]  # the columns of ReadsPerGene.out.tab, which has no header


@dataclass(frozen=True)
class Table:
    """A table as read: ``data`` features x columns (float64, indexed by id), a second name per feature, notes.

    ``text``: the columns of words, which are not among the values, for the same rows.
    """

    data: pd.DataFrame
    other_names: list[str]
    notes: list[str] = field(default_factory=list)
    text: pd.DataFrame = field(default_factory=pd.DataFrame)

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


def read_table(path: StrPath) -> Table:
    """Read a text table of genes x samples.

    The delimiter comes from the header; its first column, or its index when the header is one cell short, names the
    genes. Columns that annotate genes (featureCounts, symbols, lengths) and tallies such as ``__no_feature`` are no
    values.

    Parameters
    ----------
    path
        ``.tsv``, ``.csv`` or ``.txt``, plain or gzip.

    Raises
    ------
    InputError
        When there is no such table: unreadable, empty, no numbers, repeated columns.
    """
    source = check_input(path, "a table of genes x samples")
    return parse(read_bytes(source), source)


def parse(data: bytes, source: Path, sample: str = "") -> Table:
    """Read the plain bytes of a text table; in the file of one ``sample`` the column of numbers needs no header."""
    text = decode(data, source)
    lines = without_comments([line.rstrip("\n") for line in io.StringIO(text, newline=None)])
    if sample and lines:
        lines = [*_missing_header(cells_of(lines[0], separator_of("", lines[0])), sample), *lines]
    if len(lines) < 2:
        raise InputError(f"{source} has no rows", expected="a header line and one line per gene", fix="check the file")
    separator = separator_of(lines[0], lines[1])
    names = _header(lines, separator, source)
    wide = read_wide(lines[1:], separator, names) if not _annotating(names) else None
    if wide is not None:
        values = wide[[bool(name) and not _TALLY.match(name) for name in wide.index]]
        return Table(values, [], [], pd.DataFrame(index=values.index))
    frame = _frame(lines, separator, names, source)
    return _split_columns(frame, source)


def _missing_header(first: list[str], sample: str) -> list[str]:
    """Return the header that the file of one sample does without, if it does."""
    if len(first) == len(_STAR) and _TALLY.match(first[0]):
        return ["\t".join(_STAR)]
    return [sample] if _is_bare(first) else []


def _annotating(names: list[str]) -> list[str]:
    return [name for name in names[1:] if name.casefold() in _ANNOTATION or name.startswith("\0")]


def _is_bare(first: list[str]) -> bool:
    """Tell whether a file of one sample begins with a gene and its count; samples may be numbers, below "gene"."""
    return len(first) == 2 and is_number(first[1]) and first[0].casefold() not in _ANNOTATION | {"", "id", "gene"}


def _header(lines: list[str], separator: str, source: Path) -> list[str]:
    names = cells_of(lines[0], separator)
    width = len(cells_of(lines[1], separator))
    if len(names) == width - 1:
        names = ["", *names]  # R's write.table leaves the name of the row names out
    while len(names) > max(width, 1) and names[-1] == "":
        names.pop()
    if width < 2 or len(names) != width:
        raise InputError(
            f"{source}: the header has {len(names)} cells and the first row {width}",
            expected="a table of genes x samples, separated by tabs or commas",
            fix="check the file",
        )
    if len(names) > 1 and all(is_number(name) for name in names[1:]) and _is_gene(names[0]):
        raise InputError(
            f'{source} has no header: its first line is the gene "{names[0]}" and numbers',
            expected="a header line that names the samples",
            fix="add one",
        )
    names = [name or f"\0{place}" if place else name for place, name in enumerate(names)]  # made unique, then judged
    times = Counter(names)
    repeated = sorted({name for name in names[1:] if times[name] > 1})
    if repeated:
        raise InputError(
            f"{source} has the column {few(repeated)} more than once", expected="one column per sample",
            fix="give every sample its own name",
        )  # fmt: skip
    return names


def _frame(lines: list[str], separator: str, names: list[str], source: Path) -> pd.DataFrame:
    body = io.StringIO("\n".join(lines[1:]))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # pandas would cut long rows
            return pd.read_csv(
            body, sep=r"\s+" if separator == " " else separator, header=None, names=names, index_col=False,
            keep_default_na=False, na_values={name: list(MISSING) for name in names[1:]}, low_memory=False,
            dtype={names[0]: str}, skipinitialspace=True, float_precision="round_trip",
        )  # fmt: skip
    except (ValueError, pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise InputError(f"{source} cannot be read as a table ({error})", expected="genes x samples") from error


def _is_gene(name: str) -> bool:
    return any(symbols.fraction_known([name], organism) for organism in organisms.names())


def _judged(ids: pd.Series[str], rest: pd.DataFrame, annotation: list[str], source: Path) -> pd.DataFrame:
    """Return the columns as numbers or text; refuse one that is nearly all numbers, and values without a name."""
    out = {}
    for place, (name, column) in enumerate(rest.items(), start=2):
        if str(name).startswith("\0"):
            if column.notna().any():
                raise InputError(
                    f"{source}: column {place} has no name in the header", expected="one name per sample", fix="name it"
                )
            continue  # blank cells behind the last column
        out[name] = column
        if name in annotation or column.dtype not in (object, bool):
            continue
        words = column.astype(object)
        number = words.map(exact_number) if column.dtype == object else pd.Series(np.nan, words.index)
        wrong = number.isna() & words.notna()
        if not wrong.any():
            out[name] = number.astype(float)  # numbers too large for pandas to see as such
        elif number.notna().any() and (wrong.sum() == 1 or wrong.mean() < _SLIPS):
            row = int(np.flatnonzero(wrong)[0])
            raise InputError(
                f'{source} has "{words.iloc[row]}" in row {ids.iloc[row]}, column {name}', expected="a number",
                fix="write missing values as NA, decimals with a point and thousands without a mark",
            )  # fmt: skip
        else:
            out[name] = words
    return pd.DataFrame(out)


def _split_columns(frame: pd.DataFrame, source: Path) -> Table:
    ids, rest = frame.iloc[:, 0].astype(str).str.strip(), frame.iloc[:, 1:]
    annotation = [name for name in rest.columns if str(name).casefold() in _ANNOTATION]
    rest = _judged(ids, rest, annotation, source)
    text = [name for name in rest.columns if rest[name].dtype == object and name not in annotation]
    numeric = [name for name in rest.columns if name not in annotation and name not in text]
    if not numeric:
        first = [f'column "{name}" begins with "{rest[name].iloc[0]}"' for name in list(rest.columns)[:1]]
        raise InputError(
            f"{source} has no column of numbers ({first[0] if first else 'the header names none'})",
            expected="a table of genes x samples with numbers",
            fix="check the file; decimals need a point",
        )
    notes = [f"columns left out because they hold text: {few([str(name) for name in text])}"] if text else []
    other = next((rest[name].fillna("").astype(str) for name in annotation if str(name).casefold() in _NAMES), None)
    named = next((name for name in annotation if rest[name].dtype == object), None)
    if named is not None and ids.str.fullmatch(r"\d{1,9}").all() and (ids.astype(int).diff().dropna() == 1).all():
        ids = rest[named].fillna("").astype(str)  # the first column only counts the rows
    keep = ~ids.str.match(_TALLY) & (ids != "")
    values = rest.loc[keep, numeric].astype(float).set_axis(pd.Index(ids[keep], dtype=object), axis=0)
    words = rest.loc[keep, text].set_axis(values.index, axis=0)
    return Table(values.rename_axis(None), list(other[keep]) if other is not None else [], notes, words)


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
        index.append(bare.strip())
    return pd.DataFrame(values, index=pd.Index(index, dtype=object), columns=pd.Index(names[1:], dtype=object))


def _parse_numbers(cells: list[str]) -> list[float]:
    try:
        return list(map(float, cells))
    except ValueError:
        return [math.nan if cell.strip() in _GAPS else float(cell) for cell in cells]

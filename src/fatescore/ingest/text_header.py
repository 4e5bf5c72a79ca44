"""The lines of a text table: what separates their cells, which of them is the header, and what stands above it."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fatescore import organisms
from fatescore.errors import InputError, few
from fatescore.gene_sets import symbols
from fatescore.geo.series_matrix import MISSING
from fatescore.ingest.column_kinds import is_annotation, is_statistic, names_genes
from fatescore.ingest.file_names import sample_names

TALLY = re.compile(  # of STAR, HTSeq (old ones write no __), featureCounts, and of a spreadsheet
    r"^(__\w+|N_(unmapped|multimapping|noFeature|ambiguous)|no_feature|ambiguous|too_low_aQual|not_aligned|"
    r"alignment_not_unique|Unassigned_\w+|(?i:(grand[ _])?total|total[ _](counts|reads)|sum))$"
)
# An error of Excel is no missing value: it hides a number that somebody had.
GAPS = frozenset(word for word in MISSING if not word.startswith("#") or word == "#N/A")
# What a person takes for a number, whether it can be read as one or not: 1,234  12 345  <0.1  3*  5 %
_NUMBER_LIKE = re.compile(
    r"[<>~=≤≥]*\s*[-+]?[.,]?\d[\d.,' \u00a0\u202f]*([eE][-+]?\d+)?\s*[%*]*|#(VALUE|DIV/0|NUM|REF|NAME|NULL)[!?]"
)
STAR = ("unstranded", "forward", "reverse")  # the columns of ReadsPerGene.out.tab, which has no header
_TOP = 60  # lines among which the header is looked for
_RUN, _TAIL = 3, 5  # lines that make sure where the table begins; lines that show what its rows are like
_ENOUGH = 200  # cells of a row
_MARKS = ("\t", ",", ";", " ", "|")
_DIGITS = 60  # more are no number that anybody wrote
_GENE = 1_000  # letters: a longer cell names no gene, and looking it up would take long
_WIDTH = 80  # of a line or cell that is quoted


@dataclass(frozen=True)
class Lines:
    """``names``: the header with a name for the row names. ``rows``: the lines below, ``numbers``: where they stand."""

    names: list[str]
    rows: list[str]
    numbers: list[int]
    separator: str
    notes: list[str]


def split_lines(data: bytes, source: Path, sample: str = "") -> Lines:
    """Find the header of a text table; in the file of one ``sample`` the column of numbers needs none."""
    numbers, lines = _without_comments(io.StringIO(decode(data, source), newline=None))
    made = _missing_header(lines[0], sample, source) if lines else ""
    if made:
        lines, numbers = [made, *lines], [0, *numbers]
    if len(lines) < 2:
        raise InputError(f"{source} has no rows", expected="a header line and one line per gene", fix="check the file")
    separator, place, first = (separator_of("", lines[1]), 0, 1) if made else _find(lines, numbers, source)
    names = _names(cells_of(lines[place], separator), len(cells_of(lines[first], separator)), source)
    bare = made and names[1:] not in ([sample], list(STAR))
    notes = [f'the file has no header; its sample is called "{names[1]}"'] if bare else []
    beside = [other for other in range(first) if other != place]
    notes += [_quoted(cells_of(lines[one], separator), names, numbers[one], numbers[place]) for one in beside[-5:]]
    if len(beside) > 5:
        notes.append(f"{len(beside)} lines above the table were left out")
    return Lines(names, lines[first:], numbers[first:], separator, notes)


def _quoted(cells: list[str], names: list[str], number: int, header: int) -> str:
    """Return a note on a line that is neither header nor row; what it has a cell for, it says of the columns."""
    where = f"line {number} was left out (the header is line {header})"
    if len(cells) == len(names) and sum(cell != "" for cell in cells[1:]) > 1:
        groups: dict[str, list[str]] = {}
        for name, cell in zip(names[1:], cells[1:], strict=True):
            groups.setdefault(cell, []).append(name)
        return f"{where}: " + few([f'"{cell}" at {few(own)}' for cell, own in groups.items()], 12)
    return f'{where}: "{shortened(" ".join(cell for cell in cells if cell))}"'


def shortened(text: object) -> str:
    """Return the beginning of a line or cell for a message."""
    whole = str(text)
    return whole if len(whole) <= _WIDTH else whole[:_WIDTH] + "..."


def _find(lines: list[str], numbers: list[int], source: Path) -> tuple[str, int, int]:
    """Return the separator, the place of the header and that of the first row."""
    for mark in _MARKS:
        first = _first_row(lines, mark)
        header = _header_above(lines, numbers, mark, first, source) if first else None
        if header is not None:
            return mark, header, first
    separator = separator_of(lines[0], lines[1])
    widths = [str(len(cells_of(line, separator))) for line in lines[: _RUN + 1]]
    if len(set(widths[1:])) > 1:
        raise InputError(
            f"{source} cannot be read as a table (the header has {widths[0]} cells, the first rows {few(widths[1:])})",
            expected="genes x samples", fix="give every row as many cells as the header",
        )  # fmt: skip
    return separator, 0, 1


def _first_row(lines: list[str], mark: str) -> int:
    """Return the place of the first row of values, 0 where a mark does not make a table of the lines."""
    size = min(len(lines), _TOP)
    tail = [cells_of(line, mark) for line in lines[max(1, size - _TAIL) : size]]
    width = Counter(map(len, tail)).most_common(1)[0][0]
    body = ([place for place, cell in enumerate(row[:_ENOUGH]) if place and _valued(cell)] for row in tail)
    valued = max((own for own, row in zip(body, tail, strict=True) if len(row) == width), key=len)
    if width < 2 or not valued:
        return 0
    for first in range(1, size):
        if all(_alike(cells_of(line, mark), width, valued) for line in lines[first : min(first + _RUN, size)]):
            return first
    return 0


def _alike(cells: list[str], width: int, valued: list[int]) -> bool:
    named = any(cells[1:])  # pandas writes the name of the index on a line of its own
    return named and len(cells) == width and 2 * sum(_valued(cells[place]) for place in valued) >= len(valued)


def _valued(cell: str) -> bool:
    return cell in GAPS or is_number_like(cell) or is_number(cell)


def _header_above(lines: list[str], numbers: list[int], mark: str, first: int, source: Path) -> int | None:
    """Return the place of the header among the lines above the first row; refuse where several may be it."""
    above = [cells_of(line, mark) for line in lines[:first]]
    width, last = len(cells_of(lines[first], mark)), first - 1
    named = [_named(cells, width) for cells in above]
    whole = [
        place for place, names in enumerate(named)
        if names and not _repeated(names) and not (is_gene(above[place][0]) and any(map(is_number, above[place])))
    ]  # fmt: skip
    usual = [place for place in whole if names_genes(above[place][0])]
    words = [place for place in usual or whole if not all(map(is_number, named[place]))]
    likely = usual if len(usual) == 1 else words or whole
    if not likely:
        return last if sum(cell != "" for cell in above[last]) > 1 else None
    if len(likely) == 1 and all(_names_groups(cells) for cells in above[likely[0] + 1 :]):
        return likely[0]
    if len(whole) == 1:
        return None
    others = [str(numbers[place]) for place in whole if place != last]
    places = [str(numbers[place]) for place in whole]
    raise InputError(
        f"{source}: lines {few(places)} could each be the header; line {numbers[last]} "
        f'("{shortened(lines[last])}"), right above the values, looks most like it',
        expected="one line that names the samples",
        fix=f"delete line {few(others)}, or call the first cell of the header gene",
    )


def _names_groups(cells: list[str]) -> bool:
    """Tell whether a line between the header and the values can be left out: it has words only, and is no gene's."""
    return not any(is_number(cell) for cell in cells[1:]) and not is_gene(cells[0])


def _named(cells: list[str], width: int) -> list[str]:
    """Return the names that a line has for the columns of values, none unless it has one for nearly every column."""
    while len(cells) > width and not cells[-1]:
        cells = cells[:-1]
    if len(cells) not in (width, width - 1) or width < 2:
        return []
    names = cells[len(cells) - width + 1 :]
    while names and not names[-1]:
        names = names[:-1]  # Excel's blank columns
    return names if names and all(names) else []


def _repeated(names: list[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1 and not is_statistic(name))


def _names(names: list[str], width: int, source: Path) -> list[str]:
    """Return one unique name per column; a column without a name gets one with NUL, to be judged by its cells."""
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
    if names[0] and all(is_number(name) for name in names[1:]) and not (names_genes(names[0]) and _whole(names[1:])):
        raise InputError(
            f'{source} has no header: its first line is {"the gene " * is_gene(names[0])}"{names[0]}" and numbers',
            expected="a header line that names the samples",
            fix="add one",
        )
    repeated = _repeated([name for name in names[1:] if name])
    if repeated:
        raise InputError(
            f"{source} has the column {few(repeated)} more than once", expected="one column per sample",
            fix="give every sample its own name",
        )  # fmt: skip
    times = Counter(names[1:])
    unique = [f"{name}\0{place}" if not name or times[name] > 1 else name for place, name in enumerate(names)]
    return ["" if names[0] in names[1:] else names[0], *unique[1:]]


def _whole(names: list[str]) -> bool:
    return all(name.lstrip("-").isdigit() for name in names)


def _missing_header(line: str, sample: str, source: Path) -> str:
    """Return the header of a file that does without: STAR's, and those with a gene and its count in every line."""
    separator = separator_of("", line)
    first = cells_of(line, separator)
    if len(first) == len(STAR) + 1 and TALLY.match(first[0]):
        return "\t".join(["gene", *STAR])
    if len(first) != 2 or not is_number(first[1]) or is_annotation(first[0]) or names_genes(first[0]):
        return ""
    own = sample or ((sample_names([source.name]) or [source.name])[0] if is_gene(first[0]) else "")
    return separator.join(["gene", own]) if own else ""


def is_gene(name: str) -> bool:
    """Tell whether a name is a gene's in any organism."""
    return len(name) <= _GENE and any(symbols.fraction_known([name], organism) for organism in organisms.names())


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


def _without_comments(text: Iterable[str]) -> tuple[list[int], list[str]]:
    """Return the lines that are neither blank nor comments, and where they stand.

    A comment with the cells of a header above a row of values is the header.
    """
    lines = [(number, line.rstrip("\n")) for number, line in enumerate(text, start=1) if line.strip()]
    kept = [(number, line) for number, line in lines if not line.startswith("#")]
    above = list(itertools.takewhile(lambda line: line[1].startswith("#"), lines))
    if kept and above:
        number, comment = above[-1][0], above[-1][1].lstrip("# ")
        separator = separator_of("", kept[0][1])
        row, header = cells_of(kept[0][1], separator), cells_of(comment, separator)
        if len(row) == len(header) > 1 and is_number(row[-1]):
            kept.insert(0, (number, comment))
    return [number for number, _ in kept], [line for _, line in kept]


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number; Python would read Parse's well 01_02_03 as one."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def is_number_like(cell: str) -> bool:
    """Tell whether a person takes a cell for a number, which it may be no more: 1,234, <0.1, #VALUE!."""
    return len(cell) <= _DIGITS and bool(_NUMBER_LIKE.fullmatch(cell))


def separator_of(header: str, row: str) -> str:
    """Return what separates the cells of a row; a blank stands for any number of them."""
    marks = [mark for mark in _MARKS[:3] if mark in row]
    # 3,5;4,0 under gene;a;b: the header shows which of the two separates.
    rare = "|" if "|" in row and " " not in row else " "  # most often a bar is a part of the name of a gene
    return next((mark for mark in marks if mark in header), marks[0] if marks else rare)


def cells_of(line: str, separator: str) -> list[str]:
    """Split a line, by its quotes where they can be followed."""
    options = {"delimiter": separator, "skipinitialspace": separator == " "}
    clean = line.strip("\r\n ").replace("\r", " ")
    try:
        return [cell.strip() for cell in next(csv.reader([clean], **options), [])]  # type: ignore[arg-type]
    except csv.Error:  # a cell beyond csv's limit
        return [cell.strip().strip('"') for cell in clean.split(separator)]

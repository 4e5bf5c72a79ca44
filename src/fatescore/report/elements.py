"""What pages are made of: sections of text, tables and figures, as the templates take them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from fatescore._extras import altair
from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.pl.labels import code_label, label, listed, measure_label
from fatescore.report import formatting
from fatescore.report.sentences import notes_text
from fatescore.report.tables import records
from fatescore.tables import Format, Kind, find_column, split_names
from fatescore.tables import Table as Declared

LONG_TEXT = 45  # characters
FOLDED_TEXT = 110  # characters from which on a cell shows its beginning and opens on demand
_FORMATS: Mapping[Format, Callable[[Any], str]] = {
    Format.PLAIN: formatting.number, Format.P: formatting.p, Format.AUROC: formatting.auroc,
    Format.PERCENT: formatting.percent,
}  # fmt: skip
_FIELDS = ("field", "covariate", "audit_fields")  # hold names of sample fields
# Codes that read otherwise in their own column.
_VALUES = {
    "expected": {"+": gettext_noop("towards bone"), "-": gettext_noop("towards fat")},
    "population": {
        "bmsc": gettext_noop("marrow stromal cells"), "osteoblast": gettext_noop("osteoblasts, not BMSC"),
        "bone": gettext_noop("bone tissue, not BMSC"), "adipose": gettext_noop("fat tissue, not BMSC"),
        "monocyte": gettext_noop("monocytes, not BMSC"), "other": gettext_noop("not BMSC"),
    },
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One cell: what is shown, what it is sorted by, and what else is needed to draw it."""

    text: str
    order: str = ""
    href: str = ""
    kind: str = ""
    rest: str = ""  # end of a long text, shown on demand


@dataclass(frozen=True)
class Table:
    """A table ready to be drawn."""

    name: str
    caption: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def long(self, column: int) -> bool:
        """Tell whether a column holds sentences and needs room."""
        return any(len(row[column].text + row[column].rest) > LONG_TEXT for row in self.rows)


@dataclass(frozen=True)
class Figure:
    """A chart with its words and the numbers behind it."""

    name: str
    title: str
    alt: str
    spec: dict[str, Any]
    caption: str = ""
    table: Table | None = None
    most: str = "none"  # widest useful (CSS)


@dataclass(frozen=True)
class FigureGrid:
    """Figures side by side; ``level`` is that of their headings."""

    figures: Sequence[Figure]
    level: int = 3
    kind: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str


@dataclass(frozen=True)
class Soft:
    """A paragraph of explanation in a lighter colour."""

    text: str


@dataclass(frozen=True)
class Details:
    """A table, and words before it, that open on demand."""

    summary: str
    table: Table
    text: str = ""


@dataclass(frozen=True)
class Item:
    """A line of a list: text that may be a link, and what follows it."""

    text: str
    href: str = ""
    after: str = ""
    verdict: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Listing:
    """A list; ``kind`` is its CSS class."""

    items: Sequence[Item]
    kind: str


@dataclass(frozen=True)
class Numbers:
    """Names with their values."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Marks:
    """Coloured marks in one line, each a text and a CSS class."""

    marks: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What one contrast (or the whole data set) shows: a headline, a verdict, and the numbers beside them."""

    headline: str
    verdict: str = ""
    numbers: tuple[tuple[str, str], ...] = ()
    tone: str = ""  # plain | warning (confounded) | quiet (not tested)
    title: str = ""
    dataset: str = ""
    mark: str = ""  # CSS class of the title


@dataclass(frozen=True)
class Audit:
    """The confounding audit of one contrast, with the fields that separate its groups."""

    name: str
    href: str
    verdict: str
    tone: str
    tested: str
    fields: Table | None


@dataclass(frozen=True)
class Section:
    """A part of a page with its heading."""

    anchor: str  # its id
    title: str
    parts: Sequence[Any]  # paragraphs (text) and other elements, in order
    short: str = ""  # how the contents of the page name it; empty where they do not

    def __post_init__(self) -> None:
        """Leave out the parts that are absent or empty."""
        object.__setattr__(self, "parts", [part for part in self.parts if part])


@dataclass(frozen=True)
class Page:
    """A page with its sections."""

    title: str
    place: str  # what kind of page it is, behind the link to the summary
    sections: Sequence[Section | None]
    simulated: str = ""  # which data are simulated, in words
    home: str = ""  # address of the summary page; empty on the summary page itself
    subtitle: str = ""


def table(
    name: str,
    caption: str,
    data: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    declared: Declared | None = None,
    marks: Mapping[str, Callable[[Mapping[str, Any]], str]] | None = None,
    links: Mapping[str, Callable[[Mapping[str, Any]], str]] | None = None,
    plain: bool = False,
    folded: Sequence[str] = (),
) -> Table:
    """Turn a table of a step into a table of a page.

    The columns are those that the data have, in order. ``declared`` is the table whose columns these are, where another
    has columns of the same name and another kind. ``marks`` and ``links`` hold, per column, a function of the row that
    gives a CSS class or an address. With ``plain`` numbers stay as they are (in sample fields a number may be a code)
    and all long texts are folded (protocols); else those of the columns in ``folded``.
    """
    names = [column for column in (columns if columns is not None else list(data.columns)) if column in data]
    numeric = tuple(_is_numeric(data[column]) for column in names)
    rows = []
    for record in records(data):
        cells = []
        for column, is_number in zip(names, numeric, strict=True):
            value = record[column]
            text = formatting.plain(value) if plain else cell_text(column, value, declared)
            text, rest = _folded(text) if plain or column in folded else (text, "")
            cells.append(
                Cell(
                    text=text,
                    rest=rest,
                    order=f"{float(value):.10g}" if is_number and not formatting.is_missing(value) else "",
                    href=links[column](record) if links and column in links else "",
                    kind=marks[column](record) if marks and column in marks else "",
                )
            )
        rows.append(tuple(cells))
    labels = [label(column) for column in names]
    # Two fields of the same name in words keep their own names.
    headings = tuple(
        column if text in labels[:index] else text
        for index, (column, text) in enumerate(zip(names, labels, strict=True))
    )
    return Table(name, caption, headings, numeric, tuple(rows))


def cell_text(name: str, value: Any, declared: Declared | None = None) -> str:
    """Return the text of one cell, as the declaration of its column wants it.

    Examples
    --------
    >>> cell_text("p_value", 0.03174), cell_text("verdict", "partial_separation"), cell_text("note", "paired")[:15]
    ('0.032', 'partial separation', 'paired by donor')
    >>> cell_text("audit_fields", "age;extract_protocol_ch1")
    'age, extraction protocol'
    """
    column = (declared.column(name) if declared else None) or find_column(name)
    kind = column.kind if column is not None else Kind.TEXT
    if formatting.is_missing(value):
        return formatting.MISSING
    if isinstance(value, bool) or (kind == Kind.FLAG and str(value) in {"True", "False"}):
        return _("yes") if str(value) == "True" else _("no")
    if isinstance(value, (int, float)):
        return _FORMATS[column.number_format if column is not None else Format.PLAIN](value)
    text = str(value)
    if name == "measure":
        return measure_label(text)
    if kind == Kind.NOTES:
        return notes_text(text)
    names = split_names(text) if kind == Kind.NAMES else [text]
    if name in _FIELDS:
        return listed(map(label, names))
    if name in _VALUES and text in _VALUES[name]:
        return _(_VALUES[name][text])
    holds_codes = kind == Kind.CODE or name in {"level", "contamination"} or column is None
    return listed(map(code_label, names) if holds_codes else names)


def pairs(name: str, caption: str, items: Sequence[tuple[str, ...]], columns: Sequence[str]) -> Table:
    """Return a table of plain text."""
    rows = tuple(tuple(Cell(text) for text in item) for item in items)
    return Table(name, caption, tuple(columns), tuple(False for _column in columns), rows)


def filled_table(
    name: str, caption: str, data: pd.DataFrame, columns: Iterable[str], *, varying: Iterable[str] = (), **how: Any
) -> Table | None:
    """Return a :func:`table` of the columns that hold anything; nothing where there are no rows.

    ``varying`` is as in :func:`fatescore.report.formatting.filled_columns`.
    """
    if not len(data):
        return None
    return table(name, caption, data, formatting.filled_columns(data, columns, varying=varying), **how)


def figure(
    name: str, title: str, chart: Any, alt: str, *, caption: str = "", behind: Table | None = None, most: str = "none"
) -> Figure:
    """Turn an Altair chart into a figure of a page, not wider than ``most`` (CSS)."""
    with altair.data_transformers.enable("default", max_rows=None, consolidate_datasets=True):
        spec = chart.to_dict()
    spec.pop("$schema", None)  # an address nobody needs: the library is inside the page
    spec.pop("config", None)  # the page chooses the light or the dark one
    spec["description"] = alt
    return Figure(name, title, alt, spec, caption, behind, most)


def figures_of(page: Page) -> dict[str, dict[str, Any]]:
    """Return the charts of a page by name."""
    parts = [part for section in page.sections if section for part in section.parts]
    flat = [one for part in parts for one in (part.figures if isinstance(part, FigureGrid) else [part])]
    return {one.name: one.spec for one in flat if isinstance(one, Figure)}


def details(summary: str, table: Table | None, text: str = "") -> Details | None:
    """Return a table that opens on demand; nothing where there is none."""
    return Details(summary, table, text) if table is not None and table.rows else None


def _folded(text: str) -> tuple[str, str]:
    """Return what a long text shows at once and what when it is opened; together they are the text."""
    if len(text) <= FOLDED_TEXT:
        return text, ""
    cut = text.find(" ", LONG_TEXT, 2 * LONG_TEXT)
    cut = cut if cut > 0 else LONG_TEXT
    return text[:cut], text[cut:]


def _is_numeric(column: pd.Series) -> bool:
    """Tell numbers from text; a column without any value counts as text."""
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return bool(is_number and column.notna().any())

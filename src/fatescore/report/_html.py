"""Tables and figures as the templates take them, and the one place that makes HTML."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pandas as pd

from fatescore._language import current, tr, tr_n
from fatescore.pl import _palette, _theme
from fatescore.report import _format
from fatescore.report.tables import records

LONG_TEXT = 45  # characters
FOLDED_TEXT = 110  # characters from which on a cell shows its beginning and opens on demand
_TAGS = {"zh": "zh-CN"}  # of languages whose code alone does not say how to write them


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
class Link:
    """A link to another page or a file."""

    text: str
    href: str


@dataclass(frozen=True)
class Page:
    """Everything a template needs besides its own sections."""

    title: str
    simulated: str = ""  # which data are simulated, in words


def table(
    name: str,
    caption: str,
    data: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    marks: Mapping[str, Callable[[Mapping[str, Any]], str]] | None = None,
    links: Mapping[str, Callable[[Mapping[str, Any]], str]] | None = None,
    plain: bool = False,
    folded: Sequence[str] = (),
) -> Table:
    """Turn a table of a step into a table of a page.

    Parameters
    ----------
    name
        Its id on the page.
    caption
        What it shows.
    data
        Rows and columns as the step wrote them.
    columns
        Which to show, in order; those the data lack are left out.
    marks, links
        Per column a function of the row that gives a CSS class, or an address.
    plain
        Leave numbers as they are (for sample fields, where a number may be a code), and fold long texts (protocols).
    folded
        Further columns whose long texts are folded.
    """
    names = [column for column in (columns if columns is not None else list(data.columns)) if column in data]
    numeric = tuple(_is_numeric(data[column]) for column in names)
    rows = []
    for record in records(data):
        cells = []
        for column, is_number in zip(names, numeric, strict=True):
            value = record[column]
            text = _format.plain(value) if plain else _format.cell(column, value)
            text, rest = _folded(text) if plain or column in folded else (text, "")
            cells.append(
                Cell(
                    text=text,
                    rest=rest,
                    order=_order(value) if is_number else "",
                    href=links[column](record) if links and column in links else "",
                    kind=marks[column](record) if marks and column in marks else "",
                )
            )
        rows.append(tuple(cells))
    labels = [_format.label(column) for column in names]
    # Two fields of the same name in words keep their own names.
    headings = tuple(
        column if label in labels[:index] else label
        for index, (column, label) in enumerate(zip(names, labels, strict=True))
    )
    return Table(name, caption, headings, numeric, tuple(rows))


def pairs(name: str, caption: str, items: Sequence[tuple[str, ...]], columns: Sequence[str]) -> Table:
    """Return a table of plain text."""
    rows = tuple(tuple(Cell(text) for text in item) for item in items)
    return Table(name, caption, tuple(columns), tuple(False for _ in columns), rows)


def figure(
    name: str, title: str, chart: Any, alt: str, *, caption: str = "", behind: Table | None = None, most: str = "none"
) -> Figure:
    """Turn an Altair chart into a figure of a page, not wider than ``most`` (CSS)."""
    import altair

    with altair.data_transformers.enable("default", max_rows=None, consolidate_datasets=True):
        spec = chart.to_dict()
    spec.pop("$schema", None)  # an address nobody needs: the library is inside the page
    spec.pop("config", None)  # the page chooses the light or the dark one
    spec["description"] = alt
    return Figure(name, title, alt, spec, caption, behind, most)


def figures_in(parts: Any) -> dict[str, dict[str, Any]]:
    """Return the charts among what a template shows, by name."""
    if isinstance(parts, Figure):
        return {parts.name: parts.spec}
    inner = parts.values() if isinstance(parts, Mapping) else parts if isinstance(parts, (list, tuple)) else ()
    return {name: spec for one in inner for name, spec in figures_in(one).items()}


def address(*parts: str) -> str:
    """Return a relative address made from parts that may hold any character.

    Examples
    --------
    >>> address("datasets", "<b>", "report.html")
    'datasets/%3Cb%3E/report.html'
    """
    return "/".join(quote(part, safe="._-") if part != ".." else part for part in parts)


def render(template: str, **values: Any) -> str:
    """Render a template; the same values give the same bytes."""
    tag = _TAGS.get(current(), current())
    return str(_environment().get_template(template).render(language=tag, **values))


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


def _order(value: Any) -> str:
    return "" if _format.is_missing(value) else f"{float(value):.10g}"


@functools.cache
def _environment() -> Any:
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fatescore.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    install: Any = environment.install_gettext_callables  # type: ignore[attr-defined]  # the extension adds it
    install(tr, tr_n, newstyle=False)

    def script_json(value: Any) -> Markup:
        """Return JSON that cannot end the script element it stands in."""
        text = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
        )
        for character in "<>&\u2028\u2029":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return Markup(text)  # every character that could end the element is escaped above

    environment.filters["script_json"] = script_json
    environment.filters["number"] = _format.number
    environment.filters["p"] = _format.p
    environment.globals["colours"] = _palette.css_variables()
    environment.globals["chart_themes"] = {"light": _theme.config(), "dark": _theme.config(dark=True)}
    environment.globals["asset"] = _asset
    return environment


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _asset(name: str) -> Any:
    from fatescore.report import _assets

    return _assets.get(name)

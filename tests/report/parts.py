"""Look things up in the sections of a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fatescore.report.elements import Details, Figure, FigureGrid, Section, Table


def parts_of(section: Section) -> Iterator[Any]:
    """Yield every element, those inside of others too."""
    for part in section.parts:
        yield part
        yield from part.figures if isinstance(part, FigureGrid) else ()
        yield from [part.table] if isinstance(part, Details) else ()


def named(section: Section, name: str) -> Any:
    """Return the table or figure of that id; nothing where there is none."""
    found = (part for part in parts_of(section) if isinstance(part, (Table, Figure)) and part.name == name)
    return next(found, None)


def figures(section: Section) -> dict[str, Figure]:
    return {part.name: part for part in parts_of(section) if isinstance(part, Figure)}


def words_of(section: Section) -> str:
    """Return the paragraphs of a section."""
    return " ".join(part if isinstance(part, str) else getattr(part, "text", "") for part in section.parts)


def rows_of(table: Any) -> list[dict[str, str]]:
    return [dict(zip(table.columns, [cell.text for cell in row], strict=True)) for row in table.rows]

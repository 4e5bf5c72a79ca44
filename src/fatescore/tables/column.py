"""What a column and a table are: each is declared once, and names, checks, labels and the dictionary come from that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import pandas as pd

from fatescore.errors import InputError

_OPEN = re.compile(r"<[^<>]+>")


class Kind(StrEnum):
    """What the cells of a column hold; the value is how the data dictionary names it."""

    NUMBER = "number"
    WHOLE = "whole number"
    FLAG = "true or false"
    NAME = "name"  # the same in every language
    NAMES = "names"  # several, see fatescore.tables.notes
    CODE = "code"
    NOTES = "notes"  # codes with values, see fatescore.tables.notes
    TEXT = "text"


class Format(StrEnum):
    """How pages write a number."""

    PLAIN = "plain"
    P = "p"
    AUROC = "auroc"
    PERCENT = "percent"


class Column(str):
    """A column: its name, as a text that tables can be asked by, and what it means.

    Attributes
    ----------
    kind
        What its cells hold.
    unit
        A unit or a range; empty where there is none.
    label
        Heading on pages, in English.
    meaning
        One line for the data dictionary.
    number_format
        How pages write its numbers.

    A name such as ``set:<gene set>`` stands for all columns that differ in the part in angle brackets.

    Examples
    --------
    >>> g = Column("g", Kind.NUMBER, "standard deviations", "Hedges' g", "The difference in standard deviations")
    >>> pd.DataFrame({"g": [1.0]})[g].tolist(), g.label
    ([1.0], "Hedges' g")
    """

    kind: Kind
    unit: str
    label: str
    meaning: str
    number_format: Format

    def __new__(
        cls, key: str, kind: Kind = Kind.TEXT, unit: str = "", label: str = "", meaning: str = "",
        number_format: Format = Format.PLAIN,
    ) -> Self:  # fmt: skip
        """Return the text with its meaning."""
        self = super().__new__(cls, key)
        self.kind, self.unit, self.meaning, self.number_format = kind, unit, meaning, number_format
        self.label = label or key.replace("_", " ")
        return self

    def means(self, meaning: str, *, kind: Kind | None = None, unit: str | None = None) -> Column:
        """Return the same column as it is meant in another table."""
        scale = self.unit if unit is None else unit
        return Column(str(self), kind or self.kind, scale, self.label, meaning, self.number_format)

    @property
    def is_open(self) -> bool:
        """Whether the name stands for several columns."""
        return _OPEN.search(self) is not None

    @property
    def is_any(self) -> bool:
        """Whether the name stands for columns of any name."""
        return _OPEN.fullmatch(self) is not None

    def matches(self, name: str) -> bool:
        """Tell whether this is the column of that name, or stands for it.

        Examples
        --------
        >>> Column("set:<gene set>").matches("set:notch")
        True
        """
        return self == name or self.open_part(name) != ""

    def open_part(self, name: str) -> str:
        """Return what stands for the part in angle brackets; empty where the name is not of that form.

        Examples
        --------
        >>> Column("fraction_<cell type>").open_part("fraction_muscle")
        'muscle'
        """
        form = "(.+)".join(re.escape(part) for part in _OPEN.split(self))
        found = re.fullmatch(form, name, re.DOTALL) if self.is_open else None
        return found[1] if found else ""


@dataclass(frozen=True)
class Table:
    """A table that a step writes.

    Attributes
    ----------
    name
        Name of its file, without the ending.
    step
        The step that writes it.
    columns
        Its columns in order; an open name stands for any number of them.
    meaning
        What one row is, in a few words.
    suffix
        Ending of its file: ``.tsv``, or ``.parquet`` where it has a row per cell.
    required
        The columns without which it cannot be read, where the others depend on the assay; all of them if empty.
    """

    name: str
    step: str
    columns: tuple[Column, ...]
    meaning: str
    suffix: str = ".tsv"
    required: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.name + self.suffix

    @property
    def names(self) -> list[str]:
        """Names of the columns that every such table has, in order."""
        return [str(column) for column in self.columns if not column.is_open]

    def frame(self, rows: Iterable[Any] = ()) -> pd.DataFrame:
        """Return rows (maps, or sequences in the order of the columns) as a table with exactly the named columns."""
        return pd.DataFrame(list(rows), columns=self.names)

    def column(self, name: str) -> Column | None:
        """Return the declaration that holds for a column; one that is written out goes before an open one."""
        ordered = sorted(self.columns, key=lambda column: column.is_open)
        return next((column for column in ordered if column.matches(name)), None)

    def check(self, table: pd.DataFrame, source: object, needed: Iterable[str] | None = None) -> None:
        """Refuse a table that lacks columns; one without any is that of a data set that stopped.

        Parameters
        ----------
        table
            What was read.
        source
            Where, for the message.
        needed
            The columns that it must have; without it the required ones.

        Raises
        ------
        InputError
            Naming the columns.
        """
        wanted = list(needed) if needed is not None else [*self.required] or self.names
        absent = [name for name in wanted if name not in table] if len(table.columns) else []
        if absent:
            raise InputError(
                f"{source} has no column {', '.join(absent)}",
                expected=f"{self.file}, written by the step {self.step}",
                fix="check the path, or run that step again",
            )

"""Tables of few rows and very many columns, such as a few genes of many cells: pandas takes 0.1 ms for a column."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from fatescore.geo.series_matrix import MISSING

_COLUMNS = 1_000
_ROWS = 500  # with more of them pandas is the faster one again
_GAPS = frozenset(MISSING)


def read_wide(lines: list[str], separator: str, names: list[str]) -> pd.DataFrame | None:
    """Return rows x columns of numbers, or ``None`` for what is not wide, or not all numbers behind a name.

    Parameters
    ----------
    lines
        The rows, without the header.
    separator
        What separates cells; a blank stands for any number of them.
    names
        The header.
    """
    if len(names) <= _COLUMNS or len(lines) >= _ROWS:
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
            row[:] = _numbers(cells)
        except ValueError:
            return None
        index.append(bare.strip())
    return pd.DataFrame(values, index=pd.Index(index, dtype=object), columns=pd.Index(names[1:], dtype=object))


def _numbers(cells: list[str]) -> list[float]:
    try:
        return list(map(float, cells))
    except ValueError:
        return [math.nan if cell.strip() in _GAPS else float(cell) for cell in cells]

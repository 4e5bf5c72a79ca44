"""Small pieces that several figures share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fatescore._extras import altair as alt

_MOST_BINS = 1000  # of one chart, over all of its rows


def padded(values: Any, *, zero: bool = False, share: float = 0.06) -> list[float]:
    """Return an axis range that holds all finite values with some room.

    Examples
    --------
    >>> padded([0.0, 1.0], share=0.1)
    [-0.1, 1.1]
    >>> padded([])
    [-1.0, 1.0]
    """
    data = np.asarray(values, dtype=float).ravel()
    data = data[np.isfinite(data)]
    if zero:
        data = np.append(data, 0.0)
    if data.size == 0:
        return [-1.0, 1.0]
    low, high = float(data.min()), float(data.max())
    room = (high - low) * share or 1.0
    return [low - room, high + room]


def bins_each(rows: int, most: int) -> int:
    """Return into how many bins each of many rows is cut, so that a chart of hundreds stays small.

    Examples
    --------
    >>> bins_each(6, 60), bins_each(200, 60)
    (60, 12)
    """
    return int(np.clip(_MOST_BINS // max(rows, 1), 12, most))


def select(
    table: pd.DataFrame, text: Sequence[str] | Mapping[str, str] = (), numbers: Sequence[str] | Mapping[str, str] = ()
) -> pd.DataFrame:
    """Return the columns of a chart, as text and as numbers; a mapping renames them (new name to column).

    Examples
    --------
    >>> select(pd.DataFrame({"sample": ["a"], "g_low": [1]}), ["sample", "donor"], {"low": "g_low"}).to_dict("records")
    [{'sample': 'a', 'donor': '', 'low': 1.0}]
    """
    columns: dict[str, pd.Series] = {}
    for names, read in ((text, text_column), (numbers, number_column)):
        renamed = names if isinstance(names, Mapping) else dict(zip(names, names, strict=True))
        columns |= {new: read(table, name) for new, name in renamed.items()}
    return pd.DataFrame(columns, index=table.index)


def axis(domain: Sequence[float], title: str, *, logged: bool | None = None, **options: Any) -> dict[str, Any]:
    """Return type, scale and axis of the numbers of a chart; ``options`` are those of ``altair.Axis``."""
    kind = {} if logged is None else {"type": "log" if logged else "linear"}
    return {
        "type": "quantitative",
        "scale": alt.Scale(domain=domain, nice=False, **kind),
        "axis": alt.Axis(title=title, **{"grid": True, "tickCount": 6, **options}),
    }


def by_name(channel: Any, field: str, values: Mapping[str, str], legend: Any) -> Any:
    """Return a channel (a class of Altair) in which every name has its own colour or shape."""
    scale = alt.Scale(domain=list(values), range=list(values.values()))
    return channel(field=field, type="nominal", scale=scale, legend=legend)


def reference_line(name: str, value: float, x: dict[str, Any]) -> Any:
    """Return a dashed upright line."""
    return alt.Chart(pd.DataFrame({name: [value]})).mark_rule(strokeDash=[4, 3]).encode(x=alt.X(field=name, **x))


def tooltip(data: pd.DataFrame, *lines: Any) -> list[Any]:
    """Return the lines of a tooltip, without those that would be empty in every row.

    Examples
    --------
    >>> lines = tooltip(pd.DataFrame({"p": [0.5], "audit": [""]}), quantitative("p", "p"), nominal("audit", "audit"))
    >>> [line["title"] for line in lines]
    ['p']
    """
    filled = data.notna() & (data != "")
    return [line for line in lines if filled[line["field"]].any()]


def digits(values: Any) -> str:
    """Return the format of numbers in a tooltip: whole from a thousand on, so that counts have no exponent.

    Examples
    --------
    >>> digits([12.5, 18302.0]), digits([0.25])
    (',.0f', '.4~g')
    """
    size = np.abs(np.asarray(values, dtype=float))
    return ",.0f" if (size >= 1000).any() else ".4~g"


def quantitative(name: str, title: str, spec: str = ".3~g") -> Any:
    """Return a tooltip line for a number."""
    return alt.Tooltip(field=name, type="quantitative", title=title, format=spec)


def nominal(name: str, title: str) -> Any:
    """Return a tooltip line for text."""
    return alt.Tooltip(field=name, type="nominal", title=title)


def text_column(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as text, empty where the table lacks it or it is missing."""
    if name not in table:
        return pd.Series("", index=table.index, dtype=object)
    return table[name].astype(object).where(table[name].notna(), "").astype(str)


def number_column(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as numbers, NaN where the table lacks it or it holds no number."""
    if name not in table:
        return pd.Series(np.nan, index=table.index, dtype=float)
    return pd.to_numeric(table[name], errors="coerce").astype(float)

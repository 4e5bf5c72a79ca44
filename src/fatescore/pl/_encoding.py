"""Small pieces that several figures share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from fatescore.pl.labels import audit_label
from fatescore.tables import split_names
from fatescore.tables.codes import AuditVerdict
from fatescore.typing import IntArray

_MOST_BINS = 1000  # of one chart, over all of its rows
ROW = 38  # pixels of height for one row of a chart with names of two lines on its y axis


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


def bin_2d(x: Any, y: Any, limits: Sequence[float], bins: int) -> tuple[IntArray, IntArray]:
    """Return the bin index of every point on a square grid (values outside are put in the border bins)."""
    low, high = limits
    scale = bins / (high - low)

    def index(values: Any) -> IntArray:
        places = ((np.asarray(values, dtype=float) - low) * scale).astype(np.int64)
        return np.asarray(np.clip(places, 0, bins - 1))

    return index(x), index(y)


def two_lines(first: pd.Series, second: pd.Series) -> pd.Series:
    r"""Name rows by two lines of text (the second may be empty), for :func:`name_axis`.

    Examples
    --------
    >>> two_lines(pd.Series(["A", "B"]), pd.Series(["5 v 4", ""])).tolist()
    ['A\n5 v 4', 'B']
    """
    return first + second.where(second == "", "\n" + second)


def name_axis(limit: int = 190) -> Any:
    """Return the axis of rows that :func:`two_lines` named."""
    import altair as alt

    return alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=limit, ticks=False, domain=False)


def donors(table: pd.DataFrame) -> pd.Series:
    """Return how many donors are on each side as text, empty where not known.

    Examples
    --------
    >>> donors(pd.DataFrame({"n_case": [5], "n_control": [4]})).tolist()
    ['5 v 4']
    """
    sides = zip(number_column(table, "n_case"), number_column(table, "n_control"), strict=True)
    text = ["" if np.isnan(a) or np.isnan(b) else f"{a:.0f} v {b:.0f}" for a, b in sides]
    return pd.Series(text, index=table.index, dtype=object)


def confounded(contrasts: pd.DataFrame) -> pd.Series:
    """Tell of every row whether the audit found it completely confounded.

    Examples
    --------
    >>> confounded(pd.DataFrame({"audit_verdict": ["clean", "completely_confounded"]})).tolist()
    [False, True]
    """
    return text_column(contrasts, "audit_verdict") == AuditVerdict.COMPLETELY_CONFOUNDED


def audits(contrasts: pd.DataFrame) -> pd.Series:
    """Return the verdict of the audit on every row, with its fields, as text.

    Examples
    --------
    >>> audits(pd.DataFrame({"audit_verdict": ["partially_confounded"], "audit_fields": ["age;kit"]})).tolist()
    ['partially confounded with age, kit']
    """
    verdicts, fields = (text_column(contrasts, name) for name in ("audit_verdict", "audit_fields"))
    texts = [audit_label(verdict, split_names(of)) for verdict, of in zip(verdicts, fields, strict=True)]
    return pd.Series(texts, index=contrasts.index, dtype=object)


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
    import altair as alt

    return alt.Tooltip(field=name, type="quantitative", title=title, format=spec)


def nominal(name: str, title: str) -> Any:
    """Return a tooltip line for text."""
    import altair as alt

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

"""Clouds of cells: one picture inside the chart, in which every cell is drawn, and bins that answer the pointer."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from fatescore._extras import altair as alt
from fatescore._extras import pil_image
from fatescore.typing import FloatArray

MOST_POINTS = 1500  # observations that are drawn as points of their own, with their names
BINS = 36
_PIXELS = (720, 640)
_COLOURS = 32  # of the picture's palette; more are not distinguished, and make the file larger
_PER_INCH = 72  # so that one point of matplotlib is one pixel


def picture(
    x: ArrayLike,
    y: ArrayLike,
    colours: Sequence[str] | FloatArray,
    limits: Sequence[float],
    *,
    rank: ArrayLike | None = None,
) -> Any:
    """Draw every cell as a dot in one picture that fills the plot area exactly.

    ``colours`` (one per cell) are as matplotlib takes them: names, or rows of red, green, blue and opacity (0 to 1).
    Cells that are not opaque (all must be so by the same amount) lie behind the others, and cells with a higher
    ``rank`` over those with a lower one; within a rank the order is shuffled, so that no group hides another.
    The image mark holds a PNG of 720 x 640 pixels and some 20 to 100 KB, however many cells there are.

    Examples
    --------
    >>> picture([0.0], [0.0], ["#D98200"], [-1.0, 1.0]).to_dict()["mark"]["type"]
    'image'
    """
    png = _png(np.asarray(x, dtype=float), np.asarray(y, dtype=float), colours, limits, rank)
    url = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
    return (
        alt.Chart(pd.DataFrame({"url": [url]}))
        .mark_image(aspect=False, width={"expr": "width"}, height={"expr": "height"})
        .encode(
            url=alt.Url(field="url", type="nominal"),
            x=alt.value({"expr": "width / 2"}),
            y=alt.value({"expr": "height / 2"}),
        )
    )


def bins(table: pd.DataFrame, axes: dict[str, Any], limits: Sequence[float], **encoding: Any) -> Any:
    """Return the invisible squares that carry tooltips: rows of :func:`counted` and what else was added to them."""
    step = (limits[1] - limits[0]) / BINS
    return (
        alt.Chart(table)
        .transform_calculate(x2=f"datum.x + {step}", y2=f"datum.y + {step}")
        .mark_rect(fillOpacity=0)  # not opacity, which makes a PDF three times as large
        .encode(x=alt.X(field="x", **axes["x"]), x2="x2", y=alt.Y(field="y", **axes["y"]), y2="y2", **encoding)
    )


def counted(x: ArrayLike, y: ArrayLike, limits: Sequence[float]) -> tuple[pd.DataFrame, pd.Series]:
    """Count cells on a square grid.

    Returns
    -------
    The bins with cells (lower edges ``x`` and ``y``, number of ``cells``), and the row in that table of every cell.

    Examples
    --------
    >>> table, row = counted([0.0, 0.9, 0.0], [0.0, 0.9, 0.0], [0.0, 1.0])
    >>> table["cells"].tolist(), row.tolist()
    ([2, 1], [0, 1, 0])
    """
    scale = BINS / (limits[1] - limits[0])
    points = ((np.column_stack([x, y]).astype(float) - limits[0]) * scale).astype(np.int64)
    column, line = np.clip(points, 0, BINS - 1).T  # what lies outside is put in the border bins
    row, places = pd.factorize(column * BINS + line, sort=True)
    edges = np.linspace(limits[0], limits[1], BINS + 1)[:-1].round(5)
    cells = np.bincount(row, minlength=len(places))
    table = pd.DataFrame({"x": edges[places // BINS], "y": edges[places % BINS], "cells": cells})
    return table, pd.Series(row)


def most_common(row: pd.Series, values: pd.Series, order: Sequence[str]) -> pd.Series:
    """Return the most common value in every bin; ties go to the one that stands first in ``order``.

    Examples
    --------
    >>> most_common(pd.Series([0, 0, 1]), pd.Series(["b", "a", "b"]), ["a", "b"]).tolist()
    ['a', 'b']
    """
    counts = pd.crosstab(row, pd.Categorical(values, categories=list(order)), dropna=False)
    return counts.idxmax(axis=1).astype(str).reset_index(drop=True)


def _png(
    x: FloatArray, y: FloatArray, colours: Sequence[str] | FloatArray, limits: Sequence[float], rank: ArrayLike | None
) -> bytes:
    from matplotlib.colors import to_rgba_array

    order = np.random.default_rng(0).permutation(len(x))
    if rank is not None:
        order = order[np.argsort(np.asarray(rank)[order], kind="stable")]
    rgba = to_rgba_array(colours)[order]
    faint = rgba[:, 3] < 1
    image = pil_image.new("RGBA", _PIXELS)
    for mask in (faint, ~faint):
        if mask.any():
            image.alpha_composite(_dots(x[order][mask], y[order][mask], rgba[mask], limits, len(x)))
    file = io.BytesIO()
    image.quantize(_COLOURS, method=pil_image.Quantize.FASTOCTREE, dither=pil_image.Dither.NONE).save(
        file, "PNG", optimize=True
    )
    return file.getvalue()


def _dots(x: FloatArray, y: FloatArray, rgba: FloatArray, limits: Sequence[float], n: int) -> Any:
    """Draw dots of one opacity; where they overlap they are no less see-through than one alone."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    diameter = float(np.clip(700 / np.sqrt(n), 2.0, 7.0))
    figure = Figure(figsize=(_PIXELS[0] / _PER_INCH, _PIXELS[1] / _PER_INCH), dpi=_PER_INCH)
    axes = figure.add_axes((0, 0, 1, 1), xlim=tuple(limits), ylim=tuple(limits))
    axes.set_axis_off()
    figure.patch.set_alpha(0)
    # Not antialiased: half of the bytes, and the picture has more pixels than the page shows.
    axes.scatter(x, y, s=diameter**2, c=rgba[:, :3], linewidths=0, antialiased=False)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    image = pil_image.fromarray(np.asarray(canvas.buffer_rgba()), "RGBA")
    image.putalpha(image.getchannel("A").point([round(level * rgba[0, 3]) for level in range(256)]))
    return image

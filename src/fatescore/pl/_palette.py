"""How every chart looks: one colour (and one shape) per meaning, the same in every figure and on every page.

The hues come from the Okabe-Ito and Paul Tol sets, which are distinct for the common kinds of colour blindness;
shapes carry the same meaning a second time. Colours with a meaning keep about 3:1 contrast on the light and the dark
page.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fatescore.tables import columns as col
from fatescore.tables.codes import FateCall

if TYPE_CHECKING:
    from anndata import AnnData

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

LIGHT_INK, LIGHT_SOFT, LIGHT_GRID = "#20242B", "#5A626E", "#E3E6EB"
DARK_INK, DARK_SOFT, DARK_GRID = "#E7E9ED", "#A7AEBA", "#343A45"

OSTEOGENIC = "#1F77B4"
ADIPOGENIC = "#D98200"
DUAL = "#A8604A"
UNCOMMITTED = "#85898F"
NOT_SCORABLE = "#B9BDC4"
CASE = "#8F55C0"
CONTROL = "#2C9C6E"
OTHER = "#85898F"
NEUTRAL = "#85898F"
KEPT = "#5B7083"
DROPPED = "#C23B50"

# For what has no colour of its own (batches, donors); none is close to one that has a meaning.
BATCHES = ("#E06A9F", "#7C8A14", "#4C55D8", "#27AEB9", "#A3284B", "#CFAE12", "#BC90EA", "#3F6B12")
BATCH_SHAPES = (
    "circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left",
)  # fmt: skip
HIGHLIGHT = BATCHES[0]
# Numbers, low to high: viridis without its ends, which vanish on a dark or a light page.
SEQUENTIAL = ("#3B528B", "#2C728E", "#21918C", "#28AE80", "#7AD151")
BIAS = (ADIPOGENIC, NEUTRAL, OSTEOGENIC)
DIVERGING = (ADIPOGENIC, "#E9E6E1", OSTEOGENIC)  # about a zero that means something, on white

CALLS: dict[str, str] = {
    FateCall.OSTEOGENIC: OSTEOGENIC,
    FateCall.ADIPOGENIC: ADIPOGENIC,
    FateCall.DUAL: DUAL,
    FateCall.UNCOMMITTED: UNCOMMITTED,
    FateCall.NOT_SCORABLE: NOT_SCORABLE,
}
CALL_SHAPES: dict[str, str] = {
    FateCall.OSTEOGENIC: "circle",
    FateCall.ADIPOGENIC: "square",
    FateCall.DUAL: "diamond",
    FateCall.UNCOMMITTED: "cross",
    FateCall.NOT_SCORABLE: "stroke",
}
# Types as ``pp.cell_types`` names them: only the stromal ones are scored.
CELL_TYPES: dict[str, str] = {
    "stromal": BATCHES[2], "haematopoietic": BATCHES[0], "endothelial": BATCHES[1], "erythroid": BATCHES[4],
    "muscle": BATCHES[5], "schwann": BATCHES[3], "unknown": NOT_SCORABLE,
}  # fmt: skip
# The definitions of the index, which are no fates.
INDICES: dict[str, str] = {"core": BATCHES[1], "review": BATCHES[3], "extended": BATCHES[2]}
INDEX_SHAPES: dict[str, str] = {"core": "circle", "review": "square", "extended": "triangle-up"}


def condition_colours(conditions: Iterable[str], *, case: str = "", control: str = "") -> dict[str, str]:
    """Return the colour of each condition: case and control have their own, all others are grey.

    Examples
    --------
    >>> condition_colours(["control", "osteoporosis"], case="osteoporosis", control="control")
    {'control': '#2C9C6E', 'osteoporosis': '#8F55C0'}
    """
    known = {case: CASE, control: CONTROL}
    return {name: known.get(name, OTHER) for name in conditions}


def categories(values: Iterable[str], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a colour for each value: those that are known have their own, others go round in ``BATCHES``.

    Examples
    --------
    >>> categories(["kit 1", "control"], {"control": CONTROL})
    {'kit 1': '#E06A9F', 'control': '#2C9C6E'}
    """
    own = known or {}
    cycle = itertools.cycle(BATCHES)
    return {name: own[name] if name in own else next(cycle) for name in dict.fromkeys(values)}


def write_colours(adata: AnnData, column: str, colours: Mapping[str, str]) -> None:
    """Write the colours of a column's categories into ``uns``, where scanpy and cellxgene look for them.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> fs.tl.fate_bias(adata, organism="human")
    >>> write_colours(adata, "fate_call", CALLS)
    >>> adata.uns["fate_call_colors"][0]
    '#1F77B4'
    """
    adata.uns[col.colours_key(column)] = [colours[name] for name in adata.obs[column].cat.categories]


def rgb(colour: str) -> list[float]:
    """Return the red, green and blue of ``#RRGGBB``, 0 to 1.

    Examples
    --------
    >>> rgb("#FF0000")
    [1.0, 0.0, 0.0]
    """
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def config(*, dark: bool = False) -> dict[str, Any]:
    """Return the Vega-Lite configuration of the light or the dark page.

    Charts name colours only where a colour carries a meaning; ink, grid and text come from here.

    Examples
    --------
    >>> config()["background"]
    'transparent'
    """
    ink, soft, grid = (DARK_INK, DARK_SOFT, DARK_GRID) if dark else (LIGHT_INK, LIGHT_SOFT, LIGHT_GRID)
    return {
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        # A screen reader hears the description of the chart and its axes and legends, not hundreds of marks.
        "mark": {"color": ink, "aria": False},
        "rule": {"color": soft},
        "tick": {"color": ink},
        "text": {"color": ink, "fontSize": 12},
        "axis": {
            "labelColor": soft,
            "titleColor": ink,
            "titleFontWeight": "normal",
            "titleFontSize": 12,
            "labelFontSize": 12,
            "labelLimit": 150,
            "gridColor": grid,
            "domainColor": grid,
            "tickColor": grid,
            "labelOverlap": True,
        },
        "axisBand": {"grid": False, "ticks": False, "domain": False, "labelPadding": 6, "labelOverlap": False},
        "legend": {
            "labelColor": ink,
            "titleColor": soft,
            "titleFontWeight": "normal",
            "labelFontSize": 12,
            "orient": "top",
            "labelLimit": 220,
        },
        "title": {"color": ink, "fontWeight": "normal", "fontSize": 13, "anchor": "start"},
        "header": {"labelColor": ink, "titleColor": ink},
    }


def css_variables() -> dict[str, str]:
    """Return the colours as CSS custom properties, so that a page and its charts agree."""
    return {
        "--osteogenic": OSTEOGENIC,
        "--adipogenic": ADIPOGENIC,
        "--dual": DUAL,
        "--uncommitted": UNCOMMITTED,
        "--case": CASE,
        "--control": CONTROL,
    }

"""How every chart looks, once on a light page and once on a dark one (Vega configurations)."""

from __future__ import annotations

from typing import Any

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

LIGHT_INK, LIGHT_SOFT, LIGHT_GRID = "#20242B", "#5A626E", "#E3E6EB"
DARK_INK, DARK_SOFT, DARK_GRID = "#E7E9ED", "#A7AEBA", "#343A45"


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

"""One colour (and one shape) per meaning, the same in every figure and on every page.

The hues come from the Okabe-Ito and Paul Tol sets, which stay apart for the common kinds of colour blindness;
shapes carry the same meaning a second time. All keep at least 3:1 contrast on the light and the dark page.
"""

from __future__ import annotations

from collections.abc import Iterable

from fatescore import _keys

OSTEOGENIC = "#1F77B4"
ADIPOGENIC = "#D98200"
DUAL = "#A8604A"
UNCOMMITTED = "#85898F"
NOT_SCORABLE = "#B9BDC4"
CASE = "#8F55C0"
CONTROL = "#2C9C6E"
OTHER = "#85898F"
NEUTRAL = "#85898F"

CALLS: dict[str, str] = {
    _keys.CALL_OSTEOGENIC: OSTEOGENIC,
    _keys.CALL_ADIPOGENIC: ADIPOGENIC,
    _keys.CALL_DUAL: DUAL,
    _keys.CALL_UNCOMMITTED: UNCOMMITTED,
    _keys.CALL_NOT_SCORABLE: NOT_SCORABLE,
}
CALL_SHAPES: dict[str, str] = {
    _keys.CALL_OSTEOGENIC: "circle",
    _keys.CALL_ADIPOGENIC: "square",
    _keys.CALL_DUAL: "diamond",
    _keys.CALL_UNCOMMITTED: "cross",
    _keys.CALL_NOT_SCORABLE: "stroke",
}
ARMS: dict[str, str] = {_keys.OSTEOGENIC: OSTEOGENIC, _keys.ADIPOGENIC: ADIPOGENIC}


def condition_colours(conditions: Iterable[str], *, case: str = "", control: str = "") -> dict[str, str]:
    """Return the colour of each condition: case and control have their own, all others are grey.

    Parameters
    ----------
    conditions
        Names of conditions, in the order of the legend.
    case, control
        Which of them are the two sides of the contrast.

    Examples
    --------
    >>> condition_colours(["control", "osteoporosis"], case="osteoporosis", control="control")
    {'control': '#2C9C6E', 'osteoporosis': '#8F55C0'}
    """
    known = {case: CASE, control: CONTROL}
    return {name: known.get(name, OTHER) for name in conditions}


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

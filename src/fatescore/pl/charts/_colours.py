"""The colours of a column of a chart, as Vega takes them and as the dots of a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fatescore._extras import altair as alt
from fatescore.pl import _palette
from fatescore.pl.charts import _encoding
from fatescore.typing import FloatArray

CLIPPED = (0.01, 0.99)  # quantiles: a few extreme values would take all the colours
FAINT = 0.3  # opacity of what has no value, for a light and a dark page
MOST_NAMES = 16  # in a legend


@dataclass(frozen=True)
class Colours:
    """The colours of a column."""

    of_dots: FloatArray  # red, green, blue and opacity (0 to 1) of every row; those without a value are see-through
    channel: Any  # Vega's, of the column "value"


def of_numbers(values: pd.Series, title: str | None, *, about_median: bool = False, logged: bool = False) -> Colours:
    """Colour numbers from low to high, clipped at the 1st and the 99th percentile.

    With ``about_median`` from fat through grey, at the median, to bone, as far on both sides; with ``logged`` on a
    logarithmic scale, where values below 1 are shown as 1.
    """
    values = values.where(np.isfinite(values))
    places = np.log10(values.clip(lower=1)) if logged else values
    low, middle, high = places.quantile([CLIPPED[0], 0.5, CLIPPED[1]]) if places.notna().any() else (0.0, 0.5, 1.0)
    palette = _palette.BIAS if about_median else _palette.SEQUENTIAL
    if about_median:
        reach = max(high - middle, middle - low)
        low, high = middle - reach, middle + reach
    stops = np.linspace(low, high if high > low else low + 1.0, len(palette))
    # As Vega blends the colours of the palette between the stops.
    channels = np.array([_palette.rgb(colour) for colour in palette]).T
    dots = np.column_stack([*(np.interp(places, stops, channel) for channel in channels), np.ones(len(places))])
    dots[places.isna().to_numpy()] = [*_palette.rgb(_palette.NEUTRAL), FAINT]
    scale = alt.Scale(
        type="log" if logged else "linear", domain=(10**stops if logged else stops).tolist(), range=list(palette),
        clamp=True, interpolate="rgb", nice=False,
    )  # fmt: skip
    spec = "~s" if logged else ".3~g"
    legend = alt.Legend(title=title, titleLimit=320, gradientLength=180, gradientOpacity=1, format=spec, tickCount=3)
    return Colours(dots, alt.Color(field="value", type="quantitative", scale=scale, legend=legend))


def of_names(values: pd.Series, title: str | None, known: Mapping[str, str]) -> Colours:
    """Give every name a colour; ``known`` ones have their own, and an empty text is no value."""
    chosen = _palette.categories(sorted(set(values) - {""}), known)
    hexes = values.map(chosen)
    dots = np.full((len(values), 4), 1.0)
    for name, colour in chosen.items():
        dots[(values == name).to_numpy(), :3] = _palette.rgb(colour)
    dots[hexes.isna().to_numpy()] = [*_palette.rgb(_palette.NEUTRAL), FAINT]
    columns = legend_columns(chosen)
    legend = alt.Legend(
        title=title, titleLimit=320, columns=columns, symbolOpacity=1, symbolType="circle",
        labelLimit=160 if columns > 1 else 260,
    )  # fmt: skip
    return Colours(dots, _encoding.by_name(alt.Color, "value", chosen, legend if len(chosen) <= MOST_NAMES else None))


def legend_columns(names: Iterable[str]) -> int:
    """Return in how many columns a legend of these names fits above a chart of some 300 pixels.

    Examples
    --------
    >>> legend_columns(["stromal", "endothelial"])
    2
    """
    longest = max(map(len, names), default=0)
    return 3 if longest < 10 else 2 if longest <= 20 else 1

"""Samples on their first two principal components."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.pl import _encoding, _palette
from fatescore.tables import columns as col

COMPONENTS = ("PC1", "PC2")
_OTHER, _UNKNOWN = gettext_noop("other"), gettext_noop("not known")


def samples_pca(
    pca: pd.DataFrame,
    colour: Mapping[str, Any] | pd.Series,
    *,
    case: str = "",
    control: str = "",
    title: str | None = None,
) -> Any:
    """Draw every sample by its first two principal components.

    Parameters
    ----------
    pca
        Rows of ``qc_pca.tsv``: one per sample and component (``PC1``, ``PC2``, ...), with ``score`` and
        ``variance_ratio`` (0 to 1).
    colour
        Sample -> value to colour by: text (a colour and a shape for each of the eight most common values, the others
        are "other") or numbers (from low to high).
    case, control
        The values that have fixed colours.
    title
        Of the legend.

    Returns
    -------
    altair.LayerChart
        The titles of the axes give the share of variance.

    Examples
    --------
    >>> pca = pd.DataFrame({"sample": ["a", "a"], "component": ["PC1", "PC2"], "score": [1.0, 2.0],
    ...                     "variance_ratio": [0.34, 0.2]})
    >>> samples_pca(pca, {"a": "control"}).to_dict()["layer"][0]["encoding"]["x"]["axis"]["title"]
    'PC1 (34 % of variance)'
    """
    import altair as alt

    data = _rows(pca, colour)
    if pd.api.types.is_numeric_dtype(data["value"]) and not pd.api.types.is_bool_dtype(data["value"]):
        scale = _palette.of_numbers(data["value"], title)
        shown = alt.Color(field="value", type="quantitative", scale=scale.scale, legend=scale.legend)
        channels = {"color": alt.condition("isValid(datum.value)", shown, alt.value(_palette.NOT_SCORABLE))}
    else:
        data["value"] = _named(data["value"], case, control)
        channels = _by_name(list(dict.fromkeys(data["value"])), title, case, control)
    points = (
        alt.Chart(data)
        .mark_point(filled=True, size=110, opacity=0.9)
        .encode(
            x=_axis(alt.X, data, pca, "x", COMPONENTS[0]),
            y=_axis(alt.Y, data, pca, "y", COMPONENTS[1]),
            tooltip=_encoding.tooltip(
                data,
                _encoding.nominal("sample", _("sample")),
                _encoding.nominal("donor", _("donor")),
                _encoding.nominal("condition", _("condition")),
                _encoding.nominal("shown", title or _("value")),
                _encoding.quantitative("x", COMPONENTS[0]),
                _encoding.quantitative("y", COMPONENTS[1]),
            ),
            **channels,
        )
    )
    return alt.layer(points).properties(width="container", height=340)


def _axis(channel: Any, data: pd.DataFrame, pca: pd.DataFrame, field: str, component: str) -> Any:
    """Return one axis, with the share of variance in its title."""
    import altair as alt

    shares = _encoding.number_column(pca, "variance_ratio")[
        _encoding.text_column(pca, "component") == component
    ].dropna()
    title = component
    if len(shares):
        title = _("{component} ({share} % of variance)").format(
            component=component, share=f"{100 * shares.iloc[0]:.0f}"
        )
    scale = alt.Scale(domain=_encoding.padded(data[field]), nice=False)
    return channel(field=field, type="quantitative", scale=scale, axis=alt.Axis(title=title, grid=True, tickCount=5))


def _rows(pca: pd.DataFrame, colour: Mapping[str, Any] | pd.Series) -> pd.DataFrame:
    """Return one row per sample with both scores and its value."""
    frame = pd.DataFrame({name: _encoding.text_column(pca, name) for name in (*col.IDENTITY[1:], "component")})
    frame["score"] = _encoding.number_column(pca, "score").round(5)
    data = frame.drop_duplicates(col.SAMPLE)[list(col.IDENTITY[1:])]
    for name, component in zip("xy", COMPONENTS, strict=True):
        scores = frame[frame["component"] == component].set_index(col.SAMPLE)["score"]
        data = data.assign(**{name: data[col.SAMPLE].map(scores)})
    values = dict(colour)
    data = data.assign(value=pd.Series([values.get(name) for name in data[col.SAMPLE]], index=data.index))
    shown = data["value"].astype(object).where(data["value"].notna(), "").astype(str)
    # Coloured by condition: the tooltip has a line for that already.
    return data.assign(shown="" if shown.equals(data[col.CONDITION]) else shown)


def _named(values: pd.Series, case: str, control: str) -> pd.Series:
    """Return values as text; those beyond the colours there are become one."""
    text = values.astype(object).where(values.notna(), "").astype(str)
    counts = text[~text.isin(["", case, control])].value_counts()
    order = sorted(counts.index, key=lambda name: (-counts[name], name))
    rare = set(order[len(_palette.BATCHES) :])
    return text.map(lambda name: _(_OTHER) if name in rare else name or _(_UNKNOWN))


def _by_name(found: list[str], title: str | None, case: str, control: str) -> dict[str, Any]:
    """Return colour and shape of every name, in one legend."""
    import altair as alt

    last = [name for name in (_(_OTHER), _(_UNKNOWN)) if name in found]
    names = sorted(set(found) - set(last)) + last
    known = {case: _palette.CASE, control: _palette.CONTROL, **dict.fromkeys(last, _palette.OTHER)}
    colours = _palette.categories(names, known)
    fixed = {case: "diamond", control: "circle"}
    shapes = [fixed.get(name, shape) for name, shape in zip(names, itertools.cycle(_palette.BATCH_SHAPES))]
    legend = alt.Legend(title=title, columns=_palette.legend_columns(names), labelLimit=260)
    return {
        "color": alt.Color(
            field="value", type="nominal", legend=legend, scale=alt.Scale(domain=names, range=list(colours.values()))
        ),
        "shape": alt.Shape(field="value", type="nominal", legend=legend, scale=alt.Scale(domain=names, range=shapes)),
    }

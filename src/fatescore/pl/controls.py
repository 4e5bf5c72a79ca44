"""Positive controls: how well the index recovers fates that are known."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fatescore._language import tr
from fatescore._written import written
from fatescore.pl import _palette, _parts
from fatescore.tables import columns as col


def controls(contrasts: pd.DataFrame, *, measure: str = col.FATE_BIAS) -> Any:
    """Draw the AUROC of every contrast with a known answer.

    Parameters
    ----------
    contrasts
        Rows of ``contrasts.tsv`` of kind ``known_fate``.
    measure
        Which measure to draw.

    Returns
    -------
    altair.LayerChart
        AUROC, 0 to 1: the chance that a donor of the case has a higher value than a donor of the control; 0.5 is
        guessing. A hollow point: the groups cannot be separated from another field. Hollow diamonds are the same over
        cells, where there are cells. With an expected sign of ``+`` a perfect index reaches 1, with ``-`` it reaches 0.

    Examples
    --------
    >>> row = {"dataset": "A", "contrast": "bone_fat", "measure": "fate_bias", "auroc": 1.0}
    >>> len(controls(pd.DataFrame([row])).to_dict()["layer"])
    2
    """
    import altair as alt

    data = _rows(contrasts, measure)
    x = {
        "type": "quantitative",
        "scale": alt.Scale(domain=[-0.02, 1.02], nice=False),
        "axis": alt.Axis(title=tr("AUROC (0.5 = guessing)"), values=[0, 0.25, 0.5, 0.75, 1], format=".2f", grid=True),
    }
    y = alt.Y(field="row", type="nominal", sort=data["row"].tolist(), title=None, axis=_parts.name_axis())
    tooltip = _parts.tooltip(
        data,
        _parts.nominal("dataset", tr("data set")),
        _parts.nominal("contrast", tr("contrast")),
        _parts.nominal("sides", tr("compared")),
        _parts.quantitative("auroc", tr("AUROC over donors")),
        _parts.quantitative("auroc_cells", tr("AUROC over cells")),
        _parts.quantitative("difference", tr("difference of fate_bias"), "+.3~g"),
        _parts.nominal("expected", tr("expected sign")),
        _parts.quantitative("n_case", tr("case donors"), "d"),
        _parts.quantitative("n_control", tr("control donors"), "d"),
        _parts.nominal("audit", tr("audit")),
    )
    half = alt.Chart(pd.DataFrame({"half": [0.5]})).mark_rule(strokeDash=[4, 3]).encode(x=alt.X(field="half", **x))
    inside = alt.condition("datum.warned", alt.value("transparent"), alt.value(_palette.NEUTRAL))
    donors = (
        alt.Chart(data[data["auroc"].notna()])
        .mark_point(size=110, opacity=1, strokeWidth=2)
        .encode(x=alt.X(field="auroc", **x), y=y, fill=inside, tooltip=tooltip)
    )
    cells = (
        alt.Chart(data[data["auroc_cells"].notna()])
        .mark_point(shape="diamond", size=110, opacity=1, strokeWidth=2)
        .encode(x=alt.X(field="auroc_cells", **x), y=y, tooltip=tooltip)
    )
    layers = [half, donors, cells] if data["auroc_cells"].notna().any() else [half, donors]
    return alt.layer(*layers).properties(width="container", height=_parts.ROW * max(len(data), 1) + 10)


def _rows(contrasts: pd.DataFrame, measure: str) -> pd.DataFrame:
    chosen = contrasts[_parts.text_column(contrasts, "measure") == measure] if len(contrasts) else contrasts
    dataset, contrast = _parts.text_column(chosen, "dataset"), _parts.text_column(chosen, "contrast")
    donors = _parts.donors(chosen)
    return pd.DataFrame({
        "dataset": dataset,
        "contrast": contrast,
        "row": _parts.two_lines(dataset, contrast + donors.where(donors == "", ", " + donors)),
        "warned": _parts.text_column(chosen, "audit").str.startswith(_parts.WARNED),
        "audit": _parts.text_column(chosen, "audit").map(written),
        "sides": [
            tr("{case} against {control}").format(case=case, control=control)
            for case, control in zip(
                _parts.text_column(chosen, "case"), _parts.text_column(chosen, "control"), strict=True
            )
        ],
        "auroc": _parts.number_column(chosen, "auroc"),
        "auroc_cells": _parts.number_column(chosen, "auroc_cells"),
        "difference": _parts.number_column(chosen, "difference"),
        "expected": _parts.text_column(chosen, "expected"),
        "n_case": _parts.number_column(chosen, "n_case"),
        "n_control": _parts.number_column(chosen, "n_control"),
    })  # fmt: skip

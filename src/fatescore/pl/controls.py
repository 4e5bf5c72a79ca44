"""Positive controls: how well the index recovers fates that are known."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.pl import _encoding, _palette
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
        guessing. A hollow point: the contrast is completely confounded. Hollow diamonds are the same over
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
        "axis": alt.Axis(title=_("AUROC (0.5 = guessing)"), values=[0, 0.25, 0.5, 0.75, 1], format=".2f", grid=True),
    }
    y = alt.Y(field="row", type="nominal", sort=data["row"].tolist(), title=None, axis=_encoding.name_axis())
    tooltip = _encoding.tooltip(
        data,
        _encoding.nominal("dataset", _("data set")),
        _encoding.nominal("contrast", _("contrast")),
        _encoding.nominal("sides", _("compared")),
        _encoding.quantitative("auroc", _("AUROC over donors")),
        _encoding.quantitative("auroc_cells", _("AUROC over cells")),
        _encoding.quantitative("difference", _("difference of fate_bias"), "+.3~g"),
        _encoding.nominal("expected", _("expected sign")),
        _encoding.quantitative("n_case", _("case donors"), "d"),
        _encoding.quantitative("n_control", _("control donors"), "d"),
        _encoding.nominal("audit", _("audit")),
    )
    half = alt.Chart(pd.DataFrame({"half": [0.5]})).mark_rule(strokeDash=[4, 3]).encode(x=alt.X(field="half", **x))
    inside = alt.condition("datum.confounded", alt.value("transparent"), alt.value(_palette.NEUTRAL))
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
    return alt.layer(*layers).properties(width="container", height=_encoding.ROW * max(len(data), 1) + 10)


def _rows(contrasts: pd.DataFrame, measure: str) -> pd.DataFrame:
    chosen = contrasts[_encoding.text_column(contrasts, "measure") == measure] if len(contrasts) else contrasts
    dataset, contrast = _encoding.text_column(chosen, "dataset"), _encoding.text_column(chosen, "contrast")
    donors = _encoding.donors(chosen)
    return pd.DataFrame({
        "dataset": dataset,
        "contrast": contrast,
        "row": _encoding.two_lines(dataset, contrast + donors.where(donors == "", ", " + donors)),
        "confounded": _encoding.confounded(chosen),
        "audit": _encoding.audits(chosen),
        "sides": [
            _("{case} against {control}").format(case=case, control=control)
            for case, control in zip(
                _encoding.text_column(chosen, "case"), _encoding.text_column(chosen, "control"), strict=True
            )
        ],
        "auroc": _encoding.number_column(chosen, "auroc"),
        "auroc_cells": _encoding.number_column(chosen, "auroc_cells"),
        "difference": _encoding.number_column(chosen, "difference"),
        "expected": _encoding.text_column(chosen, "expected"),
        "n_case": _encoding.number_column(chosen, "n_case"),
        "n_control": _encoding.number_column(chosen, "n_control"),
    })  # fmt: skip

"""The specification curve: whether the answer hangs on how the index is computed."""

from __future__ import annotations

import pandas as pd

from fatescore import pl
from fatescore._language import tr, tr_n
from fatescore.report import _format, _html

_EFFECTS = (("effect", "ci_low", "ci_high"), ("g", "g_low", "g_high"))  # of pooled results, of one data set


def curve(rows: pd.DataFrame, name: str, *, where: str = "") -> _html.Figure | None:
    """Draw one contrast under every method, index and unit, from low to high.

    Parameters
    ----------
    rows
        Rows of one contrast of ``specification.tsv`` or ``meta_specification.tsv``.
    name
        Id of the figure on the page.
    where
        What the rows are of, for the title; empty on a data set's own page.

    Returns
    -------
    The figure with its table, or nothing where no way gave an effect.
    """
    effect, low, high = next((names for names in _EFFECTS if names[0] in rows), _EFFECTS[0])
    if not len(rows) or not rows[effect].notna().any():
        return None
    drawn = rows[rows[effect].notna()].sort_values(effect, kind="stable")
    said = _said(drawn[effect], drawn[low], drawn[high])
    wanted = ("method", "index", "unit", "k", effect, low, high, "p_value", "note")
    columns = _format.known(drawn, wanted, varying=["unit"])
    title = tr("The same difference, computed in every way")
    if where:
        title = tr("{where}: the same difference, computed in every way").format(where=where)
    behind = _html.table(f"{name}-table", title, drawn, columns)
    caption = tr(
        "One line is one scoring method with one definition of the index, and its 95 % interval; the diamond is the "
        "one used everywhere else. {said}"
    )
    return _html.figure(
        name, title, pl.specification(rows), said, caption=caption.format(said=said), behind=behind
    )  # fmt: skip


def _said(effect: pd.Series[float], low: pd.Series[float], high: pd.Series[float]) -> str:
    """Count which way the results point."""
    bone, fat = int((effect > 0).sum()), int((effect < 0).sum())
    clear = int(((low > 0) | (high < 0)).sum())
    said = tr_n("{n} way", "{n} ways", len(effect)).format(n=_format.number(len(effect)))
    return tr("{ways}: {bone} towards bone, {fat} towards fat; {clear} with an interval that excludes zero.").format(
        ways=said, bone=bone, fat=fat, clear=clear
    )

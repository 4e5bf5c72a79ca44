"""What the matplotlib plots share: axes and return value as scanpy's plots have them, and the scores that they draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.gene_sets import not_scorable_message
from fatescore.tables import columns as col
from fatescore.tables import parse_notes

if TYPE_CHECKING:
    from anndata import AnnData

SCORE = "fs.tl.fate_bias(adata, organism=...)"


def new_axes(ax: Any, width: float, height: float) -> Any:
    """Return the axes that were given, or those of a new figure."""
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def two_lines(label: str) -> str:
    """Put what a label has in brackets on a line of its own."""
    return label.replace(" (", "\n(", 1)


def tidy(axes: Any) -> None:
    """Leave out the frame's upper and right sides."""
    axes.spines[["top", "right"]].set_visible(False)


def finish(axes: Any, *, given: bool, show: bool | None, return_fig: bool) -> Any:
    """Show the figure, or return it or its axes.

    As in scanpy ``show=None`` follows ``sc.settings.autoshow``. Where the axes were ``given`` it shows nothing: in a
    figure of several panels the others are still to be drawn.
    """
    if return_fig:
        return (axes[0] if isinstance(axes, list) else axes).figure
    if show is None:
        import scanpy as sc

        show = bool(sc.settings.autoshow) and not given
    if not show:
        return axes
    from matplotlib import pyplot as plt

    plt.show()
    return None


def scores(data: AnnData | pd.DataFrame, *wanted: str) -> pd.DataFrame:
    """Return the table of the observations, which has the columns; where it lacks one, the call that makes it is named.

    Raises
    ------
    InputError
        When a column is missing, or has no value at all.
    """
    table: pd.DataFrame = data if isinstance(data, pd.DataFrame) else data.obs
    for name in wanted:
        if name in table:
            if not table[name].notna().any():
                raise InputError(f'"{name}" has no value in any of the {len(table):,} rows', fix=_why_none(data, name))
        elif name in col.INDEX_COLUMNS:
            raise InputError(f'the data have no "{name}" yet', fix=f"run {SCORE} first")
        else:
            raise InputError(f'the data have no column "{name}"', fix=nearest(name, map(str, table.columns)))
    return table


def _why_none(data: AnnData | pd.DataFrame, name: str) -> str:
    """Return why nothing was scored, where the scoring wrote it down."""
    facts = {} if isinstance(data, pd.DataFrame) else data.uns.get(col.UNS, {}).get(col.FATE_BIAS, {})
    notes = parse_notes(facts.get("not_scorable", ""))
    if notes and name in col.INDEX_COLUMNS:
        return f"not scorable: {not_scorable_message(notes)}; check organism= and that genes are named by symbol"
    return f"run {SCORE} first" if name in col.INDEX_COLUMNS else "choose another column"

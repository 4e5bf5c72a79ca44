"""The two arms of the index against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fatescore.pl import _figure, _palette
from fatescore.pl.labels import axis_label, code_label
from fatescore.tables import columns as col
from fatescore.tables.codes import FateCall

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

MOST_VECTORS = 2000  # dots; more are one picture in a PDF or SVG
_MARKERS: dict[str, str] = {
    FateCall.OSTEOGENIC: "o", FateCall.ADIPOGENIC: "s", FateCall.DUAL: "D", FateCall.UNCOMMITTED: "X",
    FateCall.NOT_SCORABLE: "_",
}  # fmt: skip


def arms(adata: AnnData | pd.DataFrame, *, ax: Any = None, show: bool | None = None, return_fig: bool = False) -> Any:
    """Draw the osteogenic (bone) score against the adipogenic (fat) score, coloured by call.

    Parameters
    ----------
    adata
        Cells or samples that :func:`fatescore.tl.fate_bias` has scored, or their table (``obs``). Rarer calls lie over
        more common ones; more than 2,000 dots are one picture, also in a PDF.
    ax
        Axes to draw on; nothing is shown then unless ``show`` is true.
    show
        Show the figure and return nothing; ``None`` is ``scanpy.settings.autoshow``.
    return_fig
        Return the figure.

    Returns
    -------
    The figure with ``return_fig``; otherwise nothing where it is shown, else the axes. No line parts bone from fat: the
    call asks whether the index differs from random genes of equal expression (``fate_bias_z``).

    Raises
    ------
    InputError
        When there are no scores; the message names the call that makes them.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
    >>> fs.tl.fate_bias(adata, organism="human")
    >>> fs.pl.arms(adata, show=False).get_ylabel()
    'osteogenic (bone) score, log2 rank'
    """
    table = _figure.scores(adata, col.FATE_CALL, col.ADIPOGENIC, col.OSTEOGENIC)
    table = table[[col.ADIPOGENIC, col.OSTEOGENIC, col.FATE_CALL]].dropna()
    axes = _figure.new_axes(ax, 6.4, 4.4)
    calls = table[col.FATE_CALL].astype(str).value_counts()
    diameter = float(np.clip(300 / np.sqrt(len(table)), 2.0, 7.0))
    for call, n in calls.items():  # the most common first, below the others
        rows = table[table[col.FATE_CALL].astype(str) == call]
        axes.plot(
            rows[col.ADIPOGENIC], rows[col.OSTEOGENIC], _MARKERS.get(str(call), "o"), markersize=diameter,
            color=_palette.CALLS.get(str(call), _palette.OTHER), markeredgewidth=0, alpha=0.8,
            rasterized=len(table) > MOST_VECTORS, label=f"{code_label(call)} ({n:,})",
        )  # fmt: skip
    axes.set(xlabel=axis_label(col.ADIPOGENIC), ylabel=axis_label(col.OSTEOGENIC))
    _figure.tidy(axes)
    axes.legend(title=axis_label(col.FATE_CALL), frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return _figure.finish(axes, given=ax is not None, show=show, return_fig=return_fig)

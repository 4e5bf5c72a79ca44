"""Which genes make a difference of the index, or the index of a group."""

from __future__ import annotations

from typing import Any

import pandas as pd

from fatescore.errors import InputError, few, nearest
from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.pl import _figure, _palette
from fatescore.pl.charts._encoding import padded
from fatescore.pl.charts.waterfall import PARTS, SUM, TOTAL, steps

_OF_GROUP = gettext_noop("sum = fate bias")
_COLOURS = (_palette.OSTEOGENIC, _palette.ADIPOGENIC, _palette.NEUTRAL)
_CALL = 'fs.tl.gene_contributions(adata, organism=..., groupby="...")'


def waterfall(
    contributions: pd.DataFrame,
    *,
    case: object = None,
    control: object = None,
    most: int = 20,
    title: str = "",
    ax: Any = None,
    show: bool | None = None,
    return_fig: bool = False,
) -> Any:
    """Draw the contribution of every gene, end to end.

    Parameters
    ----------
    contributions
        Rows of ``contributions.tsv`` of one contrast (``gene``, ``arm``, ``contribution``), or the table of
        :func:`fatescore.tl.gene_contributions` (observations or groups x genes).
    case, control
        Rows of the table of :func:`fatescore.tl.gene_contributions`: the difference is case minus control; with
        ``case`` alone that row is drawn, whose genes sum to its ``fate_bias``.
    most
        Genes drawn one by one, those with the largest contributions; the others are drawn together.
    title
        Stands above.
    ax
        Axes to draw on; nothing is shown then unless ``show`` is true.
    show
        Show the figure and return nothing; ``None`` is ``scanpy.settings.autoshow``.
    return_fig
        Return the figure.

    Returns
    -------
    The figure with ``return_fig``; otherwise nothing where it is shown, else the axes. A bar to the right moves towards
    bone, to the left towards fat; its colour is the arm of the gene.

    Raises
    ------
    InputError
        When it is not clear which rows to draw.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.bulk(n_donors=6, n_genes=300, seed=0)
    >>> parts = fs.tl.gene_contributions(adata, organism="human", groupby="condition")
    >>> axes = fs.pl.waterfall(parts, case="osteoporosis", control="control", show=False)
    >>> axes.get_yticklabels()[-1].get_text()
    'sum = difference'
    """
    genes, difference = _genes(contributions, case, control)
    bars = steps(genes, most=most)
    labels = [*bars["gene"][:-1], _(TOTAL) if difference else _(_OF_GROUP)]
    colours = dict(zip((_(part) for part in (*PARTS.values(), SUM)), _COLOURS, strict=True))
    axes = _figure.new_axes(ax, 6.0, 1.1 + 0.26 * len(bars))
    for part, colour in colours.items():
        rows = bars[bars["part"] == part]
        if len(rows):
            axes.barh(rows.index, rows["contribution"], left=rows["from"], height=0.7, color=colour, label=part)
    for row, bar in bars.iterrows():
        backward = bar["contribution"] < 0
        axes.annotate(
            _signed(bar["contribution"]), (bar["to"], row), (-4 if backward else 4, 0), textcoords="offset points",
            ha="right" if backward else "left", va="center", fontsize="small",
        )  # fmt: skip
    if difference:
        axes.axvline(0, color=_palette.LIGHT_SOFT, linewidth=1, zorder=0)
    axes.set_yticks(bars.index, labels)
    axes.invert_yaxis()
    axes.set_xlim(padded(bars[["from", "to"]], zero=difference, share=0.2))
    what = _("difference of fate bias") if difference else _("fate bias")
    label = _("{what} (log2 rank; right = towards bone)").format(what=what)
    axes.set(xlabel=_figure.two_lines(label), title=title)
    _figure.tidy(axes)
    axes.tick_params(axis="y", length=0)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return _figure.finish(axes, given=ax is not None, show=show, return_fig=return_fig)


def _signed(value: float) -> str:
    """Return a number with its sign, as matplotlib's axes write it; what rounds to zero has none."""
    return "0.00" if abs(value) < 0.005 else f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")


def _genes(table: Any, case: object, control: object) -> tuple[pd.DataFrame, bool]:
    """Return the genes with arm and contribution, and whether they make a difference."""
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            f"the waterfall takes a table, not {type(table).__name__}", expected="contributions of genes",
            fix=f"fs.pl.waterfall({_CALL}, case=..., control=...)",
        )  # fmt: skip
    if {"gene", "contribution"} <= set(table):
        genes, difference = table, True
        if (case, control) != (None, None):
            raise InputError("the table holds a difference already", fix="leave out case= and control=")
    elif "arm" in table.attrs:
        genes, difference = _of_rows(table, case, control), control is not None
    else:
        raise InputError(
            "the table has neither the columns gene, arm and contribution nor the arms of its genes",
            expected="contributions.tsv or the table of fs.tl.gene_contributions", fix=f"make it with {_CALL}",
        )  # fmt: skip
    if genes["gene"].duplicated().any():
        raise InputError(
            f"{genes['gene'][genes['gene'].duplicated()].iloc[0]} stands in several rows",
            expected="rows of one contrast", fix='choose them, such as table[table["contrast"] == "..."]',
        )  # fmt: skip
    if genes["contribution"].isna().any():
        raise InputError(
            f"{few(list(genes['gene'][genes['contribution'].isna()]))} have no contribution",
            expected="a number for every gene", fix="choose rows that were scored",
        )  # fmt: skip
    return genes, difference


def _of_rows(table: pd.DataFrame, case: object, control: object) -> pd.DataFrame:
    """Return the genes of one row of the table, or of its difference to another."""
    if case is None and (len(table) != 1 or control is not None):
        rows = few([str(name) for name in table.index])
        raise InputError(f"the table has {len(table)} rows ({rows})", fix="choose with case=, or case= and control=")
    for name in (case, control):
        if name is not None and name not in table.index:
            raise InputError(f'the table has no row "{name}"', fix=nearest(str(name), map(str, table.index)))
    values = table.iloc[0] if case is None else table.loc[[case]].iloc[0]
    if control is not None:
        values = values - table.loc[[control]].iloc[0]
    genes = pd.DataFrame({"gene": table.columns, "contribution": values.to_numpy(dtype=float)})
    return genes.assign(arm=genes["gene"].map(table.attrs["arm"]))

"""Donors by condition: what a comparison rests on."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.i18n import gettext as _
from fatescore.i18n import ngettext
from fatescore.pl import _figure, _palette
from fatescore.pl.labels import axis_label
from fatescore.tables import columns as col

if TYPE_CHECKING:
    from anndata import AnnData

    from fatescore.typing import FloatArray

_HALF = 0.22  # of the line of a median; conditions stand 1 apart
_SPREAD, _WIDEST = 0.07, 0.35  # between dots that would lie on each other, and of the outermost


def donors(
    data: AnnData | pd.DataFrame,
    measure: str = col.FATE_BIAS,
    *,
    donor: str = col.DONOR,
    condition: str = col.CONDITION,
    sample: str = "",
    case: object = None,
    control: object = None,
    title: str = "",
    ax: Any = None,
    show: bool | None = None,
    return_fig: bool = False,
) -> Any:
    """Draw one dot per donor and condition, with the median of the donors.

    Parameters
    ----------
    data
        Scored samples (bulk or pseudobulks): an AnnData, or a table with one row per sample, such as
        ``sample_scores.tsv``. Cells are refused: they are no replicates.
    measure
        Column to draw.
    donor, condition
        Columns that name the donor and the condition.
    sample
        Column that names the samples of a donor, whose mean is drawn; by default ``"sample"`` where there is one,
        else a donor has one row in a condition.
    case, control
        The two conditions to draw, the control on the left; without them all are drawn.
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
    The figure with ``return_fig``; otherwise nothing where it is shown, else the axes. A thin line joins the dots of a
    donor who is in several conditions. Donors without a value are counted below their condition.

    Raises
    ------
    InputError
        For cells, and when a column or condition is missing.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.bulk(n_donors=6, n_genes=300, seed=0)
    >>> fs.tl.fate_bias(adata, organism="human")
    >>> [label.get_text().split() for label in fs.pl.donors(adata, show=False).get_xticklabels()]
    [['control', '3', 'donors'], ['osteoporosis', '3', 'donors']]
    """
    values = _donor_values(data, measure, donor, condition, sample)
    names = _conditions(values, case, control)
    colours: dict[Any, str] = _palette.categories(names)
    if case not in (None, ""):
        colours = {control: _palette.CONTROL, case: _palette.CASE}
    axes = _figure.new_axes(ax, 2.8 + 1.2 * len(names), 4.2)
    values = values[values["condition"].isin(names)]
    place = values["condition"].map(names.index).to_numpy(dtype=float)
    values = values.assign(at=place + values.groupby("condition", observed=True)["value"].transform(_aside).to_numpy())
    paired = _lines_of_pairs(axes, values)
    for at, name in enumerate(names):
        rows = values[values["condition"] == name]
        shape = "D" if name == case else "o"
        axes.plot(
            rows["at"], rows["value"], shape, color=colours[name], markersize=8, markeredgecolor="white", zorder=3
        )  # fmt: skip
        middle = rows["value"].median()
        axes.plot((at - _HALF, at + _HALF), (middle, middle), color=_palette.LIGHT_INK, linewidth=2, zorder=2)
    if measure == col.FATE_BIAS_Z:
        axes.axhline(0, color=_palette.LIGHT_SOFT, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    axes.set_xticks(range(len(names)), [_tick(name, values[values["condition"] == name]["value"]) for name in names])
    axes.set(xlim=(-0.6, len(names) - 0.4), ylabel=_figure.two_lines(axis_label(measure)), title=title)
    _figure.tidy(axes)
    _legend(axes, paired)
    return _figure.finish(axes, given=ax is not None, show=show, return_fig=return_fig)


def _donor_values(data: AnnData | pd.DataFrame, measure: str, donor: str, condition: str, sample: str) -> pd.DataFrame:
    """Return ``donor``, ``condition``, ``value``: the mean of a donor's samples in a condition. Cells are refused."""
    found = _figure.scores(data, donor, condition, *([sample] if sample else []), measure)
    if not pd.api.types.is_numeric_dtype(found[measure]):
        raise InputError(f'"{measure}" holds no numbers', fix="choose a score, such as fate_bias")
    table = pd.DataFrame({"donor": found[donor], "condition": found[condition], "value": found[measure].astype(float)})
    table = table[table["condition"].notna()]
    if table["donor"].isna().any():
        raise InputError(
            f'{table["donor"].isna().sum()} rows have no "{donor}"', expected="the donor of every sample",
            fix="fill it in, or leave these rows out",
        )  # fmt: skip
    if col.DATASET in found and len(set(found[col.DATASET])) > 1:  # a donor's name holds within a data set
        table["donor"] = found[col.DATASET].astype(str) + " " + table["donor"].astype(str)
    _refuse_cells(table, found, sample or (col.SAMPLE if col.SAMPLE in found else ""))
    return table.groupby(["donor", "condition"], observed=True, sort=True)["value"].mean().reset_index()


def _refuse_cells(table: pd.DataFrame, found: pd.DataFrame, sample: str) -> None:
    """Refuse several rows of one sample or, where nothing names the samples, of one donor in a condition."""
    one = table[["donor", "condition"]].astype(str).assign(**({sample: found[sample].astype(str)} if sample else {}))
    sizes = one.value_counts()
    if not len(sizes) or sizes.iloc[0] == 1:
        return
    what = dict(zip(sizes.index.names, sizes.index[0], strict=True))
    named = f'sample "{what[sample]}"' if sample else f'donor "{what["donor"]}" in "{what["condition"]}"'
    hint = "" if sample else "; where they are samples, name their column with sample="
    raise InputError(
        f"{sizes.iloc[0]} rows are of {named}", expected="one row per sample, as cells are no replicates",
        fix="compare cells with fs.tl.compare(adata, ...).plot(), or sum their counts with "
        f"fs.pp.pseudobulk(adata, by=...) and score the sums{hint}",
    )  # fmt: skip


def _conditions(values: pd.DataFrame, case: object, control: object) -> list[Any]:
    """Return the conditions from left to right."""
    there = list(values["condition"].astype("category").cat.remove_unused_categories().cat.categories)
    if not there:
        raise InputError("no row has a condition", fix="name the column with condition=")
    wanted = [name for name in (control, case) if name not in (None, "")]
    for name in wanted:
        if name not in there:
            raise InputError(f'no donor has the condition "{name}"', fix=nearest(str(name), map(str, there)))
    if len(wanted) == 1:
        raise InputError(f'only the condition "{wanted[0]}" is named', fix="give both case= and control=, or neither")
    return wanted or there


def _lines_of_pairs(axes: Any, values: pd.DataFrame) -> bool:
    """Join the dots of a donor who is in several conditions; say whether there is one."""
    known = values[values["value"].notna()]
    pairs = known[known.duplicated("donor", keep=False)].sort_values("at")
    for _name, pair in pairs.groupby("donor", observed=True):
        axes.plot(pair["at"], pair["value"], color=_palette.NEUTRAL, linewidth=1, zorder=1)
    return len(pairs) > 0


def _aside(values: pd.Series[float]) -> FloatArray:
    """Return how far dots step aside: those closer than a dot to the ones below take turns left and right."""
    order = np.argsort(values.to_numpy(dtype=float), kind="stable")
    near = (values.max() - values.min()) / 20
    steps, run = np.zeros(len(values)), 0
    for below, this in itertools.pairwise(order):
        run = run + 1 if values.iloc[this] - values.iloc[below] <= near else 0
        steps[this] = (run + 1) // 2 * (1 if run % 2 else -1)
    scale: float = min(_SPREAD, _WIDEST / max(np.abs(steps).max(), 1))
    return steps * scale


def _tick(name: object, values: pd.Series[float]) -> str:
    n, missing = int(values.notna().sum()), int(values.isna().sum())
    text = f"{name}\n" + ngettext("{n} donor", "{n} donors", n).format(n=n)
    return text + "\n" + _("({n} without a value)").format(n=missing) if missing else text


def _legend(axes: Any, paired: bool) -> None:
    from matplotlib.lines import Line2D

    parts = [
        Line2D([], [], marker="o", linestyle="", color=_palette.NEUTRAL, label=_("a donor")),
        Line2D([], [], color=_palette.LIGHT_INK, linewidth=2, label=_("median of the donors")),
    ]
    if paired:
        parts.insert(1, Line2D([], [], color=_palette.NEUTRAL, linewidth=1, label=_("the same donor")))
    axes.legend(handles=parts, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small")

"""The two arms against each other: the cells drawn, their calls, and no border."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from anndata import AnnData

from fatescore import pl, simulate
from fatescore.errors import InputError
from fatescore.pl import _palette
from fatescore.pl.arms import MOST_VECTORS

Made = Callable[[], AnnData]
pytestmark = pytest.mark.usefixtures("no_figures")


@pytest.mark.parametrize("as_table", [False, True])
def test_every_cell_is_drawn_in_the_colour_of_its_call(as_table: bool, scored_cells: Made) -> None:
    adata = scored_cells()
    axes = pl.arms(adata.obs if as_table else adata, show=False)
    drawn = {line.get_label().rpartition(" (")[0]: line for line in axes.lines}
    for call, rows in adata.obs.groupby("fate_call", observed=True):
        np.testing.assert_array_equal(drawn[call].get_xdata(), rows["adipogenic"])
        np.testing.assert_array_equal(drawn[call].get_ydata(), rows["osteogenic"])
        assert drawn[call].get_color() == _palette.CALLS[call]
        assert drawn[call].get_label() == f"{call} ({len(rows):,})"
    assert len(axes.lines) == adata.obs["fate_call"].nunique()  # and no line besides


def test_rarer_calls_lie_above_and_shapes_differ(scored_cells: Made) -> None:
    lines = pl.arms(scored_cells(), show=False).lines
    assert [len(line.get_xdata()) for line in lines] == sorted((len(line.get_xdata()) for line in lines), reverse=True)
    assert len({line.get_marker() for line in lines}) == len(lines)


def test_many_cells_are_one_picture(scored_cells: Made) -> None:
    adata = scored_cells()
    assert not pl.arms(adata, show=False).lines[0].get_rasterized()
    many = adata.obs.loc[adata.obs_names.repeat(MOST_VECTORS // adata.n_obs + 1)]
    assert all(line.get_rasterized() for line in pl.arms(many, show=False).lines)


def test_without_scores_the_call_that_makes_them_is_named() -> None:
    with pytest.raises(InputError, match=r"run fs\.tl\.fate_bias\(adata, organism=\.\.\.\) first"):
        pl.arms(simulate.single_cell(n_donors=2, cells_per_donor=10, n_genes=300, seed=0))

"""Cells in an embedding: values, limits, colours, and what is said when something is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scanpy as sc
from anndata import AnnData
from matplotlib import colors
from matplotlib import pyplot as plt

from fatescore import pl, simulate, tl
from fatescore.errors import InputError
from fatescore.pl import _palette

Made = Callable[[], AnnData]
pytestmark = pytest.mark.usefixtures("no_figures")


def dots(axes: Any) -> Any:
    (found,) = [one for one in axes.collections if len(one.get_offsets()) > 1]
    return found


def by_place(adata: AnnData, values: Any, drawn: Any) -> tuple[np.ndarray, np.ndarray]:
    """Values as given and as drawn, both in the order of their places."""
    given, there = np.asarray(adata.obsm["X_umap"]), np.asarray(drawn.get_offsets())
    return np.asarray(values)[np.lexsort(given.T)], np.asarray(drawn.get_array())[np.lexsort(there.T)]


@pytest.mark.parametrize("name", ["fate_bias", "fate_bias_z", "osteogenic"])
def test_the_values_drawn_are_those_of_the_cells(name: str, scored_cells: Made) -> None:
    adata = scored_cells()
    given, drawn = by_place(adata, adata.obs[name], dots(pl.embedding(adata, color=name, show=False)))
    np.testing.assert_allclose(drawn, given)


def test_z_has_its_middle_at_zero_and_fate_bias_has_none(scored_cells: Made) -> None:
    adata = scored_cells()
    adata.obs["fate_bias_z"] += 3  # most are above zero
    z = dots(pl.embedding(adata, color="fate_bias_z", show=False))
    low, high = z.get_clim()
    assert high == -low == pytest.approx(np.quantile(abs(adata.obs["fate_bias_z"]), 0.99))
    assert colors.to_hex(z.cmap(0.0)) == _palette.ADIPOGENIC.lower()
    assert colors.to_hex(z.cmap(1.0)) == _palette.OSTEOGENIC.lower()
    assert min(z.cmap(0.5)[:3]) > 0.85  # pale
    bias = dots(pl.embedding(adata, show=False))
    assert bias.get_clim() == (adata.obs["fate_bias"].min(), adata.obs["fate_bias"].max())
    lightness = np.array(bias.cmap(np.linspace(0, 1, 20)))[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > 0).all()  # only rises


def test_a_call_has_the_same_colour_here_in_scanpy_and_on_the_pages(scored_cells: Made) -> None:
    adata = scored_cells()
    pl.embedding(adata, color="fate_call", show=False)
    found = dict(zip(adata.obs["fate_call"].cat.categories, adata.uns["fate_call_colors"], strict=True))
    assert {name: colors.to_hex(colour).upper() for name, colour in found.items()} == _palette.CALLS
    before = list(adata.uns["fate_call_colors"])
    axes = sc.pl.umap(adata, color="fate_call", show=False)
    assert list(adata.uns["fate_call_colors"]) == before
    assert {"osteogenic", "adipogenic"} <= {text.get_text() for text in axes.get_legend().get_texts()}


def test_colours_that_are_there_stay(scored_cells: Made) -> None:
    adata = scored_cells()
    own = ["#000000", "#111111", "#222222", "#333333", "#444444"]
    adata.uns["fate_call_colors"] = own
    pl.embedding(adata, color="fate_call", show=False)
    assert list(adata.uns["fate_call_colors"]) == own


def test_other_categories_have_no_colour_that_means_a_fate(scored_cells: Made) -> None:
    adata = scored_cells()
    pl.embedding(adata, color="condition", show=False)
    assert not {colors.to_hex(colour).upper() for colour in adata.uns["condition_colors"]} & set(
        _palette.CALLS.values()
    )
    adata.obs["many"] = [f"c{i % 30}" for i in range(adata.n_obs)]
    pl.embedding(adata, color="many", show=False)
    assert len(set(adata.uns["many_colors"])) == 30


def test_colours_written_for_scanpy_follow_the_categories(scored_cells: Made) -> None:
    adata = scored_cells()
    adata.obs["fate_call"] = adata.obs["fate_call"].cat.reorder_categories(
        ["not scorable", "dual", "adipogenic", "osteogenic", "uncommitted"]
    )
    _palette.write_colours(adata, "fate_call", _palette.CALLS)
    assert adata.uns["fate_call_colors"][2:4] == [_palette.ADIPOGENIC, _palette.OSTEOGENIC]


def test_several_colours_genes_and_options_of_scanpy(scored_cells: Made) -> None:
    adata = scored_cells()
    panels = pl.embedding(adata, color=["fate_bias", "fate_call", "RUNX2", "donor"], size=5, show=False)
    titles = [axes.get_title().partition("\n")[0] for axes in panels]
    assert titles == ["fate bias", "fate call", "RUNX2", "donor"]
    assert all(set(dots(axes).get_sizes()) == {5} for axes in panels)
    assert pl.embedding(adata, title="mine", vmax=1.0, show=False).get_title() == "mine"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"color": "fate_bais"}, r'no column "fate_bais".*did you mean "fate_bias"'),
        ({"basis": "tsne"}, r'no embedding "tsne"; choose one of: umap$'),
        ({"color": ["donor", "sample"], "ax": "one"}, r"ax= is one panel, and color= names 2; call it once"),
    ],
)
def test_what_cannot_be_drawn_is_said(how: dict[str, Any], said: str, scored_cells: Made) -> None:
    with pytest.raises(InputError, match=said):
        pl.embedding(scored_cells(), show=False, **how)
    assert plt.get_fignums() == []


def test_without_an_embedding_the_calls_that_make_one_are_named_and_work(scored_cells: Made) -> None:
    adata = scored_cells()
    del adata.obsm["X_umap"]
    with pytest.raises(InputError, match=r"run sc.pp.neighbors\(adata\) and sc.tl.umap\(adata\) first"):
        pl.embedding(adata)


def test_without_scores_the_call_that_makes_them_is_named() -> None:
    adata = simulate.single_cell(n_donors=2, cells_per_donor=10, n_genes=300, seed=0)
    adata.obsm["X_umap"] = np.zeros((20, 2))
    for name in ("fate_bias", "fate_bias_z", "fate_call"):
        with pytest.raises(
            InputError, match=rf'no "{name}" yet; run fs\.tl\.fate_bias\(adata, organism=\.\.\.\) first'
        ):
            pl.embedding(adata, color=name)


def test_scores_that_are_all_missing_are_refused_with_the_reason() -> None:
    adata = simulate.single_cell(n_donors=2, cells_per_donor=10, n_genes=300, seed=0)
    adata.obsm["X_umap"] = np.zeros((20, 2))
    adata.var_names = [f"g{i}" for i in range(adata.n_vars)]
    tl.fate_bias(adata, organism="human")
    with pytest.raises(InputError, match=r'"fate_bias" has no value in any of the 20 rows; not scorable: .*organism='):
        pl.embedding(adata)

"""``ax``, ``show`` and ``return_fig`` of every plot mean what they mean in scanpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import scanpy as sc
from anndata import AnnData
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fatescore import pl, tl

Made = Callable[[], AnnData]
Plot = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("no_figures")


@pytest.fixture(params=["embedding", "arms", "donors", "waterfall"])
def plot(request: pytest.FixtureRequest, scored_cells: Made, scored_samples: Made) -> Plot:
    def drawn(**how: Any) -> Any:
        if request.param == "donors":
            return pl.donors(scored_samples(), **how)
        if request.param == "waterfall":
            parts = tl.gene_contributions(scored_samples(), organism="human", groupby="condition")
            return pl.waterfall(parts, case="osteoporosis", control="control", **how)
        return getattr(pl, request.param)(scored_cells(), **how)

    return drawn


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of figures at every call of ``plt.show``."""
    calls: list[int] = []
    monkeypatch.setattr(plt, "show", lambda *_, **__: calls.append(len(plt.get_fignums())))
    return calls


def test_by_default_it_shows_one_figure_and_returns_nothing(plot: Plot, shown: list[int]) -> None:
    assert plot() is None
    assert shown == [1]


@pytest.fixture
def without_autoshow() -> Iterator[None]:
    before, sc.settings.autoshow = sc.settings.autoshow, False
    yield
    sc.settings.autoshow = before


@pytest.mark.usefixtures("without_autoshow")
def test_scanpys_setting_is_followed(plot: Plot, shown: list[int]) -> None:
    assert isinstance(plot(), Axes)
    assert shown == []
    assert plot(show=True) is None
    assert shown == [2]


def test_without_show_it_returns_the_axes(plot: Plot, shown: list[int]) -> None:
    axes = plot(show=False)
    assert isinstance(axes, Axes)
    assert axes.has_data()
    assert shown == []


def test_the_figure_can_be_returned(plot: Plot, shown: list[int], tmp_path: Any) -> None:
    figure = plot(return_fig=True)
    assert isinstance(figure, Figure)
    assert shown == []
    figure.savefig(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 5000


def test_it_draws_on_the_axes_that_are_given_and_leaves_showing_to_others(plot: Plot, shown: list[int]) -> None:
    figure, (left, right) = plt.subplots(1, 2)
    assert plot(ax=right) is right
    assert right.has_data()
    assert not left.has_data()
    assert plt.get_fignums() == [figure.number]
    assert shown == []
    assert plot(ax=left, return_fig=True) is figure
    assert plot(ax=left, show=True) is None
    assert shown == [1]

"""Genes end to end: bars, sums, and which rows are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from fatescore import pl, tl
from fatescore.errors import InputError
from fatescore.pl import _palette

Made = Callable[[], AnnData]
pytestmark = pytest.mark.usefixtures("no_figures")
GENES = pd.DataFrame(
    {"gene": ["RUNX2", "PPARG", "SP7"], "arm": ["osteogenic", "adipogenic", "osteogenic"],
     "contribution": [-0.25, 0.125, 0.5]}
)  # fmt: skip


@pytest.fixture
def parts(scored_samples: Made) -> pd.DataFrame:
    return tl.gene_contributions(scored_samples(), organism="human", groupby="condition")


def bars(axes: Any) -> dict[str, tuple[float, float]]:
    """Where the bar of each gene starts, and how long it is (negative: to the left)."""
    names = [text.get_text() for text in axes.get_yticklabels()]
    patches = sorted(axes.patches, key=lambda one: one.get_y())
    return {name: (one.get_x(), one.get_width()) for name, one in zip(names, patches, strict=True)}


def test_bars_start_where_the_last_one_ended() -> None:
    axes = pl.waterfall(GENES, show=False)
    assert bars(axes) == {
        "SP7": (0.0, 0.5), "RUNX2": (0.5, -0.25), "PPARG": (0.25, 0.125), "sum = difference": (0.0, 0.375),
    }  # fmt: skip
    assert [text.get_text() for text in axes.texts] == ["+0.50", "\N{MINUS SIGN}0.25", "+0.12", "+0.38"]
    assert "right = towards bone" in axes.get_xlabel()


def test_a_bar_has_the_colour_of_its_arm() -> None:
    axes = pl.waterfall(GENES, show=False)
    handles, labels = axes.get_legend_handles_labels()
    found = dict(zip(labels, (handle.patches[0].get_facecolor() for handle in handles), strict=True))
    expected = {"bone gene": _palette.OSTEOGENIC, "fat gene": _palette.ADIPOGENIC, "sum": _palette.NEUTRAL}
    assert {name: tuple(colour[:3]) for name, colour in found.items()} == {
        name: tuple(_palette.rgb(colour)) for name, colour in expected.items()
    }
    assert [len(handle.patches) for handle in handles] == [2, 1, 1]


def test_the_difference_of_two_groups_sums_to_the_difference_of_their_index(
    parts: pd.DataFrame, scored_samples: Made
) -> None:
    axes = pl.waterfall(parts, case="osteoporosis", control="control", show=False)
    means = scored_samples().obs.groupby("condition", observed=True)["fate_bias"].mean()
    found = bars(axes)
    assert found.pop("sum = difference")[1] == pytest.approx(means["osteoporosis"] - means["control"])
    expected = parts.loc["osteoporosis"] - parts.loc["control"]
    assert {name: width for name, (_, width) in found.items()} == pytest.approx(expected.to_dict())
    assert any(line.get_xdata()[0] == 0 for line in axes.lines)


def test_the_index_of_one_group_has_no_line_at_zero(parts: pd.DataFrame, scored_samples: Made) -> None:
    axes = pl.waterfall(parts, case="control", show=False)
    mean = scored_samples().obs.groupby("condition", observed=True)["fate_bias"].mean()["control"]
    assert bars(axes)["sum = fate bias"][1] == pytest.approx(mean)
    assert len(axes.lines) == 0
    assert axes.get_xlabel().startswith("fate bias\n")
    alone = pl.waterfall(parts.loc[["control"]], show=False)
    assert bars(alone) == bars(axes)


def test_groups_may_be_numbers(parts: pd.DataFrame) -> None:
    numbered = parts.set_axis([0, 1])
    numbered.attrs = parts.attrs
    one = pl.waterfall(numbered, case=1, control=0, show=False)
    other = pl.waterfall(parts, case=parts.index[1], control=parts.index[0], show=False)
    assert bars(one) == bars(other)


def test_all_bars_and_numbers_lie_within_the_axes(parts: pd.DataFrame) -> None:
    for how in ({"case": "control"}, {"case": "osteoporosis", "control": "control"}):
        axes = pl.waterfall(parts, **how, show=False)
        low, high = axes.get_xlim()
        ends = np.array([(start, start + width) for start, width in bars(axes).values()])
        assert low < ends.min()
        assert ends.max() < high


def test_the_smallest_are_drawn_together() -> None:
    found = bars(pl.waterfall(GENES, most=1, show=False))
    assert found == {"SP7": (0.0, 0.5), "2 other genes": (0.5, -0.125), "sum = difference": (0.0, 0.375)}


@pytest.mark.parametrize(
    ("data", "how", "said"),
    [
        (pd.concat([GENES, GENES]), {}, r"RUNX2 stands in several rows; expected rows of one contrast"),
        (GENES.assign(contribution=[0.1, np.nan, 0.2]), {}, r"PPARG have no contribution"),
        (GENES, {"case": "op"}, r"holds a difference already; leave out case= and control="),
        (pd.DataFrame({"RUNX2": [0.1]}), {}, r"nor the arms of its genes.*fs\.tl\.gene_contributions\(adata"),
        (AnnData(np.ones((2, 2))), {}, r"not AnnData.*fs\.pl\.waterfall\(fs\.tl\.gene_contributions\(adata"),
    ],
)
def test_what_cannot_be_drawn_is_said(data: Any, how: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        pl.waterfall(data, **how)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({}, r"the table has 2 rows \(control, osteoporosis\); choose with case="),
        ({"control": "control"}, r"choose with case=, or case= and control="),
        ({"case": "osteoporos"}, r'no row "osteoporos"; did you mean "osteoporosis"'),
    ],
)
def test_rows_have_to_be_chosen(parts: pd.DataFrame, how: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        pl.waterfall(parts, **how)

"""Donors by condition: a dot is a donor, cells are refused, and nothing is left out in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from fatescore import pl, pp, simulate, tl
from fatescore.errors import InputError
from fatescore.pl import _palette

Made = Callable[[], AnnData]
pytestmark = pytest.mark.usefixtures("no_figures")


def table(**columns: Any) -> pd.DataFrame:
    basis = {"sample": list("abcdef"), "donor": [f"d{i}" for i in range(6)], "condition": ["x", "y"] * 3}
    return pd.DataFrame({**basis, "fate_bias": [1.0, 2.0, 1.5, 2.5, 1.2, 9.0], **columns})


def dots(axes: Any) -> list[list[float]]:
    """The values of the dots, condition by condition."""
    return [sorted(line.get_ydata()) for line in axes.lines if line.get_marker() in ("o", "D")]


def medians(axes: Any) -> list[float]:
    return [line.get_ydata()[0] for line in axes.lines if line.get_linewidth() == 2]


def ticks(axes: Any) -> list[str]:
    return [text.get_text().replace("\n", " ") for text in axes.get_xticklabels()]


def pairs(axes: Any) -> list[list[float]]:
    return [list(line.get_ydata()) for line in axes.lines if line.get_linewidth() == 1 and line.get_linestyle() == "-"]


@pytest.mark.parametrize("kind", ["AnnData", "table"])
def test_the_dots_are_the_donors(kind: str, scored_samples: Made) -> None:
    adata = scored_samples()
    axes = pl.donors(adata if kind == "AnnData" else adata.obs, show=False)
    by_condition = adata.obs.groupby("condition", observed=True)["fate_bias"]
    np.testing.assert_allclose(dots(axes), [sorted(values) for _, values in by_condition])
    np.testing.assert_allclose(medians(axes), by_condition.median())
    assert ticks(axes) == ["control 5 donors", "osteoporosis 5 donors"]
    assert axes.get_ylabel() == "fate bias\n(log2 rank; higher = towards bone)"


def test_samples_of_a_donor_are_averaged() -> None:
    axes = pl.donors(table(donor=["p", "q", "p", "r", "s", "r"]), show=False)
    assert dots(axes) == [[1.2, 1.25], [2.0, 5.75]]


@pytest.mark.parametrize("kind", [str, "category", "string", "Int64", float])
def test_columns_of_any_name_and_kind(kind: Any) -> None:
    data = table(condition=pd.Series([0, 1] * 3).astype(kind)).rename(
        columns={"donor": "patient", "condition": "state"}
    )
    case, control = sorted(data["state"].unique(), reverse=True)
    axes = pl.donors(data, donor="patient", condition="state", case=case, control=control, show=False)
    assert dots(axes) == [[1.0, 1.2, 1.5], [2.0, 2.5, 9.0]]
    assert [line.get_color() for line in axes.lines if line.get_marker() in ("o", "D")] == [
        _palette.CONTROL, _palette.CASE,
    ]  # fmt: skip


def test_case_and_control_are_drawn_alone_and_the_control_stands_left() -> None:
    data = table(condition=["x", "y", "z"] * 2)
    axes = pl.donors(data, case="x", control="z", show=False)
    assert ticks(axes) == ["z 2 donors", "x 2 donors"]
    assert dots(axes) == [[1.5, 9.0], [1.0, 2.5]]


def test_a_donor_in_several_conditions_is_joined_across_them() -> None:
    data = table(donor=list("ppqqrs"))
    assert pairs(pl.donors(data, show=False)) == [[1.0, 2.0], [1.5, 2.5]]
    assert pairs(pl.donors(table(), show=False)) == []


def test_a_donor_without_a_value_is_counted_and_joined_to_nothing() -> None:
    data = table(donor=list("ppqqrs"), fate_bias=[1.0, np.nan, 1.5, 2.5, 1.2, 9.0])
    axes = pl.donors(data, show=False)
    assert ticks(axes) == ["x 3 donors", "y 2 donors (1 without a value)"]
    assert pairs(axes) == [[1.5, 2.5]]


def test_only_z_has_a_line_at_zero(scored_samples: Made) -> None:
    flat = {
        name: [line for line in pl.donors(scored_samples(), name, show=False).lines if line.get_linestyle() == "--"]
        for name in ("fate_bias", "fate_bias_z")
    }
    assert flat["fate_bias"] == []
    assert [list(line.get_ydata()) for line in flat["fate_bias_z"]] == [[0, 0]]


def test_dots_of_equal_values_lie_beside_each_other_and_within_their_condition() -> None:
    data = pd.DataFrame({"donor": range(80), "condition": ["x", "y"] * 40, "fate_bias": 1.0})
    for at, line in enumerate(one for one in pl.donors(data, show=False).lines if one.get_marker() == "o"):
        assert len(set(line.get_xdata())) == 40
        assert (abs(np.asarray(line.get_xdata()) - at) < 0.4).all()


def test_a_name_that_two_data_sets_use_is_two_donors() -> None:
    data = table(donor=["p"] * 6, condition=["x", "y"] * 3, dataset=["A", "A", "B", "B", "C", "C"])
    axes = pl.donors(data, show=False)
    assert dots(axes) == [[1.0, 1.2, 1.5], [2.0, 2.5, 9.0]]
    assert len(pairs(axes)) == 3


def test_cells_are_refused_and_what_the_message_names_works(scored_cells: Made) -> None:
    adata = scored_cells()
    said = r'60 rows are of sample ".*"; expected one row per sample, as cells are no replicates; .*fs\.tl\.compare.*'
    with pytest.raises(InputError, match=said + r"fs\.pp\.pseudobulk"):
        pl.donors(adata)
    del adata.obs["sample"]
    with pytest.raises(InputError, match=r'60 rows are of donor ".*" in ".*"; .*fs\.tl\.compare.*with sample='):
        pl.donors(adata)
    adata.layers["counts"] = adata.X
    sums = pp.pseudobulk(adata, by="donor")
    tl.fate_bias(sums, organism="human")
    assert ticks(pl.donors(sums, show=False)) == ["control 2 donors", "osteoporosis 2 donors"]


def test_samples_that_are_named_are_averaged_where_donor_and_condition_alone_are_refused() -> None:
    data = table(donor=["p", "q", "p", "r", "s", "r"]).rename(columns={"sample": "gsm"})
    with pytest.raises(InputError, match=r'2 rows are of donor "[pr]" in "[xy]".*name their column with sample='):
        pl.donors(data)
    assert dots(pl.donors(data, sample="gsm", show=False)) == [[1.2, 1.25], [2.0, 5.75]]


@pytest.mark.parametrize(
    ("change", "how", "said"),
    [
        ({}, {"donor": "patient"}, r'no column "patient"'),
        ({}, {"measure": "fate_bais"}, r'did you mean "fate_bias"'),
        ({}, {"measure": "fate_bias_z"}, r"run fs\.tl\.fate_bias\(adata, organism=\.\.\.\) first"),
        ({}, {"measure": "condition"}, r'"condition" holds no numbers'),
        ({}, {"case": "w", "control": "x"}, r'no donor has the condition "w"; choose one of: x, y'),
        ({}, {"case": "x"}, r'only the condition "x" is named; give both'),
        (
            {"donor": ["p", None, "q", "r", "s", None]},
            {},
            r'2 rows have no "donor"; expected the donor of',
        ),
        ({"condition": [None] * 6}, {}, r'"condition" has no value in any of the 6 rows'),
        ({"fate_bias": [np.nan] * 6}, {}, r'"fate_bias" has no value in any of the 6 rows; run fs\.tl\.fate_bias'),
    ],
)
def test_what_cannot_be_drawn_is_said(change: dict[str, Any], how: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        pl.donors(table(**change), **how)


def test_rows_without_a_condition_are_no_part_of_the_comparison() -> None:
    data = table(condition=["x", "y", "x", "y", None, None], donor=["a", "b", "c", "d", None, None])
    assert ticks(pl.donors(data, show=False)) == ["x 2 donors", "y 2 donors"]


def test_simulated_pseudobulks_of_cells() -> None:
    adata = simulate.single_cell(n_donors=6, cells_per_donor=40, n_genes=400, seed=0)
    adata.layers["counts"] = adata.X
    sums = pp.pseudobulk(adata, by="sample")
    tl.fate_bias(sums, organism="human")
    assert sum(len(one) for one in dots(pl.donors(sums, show=False))) == 6

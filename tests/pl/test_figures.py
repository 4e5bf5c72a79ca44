"""Every figure: what it draws equals its table, and it never carries more than the page can."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatescore import _keys, pl
from fatescore.pl import _palette
from fatescore.pl.waterfall import steps


def spec(chart: Any) -> dict[str, Any]:
    import altair

    with altair.data_transformers.enable("default", max_rows=None):
        return chart.to_dict()


def rows(drawn: dict[str, Any], column: str) -> list[dict[str, Any]]:
    """The records of the data set that has the column."""
    for data in drawn["datasets"].values():
        if data and column in data[0]:
            return data
    return []


@pytest.fixture
def samples() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 8
    return pd.DataFrame({
        "dataset": "A", "sample": [f"s{i}" for i in range(n)], "donor": [f"d{i}" for i in range(n)],
        "condition": ["op"] * 4 + ["control"] * 3 + ["other"], "fate_bias": rng.normal(size=n),
        "osteogenic": rng.normal(size=n), "adipogenic": rng.normal(size=n), "fate_call": "osteogenic",
    })  # fmt: skip


@pytest.fixture
def cells(samples: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    base = samples.iloc[rng.integers(0, len(samples), 20_000)].reset_index(drop=True)
    base["fate_bias"] += rng.normal(size=len(base))
    base["osteogenic"] += rng.normal(size=len(base))
    base["fate_call"] = rng.choice(["osteogenic", "adipogenic"], len(base))
    return base.assign(obs_name=[f"c{i}" for i in range(len(base))])


def test_donors_draws_every_sample_of_the_two_conditions(samples: pd.DataFrame) -> None:
    drawn = rows(spec(pl.donors(samples, case="op", control="control")), "value")
    expected = samples[samples["condition"] != "other"].set_index("sample")["fate_bias"]
    assert {row["sample"]: row["value"] for row in drawn} == pytest.approx(expected.to_dict())


def test_donors_counts_every_cell_once(samples: pd.DataFrame, cells: pd.DataFrame) -> None:
    drawn = rows(spec(pl.donors(samples, cells, case="op", control="control")), "share")
    assert sum(row["cells"] for row in drawn) == (cells["condition"] != "other").sum()


def test_a_donor_in_two_conditions_has_two_rows(samples: pd.DataFrame) -> None:
    both = samples.assign(donor=["x"] * 8)
    names = {row["row"] for row in rows(spec(pl.donors(both, case="op", control="control")), "value")}
    assert names == {"x · op", "x · control"}


@pytest.mark.parametrize("n", [1_000, 20_000])
def test_the_size_of_a_chart_does_not_grow_with_the_cells(samples: pd.DataFrame, cells: pd.DataFrame, n: int) -> None:
    some = cells.iloc[:n]
    for chart in (pl.donors(samples, some, case="op", control="control"), pl.plane(some)):
        assert len(json.dumps(spec(chart))) < 600_000


def test_plane_bins_count_every_cell_once(cells: pd.DataFrame) -> None:
    drawn = rows(spec(pl.plane(cells)), "cells")
    assert sum(row["cells"] for row in drawn) == len(cells)
    assert {row["call"] for row in drawn} == {"osteogenic", "adipogenic"}


def test_plane_shows_few_observations_as_points(samples: pd.DataFrame) -> None:
    assert len(rows(spec(pl.plane(samples)), "name")) == len(samples)


@given(
    values=st.lists(st.floats(-2, 2, allow_nan=False), min_size=1, max_size=60),
    most=st.integers(1, 30),
)
def test_waterfall_ends_at_the_sum(values: list[float], most: int) -> None:
    table = pd.DataFrame({"gene": [f"g{i}" for i in range(len(values))], "arm": "osteogenic", "contribution": values})
    bars = steps(table, most=most)
    assert bars["to"].iloc[-1] == pytest.approx(sum(values), abs=1e-6)
    assert bars["to"].iloc[-2] == pytest.approx(sum(values), abs=1e-6)
    assert bars["from"].iloc[1:-1].tolist() == pytest.approx(bars["to"].iloc[:-2].tolist(), abs=1e-6)
    assert len(bars) <= most + 2


def contrast(dataset: str, **values: Any) -> dict[str, Any]:
    base = dict.fromkeys(_keys.CONTRAST_COLUMNS, np.nan)
    return {**base, "dataset": dataset, "contrast": "op", "kind": "disease", "measure": "fate_bias", **values}


def test_forest_marks_what_is_not_pooled_and_draws_the_pooled_row() -> None:
    table = pd.DataFrame([
        contrast("A", g=-0.5, g_low=-1.0, g_high=0.0, audit="clean"),
        contrast("B", g=-3.0, g_low=-4.0, g_high=-2.0, audit="cannot be separated from kit"),
        contrast("C"),
        contrast("A", g=9.0, measure="set:wnt"),
    ])  # fmt: skip
    pooled = {
        **dict.fromkeys(_keys.META_COLUMNS, np.nan),
        "contrast": "op",
        "measure": "fate_bias",
        "k": 2,
        "effect": -0.4,
    }
    alone = {**pooled, "k": 1, "effect": 5.0}
    drawn = rows(spec(pl.forest(table, pd.DataFrame([pooled, alone]))), "role")
    assert [(row["row"], row["g"], row["role"]) for row in drawn] == [
        ("A", -0.5, "data set"),
        ("B", -3.0, "not pooled"),
        ("Pooled", -0.4, "pooled"),
    ]


def test_heatmap_has_a_cell_per_measure_and_contrast() -> None:
    table = pd.DataFrame(
        [contrast("A", g=0.1), contrast("A", g=0.2, measure="set:wnt"), contrast("B", measure="set:wnt")]
    )
    drawn = rows(spec(pl.heatmap(table)), "column")
    assert [(row["column"], row["measure"], row["g"]) for row in drawn] == [
        ("A", "fate_bias", 0.1),
        ("A", "wnt", 0.2),
        ("B", "wnt", None),
    ]


def test_controls_draws_the_auroc() -> None:
    drawn = rows(spec(pl.controls(pd.DataFrame([contrast("A", auroc=0.9), contrast("B")]))), "auroc")
    assert [row["auroc"] for row in drawn] == [0.9]


def test_names_show_the_donors_and_what_cannot_be_separated_is_marked() -> None:
    table = pd.DataFrame([contrast("A", g=1.0, auroc=0.9, n_case=5, n_control=4, audit="cannot be separated from kit")])
    assert [row["row"] for row in rows(spec(pl.forest(table)), "role")] == ["A\n5 v 4"]
    drawn = rows(spec(pl.controls(table)), "auroc")
    assert [(row["row"], row["warned"]) for row in drawn] == [("A\nop, 5 v 4", True)]
    assert [row["column"] for row in rows(spec(pl.heatmap(table)), "column")] == ["⚠ A"]


def test_controls_draws_cells_beside_donors() -> None:
    drawn = spec(pl.controls(pd.DataFrame([contrast("A", auroc=1.0, auroc_cells=0.8)])))
    assert [layer["encoding"]["x"]["field"] for layer in drawn["layer"]] == ["half", "auroc", "auroc_cells"]


def test_figures_of_nothing_are_still_charts() -> None:
    empty = pd.DataFrame(columns=list(_keys.CONTRAST_COLUMNS))
    for chart in (pl.forest(empty, pd.DataFrame()), pl.heatmap(empty), pl.controls(empty)):
        assert spec(chart)["width"] == "container"


def test_same_table_same_chart(samples: pd.DataFrame, cells: pd.DataFrame) -> None:
    first, second = (json.dumps(spec(pl.donors(samples, cells, case="op", control="control"))) for _ in range(2))
    assert first == second


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("page", ["#FFFFFF", "#16191E"])
@pytest.mark.parametrize(
    "name", ["OSTEOGENIC", "ADIPOGENIC", "DUAL", "UNCOMMITTED", "CASE", "CONTROL", "KEPT", "DROPPED", "HIGHLIGHT"]
)
def test_colours_stand_out_from_both_pages(name: str, page: str) -> None:
    a, b = sorted([luminance(getattr(_palette, name)), luminance(page)])
    assert (b + 0.05) / (a + 0.05) > 2.8


# Machado et al. 2009, severity 1, on linear RGB.
BLINDNESS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def seen(colour: str, kind: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.clip(np.array(BLINDNESS[kind]) @ parts**2.2, 0, 1) ** (1 / 2.2)


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize(
    "pair", [("OSTEOGENIC", "ADIPOGENIC"), ("CASE", "CONTROL"), ("OSTEOGENIC", "DUAL"), ("KEPT", "DROPPED")]
)
def test_pairs_stay_apart_for_colour_blind_eyes(kind: str, pair: tuple[str, str]) -> None:
    first, second = (seen(getattr(_palette, name), kind) for name in pair)
    assert np.linalg.norm(first - second) > 0.15


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("colours", [_palette.BATCHES, tuple(_palette.INDICES.values()), _palette.SEQUENTIAL])
def test_colours_of_one_legend_stay_apart_for_colour_blind_eyes(kind: str, colours: tuple[str, ...]) -> None:
    assert len(set(colours)) == len(colours)
    for first, second in itertools.combinations(colours, 2):
        assert np.linalg.norm(seen(first, kind) - seen(second, kind)) > 0.1, (first, second)


def test_batches_have_no_colour_that_means_something() -> None:
    fixed = (*_palette.CALLS.values(), _palette.CASE, _palette.CONTROL)
    for batch, meaning in itertools.product(_palette.BATCHES, fixed):
        assert np.linalg.norm(np.subtract(_palette.rgb(batch), _palette.rgb(meaning))) > 0.15, (batch, meaning)


def test_case_and_control_keep_their_colours_among_other_names() -> None:
    found = _palette.categories(["b", "op", "a", "control"], {"op": _palette.CASE, "control": _palette.CONTROL})
    assert found == {
        "b": _palette.BATCHES[0], "op": _palette.CASE, "a": _palette.BATCHES[1], "control": _palette.CONTROL,
    }  # fmt: skip


def test_the_interval_over_cells_goes_through_the_point_and_both_intervals_are_told() -> None:
    table = pd.DataFrame({
        "sample": ["s1", "s2"], "donor": ["d1", "d2"], "condition": ["op", "control"], "fate_bias": [0.5, -0.2],
        "fate_bias_cells_low": [0.25, np.nan], "fate_bias_cells_high": [0.75, np.nan],
        "fate_bias_genes_low": [-1.0, -2.0], "fate_bias_genes_high": [2.0, 1.0],
    })  # fmt: skip
    layers = pl.donors(table).to_dict()["layer"]
    rule = next(layer for layer in layers if layer["encoding"]["x"].get("field") == "cells_low")
    assert rule["mark"]["type"] == "rule"
    assert rule["encoding"]["x2"]["field"] == "cells_high"
    titles = [line["title"] for line in layers[-1]["encoding"]["tooltip"]]
    assert titles[-2:] == ["95 % interval over cells", "95 % interval over the choice of genes"]
    bulk = table.drop(columns=["fate_bias_cells_low", "fate_bias_cells_high"])
    layers = pl.donors(bulk).to_dict()["layer"]
    assert not [layer for layer in layers if layer["encoding"]["x"].get("field") == "cells_low"]

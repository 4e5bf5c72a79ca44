"""Every figure: what it draws equals its table, and it never carries more than the page can."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from fatescore.pl import _palette, charts
from fatescore.tables import CONTRASTS, META


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
    drawn = rows(spec(charts.donors(samples, case="op", control="control")), "value")
    expected = samples[samples["condition"] != "other"].set_index("sample")["fate_bias"]
    assert {row["sample"]: row["value"] for row in drawn} == pytest.approx(expected.to_dict())


def test_donors_counts_every_cell_once(samples: pd.DataFrame, cells: pd.DataFrame) -> None:
    drawn = rows(spec(charts.donors(samples, cells, case="op", control="control")), "share")
    assert sum(row["cells"] for row in drawn) == (cells["condition"] != "other").sum()


def test_a_donor_in_two_conditions_has_two_rows(samples: pd.DataFrame) -> None:
    both = samples.assign(donor=["x"] * 8)
    names = {row["row"] for row in rows(spec(charts.donors(both, case="op", control="control")), "value")}
    assert names == {"x · op", "x · control"}


@pytest.mark.parametrize("n", [1_000, 20_000])
def test_the_size_of_a_chart_does_not_grow_with_the_cells(samples: pd.DataFrame, cells: pd.DataFrame, n: int) -> None:
    some = cells.iloc[:n]
    for chart in (charts.donors(samples, some, case="op", control="control"), charts.arms_scatter(some)):
        assert len(json.dumps(spec(chart))) < 600_000


def test_arms_scatter_bins_count_every_cell_once(cells: pd.DataFrame) -> None:
    drawn = rows(spec(charts.arms_scatter(cells)), "cells")
    assert sum(row["cells"] for row in drawn) == len(cells)
    assert {row["call"] for row in drawn} == {"osteogenic", "adipogenic"}


def test_arms_scatter_shows_few_observations_as_points(samples: pd.DataFrame) -> None:
    assert len(rows(spec(charts.arms_scatter(samples)), "name")) == len(samples)


def contrast(dataset: str, **values: Any) -> dict[str, Any]:
    base = dict.fromkeys(CONTRASTS.names, np.nan)
    return {**base, "dataset": dataset, "contrast": "op", "kind": "disease", "measure": "fate_bias", **values}


def test_forest_marks_what_is_not_pooled_and_draws_the_pooled_row() -> None:
    table = pd.DataFrame([
        contrast("A", g=-0.5, g_low=-1.0, g_high=0.0, audit_verdict="clean"),
        contrast("B", g=-3.0, g_low=-4.0, g_high=-2.0, audit_verdict="completely_confounded", audit_fields="kit"),
        contrast("C"),
        contrast("A", g=9.0, measure="set:wnt"),
    ])  # fmt: skip
    pooled = {
        **dict.fromkeys(META.names, np.nan),
        "contrast": "op",
        "measure": "fate_bias",
        "k": 2,
        "effect": -0.4,
    }
    alone = {**pooled, "k": 1, "effect": 5.0}
    drawn = rows(spec(charts.forest(table, pd.DataFrame([pooled, alone]))), "role")
    assert [(row["row"], row["g"], row["role"]) for row in drawn] == [
        ("A", -0.5, "data set"),
        ("B", -3.0, "not pooled"),
        ("Pooled", -0.4, "pooled"),
    ]


def test_controls_draws_the_auroc() -> None:
    drawn = rows(spec(charts.controls(pd.DataFrame([contrast("A", auroc=0.9), contrast("B")]))), "auroc")
    assert [row["auroc"] for row in drawn] == [0.9]


def test_names_show_the_donors_and_complete_confounding_is_marked() -> None:
    audit = {"audit_verdict": "completely_confounded", "audit_fields": "kit"}
    table = pd.DataFrame([contrast("A", g=1.0, auroc=0.9, n_case=5, n_control=4, **audit)])
    assert [row["row"] for row in rows(spec(charts.forest(table)), "role")] == ["A\n5 v 4"]
    drawn = rows(spec(charts.controls(table)), "auroc")
    assert [(row["row"], row["confounded"]) for row in drawn] == [("A\nop, 5 v 4", True)]
    assert [row["column"] for row in rows(spec(charts.heatmap(table)), "column")] == ["⚠ A"]


def test_controls_draws_cells_beside_donors() -> None:
    drawn = spec(charts.controls(pd.DataFrame([contrast("A", auroc=1.0, auroc_cells=0.8)])))
    assert [layer["encoding"]["x"]["field"] for layer in drawn["layer"]] == ["half", "auroc", "auroc_cells"]


def test_figures_of_nothing_are_still_charts() -> None:
    empty = pd.DataFrame(columns=list(CONTRASTS.names))
    for chart in (charts.forest(empty, pd.DataFrame()), charts.heatmap(empty), charts.controls(empty)):
        assert spec(chart)["width"] == "container"


def tooltip(chart: Any) -> list[str]:
    drawn = spec(chart)
    encodings = [layer["encoding"] for layer in drawn["layer"] if "tooltip" in layer["encoding"]]
    return [line["field"] for line in encodings[-1]["tooltip"]]


def test_tooltips_have_no_line_that_is_empty_in_every_row() -> None:
    bare = contrast("A", g=1.0, auroc=0.9)
    full = {**bare, "dataset": "B", "p_value": 0.1, "audit_verdict": "clean", "n_case": 5, "n_control": 4}
    for draw in (charts.forest, charts.heatmap, charts.controls):
        without, with_some = (set(tooltip(draw(pd.DataFrame(rows)))) for rows in ([bare], [bare, full]))
        assert not without & {"p_value", "p_smallest", "audit", "donors", "n_case"}
        assert "audit" in with_some
        assert "p_smallest" not in with_some


def test_the_tooltip_of_a_data_set_names_it_without_its_donors() -> None:
    table = pd.DataFrame([contrast("A", g=1.0, auroc=0.9, n_case=5, n_control=4)])
    for draw, column in ((charts.forest, "role"), (charts.controls, "auroc")):
        assert tooltip(draw(table))[:2] == ["dataset", "contrast"]
        assert [row["dataset"] for row in rows(spec(draw(table)), column)] == ["A"]


def test_few_observations_have_outlines_by_condition(samples: pd.DataFrame) -> None:
    drawn = spec(charts.arms_scatter(samples, case="op", control="control"))
    stroke = drawn["layer"][0]["encoding"]["stroke"]
    assert dict(zip(stroke["scale"]["domain"], stroke["scale"]["range"], strict=True)) == {
        "op": _palette.CASE, "control": _palette.CONTROL, "other": _palette.OTHER,
    }  # fmt: skip
    assert "stroke" not in spec(charts.arms_scatter(samples))["layer"][0]["encoding"]
    many = pd.concat([samples] * 13)
    assert "stroke" not in spec(charts.arms_scatter(many, case="op", control="control"))["layer"][0]["encoding"]


def test_no_line_stands_where_the_index_is_zero(samples: pd.DataFrame, cells: pd.DataFrame) -> None:
    for chart in (
        charts.donors(samples, case="op", control="control"), charts.donors(samples, cells),
        charts.arms_scatter(samples), charts.arms_scatter(cells),
    ):  # fmt: skip
        assert "rule" not in {layer["mark"]["type"] for layer in spec(chart)["layer"]}
    away = samples.assign(fate_bias=samples["fate_bias"] + 100)
    low, _high = spec(charts.donors(away))["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low > 50  # nor does the axis reach for it


def test_marks_are_silent_but_axes_and_legends_are_not(svg: Callable[..., ET.Element]) -> None:
    chart = charts.forest(pd.DataFrame([contrast("A", g=1.0, g_low=0.0, g_high=2.0)]))
    said = {tag.get("aria-roledescription") for tag in svg(chart).iter() if tag.get("aria-label")}
    assert said == {"axis"}


def test_same_table_same_chart(samples: pd.DataFrame, cells: pd.DataFrame) -> None:
    first, second = (json.dumps(spec(charts.donors(samples, cells, case="op", control="control"))) for _ in range(2))
    assert first == second


def test_the_interval_over_cells_goes_through_the_point_and_both_intervals_are_told() -> None:
    table = pd.DataFrame({
        "sample": ["s1", "s2"], "donor": ["d1", "d2"], "condition": ["op", "control"], "fate_bias": [0.5, -0.2],
        "fate_bias_cells_low": [0.25, np.nan], "fate_bias_cells_high": [0.75, np.nan],
        "fate_bias_genes_low": [-1.0, -2.0], "fate_bias_genes_high": [2.0, 1.0],
    })  # fmt: skip
    layers = charts.donors(table).to_dict()["layer"]
    rule = next(layer for layer in layers if layer["encoding"]["x"].get("field") == "cells_low")
    assert rule["mark"]["type"] == "rule"
    assert rule["encoding"]["x2"]["field"] == "cells_high"
    titles = [line["title"] for line in layers[-1]["encoding"]["tooltip"]]
    assert titles[-2:] == ["95 % interval over cells", "95 % interval over the choice of genes"]
    bulk = table.drop(columns=["fate_bias_cells_low", "fate_bias_cells_high"])
    layers = charts.donors(bulk).to_dict()["layer"]
    assert not [layer for layer in layers if layer["encoding"]["x"].get("field") == "cells_low"]

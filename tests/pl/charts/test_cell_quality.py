"""Distributions of what cells are judged by, and what became of the cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.pl import charts
from fatescore.pl.labels import code_label
from fatescore.tables.codes import QcFailReason

Draw = Callable[[Any], Any]
OF_CELLS = (
    QcFailReason.EMPTY_DROPLET, QcFailReason.LOW_DEPTH, QcFailReason.FEW_GENES, QcFailReason.HIGH_MITOCHONDRIAL,
    QcFailReason.DOUBLET, QcFailReason.NOT_STROMAL,
)  # fmt: skip
METRICS = {
    "total_counts": ("low_depth", "limit_min_total_counts"),
    "n_genes_by_counts": ("few_genes", "limit_min_genes"),
    "pct_counts_mt": ("high_mitochondrial", "limit_max_pct_mt"),
}


@pytest.mark.parametrize("metric", METRICS)
def test_every_cell_is_counted_once_by_what_became_of_it(judged_cells: pd.DataFrame, draw: Draw, metric: str) -> None:
    drawn = pd.DataFrame(draw(charts.cell_quality(judged_cells, metric)).rows("cells"))
    reason = METRICS[metric][0]
    names = {"": "kept", reason: "dropped for this"}
    state = judged_cells["qc_fail_reason"].map(names).fillna("dropped for something else")
    expected = judged_cells.groupby(["sample", state], observed=True).size()
    assert drawn.groupby(["sample", "state"])["cells"].sum().to_dict() == expected.to_dict()


@pytest.mark.parametrize("metric", METRICS)
def test_the_limit_of_every_sample_is_drawn_where_the_table_says(
    judged_cells: pd.DataFrame, draw: Draw, metric: str
) -> None:
    drawn = draw(charts.cell_quality(judged_cells, metric))
    limit = METRICS[metric][1]
    expected = judged_cells.drop_duplicates("sample").set_index("sample")[limit].to_dict()
    assert {row["sample"]: row["limit"] for row in drawn.rows("limit")} == expected
    low, high = drawn.channel("x")[0]["scale"]["domain"]
    assert low < min(expected.values()) <= max(expected.values()) < high


def test_bins_hold_what_lies_between_their_ends(judged_cells: pd.DataFrame, draw: Draw) -> None:
    rows = draw(charts.cell_quality(judged_cells, "pct_counts_mt")).rows("cells")
    top = max(row["high"] for row in rows)
    for row in rows:
        cells = judged_cells[judged_cells["sample"] == row["sample"]]
        last = (
            cells["pct_counts_mt"].between(row["low"], np.inf)
            if row["high"] == top
            else cells["pct_counts_mt"].between(row["low"], row["high"], inclusive="left")
        )
        assert row["cells"] <= last.sum()
        assert row["low"] < row["high"]


def test_a_limit_of_zero_is_none(judged_cells: pd.DataFrame, draw: Draw) -> None:
    assert (
        draw(charts.cell_quality(judged_cells.assign(limit_min_total_counts=0.0), "total_counts")).rows("limit") == []
    )


def test_empty_droplets_are_left_out(judged_cells: pd.DataFrame, draw: Draw) -> None:
    empty = judged_cells.assign(qc_fail_reason="empty_droplet", total_counts=1.0)
    both = pd.concat([judged_cells, empty], ignore_index=True)
    assert (
        draw(charts.cell_quality(both, "total_counts")).spec
        == draw(charts.cell_quality(judged_cells, "total_counts")).spec
    )


def test_depth_and_genes_are_logarithmic_and_zero_is_shown_as_one(judged_cells: pd.DataFrame, draw: Draw) -> None:
    judged_cells.loc[0, "total_counts"] = 0.0
    drawn = draw(charts.cell_quality(judged_cells, "total_counts"))
    assert drawn.channel("x")[0]["scale"]["type"] == "log"
    assert min(row["low"] for row in drawn.rows("cells")) == 1.0


def test_a_doublet_score_has_no_limit(judged_cells: pd.DataFrame, draw: Draw) -> None:
    cells = judged_cells.assign(doublet_score=np.linspace(0, 1, len(judged_cells)))
    drawn = draw(charts.cell_quality(cells, "doublet_score"))
    assert drawn.rows("limit") == []
    assert drawn.channel("x")[0]["scale"]["type"] == "linear"


def test_a_number_that_no_cell_has_is_an_empty_chart(judged_cells: pd.DataFrame, draw: Draw) -> None:
    assert draw(charts.cell_quality(judged_cells, "doublet_score")).rows("cells") == []


def test_size_does_not_grow_with_the_cells(judged_cells: pd.DataFrame, draw: Draw) -> None:
    many = judged_cells.sample(100_000, replace=True, random_state=0)
    for metric in METRICS:
        assert draw(charts.cell_quality(many, metric)).size < 60_000


def test_many_samples_have_lower_rows(judged_cells: pd.DataFrame, draw: Draw) -> None:
    many = judged_cells.assign(sample=[f"s{i % 80:02d}" for i in range(len(judged_cells))])
    for chart in (charts.cell_quality(many, "total_counts"), charts.dropped(many)):
        assert draw(chart).spec["height"] <= 1000


def test_another_number_is_refused(judged_cells: pd.DataFrame) -> None:
    with pytest.raises(InputError, match='"total_count"; did you mean "total_counts"'):
        charts.cell_quality(judged_cells, "total_count")


def test_shares_of_a_sample_lie_end_to_end(judged_cells: pd.DataFrame, draw: Draw) -> None:
    drawn = pd.DataFrame(draw(charts.dropped(judged_cells)).rows("cells"))
    counts = judged_cells.assign(n=1).groupby(["sample", "qc_fail_reason"], observed=True)["n"].sum()
    expected = {(sample, why or "kept"): n for (sample, why), n in counts.to_dict().items()}
    assert drawn.set_index(["sample", "reason"])["cells"].to_dict() == expected
    for _, bars in drawn.groupby("sample"):
        assert bars["low"].iloc[0] == 0
        assert bars["high"].iloc[-1] == 1
        assert bars["low"].iloc[1:].tolist() == pytest.approx(bars["high"].iloc[:-1].tolist())
    assert drawn["share"].tolist() == pytest.approx((drawn["high"] - drawn["low"]).tolist(), abs=1e-5)


def test_every_reason_that_quality_control_gives_has_a_colour(draw: Draw) -> None:
    reasons = ["", *map(str, OF_CELLS), *[""] * 9]
    drawn = draw(charts.dropped(pd.DataFrame({"sample": "s", "qc_fail_reason": reasons})))
    (colour,) = drawn.channel("color")
    assert colour["scale"]["domain"][0] == "kept"
    assert set(colour["scale"]["domain"][1:]) == set(map(code_label, OF_CELLS))
    assert len(set(colour["scale"]["range"])) == len(OF_CELLS) + 1


@pytest.mark.parametrize(("empty", "left_out"), [(9, False), (10, False), (11, True)])
def test_empty_droplets_that_are_most_are_left_out_and_the_axis_says_so(draw: Draw, empty: int, left_out: bool) -> None:
    cells = pd.DataFrame({"sample": "s", "qc_fail_reason": [""] * 10 + ["empty_droplet"] * empty})
    drawn = draw(charts.dropped(cells))
    assert ("empty droplets left out" in drawn.channel("x")[0]["axis"]["title"]) == left_out
    assert sum(row["cells"] for row in drawn.rows("cells")) == (10 if left_out else 10 + empty)

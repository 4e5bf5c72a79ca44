"""The map of the cells: which cells, which colours, and why there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from fatescore.pl import _palette
from fatescore.report import DatasetTables, dataset_page
from fatescore.report.dataset import cell_map
from fatescore.report.tables import outcome
from fatescore.tables.folder import failure
from tests.report.made import EVIL, status
from tests.report.parts import figures, named, words_of

MAPS = {f"map-{name}" for name in ("fate_bias", "cell_type", "condition", "donor", "total_counts")}


def small(**more: Any) -> DatasetTables:
    """Six cells, of which four are scored and one was dropped; names are hostile."""
    names = [f"c{place}" for place in range(5)]
    embedding = pd.DataFrame({
        "obs_name": names, "sample": "s", "donor": [EVIL, EVIL, "b", "b", "b"],
        "condition": ["op", "op", "ctl", "ctl", "third"], "cell_type": [*["stromal"] * 4, "erythroid"],
        "total_counts": [10, 20, 30, 40, 50], "umap_1": range(5), "umap_2": range(5),
    })  # fmt: skip
    tables: dict[str, Any] = {
        "statuses": [status("A", "ingest", assay="single_cell")],
        "embedding": embedding,
        "scores": pd.DataFrame({"obs_name": names[3::-1], "fate_bias": [4.0, 3.0, 2.0, 1.0], "condition": "op"}),
        "qc_cells": pd.DataFrame({"sample": "s", "qc_fail_reason": ["", "", "", "", "not_stromal", "doublet"]}),
        "contrasts": pd.DataFrame({"case": ["op"], "control": ["ctl"]}),
    }
    return DatasetTables("A", **{**tables, **more})


def drawn(tables: DatasetTables) -> dict[str, Any]:
    found = cell_map(tables)
    return {name: figure.spec for name, figure in figures(found).items()} if found else {}


def values(spec: dict[str, Any], name: str) -> dict[str, Any]:
    return {row["obs_name"]: row[name] for data in spec["datasets"].values() for row in data}


def test_scores_go_to_their_own_cells_and_the_others_have_none() -> None:
    by_bias = values(drawn(small())["map-fate_bias"], "value")
    assert by_bias == {"c0": 1.0, "c1": 2.0, "c2": 3.0, "c3": 4.0, "c4": None}


def test_a_map_for_each_column_that_varies() -> None:
    assert set(drawn(small())) == MAPS
    same = small().embedding.assign(donor="b", total_counts=7, cell_type="stromal")
    assert set(drawn(small(embedding=same))) == {"map-fate_bias", "map-condition"}


def test_the_sides_of_the_contrast_have_their_colours() -> None:
    scale = next(
        layer["encoding"]["color"]["scale"]
        for layer in drawn(small())["map-condition"]["layer"]
        if "color" in layer["encoding"]
    )
    colours = dict(zip(scale["domain"], scale["range"], strict=True))
    assert (colours["op"], colours["ctl"]) == (_palette.CASE, _palette.CONTROL)
    assert colours["third"] not in {_palette.CASE, _palette.CONTROL}


def test_cells_are_counted_in_words_and_by_donor() -> None:
    found = cell_map(small())
    assert found is not None
    assert words_of(found).startswith("5 cells of good quality; 4 of them are scored, ")
    rows = {tuple(cell.text for cell in row) for row in named(found, "map-table").rows}
    assert rows == {
        (EVIL, "op", "stromal", "2", "2"),
        ("b", "ctl", "stromal", "2", "2"),
        ("b", "third", "erythroid", "1", "0"),
    }


def test_a_draw_of_many_cells_is_told() -> None:
    more = pd.DataFrame({"sample": "s", "qc_fail_reason": [""] * 1000 + ["not_stromal"] * 234 + ["low_depth"] * 99})
    found = cell_map(small(qc_cells=more))
    assert found is not None
    assert words_of(found).startswith("Of 1,234 cells, 5 were drawn at random. 5 cells of good quality")


@pytest.mark.parametrize("assay", ["array", "bulk"])
def test_only_single_cells_have_a_map(assay: str) -> None:
    assert cell_map(small(statuses=[status("A", "ingest", assay=assay)])) is None
    assert cell_map(small(scores=pd.DataFrame())) is None


def test_without_a_map_it_says_why(results: Any) -> None:
    none = replace(results.tables["sc"], embedding=pd.DataFrame())
    found = cell_map(none)
    assert found is not None
    assert figures(found) == {}
    assert words_of(found) == "No map of the cells was drawn: there are too few of them, or none was asked for."
    stopped = [*none.statuses, status("sc", "embed", "failed", failure("error", f"no component of {EVIL} is finite."))]
    page = dataset_page(replace(none, statuses=stopped))
    assert "No map of the cells was drawn: no component of &lt;script&gt;alert(1)&lt;/script&gt; is finite.<" in page
    assert EVIL not in page
    # A drawing that failed takes nothing away from the result.
    assert outcome(stopped) == ("ok", "", "")
    assert 'id="donors-1"' in page


@pytest.mark.parametrize("step", ["qc", "score", "contrast"])
def test_a_step_of_the_chain_does_stop_the_data_set(step: str) -> None:
    both = [status("A", "embed", "failed", "late"), status("A", step, "not scorable", "few")]
    assert outcome(both) == ("not scorable", step, "few")

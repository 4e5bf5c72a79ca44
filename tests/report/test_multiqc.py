"""The sections for MultiQC hold every sample and cell, as text that its page can show."""

from __future__ import annotations

import html
import json

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.pl.charts.cell_quality import FATE_COLOURS
from fatescore.report.multiqc import dropped_section, samples_section
from fatescore.tables import QC, QC_METRICS

REASONS = [str(fate) for fate in FATE_COLOURS if fate != "kept"]
HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd()",
    'q"x',
    "MSC.fat.1",
    "MSC.fat.2",
    "a_counts",
    "a/b",
    "x-",
    "success",
    "樣",
]


def samples(names: list[str]) -> pd.DataFrame:
    table = pd.DataFrame({"dataset": "A", "sample": names, "donor": "d", "condition": "<b>", "n_obs": 3, "n_kept": 2})
    return table.assign(total_counts=float("nan"), pct_counts_mt=5.5, verdict="ok", qc_fail_reason="").reindex(
        columns=list(QC.names)
    )


def test_every_sample_stands_with_what_is_known_of_it() -> None:
    metrics = pd.DataFrame(
        {
            "sample": ["s2", "s1"],
            "spread": [1.25, 1.0],
            "outlier": ["outlier:metric=q50,side=low,deviations=6", ""],
            "q05": 3.0,
        }
    )
    found = samples_section("A", samples(["s1", "s2"]), metrics)
    assert found["data"] == {
        "A | s1": {
            "condition": "&lt;b&gt;", "verdict": "ok", "n_obs": 3, "n_kept": 2, "pct_counts_mt": 5.5, "spread": 1.0,
        },
        "A | s2": {
            "condition": "&lt;b&gt;", "verdict": "ok", "n_obs": 3, "n_kept": 2, "pct_counts_mt": 5.5, "spread": 1.25,
            "outlier": "outlier in median intensity (log2) (low, 6 deviations)",
        },
    }  # fmt: skip
    assert set(found["data"]["A | s2"]) <= set(found["headers"])
    header = found["headers"]["rle_iqr"]
    assert (header["title"], header["description"]) == ("RLE IQR", QC_METRICS.column("rle_iqr").meaning)
    json.dumps(found, allow_nan=False)


def test_cells_are_counted_by_what_became_of_them() -> None:
    cells = pd.DataFrame({"sample": ["s1"] * 8 + ["s2"], "qc_fail_reason": ["", "", *REASONS, ""]})
    found = dropped_section("A", cells.astype({"sample": "category"}))
    assert found["data"]["A | s2"] == {"kept": 1}
    assert found["data"]["A | s1"] == {"kept": 2, **dict.fromkeys(REASONS, 1)}
    assert set(found["categories"]) == {"kept", *REASONS}
    colours = [category["color"] for category in found["categories"].values()]
    assert len(set(colours)) == len(colours)


def test_sections_of_several_data_sets_are_one() -> None:
    whole = pd.DataFrame({"sample": ["s1"], "qc_fail_reason": ""})
    for one, other in (
        (samples_section("A", samples(["s1"]), pd.DataFrame()), samples_section("B", pd.DataFrame(), pd.DataFrame())),
        (dropped_section("A", whole), dropped_section("B", pd.DataFrame())),
    ):
        assert {**one, "data": 0} == {**other, "data": 0}
        assert other["data"] == {"B": {}}  # MultiQC warns of a file without any entry


def test_no_name_is_markup_or_cut() -> None:
    found = samples_section("A", samples(HOSTILE), pd.DataFrame())["data"]
    assert [html.unescape(name) for name in found] == [f"A | {name}" for name in HOSTILE]
    for name in found:
        assert not any(sign in name for sign in ("<", ">", '"', "/", ".fa", "_counts", "ccs")), name
        assert not name.endswith("-")


@settings(deadline=None)
@given(st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True))
def test_any_name_is_kept(names: list[str]) -> None:
    found = samples_section("A", samples(names), pd.DataFrame())["data"]
    assert len(found) == len(names)
    for name in found:
        assert not set(name) & set('<>"/'), name

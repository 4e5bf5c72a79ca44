"""From inspected data and a sample sheet to what a run needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.ingest.inspection import Inspection, inspect
from fatescore.ingest.sample_sheet import join_sheet
from fatescore.steps.init import draft, propose
from fatescore.steps.project import Project

GENES = ["RUNX2", "PPARG", "ALPL", "SP7", "LPL"]


@pytest.fixture
def data(tmp_path: Path) -> Callable[..., Inspection]:
    def make(*samples: str, name: str = "study", genes: list[str] = GENES, factor: float = 7) -> Inspection:
        values = factor * np.arange(len(genes) * len(samples)).reshape(len(genes), -1)
        pd.DataFrame(values, index=genes, columns=list(samples)).to_csv(tmp_path / f"{name}.tsv", sep="\t")
        return inspect(tmp_path / f"{name}.tsv")

    return make


@pytest.fixture
def project(data: Callable[..., Inspection], tmp_path: Path) -> Callable[..., Project]:
    """Propose for samples a, b, c, ... of these conditions, with further columns of the sheet."""

    def make(groups: list[str], further: dict[str, list[str]] | None = None, **given: Any) -> Project:
        names = list("abcdefgh"[: len(groups)])
        path = tmp_path / "sheet.tsv"
        pd.DataFrame({"sample": names, "condition": groups, **(further or {})}).to_csv(path, sep="\t", index=False)
        found = data(*names)
        return propose([found], join_sheet(path, [found]), **given)

    return make


def test_words_or_the_options_tell_the_sides(project: Callable[..., Project]) -> None:
    contrast = {"id": "op", "kind": "disease", "case": "OP", "control": "healthy", "datasets": ["study"]}
    assert project(["OP", "OP", "healthy", "healthy"]).contrasts == [contrast]
    turned = project(["OP", "OP", "healthy", "healthy"], case="healthy", kind="known_fate").contrasts[0]
    assert turned == contrast | {"id": "healthy", "kind": "known_fate", "case": "healthy", "control": "OP"}
    told = project(["d0", "d7", "d0", "d7"], case="d7", control="d0").contrasts[0]
    assert (told["case"], told["control"], told["kind"], told["id"]) == ("d7", "d0", "other", "d7")


def test_several_conditions_against_the_one_control(project: Callable[..., Project]) -> None:
    found = project(["OVX", "sham", "fracture", "sham"]).contrasts
    assert [(one["id"], one["case"], one["control"]) for one in found] == [
        ("ovx", "OVX", "sham"), ("fracture", "fracture", "sham"),
    ]  # fmt: skip
    assert [one["id"] for one in project(["骨质疏松", "对照", "骨折"]).contrasts] == ["contrast", "contrast-2"]
    assert len(project(["OVX", "sham", "fracture"], case="OVX", control="sham").contrasts) == 1


@pytest.mark.parametrize(
    ("groups", "given", "said"),
    [
        (["d0", "d7"], {}, r'conditions are d0, d7, .*--case "d7" --control "d0"'),
        (["x", "x"], {}, r"every sample has the condition x"),
        (["d0", "d7", "d14"], {"case": "d7"}, r"only one .* add the other: one of d0, d14"),
        (["d0", "d7"], {"case": "d", "control": "d0"}, r'--case "d" is the condition of no sample; did you mean "d7"'),
        (["d0", "d7"], {"case": "d7", "control": "d7"}, r'both "d7"'),
        (["con", "OP"], {"declared": {"scale": "log2"}}, r"the values read as counts"),
    ],
)
def test_what_is_not_clear_is_refused(
    project: Callable[..., Project], groups: list[str], given: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        project(groups, **given)


def test_donors_on_both_sides_are_pairs_and_it_is_said(project: Callable[..., Project]) -> None:
    groups = ["con", "con", "OP", "OP"]
    assert project(groups, {"donor": ["P1", "P2", "P3", "P4"]}).notes == []
    pairs = {"donor": ["P1", "P2", "P1", "P2"]}
    assert project(groups, pairs).notes == ["the donors P1, P2 have both OP and con: compared as pairs"]
    aged = project(groups, {**pairs, "age": ["70", "71", "72", "73"]}).notes
    assert aged == ["the donors P1, P2 have both OP and con: compared as pairs, although their ages differ"]


@pytest.mark.parametrize(
    "further",
    [{"donor": ["1", "2", "1", "2"]}, {"donor": ["P1", "P2", "P1", "P2"], "sex": ["f", "m", "m", "m"]}],
)
def test_donors_that_seem_numbered_within_a_group_are_refused(
    project: Callable[..., Project], further: dict[str, list[str]]
) -> None:
    with pytest.raises(InputError, match=r"the donors P?1, P?2 have both OP and con, and .*; write OP_P?1 and con_P?1"):
        project(["con", "con", "OP", "OP"], further)
    named = [f"{group}_{donor}" for group, donor in zip(["con", "con", "OP", "OP"], further["donor"], strict=True)]
    assert project(["con", "con", "OP", "OP"], {**further, "donor": named}).notes == []


def test_a_sample_that_is_left_out_counts_nowhere(project: Callable[..., Project]) -> None:
    found = project(["con", "con", "OP", "x"], {"use": ["", "", "", "no"]})
    assert [one["case"] for one in found.contrasts] == ["OP"]
    assert found.samples["use"].tolist() == ["", "", "", "no"]


def test_names_alone_propose_a_run(data: Callable[..., Inspection]) -> None:
    found = propose([data("control_1", "control_2", "osteoporosis_1", "osteoporosis_2")])
    assert found.samples["condition"].tolist() == ["control", "control", "osteoporosis", "osteoporosis"]
    assert found.contrasts[0]["case"] == "osteoporosis"
    with pytest.raises(
        InputError, match=r"the condition .* not clear .*columns sample, donor and condition.*--samples"
    ):
        propose([data("s1", "s2")])


def test_what_the_values_do_not_tell_must_be_declared(data: Callable[..., Inspection]) -> None:
    found = data("CT1", "OP1", genes=["x1", "x2", "x3"])
    with pytest.raises(InputError, match=r"the organism is not clear .*one of human, mouse, rat; .*--organism"):
        propose([found])
    row = propose([found], declared={"organism": "rat", "population": "other"}).datasets.iloc[0]
    assert (row["organism"], row["population"], row["scale"]) == ("rat", "other", "counts")


def test_sources_of_a_sample_each_and_of_one_name(data: Callable[..., Inspection]) -> None:
    with pytest.raises(InputError, match=r"2 sources hold one sample each: a, b; .*the folder that holds them all"):
        propose([data("CT1", name="a"), data("OP1", name="b")])
    with pytest.raises(InputError, match=r"two data sets would be called study-2"):
        propose([data("CT1", "OP1"), data("CT1", "OP1")])


def test_a_condition_per_data_set_is_compared_across(data: Callable[..., Inspection]) -> None:
    found = propose([data("CT1", "OP1", name="a"), data("CT2", "OP2", name="b")])
    assert found.contrasts[0]["datasets"] == ["a", "b"]
    parts = [data("x1", "x2", name="a"), data("y1", "y2", name="b")]
    for part, condition in zip(parts, ["sham", "OVX"], strict=True):
        part.samples["condition"] = condition
    across = propose(parts)
    assert across.contrasts[0]["across"] is True
    assert across.notes == ["no data set has both OVX and sham: compared across, where all else differs, too"]


def test_cells_without_samples_are_refused_with_the_columns_that_may_name_them(tmp_path: Path) -> None:
    obs = pd.DataFrame({"orig": ["CT1"] * 5 + ["OP1"] * 5}, index=[f"ACGTACGTAC{letter}" for letter in "ABCDEFGHIJ"])
    cells = ad.AnnData(np.arange(20, dtype="float32").reshape(10, 2), obs=obs, var=pd.DataFrame(index=["RUNX2", "LPL"]))
    cells.write_h5ad(tmp_path / "cells.h5ad")
    with pytest.raises(InputError, match=r"which of the 10 cells .*--sample-key: one of orig"):
        propose([inspect(tmp_path / "cells.h5ad")])
    found = propose([inspect(tmp_path / "cells.h5ad", sample_key="orig")])
    assert found.datasets.loc[0, "sample_key"] == "orig"
    assert found.samples["condition"].tolist() == ["CT", "OP"]


def test_a_draft_keeps_what_is_not_known(data: Callable[..., Inspection]) -> None:
    found = draft(data("s1", "s2", genes=["x1", "x2"]))
    assert found.datasets.loc[0, "organism"] == "?"
    assert found.samples["condition"].tolist() == ["?", "?"]
    assert found.contrasts == []
    assert draft(data("CT1", "OP1")).contrasts[0]["case"] == "OP"

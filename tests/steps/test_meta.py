"""The step meta: pooled results, what they hang on, and the scoreboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.steps.meta import meta
from fatescore.tables import (
    CONTRASTS,
    META,
    META_ROBUSTNESS,
    META_SPECIFICATION,
    SCOREBOARD,
    SPECIFICATION,
    parse_notes,
)
from fatescore.tables.codes import Status
from fatescore.tables.folder import Outcome, RunFolder

FACTS = {
    "title": "A study", "organism": "human", "assay": "array", "population": "bmsc", "n_samples": 9, "n_donors": 9,
}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def record(
    run: RunFolder,
    dataset: str,
    step: str,
    *,
    status: Status = Status.OK,
    origin: str = "",
    reason: str = "",
    **facts: Any,
) -> None:
    run.dataset(dataset).record(step, Outcome(dataset, origin or step, status, reason, facts))


def write_contrasts(run: RunFolder, dataset: str, g: float, **more: str) -> pd.DataFrame:
    row = dict.fromkeys(CONTRASTS.names, 1.0) | {
        "dataset": dataset, "contrast": "op", "kind": "disease", "measure": "fate_bias", "g": g, "g_var": 0.3,
        "p_value": 0.1, "n_case": 5, "n_control": 4, "levels": "", "audit_verdict": "clean", "audit_fields": "",
        "note": "", **more,
    }  # fmt: skip
    table = pd.DataFrame([row])
    run.dataset(dataset).write(CONTRASTS, table)
    return table


def test_pool_and_scoreboard(run: RunFolder) -> None:
    for name, population, g in (("B", "bmsc", 0.0), ("A", "bmsc", -1.0), ("M", "other", 5.0)):
        record(run, name, "ingest", **FACTS | {"population": population})
        record(run, name, "contrast")
        write_contrasts(run, name, g)
    stopped = {"status": Status.NOT_SCORABLE, "origin": "score", "reason": "all_shallow:samples=3"}
    record(run, "L", "ingest", **FACTS)
    for step in ("score", "contrast"):
        record(run, "L", step, **stopped)
    run.dataset("L").file(CONTRASTS).write_bytes(b"")
    meta(run, ["B", "A", "M", "L"])
    pooled = run.read(META)
    assert list(pooled) == META.names
    assert pooled.loc[0, ["k", "datasets"]].tolist() == [2, "B;A"]
    (left_out,) = parse_notes(pooled.loc[0, "left_out"])
    assert (left_out.code, dict(left_out.values)["dataset"]) == ("population", "M")
    assert pooled.loc[0, "effect"] == pytest.approx(-0.5)
    board = run.read(SCOREBOARD)
    assert list(board) == SCOREBOARD.names
    assert board["dataset"].tolist() == ["B", "A", "M", "L"]
    assert board["status"].tolist() == ["ok", "ok", "ok", "not scorable"]
    last = board.iloc[3]
    assert last[["step", "reason", "n_donors", "title"]].tolist() == ["score", "all_shallow:samples=3", 9, "A study"]


def test_other_cells_are_pooled_when_asked_and_shared_donors_once(run: RunFolder) -> None:
    for name, population, group, g in (("A", "bmsc", "x", -1.0), ("B", "bmsc", "x", -2.0), ("M", "monocyte", "", 1.0)):
        record(run, name, "ingest", **FACTS | {"population": population, "overlap_group": group})
        write_contrasts(run, name, g)
    meta(run, ["A", "B", "M"])
    left_out = {note.names("dataset")[0]: note.code for note in parse_notes(run.read(META).loc[0, "left_out"])}
    assert left_out == {"B": "shared_donors", "M": "population"}
    meta(run, ["A", "B", "M"], pool_other=True)
    row = run.read(META).loc[0]
    assert row["datasets"] == "A;M"
    assert [note.names("dataset")[0] for note in parse_notes(row["left_out"])] == ["B"]


@pytest.mark.parametrize("index", ["extended", "review"])
def test_the_loss_of_comparing_organisms_is_noted(run: RunFolder, index: str) -> None:
    for name, organism in (("A", "human"), ("M", "mouse")):
        record(run, name, "ingest", **FACTS | {"organism": organism})
        record(run, name, "score", index=index)
        write_contrasts(run, name, -1.0)
    meta(run, ["A", "M"])
    losses = [note for note in parse_notes(run.read(META).loc[0, "note"]) if note.code == "ortholog_loss"]
    assert [note.names("index")[0] for note in losses] == (["review"] if index == "review" else [])  # nothing is lost
    assert ("CASC2" in str(losses)) == (index == "review")
    meta(run, ["A"])
    assert "ortholog_loss" not in run.read(META).fillna("").loc[0, "note"]


def test_a_data_set_that_was_never_read_is_on_the_scoreboard(run: RunFolder) -> None:
    for step in ("ingest", "fetch", "contrast"):
        record(run, "X", step, status=Status.FAILED, origin="fetch", reason="error:message=refused")
    meta(run, ["X"])
    assert run.read(META).empty
    board = run.read(SCOREBOARD).iloc[0]
    assert board[["dataset", "status", "step", "reason"]].tolist() == ["X", "failed", "fetch", "error:message=refused"]
    assert pd.isna(board["n_samples"])


def test_nothing_at_all_gives_tables_with_headers(run: RunFolder) -> None:
    meta(run, [])
    for table in (META, META_ROBUSTNESS, META_SPECIFICATION, SCOREBOARD):
        assert list(run.read(table)) == table.names


def test_confounded_data_sets_are_pooled_when_asked(run: RunFolder) -> None:
    write_contrasts(run, "A", -1.0, audit_verdict="completely_confounded", audit_fields="kit")
    write_contrasts(run, "B", -2.0)
    meta(run, ["A", "B"])
    (left_out,) = parse_notes(run.read(META).loc[0, "left_out"])
    assert (left_out.code, dict(left_out.values)) == ("confounded", {"dataset": "A", "fields": "kit"})
    meta(run, ["A", "B"], keep_confounded=True)
    assert run.read(META).loc[0, "k"] == 2


def test_an_outcome_that_cannot_be_read_is_an_error_and_nothing_is_written(run: RunFolder) -> None:
    record(run, "A", "ingest")
    run.dataset("A").status_file("ingest").write_text("{")
    with pytest.raises(InputError, match="is not the outcome of a step"):
        meta(run, ["A"])
    assert not run.file(META).exists()


def test_what_the_result_hangs_on(run: RunFolder) -> None:
    """Two assays, a population that is not pooled, and two methods of which one sees nothing."""
    for name, assay, population, g in (
        ("A", "array", "bmsc", -1.0), ("B", "bulk", "bmsc", -2.0), ("C", "bulk", "bmsc", -1.5),
        ("M", "bulk", "bone", 4.0),
    ):  # fmt: skip
        record(run, name, "ingest", **FACTS | {"assay": assay, "population": population})
        rows = write_contrasts(run, name, g).assign(index="core", unit="sample")
        both = pd.concat([rows.assign(method="rank_log"), rows.assign(method="ucell", g=0.0)])
        run.dataset(name).write(SPECIFICATION, both.reindex(columns=SPECIFICATION.names))
    meta(run, ["A", "B", "C", "M"])
    robust = run.read(META_ROBUSTNESS)
    assert list(robust) == META_ROBUSTNESS.names
    sizes = robust.groupby("analysis", sort=False)["k"].agg(list).to_dict()
    assert sizes == {"leave_one_out": [2, 2, 2], "tau2": [3, 3], "assay": [1, 2], "population": [3, 1]}
    assert robust.loc[robust["level"] == "bone", "effect"].tolist() == [4.0]
    assert robust.loc[robust["analysis"] == "assay", "p_between"].notna().all()
    by_method = run.read(META_SPECIFICATION).set_index("method")
    assert by_method["k"].tolist() == [3, 3]
    assert [parse_notes(text)[0].names("dataset")[0] for text in by_method["left_out"]] == ["M", "M"]
    assert by_method.loc["rank_log", "effect"] == pytest.approx(run.read(META).loc[0, "effect"])
    assert by_method.loc["ucell", "effect"] == 0

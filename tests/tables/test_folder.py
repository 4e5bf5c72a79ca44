"""The folders know which file is where, and bring back what was written into them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.tables import QC, QC_CELLS, Column, Kind, Table, parse_notes
from fatescore.tables.codes import NoteCode, Status
from fatescore.tables.folder import STEPS, DatasetFolder, Folder, Outcome, RunFolder, failure, read_all, read_outcome

FINE = {"dataset": "A", "step": "qc", "status": "ok", "reason": "", "facts": {"n": 1}}


def ok(step: str, **facts: Any) -> Outcome:
    return Outcome("A", step, Status.OK, "", facts)


def test_every_file_has_its_place(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    data, across = run.dataset("A"), run.across("op")
    assert run.settings_file == tmp_path / "settings.json"
    assert (data.path, across.path) == (tmp_path / "datasets" / "A", tmp_path / "across" / "op")
    assert data.file(QC) == data.file("qc.tsv") == tmp_path / "datasets" / "A" / "qc.tsv"
    assert data.status_file("qc") == data.path / "status" / "qc.json"
    assert (data.name, data.is_across, across.name, across.is_across) == ("A", False, "op", True)
    assert data.run.path == across.run.path == tmp_path.resolve()


def test_a_folder_is_known_by_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(tmp_path).across("op")
    folder.path.mkdir(parents=True)
    monkeypatch.chdir(folder.path)
    here = DatasetFolder(".")
    assert (here.name, here.is_across, here.run.path) == ("op", True, tmp_path.resolve())


@pytest.mark.parametrize("table", [QC, QC_CELLS])
def test_a_table_comes_back_as_its_file_says(tmp_path: Path, table: Any) -> None:
    folder = Folder(tmp_path)
    rows = pd.DataFrame({name: ["520"] if name in ("dataset", "sample") else [None] for name in table.names})
    assert folder.read(table).empty
    folder.write(table, rows)
    assert [path.name for path in tmp_path.iterdir()] == [table.file]
    assert (folder.file(table).read_bytes()[:4] == b"PAR1") == (table is QC_CELLS)
    assert folder.read(table)["sample"].tolist() == ["520"]
    folder.write(table, pd.DataFrame({"other": [1]}))
    with pytest.raises(InputError, match=rf"{table.file} has no column "):
        folder.read(table)


def test_outcomes_stand_in_the_order_of_the_steps(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path).dataset("A")
    assert folder.outcomes() == []
    assert folder.outcome("qc") is None
    for step in ("export", "embed", *reversed(STEPS)):
        folder.record(step, ok(step, of=step))
    assert [one.step for one in folder.outcomes()] == [*STEPS, "embed", "export"]
    assert folder.outcome("qc") == ok("qc", of="qc")


def test_an_outcome_of_a_stopped_data_set_comes_back(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path).dataset("A")
    why = failure(NoteCode.ERROR, "two\nlines; and = signs")
    folder.record("score", Outcome("A", "qc", Status.FAILED, why, {}))
    again = folder.outcome("score")
    assert again == Outcome("A", "qc", Status.FAILED, why, {})
    assert isinstance(again.status, Status)
    (note,) = parse_notes(again.reason)
    assert (note.code, note.names("message")) == ("error", ("two lines; and = signs",))


@pytest.mark.parametrize(
    "content",
    [
        "{", "[]", "null", json.dumps({**FINE, "status": "fine"}), json.dumps({**FINE, "facts": 3}), b"\xff",
        *(json.dumps({key: FINE[key] for key in FINE if key != absent}) for absent in FINE),
    ],
)  # fmt: skip
def test_what_no_step_wrote_is_refused_with_its_place(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "qc.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=r"qc\.json is not the outcome of a step .*; run the step again$"):
        read_outcome(path)


def test_tables_are_stacked_and_empty_ones_add_nothing(tmp_path: Path) -> None:
    declared = Table("t", "score", (Column("x", Kind.NUMBER),), "a row")
    for name, table in (
        ("a", pd.DataFrame({"x": [1], "y": [None]})),
        ("b", pd.DataFrame()),
        ("c", pd.DataFrame({"x": [2], "z": "k"})),
    ):
        DatasetFolder(tmp_path / name).write(declared, table)
    stacked = read_all([DatasetFolder(tmp_path / name) for name in "abcd"], declared)
    assert stacked["x"].tolist() == [1, 2]
    assert list(stacked) == ["x", "y", "z"]

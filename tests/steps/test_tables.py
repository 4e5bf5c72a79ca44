"""The step tables: what stands in the tables of the data sets stands in the whole, and nothing else."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from fatescore.cli import main
from fatescore.files import write_text
from fatescore.tables import CONTRASTS
from fatescore.tables.dictionary import data_dictionary
from fatescore.tables.io import read_tsv, write_tsv


def cells_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table as the file has them, by another reader."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Return the tables of two data sets, one that stopped, and a contrast across data sets."""
    one, two, stopped, across = (tmp_path / name for name in ("datasets/B", "datasets/A", "datasets/C", "across/x"))
    identity = {"dataset": "B", "sample": ["007", "=cmd()"], "donor": ["NA", "520"], "condition": "c"}
    write_tsv(one / "sample_fields.tsv", pd.DataFrame({**identity, "batch": ["01", "02"]}))
    write_tsv(one / "qc_metrics.tsv", pd.DataFrame({"sample": ["007", "=cmd()"], "top_1": [1 / 3, -1e-30]}))
    write_tsv(two / "sample_fields.tsv", pd.DataFrame({**identity, "dataset": "A", "age": [61.5, None]}))
    write_tsv(two / "qc_metrics.tsv", pd.DataFrame({"sample": ["5"], "spread": [1.0]}))
    write_text(stopped / "sample_fields.tsv", "")
    write_tsv(
        across / "adjusted_differences.tsv", pd.DataFrame({"dataset": ["A+B"], "contrast": "x", "difference": [0.5]})
    )
    write_tsv(tmp_path / "meta.tsv", pd.DataFrame({"contrast": ["x"], "k": [2]}))
    return tmp_path


def stack(results: Path) -> Path:
    folders = ["datasets/B", "datasets/A", "datasets/C", "across/x", ""]
    assert main(["tables", *(str(results / name) for name in folders), "--output-dir", str(results / "tables")]) == 0
    return results / "tables"


def test_cells_are_copied_as_they_stand(results: Path) -> None:
    out = stack(results)
    found = cells_of(out / "sample_fields.tsv")
    assert [row["dataset"] for row in found] == ["B", "B", "A", "A"]
    for row, part in zip(found, cells_of(results / "datasets/B/sample_fields.tsv"), strict=False):
        assert {**row} == {**part, "age": ""}
    assert [row["age"] for row in found] == ["", "", "61.5", ""]
    assert read_tsv(out / "sample_fields.tsv")["sample"].tolist() == ["007", "=cmd()"] * 2


def test_rows_without_their_data_set_get_it_from_the_folder(results: Path) -> None:
    out = stack(results)
    rows = cells_of(out / "qc_metrics.tsv")
    assert [(row["dataset"], row["sample"], row["top_1"], row["spread"]) for row in rows] == [
        ("B", "007", "0.3333333333", ""),
        ("B", "'=cmd()", "-1e-30", ""),
        ("A", "5", "", "1"),
    ]
    assert next(iter(rows[0])) == "dataset"
    assert cells_of(out / "adjusted_differences.tsv") == [{"dataset": "A+B", "contrast": "x", "difference": "0.5"}]
    assert cells_of(out / "meta.tsv") == [{"contrast": "x", "k": "2"}]  # is of no single data set


def test_every_table_is_there_and_described(results: Path) -> None:
    out = stack(results)
    dictionary = data_dictionary()
    names = {name for name in dictionary["table"] if name.endswith(".tsv")}
    assert {path.name for path in out.iterdir()} == {*names, "data_dictionary.tsv"}
    assert set(read_tsv(out / "contrasts.tsv").columns) == set(CONTRASTS.names)  # no row, and yet its columns
    again = read_tsv(out / "data_dictionary.tsv", as_text=True)
    pd.testing.assert_frame_equal(again, dictionary)


def test_of_a_run_all_data_sets_are_stacked(results: Path) -> None:
    """Without settings.json those that have a folder, in the order of their names; contrasts across are unknown."""
    assert main(["tables", str(results)]) == 0
    rows = cells_of(results / "tables" / "qc_metrics.tsv")
    assert [row["dataset"] for row in rows] == ["A", "B", "B"]
    assert cells_of(results / "tables" / "meta.tsv") == [{"contrast": "x", "k": "2"}]


def test_several_folders_need_a_place(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tables", str(results / "datasets/A"), str(results / "datasets/B")]) == 2
    assert "--output-dir is missing" in capsys.readouterr().err


def test_the_same_tables_in_the_same_bytes(results: Path) -> None:
    first = {path.name: path.read_bytes() for path in stack(results).iterdir()}
    assert {path.name: path.read_bytes() for path in stack(results).iterdir()} == first


def test_a_folder_without_tables_is_named(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (results / "other").mkdir()
    assert main(["tables", str(results / "other"), "--output-dir", str(results / "tables")]) == 2
    assert "other holds none of the tables" in capsys.readouterr().err
    assert not (results / "tables").exists()

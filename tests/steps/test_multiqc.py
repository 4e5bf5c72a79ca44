"""The step multiqc: two files for MultiQC from the tables of quality control."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.steps.multiqc import multiqc
from fatescore.tables import QC, QC_CELLS, QC_METRICS
from fatescore.tables.folder import DatasetFolder
from tests.steps.folders import MakeFolder


def sections(folder: DatasetFolder) -> list[dict[str, object]]:
    multiqc(folder)
    names = ("qc_samples_mqc.json", "qc_dropped_mqc.json")
    return [json.loads(folder.file(name).read_text(encoding="utf-8"))["data"] for name in names]


def test_both_files_are_written(make_folder: MakeFolder) -> None:
    folder = make_folder()
    folder.write(QC, pd.DataFrame({"sample": ["007"], "verdict": "ok", "n_obs": 2}).reindex(columns=QC.names))
    folder.write(QC_METRICS, pd.DataFrame({"sample": ["007"], "fraction_doublet": [0.5]}))
    cells = pd.DataFrame({"sample": ["007"] * 2, "qc_fail_reason": ["", "doublet"]})
    folder.write(QC_CELLS, cells.reindex(columns=QC_CELLS.names))
    samples, dropped = sections(folder)
    assert samples == {"A | 007": {"verdict": "ok", "n_obs": 2, "fraction_doublet": 0.5}}
    assert dropped == {"A | 007": {"kept": 1, "doublet": 1}}


def test_a_data_set_that_stopped_has_files_without_samples(make_folder: MakeFolder) -> None:
    folder = make_folder()
    for table in (QC, QC_METRICS, QC_CELLS):
        folder.file(table).touch()
    assert sections(folder) == [{"A": {}}, {"A": {}}]


def test_cells_that_are_no_parquet_are_named(make_folder: MakeFolder) -> None:
    folder = make_folder()
    folder.file(QC).touch()
    folder.file(QC_CELLS).write_text("x")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        multiqc(folder)

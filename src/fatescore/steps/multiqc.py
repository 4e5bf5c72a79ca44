"""Write the quality control of a data set for MultiQC, as custom content.

MultiQC finds files that end in _mqc.json by itself and puts those of several data sets into two sections.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fatescore.files import check_input, write_text
from fatescore.report.multiqc import dropped_section, samples_section
from fatescore.steps.declarations import DATASET_STEPS
from fatescore.tables import QC, QC_CELLS, QC_METRICS
from fatescore.tables.folder import DatasetFolder


def multiqc(folder: DatasetFolder) -> None:
    """Write a table of the samples, and what became of the cells.

    Parameters
    ----------
    folder
        Holds the tables of quality control; gets ``qc_samples_mqc.json`` and ``qc_dropped_mqc.json``.

    Raises
    ------
    InputError
        When there is no ``qc.tsv``, or a table cannot be read.
    """
    check_input(folder.file(QC), "a table written by fatescore qc", fix="run that step first")
    samples, dropped = map(folder.file, DATASET_STEPS["multiqc"].outputs)
    qc, metrics, cells = folder.read(QC), folder.read(QC_METRICS), folder.read(QC_CELLS)
    _write(samples, samples_section(folder.name, qc, metrics))
    _write(dropped, dropped_section(folder.name, cells))


def _write(path: Path, section: dict[str, Any]) -> None:
    """Write JSON in the order given, which is that of columns and bars."""
    write_text(path, json.dumps(section, indent=2, ensure_ascii=False, allow_nan=False) + "\n")

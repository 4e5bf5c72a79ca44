"""What every step reads and writes, by name within its folder: for the runner, and for the rules of the workflow."""

from __future__ import annotations

from dataclasses import dataclass

from fatescore import tables as tb
from fatescore.tables.column import Table
from fatescore.tables.folder import NORMALISED, PAGE, PSEUDOBULK, RAW, SCORED, STEPS, is_parquet
from fatescore.tables.folder import QC as QC_H5AD


@dataclass(frozen=True)
class Step:
    """The files of a step.

    Attributes
    ----------
    name
        Name of the step, which is that of its verb.
    after
        The step that must have gone well before it; empty where there is none.
    inputs, outputs
        Names of files within the folder, the outcome left aside.
    """

    name: str
    after: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def _step(name: str, after: str = "", reads: tuple[Table | str, ...] = (), files: tuple[str, ...] = ()) -> Step:
    """Return a step that writes ``files``, and the tables that are declared as its own."""
    tables = tuple(table.file for table in tb.TABLES if table.step == name)
    return Step(name, after, tuple(what if isinstance(what, str) else what.file for what in reads), (*files, *tables))


_COMPARED = (
    tb.SAMPLE_SCORES, tb.SAMPLE_FIELDS, tb.QC, tb.GENE_CONTRIBUTIONS, tb.INDEX_GENES, tb.METHOD_SCORES,
)  # fmt: skip
_COMPARED_WITHIN = (tb.QC_METRICS, tb.SCORES, tb.CELL_METHOD_SCORES, NORMALISED, PSEUDOBULK)
DATASET_STEPS = {
    step.name: step
    for step in (
        _step("fetch"),
        _step("ingest", "fetch", files=(RAW,)),
        _step("fingerprint", "ingest", (RAW,)),
        _step("qc", "ingest", (RAW,), (QC_H5AD,)),
        _step("embed", "qc", (RAW, tb.QC_CELLS)),
        _step("normalise", "qc", (QC_H5AD,), (NORMALISED, PSEUDOBULK)),
        _step("score", "normalise", (NORMALISED, PSEUDOBULK)),
        _step("export", "score", (NORMALISED, tb.SCORES, tb.EMBEDDING), (SCORED,)),
        _step("contrast", "score", (*_COMPARED, *_COMPARED_WITHIN)),
        _step("multiqc", "", (tb.QC, tb.QC_METRICS, tb.QC_CELLS), ("qc_samples_mqc.json", "qc_dropped_mqc.json")),
    )
}
CONTRAST_ACROSS = _step("contrast", "score", _COMPARED)  # inputs of each data set
RUN_STEPS = {
    step.name: step
    for step in (
        _step("duplicates", "fingerprint", (tb.FINGERPRINT,)),
        _step("meta", "contrast", (tb.CONTRASTS, tb.SPECIFICATION)),
    )
}
_SHOWN = ("ingest", "qc", "score", "embed", "contrast")
_TABLES_OF_STEPS = tuple(table.file for table in tb.TABLES if table.step in _SHOWN)
DATASET_REPORT = Step("report", "", (*_TABLES_OF_STEPS, SCORED), (PAGE,))
_OF_CONTRASTS = (tb.CONTRASTS.file, tb.CONFOUNDING.file, tb.SPECIFICATION.file)
SUMMARY_REPORT = Step("report", "", _OF_CONTRASTS, (PAGE, "provenance.json", "answer.txt"))  # inputs of each data set
STACKED = tuple(table for table in tb.TABLES if not is_parquet(table))
# In the order in which a data set passes them; those that count when a run ends.
CONCLUDED = (*STEPS, "fingerprint")

__all__ = [
    "CONCLUDED", "CONTRAST_ACROSS", "DATASET_REPORT", "DATASET_STEPS", "RUN_STEPS", "STACKED", "SUMMARY_REPORT", "Step",
]  # fmt: skip

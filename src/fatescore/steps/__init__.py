"""The steps of the workflow as functions on the folder of a data set or of a run.

Each step is a function of its own with plain settings (``fatescore.steps.qc.qc(folder, limits, seed=0)``).
:func:`run_step` does one as the workflow does: with the settings of the run, and the outcome recorded.
"""

from fatescore.steps.declarations import DATASET_STEPS, RUN_STEPS, Step
from fatescore.steps.outcome import describe, record_outcome
from fatescore.steps.planned import across_names, arguments, dataset_names, ingest_described, plan_of, run_step

__all__ = [
    "DATASET_STEPS", "RUN_STEPS", "Step", "across_names", "arguments", "dataset_names", "describe", "ingest_described",
    "plan_of", "record_outcome", "run_step",
]  # fmt: skip

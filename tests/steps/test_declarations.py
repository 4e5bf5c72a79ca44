"""What steps read is what earlier ones write, and every table has its step."""

from __future__ import annotations

from fatescore.steps.declarations import CONTRAST_ACROSS, DATASET_REPORT, DATASET_STEPS, RUN_STEPS, SUMMARY_REPORT
from fatescore.tables import TABLES


def test_every_table_is_the_output_of_one_step() -> None:
    steps = [*DATASET_STEPS.values(), *RUN_STEPS.values()]
    written = [name for step in steps for name in step.outputs]
    assert len(set(written)) == len(written)
    assert {table.file for table in TABLES} <= set(written)


def test_steps_read_what_steps_before_them_write() -> None:
    written: dict[str, str] = {}
    for step in DATASET_STEPS.values():
        assert not step.after or step.after in DATASET_STEPS
        assert set(step.inputs) <= set(written), step.name
        written |= dict.fromkeys(step.outputs, step.name)
    for step in (*RUN_STEPS.values(), DATASET_REPORT, SUMMARY_REPORT, CONTRAST_ACROSS):
        assert set(step.inputs) <= set(written)

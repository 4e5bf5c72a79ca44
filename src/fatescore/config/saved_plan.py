"""The checked plan as JSON, for the steps: what the workflow writes first into the folder of a run."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from fatescore._schema import filled, schema
from fatescore.config._records import Contrast, Dataset, Plan, Sample, settings_as_dict
from fatescore.errors import InputError
from fatescore.files import check_input, write_text
from fatescore.typing import StrPath

_EXPECTED = "the settings of a run, which the workflow writes"


def write_plan(plan: Plan, path: StrPath) -> None:
    """Write a plan; :func:`read_plan` returns an equal one.

    Parameters
    ----------
    plan
        As from :func:`load_plan`.
    path
        The file, JSON.
    """
    saved = settings_as_dict(plan) | {
        "samples": [asdict(sample) for sample in plan.samples],
        "contrasts": [asdict(contrast) for contrast in plan.contrasts],
    }
    # Keys stay in their order, which is that of the columns of the sample table.
    write_text(path, json.dumps(saved, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_plan(path: StrPath) -> Plan:
    """Read a plan that :func:`write_plan` wrote.

    Raises
    ------
    InputError
        When there is no such file, or it holds no plan.

    Examples
    --------
    >>> import tempfile
    >>> plan = default_plan()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_plan(plan, f"{folder}/settings.json")
    ...     read_plan(f"{folder}/settings.json") == plan
    True
    """
    source = check_input(path, _EXPECTED)
    try:
        saved = json.loads(source.read_text(encoding="utf-8"))
        return Plan(
            dict(saved["settings"]),
            {row["dataset"]: Dataset(**row) for row in saved["datasets"]},
            tuple(Sample(**row) for row in saved["samples"]),
            tuple(Contrast(**_with_tuples(row)) for row in saved["contrasts"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{source} holds no settings of a run ({type(error).__name__}: {error})", expected=_EXPECTED,
            fix="remove it and run the workflow again",
        ) from error  # fmt: skip


def default_plan() -> Plan:
    """Return a plan without data sets and contrasts, every setting at its default.

    Examples
    --------
    >>> default_plan().settings["seed"]
    0
    """
    return Plan(filled({}, schema("config")), {}, (), ())


def _with_tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}

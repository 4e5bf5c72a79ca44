"""Steps with the settings of their run, which ``settings.json`` in the folder of the run holds."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore.config import Contrast, Dataset, Plan, default_plan, read_plan
from fatescore.errors import InputError
from fatescore.steps.declarations import CONTRAST_ACROSS, DATASET_STEPS
from fatescore.steps.outcome import record_outcome
from fatescore.tables.folder import DatasetFolder, Outcome, RunFolder
from fatescore.typing import StrPath


def plan_of(run: RunFolder) -> Plan:
    """Return the plan of a run; without ``settings.json`` a plan of no data set, every setting at its default."""
    return read_plan(run.settings_file) if run.settings_file.exists() else default_plan()


def dataset_names(run: RunFolder, plan: Plan) -> list[str]:
    """Return the names of the data sets of a run; without a plan of any, those that have a folder."""
    return sorted(plan.datasets or [path.name for path in run.path.glob("datasets/*") if path.is_dir()])


def across_names(plan: Plan) -> list[str]:
    """Return the names of the contrasts across data sets."""
    return [contrast.id for contrast in plan.contrasts_across()]


def source_of(dataset: Dataset, settings: Mapping[str, Any]) -> Path:
    """Return the folder of a fetched series, or the local file of a data set."""
    if dataset.source == "geo":
        return Path(settings["resources"]) / "geo" / dataset.accession
    return Path(settings["local_root"]) / dataset.path


def run_step(step: str, folder: StrPath, *, n_jobs: int = 1, child_process: bool = False) -> Outcome:
    """Do a step of a data set, with the settings of its run, and record the outcome.

    Parameters
    ----------
    step
        ``ingest``, ``fingerprint``, ``qc``, ``embed``, ``normalise``, ``score``, ``export`` or ``contrast``.
    folder
        Folder of the data set (``results/datasets/A``); for a contrast also of one across data sets
        (``results/across/C``).
    n_jobs
        Threads.
    child_process
        Whether to do the work in a process of its own, so that a crash fails this data set only.

    Returns
    -------
    The outcome, which stands in the folder as well.

    Raises
    ------
    InputError
        When a file of an earlier step is not there, or the settings cannot be read.

    Examples
    --------
    >>> run_step("qc", "nowhere/datasets/A")
    Traceback (most recent call last):
    fatescore.errors.InputError: ...raw.h5ad does not exist; expected a file of an earlier step, for qc; ...
    """
    target = DatasetFolder(folder)
    given = arguments(step, target.name, plan_of(target.run), across=target.is_across)
    if step == "score":
        given["n_jobs"] = n_jobs
    return _record(step, target, given, child_process)


def arguments(step: str, name: str, plan: Plan, *, across: bool = False) -> dict[str, Any]:
    """Return what a step is called with besides the folder; where it changes, the step must be done again.

    Parameters
    ----------
    step, plan
        The step, and the settings of the run.
    name
        Of the data set, or of the contrast across data sets.
    across
        Whether it is the name of a contrast across data sets.

    Raises
    ------
    InputError
        When the plan does not know the data set (of ingest) or the contrast.

    Examples
    --------
    >>> arguments("normalise", "A", default_plan())
    {'min_cells': 10, 'min_counts': 10000}
    """
    settings, seed = plan.settings, {"seed": plan.settings["seed"]}
    match step:
        case "ingest":
            return _arguments_of_ingest(name, plan)
        case "qc":
            return {"limits": settings["qc"]} | seed
        case "normalise":
            return dict(settings["pseudobulk"])
        case "score":
            own = {"own_sets": settings["gene_sets"]} if settings["gene_sets"] else {}
            return {key: settings[key] for key in ("index", "scorable")} | own | seed
        case "embed":
            return seed
        case "export":
            return plan.sides(name)
        case "contrast" if across:
            return {"contrasts": _contrast_across(name, plan)} | seed
        case "contrast":
            return {"contrasts": plan.contrasts_within(name)} | seed
    return {}


def ingest_described(
    folder: StrPath, dataset: Dataset, samples: pd.DataFrame | None, *, child_process: bool = False
) -> Outcome:
    """Ingest a local data set that is described here and not by the settings of a run, and record the outcome.

    Parameters
    ----------
    folder, child_process
        As of :func:`run_step`.
    dataset
        Its row; ``path`` is relative to the working directory.
    samples
        The sample table.
    """
    given = {"dataset": dataset, "source": dataset.path, "samples": samples}
    return _record("ingest", DatasetFolder(folder), given, child_process)


def _record(step: str, folder: DatasetFolder, given: dict[str, Any], child_process: bool) -> Outcome:
    """Do a step; what its function needs is imported by then only."""
    declared, sources = DATASET_STEPS[step], [folder]
    if folder.is_across:
        sources = [folder.run.dataset(name) for name in given["contrasts"][0].datasets]
        declared, given = CONTRAST_ACROSS, given | {"sources": sources}

    def work() -> Mapping[str, Any]:
        module = importlib.import_module(f"fatescore.steps.{'duplicates' if step == 'fingerprint' else step}")
        facts: Mapping[str, Any] = getattr(module, step)(folder, **given)
        return facts

    return record_outcome(declared, folder, work, sources=sources, child_process=child_process)


def _arguments_of_ingest(name: str, plan: Plan) -> dict[str, Any]:
    if name not in plan.datasets:
        raise InputError(
            f"no settings describe the data set {name}", expected="its row in settings.json of the run",
            fix="describe it with the options of fatescore ingest",
        )  # fmt: skip
    dataset = plan.datasets[name]
    rows = [{**asdict(sample), **sample.fields} for sample in plan.samples_of(name)]
    for row in rows:
        del row["fields"]
    return {"dataset": dataset, "source": source_of(dataset, plan.settings), "samples": rows}


def _contrast_across(name: str, plan: Plan) -> list[Contrast]:
    chosen = [one for one in plan.contrasts_across() if one.id == name]
    if not chosen:
        raise InputError(
            f"the settings of the run have no contrast {name} across data sets",
            expected=", ".join(across_names(plan)) or "contrasts with across: true",
        )
    return chosen

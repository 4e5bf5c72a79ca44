# Loads the plan, and the files of every step; no logic, no network.
import hashlib
import re
from pathlib import Path

from fatescore.config import load_plan, write_plan
from fatescore.errors import ConfigError
from fatescore.steps.declarations import (
    CONCLUDED,
    CONTRAST_ACROSS,
    DATASET_REPORT,
    DATASET_STEPS,
    RUN_STEPS,
    STACKED,
    SUMMARY_REPORT,
)
from fatescore.steps.planned import arguments, source_of
from fatescore.tables.folder import STEPS
from snakemake.exceptions import WorkflowError

try:
    PLAN = load_plan(config)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

SETTINGS = PLAN.settings
RESULTS = SETTINGS["results"]
DATASETS = sorted(PLAN.datasets)
FETCHED = [name for name in DATASETS if PLAN.datasets[name].source == "geo"]
TABLE_FILES = [table.file for table in STACKED]
ACROSS = {contrast.id: contrast for contrast in PLAN.contrasts_across()}


wildcard_constraints:
    dataset="|".join(map(re.escape, DATASETS)),
    contrast="|".join(map(re.escape, ACROSS)) or "none",


def dataset_folder(wildcards):
    """Return the folder of a data set."""
    return f"{RESULTS}/datasets/{wildcards.dataset}"


def across_folder(wildcards):
    """Return the folder of a contrast across data sets."""
    return f"{RESULTS}/across/{wildcards.contrast}"


def run_folder(wildcards):
    """Return the folder of the run."""
    return RESULTS


def in_dataset(names):
    """Return files in the folder of a data set."""
    return [f"{RESULTS}/datasets/{{dataset}}/{name}" for name in names]


def in_across(names):
    """Return files in the folder of a contrast across data sets."""
    return [f"{RESULTS}/across/{{contrast}}/{name}" for name in names]


def in_run(names):
    """Return files in the folder of the run."""
    return [f"{RESULTS}/{name}" for name in names]


def needs(step):
    """Return what a step of a data set reads: files, and the outcome of the step before."""
    return in_dataset([*step.inputs, f"status/{step.after}.json"])


def makes(step):
    """Return what a step of a data set writes: files, and its outcome."""
    return in_dataset([*step.outputs, f"status/{step.name}.json"])


def status_of(steps, datasets):
    """Return the outcomes of some steps of some data sets."""
    return expand(
        in_dataset([f"status/{step}.json" for step in steps]), dataset=datasets
    )


def arguments_of(step, across=False):
    """Stand in for what a step is called with, so that a change of it, and of nothing else, runs the step again."""
    name = "contrast" if across else "dataset"
    return lambda wildcards: digest(
        arguments(step, wildcards[name], PLAN, across=across)
    )


def values(*keys):
    """Return settings as params, so that a change of one of them runs the rule again."""
    return lambda wildcards: [SETTINGS[key] for key in keys]


def digest(value):
    """Stand in for a part of a table, so that only what depends on that part is made again."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def data_of(wildcards):
    """Return what ingest waits for: the outcome of fetch, or the local file where it exists."""
    dataset = PLAN.datasets[wildcards.dataset]
    if dataset.source == "geo":
        return expand(in_dataset(["status/fetch.json"]), dataset=wildcards.dataset)
    return [path for path in [source_of(dataset, SETTINGS)] if path.exists()]


def own_gene_sets(wildcards):
    """Return the files of the run's own gene sets; what is no file is the name of a library."""
    return [source for source in SETTINGS["gene_sets"] if Path(source).is_file()]


def figures_in(folder):
    """Return the folder of charts as a named output, where charts are written."""
    return {"figures": directory(folder)} if SETTINGS["report"]["figures"] else {}


# Every step reads its settings there. It is no output of a job: Snakemake does not look at the params of what comes after
# a job, by which a change of one value runs again only what depends on it.
onstart:
    write_plan(PLAN, f"{RESULTS}/settings.json")

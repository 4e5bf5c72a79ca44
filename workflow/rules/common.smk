# Loads the plan; no logic, no network.
import hashlib
import json
import re
import shlex
from pathlib import Path

from fatescore.config import load_plan, settings_as_dict
from fatescore.errors import ConfigError
from snakemake.exceptions import WorkflowError

try:
    PLAN = load_plan(config)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

SETTINGS = PLAN.settings
RESULTS = SETTINGS["results"]
RESOURCES = SETTINGS["resources"]
DATASETS = sorted(PLAN.datasets)
FETCHED = [name for name in DATASETS if PLAN.datasets[name].source == "geo"]
ACROSS = {contrast.id: contrast for contrast in PLAN.contrasts_across()}
STEPS = ["ingest", "qc", "normalise", "score", "contrast"]


wildcard_constraints:
    dataset="|".join(map(re.escape, DATASETS)),
    contrast="|".join(map(re.escape, ACROSS)) or "none",


def digest(value):
    """Stand in for a part of a table, so that only what depends on that part is made again."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def source_of(wildcards):
    """Return what ingest waits for: the outcome of fetch, or the local file where it exists."""
    if PLAN.datasets[wildcards.dataset].source == "geo":
        return [f"{RESULTS}/datasets/{wildcards.dataset}/status/fetch.json"]
    return [path for path in [data_of(wildcards)] if Path(path).exists()]


def data_of(wildcards):
    """Return the folder of the fetched series, or the local file."""
    dataset = PLAN.datasets[wildcards.dataset]
    if dataset.source == "geo":
        return f"{RESOURCES}/geo/{dataset.accession}"
    return str(Path(SETTINGS["local_root"]) / dataset.path)


def status_of(step, datasets):
    """Return the outcomes of a step."""
    return expand(
        f"{RESULTS}/datasets/{{dataset}}/status/{step}.json", dataset=datasets
    )


def contrast_flags(contrasts):
    """Return the contrasts as flags of the verb, quoted for a shell."""
    return " ".join(
        f"--contrast {shlex.quote(json.dumps(c.as_dict()))}" for c in contrasts
    )


def flags(settings):
    """Return settings as flags of a verb, quoted for a shell."""
    return shlex.join(
        f"--{key.replace('_', '-')}={value}" for key, value in settings.items()
    )


# How every page is made, as flags; charts for papers are written only where the settings name a format.
LOOK = flags(
    {
        "language": SETTINGS["report"]["language"],
        "figures": ",".join(SETTINGS["report"]["figures"]),
    }
)


def figures_in(folder):
    """Return the folder of charts as a named output, where charts are written."""
    return {"figures": directory(folder)} if SETTINGS["report"]["figures"] else {}

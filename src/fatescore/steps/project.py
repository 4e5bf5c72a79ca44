"""The configuration of a new run: config.yaml, datasets.tsv and samples.tsv, written whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from fatescore.config import load_plan
from fatescore.errors import InputError
from fatescore.files import write_text
from fatescore.ingest.inspection import UNKNOWN
from fatescore.tables.io import write_tsv
from fatescore.typing import StrPath

# What config.yaml says beside the keys of a contrast.
_ABOUT = {
    "kind": "disease is pooled over data sets, known_fate is a positive control, other is neither",
    "case": "a positive difference means more bone here",
    "datasets": "where it is compared",
    "across": "between data sets, which differ in all else",
}


@dataclass(frozen=True)
class Project:
    """What a run is set up with.

    Attributes
    ----------
    datasets, samples
        The two tables.
    contrasts
        As in config.yaml.
    settings
        Those that differ from the defaults.
    notes
        What was assumed.
    """

    datasets: pd.DataFrame
    samples: pd.DataFrame
    contrasts: list[dict[str, Any]]
    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def write_project(project: Project, folder: StrPath) -> Path:
    """Write ``config/`` with config.yaml, datasets.tsv and samples.tsv, whole or not at all; return it.

    Raises
    ------
    InputError
        When it is there already.
    ConfigError
        When the workflow would not take it.
    """
    target = Path(folder) / "config"
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} exists", expected="a folder without one", fix="give another with --output")
    with tempfile.TemporaryDirectory() as scratch:
        parts = Path(scratch)
        write_text(parts / "config.yaml", _config(project))
        write_tsv(parts / "datasets.tsv", project.datasets)
        write_tsv(parts / "samples.tsv", project.samples)
        if UNKNOWN not in project.datasets.to_numpy():
            settings = yaml.safe_load((parts / "config.yaml").read_text(encoding="utf-8"))
            load_plan({**settings, "datasets": "datasets.tsv", "samples": "samples.tsv"}, root=parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=target.parent))
        try:
            whole = shutil.copytree(parts, part / "config", copy_function=shutil.copyfile)
            whole.replace(target)
        finally:
            shutil.rmtree(part)
    return target


def _config(project: Project) -> str:
    """Return the text of config.yaml; JSON's texts and lists are YAML, whatever is in them."""
    lines = [
        "# Settings of a run, written by fatescore init; what is not here has its default. Paths are relative to the",
        "# folder that snakemake works in (--directory).",
        "datasets: config/datasets.tsv",
        "samples: config/samples.tsv",
        *(f"{key}: {_yaml(value)}" for key, value in project.settings.items()),
        "",
        "contrasts:" if project.contrasts else "contrasts: []  # id, case, control and datasets of each",
    ]
    for contrast in project.contrasts:
        for number, (key, value) in enumerate(contrast.items()):
            note = f"  # {_ABOUT[key]}" if key in _ABOUT else ""
            lines.append(f"{'    ' if number else '  - '}{key}: {_yaml(value)}{note}")
        further = [str(name) for name in project.samples if name in ("age", "sex") or "batch" in str(name).casefold()]
        if further:
            lines.append(f"    # covariates: {_yaml(further)}  # held constant in a linear model")
    return "\n".join(lines) + "\n"


def _yaml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

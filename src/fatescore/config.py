"""The configuration: tables and settings in, frozen and checked records out.

Every error names the file, the row, the column and the nearest valid value.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore._files import read_text_table
from fatescore._schema import filled, schema, validate
from fatescore.errors import ConfigError, nearest
from fatescore.typing import Assay, Organism, Scale, StrPath

_SERIES = re.compile(r"GSE[1-9]\d{0,8}")
_KNOWN_COLUMNS = ("dataset", "sample", "donor", "condition", "use")


@dataclass(frozen=True)
class Dataset:
    """One row of datasets.tsv."""

    dataset: str
    source: str
    assay: Assay
    organism: Organism
    scale: Scale
    title: str = ""
    accession: str = ""
    path: str = ""
    layout: str = "auto"
    file: str = ""
    sample_key: str = ""
    population: str = "bmsc"

    def as_flags(self) -> str:
        """Return the row as flags of the ``ingest`` verb, quoted for a shell; what is empty is left out."""
        names = ("layout", "file", "organism", "assay", "scale", "population", "title", "sample_key")
        given = [(name, getattr(self, name)) for name in names]
        flags = [(f"--{name.replace('_', '-')}", value) for name, value in given if value]
        return shlex.join(part for flag in flags for part in flag)


@dataclass(frozen=True)
class Sample:
    """One row of samples.tsv; ``fields`` holds the further columns."""

    dataset: str
    sample: str
    donor: str
    condition: str
    use: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Contrast:
    """One comparison."""

    id: str
    case: str
    control: str
    datasets: tuple[str, ...]
    kind: str = "disease"
    expected: str = ""
    across: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return what the ``contrast`` verb needs."""
        return {key: getattr(self, key) for key in ("id", "kind", "case", "control", "expected")}


@dataclass(frozen=True)
class Plan:
    """Everything that a run does."""

    settings: Mapping[str, Any]
    datasets: Mapping[str, Dataset]
    samples: tuple[Sample, ...]
    contrasts: tuple[Contrast, ...]

    def samples_of(self, dataset: str) -> tuple[Sample, ...]:
        """Return the samples of one data set."""
        return tuple(sample for sample in self.samples if sample.dataset == dataset)

    def contrasts_within(self, dataset: str) -> tuple[Contrast, ...]:
        """Return the contrasts made inside one data set."""
        return tuple(c for c in self.contrasts if not c.across and dataset in c.datasets)

    def contrasts_across(self) -> tuple[Contrast, ...]:
        """Return the contrasts made between data sets."""
        return tuple(c for c in self.contrasts if c.across)


def load_plan(settings: Mapping[str, Any], *, name: str = "config.yaml", root: StrPath = ".") -> Plan:
    """Check the settings and read the two tables that they name.

    Parameters
    ----------
    settings
        Content of config.yaml, for example Snakemake's ``config``.
    name
        What to call the settings in errors.
    root
        Folder that the tables' paths are relative to.

    Returns
    -------
    The validated plan.

    Raises
    ------
    ConfigError
        Naming the file, row and column, what was found and what is valid.

    Examples
    --------
    >>> from fatescore import config
    >>> config.load_plan({"datasets": "no.tsv", "samples": "no.tsv"})
    Traceback (most recent call last):
    fatescore.errors.ConfigError: no.tsv does not exist; expected a tab-separated table; correct ...
    """
    checked = filled(settings, schema("config"))
    validate(checked, "config", name)
    for key, value in checked["qc"].items():
        if isinstance(value, float) and not math.isfinite(value):  # YAML has .nan and .inf, a schema lets them through
            raise ConfigError(f"{name}, key qc.{key}: {value}", expected="a finite number")
    datasets = _datasets(Path(root) / checked["datasets"])
    samples = _samples(Path(root) / checked["samples"], datasets)
    contrasts = tuple(Contrast(**{**c, "datasets": tuple(c["datasets"])}) for c in checked["contrasts"])
    _check_contrasts(contrasts, datasets, samples, name)
    return Plan(checked, datasets, samples, contrasts)


def _datasets(path: Path) -> dict[str, Dataset]:
    table = _read_table(path, "datasets")
    datasets: dict[str, Dataset] = {}
    for row, record in _records(table, "datasets"):
        dataset = Dataset(**record)
        if dataset.dataset in datasets:
            raise ConfigError(f'{path}, row {row}, column dataset: "{dataset.dataset}" stands twice')
        needed = "accession" if dataset.source == "geo" else "path"
        if not getattr(dataset, needed):
            raise ConfigError(
                f"{path}, row {row}, column {needed}: empty",
                expected=f"a value, because source is {dataset.source}",
            )
        if dataset.source == "geo" and not _SERIES.fullmatch(dataset.accession):
            raise ConfigError(
                f'{path}, row {row}, column accession: "{dataset.accession}" is not a GEO series',
                expected="GSE and a number, such as GSE35958",
                fix=f'did you mean "{dataset.accession.upper()}"?'
                if _SERIES.fullmatch(dataset.accession.upper())
                else "check the accession",
            )
        datasets[dataset.dataset] = dataset
    return datasets


def _samples(path: Path, datasets: Mapping[str, Dataset]) -> tuple[Sample, ...]:
    table = _read_table(path, "samples")
    samples, seen = [], set()
    for row, record in _records(table, "samples"):
        known = {key: record.pop(key) for key in _KNOWN_COLUMNS if key in record}
        sample = Sample(**known, fields=record)
        if sample.dataset not in datasets:
            raise ConfigError(
                f'{path}, row {row}, column dataset: "{sample.dataset}" is not in the table of data sets',
                fix=nearest(sample.dataset, datasets),
            )
        if (sample.dataset, sample.sample) in seen:
            raise ConfigError(f'{path}, row {row}, column sample: "{sample.sample}" stands twice')
        seen.add((sample.dataset, sample.sample))
        samples.append(sample)
    without = [name for name in datasets if not any(s.dataset == name for s in samples)]
    if without:
        raise ConfigError(f'{path} has no sample for data set "{without[0]}"', expected="at least one row")
    return tuple(samples)


def _check_contrasts(
    contrasts: Iterable[Contrast], datasets: Mapping[str, Dataset], samples: tuple[Sample, ...], name: str
) -> None:
    seen: set[str] = set()
    for contrast in contrasts:
        where = f'{name}, contrast "{contrast.id}"'
        if contrast.id in seen:
            raise ConfigError(f"{where} stands twice", fix="give each contrast its own id")
        seen.add(contrast.id)
        if contrast.case == contrast.control:
            raise ConfigError(f'{where}: case and control are both "{contrast.case}"', expected="two conditions")
        for dataset in contrast.datasets:
            if dataset not in datasets:
                raise ConfigError(f'{where}, datasets: "{dataset}" is not a data set', fix=nearest(dataset, datasets))
        scopes = [contrast.datasets] if contrast.across else [(dataset,) for dataset in contrast.datasets]
        for scope in scopes:
            conditions = {s.condition for s in samples if s.dataset in scope and s.use != "no"}
            for role in ("case", "control"):
                value = getattr(contrast, role)
                if value not in conditions:
                    raise ConfigError(
                        f'{where}, {role}: no sample of {"+".join(scope)} has the condition "{value}"',
                        fix=nearest(value, sorted(conditions)),
                    )


def _read_table(path: Path, kind: str) -> pd.DataFrame:
    table = read_text_table(path, "a tab-separated table", fix=f'correct "{kind}" in config.yaml', kind=ConfigError)
    required = schema(kind)["required"]
    for column in required:
        if column not in table.columns:
            raise ConfigError(
                f'{path}: column "{column}" is missing (found {", ".join(table.columns)})',
                expected=f"the columns {', '.join(required)} separated by tabs",
            )
    if schema(kind)["additionalProperties"] is False:
        for column in table.columns:
            if column not in schema(kind)["properties"]:
                raise ConfigError(
                    f'{path}: column "{column}" is not known', fix=nearest(column, schema(kind)["properties"])
                )
    for row, record in _rows(table):
        given = {key: value for key, value in record.items() if value != "" or key in required}
        validate(given, kind, f"{path}, row {row}", table=True)
    if table.empty:
        raise ConfigError(f"{path} has no rows", expected="at least one")
    return table


def _records(table: pd.DataFrame, kind: str) -> Iterable[tuple[int, dict[str, Any]]]:
    defaults = {k: v["default"] for k, v in schema(kind)["properties"].items() if "default" in v}
    for row, record in _rows(table):
        yield row, {**defaults, **{key: value for key, value in record.items() if value != ""}}


def _rows(table: pd.DataFrame) -> Iterable[tuple[int, dict[str, str]]]:
    """Return the number of each row's line in the file, and its cells."""
    for row, record in zip(table.index, table.to_dict("records"), strict=True):
        yield int(row), {str(key): str(value) for key, value in record.items()}


def settings_as_dict(plan: Plan) -> dict[str, Any]:
    """Return the plan as plain values, for the provenance record."""
    return {
        "settings": dict(plan.settings),
        "datasets": [asdict(dataset) for dataset in plan.datasets.values()],
    }

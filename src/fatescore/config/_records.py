"""The records that a run is made of, and the checked plan as JSON, which the workflow writes first for the steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fatescore._schema import filled, schema
from fatescore.errors import InputError
from fatescore.files import check_input, write_text
from fatescore.typing import Assay, Organism, Scale, StrPath

_EXPECTED = "the settings of a run, which the workflow writes"


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
    overlap_group: str = ""
    patterns: Mapping[str, Any] = field(default_factory=dict)

    @property
    def what(self) -> str:
        """The kinds of files that ``fetch`` brings for the layout."""
        return {"soft": "soft", "ncbi_counts": "matrix,counts"}.get(self.layout, "auto")


@dataclass(frozen=True)
class Sample:
    """One row of samples.tsv; ``fields`` holds the further columns, blank ones as well."""

    dataset: str
    sample: str
    donor: str = ""
    condition: str = ""
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
    covariates: tuple[str, ...] = ()
    block: str = ""
    levels: tuple[str, ...] = ()  # three or more conditions; the last is then the case, the first the control
    ordered: bool = True
    ignore: tuple[str, ...] = ()  # regular expressions: names of sample fields that only restate the condition


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

    def sides(self, dataset: str) -> dict[str, str]:
        """Return case and control of the data set's first contrast, which have colours of their own; or nothing."""
        first = next((c for c in self.contrasts if dataset in c.datasets), None)
        return {} if first is None else {"case": first.case, "control": first.control}

    def contrasts_across(self) -> tuple[Contrast, ...]:
        """Return the contrasts made between data sets."""
        return tuple(c for c in self.contrasts if c.across)


def settings_as_dict(plan: Plan) -> dict[str, Any]:
    """Return the plan as plain values, for the provenance record."""
    return {
        "settings": dict(plan.settings),
        "datasets": [asdict(dataset) for dataset in plan.datasets.values()],
    }


def write_plan(plan: Plan, path: StrPath) -> None:
    """Write a plan, as from :func:`load_plan`, as JSON; :func:`read_plan` returns an equal one."""
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

"""The records that a run is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fatescore.typing import Assay, Organism, Scale


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

"""The records that a run is made of."""

from __future__ import annotations

import json
import shlex
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

    def as_flags(self) -> str:
        """Return the row as flags of the ``ingest`` verb, quoted for a shell; what is empty is left out."""
        names = ("layout", "file", "organism", "assay", "scale", "population", "title", "sample_key", "overlap_group")
        given = [(name, getattr(self, name)) for name in names]
        given += [("patterns", json.dumps(dict(self.patterns), sort_keys=True))] if self.patterns else []
        # one word each: a title may begin with a dash
        return shlex.join(f"--{name.replace('_', '-')}={value}" for name, value in given if value)

    @property
    def what(self) -> str:
        """The kinds of files that ``fetch`` brings for the layout."""
        return {"soft": "soft", "ncbi_counts": "matrix,counts"}.get(self.layout, "auto")


@dataclass(frozen=True)
class Sample:
    """One row of samples.tsv; ``fields`` holds the further columns."""

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

    def as_dict(self) -> dict[str, Any]:
        """Return what the ``contrast`` verb needs."""
        known: dict[str, Any] = {key: getattr(self, key) for key in ("id", "kind", "expected")}
        if self.levels:
            return known | {"levels": list(self.levels), "ordered": self.ordered}
        known |= {"case": self.case, "control": self.control}
        model = {"covariates": list(self.covariates), "block": self.block}
        return known | {key: value for key, value in model.items() if value}


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

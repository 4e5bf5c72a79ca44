"""What the catalogue says of a series against what was fetched."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore.catalogue import Entry, Fact, format_value
from fatescore.errors import InputError
from fatescore.geo import SeriesMatrix, read_series_matrix
from fatescore.ingest.archive import visible_files
from fatescore.ingest.locate import matrices_of
from fatescore.ingest.patterns import read_fields
from fatescore.tables import columns as col


@dataclass(frozen=True)
class Checked:
    """A fact against what was found; ``holds`` is ``None`` when the files do not speak of it."""

    fact: Fact
    holds: bool | None
    found: str = ""

    def __str__(self) -> str:
        how = f"seen in {self.fact.seen_in}" if self.fact.seen_in else "which nobody had seen"
        return f"{self.fact.name}: the catalogue says {format_value(self.fact.expected)} ({how}), GEO has {self.found}"


def check(entry: Entry, folder: Path) -> list[Checked]:
    """Check the facts of an entry, in order, on the headers and names of the files that ``fatescore fetch`` wrote.

    Facts about values, such as the scale, are checked when values are read.
    """
    read = [read_series_matrix(path) for path in matrices_of(folder)]
    found = _found(entry, read, [path.name for path in visible_files(folder / "suppl")]) if read else {}
    return [
        Checked(fact, _holds(fact, found[fact.name]), format_value(found[fact.name]))
        if fact.name in found
        else Checked(fact, None)
        for fact in entry.facts
    ]


def _found(entry: Entry, read: list[SeriesMatrix], files: list[str]) -> dict[str, Any]:
    samples = pd.concat([one.samples for one in read]).fillna("")
    samples = samples[~samples.index.duplicated()]
    found: dict[str, Any] = {
        "platforms": sorted({name for one in read for name in one.platforms}),
        "n_samples": len(samples),
        "values_in_matrix": any(one.values is not None for one in read),  # noqa: PD011
    }
    if "organism_ch1" in samples:
        found["organism"] = ", ".join(sorted(set(samples["organism_ch1"])))
    if files:
        found["files"] = files
    return found | _groups(entry, samples)


def _groups(entry: Entry, samples: pd.DataFrame) -> dict[str, Any]:
    """Count samples and donors per condition; a pattern that does not fit is what was found."""
    known = {str(column): entry.patterns[column] for column in (col.CONDITION, col.DONOR) if column in entry.patterns}
    if col.CONDITION not in known:
        return {}
    try:
        table = read_fields(samples, known, entry.accession)
    except InputError as error:
        return dict.fromkeys(("conditions", "donors"), error.found)
    groups = table.groupby(col.CONDITION)
    found: dict[str, Any] = {"conditions": {str(name): int(n) for name, n in groups.size().items()}}
    if col.DONOR in table:
        found["donors"] = {str(name): int(n) for name, n in groups[col.DONOR].nunique().items()}
    return found


def _holds(fact: Fact, found: Any) -> bool:
    if fact.name == "files":
        return all(fnmatch.filter(found, pattern) for pattern in fact.expected)
    return bool(found == (sorted(fact.expected) if isinstance(fact.expected, list) else fact.expected))

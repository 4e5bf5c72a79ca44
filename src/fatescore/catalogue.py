"""Known data sets: what they are, how their samples are named, and which of that was verified in the data.

One YAML file per data set in ``config/catalogue/``. Unverified facts are checked on the first fetch; a pattern that
does not fit a sample stops the data set and names the sample.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from fatescore._data import data_dir
from fatescore._schema import check_patterns, validate
from fatescore.errors import ConfigError, nearest


@dataclass(frozen=True)
class Fact:
    """Something that should hold of a fetched series; ``seen_in`` says where it was verified, empty when nowhere."""

    name: str
    expected: Any
    seen_in: str = ""


@dataclass(frozen=True)
class Entry:
    """A known data set.

    Attributes
    ----------
    accession
        GEO series.
    about
        What it is good for, and what to beware of.
    confidence
        ``H`` (seen in code or data) or ``M`` (likely).
    dataset
        Columns of datasets.tsv; unknown ones are absent.
    patterns
        How columns of the sample table are read, see :func:`fatescore.ingest.read_fields`.
    contrasts
        Comparisons that the data set is good for, as in config.yaml, without ``datasets``.
    facts
        What to expect of the series.
    unknown
        Unknown columns -> what is needed.
    """

    accession: str
    about: str
    confidence: str
    dataset: Mapping[str, str]
    patterns: Mapping[str, Mapping[str, Any]]
    contrasts: tuple[Mapping[str, Any], ...]
    facts: tuple[Fact, ...]
    unknown: Mapping[str, str]


def names() -> list[str]:
    """Return the accessions of the catalogue, sorted by number.

    Examples
    --------
    >>> "GSE35958" in names()
    True
    """
    found = [path.stem for path in data_dir("catalogue").glob("GSE*.yaml")]
    return sorted(found, key=lambda name: int(name[3:]))


def load(accession: str) -> Entry:
    """Read an entry.

    Raises
    ------
    ConfigError
        When there is none, or it is not valid.

    Examples
    --------
    >>> entry = load("GSE35958")
    >>> entry.dataset["assay"], [fact.name for fact in entry.facts if not fact.seen_in]
    ('array', ['scale'])
    """
    if accession not in names():
        raise ConfigError(f'the catalogue has no "{accession}"', fix=nearest(accession, names()))
    return _read(accession)


@functools.cache
def _read(accession: str) -> Entry:
    path = data_dir("catalogue") / f"{accession}.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    validate(content, "catalogue", path.name)
    patterns = content.get("patterns", {})
    check_patterns(patterns, f"{path.name}, patterns")
    return Entry(
        accession=accession,
        about=" ".join(content["about"].split()),
        confidence=content["confidence"],
        dataset={"dataset": accession, "source": "geo", "accession": accession, **content["dataset"]},
        patterns=patterns,
        contrasts=tuple(content.get("contrasts", [])),
        facts=tuple(Fact(name, **fact) for name, fact in content["facts"].items()),
        unknown=content.get("unknown", {}),
    )


def format_value(value: Any) -> str:
    """Return the value of a fact as text.

    Examples
    --------
    >>> format_value({"control": 4, "osteoporosis": 5}), format_value(["GPL570"]), format_value(False)
    ('4 control, 5 osteoporosis', 'GPL570', 'no')
    """
    if isinstance(value, dict):
        return ", ".join(f"{n} {name}" for name, n in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)

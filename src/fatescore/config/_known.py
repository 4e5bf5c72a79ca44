"""What the catalogue and patterns add to the tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from fatescore import catalogue
from fatescore._schema import check_patterns, schema
from fatescore.config._records import Contrast, Dataset
from fatescore.errors import ConfigError, nearest


def known_datasets(known: Mapping[str, catalogue.Entry], own: Mapping[str, Dataset]) -> dict[str, Dataset]:
    """Return the data sets of the catalogue that have no row of their own."""
    found = {}
    for name, entry in known.items():
        if name in own:
            continue
        lacking = [column for column in schema("datasets")["required"] if column not in entry.dataset]
        if lacking:
            raise ConfigError(
                f'the catalogue does not know the {lacking[0]} of "{name}"', expected=entry.unknown[lacking[0]],
                fix="give it a row in the table of data sets",
            )  # fmt: skip
        found[name] = Dataset(**entry.dataset)  # type: ignore[arg-type]
    return found


def with_patterns(
    datasets: Mapping[str, Dataset], known: Mapping[str, catalogue.Entry], own: Mapping[str, Any], name: str
) -> dict[str, Dataset]:
    """Give each data set its patterns; those of the settings come before those of the catalogue."""
    for dataset, patterns in own.items():
        if dataset not in datasets:
            raise ConfigError(f'{name}, patterns: "{dataset}" is not a data set', fix=nearest(dataset, datasets))
        check_patterns(patterns, f"{name}, patterns, {dataset}")
    entries = {key: dict(entry.patterns) for key, entry in known.items()}
    return {
        key: replace(dataset, patterns={**entries.get(key, {}), **own.get(key, {})})
        for key, dataset in datasets.items()
    }


def known_contrasts(known: Mapping[str, catalogue.Entry], own: Collection[str]) -> list[Contrast]:
    """Return the contrasts that the catalogue proposes, each over its data sets, unless the settings have their own."""
    proposed = [(name, contrast) for name, entry in known.items() for contrast in entry.contrasts]
    found = {}
    for _, contrast in proposed:
        if contrast["id"] not in own:
            datasets = tuple(name for name, other in proposed if other["id"] == contrast["id"])
            found[contrast["id"]] = Contrast(**{**contrast, "datasets": datasets})
    return list(found.values())

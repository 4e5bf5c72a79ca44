"""What a run was made from: versions, settings and input files, for machines and for the methods section."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

from fatescore._version import __version__
from fatescore.report.tables import by_dataset, facts, in_order
from fatescore.tables.folder import Outcome

_NAME = re.compile(r"[\w.-]+")
_OF_RUNS = ("workflow", "report")  # extras that a run installs


def provenance(
    statuses: Iterable[Outcome],
    *,
    settings: Mapping[str, Any],
    tables: Mapping[str, str],
    sources: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what the run was made from.

    Parameters
    ----------
    statuses
        Outcomes of all steps; ``fetch`` tells where a file of GEO came from, ``ingest`` which files were read and
        their sha256, ``score`` the sha256 of the curated gene sets, each step its seed and limits.
    settings
        The configuration of the run, with defaults filled in.
    tables, sources
        File to sha256: what the run wrote, and the tables that the configuration names.

    Examples
    --------
    >>> sorted(provenance([], settings={}, tables={}))
    ['datasets', 'inputs', 'platform', 'settings', 'sources', 'tables', 'tool', 'versions']
    """
    ordered = in_order(statuses)
    return {
        "tool": "fatescore",
        "versions": dict(versions()),
        "platform": platform.platform(),
        "settings": dict(settings),
        "sources": dict(sorted((sources or {}).items())),
        "tables": dict(sorted(tables.items())),
        "inputs": [{"dataset": row[0], "file": row[1], "sha256": row[2]} for row in input_files(ordered)],
        "datasets": {
            # After a data set stopped, the later steps repeat the step that stopped it: one entry is enough.
            name: {
                one.step: {"step": one.step, "status": one.status, "reason": one.reason, "facts": dict(one.facts)}
                for one in group
            }
            for name, group in by_dataset(ordered).items()
        },
    }


def versions() -> list[tuple[str, str]]:
    """Return name and version of everything that a run declares it needs, where it is installed."""
    found = [("fatescore", __version__), ("Python", platform.python_version())]
    for name in _declared():
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return found


def _declared() -> list[str]:
    """Return the packages that fatescore and the extras of a run require, sorted."""
    names = set()
    for line in metadata.requires("fatescore") or ():
        required, _, condition = line.partition(";")
        name = _NAME.match(required)
        if name and (not condition or any(f'"{extra}"' in condition.replace("'", '"') for extra in _OF_RUNS)):
            names.add(name[0])
    return sorted(names - {"fatescore"}, key=str.casefold)


def input_files(statuses: Iterable[Outcome]) -> list[tuple[str, str, str]]:
    """Return data set, file name and sha256 of every input that ``ingest`` recorded."""
    return [
        (dataset, str(one["path"]), str(one["sha256"]))
        for dataset, group in by_dataset(in_order(statuses)).items()
        for one in facts(group, "ingest").get("inputs", ())
    ]


def flatten(value: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Return nested settings as rows of a dotted name and a text.

    Examples
    --------
    >>> flatten({"a": {"b": 1}, "c": [1, 2]})
    [('a.b', '1'), ('c', '1, 2')]
    """
    if isinstance(value, Mapping):
        return [
            row
            for key in sorted(value, key=str)
            for row in flatten(value[key], f"{prefix}.{key}" if prefix else str(key))
        ]
    if isinstance(value, (list, tuple)):
        if any(isinstance(item, Mapping) for item in value):
            return [row for index, item in enumerate(value, 1) for row in flatten(item, f"{prefix}.{index}")]
        return [(prefix, ", ".join(str(item) for item in value))]
    return [(prefix, "" if value is None else str(value))]

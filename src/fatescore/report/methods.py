"""Versions, settings and input files, as the methods section and the provenance file give them."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import PurePath
from typing import Any

from fatescore._language import tr
from fatescore._version import __version__
from fatescore.report import _html
from fatescore.report.tables import Status, by_dataset, facts, in_order

_NAME = re.compile(r"[\w.-]+")
_OF_RUNS = ("workflow", "report")  # extras that a run installs
INPUT_KEYS = ("input_files", "inputs", "files")


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


def input_files(statuses: Iterable[Status]) -> list[tuple[str, str, str]]:
    """Return data set, file name and sha256 of every input that ``ingest`` recorded."""
    rows = []
    for dataset, group in by_dataset(in_order(statuses)).items():
        known = facts(group, "ingest")
        for key in INPUT_KEYS:
            rows += [(dataset, name, digest) for name, digest in _named(known.get(key))]
    return rows


def input_table(statuses: Iterable[Status]) -> _html.Table:
    """Return the input files as a table; folders of the machine that ran the workflow are left out."""
    rows = [(dataset, PurePath(name).name, digest) for dataset, name, digest in input_files(statuses)]
    return _html.pairs("inputs-table", tr("Input files"), rows, (tr("data set"), tr("file"), "sha256"))


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


def _named(value: Any) -> list[tuple[str, str]]:
    """Read name and hash of files, however the step listed them (mapping, list of mappings)."""
    if isinstance(value, Mapping):
        return [
            (str(name), str(item.get("sha256", "")) if isinstance(item, Mapping) else str(item))
            for name, item in sorted(value.items())
        ]
    if isinstance(value, list):
        named = []
        for item in value:
            if isinstance(item, Mapping):
                named.append(
                    (str(item.get("name") or item.get("file") or item.get("path") or ""), str(item.get("sha256", "")))
                )
            else:
                named.append((str(item), ""))
        return named
    return []

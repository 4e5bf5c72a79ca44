"""What a run was made from, for machines."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from typing import Any

from fatescore.report.methods import input_files, versions
from fatescore.report.tables import Status, by_dataset, in_order


def provenance(
    statuses: Iterable[Status],
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
                str(status["step"]): {key: status[key] for key in ("step", "status", "reason", "facts")}
                for status in group
            }
            for name, group in by_dataset(ordered).items()
        },
    }

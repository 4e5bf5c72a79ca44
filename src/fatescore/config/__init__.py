"""The configuration of a run: settings, tables, catalogue and patterns, checked."""

from __future__ import annotations

from fatescore.config._plan import load_plan
from fatescore.config._records import (
    Contrast,
    Dataset,
    Plan,
    Sample,
    default_plan,
    read_plan,
    settings_as_dict,
    write_plan,
)

__all__ = [
    "Contrast",
    "Dataset",
    "Plan",
    "Sample",
    "default_plan",
    "load_plan",
    "read_plan",
    "settings_as_dict",
    "write_plan",
]

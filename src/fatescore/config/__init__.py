"""The configuration of a run: settings, tables, catalogue and patterns, checked."""

from __future__ import annotations

from fatescore.config._plan import load_plan
from fatescore.config._records import Contrast, Dataset, Plan, Sample, settings_as_dict

__all__ = ["Contrast", "Dataset", "Plan", "Sample", "load_plan", "settings_as_dict"]

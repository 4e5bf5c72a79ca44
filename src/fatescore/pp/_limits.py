"""Limits of quality control."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fatescore.errors import InputError

CHOICES = {"gate": ("markers", "none"), "doublets": ("drop", "none"), "empty_droplets": ("auto", "none")}


@dataclass(frozen=True)
class QcLimits:
    """Limits of quality control; ``config/README.md`` explains each."""

    min_genes: int = 200
    max_pct_mt: float = 20.0
    pct_mt_floor: float = 5.0
    n_mads: float = 5.0
    max_dropped: float = 0.5
    empty_droplets: str = "auto"
    doublets: str = "drop"
    min_stromal_cells: int = 20
    min_counts_bulk: float = 500_000.0
    gate: str = "markers"

    def __post_init__(self) -> None:
        ranges = {
            "min_genes": (0, np.inf), "max_pct_mt": (0, 100), "pct_mt_floor": (0, 100), "n_mads": (0, np.inf),
            "max_dropped": (0, 1), "min_stromal_cells": (1, np.inf), "min_counts_bulk": (0, np.inf),
        }  # fmt: skip
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high or np.isinf(value):  # NaN is in no range
                raise InputError(f"{name} is {value}", expected=f"a number from {low:g} to {high:g}")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise InputError(f'{name} is "{getattr(self, name)}"', expected=" or ".join(choices))

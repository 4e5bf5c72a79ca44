"""Types shared by all rooms."""

from __future__ import annotations

from os import PathLike
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Organism = str  # a name that fatescore.organisms has data of
Assay = Literal["array", "bulk", "single_cell"]
Scale = Literal["counts", "tpm", "linear", "intensity", "log2"]
Alternative = Literal["two-sided", "greater", "less"]

ASSAYS: tuple[Assay, ...] = ("array", "bulk", "single_cell")
SCALES: tuple[Scale, ...] = ("counts", "tpm", "linear", "intensity", "log2")

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Label = str | float  # of a condition: text, or 0 and 1
StrPath = str | PathLike[str]
Matrix = Any  # numpy array or scipy sparse matrix, observations x genes

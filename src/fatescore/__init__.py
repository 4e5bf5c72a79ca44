"""fatescore: the fate-bias index (higher = towards bone, lower = fat) for arrays, bulk RNA-seq and single cells.

>>> import fatescore as fs
>>> sorted(fs.gene_sets.load("review", organism="mouse"))[:2]
['adipogenic', 'bmp_smad']
"""

from __future__ import annotations

import importlib
from typing import Any

from fatescore._version import __version__

# Loaded at first use, so that `import fatescore` stays quick.
_MODULES = (
    "config", "errors", "gene_sets", "geo", "ingest", "methods", "organisms", "pl", "pp", "report", "simulate", "stats",
    "steps", "tables", "tl",
)  # fmt: skip

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"fatescore.{name}")
    raise AttributeError(f"module 'fatescore' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

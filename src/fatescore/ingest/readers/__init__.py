"""The readers, one file per layout; each registers itself, and nothing else knows its name, endings or title.

A new layout is a module here that registers a :class:`Layout`, and its smallest example in
``tests/contracts/test_layouts.py``. What readers share is in modules with an underscore.
"""

from __future__ import annotations

from fatescore.ingest.readers._registry import (
    Layout,
    can_hold_values,
    get,
    layout_of,
    layout_of_start,
    layouts,
    names,
    register,
)

__all__ = ["Layout", "can_hold_values", "get", "layout_of", "layout_of_start", "layouts", "names", "register"]

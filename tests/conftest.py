"""Fixtures for the whole suite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data, or skip with a clear message."""
    folder = Path(os.environ.get("FATESCORE_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "geo").is_dir():
        pytest.skip(f"real data not at {folder}: set FATESCORE_REAL_DATA to run this test")
    return folder

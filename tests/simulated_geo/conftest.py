"""One mirror for all tests."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from simulated_geo import mirror

SMALL = {"cells_per_donor": 40, "n_genes": 500}


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mirror(tmp_path_factory.mktemp("mirror") / "geo", seed=0, **SMALL)


@pytest.fixture(scope="session")
def digest() -> Callable[[Path], dict[str, bytes]]:
    def read(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
        }

    return read


@pytest.fixture(scope="session")
def text() -> Callable[[Path], str]:
    def read(path: Path) -> str:
        return gzip.decompress(path.read_bytes()).decode("utf-8")

    return read

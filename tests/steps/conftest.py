"""Folders of data sets as earlier steps leave them."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import pytest

from fatescore.tables.folder import DatasetFolder
from tests.steps.folders import MakeFolder


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Make the folder of a data set in a run, with some h5ad files."""

    def make(name: str = "A", **files: ad.AnnData) -> DatasetFolder:
        folder = DatasetFolder(tmp_path / "results" / "datasets" / name)
        folder.path.mkdir(parents=True, exist_ok=True)
        for stem, adata in files.items():
            adata.write_h5ad(folder.file(f"{stem}.h5ad"))
        return folder

    return make

"""The step embed: which cells are shown, and what it leaves when there is nothing to show."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import pytest

import fatescore as fs
from fatescore.errors import InputError
from fatescore.pp import QcLimits
from fatescore.steps.embed import embed
from fatescore.steps.qc import qc
from fatescore.tables import EMBEDDING, QC_CELLS
from fatescore.tables.folder import DatasetFolder
from tests.steps.folders import MakeFolder, with_facts

HOSTILE = '=cmd()<script>alert("1")</script>é'


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> DatasetFolder:
    """A folder with raw.h5ad and its qc_cells.parquet."""
    folder = DatasetFolder(tmp_path_factory.mktemp("embed"))
    adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=80, n_genes=600, stromal=0.6, damaged=0.1, seed=3)
    first = adata.obs["donor"].astype(str) == str(adata.obs["donor"].iloc[0])
    adata.obs["donor"] = adata.obs["donor"].astype(str).where(~first, HOSTILE)
    with_facts(adata, "single_cell").write_h5ad(folder.file("raw.h5ad"))
    qc(folder, QcLimits(min_genes=30, min_stromal_cells=10))
    return folder


def test_all_cells_that_pass_are_shown_stromal_or_not(judged: DatasetFolder) -> None:
    facts = embed(judged)
    found, cells = judged.read(EMBEDDING), judged.read(QC_CELLS).set_index("obs_name")
    shown = cells["qc_fail_reason"].isin(["", "not_stromal"])
    assert found["obs_name"].tolist() == shown.index[shown].tolist()
    assert 0 < shown.sum() < len(cells)
    assert facts == {"n_embedded": shown.sum()}
    own = cells.loc[found["obs_name"]]
    assert found["cell_type"].tolist() == own["cell_type"].tolist()
    assert found["total_counts"].tolist() == own["total_counts"].tolist()
    assert {"stromal"} < set(found["cell_type"])
    obs = ad.read_h5ad(judged.file("raw.h5ad")).obs.loc[found["obs_name"]]
    assert found["donor"].tolist() == obs["donor"].tolist()
    assert HOSTILE in set(found["donor"])


def test_the_same_bytes_twice(judged: DatasetFolder) -> None:
    embed(judged, seed=5)
    first = judged.file(EMBEDDING).read_bytes()
    embed(judged, seed=5)
    assert judged.file(EMBEDDING).read_bytes() == first


def test_bulk_has_a_table_without_rows(make_folder: MakeFolder) -> None:
    folder = make_folder(raw=with_facts(fs.simulate.bulk(n_donors=4, n_genes=300, seed=0), "bulk"))
    assert embed(folder) == {"n_embedded": 0}
    found = folder.read(EMBEDDING)
    assert (len(found), list(found)) == (0, EMBEDDING.names)


def test_cells_of_another_file_are_refused(judged: DatasetFolder, tmp_path: Path) -> None:
    other = DatasetFolder(tmp_path)
    ad.read_h5ad(judged.file("raw.h5ad"))[:-1].write_h5ad(other.file("raw.h5ad"))
    other.file(QC_CELLS).write_bytes(judged.file(QC_CELLS).read_bytes())
    with pytest.raises(InputError, match="the 160 judged cells are not the 159 of the data"):
        embed(other)
    for content in ("no", ""):
        other.file(QC_CELLS).write_text(content)
        with pytest.raises(InputError, match="cannot be read"):
            embed(other)

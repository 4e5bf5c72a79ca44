"""The step score: samples and cells by the index and by every method."""

from __future__ import annotations

import hashlib
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore.errors import InputError
from fatescore.steps import score as step
from fatescore.steps.normalise import normalise
from fatescore.tables import (
    CELL_METHOD_SCORES,
    COVERAGE,
    GENE_CONTRIBUTIONS,
    INDEX_GENES,
    METHOD_SCORES,
    SAMPLE_SCORES,
    SCORES,
)
from fatescore.tables.folder import DatasetFolder
from tests.steps.folders import MakeFolder, with_facts


def qc_of(adata: ad.AnnData, assay: str) -> ad.AnnData:
    adata.layers["counts"] = adata.X
    adata.obs["total_counts"] = np.asarray(adata.X.sum(axis=1)).ravel()
    return with_facts(adata, assay)


@pytest.fixture
def bulk(make_folder: MakeFolder) -> DatasetFolder:
    folder = make_folder(qc=qc_of(fs.simulate.bulk(n_donors=8, n_genes=400, seed=1), "bulk"))
    normalise(folder)
    return folder


def test_samples_are_scored_as_they_are(bulk: DatasetFolder) -> None:
    facts = step.score(bulk)
    table = bulk.read(METHOD_SCORES)
    assert list(table) == METHOD_SCORES.names
    own = bulk.read(SAMPLE_SCORES)
    default = table[(table["method"] == "rank_log") & (table["index"] == "extended")]
    np.testing.assert_allclose(default["fate_bias"], own["fate_bias"], atol=1e-8)
    assert set(table["unit"]) == set(own["unit"]) == {"sample"}
    expected = fs.tl.specification_scores(ad.read_h5ad(bulk.file("normalised.h5ad")), organism="human")
    np.testing.assert_allclose(table["fate_bias"], expected["fate_bias"], rtol=1e-8)
    assert len(bulk.read(SCORES)) == len(own) == 8
    assert bulk.read(CELL_METHOD_SCORES).empty
    assert set(bulk.read(COVERAGE)["dataset"]) == {"A"}
    assert (facts["index"], facts["organism"], facts["n_scored"]) == ("extended", "human", 8)


@pytest.mark.parametrize("index", fs.gene_sets.index_names())
def test_every_gene_of_the_index_has_its_arm_and_weight(bulk: DatasetFolder, index: str) -> None:
    step.score(bulk, index=index)
    genes, parts = bulk.read(INDEX_GENES), bulk.read(GENE_CONTRIBUTIONS)
    assert list(genes) == INDEX_GENES.names
    assert genes["gene"].tolist() == list(parts.columns[4:])
    assert genes["weight"].notna().all()
    signs = genes["arm"].map({"osteogenic": 1, "adipogenic": -1}).fillna(0)
    assert np.sign(genes["weight"]).tolist() == signs.tolist()
    arms = genes.set_index("gene")["arm"]
    assert (arms["RUNX2"], arms["PPARG"]) == ("osteogenic", "adipogenic")


def test_pseudobulks_are_scored_as_the_sums_of_their_cells(make_folder: MakeFolder) -> None:
    cells = qc_of(fs.simulate.single_cell(n_donors=4, cells_per_donor=20, n_genes=400, seed=0), "single_cell")
    folder = make_folder(qc=cells)
    normalise(folder, min_counts=1)
    step.score(folder)
    expected = fs.tl.specification_scores(
        fs.pp.pseudobulk(cells), organism="human", unit="pseudobulk", counts=True, cells=cells
    )
    table = folder.read(METHOD_SCORES)
    pd.testing.assert_frame_equal(table.fillna({"reason": ""}), expected, check_dtype=False, rtol=1e-6)
    logs = ad.read_h5ad(folder.file("normalised.h5ad"))
    whole = fs.tl.sample_scores(
        fs.pp.pseudobulk(cells), organism="human", unit="pseudobulk", cells=logs, cell_scores=folder.read(SCORES)
    )
    found, wanted = folder.read(SAMPLE_SCORES), whole.scores.astype({"fate_call": str})
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-8)


def test_a_sample_without_pseudobulk_is_not_scored(make_folder: MakeFolder) -> None:
    cells = qc_of(fs.simulate.single_cell(n_donors=4, cells_per_donor=20, n_genes=400, seed=0), "single_cell")
    first = cells.obs["sample"].astype(str) == str(cells.obs["sample"].iloc[0])
    folder = make_folder(qc=cells[(~first | (np.cumsum(first) <= 5)).to_numpy()].copy())
    normalise(folder, min_counts=1)
    step.score(folder)
    assert str(cells.obs["sample"].iloc[0]) not in set(folder.read(SAMPLE_SCORES)["sample"])
    for table in (SAMPLE_SCORES, GENE_CONTRIBUTIONS):
        assert len(folder.read(table)) == 3
    assert set(folder.read(METHOD_SCORES)["sample"]) == set(folder.read(SAMPLE_SCORES)["sample"])


def test_of_many_cells_some_are_taken_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=30, n_genes=400, seed=0)
    monkeypatch.setattr(step, "MOST_CELLS", 25)
    one, again, other = (step._score_some_cells(cells, seed=seed, organism="human") for seed in (0, 0, 1))
    assert len(one) == 25 * len(fs.methods.names()) * len(fs.gene_sets.index_names())
    pd.testing.assert_frame_equal(one, again)
    assert not one["fate_bias"].equals(other["fate_bias"])


# --- a run's own gene sets ------------------------------------------------------------------------------


def test_own_sets_are_scored_for_samples_and_cells(
    make_folder: MakeFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cells = qc_of(fs.simulate.single_cell(n_donors=4, cells_per_donor=20, n_genes=400, seed=0), "single_cell")
    folder = make_folder(qc=cells)
    normalise(folder, min_counts=1)
    plain = step.score(folder)
    names, before = {table: list(folder.read(table)) for table in (SCORES, SAMPLE_SCORES)}, folder.read(COVERAGE)
    path = tmp_path / "mine.gmt"
    path.write_text("my/bone\t\tCBFA1\tSP7\npoor\t\tIBSP\tno1\tno2\nabsent\t\tno1\n")
    with caplog.at_level("INFO"):
        facts = step.score(folder, own_sets=[str(path)])
    assert facts == plain | {"own_gene_sets": {str(path): hashlib.sha256(path.read_bytes()).hexdigest()}}
    assert f"{path}: poor: 1 of 3 genes are measured" in caplog.text
    assert f"{path}: 1 of 5 genes were given their current symbol" in caplog.text
    assert "my/bone: " not in caplog.text
    for table, known in names.items():
        assert [name for name in folder.read(table) if name not in known] == ["set:my/bone", "set:poor"]
    logs = ad.read_h5ad(folder.file("normalised.h5ad")).to_df()
    expected = fs.tl.score_gene_sets(logs, {"s": ["RUNX2", "SP7"]})["s"]
    np.testing.assert_allclose(folder.read(SCORES)["set:my/bone"], expected, rtol=1e-6)
    sums = fs.pp.pseudobulk(cells).to_df()
    expected = fs.tl.score_gene_sets(sums, {"s": ["RUNX2", "SP7"]})["s"]
    np.testing.assert_allclose(folder.read(SAMPLE_SCORES)["set:my/bone"], expected, rtol=1e-6)
    coverage = folder.read(COVERAGE)
    pd.testing.assert_frame_equal(coverage.iloc[:-3], before)
    assert coverage["gene_set"].tolist()[-3:] == ["my/bone", "poor", "absent"]
    assert coverage["found"].tolist()[-3:] == [2, 1, 0]


def test_a_name_of_the_review_is_refused_before_anything_is_written(bulk: DatasetFolder, tmp_path: Path) -> None:
    (tmp_path / "mine.gmt").write_text("nfkb\t\tRUNX2\tSP7\n")
    with pytest.raises(InputError, match='mine.gmt: gene set "nfkb" is called as one of fatescore'):
        step.score(bulk, own_sets=[tmp_path / "mine.gmt"])
    assert not bulk.file(SCORES).exists()

"""The samples' scores on principal components, of bulk and of summed cells."""

from __future__ import annotations

import sys
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore._h5ad_rows import open_rows
from fatescore.pp import QcResult
from fatescore.pp.bulk import log_values
from fatescore.pp.qc.samples import SampleComponents
from fatescore.tables import QC_PCA
from fatescore.tables.codes import QcFlag
from fatescore.tables.io import read_tsv, write_tsv
from fatescore.tables.notes import Note

LIMITS = fs.pp.QcLimits(min_genes=30, min_stromal_cells=10, min_counts_bulk=1)


@pytest.fixture(scope="module")
def six() -> ad.AnnData:
    """Six samples, in two lanes; the plate differs between the cells of a sample."""
    adata = fs.simulate.single_cell(n_donors=6, cells_per_donor=60, n_genes=600, seed=5)
    lanes = dict(zip(adata.obs["sample"].unique(), "aabbab", strict=True))
    adata.obs["lane"] = adata.obs["sample"].astype(str).map(lanes)
    adata.obs["plate"] = np.arange(adata.n_obs) % 3
    return adata


def quality(adata: ad.AnnData, assay: str = "single_cell") -> QcResult:
    return fs.pp.qc(adata, assay=assay, organism="human", limits=LIMITS)


def same_scores(found: QcResult, summed: ad.AnnData) -> None:
    """Compare with the components of samples x genes, by samples and components."""
    wanted = fs.pp.components(log_values(summed, "counts"), summed.obs["sample"].astype(str))
    wide = found.pca.pivot_table(index="sample", columns="component", values="score")
    pd.testing.assert_frame_equal(wide, wanted.scores.sort_index(), check_names=False, check_index_type=False)
    assert found.pca.groupby("component")["variance_ratio"].first().tolist() == wanted.variance_ratio.tolist()
    assert list(found.pca) == list(QC_PCA.names)
    donors = summed.obs.set_index("sample")["donor"].astype(str)
    assert found.pca["donor"].tolist() == [donors[name] for name in found.pca["sample"]]


def test_bulk_samples_keep_their_scores() -> None:
    bulk = fs.simulate.bulk(n_donors=6, n_genes=400, seed=0)
    same_scores(quality(bulk, "bulk"), bulk)


def test_scores_of_cells_are_those_of_the_kept_counts_of_each_sample(six: ad.AnnData) -> None:
    found = quality(six)
    assert found.adata.n_obs < six.n_obs
    same_scores(found, fs.pp.pseudobulk(found.adata))


def test_fields_are_those_that_the_cells_of_a_sample_share(six: ad.AnnData) -> None:
    fields = set(quality(six).components["field"])
    assert {"lane", "condition"} <= fields
    assert not {"plate", "true_bias", "total_counts", "pct_counts_mt", "sample"} & fields


def test_memory_and_disk_give_the_same_bits(six: ad.AnnData, tmp_path: Path) -> None:
    six.write_h5ad(tmp_path / "six.h5ad")
    memory, disk = quality(six), quality(open_rows(tmp_path / "six.h5ad"))
    for name in ("pca", "components"):
        pd.testing.assert_frame_equal(getattr(memory, name), getattr(disk, name), check_exact=True)


def test_components_of_cells_change_no_verdict_and_no_flag(six: ad.AnnData, monkeypatch: pytest.MonkeyPatch) -> None:
    with_them = quality(six)
    assert not with_them.pca.empty
    flagged = SampleComponents(flags={name: [Note(QcFlag.PCA_OUTLIER)] for name in with_them.samples["sample"]})
    monkeypatch.setattr(sys.modules["fatescore.pp.qc"], "sample_components", lambda *_, **__: flagged)
    pd.testing.assert_frame_equal(with_them.samples, quality(six).samples)


def no_components(found: QcResult) -> bool:
    return found.pca.empty and found.components.empty and list(found.pca) == list(QC_PCA.names)


def test_fewer_than_four_samples_that_can_be_scored_have_no_components(six: ad.AnnData) -> None:
    names = six.obs["sample"].astype(str)
    few = names.isin(names.unique()[3:]) & (names.groupby(names).cumcount() >= 6)
    found = quality(six[~few.to_numpy()].copy())  # 6 cells each of three samples
    assert (found.samples["verdict"] == "ok").sum() == 3
    assert no_components(found)


def test_cells_without_counts_have_no_components(six: ad.AnnData) -> None:
    logs = fs.pp.normalise(six, assay="single_cell", scale="counts")
    del logs.layers["counts"]
    logs.uns["fatescore"] = {"scale": "log2"}
    assert no_components(quality(logs))


def test_samples_that_are_all_the_same_have_no_components() -> None:
    bulk = fs.simulate.bulk(n_donors=6, n_genes=600, seed=0)
    bulk.layers["counts"] = bulk.X = bulk.X[[0] * 6]
    assert no_components(quality(bulk, "bulk"))


def test_hostile_names_stay_text(six: ad.AnnData, tmp_path: Path) -> None:
    hostile = '=cmd()<script>alert("1")</script>'
    named = six.copy()
    first = named.obs["sample"].astype(str) == str(named.obs["sample"].iloc[0])
    named.obs["donor"] = named.obs["donor"].astype(str).where(~first, hostile)
    wanted = quality(named).pca
    assert hostile in set(wanted["donor"])
    write_tsv(tmp_path / "pca.tsv", wanted)
    pd.testing.assert_frame_equal(read_tsv(tmp_path / "pca.tsv"), wanted, check_exact=False)

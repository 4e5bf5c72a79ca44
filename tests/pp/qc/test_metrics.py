"""Metrics and flags of samples, through the public call."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore.pp.cell_type import MARKERS, UNKNOWN
from fatescore.tables.codes import QcFlag
from fatescore.tables.notes import parse_notes


@pytest.fixture(scope="module")
def found() -> fs.pp.QcResult:
    cells = fs.simulate.single_cell(n_donors=4, cells_per_donor=250, n_genes=1500, ambient=0.1, seed=1)
    return fs.pp.qc(cells, assay="single_cell", organism="human", limits=fs.pp.QcLimits(min_genes=30))


def test_every_cell_is_accounted_for_with_its_reason(found: fs.pp.QcResult) -> None:
    assert len(found.cells) == found.samples["n_obs"].sum()
    assert (found.cells["qc_fail_reason"] == "").sum() == found.adata.n_obs
    assert {"doublet_score", "limit_min_genes", "limit_max_pct_mt", "cell_type"} <= set(found.cells)
    assert "qc_fail_reason" not in found.adata.obs


def test_samples_have_composition_and_ambient_share(found: fs.pp.QcResult) -> None:
    metrics = found.metrics
    types = [name for name in metrics if name in {f"fraction_{kind}" for kind in [*MARKERS, UNKNOWN]}]
    assert np.allclose(metrics[types].sum(axis=1), 1)
    assert (metrics["ambient_share_low"] <= metrics["ambient_share"]).all()
    assert metrics["ambient_share"].between(0.07, 0.13).all()  # 0.1 was simulated
    assert metrics["ambient_share_of_osteogenic"].between(0, 1).all()


def test_the_same_seed_gives_the_same(found: fs.pp.QcResult) -> None:
    cells = fs.simulate.single_cell(n_donors=4, cells_per_donor=250, n_genes=1500, ambient=0.1, seed=1)
    again = fs.pp.qc(cells, assay="single_cell", organism="human", limits=fs.pp.QcLimits(min_genes=30))
    pd.testing.assert_frame_equal(again.cells, found.cells)
    pd.testing.assert_frame_equal(again.metrics, found.metrics)


def test_cells_without_counts_are_not_guessed_about() -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=120, n_genes=600, seed=3)
    logs = fs.pp.normalise(cells, assay="single_cell", scale="counts")
    del logs.layers["counts"]
    found = fs.pp.qc(logs, assay="single_cell", organism="human", limits=fs.pp.QcLimits(min_genes=30))
    assert "ambient_share" not in found.metrics
    assert found.metrics["fraction_doublet"].eq(0).all()


def test_an_outlying_bulk_sample_stays_with_a_flag() -> None:
    bulk = fs.simulate.bulk(n_donors=8, n_genes=2000, seed=0)
    counts = (
        bulk.layers["counts"].toarray() if sp.issparse(bulk.layers["counts"]) else np.asarray(bulk.layers["counts"])
    )
    counts[0, 0] += counts[0].sum()  # half of the reads on one gene
    odd = ad.AnnData(sp.csr_matrix(counts), obs=bulk.obs, var=bulk.var, uns=bulk.uns)
    odd.layers["counts"] = odd.X.copy()
    found = fs.pp.qc(odd, assay="bulk", organism="human", limits=fs.pp.QcLimits(min_counts_bulk=1))
    rows = found.samples.set_index("sample")
    assert found.adata.n_obs == 8
    assert rows["qc_fail_reason"].eq("").all()
    metrics = [{note.names("metric") for note in parse_notes(flags)} for flags in rows["qc_flags"]]
    assert ("top_1",) in metrics[0]
    assert parse_notes(rows["qc_flags"].iloc[0])[0].code == QcFlag.OUTLIER
    assert not any(("top_1",) in found for found in metrics[1:])
    assert {"top_1", "genes_to_half", "haematopoietic_relative"} <= set(found.metrics)
    assert set(found.components["component"]) >= {"PC1"}

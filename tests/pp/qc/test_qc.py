"""Quality control: what is dropped, with which reason."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore.errors import InputError, NotScorable
from fatescore.pp.cell_type import MARKERS, marker_genes
from fatescore.tables.codes import QcFlag
from fatescore.tables.notes import parse_notes

LIMITS = fs.pp.QcLimits(min_genes=30, min_stromal_cells=10)


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    return fs.simulate.single_cell(n_donors=2, cells_per_donor=120, n_genes=600, ambient=0.05, seed=3)


def test_stromal_cells_are_distinguished_from_others(cells: ad.AnnData) -> None:
    typed = cells.copy()
    fs.pp.cell_types(typed, organism="human")
    truth = (typed.obs["true_cell_type"] == "stromal").to_numpy()
    called = (typed.obs["cell_type"] == "stromal").to_numpy()
    assert called[truth].mean() > 0.9
    assert called[~truth].mean() < 0.05


def test_the_table_accounts_for_every_cell(cells: ad.AnnData) -> None:
    found = fs.pp.qc(cells, assay="single_cell", organism="human", limits=LIMITS)
    kept, table = found.adata, found.samples
    assert table["n_obs"].sum() == cells.n_obs
    assert table["n_kept"].sum() == kept.n_obs < cells.n_obs
    assert set(kept.obs["cell_type"]) == {"stromal"}
    flags = [note for text in table["qc_flags"] for note in parse_notes(text) if note.code == QcFlag.CELLS_DROPPED]
    dropped = [int(n) for note in flags for n in dict(note.values).values()]
    assert sum(dropped) == cells.n_obs - kept.n_obs
    assert "total_counts" not in cells.obs or "qc_fail_reason" not in cells.obs


def test_blood_has_no_stromal_cells(cells: ad.AnnData) -> None:
    blood = cells[cells.obs["true_cell_type"] == "haematopoietic"].copy()
    fs.pp.cell_types(blood, organism="human")
    blood = blood[blood.obs["cell_type"] != "stromal"].copy()
    with pytest.raises(NotScorable, match="no stromal cells") as raised:
        fs.pp.qc(blood, assay="single_cell", organism="human", limits=LIMITS)
    assert raised.value.reason == "no_stromal_cells"


def test_without_the_gate_every_cell_may_stay(cells: ad.AnnData) -> None:
    open_limits = fs.pp.QcLimits(min_genes=1, max_pct_mt=100, n_mads=100, gate="none", min_stromal_cells=1)
    kept = fs.pp.qc(cells, assay="single_cell", organism="human", limits=open_limits).adata
    assert kept.n_obs == cells.n_obs


def test_a_gate_without_markers_says_which_are_wanted(cells: ad.AnnData) -> None:
    bare = cells[:, ~cells.var_names.isin(MARKERS["stromal"])].copy()
    with pytest.raises(InputError, match=r"0 of the stromal marker genes.*COL1A2"):
        fs.pp.cell_types(bare, organism="human")


def bulk(depths: list[float]) -> ad.AnnData:
    rng = np.random.default_rng(0)
    counts = rng.multinomial(1, np.full(50, 0.02), (len(depths),)) + np.array(depths)[:, None] / 50
    names = [f"s{i}" for i in range(len(depths))]
    obs = pd.DataFrame({"dataset": "D", "sample": names, "donor": names, "condition": "x"}, index=names)
    adata = ad.AnnData(sp.csr_matrix(counts), obs=obs, var=pd.DataFrame(index=[f"g{i}" for i in range(50)]))
    adata.layers["counts"] = adata.X.copy()
    return adata


def test_shallow_bulk_samples_are_named_and_dropped() -> None:
    found = fs.pp.qc(bulk([1e6, 1e4, 2e6]), assay="bulk", organism="human")
    kept, table = found.adata, found.samples
    assert list(kept.obs_names) == ["s0", "s2"]
    enough = fs.pp.QcLimits(min_counts_bulk=float(kept.layers["counts"].sum(axis=1).min()))
    assert set(fs.pp.qc(kept, assay="bulk", organism="human", limits=enough).samples["verdict"]) == {"ok"}
    assert table.set_index("sample").loc["s1", "qc_fail_reason"] == "low_depth:counts=10001,needed=500000"


def test_all_shallow_is_not_scorable() -> None:
    message = r"^all 2 samples are too shallow: median 10,001 counts a sample, 500,000 needed$"
    with pytest.raises(NotScorable, match=message) as raised:
        fs.pp.qc(bulk([1e4, 1e4]), assay="bulk", organism="human")
    assert raised.value.reason == "all_shallow:samples=2,median=10001,needed=500000"


def test_samples_that_fail_for_several_reasons_are_named_by_the_first() -> None:
    adata = bulk([1e4, 1e4])
    adata.X = adata.layers["counts"] = sp.csr_matrix(np.vstack([np.full(50, 7.0), adata.X.toarray()[1]]))
    message = r"^none of the 2 samples can be scored \(s0: all genes have the same value\)$"
    with pytest.raises(NotScorable, match=message) as raised:
        fs.pp.qc(adata, assay="bulk", organism="human")
    assert raised.value.reason == "none_scorable:samples=2,sample=s0;constant"


def test_too_few_stromal_cells_are_counted_in_the_reason(cells: ad.AnnData) -> None:
    limits = fs.pp.QcLimits(min_genes=30, min_stromal_cells=5000)
    with pytest.raises(NotScorable, match=r"stromal cells pass, 5,000 needed; cells dropped: \d+ ") as raised:
        fs.pp.qc(cells, assay="single_cell", organism="human", limits=limits)
    table = raised.value.table
    kept = [(note.code, int(note.number("cells"))) for text in table["qc_fail_reason"] for note in parse_notes(text)]
    assert kept == [("few_stromal_cells", n) for n in table["n_kept"]]
    assert [note.code for note in parse_notes(raised.value.reason)] == ["none_scorable", "few_stromal_cells"]


def test_stromal_cells_that_are_dropped_do_not_count(cells: ad.AnnData) -> None:
    strict = {"assay": "single_cell", "organism": "human"}
    table = fs.pp.qc(cells, limits=fs.pp.QcLimits(min_genes=250, min_stromal_cells=5), **strict).samples
    kept, stromal = table["n_kept"].tolist(), table["n_stromal"].tolist()
    assert min(kept) < max(kept) < min(stromal)
    needed = max(kept)
    again = fs.pp.qc(cells, limits=fs.pp.QcLimits(min_genes=250, min_stromal_cells=needed), **strict).samples
    said = {needed: "", min(kept): f"few_stromal_cells:cells={min(kept)},needed={needed}"}
    assert again["qc_fail_reason"].tolist() == [said[n] for n in kept]


def test_samples_without_stromal_cells_do_not_speak_for_the_others(cells: ad.AnnData) -> None:
    first = cells.obs["sample"] == cells.obs["sample"].iloc[0]
    typed = cells.copy()
    fs.pp.cell_types(typed, organism="human")
    some = cells[(~first | (typed.obs["cell_type"] != "stromal")).to_numpy()].copy()
    limits = fs.pp.QcLimits(min_genes=30, min_stromal_cells=5000)
    with pytest.raises(NotScorable, match=r"^none of the 2 samples can be scored \(.*: no stromal cells") as raised:
        fs.pp.qc(some, assay="single_cell", organism="human", limits=limits)
    assert [note.code for note in parse_notes(raised.value.reason)] == ["none_scorable", "no_stromal_cells"]


def test_a_flat_array_is_not_scorable() -> None:
    adata = bulk([1e6, 1e6])
    del adata.layers["counts"]
    adata.X = np.vstack([np.full(50, 7.0), np.arange(50.0)])
    found = fs.pp.qc(adata, assay="array", organism="human")
    kept, table = found.adata, found.samples
    assert list(kept.obs_names) == ["s1"]
    assert table.loc[0, "qc_fail_reason"] == "constant"


def test_cells_of_equal_depth_make_no_other_cell_shallow(cells: ad.AnnData) -> None:
    """Downsampled data: the spread of depth is 0, so nothing is far below it."""
    level = cells.copy()
    counts = np.ones(cells.shape)
    counts[0, 0] = 0
    level.X = sp.csr_matrix(counts)
    level.layers["counts"] = level.X.copy()
    limits = fs.pp.QcLimits(min_genes=1, max_pct_mt=100, gate="none")
    kept = fs.pp.qc(level, assay="single_cell", organism="human", limits=limits).adata
    assert kept.n_obs == level.n_obs


def test_blood_on_a_panel_without_stromal_genes_has_no_stromal_cells() -> None:
    import scanpy as sc

    blood = sc.datasets.pbmc68k_reduced().raw.to_adata()  # ships with scanpy
    blood.obs = blood.obs[[]].assign(dataset="pbmc", sample="s", donor="d", condition="c")
    with pytest.raises(NotScorable, match="^no stromal cells$"):
        fs.pp.qc(blood, assay="single_cell", organism="human")


def test_repeated_names_and_impossible_limits_are_refused(cells: ad.AnnData) -> None:
    twice = cells.copy()
    twice.obs_names = ["c"] * cells.n_obs
    with pytest.raises(InputError, match="obs_names"):
        fs.pp.qc(twice, assay="single_cell", organism="human", limits=LIMITS)
    for wrong in ({"min_stromal_cells": 0}, {"n_mads": float("nan")}, {"gate": "maybe"}, {"max_pct_mt": 120}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            fs.pp.QcLimits(**wrong)


def test_the_background_of_arrays_stands_beside_every_gene() -> None:
    values = np.random.default_rng(0).normal(8, 2, (5, 300))
    values[:, 0], values[:, 1] = 2.0, 14.0
    names = [f"a{number}" for number in range(5)]
    obs = pd.DataFrame(dict.fromkeys(("dataset", "sample", "donor", "condition"), names), index=names)
    genes = [*marker_genes("human")["stromal"], *(f"g{number}" for number in range(300))][:300]
    arrays = ad.AnnData(values, obs=obs, var=pd.DataFrame(index=genes), uns={"fatescore": {"scale": "log2"}})
    kept = fs.pp.qc(arrays, assay="array", organism="human", limits=fs.pp.QcLimits(gate="none")).adata
    assert kept.var["near_background"].iloc[:2].tolist() == [1.0, 0.0]
    assert "near_background" not in arrays.var

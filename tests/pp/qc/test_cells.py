"""Single cells tested sample by sample: the same from memory and disk, and raw barcodes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore._h5ad_rows import on_disk, open_rows
from fatescore.errors import InputError, NotScorable
from fatescore.pp import QcResult
from fatescore.pp.droplets import is_unfiltered
from fatescore.pp.qc import cells as qc_cells
from fatescore.tables.codes import QcFailReason
from fatescore.tables.notes import parse_notes

LIMITS = fs.pp.QcLimits(min_genes=30, min_stromal_cells=10)
OPENED: dict[str, Callable[[Path], ad.AnnData]] = {
    "backed": lambda path: ad.read_h5ad(path, backed="r"), "rows": open_rows,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _fewer_draws() -> Iterator[None]:
    """Draw less often than the default, which takes five times as long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(qc_cells, "empty_droplets", functools.partial(qc_cells.empty_droplets, n_simulations=2000))
        yield


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    return fs.simulate.single_cell(n_donors=2, cells_per_donor=220, n_genes=600, ambient=0.1, seed=3)


def interleaved(cells: ad.AnnData) -> ad.AnnData:
    """Take one cell of each sample in turn; within a sample the order stays, for doublets are drawn by it."""
    turn = cells.obs.groupby(cells.obs["sample"].astype(str).to_numpy()).cumcount()
    return cells[np.argsort(turn.to_numpy(), kind="stable")].copy()


def quality(adata: ad.AnnData, **limits: object) -> QcResult:
    return fs.pp.qc(adata, assay="single_cell", organism="human", limits=fs.pp.QcLimits(**{**vars(LIMITS), **limits}))


def same_tables(left: QcResult, right: QcResult) -> None:
    for name in ("samples", "cells", "metrics"):
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name), check_exact=True)


@pytest.mark.parametrize("opened", OPENED)
@pytest.mark.parametrize("form", ["CSR", "dense"])
@pytest.mark.parametrize("order", ["contiguous", "interleaved"])
def test_memory_and_disk_give_the_same_bits(
    cells: ad.AnnData, opened: str, form: str, order: str, tmp_path: Path
) -> None:
    given = interleaved(cells) if order == "interleaved" else cells.copy()
    if form == "dense":
        given.X, given.layers["counts"] = given.X.toarray(), given.layers["counts"].toarray()
    given.write_h5ad(tmp_path / "in.h5ad", compression="gzip")
    memory, disk = quality(given), quality(OPENED[opened](tmp_path / "in.h5ad"))
    same_tables(memory, disk)
    assert on_disk(disk.adata) is False  # a selection: it reads when asked
    back = disk.adata.to_memory()
    pd.testing.assert_frame_equal(back.obs.astype({"cell_type": str}), memory.adata.obs.astype({"cell_type": str}))
    pd.testing.assert_frame_equal(back.var, memory.adata.var)
    for a, b in ((back.X, memory.adata.X), (back.layers["counts"], memory.adata.layers["counts"])):
        assert abs(sp.csr_matrix(a) - sp.csr_matrix(b)).sum() == 0


def test_order_of_the_cells_and_other_samples_change_nothing(cells: ad.AnnData) -> None:
    alone = quality(cells[(cells.obs["sample"] == cells.obs["sample"].iloc[0]).to_numpy()].copy())
    shuffled = quality(interleaved(cells))
    first = alone.metrics.index[0]
    whole = quality(cells)
    pd.testing.assert_frame_equal(whole.metrics.loc[[first]], alone.metrics, check_exact=True)
    pd.testing.assert_frame_equal(shuffled.metrics, whole.metrics, check_exact=True)
    pd.testing.assert_frame_equal(
        whole.cells.sort_values("obs_name", ignore_index=True),
        shuffled.cells.sort_values("obs_name", ignore_index=True),
        check_exact=True,
    )
    assert shuffled.cells["obs_name"].tolist() != whole.cells["obs_name"].tolist()


def test_scanpys_numbers_of_genes_are_those_of_all_cells(cells: ad.AnnData) -> None:
    import scanpy as sc

    wanted = cells.copy()
    sc.pp.calculate_qc_metrics(wanted, layer="counts", percent_top=None, log1p=False, inplace=True)
    found = quality(cells).adata.var
    for name in ("n_cells_by_counts", "mean_counts", "pct_dropout_by_counts", "total_counts"):
        assert np.allclose(found[name], wanted.var[name], rtol=1e-5)


def test_only_one_sample_is_held_at_a_time(cells: ad.AnnData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interleaved(cells).write_h5ad(tmp_path / "in.h5ad")
    read: list[int] = []
    rows_of = qc_cells.rows_of
    monkeypatch.setattr(qc_cells, "rows_of", lambda adata, rows: read.append(len(rows)) or rows_of(adata, rows))
    quality(open_rows(tmp_path / "in.h5ad"))
    assert sorted(read) == sorted(cells.obs["sample"].value_counts())


def test_input_is_not_changed_and_a_selection_of_a_backed_one_is_refused(cells: ad.AnnData, tmp_path: Path) -> None:
    before = cells.copy()
    quality(cells)
    pd.testing.assert_frame_equal(before.obs, cells.obs)
    pd.testing.assert_frame_equal(before.var, cells.var)
    cells.write_h5ad(tmp_path / "in.h5ad")
    with pytest.raises(InputError, match="to_memory"):
        quality(ad.read_h5ad(tmp_path / "in.h5ad", backed="r")[:100])


def test_shares_of_genes_that_are_not_measured_are_missing(cells: ad.AnnData) -> None:
    bare = cells[:, ~cells.var_names.str.match(r"RP[SL]|FOS|JUN|EGR|IER|HSP|DNAJ|ATF3|ZFP36|BTG2|DUSP|SOCS|NR4A1")]
    found = quality(bare.copy()).metrics
    assert found[["median_pct_counts_ribo", "median_pct_counts_stress"]].isna().all(axis=None)


def test_data_without_cells_are_not_scorable(cells: ad.AnnData) -> None:
    with pytest.raises(NotScorable, match="no cells") as raised:
        quality(cells[:0].copy())
    assert len(raised.value.table) == 0
    assert raised.value.reason == "no_cells"


def raw_barcodes(cells: ad.AnnData, n_empty: int = 3000) -> ad.AnnData:
    """Add barcodes of 40 counts of each sample's soup, and some of 150 in the first sample only."""
    rng = np.random.default_rng(1)
    parts = [cells]
    sample = cells.obs["sample"].astype(str)
    for number, name in enumerate(pd.unique(sample)):
        own = cells[(sample == name).to_numpy()]
        soup = np.asarray(own.X.sum(axis=0)).ravel() / own.X.sum()
        depth = np.r_[rng.gamma(10, 4, n_empty), np.full(0 if number else 30, 150.0)]
        obs = own.obs.iloc[np.zeros(len(depth), dtype=int)].copy()
        obs.index = [f"{name}-empty{i}" for i in range(len(depth))]
        counts = sp.csr_matrix(rng.poisson(np.outer(depth, soup)).astype(np.float32))
        parts.append(ad.AnnData(counts, obs=obs, var=cells.var[[]], layers={"counts": counts}))
    return interleaved(ad.concat(parts, uns_merge="first"))


@pytest.fixture(scope="module")
def deep() -> ad.AnnData:
    return fs.simulate.single_cell(
        n_donors=2, cells_per_donor=300, n_genes=800, depth=4000, depth_ratio=1, ambient=0.1, seed=5
    )


@pytest.fixture(scope="module")
def raw_found(deep: ad.AnnData) -> tuple[ad.AnnData, QcResult, list[tuple[int, int]]]:
    """Raw barcodes, what is found, and how many cells and empty barcodes the ambient RNA is estimated from."""
    given: list[tuple[int, int]] = []
    ambient = qc_cells.ambient

    def spy(adata: ad.AnnData, **more: Any) -> object:
        given.append((adata.n_obs, more["empty"].n_obs))
        return ambient(adata, **more)

    raw = raw_barcodes(deep)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(qc_cells, "ambient", spy)
        return raw, quality(raw), given


def test_raw_barcodes_give_what_the_cells_alone_give(
    deep: ad.AnnData, raw_found: tuple[ad.AnnData, QcResult, list[tuple[int, int]]]
) -> None:
    (raw, found, _), alone = raw_found, quality(deep)
    empty = found.cells["obs_name"].str.contains("empty").to_numpy()
    why = found.cells["qc_fail_reason"]
    assert (why[empty] == QcFailReason.EMPTY_DROPLET).all()
    assert (why[~empty] == QcFailReason.EMPTY_DROPLET).sum() == 0
    assert found.cells.loc[empty, "cell_type"].isna().all()
    assert found.metrics["n_droplets_empty"].tolist() == [3030, 3000]
    assert alone.metrics["n_droplets_empty"].eq(0).all()
    assert found.samples["n_obs"].sum() == raw.n_obs
    flags = [parse_notes(text) for text in found.samples["qc_flags"]]
    assert [one.number(QcFailReason.EMPTY_DROPLET) for one, *_ in flags] == [3030, 3000]
    assert [[note.code for note in notes] for notes in flags] == [["cells_dropped"]] * 2  # not many for their quality
    # the empty barcodes change neither what is kept nor a limit nor a share
    assert set(found.adata.obs_names) == set(alone.adata.obs_names)
    limits = [name for name in alone.cells if name.startswith("limit_")]
    pd.testing.assert_frame_equal(
        found.cells.groupby("sample", observed=True)[limits].first(),
        alone.cells.groupby("sample", observed=True)[limits].first(),
    )
    shares = [name for name in alone.metrics if name.startswith("fraction_") and "doublet" not in name]
    pd.testing.assert_frame_equal(found.metrics[shares], alone.metrics[shares])
    assert np.allclose(found.samples["fraction_stromal"], alone.samples["fraction_stromal"])
    assert found.metrics["ambient_share"].between(0.07, 0.13).all()  # 0.1 was simulated


def test_the_profile_of_the_soup_comes_from_the_empty_barcodes(
    deep: ad.AnnData, raw_found: tuple[ad.AnnData, QcResult, list[tuple[int, int]]]
) -> None:
    raw, _, given = raw_found
    total = np.asarray(raw.X.sum(axis=1)).ravel()
    low = pd.Series((total > 0) & (total <= 100)).groupby(raw.obs["sample"].astype(str).to_numpy()).sum()
    n_cells = deep.obs["sample"].value_counts()
    assert given == [(n_cells[name], low[name]) for name in sorted(low.index)]


def test_raw_barcodes_on_disk_and_switched_off(
    raw_found: tuple[ad.AnnData, QcResult, list[tuple[int, int]]], tmp_path: Path
) -> None:
    raw, found, _ = raw_found
    raw.write_h5ad(tmp_path / "raw.h5ad")
    same_tables(found, quality(open_rows(tmp_path / "raw.h5ad")))
    off = quality(raw, empty_droplets="none", doublets="none")
    assert off.metrics["n_droplets_empty"].eq(0).all()
    assert not off.cells["qc_fail_reason"].eq(QcFailReason.EMPTY_DROPLET).any()
    with pytest.raises(InputError, match="empty_droplets"):
        fs.pp.QcLimits(empty_droplets="yes")


def test_a_sample_whose_barcodes_are_all_empty_is_named(deep: ad.AnnData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qc_cells, "is_unfiltered", lambda counts: True)
    raw = raw_barcodes(deep)
    none = raw[raw.obs_names.str.contains("empty")].copy()
    with pytest.raises(NotScorable, match="^no stromal cells$") as raised:
        quality(none)
    assert raised.value.table["n_kept"].eq(0).all()
    assert raised.value.table["n_obs"].sum() == none.n_obs


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("spread", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("typical", [20, 40, 80, 300])
def test_cells_of_low_depth_are_not_taken_for_raw_barcodes(typical: float, spread: float, seed: int) -> None:
    """Depths of filtered cells are one hump, however low and wide."""
    rng = np.random.default_rng(seed)
    depth = np.exp(rng.normal(np.log(typical), spread, 5000))
    assert not is_unfiltered(rng.poisson(depth[:, None] / 50, (5000, 50)))


def test_simulated_and_shipped_cells_are_filtered() -> None:
    import scanpy as sc

    for depth in (150, 500, 3000):
        assert not is_unfiltered(fs.simulate.single_cell(n_donors=2, cells_per_donor=200, depth=depth, seed=0).X)
    assert not is_unfiltered(sc.datasets.pbmc68k_reduced().raw.X)


@pytest.mark.realdata
def test_real_filtered_cells_are_not_taken_for_raw_barcodes(real_data: Path) -> None:
    paths = sorted((real_data / "matsushita2023").glob("*.h5ad"))
    assert paths
    for path in paths:
        counts = sp.csr_matrix(ad.read_h5ad(path).X)
        assert not is_unfiltered(counts)
        shallow = counts.copy()  # a twentieth of the reads
        shallow.data = np.random.default_rng(0).binomial(counts.data.astype(int), 0.05)
        assert not is_unfiltered(shallow)


def test_transgenes_are_named_with_the_share_of_cells(cells: ad.AnnData) -> None:
    rng = np.random.default_rng(0)
    marked = cells.copy()
    counts = sp.lil_matrix(marked.X)
    lit = rng.random(cells.n_obs) < 0.25
    marked.var_names = [*cells.var_names[:-2], "EGFP", "Cre"]
    counts[:, -2:] = np.column_stack([3.0 * lit, np.zeros(cells.n_obs)])
    marked.X = counts.tocsr()
    marked.layers["counts"] = marked.X.copy()
    sample = cells.obs["sample"].astype(str).to_numpy()
    found = quality(marked).metrics["transgenes"]
    assert found.to_dict() == {
        name: f"transgene:gene=EGFP,share={lit[sample == name].mean():.10g};transgene:gene=Cre,share=0"
        for name in pd.unique(sample)
    }
    assert quality(cells).metrics["transgenes"].eq("").all()

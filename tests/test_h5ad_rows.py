"""Rows of h5ad files, read and written some at a time, against anndata's own reading and writing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore import _h5ad_rows
from fatescore._h5ad_rows import bytes_per_row, chunks, on_disk, open_rows, rows_of, write_rows
from fatescore.errors import InputError

FORMS: dict[str, Callable[[np.ndarray], object]] = {
    "CSR": sp.csr_matrix, "CSR array": sp.csr_array, "CSC": sp.csc_matrix, "dense": np.asarray,
}  # fmt: skip
OPENED: dict[str, Callable[[Path], ad.AnnData]] = {
    "memory": ad.read_h5ad, "backed": lambda path: ad.read_h5ad(path, backed="r"), "rows": open_rows,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_h5ad_rows, "_AT_ONCE", 500)


def example(form: str = "CSR", n_obs: int = 37) -> ad.AnnData:
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.4, (n_obs, 12)).astype(np.float32)
    obs = pd.DataFrame({"sample": [f"s{i % 4}" for i in range(n_obs)], "n": np.arange(n_obs)})
    obs.index = [f"c{i}" for i in range(n_obs)]
    adata = ad.AnnData(FORMS[form](counts), obs=obs.astype({"sample": "category"}))
    adata.layers["counts"] = FORMS[form](counts + 1)
    adata.obsm["place"] = rng.random((n_obs, 2))
    adata.uns["fatescore"] = {"assay": "single_cell"}
    return adata


def same(left: ad.AnnData, right: ad.AnnData) -> None:
    pd.testing.assert_frame_equal(left.obs, right.obs)
    pd.testing.assert_frame_equal(left.var, right.var)
    assert left.uns == right.uns
    assert np.array_equal(left.obsm["place"], right.obsm["place"])
    for a, b in ((left.X, right.X), *((left.layers[name], right.layers[name]) for name in right.layers)):
        if sp.issparse(b):
            assert a.indptr.dtype == b.indptr.dtype
            assert a.dtype == b.dtype
            assert np.array_equal(a.toarray(), b.toarray())
        else:
            assert isinstance(a, np.ndarray)
            assert np.array_equal(a, b)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("opened", OPENED)
def test_the_file_holds_what_anndata_would_write(form: str, opened: str, tmp_path: Path) -> None:
    adata = example(form)
    adata.write_h5ad(tmp_path / "in.h5ad", compression="gzip")
    source = OPENED[opened](tmp_path / "in.h5ad")
    rows = np.array([0, 1, 4, 8, 9, 10, 12, 16, 36])  # none of one sample's
    rows = rows[adata.obs["sample"].to_numpy()[rows] != "s1"]
    write_rows(tmp_path / "out.h5ad", source, rows)
    wanted = adata[rows].copy()
    wanted.write_h5ad(tmp_path / "wanted.h5ad", compression="gzip")
    if form == "CSC":
        wanted.X, wanted.layers["counts"] = wanted.X.tocsr(), wanted.layers["counts"].tocsr()
    same(ad.read_h5ad(tmp_path / "out.h5ad"), wanted)
    with h5py.File(tmp_path / "out.h5ad") as ours, h5py.File(tmp_path / "wanted.h5ad") as theirs:
        assert set(ours) == set(theirs)
        assert dict(ours.attrs) == dict(theirs.attrs)
        values = ours["X"] if isinstance(ours["X"], h5py.Dataset) else ours["X/data"]
        assert values.compression == "gzip"


@given(chosen=st.sets(st.integers(0, 36)), at_once=st.integers(1, 2000))
@settings(max_examples=30, deadline=None)
def test_any_rows_in_chunks_of_any_size(
    chosen: set[int], at_once: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    adata = example()
    adata.write_h5ad(folder / "in.h5ad")
    rows = np.array(sorted(chosen), dtype=int)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_h5ad_rows, "_AT_ONCE", at_once)
        write_rows(folder / "out.h5ad", open_rows(folder / "in.h5ad"), rows)
    same(ad.read_h5ad(folder / "out.h5ad"), adata[rows].copy())


def test_the_same_bytes_twice_and_from_memory_or_disk(tmp_path: Path) -> None:
    example().write_h5ad(tmp_path / "in.h5ad")
    written = []
    for number, opened in enumerate([*OPENED.values(), open_rows]):
        write_rows(tmp_path / f"{number}.h5ad", opened(tmp_path / "in.h5ad"), np.arange(3, 30))
        written.append((tmp_path / f"{number}.h5ad").read_bytes())
    assert len(set(written)) == 1


def test_a_selection_of_a_selection_and_other_uns_and_values(tmp_path: Path) -> None:
    adata = example()
    adata.write_h5ad(tmp_path / "in.h5ad")
    view = open_rows(tmp_path / "in.h5ad")[5:25]
    write_rows(tmp_path / "out.h5ad", view, np.array([0, 2, 19]), uns={"a": 1}, transform=lambda part: part.X * 2)
    out = ad.read_h5ad(tmp_path / "out.h5ad")
    assert list(out.obs_names) == list(adata.obs_names[[5, 7, 24]])
    assert out.uns == {"a": 1}
    assert np.array_equal(out.X.toarray(), 2 * adata.X[[5, 7, 24]].toarray())
    assert np.array_equal(out.layers["counts"].toarray(), adata.layers["counts"][[5, 7, 24]].toarray())


def test_no_matrix_is_read_before_rows_are_asked_for(tmp_path: Path) -> None:
    example().write_h5ad(tmp_path / "in.h5ad")
    source = open_rows(tmp_path / "in.h5ad")
    assert on_disk(source)
    assert not on_disk(ad.read_h5ad(tmp_path / "in.h5ad"))
    assert not sp.issparse(source.X)
    assert not sp.issparse(source.layers["counts"])
    assert [part.n_obs for part in chunks(source)][:-1] == [int(500 // bytes_per_row(source))] * (
        len(list(chunks(source))) - 1
    )
    assert sum(part.n_obs for part in chunks(source)) == 37


def test_size_of_a_row_is_that_of_its_matrices() -> None:
    assert bytes_per_row(example("dense")) == 2 * 12 * 4
    adata = example("CSR")
    stored = (adata.X.nnz + adata.layers["counts"].nnz) * 8
    assert bytes_per_row(adata) == pytest.approx(stored / 37)
    assert bytes_per_row(adata[:0]) == 0


def test_a_failure_leaves_no_file_and_a_selection_of_a_backed_one_is_refused(tmp_path: Path) -> None:
    example().write_h5ad(tmp_path / "in.h5ad")

    def fail(part: ad.AnnData) -> object:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_rows(tmp_path / "out.h5ad", open_rows(tmp_path / "in.h5ad"), transform=fail)
    assert [path.name for path in tmp_path.iterdir()] == ["in.h5ad"]
    with pytest.raises(InputError, match="to_memory"):
        rows_of(ad.read_h5ad(tmp_path / "in.h5ad", backed="r")[:5], np.arange(2))


def test_a_file_without_x(tmp_path: Path) -> None:
    adata = example()
    bare = ad.AnnData(obs=adata.obs, var=adata.var, layers={"counts": adata.layers["counts"]})
    bare.write_h5ad(tmp_path / "in.h5ad")
    write_rows(tmp_path / "out.h5ad", open_rows(tmp_path / "in.h5ad"))
    out = ad.read_h5ad(tmp_path / "out.h5ad")
    assert out.X is None
    assert np.array_equal(out.layers["counts"].toarray(), adata.layers["counts"].toarray())

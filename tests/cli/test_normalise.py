"""The verb normalise: what it writes, of cells chunk by chunk."""

from __future__ import annotations

import json
from pathlib import Path

import anndata as ad
import numpy as np
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore import _h5ad_rows
from fatescore.cli import main


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    adata = fs.simulate.single_cell(n_donors=4, cells_per_donor=30, n_genes=300, seed=0)
    adata.obs["cell_type"] = "stromal"
    adata.uns["fatescore"] = {"assay": "single_cell", "organism": "human", "scale": "counts"}
    adata.write_h5ad(tmp_path / "qc.h5ad")
    return tmp_path / "qc.h5ad"


def run(given: Path, *flags: str) -> dict[str, object]:
    folder = given.parent
    main([
        "normalise", str(given), "--output", str(folder / "out.h5ad"), "--pseudobulk", str(folder / "sums.h5ad"),
        "--dataset", "D", "--status-out", str(folder / "status.json"), *flags,
    ])  # fmt: skip
    status: dict[str, object] = json.loads((folder / "status.json").read_text())
    return status


def test_cells_are_what_the_library_makes(cells: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_h5ad_rows, "_AT_ONCE", 20_000)
    before = cells.read_bytes()
    status = run(cells)
    assert status["status"] == "ok", status
    out = ad.read_h5ad(cells.parent / "out.h5ad")
    expected = fs.pp.normalise(ad.read_h5ad(cells), assay="single_cell", scale="counts")
    for part in ("data", "indices", "indptr"):
        mine, its = getattr(out.X, part), getattr(expected.X, part)
        assert (mine.dtype, mine.tobytes()) == (its.dtype, its.tobytes())
    assert (out.layers["counts"] != expected.layers["counts"]).nnz == 0
    assert out.uns["fatescore"] == expected.uns["fatescore"]
    assert out.obs.equals(expected.obs)
    assert cells.read_bytes() == before


def test_pseudobulks_per_donor_condition_and_type(cells: Path) -> None:
    status = run(cells, "--min-cells", "5", "--min-counts", "1")
    sums = ad.read_h5ad(cells.parent / "sums.h5ad")
    given = ad.read_h5ad(cells)
    assert sums.obs["n_obs"].tolist() == [30, 30, 30, 30]
    assert list(sums.obs["cell_type"]) == ["stromal"] * 4
    assert sums.layers["counts"].sum() == given.layers["counts"].sum()
    library = sums.layers["counts"].sum(axis=1)
    assert sums.obs["total_counts"].to_numpy() == pytest.approx(library)
    expected = fs.pp.log_cpm(sums.layers["counts"], fs.pp.size_factors(sums.layers["counts"]))
    np.testing.assert_allclose(sums.X, expected, rtol=1e-5)
    assert status["facts"]["n_pseudobulks"] == 4


def test_small_pseudobulks_are_named_in_the_outcome(cells: Path) -> None:
    adata = ad.read_h5ad(cells)
    first = adata.obs["donor"].astype(str) == str(adata.obs["donor"].iloc[0])
    keep = ~first | (np.cumsum(first) <= 4)
    adata[keep.to_numpy()].copy().write_h5ad(cells)
    status = run(cells)
    left = status["facts"]["pseudobulks_left_out"]
    assert list(left.values()) == ["4 cells, 10 needed"]
    assert ad.read_h5ad(cells.parent / "sums.h5ad").n_obs == 3


def test_bulk_has_no_pseudobulk(tmp_path: Path) -> None:
    adata = fs.simulate.bulk(n_donors=4, n_genes=300, seed=0)
    adata.uns["fatescore"] = {"assay": "bulk", "organism": "human", "scale": "counts"}
    adata.write_h5ad(tmp_path / "qc.h5ad")
    status = run(tmp_path / "qc.h5ad")
    assert status["status"] == "ok", status
    assert ad.read_h5ad(tmp_path / "sums.h5ad").n_obs == 0
    expected = fs.pp.normalise(adata, assay="bulk", scale="counts")
    found = ad.read_h5ad(tmp_path / "out.h5ad").X
    np.testing.assert_allclose(*(X.toarray() if sp.issparse(X) else X for X in (found, expected.X)))


def test_twice_is_refused(cells: Path) -> None:
    run(cells)
    (cells.parent / "out.h5ad").rename(cells)
    status = run(cells)
    assert status["status"] == "failed"
    assert "normalised already" in str(status["reason"])


def test_the_input_is_never_written_over(cells: Path) -> None:
    before = cells.read_bytes()
    out = str(cells.parent / "out.h5ad")
    for wrong in (["--output", str(cells)], ["--pseudobulk", str(cells)], ["--pseudobulk", out]):
        flags = ["normalise", str(cells), "--output", out, *wrong]
        for workflow in ([], ["--status-out", str(cells.parent / "status.json")]):
            assert main([*flags, *workflow]) == 2
    assert cells.read_bytes() == before
    assert list(cells.parent.iterdir()) == [cells]


@pytest.mark.parametrize("flag", ["--min-cells=-1", "--min-counts=nan", "--min-counts=inf"])
def test_limits_are_numbers(cells: Path, flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["normalise", str(cells), "--output", str(cells.parent / "out.h5ad"), flag]) == 2
    assert flag.partition("=")[0] in capsys.readouterr().err


def test_tpm_of_cells_chunk_by_chunk(cells: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_h5ad_rows, "_AT_ONCE", 20_000)
    adata = ad.read_h5ad(cells)
    adata.X = sp.csr_matrix(adata.X.multiply(1e6 / adata.X.sum(axis=1)))
    del adata.layers["counts"]
    adata.uns["fatescore"]["scale"] = "tpm"
    adata.write_h5ad(cells)
    assert run(cells)["status"] == "ok"
    expected = fs.pp.normalise(adata, assay="single_cell", scale="tpm")
    assert (ad.read_h5ad(cells.parent / "out.h5ad").X != expected.X).nnz == 0
    assert ad.read_h5ad(cells.parent / "sums.h5ad").n_obs == 0  # nothing to sum

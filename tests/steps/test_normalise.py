"""The step normalise: what it writes, of cells chunk by chunk, and the one pseudobulk of every sample."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore import _h5ad_rows
from fatescore.errors import InputError, NotScorable
from fatescore.steps.normalise import normalise
from fatescore.tables import parse_notes
from fatescore.tables.folder import DatasetFolder
from tests.steps.folders import MakeFolder, with_facts


def simulated() -> ad.AnnData:
    adata = fs.simulate.single_cell(n_donors=4, cells_per_donor=30, n_genes=300, seed=0)
    adata.obs["cell_type"] = "stromal"
    return with_facts(adata, "single_cell")


@pytest.fixture
def folder(make_folder: MakeFolder) -> DatasetFolder:
    return make_folder(qc=simulated())


def with_small_sample(cells: int) -> ad.AnnData:
    """Leave so many cells of the first sample."""
    adata = simulated()
    first = adata.obs["sample"].astype(str) == str(adata.obs["sample"].iloc[0])
    return adata[(~first | (np.cumsum(first) <= cells)).to_numpy()].copy()


def test_cells_are_what_the_library_makes(folder: DatasetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_h5ad_rows, "_AT_ONCE", 20_000)
    before = folder.file("qc.h5ad").read_bytes()
    normalise(folder)
    out = ad.read_h5ad(folder.file("normalised.h5ad"))
    expected = fs.pp.normalise(ad.read_h5ad(folder.file("qc.h5ad")), assay="single_cell", scale="counts")
    for part in ("data", "indices", "indptr"):
        mine, its = getattr(out.X, part), getattr(expected.X, part)
        assert (mine.dtype, mine.tobytes()) == (its.dtype, its.tobytes())
    assert (out.layers["counts"] != expected.layers["counts"]).nnz == 0
    assert out.uns["fatescore"] == expected.uns["fatescore"]
    assert out.obs.equals(expected.obs)
    assert folder.file("qc.h5ad").read_bytes() == before


def test_one_pseudobulk_per_sample(folder: DatasetFolder) -> None:
    facts = normalise(folder, min_cells=5, min_counts=1)
    sums, given = ad.read_h5ad(folder.file("pseudobulk.h5ad")), ad.read_h5ad(folder.file("qc.h5ad"))
    assert sums.obs["n_obs"].tolist() == [30, 30, 30, 30]
    assert list(sums.obs["sample"]) == sorted(set(given.obs["sample"]))
    assert sums.layers["counts"].sum() == given.layers["counts"].sum()
    library = sums.layers["counts"].sum(axis=1)
    np.testing.assert_allclose(library, sums.obs["total_counts"])
    expected = fs.pp.log_cpm(sums.layers["counts"], fs.pp.size_factors(sums.layers["counts"]))
    np.testing.assert_allclose(sums.X, expected, rtol=1e-5)
    assert (facts["n_pseudobulks"], facts["pseudobulks_left_out"]) == (4, {})


def test_small_samples_are_named_in_the_outcome(make_folder: MakeFolder) -> None:
    adata = with_small_sample(4)
    folder = make_folder(qc=adata)
    left = normalise(folder)["pseudobulks_left_out"]
    (note,) = parse_notes(left[str(adata.obs["sample"].iloc[0])])
    assert (note.code, note.values["cells"], note.values["needed"]) == ("few_cells", "4", "10")
    assert ad.read_h5ad(folder.file("pseudobulk.h5ad")).n_obs == 3


@pytest.mark.parametrize(("limit", "code"), [({"min_cells": 31}, "few_cells"), ({"min_counts": 1e9}, "few_counts")])
def test_where_every_sample_is_too_small_nothing_can_be_scored(
    folder: DatasetFolder, limit: dict[str, float], code: str
) -> None:
    with pytest.raises(NotScorable) as raised:
        normalise(folder, **limit)
    assert [note.code for note in parse_notes(raised.value.reason)] == ["none_scorable", code]
    assert not folder.file("normalised.h5ad").exists()


def test_bulk_has_no_pseudobulk(make_folder: MakeFolder) -> None:
    adata = with_facts(fs.simulate.bulk(n_donors=4, n_genes=300, seed=0), "bulk")
    folder = make_folder(qc=adata)
    assert "pseudobulks_left_out" not in normalise(folder)
    assert ad.read_h5ad(folder.file("pseudobulk.h5ad")).n_obs == 0
    expected = fs.pp.normalise(adata, assay="bulk", scale="counts")
    found = ad.read_h5ad(folder.file("normalised.h5ad")).X
    np.testing.assert_allclose(*(X.toarray() if sp.issparse(X) else X for X in (found, expected.X)))


def test_twice_is_refused(folder: DatasetFolder) -> None:
    normalise(folder)
    folder.file("normalised.h5ad").rename(folder.file("qc.h5ad"))
    with pytest.raises(InputError, match="normalised already"):
        normalise(folder)


@pytest.mark.parametrize("limit", [{"min_cells": -1}, {"min_counts": float("nan")}])
def test_limits_are_numbers(folder: DatasetFolder, limit: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(limit))):
        normalise(folder, **limit)


def test_cells_without_counts_have_no_pseudobulk_and_are_refused(make_folder: MakeFolder) -> None:
    adata = simulated()
    adata.X = sp.csr_matrix(adata.X.multiply(1e6 / adata.X.sum(axis=1)))
    del adata.layers["counts"]
    with pytest.raises(InputError, match=r"expected raw counts of the cells"):
        normalise(make_folder(qc=with_facts(adata, "single_cell", scale="tpm")))

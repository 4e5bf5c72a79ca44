"""From the declared scale to log values, once."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore.errors import InputError

COUNTS = np.array([[10.0, 0, 30], [1, 1, 0]])


def data(X: object, *, counts: bool = False) -> ad.AnnData:
    adata = ad.AnnData(X, var=pd.DataFrame(index=list("abc")))
    if counts:
        adata.layers["counts"] = adata.X.copy()
    return adata


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize(
    ("assay", "expected"),
    [
        ("single_cell", np.log1p(COUNTS / COUNTS.sum(axis=1, keepdims=True) * 1e4)),
        ("bulk", np.log2(1 + COUNTS / COUNTS.sum(axis=1, keepdims=True) * 1e6)),
    ],
)
def test_counts(form: type, assay: str, expected: np.ndarray) -> None:
    adata = data(form(COUNTS), counts=True)
    out = fs.pp.normalise(adata, assay=assay, scale="counts")
    X = out.X.toarray() if sp.issparse(out.X) else out.X
    np.testing.assert_allclose(X, expected, rtol=1e-6)
    kept = out.layers["counts"]
    np.testing.assert_array_equal(kept.toarray() if sp.issparse(kept) else kept, COUNTS)
    np.testing.assert_array_equal(adata.X.toarray() if sp.issparse(adata.X) else adata.X, COUNTS)


def test_log2_stays_and_linear_is_logged() -> None:
    np.testing.assert_allclose(fs.pp.normalise(data(COUNTS), assay="array", scale="log2").X, COUNTS)
    np.testing.assert_allclose(
        fs.pp.normalise(data(COUNTS), assay="array", scale="linear").X, np.log2(1 + COUNTS), rtol=1e-6
    )


def test_never_twice() -> None:
    once = fs.pp.normalise(data(COUNTS), assay="array", scale="linear")
    with pytest.raises(InputError, match="normalised already"):
        fs.pp.normalise(once, assay="array", scale="linear")


def test_mistakes() -> None:
    with pytest.raises(InputError, match="counts.*missing"):
        fs.pp.normalise(data(COUNTS), assay="bulk", scale="counts")
    with pytest.raises(InputError, match="lowest value is -1"):
        fs.pp.normalise(data(COUNTS - 1), assay="array", scale="linear")
    with pytest.raises(InputError, match='"log2"'):
        fs.pp.normalise(data(COUNTS), assay="array", scale="log")


def test_raw_intensities_are_logged_and_quantile_normalised_once() -> None:
    rng = np.random.default_rng(0)
    values = np.exp2(rng.normal(8, 2, (4, 60))) * np.array([[1.0], [2.0], [0.5], [1.3]])
    out = fs.pp.normalise(data_of(values), assay="array", scale="intensity")
    logs = np.log2(1 + values)
    mean = np.sort(logs, axis=1).mean(axis=0)  # Bolstad et al. 2003: every array gets the mean of the sorted arrays
    for given, found in zip(logs, out.X, strict=True):
        np.testing.assert_allclose(found[np.argsort(given)], mean, rtol=1e-6)
    assert out.uns["fatescore"]["normalise"] == "log2(1 + intensity), quantile-normalised over the arrays"
    with pytest.raises(InputError, match="normalised already"):
        fs.pp.normalise(out, assay="array", scale="intensity")


def test_linear_and_log2_arrays_are_not_quantile_normalised() -> None:
    values = np.exp2(np.random.default_rng(0).normal(8, 2, (4, 60))) * np.array([[1.0], [2.0], [0.5], [1.3]])
    for scale, given in (("linear", values), ("log2", np.log2(1 + values))):
        out = fs.pp.normalise(data_of(given), assay="array", scale=scale)
        np.testing.assert_allclose(out.X, np.log2(1 + values), rtol=1e-5)


def test_intensities_are_for_arrays() -> None:
    with pytest.raises(InputError, match='"intensity" is declared for assay bulk'):
        fs.pp.normalise(data(COUNTS, counts=True), assay="bulk", scale="intensity")


def test_bulk_marks_expressed_genes_by_condition_and_says_fractions() -> None:
    adata = fs.simulate.bulk(n_donors=6, n_genes=400, seed=0)
    out = fs.pp.normalise(adata, assay="bulk", scale="counts")
    expected = fs.pp.expressed_genes(adata.layers["counts"], adata.obs["condition"].astype(str).tolist())
    np.testing.assert_array_equal(out.var["expressed"], expected)
    assert 0 < expected.sum() <= out.n_vars
    assert "not whole" not in out.uns["fatescore"]["normalise"]
    adata.layers["counts"] = adata.layers["counts"] * 1.25
    out = fs.pp.normalise(adata, assay="bulk", scale="counts")
    assert "from expected counts that are not whole" in out.uns["fatescore"]["normalise"]


def data_of(values: np.ndarray) -> ad.AnnData:
    return ad.AnnData(values, var=pd.DataFrame(index=[f"g{k}" for k in range(values.shape[1])]))

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

"""Parts of a matrix as its submitter wrote it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.ingest.matrix import Raw, samples_of

VALUES = np.arange(6.0).reshape(3, 2)


@pytest.fixture(params=[np.asarray, sp.csr_matrix])
def raw(request: pytest.FixtureRequest) -> Raw:
    return Raw(
        matrix=request.param(VALUES), ids=["p1", "p2"], columns=["a", "a", "b"], barcodes=["A", "C", "G"],
        other_names=["", "ALPL"], annotation=pd.Series(["RUNX2", ""]), obs=pd.DataFrame({"x": [1, 2, 3]}),
    )  # fmt: skip


def dense(raw: Raw) -> list[list[float]]:
    values: list[list[float]] = (raw.matrix.toarray() if sp.issparse(raw.matrix) else raw.matrix).tolist()
    return values


def test_observations_are_left_out_with_all_that_belongs_to_them(raw: Raw) -> None:
    raw.keep_observations(np.array([True, False, True]))
    assert dense(raw) == [[0, 1], [4, 5]]
    assert (raw.columns, raw.barcodes, raw.ids) == (["a", "b"], ["A", "G"], ["p1", "p2"])
    assert raw.obs is not None
    assert raw.obs["x"].tolist() == [1, 3]
    assert raw.rows_of("b").tolist() == [1]
    raw.columns = ["b", "b"]
    assert (raw.rows_of("b").tolist(), raw.rows_of("a").tolist()) == ([0, 1], [])


def test_features_are_left_out_with_all_that_belongs_to_them(raw: Raw) -> None:
    raw.keep_features(np.array([False, True]))
    assert dense(raw) == [[1], [3], [5]]
    assert (raw.ids, raw.other_names, raw.sample_names) == (["p2"], ["ALPL"], ["a", "b"])
    assert raw.annotation is not None
    assert raw.annotation.tolist() == [""]


def test_what_is_not_there_stays_absent() -> None:
    raw = Raw(matrix=VALUES, ids=["p1", "p2"], columns=["a", "b", "c"])
    raw.keep_observations(np.array([True, True, False]))
    raw.keep_features(np.array([True, False]))
    assert dense(raw) == [[0], [2]]
    assert (raw.barcodes, raw.other_names, raw.annotation, raw.obs) == ([], [], None, None)


def test_samples_by_key() -> None:
    obs = pd.DataFrame({"sample": ["s", "s"], "donor": ["x", "y"]}, index=["A", "C"])
    assert samples_of(obs, "", "", Path("x.h5ad")) == ["s", "s"]
    assert samples_of(obs, "donor", "z", Path("x.h5ad")) == ["x", "y"]
    assert samples_of(obs, "", "z", Path("x.h5ad")) == ["z", "z"]
    assert samples_of(obs[["donor"]], "", "", Path("x.h5ad")) == ["A", "C"]
    with pytest.raises(InputError, match=r'no obs column "doner".*did you mean "donor"'):
        samples_of(obs, "doner", "", Path("x.h5ad"))

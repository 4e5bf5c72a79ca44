"""Arrays: what stands out, and quantile normalisation."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pytest

import fatescore as fs
from fatescore.errors import InputError
from fatescore.pp.arrays import array_metrics, background_share, quantile_normalise
from fatescore.tables.codes import QcFlag
from fatescore.tables.notes import parse_notes


def arrays(seed: int = 0) -> ad.AnnData:
    study = fs.simulate.array(n_donors=12, n_genes=1000, seed=seed)
    signal = study.signal.T
    adata = ad.AnnData(signal.to_numpy())
    adata.obs["sample"] = list(signal.index)
    adata.uns["fatescore"] = {"organism": "human", "assay": "array", "scale": "linear"}
    return adata


def test_clean_arrays_do_not_stand_out() -> None:
    flagged = [(array_metrics(arrays(seed), "linear")["outlier"] != "").sum() for seed in range(10)]
    assert sum(flagged) <= 1  # of 120


@pytest.mark.parametrize(
    ("fault", "metric"),
    [
        (lambda x, rng: x * np.exp2(rng.normal(0, 0.8, x.shape)), "spread"),
        (lambda x, rng: x * 2, "rle_median"),
        (lambda x, rng: x + 400, "q05"),
    ],
)
def test_a_planted_fault_is_found_and_named(fault: object, metric: str) -> None:
    adata = arrays()
    before = adata.X.copy()
    adata.X[3] = fault(adata.X[3], np.random.default_rng(1))  # type: ignore[operator]
    table = array_metrics(adata, "linear")
    notes = parse_notes(table["outlier"].iloc[3])
    assert ((metric,), ("high",)) in [(note.names("metric"), note.names("side")) for note in notes]
    assert {note.code for note in notes} == {QcFlag.OUTLIER}
    assert min(note.number("deviations") for note in notes) > 5
    assert (table["outlier"].drop(table.index[3]) == "").all()
    np.testing.assert_array_equal(adata.X[4:], before[4:])


def test_the_numbers() -> None:
    genes = np.arange(101.0)
    table = array_metrics(ad.AnnData(np.vstack([genes, genes, genes + 3])), "log2")
    assert table["q50"].tolist() == [50, 50, 53]
    assert table["rle_median"].tolist() == [0, 0, 3]
    assert table["rle_iqr"].tolist() == [0, 0, 0]
    assert table["spread"].tolist() == [1, 1, 1]
    assert table["near_background"].tolist() == pytest.approx([6 / 101] * 3)
    assert (table["outlier"] == "").all()  # three arrays are too few


def test_missing_values_are_left_out() -> None:
    values = np.random.default_rng(0).normal(8, 1, (6, 200))
    values[0, :50] = np.nan
    assert np.isfinite(array_metrics(ad.AnnData(values), "log2").drop(columns="outlier")).all().all()
    values[1, 50:] = np.nan
    with pytest.raises(InputError, match="no gene is measured on every array"):
        array_metrics(ad.AnnData(values), "log2")


def test_quantile_normalise() -> None:
    # The worked example of https://en.wikipedia.org/wiki/Quantile_normalization, its tie by the mean rank
    genes = np.array([[5, 4, 3], [2, 1, 4], [3, 4, 6], [4, 2, 8.0]])
    expected = np.array([[5.67, 5.17, 2], [2, 2, 3], [3, 5.17, 4.67], [4.67, 3, 5.67]])
    given = genes.T.copy()
    np.testing.assert_allclose(quantile_normalise(given).T, expected, atol=0.005)
    np.testing.assert_array_equal(given, genes.T)
    values = np.random.default_rng(0).normal(size=(5, 300)) * np.arange(1, 6)[:, None]
    out = quantile_normalise(values)
    np.testing.assert_allclose(np.sort(out, axis=1), np.tile(np.sort(values, axis=1).mean(axis=0), (5, 1)))
    np.testing.assert_allclose(quantile_normalise(out), out)
    with pytest.raises(InputError, match="missing or infinite"):
        quantile_normalise(np.array([[1.0, np.nan]]))


def test_no_negative_linear_values() -> None:
    with pytest.raises(InputError, match="no negative linear values"):
        array_metrics(ad.AnnData(np.array([[-1.0, 2.0], [1.0, 2.0]])), "linear")


def test_background_per_gene_by_hand() -> None:
    """Arrays of genes from 4 by steps of 0.1: their 5 % quantiles are 4.49, 4.39 and 4.585, background is 1 above."""
    values = np.tile(np.arange(100) / 10 + 4, (3, 1))
    values[1, 50], values[2, 0], values[:, 99] = 4.0, np.nan, np.nan
    share = background_share(ad.AnnData(values), "log2")
    assert share[[0, 13, 14, 15, 20, 50]] == pytest.approx([1, 1, 2 / 3, 1 / 3, 0, 1 / 3])
    assert np.isnan(share[99])
    per_array = array_metrics(ad.AnnData(values), "log2")["near_background"]
    assert per_array.to_numpy() == pytest.approx([15 / 99, 15 / 99, 15 / 98])

"""Size factors against planted depth, and values against pydeseq2's own data set."""

from __future__ import annotations

import warnings

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.pp.size_factors import expressed_genes, log_cpm, size_factors, variance_stabilised


def planted(depth: float = 1e6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Twelve libraries; half of them have 700 of 10,000 genes three times up, so that library size misleads."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(0, 2.2, 10_000)
    up = np.ones((12, 10_000))
    up[6:, :700] = 3
    true = np.exp(rng.normal(0, 0.5, 12))
    mean = depth * true[:, None] * up * level / level.sum()
    return rng.poisson(mean * rng.gamma(20, 0.05, mean.shape)).astype(float), true / np.exp(np.log(true).mean())


def worst(factors: np.ndarray, true: np.ndarray) -> float:
    off = np.log2(factors / true)
    return float(np.abs(off - off.mean()).max())


def test_composition_does_not_mislead_the_factors() -> None:
    counts, true = planted()
    factors = size_factors(counts)
    assert worst(factors, true) < 0.1 < worst(counts.sum(axis=1), true)
    assert np.log(factors).sum() == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(size_factors(sp.csr_matrix(counts)), factors)


def test_fractions_move_the_factors_little() -> None:
    counts, true = planted()
    split = counts + np.random.default_rng(1).uniform(-0.3, 0.3, counts.shape) * (counts > 0)
    assert worst(size_factors(split), true) < 0.1


def test_without_common_genes_the_library_size_serves() -> None:
    counts, _ = planted()
    counts[np.arange(10_000) % 12, np.arange(10_000)] = 0
    library = counts.sum(axis=1)
    np.testing.assert_allclose(size_factors(counts), library / np.exp(np.log(library).mean()))


def test_one_sample_and_no_sample() -> None:
    assert size_factors(np.array([[1.0, 2.0]])).tolist() == [1.0]
    with pytest.raises(InputError, match="1 samples have no counts"):
        size_factors(np.array([[1.0, 2.0], [0.0, 0.0]]))
    with pytest.raises(InputError, match="negative or missing"):
        size_factors(np.array([[1.0, -2.0], [1.0, 0.0]]))
    with pytest.raises(InputError, match="1 samples have no counts"):
        log_cpm(np.array([[0.0, 0.0]]))


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
def test_log_cpm(form: type) -> None:
    counts = np.array([[1.0, 3.0, 0], [2.5, 0, 7.5]])
    factors = np.array([0.5, 2.0])
    effective = factors * np.sqrt(4 * 10)
    expected = np.log2(1 + counts / effective[:, None] * 1e6)
    given = form(counts)
    out = log_cpm(given, factors)
    np.testing.assert_allclose(out.toarray() if sp.issparse(out) else out, expected)
    np.testing.assert_array_equal(given.toarray() if sp.issparse(given) else given, counts)


def deseq(counts: np.ndarray) -> np.ndarray:
    from pydeseq2.dds import DeseqDataSet

    names = [f"s{i}" for i in range(len(counts))]
    table = pd.DataFrame(counts.astype(int), index=names, columns=[f"g{i}" for i in range(counts.shape[1])])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = DeseqDataSet(counts=table, metadata=pd.DataFrame({"c": "a"}, index=names), design="~1", quiet=True)
        data.vst()
    return np.asarray(data.layers["vst_counts"])


def test_few_genes_are_as_pydeseq2_has_them() -> None:
    """With at most 1,000 genes, all expressed, nothing is left out of the fit: all values must agree."""
    counts, _ = planted()
    counts = counts[:, (counts.mean(axis=0) >= 5) & (counts > 0).all(axis=0)][:, :800]
    expected = deseq(counts)
    given = variance_stabilised(counts)
    # factors with geometric mean 1 differ from pydeseq2's by one constant
    assert np.ptp(given - expected) < 0.05
    np.testing.assert_allclose(given - given.mean(), expected - expected.mean(), atol=0.03)


def test_the_variance_no_longer_follows_the_mean() -> None:
    counts, _ = planted()
    counts = counts[:6]  # one group: what varies is noise
    mean = counts.mean(axis=0)
    spread = {name: values.std(axis=0) for name, values in
              {"vst": variance_stabilised(counts), "log": log_cpm(counts, size_factors(counts))}.items()}  # fmt: skip
    low, high = (mean > 2) & (mean < 6), mean > 100
    ratio = {name: float(np.median(sd[low]) / np.median(sd[high])) for name, sd in spread.items()}
    assert ratio["log"] > 2
    assert 0.6 < ratio["vst"] < 1.6


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(InputError, match="2 samples"):
        variance_stabilised(planted()[0][:2])
    with pytest.raises(InputError, match="0 genes with a mean"):
        variance_stabilised(np.ones((4, 200)))


@pytest.mark.realdata
def test_fractional_counts_of_mouse_bone(real_data: object) -> None:
    table = pd.read_csv(f"{real_data}/mouse_bone_emtab5533/rsem_expected_counts.tsv.gz", sep="\t", index_col=0).T
    adata = ad.AnnData(table)
    values = variance_stabilised(adata.X)
    assert np.isfinite(values).all()
    well = adata.X.mean(axis=0) > 1000
    logs = log_cpm(adata.X, size_factors(adata.X))
    # for well expressed genes a difference is a log2 fold change
    np.testing.assert_allclose((values[0] - values[9])[well], (logs[0] - logs[9])[well], atol=0.5)


def test_expressed_by_hand() -> None:
    """Libraries of a million: 10 counts are 10 per million, in as many samples as the smaller group has (2 of 5)."""
    rows = {
        "two samples at 10": [10, 10, 0, 0, 0],
        "two just below": [9.9, 9.9, 9.9, 9.9, 0],
        "one sample only": [1000, 0, 0, 0, 0],
        "all of them": [10, 10, 10, 10, 10],
    }
    counts = np.array(list(rows.values()), dtype=float).T
    counts = np.column_stack([counts, 1e6 - counts.sum(axis=1)])
    assert expressed_genes(counts, list("aaabb")).tolist() == [True, False, False, True, True]
    assert expressed_genes(counts).tolist() == [False, False, False, True, True]


def test_expressed_in_large_groups_and_by_the_total() -> None:
    """Of groups of 20 the level is needed in 10 + 0.7 x 10 = 17 samples; 15 counts in all, whatever the level."""
    counts = np.zeros((40, 3))
    counts[:17, 0] = counts[:16, 1] = 10
    counts[:, 2] = 1e6 - counts.sum(axis=1)
    groups = ["a"] * 20 + ["b"] * 20
    assert expressed_genes(counts, groups).tolist() == [True, False, True]
    shallow = np.array([[7.0, 1e6], [7, 1e6]])
    assert expressed_genes(shallow, min_count=5).tolist() == [False, True]
    assert expressed_genes(shallow, min_count=5, min_total_count=14).tolist() == [True, True]


@pytest.mark.parametrize("groups", [["a", "b"], list("aabbc"), ["a", None, "b", "b"]])
def test_every_sample_needs_one_label(groups: list[str]) -> None:
    with pytest.raises(InputError, match="4 samples have [0-9] labels"):
        expressed_genes(np.ones((4, 3)), groups)


def test_the_level_is_that_of_the_library_of_median_size() -> None:
    """Libraries of 1, 2 and 9 million: 10 counts of 2 million are 5 per million, which is 45 counts of 9 million."""
    counts = np.array([[5.0, 5, 4.9], [10, 10, 10], [45, 44, 45]])
    counts = np.column_stack([counts, np.array([1e6, 2e6, 9e6]) - counts.sum(axis=1)])
    assert expressed_genes(counts).tolist() == [True, False, False, True]

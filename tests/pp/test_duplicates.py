"""Samples that occur twice: planted copies are found, replicates and other donors are not."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore.pp.arrays import quantile_normalise
from fatescore.pp.duplicates import duplicates, fingerprint


def cultures(seed: int = 0) -> ad.AnnData:
    return fs.simulate.bulk(n_donors=8, n_genes=3000, seed=seed)


def other(adata: ad.AnnData, values: object, name: str = "other") -> ad.AnnData:
    out = ad.AnnData(values, obs=adata.obs.copy(), var=adata.var.copy())
    out.uns["fatescore"] = {**adata.uns["fatescore"], "dataset": name, "assay": "array", "scale": "log2"}
    return out


def test_different_donors_are_no_duplicates() -> None:
    assert duplicates([fingerprint(cultures()), fingerprint(cultures(1))]).empty


def test_a_copy_within_a_data_set() -> None:
    adata = cultures()
    counts = adata.layers["counts"].tolil()
    counts[5] = counts[2]
    adata.layers["counts"] = sp.csr_matrix(counts)
    pair = duplicates([fingerprint(adata)])
    assert pair[["sample_a", "sample_b", "kind"]].to_numpy().tolist() == [["control_3", "osteoporosis_2", "identical"]]
    assert pair["correlation"].iloc[0] == pytest.approx(1)
    assert pair["median_correlation"].iloc[0] < 0.99


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda x, _: x, "identical"),
        (lambda x, _: np.log2(1 + x / x.sum(axis=1, keepdims=True) * 1e6).round(2), "near-identical"),
        (lambda x, _: quantile_normalise(np.log2(1 + x)), "near-identical"),
        (lambda x, rng: rng.binomial(x.astype(int), 0.95), "near-identical"),
    ],
)
def test_a_data_set_given_twice(change: object, kind: str) -> None:
    adata = cultures()
    values = change(adata.X.toarray(), np.random.default_rng(0))  # type: ignore[operator]
    copy = other(adata, values.astype(np.float32))
    copy = copy[:, np.random.default_rng(1).permutation(copy.n_vars)].copy()  # the order of genes must not matter
    found = duplicates([fingerprint(adata), fingerprint(copy)])
    assert found["sample_a"].tolist() == found["sample_b"].tolist() == list(adata.obs_names)
    assert set(found["kind"]) == {kind}


def test_silent_genes_may_be_missing_from_one_file() -> None:
    adata = cultures()
    first = adata[:1].copy()
    smaller = first[:, np.asarray(first.X.sum(axis=0)).ravel() > 0].copy()
    smaller.uns["fatescore"]["dataset"] = "smaller"
    assert duplicates([fingerprint(first), fingerprint(smaller)])["kind"].tolist() == ["identical"]


def test_what_cannot_be_compared() -> None:
    human, mouse = cultures(), fs.simulate.bulk(organism="mouse", n_donors=4, n_genes=3000, seed=0)
    assert duplicates([fingerprint(human), fingerprint(mouse)]).empty
    flat = other(human, np.full(human.shape, 7.0))
    assert duplicates([fingerprint(flat)]).empty
    assert duplicates([fingerprint(human[:, :50].copy())]).empty
    assert duplicates([]).empty
    gaps = np.log2(1 + human.X.toarray())
    gaps[1, 5:9] = np.nan
    assert len(duplicates([fingerprint(human), fingerprint(other(human, gaps))])) == human.n_obs


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("path", "highest"),
    [
        ("mouse_bone_emtab5533/rsem_expected_counts.tsv.gz", 0.98),
        ("mouse_inguinal_fat/counts.tsv.gz", 0.993),
        ("msc_osteogenic_lowdepth/counts.tsv.gz", 0.70),
        ("gse35958/expression_log2.tsv.gz", 0.95),
    ],
)
def test_real_samples_are_below_and_their_copies_above(path: str, highest: float, real_data: object) -> None:
    table = pd.read_csv(f"{real_data}/{path}", sep="\t", index_col=0).T
    adata = ad.AnnData(table.astype(np.float32))
    assert duplicates([fingerprint(adata)], near=highest).empty
    copy = ad.AnnData(np.log2(1 + table).round(2).astype(np.float32))
    found = duplicates([fingerprint(adata), fingerprint(copy)])
    assert len(found) == adata.n_obs
    assert (found["sample_a"] == found["sample_b"]).all()
    assert found["correlation"].min() > 0.9995

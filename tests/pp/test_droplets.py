from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.stats import kstest

import fatescore as fs
from fatescore.errors import InputError
from fatescore.pp.droplets import _good_turing, _monte_carlo, _occurrence, empty_droplets


def _raw(depth: float, seed: int = 0) -> tuple[sp.csr_matrix, np.ndarray]:
    """Barcodes of one simulated sample: cells, empty barcodes, and some empty ones above the limit of 100 counts."""
    adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=300, n_genes=800, depth=depth, depth_ratio=1, seed=seed)
    cells = adata.X[(adata.obs["sample"] == adata.obs["sample"].iloc[0]).to_numpy()]
    soup = np.asarray(cells.sum(axis=0)).ravel() / cells.sum()
    rng = np.random.default_rng(seed)
    depths = np.r_[rng.gamma(10, 4, 3000), rng.gamma(10, 15, 100)]
    empty = sp.csr_matrix(rng.poisson(np.outer(depths, soup)).astype(np.float32))
    return sp.vstack([cells, empty], format="csr"), np.arange(cells.shape[0] + 3100) < cells.shape[0]


def test_cells_are_distinguished_from_empty_barcodes() -> None:
    counts, is_cell = _raw(3000)
    found = empty_droplets(counts, n_simulations=2000)
    assert found["cell"][is_cell].mean() > 0.97
    assert found["cell"][~is_cell].sum() <= 1
    assert not found["empty"][is_cell].any()


def test_same_bytes_twice_and_dense_or_sparse() -> None:
    counts, _ = _raw(1000)
    first = empty_droplets(counts, n_simulations=200, rng=3)
    pd.testing.assert_frame_equal(first, empty_droplets(counts.toarray(), n_simulations=200, rng=3))


def test_p_values_of_ambient_barcodes_are_uniform() -> None:
    rng = np.random.default_rng(1)
    profile = rng.dirichlet(np.ones(200))
    total = rng.integers(101, 400, 500)
    counts = np.vstack([rng.multinomial(n, profile) for n in total])
    p_value = _monte_carlo(sp.csr_matrix(counts), total, profile, 1000, 0)
    assert kstest(p_value, "uniform").pvalue > 0.01


def test_good_turing_sums_to_one_and_leaves_room_for_the_unseen() -> None:
    profile = _good_turing(np.array([0.0, 0.0, 1.0, 1.0, 98.0]))
    assert profile.sum() == pytest.approx(1)
    assert profile[0] == pytest.approx(2 / 101 / 2)
    assert _good_turing(np.array([5.0, 5.0])).tolist() == [0.5, 0.5]


def test_occurrence_counts_every_gene_by_itself() -> None:
    assert _occurrence(np.array([4, 2, 4, 4, 2])).tolist() == [1, 1, 2, 3, 2]


def test_filtered_matrices_are_refused() -> None:
    with pytest.raises(InputError, match="no barcode"):
        empty_droplets(np.full((3, 4), 100))


def test_one_cell_and_none() -> None:
    soup = np.ones((50, 4))
    assert not empty_droplets(soup, n_simulations=50)["cell"].any()
    found = empty_droplets(np.vstack([soup, [[1900, 0, 0, 0]]]), n_simulations=50)
    assert found["cell"].tolist() == [False] * 50 + [True]


def test_a_sample_of_empty_barcodes_has_no_cell() -> None:
    rng = np.random.default_rng(0)
    profile = rng.dirichlet(np.ones(300))
    counts = rng.poisson(np.outer(rng.gamma(4, 20, 2000), profile))
    assert empty_droplets(counts, n_simulations=2000)["cell"].sum() == 0

"""Whole numbers of equal sum: scaled values are told from counts, and from counts drawn to equal depth."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from fatescore.ingest.equal_sums import equal_sums

RNG = np.random.default_rng(1)
PROFILE = RNG.lognormal(0, 2, 3_000)
PROFILE /= PROFILE.sum()


def libraries(n: int, depth: float, spread: float = 0.0) -> np.ndarray:
    return RNG.poisson(PROFILE * depth * RNG.lognormal(0, spread, (n, 1))).astype(float)


def scaled(counts: np.ndarray, total: float) -> np.ndarray:
    return counts / counts.sum(axis=1, keepdims=True) * total


@pytest.mark.parametrize("total", [1e6, 1e5, 34_567_890])
@pytest.mark.parametrize("rounded", [np.rint, np.floor])
@pytest.mark.parametrize("n", [3, 6, 40])
def test_scaled_samples(total: float, rounded: np.ufunc, n: int) -> None:
    values = rounded(scaled(libraries(n, 2e7, 0.3), total))
    for matrix in (values, sp.csr_matrix(values)):
        found = equal_sums([matrix])
        assert found is not None
        assert (found.scaled, found.exact) == (True, False)
        assert "rounded to whole numbers" in found.text
        assert ("CPM or TPM" in found.text) == (total == 1e6)
        if total < 1e7 and (rounded is np.rint or total == 1e6):  # of smaller values floor takes more
            assert f"{total:,.0f}," in found.text


@pytest.mark.parametrize("depth", [1_500, 4_000])
def test_scaled_cells(depth: int) -> None:
    found = equal_sums(np.array_split(np.rint(scaled(libraries(300, depth, 0.4), 1e4)), 7), "cell")
    assert found is not None
    assert found.text.startswith("every cell sums to 10,000, give or take ")


@pytest.mark.parametrize("depth", [1_500, 20_000, 1e6, 2e7])
@pytest.mark.parametrize("n", [3, 6, 30, 500])
def test_counts_of_libraries_made_alike_are_counts(depth: float, n: int) -> None:
    if n > 20 or depth < 1e6:  # nobody's pipette is as good as Poisson's sums alone
        assert equal_sums([libraries(n, depth, 0.0 if n > 20 else 0.1)]) is None
    assert equal_sums([libraries(n, depth, 0.05)]) is None


def test_shallow_cells_of_equal_depth_but_for_chance_are_counts() -> None:
    assert equal_sums(RNG.poisson(0.05, (400, 30_000)).astype(float), "cell") is None


def test_counts_drawn_to_equal_depth_are_counts() -> None:
    values = np.array([RNG.multinomial(1_000_000, PROFILE) for _ in range(5)], dtype=float)
    found = equal_sums([values])
    assert found is not None
    assert not found.scaled
    assert found.text == "every sample sums to exactly 1,000,000: drawn to equal depth, or scaled"


def test_sums_of_32_bits_are_exact() -> None:
    values = np.array([RNG.multinomial(40_000_001, PROFILE) for _ in range(5)], dtype=np.float32)
    found = equal_sums([values])
    assert found is not None
    assert (found.exact, found.total) == (True, 40_000_001)


def test_two_sums_may_be_alike_by_chance() -> None:
    values = libraries(2, 3e6)
    values[1, 0] += values[0].sum() - values[1].sum() - 3
    found = equal_sums([values])
    assert found is not None
    assert not found.scaled
    assert found.text.endswith("check that these are counts")
    assert equal_sums([np.rint(scaled(values, 1e6))]).scaled  # type: ignore[union-attr]


@pytest.mark.parametrize("matrix", [np.zeros((4, 9)), np.eye(3) * 50, np.full((1, 3), 1e6), np.full((3, 3), np.nan)])
def test_what_has_no_sums_to_compare(matrix: np.ndarray) -> None:
    assert equal_sums([matrix]) is None

"""ssGSEA against the running sum walked gene by gene, and gseapy."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import fatescore as fs
from fatescore import methods


def running_sum(row: np.ndarray, genes: set[int], weight: float) -> float:
    """Walk from the highest gene down; add up the difference of the two cumulated shares at every step."""
    n = len(row)
    order = np.argsort(-row, kind="stable")
    hits = {gene: (n - i) ** weight for i, gene in enumerate(order) if gene in genes}
    inside = outside = total = 0.0
    for gene in order:
        if gene in genes:
            inside += hits[gene] / sum(hits.values())
        else:
            outside += 1 / (n - len(genes))
        total += inside - outside
    return total


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(3, 40), st.sampled_from([0.0, 0.25, 1.0]), st.data())
def test_closed_form_is_the_running_sum(seed: int, n_genes: int, weight: float, data: st.DataObject) -> None:
    X = np.random.default_rng(seed).permuted(np.tile(np.arange(float(n_genes)), (3, 1)), axis=1)
    up = data.draw(st.sets(st.integers(0, n_genes - 1), min_size=1, max_size=n_genes - 1))
    down = set(range(n_genes)) - up if data.draw(st.booleans()) else set()
    weights = np.zeros((n_genes, 1))
    weights[list(up)], weights[list(down)] = 1, -1
    expected = [running_sum(row, up, weight) - (running_sum(row, down, weight) if down else 0.0) for row in X]
    for matrix in (X, sp.csr_matrix(X), X - n_genes / 2):
        got = methods.get("ssgsea")(matrix, sp.csr_array(weights), weight=weight)
        np.testing.assert_allclose(got[:, 0], expected, atol=1e-9)


TIED = np.array([5.0, 2.0, 2.0, 2.0, 0.0, 0.0])
ORDERS = [o for o in itertools.permutations(range(6)) if all(TIED[a] >= TIED[b] for a, b in itertools.pairwise(o))]


@pytest.mark.parametrize("genes", [{0}, {2}, {5}, {1, 4}, {0, 2, 3}])
def test_ties_are_the_expectation_over_random_breaking_where_ranks_have_no_weight(genes: set[int]) -> None:
    broken = [running_sum(-np.argsort(order).astype(float), genes, 0.0) for order in ORDERS]
    weights = np.isin(np.arange(6), list(genes)).astype(float)[:, None]
    got = methods.get("ssgsea")(TIED[None, :], sp.csr_array(weights), weight=0.0)
    assert got[0, 0] == pytest.approx(np.mean(broken), abs=1e-12)


def test_genes_that_tie_share_the_mean_of_their_positions_terms() -> None:
    n = np.array([6, 4, 4, 4, 1.5, 1.5])  # genes at or below it, the mean over the positions
    power = {w: np.array([6.0**w, *[(5.0**w + 4**w + 3**w) / 3] * 3, *[(2.0**w + 1) / 2] * 2]) for w in (0.25, 1.25)}
    at = [1, 4]
    others = [0, 2, 3, 5]
    expected = power[1.25][at].sum() / power[0.25][at].sum() - n[others].mean()
    weights = np.isin(np.arange(6), at).astype(float)[:, None]
    got = methods.get("ssgsea")(TIED[None, :], sp.csr_array(weights))
    assert got[0, 0] == pytest.approx(expected, abs=1e-12)


def test_order_of_genes_that_tie_does_not_matter() -> None:
    table = pd.DataFrame(np.random.default_rng(1).poisson(1, (6, 50)), columns=[f"g{i}" for i in range(50)])
    sets = {"s": [f"g{i}" for i in range(0, 50, 6)]}
    turned = fs.tl.score_gene_sets(table.iloc[:, ::-1], sets, method="ssgsea")
    np.testing.assert_allclose(turned, fs.tl.score_gene_sets(table, sets, method="ssgsea"), atol=1e-10)


def test_a_set_of_all_genes_scores_against_nothing() -> None:
    got = methods.get("ssgsea")(np.arange(4.0)[None, :], sp.csr_array(np.ones((4, 1))), weight=1.0)
    assert got[0, 0] == pytest.approx((16 + 9 + 4 + 1) / 10)


def test_scores_without_ties_equal_those_of_gseapy() -> None:
    gseapy = pytest.importorskip("gseapy")
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.random((5, 80)), index=[f"c{i}" for i in range(5)], columns=[f"g{i}" for i in range(80)])
    sets = {f"s{n}": [f"g{i}" for i in rng.choice(80, n, replace=False)] for n in (3, 12, 40)}
    theirs = gseapy.ssgsea(
        data=table.T, gene_sets=sets, outdir=None, sample_norm_method="rank", correl_norm_type="rank", weight=0.25,
        min_size=1, max_size=1000, permutation_num=0, no_plot=True, threads=1,
    ).res2d.pivot_table(index="Name", columns="Term", values="ES", aggfunc="first").astype(float)  # fmt: skip
    ours = fs.tl.score_gene_sets(table, sets, method="ssgsea")
    np.testing.assert_allclose(ours[theirs.columns], theirs.loc[ours.index], rtol=1e-9)

"""AUCell against its definition, in every order that breaks the ties."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import fatescore as fs
from fatescore import methods
from fatescore.errors import InputError

rows = hnp.arrays(float, st.tuples(st.integers(1, 3), st.integers(3, 6)), elements=st.integers(0, 3).map(float))


def area(order: tuple[int, ...], genes: set[int], n_up: int) -> float:
    """Area under the recovery curve over the first n_up - 1 ranks, of the largest area possible."""
    found = [sum(gene in genes for gene in order[:x]) for x in range(1, n_up)]
    return sum(found) / sum(min(x, len(genes)) for x in range(1, n_up))


def expectation(row: np.ndarray, genes: set[int], n_up: int) -> float:
    orders = itertools.permutations(range(len(row)))
    allowed = [o for o in orders if all(row[a] >= row[b] for a, b in itertools.pairwise(o))]
    return float(np.mean([area(order, genes, n_up) for order in allowed]))


@settings(max_examples=60, deadline=None)
@given(rows, st.data())
def test_ties_are_the_exact_expectation_over_random_breaking(X: np.ndarray, data: st.DataObject) -> None:
    n_genes = X.shape[1]
    n_up = data.draw(st.integers(2, n_genes))
    up = data.draw(st.sets(st.integers(0, n_genes - 1), min_size=1))
    down = data.draw(st.sets(st.sampled_from(range(n_genes)))) - up
    w_neg = data.draw(st.sampled_from([0.0, 0.5, 1.0]))
    weights = np.zeros((n_genes, 1))
    weights[list(up)], weights[list(down)] = 1, -1
    expected = [expectation(row, up, n_up) - (w_neg * expectation(row, down, n_up) if down else 0.0) for row in X]
    for matrix in (X, sp.csr_matrix(X), np.log1p(X)):
        got = methods.get("aucell")(matrix, sp.csr_array(weights), n_up=n_up, w_neg=w_neg)
        np.testing.assert_allclose(got[:, 0], expected, atol=1e-12)


def test_a_set_at_the_top_scores_1_and_one_below_n_up_scores_0() -> None:
    table = pd.DataFrame([np.arange(100.0, 0, -1)], columns=[f"g{i}" for i in range(100)])
    sets = {"top": ["g0", "g1", "g2"], "below": ["g20", "g50"], "first": ["g0"], "last": ["g9"]}
    got = fs.tl.score_gene_sets(table, sets, method="aucell", n_up=10).iloc[0]
    assert got.to_dict() == pytest.approx({"top": 1.0, "below": 0.0, "first": 1.0, "last": 0.0}, abs=1e-12)


def test_five_percent_of_the_genes_are_looked_at() -> None:
    table = pd.DataFrame(np.random.default_rng(0).poisson(2, (5, 130)), columns=[f"g{i}" for i in range(130)])
    sets = {"s": ["g1", "g50", "g77"]}
    default = fs.tl.score_gene_sets(table, sets, method="aucell")
    assert default.equals(fs.tl.score_gene_sets(table, sets, method="aucell", n_up=7))
    assert not default.equals(fs.tl.score_gene_sets(table, sets, method="aucell", n_up=8))


@pytest.mark.parametrize("n_up", [-1, 0, 1, 11])
def test_n_up_must_leave_ranks_to_look_at(n_up: int) -> None:
    table = pd.DataFrame(np.eye(10), columns=[f"g{i}" for i in range(10)])
    with pytest.raises(InputError, match=f"n_up is {n_up}; expected 2 to 10"):
        fs.tl.score_gene_sets(table, {"s": ["g1"]}, method="aucell", n_up=n_up)

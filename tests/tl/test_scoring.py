"""Scores against random gene sets: the numbers of every null."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore import methods

N_GENES = 200
OTHERS = tuple(name for name in methods.names() if not methods.get(name).linear)


def same(got: object, expected: object) -> None:
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


def test_closed_form_agrees_with_drawing_at_random(
    counts: Callable, with_null: Callable, gene_sets: dict[str, Any], linear: str
) -> None:
    table = counts(8, 400, seed=3)
    sets = {name: gene_sets[name] for name in ("up", "signed", "weighted", "down")}
    exact = with_null(table, linear, "matched", sets)
    drawn = with_null(table, linear, "permutation", sets, n_permutations=4000)
    np.testing.assert_allclose(exact["score"], drawn["score"], atol=1e-12)
    np.testing.assert_allclose(exact["z"], drawn["z"], atol=0.1)
    np.testing.assert_allclose(exact["pval"], drawn["pval"], atol=0.1)
    assert abs(exact["pval"] - drawn["pval"]).mean(axis=None) < 0.03


@pytest.mark.parametrize("name", OTHERS)
def test_permutation_works_without_a_closed_form(counts: Callable, name: str) -> None:
    table = counts(30)
    raised = [f"g{i}" for i in range(0, 200, 25)]
    highest = sorted(table.loc["c0"])[-len(raised) :]
    table.loc["c0"] = 1.0
    table.loc["c0", raised] = highest
    result = fs.tl.score_gene_sets(table, {"raised": raised}, method=name, null="permutation", n_permutations=99)
    p = result["pval", "raised"]
    assert p["c0"] == pytest.approx(1 / 100)  # no draw reaches it, and 2 in 100 is the least below it
    assert result["z", "raised"]["c0"] > 4
    assert (p > 0.02).sum() >= 24
    assert p.between(0.01 - 1e-9, 1).all()


def by_enumeration(table: pd.DataFrame, method: str, genes: dict[str, float], stratum: np.ndarray) -> np.ndarray:
    """Two-sided p of every observation: the share of all sets that could have been drawn.

    It is the smaller tail doubled, but where even the last score on the other side is likelier that tail alone.
    """
    names = list(table.columns)
    pools = [[g for g, t in zip(names, stratum, strict=True) if t == stratum[names.index(gene)]] for gene in genes]
    draws = [draw for draw in itertools.product(*pools) if len(set(draw)) == len(draw)]
    sets = {str(i): dict(zip(draw, genes.values(), strict=True)) for i, draw in enumerate(draws)}
    sets["seen"] = genes
    if method == "ucell" and min(genes.values()) < 0:  # the score is cut at 0, its p value is not
        single = fs.tl.score_gene_sets(table, {gene: [gene] for gene in names}, method=method)
        scores = [sum(np.sign(weight) * single[gene] for gene, weight in one.items()) for one in sets.values()]
        drawn = np.column_stack(scores)
    else:
        drawn = fs.tl.score_gene_sets(table, sets, method=method).to_numpy()
    drawn, seen = drawn[:, :-1], drawn[:, [-1]]
    upper, lower = (drawn >= seen - 1e-9).mean(axis=1), (drawn <= seen + 1e-9).mean(axis=1)
    tail = np.minimum(upper, lower)
    last = np.where(upper < lower, drawn.min(axis=1), drawn.max(axis=1))[:, None]
    single = ((abs(drawn - last) < 1e-9).mean(axis=1) > tail + 1e-12) & (tail < 0.5)
    return np.where(single, tail, np.minimum(1, 2 * tail))


@pytest.mark.parametrize("kind", ["matched", "uniform"])
@pytest.mark.parametrize(
    "genes",
    [{"g5": 1.0}, {"g5": -1.0}, {"g5": 1.0, "g33": 1.0}, {"near": 1.0, "g5": 1.0}, {"g5": 2.0, "g33": -1.0},
     {"near": -3.0, "g5": 1.0}],
    ids=["one", "minus one", "two", "two of a stratum", "weighted", "weighted, of a stratum"],
)  # fmt: skip
def test_sets_of_one_or_two_genes_are_enumerated(
    counts: Callable, linear: str, genes: dict[str, float], kind: str
) -> None:
    table = counts(7, 40, seed=5)
    strata = np.zeros(40, dtype=int)
    if kind == "matched":
        strata = fs.tl.fit_null(table).strata(table.columns, np.arange(40))
    of_its_own = table.columns[(strata == strata[5]) & (table.columns != "g5")]
    genes = {of_its_own[1] if gene == "near" else gene: weight for gene, weight in genes.items()}
    got = fs.tl.score_gene_sets(table, {"set": genes}, method=linear, null=kind)
    expected = by_enumeration(table, linear, genes, strata)
    known = got["z", "set"].notna().to_numpy()
    assert known.sum() >= 5
    np.testing.assert_allclose(got["pval", "set"][known], expected[known], rtol=1e-6)


def test_uniform_null_is_that_of_any_genes(table: pd.DataFrame, linear: str) -> None:
    """Mean and variance over all genes: sampling without replacement from a finite population."""
    every = fs.tl.score_gene_sets(table, {gene: {gene: 1.0} for gene in table}, method=linear).to_numpy()
    ten = {"ten": [f"g{i}" for i in range(10)]}
    got = fs.tl.score_gene_sets(table, ten, method=linear, null="uniform")
    value = every - every.mean(axis=1, keepdims=True)
    sd = np.sqrt((value**2).sum(axis=1) / (N_GENES - 1) * (1 - 10 / N_GENES) / 10)
    np.testing.assert_allclose(got["z", "ten"], value[:, :10].mean(axis=1) / sd, rtol=1e-9)


@pytest.mark.parametrize("kind", ["matched", "uniform", "permutation"])
@pytest.mark.parametrize("n_genes", [30, 60])
def test_a_set_of_all_genes_cannot_be_drawn_otherwise_and_has_no_z_or_p(
    counts: Callable, with_null: Callable, linear: str, kind: str, n_genes: int
) -> None:
    table = counts(12, n_genes)
    how = {} if linear != "aucell" else {"n_up": 20}
    result = with_null(table, linear, kind, {"all": list(table.columns)}, **how)
    assert result["score"].notna().all(axis=None)
    assert result[["z", "pval"]].isna().all(axis=None)


def test_a_negative_set_mirrors_a_positive_one(
    with_null: Callable, gene_sets: dict[str, Any], table: pd.DataFrame
) -> None:
    sets = {"up": gene_sets["up"], "down": [f"{gene}-" for gene in gene_sets["up"]]}
    for method in ("rank_log", "aucell", "singscore"):
        result = with_null(table, method, "matched", sets)
        same(result["z", "down"], -result["z", "up"])
        same(result["pval", "down"], result["pval", "up"])


def test_alternatives_are_the_tails_of_one_deviate(
    with_null: Callable, table: pd.DataFrame, linear: str, null: Any
) -> None:
    tails = ("two-sided", "greater", "less")
    two, greater, less = (with_null(table, linear, null, alternative=tail)["pval"] for tail in tails)
    z = with_null(table, linear, null)["z"]
    known = z.notna().to_numpy()
    smaller = np.minimum(greater, less).to_numpy()[known]
    both = two.to_numpy()[known]
    # one alone where the other cannot be as small
    assert (np.isclose(both, np.minimum(2 * smaller, 1), atol=1e-12) | np.isclose(both, smaller, atol=1e-12)).all()
    assert ((greater + less).to_numpy()[known] >= 1 - 1e-12).all()
    clear = abs(z) > 1
    assert ((greater < less) == (z > 0)).to_numpy()[clear].all()


def test_the_matched_null_is_calibrated_where_the_uniform_one_is_not(
    counts: Callable, with_null: Callable, linear: str
) -> None:
    """Random sets of the genes that are expressed most."""
    table = counts(30, 600, seed=7)
    top = table.mean().sort_values().index[-120:]
    rng = np.random.default_rng(0)
    sets = {str(i): list(rng.choice(top, 15, replace=False)) for i in range(100)}
    p = {kind: with_null(table, linear, kind, sets)["pval"] for kind in ("matched", "uniform")}
    share = {kind: (values < 0.05).mean(axis=None) for kind, values in p.items()}
    assert 0.03 < share["matched"] < 0.07
    assert share["uniform"] > 0.4

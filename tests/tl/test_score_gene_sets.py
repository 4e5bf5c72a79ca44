"""Scores against random gene sets: z and p of every null, and what is kept of how they were made."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy import special

import fatescore as fs
from fatescore import methods
from fatescore.errors import InputError

N_OBS, N_GENES = 24, 200
LINEAR = tuple(name for name in methods.names() if methods.get(name).linear)
OTHERS = tuple(name for name in methods.names() if not methods.get(name).linear)
HOW = {"ucell": {"max_rank": 150}, "aucell": {"n_up": 100}}  # settings that use most ranks, so that few z are missing
SETS = {
    "up": [f"g{i}" for i in range(3, 160, 17)],
    "signed": [f"g{i}" for i in range(5, 190, 23)] + [f"g{i}-" for i in range(13, 190, 31)],
    "weighted": {f"g{i}": 1.0 + i % 3 for i in range(8, 200, 19)},
    "down": [f"g{i}-" for i in range(100, 110)],
    "two": ["g40", "g150"],
    "one": ["g77"],
}


def counts(n_obs: int = N_OBS, n_genes: int = N_GENES, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    level = rng.gamma(0.5, 4, n_genes) * rng.lognormal(0, 0.5, (n_obs, 1))
    names = [f"g{i}" for i in range(n_genes)]
    return pd.DataFrame(rng.poisson(level).astype(float), index=[f"c{i}" for i in range(n_obs)], columns=names)


@pytest.fixture
def table() -> pd.DataFrame:
    return counts()


@pytest.fixture(params=LINEAR)
def linear(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["matched", "uniform", "permutation", "fitted"])
def null(request: pytest.FixtureRequest) -> Any:
    return fs.tl.fit_null(counts(60, seed=1)) if request.param == "fitted" else request.param


def with_null(data: pd.DataFrame | ad.AnnData, method: str, null: Any, sets: Any = None, **how: Any) -> pd.DataFrame:
    """Score, z and p of an AnnData or a DataFrame, in one shape."""
    how = {"n_permutations": 20, **HOW.get(method, {}), **how}
    result = fs.tl.score_gene_sets(data, sets or SETS, method=method, null=null, **how)
    if result is None:
        result = pd.concat({what: data.obsm[f"{what}_{method}"] for what in ("score", "z", "pval")}, axis=1)
    return result


def same(got: object, expected: object) -> None:
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


# --- what does not matter, to 1e-12 -----------------------------------------------------------------


@functools.cache
def in_memory(method: str, null: str) -> pd.DataFrame:
    return with_null(counts(), method, null)


def test_storage_does_not_matter(stored: Callable, table: pd.DataFrame) -> None:
    data = stored(table)
    for method, null in itertools.product(LINEAR, ("matched", "permutation")):
        expected = in_memory(method, null)
        assert expected.notna().to_numpy().mean() > 0.8  # a single gene's stratum may be unseen in a cell
        same(with_null(data, method, null, chunk_size=7, n_jobs=2), expected)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("chunk_size", [1, 7, None])
def test_chunks_and_threads_do_not_matter(
    table: pd.DataFrame, linear: str, null: Any, chunk_size: int | None, n_jobs: int
) -> None:
    same(with_null(table, linear, null, chunk_size=chunk_size, n_jobs=n_jobs), with_null(table, linear, null))


def test_order_of_genes_and_other_sets_do_not_matter(table: pd.DataFrame, linear: str, null: Any) -> None:
    expected = with_null(table, linear, null)
    shuffled = table[np.random.default_rng(2).permutation(table.columns)]
    if null != "permutation":  # draws go by the places of genes
        same(with_null(shuffled, linear, null), expected)
    for name, genes in SETS.items():
        same(with_null(table, linear, null, {name: genes}), expected.loc[:, (slice(None), [name])])


@pytest.mark.parametrize(
    "transform",
    [np.log1p, lambda x: 3 * x, lambda x: x / 3, lambda x: (x / 3).astype(np.float32), lambda x: 100_000 * x],
    ids=["log1p", "times 3", "thirds", "float32 thirds", "large counts"],
)
def test_monotone_transforms_do_not_matter(table: pd.DataFrame, linear: str, null: Any, transform: Callable) -> None:
    same(with_null(transform(table), linear, null), with_null(table, linear, null))


@pytest.mark.parametrize("form", [sp.csr_matrix, np.asarray])
def test_values_below_zero_do_not_matter(linear: str, form: Callable) -> None:
    table = counts() + 1  # no zeros, which have a rule of their own in UCell
    down = ad.AnnData(form((table - 4).to_numpy()), var=pd.DataFrame(index=table.columns))
    same(with_null(down, linear, "matched"), with_null(table, linear, "matched"))


def test_a_frozen_null_gives_a_cell_the_same_whoever_is_beside_it(
    table: pd.DataFrame, linear: str, tmp_path: Path
) -> None:
    null = fs.tl.fit_null(table)
    expected = with_null(table, linear, "matched")
    same(with_null(table, linear, null), expected)
    same(with_null(table.iloc[[3, 11]], linear, null), expected.iloc[[3, 11]])
    fs.tl.write_null(null, tmp_path / "null.tsv")
    again = with_null(table.iloc[[3, 11]], linear, fs.tl.read_null(tmp_path / "null.tsv"))
    np.testing.assert_array_equal(again, expected.iloc[[3, 11]])


# --- the numbers ------------------------------------------------------------------------------------


def test_closed_form_agrees_with_drawing_at_random(linear: str) -> None:
    table = counts(8, 400, seed=3)
    sets = {name: SETS[name] for name in ("up", "signed", "weighted", "down")}
    exact = with_null(table, linear, "matched", sets)
    drawn = with_null(table, linear, "permutation", sets, n_permutations=4000)
    np.testing.assert_allclose(exact["score"], drawn["score"], atol=1e-12)
    np.testing.assert_allclose(exact["z"], drawn["z"], atol=0.1)
    np.testing.assert_allclose(exact["pval"], drawn["pval"], atol=0.1)
    assert abs(exact["pval"] - drawn["pval"]).mean(axis=None) < 0.03


@pytest.mark.parametrize("name", OTHERS)
def test_permutation_works_without_a_closed_form(name: str) -> None:
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
def test_sets_of_one_or_two_genes_are_enumerated(linear: str, genes: dict[str, float], kind: str) -> None:
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
def test_a_set_of_all_genes_cannot_be_drawn_otherwise_and_has_no_z_or_p(linear: str, kind: str, n_genes: int) -> None:
    table = counts(12, n_genes)
    how = {} if linear != "aucell" else {"n_up": 20}
    result = with_null(table, linear, kind, {"all": list(table.columns)}, **how)
    assert result["score"].notna().all(axis=None)
    assert result[["z", "pval"]].isna().all(axis=None)


def test_a_negative_set_mirrors_a_positive_one(table: pd.DataFrame) -> None:
    sets = {"up": SETS["up"], "down": [f"{gene}-" for gene in SETS["up"]]}
    for method in ("rank_log", "aucell", "singscore"):
        result = with_null(table, method, "matched", sets)
        same(result["z", "down"], -result["z", "up"])
        same(result["pval", "down"], result["pval", "up"])


def test_alternatives_are_the_tails_of_one_deviate(table: pd.DataFrame, linear: str, null: Any) -> None:
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


def test_the_matched_null_is_calibrated_where_the_uniform_one_is_not(linear: str) -> None:
    """Random sets of the genes that are expressed most."""
    table = counts(30, 600, seed=7)
    top = table.mean().sort_values().index[-120:]
    rng = np.random.default_rng(0)
    sets = {str(i): list(rng.choice(top, 15, replace=False)) for i in range(100)}
    p = {kind: with_null(table, linear, kind, sets)["pval"] for kind in ("matched", "uniform")}
    share = {kind: (values < 0.05).mean(axis=None) for kind, values in p.items()}
    assert 0.03 < share["matched"] < 0.07
    assert share["uniform"] > 0.4


# --- co-expression ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def coexpressed() -> ad.AnnData:
    """Two kinds of cells that differ in one set; the genes of another rise and fall together within each kind."""
    rng = np.random.default_rng(4)
    level = np.full((200, 150), 3.0) * np.linspace(0.5, 3, 150)
    level[100:, 40:50] *= 3  # differs between the kinds
    level[:, 70:80] *= rng.lognormal(0, 0.8, (200, 1))  # moves together
    names = [f"g{i}" for i in range(150)]
    obs = pd.DataFrame({"kind": np.repeat(["a", "b"], 100)}, index=[f"c{i}" for i in range(200)])
    return ad.AnnData(rng.poisson(level).astype(float), obs=obs, var=pd.DataFrame(index=names))


CELL_SETS = {
    "apart": [f"g{i}" for i in range(40, 50)],
    "together": [f"g{i}" for i in range(70, 80)],
    "plain": [f"g{i}" for i in range(5, 150, 15)],
}


def test_co_expression_is_measured_within_groups_and_taken_out_of_p(coexpressed: ad.AnnData, linear: str) -> None:
    adata = coexpressed.copy()
    plain = with_null(adata, linear, "matched", CELL_SETS)
    tail = with_null(adata, linear, "matched", CELL_SETS, alternative="greater")["pval"]
    assert "inflation" not in adata.uns["fatescore"][f"score_{linear}"]
    corrected = with_null(adata, linear, "matched", CELL_SETS, inflation_by="kind")
    factor = pd.Series(adata.uns["fatescore"][f"score_{linear}"]["inflation"])
    assert list(factor.index) == list(CELL_SETS)
    assert (factor >= 1).all()
    assert factor["together"] > 1.5
    assert factor["apart"] < 1.25
    assert factor["plain"] < 1.25
    within = plain["z", "together"].groupby(adata.obs["kind"]).transform(lambda z: z - z.mean())
    assert factor["together"] == pytest.approx(np.sqrt((within**2).sum() / 198), abs=1e-5)
    pd.testing.assert_frame_equal(corrected[["score", "z"]], plain[["score", "z"]])
    for name in CELL_SETS:
        smaller = special.ndtr(-abs(special.ndtri(tail[name])) / factor[name])
        high = plain["z", name] > 0
        p = corrected["pval", name]
        np.testing.assert_allclose(p[~high], 2 * smaller[~high], rtol=1e-4)
        # one tail alone where no gene seen at all is likelier than that
        assert (np.isclose(p[high], 2 * smaller[high], rtol=1e-4) | np.isclose(p[high], smaller[high], rtol=1e-4)).all()
    assert (corrected["pval"] >= plain["pval"] - 1e-12).all(axis=None)


def test_groups_are_needed_to_tell_a_difference_from_co_expression(coexpressed: ad.AnnData) -> None:
    adata = coexpressed.copy()
    fs.tl.score_gene_sets(adata, CELL_SETS, null="matched", inflation_by=["same"] * 200)
    assert adata.uns["fatescore"]["score_rank_log"]["inflation"]["apart"] > 1.5


def test_labels_may_be_given_and_missing_ones_are_not_used(coexpressed: ad.AnnData) -> None:
    adata = coexpressed.copy()
    found = []
    labels = np.where(np.arange(200) < 100, "a", None)
    for by in ("kind", coexpressed.obs["kind"].tolist(), labels):
        fs.tl.score_gene_sets(adata, CELL_SETS, null="matched", inflation_by=by)
        found.append(adata.uns["fatescore"]["score_rank_log"]["inflation"])
    assert found[0] == found[1] != found[2]
    z = adata.obsm["z_rank_log"].iloc[:100]
    assert found[2]["together"] == pytest.approx(z["together"].std(), abs=1e-5)


# --- seeds and records ------------------------------------------------------------------------------


def test_zero_is_a_seed_and_the_same_seed_gives_the_same_bytes(table: pd.DataFrame) -> None:
    adata = ad.AnnData(table)
    seeds = (0, 0, 1, np.random.default_rng(0))
    found = [with_null(adata, "ssgsea", "permutation", rng=seed).to_numpy().tobytes() for seed in seeds[:3]]
    assert found[0] == found[1] != found[2]
    assert adata.uns["fatescore"]["score_ssgsea"]["seed"] == 1
    with_null(adata, "ssgsea", "permutation")
    assert adata.uns["fatescore"]["score_ssgsea"]["seed"] == 0
    assert with_null(adata, "ssgsea", "permutation", rng=seeds[3]).to_numpy().tobytes() == found[0]
    assert "entropy=0" in adata.uns["fatescore"]["score_ssgsea"]["seed"]


def test_a_seed_of_numpy_is_a_seed(table: pd.DataFrame) -> None:
    adata = ad.AnnData(table)
    with_null(adata, "ssgsea", "permutation", rng=np.int64(3))
    assert adata.uns["fatescore"]["score_ssgsea"]["seed"] == 3


def test_no_random_number_is_drawn_where_none_is_needed(table: pd.DataFrame, linear: str) -> None:
    rng = np.random.default_rng(0)
    fs.tl.score_gene_sets(table, SETS, method=linear, null="matched", rng=rng)
    assert rng.random() == np.random.default_rng(0).random()


def test_results_and_what_made_them_are_kept(table: pd.DataFrame, tmp_path: Path) -> None:
    adata = ad.AnnData(table, layers={"counts": table.to_numpy()})
    fs.tl.score_gene_sets(adata, SETS, method="ucell", layer="counts", max_rank=150, null="uniform", alternative="less")
    fs.tl.score_gene_sets(adata, SETS, method="ssgsea", null="permutation", n_permutations=9, rng=5)
    fs.tl.score_gene_sets(adata, SETS, method="singscore", null=fs.tl.fit_null(adata), dispersion=True)
    assert set(adata.obsm) == {
        "score_ucell", "z_ucell", "pval_ucell", "score_ssgsea", "z_ssgsea", "pval_ssgsea",
        "score_singscore", "z_singscore", "pval_singscore", "dispersion_singscore",
    }  # fmt: skip
    for frame in adata.obsm.values():
        assert list(frame.columns) == list(SETS)
        assert list(frame.index) == list(adata.obs_names)
    adata.write_h5ad(tmp_path / "x.h5ad")
    notes = ad.read_h5ad(tmp_path / "x.h5ad").uns["fatescore"]
    assert notes["version"] == fs.__version__
    expected = {"layer": "counts", "missing": "skip", "max_rank": 150, "null": "uniform", "alternative": "less"}
    ucell = dict(notes["score_ucell"])
    assert len(ucell.pop("gene_sets")) > 8
    assert ucell == expected
    assert {"null": "permutation", "n_permutations": 9, "seed": 5}.items() <= notes["score_ssgsea"].items()
    assert notes["score_singscore"]["null"] == "fitted"
    assert "seed" not in notes["score_singscore"]


def test_the_record_tells_gene_sets_apart(table: pd.DataFrame) -> None:
    adata = ad.AnnData(table)
    digests = []
    for sets in (SETS, dict(SETS), {**SETS, "one": ["g78"]}):
        fs.tl.score_gene_sets(adata, sets)
        digests.append(adata.uns["fatescore"]["score_rank_log"]["gene_sets"])
    assert digests[0] == digests[1] != digests[2]


def test_a_data_frame_gets_one_table(table: pd.DataFrame) -> None:
    plain = fs.tl.score_gene_sets(table, SETS, method="singscore")
    assert list(plain.columns) == list(SETS)
    result = fs.tl.score_gene_sets(table, SETS, method="singscore", null="matched", dispersion=True)
    assert list(result.columns) == [(what, name) for what in ("score", "z", "pval", "dispersion") for name in SETS]
    pd.testing.assert_frame_equal(result["score"], plain)
    adata = ad.AnnData(table)
    fs.tl.score_gene_sets(adata, SETS, method="singscore", null="matched", dispersion=True)
    for what in ("score", "z", "pval", "dispersion"):
        pd.testing.assert_frame_equal(adata.obsm[f"{what}_singscore"], result[what])
    with pytest.raises(InputError, match='obs has no column "kind"'):
        fs.tl.score_gene_sets(table, SETS, null="matched", inflation_by="kind")
    with pytest.raises(InputError, match='layer "counts" was asked of a DataFrame'):
        fs.tl.score_gene_sets(table, SETS, layer="counts")


# --- the fitted null ---------------------------------------------------------------------------------


def test_a_level_is_the_mean_log2_rank() -> None:
    table = counts(9, 30).rank(axis=1, method="first")  # no ties
    null = fs.tl.fit_null(table)
    np.testing.assert_allclose(null.level, np.log2(30 / (31 - table)).mean(), atol=1e-8)
    assert list(null.level.index) == list(table.columns)
    assert (null.n_obs, null.n_strata) == (9, 100)


def test_a_sample_of_cells_is_spread_over_the_data_and_threads_do_not_matter(tmp_path: Path) -> None:
    table = counts(730, 60)
    ad.AnnData(sp.csr_matrix(table.to_numpy()), var=pd.DataFrame(index=table.columns)).write_h5ad(tmp_path / "x.h5ad")
    null = fs.tl.fit_null(table, max_obs=250)
    assert null.n_obs == 250
    starts = (0, 170, 340, 510, 680)
    spread = pd.concat([table.iloc[start : start + 50] for start in starts])
    pd.testing.assert_series_equal(null.level, fs.tl.fit_null(spread).level)
    for data in (table, ad.AnnData(table), ad.read_h5ad(tmp_path / "x.h5ad", backed="r")):
        again = fs.tl.fit_null(data, max_obs=250, n_jobs=2)
        pd.testing.assert_series_equal(again.level, null.level, check_exact=True)
    whole = fs.tl.fit_null(table, max_obs=None, n_jobs=2)
    assert whole.n_obs == 730
    pd.testing.assert_series_equal(whole.level, fs.tl.fit_null(table).level, check_exact=True)


def test_a_written_null_is_read_as_it_was(table: pd.DataFrame, tmp_path: Path) -> None:
    table = table.rename(columns={"g0": "NA", "g1": "nan", "g2": "007", "g3": "1e5", "g4": "SEPT2", "g5": "a b"})
    null = fs.tl.fit_null(table, n_strata=12)
    fs.tl.write_null(null, tmp_path / "null.tsv")
    again = fs.tl.read_null(tmp_path / "null.tsv")
    pd.testing.assert_series_equal(again.level, null.level, check_index_type=False)
    assert (again.n_obs, again.n_strata) == (null.n_obs, 12)
    used = np.arange(len(table.columns))
    np.testing.assert_array_equal(again.strata(table.columns, used), null.strata(table.columns, used))


def test_a_reference_must_have_the_genes_of_the_sets_but_no_others(table: pd.DataFrame) -> None:
    null = fs.tl.fit_null(table.drop(columns=["g40", "g0"]))
    with pytest.raises(InputError, match=r"fitted without 1 genes of the gene sets \(g40\)"):
        fs.tl.score_gene_sets(table, SETS, null=null)
    result = fs.tl.score_gene_sets(table, {"up": SETS["up"]}, null=null)
    assert result.notna().all(axis=None)
    reference = fs.tl.fit_null(table.assign(more=1.0))
    assert fs.tl.score_gene_sets(table, {"up": SETS["up"]}, null=reference).notna().all(axis=None)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda t: fs.tl.fit_null(t.iloc[:2]), "cannot be fitted on 2 observations; expected at least 3"),
        (lambda t: fs.tl.score_gene_sets(t.iloc[:2], SETS, null="matched"), "cannot be fitted on 2 observations"),
        (lambda t: fs.tl.fit_null(t, n_strata=0), "n_strata is 0"),
        (lambda t: fs.tl.fit_null(t, max_obs=2), "max_obs is 2"),
        (lambda t: fs.tl.fit_null(t, n_jobs=0), "n_jobs is 0"),
        (lambda t: fs.tl.fit_null(t, layer="x"), 'layer "x"'),
        (lambda t: fs.tl.fit_null(t.replace(0.0, np.nan)), "missing or infinite"),
        (lambda t: fs.tl.read_null("no/such/file.tsv"), "no/such/file.tsv is not a fitted null"),
    ],
)
def test_mistakes_are_named(table: pd.DataFrame, given: Callable, message: str) -> None:
    with pytest.raises(InputError, match=message):
        given(table)


def test_a_file_that_is_not_a_null_is_named(tmp_path: Path) -> None:
    for text in ("", "gene\tlevel\ng1\t1.0\n", "# fatescore null n_obs=3 n_strata=4\ngene\tlevel\ng1\thigh\n"):
        (tmp_path / "x.tsv").write_text(text)
        with pytest.raises(InputError, match="is not a fitted null"):
            fs.tl.read_null(tmp_path / "x.tsv")

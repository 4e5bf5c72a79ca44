"""What does not matter to scores, z and p, and what is kept of how they were made."""

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

import fatescore as fs
from fatescore import methods
from fatescore.errors import InputError

LINEAR = tuple(name for name in methods.names() if methods.get(name).linear)


def same(got: object, expected: object) -> None:
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


@pytest.fixture(scope="module")
def in_memory(counts: Callable, with_null: Callable) -> Callable[[str, str], pd.DataFrame]:
    return functools.cache(lambda method, null: with_null(counts(), method, null))


def test_storage_does_not_matter(
    with_null: Callable, stored: Callable, in_memory: Callable, table: pd.DataFrame
) -> None:
    data = stored(table)
    for method, null in itertools.product(LINEAR, ("matched", "permutation")):
        expected = in_memory(method, null)
        assert expected.notna().to_numpy().mean() > 0.8  # a single gene's stratum may be unseen in a cell
        same(with_null(data, method, null, chunk_size=7, n_jobs=2), expected)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("chunk_size", [1, 7, None])
def test_chunks_and_threads_do_not_matter(
    with_null: Callable, table: pd.DataFrame, linear: str, null: Any, chunk_size: int | None, n_jobs: int
) -> None:
    same(with_null(table, linear, null, chunk_size=chunk_size, n_jobs=n_jobs), with_null(table, linear, null))


def test_order_of_genes_and_other_sets_do_not_matter(
    with_null: Callable, gene_sets: dict[str, Any], table: pd.DataFrame, linear: str, null: Any
) -> None:
    expected = with_null(table, linear, null)
    shuffled = table[np.random.default_rng(2).permutation(table.columns)]
    if null != "permutation":  # draws go by the places of genes
        same(with_null(shuffled, linear, null), expected)
    for name, genes in gene_sets.items():
        same(with_null(table, linear, null, {name: genes}), expected.loc[:, (slice(None), [name])])


@pytest.mark.parametrize(
    "transform",
    [np.log1p, lambda x: 3 * x, lambda x: x / 3, lambda x: (x / 3).astype(np.float32), lambda x: 100_000 * x],
    ids=["log1p", "times 3", "thirds", "float32 thirds", "large counts"],
)
def test_monotone_transforms_do_not_matter(
    with_null: Callable, table: pd.DataFrame, linear: str, null: Any, transform: Callable
) -> None:
    same(with_null(transform(table), linear, null), with_null(table, linear, null))


@pytest.mark.parametrize("form", [sp.csr_matrix, np.asarray])
def test_values_below_zero_do_not_matter(counts: Callable, with_null: Callable, linear: str, form: Callable) -> None:
    table = counts() + 1  # no zeros, which have a rule of their own in UCell
    down = ad.AnnData(form((table - 4).to_numpy()), var=pd.DataFrame(index=table.columns))
    same(with_null(down, linear, "matched"), with_null(table, linear, "matched"))


def test_a_frozen_null_gives_a_cell_the_same_whoever_is_beside_it(
    with_null: Callable, table: pd.DataFrame, linear: str, tmp_path: Path
) -> None:
    null = fs.tl.fit_null(table)
    expected = with_null(table, linear, "matched")
    same(with_null(table, linear, null), expected)
    same(with_null(table.iloc[[3, 11]], linear, null), expected.iloc[[3, 11]])
    fs.tl.write_null(null, tmp_path / "null.tsv")
    again = with_null(table.iloc[[3, 11]], linear, fs.tl.read_null(tmp_path / "null.tsv"))
    np.testing.assert_array_equal(again, expected.iloc[[3, 11]])


# --- seeds and records ------------------------------------------------------------------------------


def test_zero_is_a_seed_and_the_same_seed_gives_the_same_bytes(with_null: Callable, table: pd.DataFrame) -> None:
    adata = ad.AnnData(table)
    seeds = (0, 0, 1, np.random.default_rng(0))
    found = [with_null(adata, "ssgsea", "permutation", rng=seed).to_numpy().tobytes() for seed in seeds[:3]]
    assert found[0] == found[1] != found[2]
    assert adata.uns["fatescore"]["score_ssgsea"]["seed"] == 1
    with_null(adata, "ssgsea", "permutation")
    assert adata.uns["fatescore"]["score_ssgsea"]["seed"] == 0
    assert with_null(adata, "ssgsea", "permutation", rng=seeds[3]).to_numpy().tobytes() == found[0]
    assert "entropy=0" in adata.uns["fatescore"]["score_ssgsea"]["seed"]


def test_a_seed_of_numpy_is_a_seed(with_null: Callable, table: pd.DataFrame) -> None:
    adata = ad.AnnData(table)
    with_null(adata, "ssgsea", "permutation", rng=np.int64(3))
    assert adata.uns["fatescore"]["score_ssgsea"]["seed"] == 3


def test_no_random_number_is_drawn_where_none_is_needed(
    gene_sets: dict[str, Any], table: pd.DataFrame, linear: str
) -> None:
    rng = np.random.default_rng(0)
    fs.tl.score_gene_sets(table, gene_sets, method=linear, null="matched", rng=rng)
    assert rng.random() == np.random.default_rng(0).random()


def test_results_and_what_made_them_are_kept(gene_sets: dict[str, Any], table: pd.DataFrame, tmp_path: Path) -> None:
    adata = ad.AnnData(table, layers={"counts": table.to_numpy()})
    fs.tl.score_gene_sets(
        adata, gene_sets, method="ucell", layer="counts", max_rank=150, null="uniform", alternative="less"
    )
    fs.tl.score_gene_sets(adata, gene_sets, method="ssgsea", null="permutation", n_permutations=9, rng=5)
    fs.tl.score_gene_sets(adata, gene_sets, method="singscore", null=fs.tl.fit_null(adata), dispersion=True)
    assert set(adata.obsm) == {
        "score_ucell", "z_ucell", "pval_ucell", "score_ssgsea", "z_ssgsea", "pval_ssgsea",
        "score_singscore", "z_singscore", "pval_singscore", "dispersion_singscore",
    }  # fmt: skip
    for frame in adata.obsm.values():
        assert list(frame.columns) == list(gene_sets)
        assert list(frame.index) == list(adata.obs_names)
    adata.write_h5ad(tmp_path / "x.h5ad")
    notes = ad.read_h5ad(tmp_path / "x.h5ad").uns["fatescore"]
    assert notes["version"] == fs.__version__
    expected = {"layer": "counts", "missing": "skip", "max_rank": 150, "null": "uniform", "alternative": "less"}
    ucell = dict(notes["score_ucell"])
    assert len(ucell.pop("gene_sets")) > 8
    assert ucell.pop("coverage")["found"].tolist() == [len(genes) for genes in gene_sets.values()]
    assert ucell == expected
    assert {"null": "permutation", "n_permutations": 9, "seed": 5}.items() <= notes["score_ssgsea"].items()
    assert notes["score_singscore"]["null"] == "fitted"
    assert "seed" not in notes["score_singscore"]


def test_the_record_tells_gene_sets_apart(gene_sets: dict[str, Any], table: pd.DataFrame) -> None:
    adata = ad.AnnData(table)
    digests = []
    for sets in (gene_sets, dict(gene_sets), {**gene_sets, "one": ["g78"]}):
        fs.tl.score_gene_sets(adata, sets)
        digests.append(adata.uns["fatescore"]["score_rank_log"]["gene_sets"])
    assert digests[0] == digests[1] != digests[2]


def test_a_data_frame_gets_one_table(gene_sets: dict[str, Any], table: pd.DataFrame) -> None:
    plain = fs.tl.score_gene_sets(table, gene_sets, method="singscore")
    assert list(plain.columns) == list(gene_sets)
    result = fs.tl.score_gene_sets(table, gene_sets, method="singscore", null="matched", dispersion=True)
    assert list(result.columns) == [(what, name) for what in ("score", "z", "pval", "dispersion") for name in gene_sets]
    pd.testing.assert_frame_equal(result["score"], plain)
    adata = ad.AnnData(table)
    fs.tl.score_gene_sets(adata, gene_sets, method="singscore", null="matched", dispersion=True)
    for what in ("score", "z", "pval", "dispersion"):
        pd.testing.assert_frame_equal(adata.obsm[f"{what}_singscore"], result[what])
    with pytest.raises(InputError, match='obs has no column "kind"'):
        fs.tl.score_gene_sets(table, gene_sets, null="matched", inflation_by="kind")
    with pytest.raises(InputError, match='layer "counts" was asked of a DataFrame'):
        fs.tl.score_gene_sets(table, gene_sets, layer="counts")

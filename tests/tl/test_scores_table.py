"""The score tables of a data set."""

from __future__ import annotations

import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.stats import spearmanr

import fatescore as fs
from fatescore._h5ad_rows import open_rows
from fatescore.errors import InputError, NotScorable
from fatescore.tl.export import add_scores


@pytest.fixture
def samples() -> ad.AnnData:
    return fs.simulate.bulk(n_donors=6, n_genes=400, seed=0)


def test_one_row_per_observation_with_index_and_sets(samples: ad.AnnData) -> None:
    table = fs.tl.observation_scores(samples, organism="human")
    assert list(table["obs_name"]) == list(samples.obs_names)
    assert "set:hedgehog" in table
    assert "set:osteogenic" not in table  # an arm is a column of the index already
    assert "fate_bias" not in samples.obs


def test_contributions_sum_to_the_samples_index(samples: ad.AnnData) -> None:
    scored = fs.tl.sample_scores(samples, organism="human", unit="sample")
    parts = scored.contributions.drop(columns=["dataset", "sample", "donor", "condition"])
    np.testing.assert_allclose(parts.sum(axis=1), scored.scores["fate_bias"], atol=1e-12)


def test_genes_that_no_observation_shows_were_not_measured(samples: ad.AnnData) -> None:
    keep = sp.diags((~samples.var_names.isin(["SP7", "IBSP", "BGLAP"])).astype(float))
    samples.X = sp.csr_matrix(samples.X @ keep)
    with pytest.raises(NotScorable, match="3 of 6 genes measured, 4 needed; missing SP7, IBSP, BGLAP") as caught:
        fs.tl.observation_scores(samples, organism="human")
    assert caught.value.reason == (
        "index_not_detected;arm_too_small:arm=osteogenic,measured=3,size=6,needed=4,missing=SP7|IBSP|BGLAP"
    )


def test_coverage_names_what_is_missing(samples: ad.AnnData) -> None:
    some = samples[:, samples.var_names != "GLI1"].copy()
    some.var["mapped_by"] = ["alias" if gene == "SHH" else "approved" for gene in some.var_names]
    table = fs.tl.set_coverage(some, organism="human", dataset="D").set_index("gene_set")
    assert table.loc["hedgehog", "missing_genes"] == "GLI1"
    assert table.loc["hedgehog", "by_alias"] == 1
    assert table.loc["notch", "missing"] == 0


def test_coverage_of_the_index_that_gives_the_answer_comes_first(samples: ad.AnnData) -> None:
    some = samples[:, ~samples.var_names.isin(["FABP4", "SPARC"])].copy()
    index = fs.gene_sets.load_index("extended", organism="human")
    table = fs.tl.set_coverage(some, organism="human", index=index)
    assert table["gene_set"].tolist()[:2] == ["index_osteogenic", "index_adipogenic"]
    weights = fs.gene_sets.index_weights(index, list(some.var_names))["fate_bias"]
    assert table["found"].tolist()[:2] == [(weights > 0).sum(), (weights < 0).sum()]
    assert table["missing_genes"].tolist()[:2] == ["SPARC", "FABP4"]


def test_samples_of_cells_have_the_correlation_of_index_and_depth() -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=30, n_genes=400, seed=0)
    cells.obs["total_counts"] = np.asarray(cells.layers["counts"].sum(axis=1)).ravel()
    table = fs.tl.observation_scores(cells, organism="human")
    sums = fs.pp.pseudobulk(cells)
    scored = fs.tl.sample_scores(sums, organism="human", unit="pseudobulk", cells=cells, cell_scores=table)
    expected = fs.tl.depth_correlation(table)["rho_depth"]
    assert scored.scores.set_index("sample")["rho_depth"].to_dict() == expected.to_dict()
    assert expected.notna().all()


def test_cells_on_disk_give_the_same(tmp_path: Path) -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=30, n_genes=400, seed=0)
    cells.write_h5ad(tmp_path / "cells.h5ad")
    stored = open_rows(tmp_path / "cells.h5ad")
    pd.testing.assert_frame_equal(
        fs.tl.observation_scores(stored, organism="human"), fs.tl.observation_scores(cells, organism="human")
    )
    samples = fs.pp.pseudobulk(cells)
    tables = [
        fs.tl.sample_scores(samples, organism="human", unit="pseudobulk", cells=source) for source in (cells, stored)
    ]
    pd.testing.assert_frame_equal(tables[0].scores, tables[1].scores)


def cells(n: int, slope: float, name: str, seed: int, cell_type: str = "stromal", level: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    depth = rng.lognormal(8, 0.5, n)
    index = level + slope * np.log(depth) + rng.normal(size=n)
    return pd.DataFrame({"sample": name, "cell_type": cell_type, "fate_bias": index, "total_counts": depth.round(-2)})


def test_one_type_is_spearman_by_scipy() -> None:
    one, two = cells(60, 0.0, "a", 1), cells(40, 2.0, "b", 2)
    found = fs.tl.depth_correlation(pd.concat([one, two]))
    for name, own in (("a", one), ("b", two)):
        assert found.loc[name, "rho_depth"] == pytest.approx(
            spearmanr(own["fate_bias"], own["total_counts"]).statistic, abs=1e-12
        )
    assert found["n_cells"].tolist() == [60, 40]


def test_a_difference_of_types_does_not_count() -> None:
    """A deep type with a high index makes a correlation over all cells, none within the types."""
    shallow, deep = cells(200, 0.0, "a", 1, "stromal", 0.0), cells(200, 0.0, "a", 2, "unknown", 8.0)
    deep["total_counts"] *= 20
    both = pd.concat([shallow, deep])
    assert spearmanr(both["fate_bias"], both["total_counts"]).statistic > 0.6
    assert abs(fs.tl.depth_correlation(both).loc["a", "rho_depth"]) < 0.15


def test_too_few_flat_and_missing_have_no_correlation() -> None:
    few, flat, gaps = cells(9, 1.0, "few", 1), cells(20, 1.0, "flat", 2), cells(20, 3.0, "gaps", 3)
    flat["fate_bias"] = 1.0
    gaps.loc[:4, "fate_bias"] = np.nan
    found = fs.tl.depth_correlation(pd.concat([few, flat, gaps]))
    assert found["rho_depth"].isna().tolist() == [True, True, False]
    assert found.loc["gaps", "n_cells"] == 15


def test_several_columns_and_a_wrong_one() -> None:
    table = cells(20, 1.0, "a", 1).assign(donor="D")
    assert fs.tl.depth_correlation(table, by=["donor", "sample"]).index.names == ["donor", "sample"]
    with pytest.raises(InputError, match='no column "total_count"'):
        fs.tl.depth_correlation(table, depth="total_count")


# --- own sets beside the review's -----------------------------------------------------------------------


def test_own_sets_are_scored_beside_the_review(samples: ad.AnnData) -> None:
    own = {"GO:1/bone": ["CBFA1", "SP7"], "absent": ["nobody"]}
    plain = fs.tl.observation_scores(samples, organism="human")
    table = fs.tl.observation_scores(samples, organism="human", own_sets=own)
    assert [name for name in table if name not in plain] == ["set:GO:1/bone"]
    pd.testing.assert_frame_equal(table[list(plain)], plain)
    expected = fs.tl.score_gene_sets(samples.to_df(), {"s": ["RUNX2", "SP7"]})["s"]
    np.testing.assert_allclose(table["set:GO:1/bone"], expected, atol=1e-12)
    by_sample = fs.tl.sample_scores(samples, organism="human", unit="sample", own_sets=own).scores
    np.testing.assert_allclose(by_sample["set:GO:1/bone"], expected, atol=1e-12)
    coverage = fs.tl.set_coverage(samples, organism="human", own_sets=own).set_index("gene_set")
    assert coverage.loc["GO:1/bone", ["size", "found", "by_alias", "missing"]].tolist() == [2, 2, 1, 0]
    assert coverage.loc["absent", ["found", "scorable"]].tolist() == [0, False]
    assert list(coverage.index[:-2]) == fs.tl.set_coverage(samples, organism="human")["gene_set"].tolist()
    for scored in (fs.tl.observation_scores, fs.tl.set_coverage):
        with pytest.raises(InputError, match='"nfkb" is called as one of fatescore is'):
            scored(samples, organism="human", own_sets={"nfkb": ["RUNX2"]})


@pytest.mark.parametrize("kind", ["h5ad", "zarr"])
def test_columns_of_own_sets_are_written_to_files(samples: ad.AnnData, tmp_path: Path, kind: str) -> None:
    scores = fs.tl.observation_scores(samples, organism="human", own_sets={"GO:1/bone": ["RUNX2", "SP7"]})
    add_scores(samples, scores)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Writing zarr v2")
        getattr(samples, f"write_{kind}")(tmp_path / f"x.{kind}")
        back = (ad.read_h5ad if kind == "h5ad" else ad.read_zarr)(tmp_path / f"x.{kind}")
    np.testing.assert_array_equal(back.obs["set:GO:1|bone"], scores["set:GO:1/bone"])

"""Which genes of the sets the data hold: found, told, recorded, and read back."""

from __future__ import annotations

import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore.errors import FatescoreWarning, InputError


@pytest.fixture
def samples() -> pd.DataFrame:
    return fs.simulate.bulk(n_donors=6, n_genes=400, seed=3).to_df()


@pytest.mark.parametrize("as_anndata", [True, False])
def test_found_and_missing_are_kept_per_set(samples: pd.DataFrame, tmp_path: Path, as_anndata: bool) -> None:
    sets = {"half": ["SP7", "no1"], "a/b": [" RUNX2", "SP7", None]}
    if as_anndata:
        adata = ad.AnnData(samples)
        fs.tl.score_gene_sets(adata, sets, null="matched", inflation_by=["x", "y"] * 3)
        adata.write_h5ad(tmp_path / "x.h5ad")
        record = ad.read_h5ad(tmp_path / "x.h5ad").uns["fatescore"]["score_rank_log"]
    else:
        record = fs.tl.score_gene_sets(samples, sets, null="matched").attrs["fatescore"]
        record = record | {"coverage": pd.DataFrame(record["coverage"])}
    table = record["coverage"].set_index("gene_set")
    assert table.loc["half", ["size", "found", "missing", "missing_genes"]].tolist() == [2, 1, 1, "no1"]
    assert table.loc["a/b", ["size", "found", "missing", "missing_genes"]].tolist() == [2, 2, 0, ""]


def test_tables_of_scores_can_be_joined(samples: pd.DataFrame) -> None:
    one, two = (fs.tl.score_gene_sets(samples, {name: ["SP7", "RUNX2"]}) for name in "ab")
    joined = pd.concat([one, two], axis=1)  # compares what the tables record
    assert list(joined) == ["a", "b"]
    joined = pd.concat([one, one])
    assert joined.attrs["fatescore"]["coverage"]["found"] == [2]


def test_a_set_of_which_less_than_half_is_there_is_warned_of(samples: pd.DataFrame) -> None:
    sets = {"poor": ["SP7", "no1", "no2"], "half": ["SP7", "no1"], "none": ["no1"], "whole": ["SP7"]}
    with pytest.warns(FatescoreWarning) as caught:
        scores = fs.tl.score_gene_sets(samples, sets)
    assert [str(one.message) for one in caught] == [
        "fewer than half of the genes are in the data of poor (1 of 3), none (0 of 1); organism= also finds former "
        "symbols and Ensembl ids"
    ]
    assert caught[0].filename == __file__  # the line that called
    assert scores["none"].isna().all()
    pd.testing.assert_series_equal(scores["poor"], scores["whole"], check_names=False)


def test_genes_are_found_by_their_current_symbol(samples: pd.DataFrame, caplog: pytest.LogCaptureFixture) -> None:
    right = fs.tl.score_gene_sets(samples, {"s": {"RUNX2": 1.0, "SP7": -2.0}})
    with caplog.at_level("INFO"):
        old = fs.tl.score_gene_sets(samples, {"s": {"CBFA1": 1.0, "ENSG00000170374": -2.0}}, organism="human")
    assert "2 genes of the sets have another name in the data: CBFA1 (RUNX2), ENSG00000170374 (SP7)" in caplog.text
    np.testing.assert_array_equal(old, right)
    assert old.attrs["fatescore"]["coverage"]["by_alias"] == [2]
    renamed = samples.rename(columns={"RUNX2": "CBFA1", "SP7": "ENSG00000170374.9"})
    np.testing.assert_array_equal(
        fs.tl.score_gene_sets(renamed, {"s": {"RUNX2": 1.0, "SP7": -2.0}}, organism="human"), right
    )
    mouse = samples.rename(columns=str.capitalize)
    with pytest.raises(InputError, match=r'give organism= \("human", "mouse"\), which also finds former symbols'):
        fs.tl.score_gene_sets(mouse, {"s": ["RUNX2"]})
    np.testing.assert_array_equal(
        fs.tl.score_gene_sets(mouse, {"s": {"RUNX2": 1.0, "SP7": -2.0}}, organism="mouse"), right
    )


def test_a_name_that_may_be_several_genes_is_left_out_with_a_word(samples: pd.DataFrame) -> None:
    with pytest.warns(FatescoreWarning, match="as they may be several genes of the data: OCN"):
        scores = fs.tl.score_gene_sets(samples, {"s": ["SP7", "OCN"]}, organism="human")
    np.testing.assert_array_equal(scores["s"], fs.tl.score_gene_sets(samples, {"s": ["SP7"]})["s"])


def test_missing_genes_are_imputed_by_their_sign(samples: pd.DataFrame) -> None:
    present = {"up": ["SP7", "absent"], "down": ["RUNX2", "absent-"]}
    whole = samples.assign(absent=0.0)
    scores = fs.tl.score_gene_sets(samples, present, method="ucell", missing="impute", max_rank=390)
    measured = fs.tl.score_gene_sets(whole, present, method="ucell", max_rank=390)
    assert (scores["up"] > 0).any()
    np.testing.assert_allclose(scores, measured, atol=1e-12)


@pytest.mark.parametrize("kind", ["h5ad", "zarr"])
def test_a_slash_in_a_name_is_written_and_read_the_same(samples: pd.DataFrame, tmp_path: Path, kind: str) -> None:
    name = "GO:0001503/ossification"
    adata = ad.AnnData(samples)
    fs.tl.score_gene_sets(adata, {name: ["RUNX2", "SP7", "IBSP"]}, null="matched", inflation_by=["x", "y"] * 3)
    path = tmp_path / f"x.{kind}"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Writing zarr v2")
        getattr(adata, f"write_{kind}")(path)
        back = (ad.read_h5ad if kind == "h5ad" else ad.read_zarr)(path)
    record = back.uns["fatescore"]["score_rank_log"]
    assert dict(record["inflation"]) == adata.uns["fatescore"]["score_rank_log"]["inflation"]
    assert record["coverage"]["gene_set"].tolist() == [name]
    for key in ("score_rank_log", "z_rank_log", "pval_rank_log"):
        pd.testing.assert_frame_equal(back.obsm[key], adata.obsm[key])
    assert list(back.obsm["score_rank_log"]) == list(record["inflation"]) == ["GO:0001503|ossification"]
    assert list(fs.tl.score_gene_sets(samples, {name: ["RUNX2"]})) == [name]  # a table is no file
    with pytest.raises(InputError, match=r'"a/b" and "a\|b" cannot be told apart.*rename one'):
        fs.tl.score_gene_sets(adata, {"a/b": ["RUNX2"], "a|b": ["SP7"]})


def test_every_form_of_sets_gives_the_same_scores(samples: pd.DataFrame, tmp_path: Path) -> None:
    right = fs.tl.score_gene_sets(samples, {"s": {"RUNX2": 1.0, "PPARG": -1.0}})
    (tmp_path / "s.gmt").write_text("s\t\tRUNX2\tPPARG-\n")
    net = pd.DataFrame({"source": "s", "target": ["RUNX2", "PPARG"], "weight": [1, -1]})
    for sets in (net, {"s": pd.Index(["RUNX2", "PPARG-"])}, str(tmp_path / "s.gmt"), tmp_path / "s.gmt"):
        pd.testing.assert_frame_equal(fs.tl.score_gene_sets(samples, sets), right)

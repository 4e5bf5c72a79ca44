"""The index of samples under every method, definition and unit."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore.errors import InputError
from fatescore.tables import METHOD_SCORES, parse_notes
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode


@pytest.fixture(scope="module")
def samples() -> ad.AnnData:
    return fs.simulate.bulk(n_donors=6, n_genes=500, seed=0)


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    return fs.simulate.single_cell(n_donors=4, cells_per_donor=20, n_genes=400, seed=0)


@pytest.fixture(scope="module")
def table(samples: ad.AnnData) -> pd.DataFrame:
    return fs.tl.specification_scores(samples, organism="human", counts=True)


def one(table: pd.DataFrame, method: str, index: str, unit: str = "sample") -> pd.DataFrame:
    chosen = (table[["method", "index", "unit"]] == [method, index, unit]).all(axis=1)
    return table[chosen].reset_index(drop=True)


def test_every_combination_and_sample_has_a_row(samples: ad.AnnData, table: pd.DataFrame) -> None:
    assert list(table.columns) == METHOD_SCORES.names
    combinations = {(m, i) for m in fs.methods.names() for i in fs.gene_sets.index_names()}
    assert set(table[["method", "index"]].itertuples(index=False, name=None)) == combinations
    assert (
        table.groupby(["method", "index", "unit"])["sample"].agg(list).map(tuple) == tuple(samples.obs["sample"])
    ).all()
    assert table["fate_bias"].notna().all()
    assert (table["reason"] == "").all()
    assert table["method"].iloc[0] == "rank_log"


@pytest.mark.parametrize("index", fs.gene_sets.index_names())
def test_the_default_method_gives_the_index_itself(samples: ad.AnnData, table: pd.DataFrame, index: str) -> None:
    expected = fs.tl.sample_scores(samples, organism="human", unit="sample", index=index).scores
    found = one(table, "rank_log", index)
    np.testing.assert_allclose(found["fate_bias"], expected["fate_bias"], atol=1e-10)
    pd.testing.assert_frame_equal(found[list(col.IDENTITY)], expected[list(col.IDENTITY)].astype(str))


def core_arms(samples: ad.AnnData) -> tuple[list[str], list[str]]:
    index = fs.gene_sets.load_index("core", organism="human")
    bone, fat = (list(index.units(arm)["symbol"]) for arm in ("osteogenic", "adipogenic"))
    assert set(bone + fat) <= set(samples.var_names)
    return bone, fat


def test_core_is_bone_less_fat_by_pyucell(samples: ad.AnnData, table: pd.DataFrame) -> None:
    """The peer scores each arm; the core index is their difference."""
    import pyucell

    bone, fat = core_arms(samples)
    peer = samples.copy()
    pyucell.compute_ucell_scores(peer, {"bone": bone, "fat": fat}, max_rank=min(1500, peer.n_vars))
    expected = peer.obs["bone_UCell"] - peer.obs["fat_UCell"]
    found = one(table, "ucell", "core")["fate_bias"]
    assert np.corrcoef(found, expected)[0, 1] == pytest.approx(1.0, abs=1e-6)


def test_expression_methods_see_logarithms_of_counts_per_million(samples: ad.AnnData, table: pd.DataFrame) -> None:
    X = samples.to_df().astype(float)
    log = np.log2(1 + 1e6 * X.div(X.sum(axis=1), axis=0))
    z = (log - log.mean()) / log.std(ddof=1)
    bone, fat = core_arms(samples)
    weights = np.sqrt(1 / len(bone) + 1 / len(fat))
    expected = (z[bone].mean(axis=1) - z[fat].mean(axis=1)) / weights
    np.testing.assert_allclose(one(table, "zscore", "core")["fate_bias"], expected, atol=1e-8)
    means = fs.tl.index_scores(ad.AnnData(log, obs=samples.obs), method="score_genes", index="core")
    np.testing.assert_allclose(one(table, "score_genes", "core")["fate_bias"], means, atol=1e-8)  # in log2


def test_logarithms_stay_as_they_are(samples: ad.AnnData) -> None:
    log = ad.AnnData(samples.to_df().map(lambda value: np.log2(1 + value)), obs=samples.obs)
    found = fs.tl.specification_scores(log, organism="human")
    direct = fs.tl.index_scores(log, method="score_genes", index="extended")
    np.testing.assert_array_equal(one(found, "score_genes", "extended")["fate_bias"], direct)
    assert "fate_bias" not in log.obs
    assert not log.obsm


def test_regulators_enter_the_review_index_of_every_method(samples: ad.AnnData) -> None:
    """Raise the genes of one axis in one sample: its index moves by the axis's sign, whatever the method."""
    review = fs.gene_sets.load_index("review", organism="human")
    part, coefficient = next((p, c) for p, c in review.measures["fate_bias"].items() if p in review.groups)
    rows = review.units(part)
    changed = samples.to_df().astype(float)
    raised = [gene for gene in rows.loc[rows["sign"] > 0, "symbol"] if gene in changed]
    changed.loc[changed.index[0], raised] += 5 * changed.iloc[0].max()
    pair = [ad.AnnData(X, obs=samples.obs) for X in (samples.to_df().astype(float), changed)]
    before, after = (fs.tl.specification_scores(data, organism="human", counts=True) for data in pair)
    for method in fs.methods.names():
        moved = one(after, method, "review")["fate_bias"][0] - one(before, method, "review")["fate_bias"][0]
        assert moved * coefficient > 0, method


@pytest.mark.parametrize("method", ["singscore", "ssgsea"])
def test_parts_are_combined_by_their_coefficients(samples: ad.AnnData, table: pd.DataFrame, method: str) -> None:
    """A group is the mean over its measured sets, and genes that work against a set's fate are subtracted."""
    review = fs.gene_sets.load_index("review", organism="human")

    def score(rows: pd.DataFrame) -> pd.Series:
        total = pd.Series(0.0, index=samples.obs_names)
        for sign, genes in rows[rows["symbol"].isin(samples.var_names)].groupby("sign")["symbol"]:
            total += sign * fs.tl.score_gene_sets(samples.to_df(), {"one": list(genes)}, method=method)["one"]
        return total

    expected = pd.Series(0.0, index=samples.obs_names)
    for part, coefficient in review.measures["fate_bias"].items():
        blocks = (
            [rows for _, rows in review.units(part).groupby("block")] if part in review.groups else [review.units(part)]
        )
        measured = [rows for rows in blocks if rows["symbol"].isin(samples.var_names).any()]
        expected += coefficient * sum(map(score, measured)) / len(measured)
    assert (review.genes["sign"] < 0).any()
    np.testing.assert_allclose(one(table, method, "review")["fate_bias"], expected, atol=1e-9)


def test_too_few_genes_are_rows_with_a_reason(samples: ad.AnnData) -> None:
    silent = samples.to_df().astype(float)
    silent[["PPARG", "CEBPA"]] = 0.0
    table = fs.tl.specification_scores(ad.AnnData(silent, obs=samples.obs), organism="human", counts=True)
    assert len(table) == samples.n_obs * 3 * len(fs.methods.names())
    assert table["fate_bias"].isna().all()
    assert set(table["reason"]) == {"arm_too_small:arm=adipogenic,measured=0,size=2,needed=2,missing=PPARG|CEBPA"}
    few = samples[:, samples.var_names != "SP7"].copy()
    kept = fs.tl.specification_scores(few, organism="human", counts=True, scorable={"osteogenic": 6})
    assert kept["reason"].str.endswith("missing=SP7").all()


def test_an_index_without_its_regulators_cannot_be_computed(samples: ad.AnnData) -> None:
    core = fs.gene_sets.load_index("extended", organism="human").genes["symbol"]
    others = set(fs.gene_sets.load_index("review", organism="human").genes["symbol"]) - set(core)
    few = samples[:, ~samples.var_names.isin(others)].copy()
    table = fs.tl.specification_scores(few, organism="human", counts=True)
    lost = table[table["index"] == "review"]
    assert lost["fate_bias"].isna().all()
    notes = [parse_notes(text)[0] for text in lost["reason"]]
    assert {note.code for note in notes} == {NoteCode.GROUP_NOT_MEASURED}
    groups = fs.gene_sets.load_index("review", organism="human").groups
    assert all(note.names("groups") and set(note.names("groups")) <= set(groups) for note in notes)
    assert table[table["index"] != "review"]["fate_bias"].notna().all()


def test_a_method_without_a_value_has_the_reason(samples: ad.AnnData) -> None:
    """A z-score of one sample is not defined; the other methods give theirs."""
    table = fs.tl.specification_scores(samples[:1].copy(), organism="human", counts=True)
    assert set(table.loc[table["fate_bias"].isna(), "method"]) == {"zscore"}
    assert set(one(table, "zscore", "core")["reason"]) == {"no_value"}


def test_cells_add_their_mean(cells: ad.AnnData) -> None:
    bulk = fs.pp.pseudobulk(cells)
    table = fs.tl.specification_scores(bulk[::-1].copy(), organism="human", unit="pseudobulk", counts=True, cells=cells)
    assert set(table["unit"]) == {"pseudobulk", "cell mean"}
    assert set(table.loc[table["unit"] == "cell mean", "method"]) == {"rank_log"}
    for index in fs.gene_sets.index_names():
        scored = fs.tl.observation_scores(cells, organism="human", index=index)
        expected = scored.groupby(scored["sample"].astype(str))["fate_bias"].mean()
        found = one(table, "rank_log", index, "cell mean").set_index("sample")["fate_bias"]
        assert list(found.index) == list(bulk.obs["sample"].astype(str)[::-1])
        np.testing.assert_allclose(found, expected[found.index], atol=1e-10)


def test_cells_on_disk_and_threads_give_the_same(cells: ad.AnnData, tmp_path: Path) -> None:
    cells.write_h5ad(tmp_path / "cells.h5ad")
    bulk = fs.pp.pseudobulk(cells)
    how = {"organism": "human", "unit": "pseudobulk", "counts": True}
    here = fs.tl.specification_scores(bulk, cells=cells, **how)
    there = fs.tl.specification_scores(bulk, cells=ad.read_h5ad(tmp_path / "cells.h5ad", backed="r"), n_jobs=2, **how)
    pd.testing.assert_frame_equal(here, there, rtol=1e-12)


def test_rows_need_the_name_of_their_sample(samples: ad.AnnData) -> None:
    with pytest.raises(InputError, match='obs has no column "sample"'):
        fs.tl.specification_scores(ad.AnnData(samples.X, var=samples.var), organism="human")


@pytest.mark.realdata
def test_every_method_tells_bone_from_fat(real_data: Path) -> None:
    """Real bulk of mouse bone and inguinal fat: what is known must come out under every combination."""
    bone = fs.ingest.read_expression(real_data / "mouse_bone_emtab5533/rsem_expected_counts.tsv.gz", "mouse")
    fat = fs.ingest.read_expression(real_data / "mouse_inguinal_fat/counts.tsv.gz", "mouse")
    both = ad.concat([bone[bone.obs_names.str.startswith("Clean")], fat], join="inner")
    both.obs["sample"] = both.obs["donor"] = both.obs_names.astype(str)
    both.obs["condition"] = np.where(both.obs_names.isin(bone.obs_names), "bone", "fat")
    table = fs.tl.specification_scores(both, organism="mouse", counts=True)
    found = fs.stats.specification(table, case="bone", control="fat", kind="known_fate", expected="+")
    assert (found["auroc"] == 1.0).all()
    assert (found["g_low"] > 0).all()

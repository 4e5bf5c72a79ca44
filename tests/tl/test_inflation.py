"""Co-expression: measured within groups of like cells and taken out of p."""

from __future__ import annotations

from collections.abc import Callable

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import special

import fatescore as fs


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


def test_co_expression_is_measured_within_groups_and_taken_out_of_p(
    with_null: Callable, coexpressed: ad.AnnData, linear: str
) -> None:
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

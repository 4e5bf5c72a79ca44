from __future__ import annotations

import anndata
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore import organisms, simulate
from fatescore.errors import InputError


def total(adata):
    return pd.Series(np.asarray(adata.X.sum(axis=1)).ravel(), index=adata.obs_names)


def test_shape_keys_and_cell_types():
    adata = simulate.single_cell(cells_per_donor=60, n_genes=500)
    assert adata.shape == (360, 500)
    assert adata.X.format == "csr"
    assert adata.X.dtype == np.float32
    assert adata.obs_names.is_unique
    assert adata.obs["donor"].nunique() == 6
    assert adata.obs.groupby("donor", observed=True)["condition"].nunique().eq(1).all()
    assert set(adata.obs["true_cell_type"]) == {"stromal", "haematopoietic", "endothelial"}
    assert set(adata.obs["true_fate"]) == {"osteogenic", "adipogenic", "uncommitted", "none"}
    stromal = adata.obs["true_cell_type"] == "stromal"
    assert ((adata.obs["true_fate"] != "none") == stromal).all()
    assert (adata.obs.loc[~stromal, "true_bias"] == 0).all()
    # Barcodes repeat between samples, as they do in real libraries.
    assert adata.obs["barcode"].nunique() < adata.n_obs


@pytest.mark.parametrize("ambient", [0.0, 0.1, 0.3])
def test_ambient_share_is_recovered_from_haemoglobin_in_stroma(ambient):
    adata = simulate.single_cell(cells_per_donor=400, n_genes=500, ambient=ambient, damaged=0.0, seed=2)
    hbb = np.asarray(adata[:, "HBB"].X.toarray()).ravel()
    size = total(adata).to_numpy()
    estimates = []
    for donor in adata.obs["donor"].unique():
        own = (adata.obs["donor"] == donor).to_numpy()
        stromal = own & (adata.obs["true_cell_type"] == "stromal").to_numpy()
        estimates.append((hbb[stromal].sum() / size[stromal].sum()) / (hbb[own].sum() / size[own].sum()))
    assert np.mean(estimates) == pytest.approx(ambient, abs=0.01 + 0.1 * ambient)
    assert adata.obs["true_ambient"].mean() == pytest.approx(ambient, abs=0.005 + 0.05 * ambient)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_depth_is_log_normal_and_differs_by_the_ratio(ratio):
    adata = simulate.single_cell(cells_per_donor=400, n_genes=500, depth_ratio=ratio, damaged=0.0)
    medians = total(adata).groupby(adata.obs["condition"], observed=True).median()
    assert medians["osteoporosis"] / medians["control"] == pytest.approx(ratio, rel=0.08)
    assert medians["control"] == pytest.approx(3000, rel=0.08)
    control = np.log(total(adata)[(adata.obs["condition"] == "control").to_numpy()])
    assert control.std() == pytest.approx(0.4, rel=0.2)


def test_composition_follows_the_donors_true_bias():
    adata = simulate.single_cell(cells_per_donor=4000, n_genes=350, effect=-3.0, bias_sd=0.5, seed=1)
    fates = pd.crosstab(adata.obs["donor"], adata.obs["true_fate"])
    odds = np.log2(fates["osteogenic"] / fates["adipogenic"])
    planted = adata.uns["truth"]["donors"]["true_bias"]
    np.testing.assert_allclose(odds[planted.index], planted, atol=0.35)
    assert odds.groupby(adata.uns["truth"]["donors"]["condition"]).mean().loc["osteoporosis"] < -0.5


@pytest.mark.parametrize("organism", organisms.names())
def test_fates_are_ordered_in_the_counts(organism, log_ratio):
    adata = simulate.single_cell(organism=organism, cells_per_donor=200, n_genes=500)
    sums = {}
    for fate in ("osteogenic", "uncommitted", "adipogenic"):
        part = adata[(adata.obs["true_fate"] == fate).to_numpy()]
        pooled = anndata.AnnData(np.asarray(part.X.sum(axis=0)), var=part.var[[]])
        pooled.layers["counts"] = part.X.sum(axis=0).A if hasattr(part.X.sum(axis=0), "A") else part.X.sum(axis=0)
        sums[fate] = float(
            np.log2(pooled[:, pooled.var_names.str.upper().isin(["SP7", "IBSP", "BGLAP"])].X.sum())
        ) - float(np.log2(pooled[:, pooled.var_names.str.upper().isin(["PPARG", "CEBPA"])].X.sum()))
    assert sums["osteogenic"] > sums["uncommitted"] + 1 > sums["adipogenic"] + 2


def test_damaged_cells_are_small_and_mitochondrial():
    adata = simulate.single_cell(cells_per_donor=300, n_genes=3000, damaged=0.2)
    mt = np.asarray(adata[:, adata.var_names.str.startswith("MT-")].X.sum(axis=1)).ravel() / total(adata)
    damaged = adata.obs["true_damaged"].to_numpy()
    assert damaged.mean() == pytest.approx(0.2, abs=0.04)
    assert mt[damaged].median() > 0.35 > 0.15 > mt[~damaged].median()
    assert total(adata)[damaged].median() < 0.5 * total(adata)[~damaged].median()


def test_sex_shows_in_the_counts():
    adata = simulate.single_cell(cells_per_donor=100, n_genes=500, ambient=0.0)
    female = (adata.obs["sex"] == "female").to_numpy()
    y = np.asarray(adata[:, ["RPS4Y1", "DDX3Y", "UTY"]].X.sum(axis=1)).ravel()
    xist = np.asarray(adata[:, "XIST"].X.toarray()).ravel()
    assert y[~female].mean() > 20 * y[female].mean()
    assert xist[female].mean() > 20 * xist[~female].mean()


def test_seeds():
    first, again, other = (simulate.single_cell(cells_per_donor=20, n_genes=400, seed=seed) for seed in (0, 0, 1))
    assert (first.X != again.X).nnz == 0
    pd.testing.assert_frame_equal(first.obs, again.obs)
    assert (first.X != other.X).nnz > 0


def test_chunks_do_not_lose_cells(monkeypatch):
    from fatescore.simulate import _single_cell

    monkeypatch.setattr(_single_cell, "_CHUNK", 7)
    adata = simulate.single_cell(cells_per_donor=30, n_genes=400)
    assert adata.n_obs == 180
    assert (total(adata) > 0).all()


def test_round_trip_through_h5ad(tmp_path):
    adata = simulate.single_cell(cells_per_donor=20, n_genes=400)
    adata.write_h5ad(tmp_path / "a.h5ad")
    back = anndata.read_h5ad(tmp_path / "a.h5ad")
    assert (back.X != adata.X).nnz == 0
    assert list(back.uns["truth"]["donors"]["true_bias"]) == list(adata.uns["truth"]["donors"]["true_bias"])
    assert bool(back.uns["fatescore"]["simulated"])


@given(
    donors=st.integers(2, 4),
    cells=st.integers(10, 40),
    effect=st.floats(-6, 6),
    ambient=st.floats(0, 0.9),
    stromal=st.floats(0, 1),
    ratio=st.floats(0.1, 10),
    dispersion=st.floats(0, 3),
    damaged=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=20, deadline=None)
def test_any_parameters_give_sound_counts(donors, cells, effect, ambient, stromal, ratio, dispersion, damaged, seed):
    adata = simulate.single_cell(
        n_donors=2 * donors, cells_per_donor=cells, n_genes=350, effect=effect, ambient=ambient, stromal=stromal,
        depth_ratio=ratio, dispersion=dispersion, damaged=damaged, seed=seed,
    )  # fmt: skip
    assert adata.shape == (2 * donors * cells, 350)
    assert (adata.X.data > 0).all()
    assert (adata.X.data == np.round(adata.X.data)).all()
    assert adata.obs["true_ambient"].between(0, 1).all()
    assert adata.obs_names.is_unique
    assert not adata.obs.isna().any().any()


@pytest.mark.parametrize(
    ("argument", "value"),
    [("n_donors", 0), ("n_donors", 3), ("cells_per_donor", 3), ("ambient", 0.95), ("ambient", -0.1), ("stromal", 1.5),
     ("depth_ratio", 0), ("dispersion", -1), ("damaged", 2), ("seed", -1), ("organism", "cow")],
)  # fmt: skip
def test_bad_parameters_are_named(argument, value):
    with pytest.raises(InputError, match=argument):
        simulate.single_cell(**{"n_genes": 400, argument: value})

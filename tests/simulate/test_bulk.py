from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore import organisms, simulate
from fatescore.errors import InputError


def test_shape_keys_and_scale():
    adata = simulate.bulk(n_genes=500, n_donors=8)
    assert adata.shape == (8, 500)
    assert adata.X.dtype == np.float32
    assert adata.X.format == "csr"
    assert (adata.layers["counts"] != adata.X).nnz == 0
    assert (adata.X.data == np.round(adata.X.data)).all()
    assert list(adata.obs["condition"]) == ["control"] * 4 + ["osteoporosis"] * 4
    assert adata.obs["donor"].is_unique
    assert adata.uns["fatescore"]["simulated"] is True
    assert adata.uns["fatescore"]["title"].startswith("SIMULATED")


@pytest.mark.parametrize("organism", organisms.names())
def test_the_planted_bias_is_in_the_counts(organism, log_ratio):
    # Without donor noise the log ratio is a straight line in true bias, whose slope is known from the loadings.
    adata = simulate.bulk(
        organism=organism, n_genes=500, n_donors=20, bias_sd=1.0, donor_sd=0.0, dispersion=0.0, depth=1e8
    )
    role, loading = adata.var["role"], adata.var["true_loading"]
    slope = 0.5 * (loading[role.str.startswith("osteogenic ") & ~role.eq("osteogenic marker")].mean())
    slope -= 0.5 * loading[role.eq("adipogenic")].mean()
    fitted = np.polyfit(adata.obs["true_bias"], log_ratio(adata), 1)[0]
    assert fitted == pytest.approx(slope, rel=0.03)


@pytest.mark.parametrize("effect", [-2.0, 2.0])
def test_the_sign_of_the_effect_reaches_the_groups(effect, log_ratio):
    adata = simulate.bulk(n_genes=500, n_donors=16, effect=effect, seed=3)
    means = log_ratio(adata).groupby(adata.obs["condition"]).mean()
    assert np.sign(means["osteoporosis"] - means["control"]) == np.sign(effect)


def test_no_effect_plants_no_difference():
    adata = simulate.bulk(n_genes=500, n_donors=10, effect=0.0, bias_sd=0.0)
    assert (adata.obs["true_bias"] == 0).all()


def test_dispersion_is_the_one_asked_for():
    adata = simulate.bulk(n_genes=500, n_donors=400, effect=0.0, bias_sd=0.0, donor_sd=0.0, dispersion=0.2, depth=1e7)
    same_sex = adata[(adata.obs["sex"] == "female").to_numpy()].X.toarray()
    scaled = same_sex / same_sex.sum(axis=1, keepdims=True) * 1e7
    mean, var = scaled.mean(axis=0), scaled.var(axis=0)
    well = (mean > 500) & (mean < 1e5)  # here the squared term rules, and no gene rules the library
    assert np.median((var[well] - mean[well]) / mean[well] ** 2) == pytest.approx(0.2, rel=0.1)


def test_seeds():
    first, again, other = (simulate.bulk(n_genes=400, seed=seed) for seed in (0, 0, 1))
    assert (first.X != again.X).nnz == 0
    assert (first.X != other.X).nnz > 0
    assert list(first.var_names) == list(other.var_names)


@given(
    organism=st.sampled_from(organisms.names()),
    donors=st.integers(2, 8),
    effect=st.floats(-4, 4),
    bias_sd=st.floats(0, 2),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=15, deadline=None)
def test_any_parameters_give_a_sound_study(organism, donors, effect, bias_sd, seed):
    adata = simulate.bulk(
        organism=organism, n_donors=2 * donors, n_genes=400, effect=effect, bias_sd=bias_sd, seed=seed
    )
    assert adata.shape == (2 * donors, 400)
    assert adata.obs["condition"].value_counts().to_list() == [donors, donors]
    assert (adata.X.data > 0).all()
    assert (np.asarray(adata.X.sum(axis=1)) > 1e5).all()
    # Sex must never separate the groups.
    assert (adata.obs.groupby("condition")["sex"].agg(lambda s: (s == "male").sum()).nunique()) == 1


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("n_donors", 0),
        ("n_donors", 3),
        ("dispersion", -1),
        ("depth", 0),
        ("effect", float("nan")),
        ("donor_sd", -1),
        ("bias_sd", -1),
    ],
)
def test_bad_parameters_are_named(argument, value):
    with pytest.raises(InputError, match=argument):
        simulate.bulk(n_genes=400, **{argument: value})

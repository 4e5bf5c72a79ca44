from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fatescore import simulate
from fatescore.errors import InputError


@pytest.fixture(scope="module")
def study():
    return simulate.array(n_genes=1500, seed=0)


def test_shapes_agree(study):
    assert list(study.signal.index) == list(study.probes.index)
    assert list(study.signal.columns) == list(study.samples["sample"])
    assert study.probes.index.is_unique
    assert (study.signal > 0).all().all()
    assert len(study.samples) == 12


def test_probes_hold_the_traps_of_real_chips(study):
    symbols = study.probes["gene_symbol"]
    assert (symbols == "---").sum() > 10
    assert study.probes["true_gene"].value_counts().drop("").max() > 1
    assert symbols.str.contains(" /// ").sum() > 5
    assert symbols[study.probes["true_gene"] == "BGLAP"].tolist() == ["PMF1-BGLAP /// PMF1 /// BGLAP"]
    assert not (symbols == "BGLAP").any()
    assert set(study.genes.index) == set(study.probes["true_gene"]) - {""}


def test_every_gene_with_a_role_has_a_probe_that_works(study):
    best = study.probes.groupby("true_gene")["affinity"].max()
    assert (best[study.genes.index[study.genes["role"] != ""]] > -4).all()


def test_arrays_are_scaled_as_mas5_does(study):
    for _, column in study.signal.items():
        kept = column[column.between(*column.quantile([0.02, 0.98]))]
        assert kept.mean() == pytest.approx(500, rel=0.01)


def test_log2_is_the_log_of_the_same_values(study):
    other = simulate.array(n_genes=1500, seed=0, scale="log2")
    np.testing.assert_allclose(np.exp2(other.signal), study.signal, rtol=0.01)


def test_planted_bias_moves_the_probes(study):
    # Strong fat and bone genes must follow the true bias of their sample, in opposite directions.
    log = np.log2(study.signal)
    probes = study.probes[study.probes["affinity"] > -4]
    bias = study.samples.set_index("sample")["true_bias"]
    for gene, sign in {"ALPL": 1, "COL1A1": 1, "IBSP": 1, "BGLAP": 1, "LPL": -1, "ADIPOQ": -1}.items():
        row = log.loc[probes.index[probes["true_gene"] == gene][0]]
        assert np.sign(row.corr(bias)) == sign, gene


@pytest.mark.parametrize("effect", [-2.0, 2.0])
def test_group_difference_has_the_planted_sign(effect):
    study = simulate.array(n_genes=500, n_donors=20, effect=effect, seed=5)
    log = np.log2(study.signal).groupby(study.probes["true_gene"]).max()
    loading = study.genes["loading"]
    ratio = log.loc[loading.index[loading >= 0.7]].mean() - log.loc[loading.index[loading <= -0.7]].mean()
    means = ratio.groupby(study.samples.set_index("sample")["condition"]).mean()
    assert np.sign(means["osteoporosis"] - means["control"]) == np.sign(effect)


@pytest.mark.parametrize("donors", [2, 3, 6, 9])
def test_batch_is_confounded_in_part_only(donors):
    samples = simulate.array(n_genes=400, n_donors=2 * donors).samples
    table = pd.crosstab(samples["batch"], samples["condition"])
    assert (table > 0).all().all()
    if donors > 2:
        assert table.loc["A", "control"] > table.loc["A", "osteoporosis"]


def test_batch_shift_has_the_planted_size():
    study = simulate.array(n_genes=1500, n_donors=40, effect=0.0, bias_sd=0.0, donor_sd=0.0, probe_sd=0.0, batch_sd=1.0)
    log = np.log2(study.signal)
    in_b = (study.samples["batch"] == "B").to_numpy()
    shift = log.loc[:, in_b].mean(axis=1) - log.loc[:, ~in_b].mean(axis=1)
    loud = log.mean(axis=1) > 9  # far above background, where the planted shift is not damped
    assert shift[loud].std() == pytest.approx(1.0, rel=0.15)


def test_seeds_change_values_and_not_the_chip(study):
    again, other = (simulate.array(n_genes=1500, seed=seed) for seed in (0, 1))
    pd.testing.assert_frame_equal(again.signal, study.signal)
    pd.testing.assert_frame_equal(other.probes, study.probes)
    assert (other.signal != study.signal).any().any()


@pytest.mark.parametrize(
    ("argument", "value"), [("scale", "log10"), ("probe_sd", -1), ("batch_sd", 99), ("n_genes", 3)]
)
def test_bad_parameters_are_named(argument, value):
    with pytest.raises(InputError, match=argument):
        simulate.array(**{"n_genes": 400, argument: value})

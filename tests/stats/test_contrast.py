from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

import fatescore as fs
from fatescore.errors import InputError
from fatescore.gene_sets import index_weights, leave_one_out_factors, load_index
from fatescore.stats import Audit, bh, contrast, contributions, donor_means, moderated_p, power
from fatescore.stats.models import adjusted_difference, covariate_columns
from fatescore.tables import CONTRASTS, parse_notes
from fatescore.tables.codes import Agreement, AuditVerdict, NoteCode
from fatescore.tl.fate_bias import gene_values

ARMS = {"case": "sick", "control": "well"}


def one(table: pd.DataFrame, **options) -> pd.Series:
    return contrast(table, **ARMS, measures=["fate_bias"], **options).iloc[0]


def test_a_row_holds_what_its_columns_name(study) -> None:
    table = study(5, 4, effect=3.0)
    result = contrast(
        table, **ARMS, measures=["fate_bias", "osteogenic"], dataset="GSE1", contrast="op", kind="disease",
        expected="-", audit=Audit(AuditVerdict.PARTIALLY_CONFOUNDED, ("kit", "run;day")),
    )  # fmt: skip
    assert list(result.columns) == CONTRASTS.names
    assert set(result["audit_verdict"]) == {"partially_confounded"}
    assert set(result["audit_fields"]) == {"kit;run%3Bday"}
    row = result.iloc[0]
    sick = table.loc[table["condition"] == "sick", "fate_bias"]
    well = table.loc[table["condition"] == "well", "fate_bias"]
    assert row["difference"] == pytest.approx(sick.mean() - well.mean())
    assert row["p_welch"] == pytest.approx(scipy_stats.ttest_ind(sick, well, equal_var=False).pvalue)
    assert row["p_smallest"] == 1 / 126
    assert row["p_method"] == "exact_permutation:arrangements=126"
    assert (row["n_case"], row["n_control"], row["unit"]) == (5, 4, "donor")
    assert row["loo_low"] < row["difference"] < row["loo_high"]
    assert result["agreement"].tolist() == ["opposite", ""]
    np.testing.assert_allclose(result["padj"], bh(result["p_value"]))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000), st.integers(3, 5), st.integers(3, 5), st.integers(-50, 50))
def test_invariances(study, seed: int, n_case: int, n_control: int, shift: int) -> None:
    table = study(n_case, n_control, effect=1.0, seed=seed)
    row = one(table)
    swapped = contrast(table, case="well", control="sick", measures=["fate_bias"]).iloc[0]
    for key in ("difference", "g"):
        assert swapped[key] == pytest.approx(-row[key])
    assert swapped["p_value"] == row["p_value"]
    assert swapped["auroc"] == pytest.approx(1 - row["auroc"])
    moved = one(table.assign(fate_bias=table["fate_bias"] + shift))
    shuffled = one(table.sample(frac=1, random_state=seed))
    for other in (moved, shuffled):
        for key in ("difference", "difference_low", "g", "g_var", "p_value", "auroc", "loo_low", "loo_high"):
            assert other[key] == pytest.approx(row[key], abs=1e-8)


def test_replicates_of_a_donor_do_not_add_evidence(study) -> None:
    table = study(5, 4, effect=1.0)
    doubled = pd.concat([table, table.assign(sample=table["sample"] + "b")])
    row, again = one(table), one(doubled)
    for key in ("n_case", "difference", "g", "p_value", "difference_low"):
        assert again[key] == pytest.approx(row[key])
    assert again["note"] == "samples_averaged:samples=18,donors=9"


def test_cells_are_refused(study) -> None:
    cells = study().assign(sample=lambda t: t["sample"].str.replace("1", "0"))
    with pytest.raises(InputError, match=r'sample "S0" has several rows: cells are not replicates'):
        one(cells)


def test_the_same_sample_name_in_two_data_sets_is_two_samples() -> None:
    table = pd.DataFrame({"dataset": ["A", "B"], "sample": "s", "donor": "1", "condition": ["sick", "well"], "x": 1.0})
    assert len(donor_means(table, ["x"])) == 2


@pytest.mark.parametrize(("n_case", "n_control"), [(1, 1), (2, 5), (5, 2)])
def test_few_donors_are_described_not_tested(study, n_case: int, n_control: int) -> None:
    row = one(study(n_case, n_control), expected="-")
    assert np.isnan(row[["p_value", "p_welch", "padj", "g", "difference_low"]].astype(float)).all()
    assert np.isfinite(row["difference"])
    assert row["note"] == f"few_donors:case={n_case},control={n_control}"
    assert row["p_method"] == "not_tested"
    assert row["agreement"] == Agreement.NOT_TESTED


def test_missing_values_leave_donors_out(study) -> None:
    table = study(5, 4)
    table.loc[0, "fate_bias"] = np.nan
    row = one(table)
    assert (row["n_case"], row["n_control"]) == (4, 4)
    assert row["note"] == "missing_values:condition=sick,donors=1"
    assert row["p_smallest"] == 2 / 70


def test_a_measure_without_values_is_described(study) -> None:
    row = one(study().assign(fate_bias=np.nan))
    assert (row["n_case"], row["n_control"]) == (0, 0)
    assert np.isnan(row["difference"])


def test_small_designs_note_that_they_cannot_reach_significance(study) -> None:
    row = one(study(3, 3, effect=100.0), expected="+")
    assert row["p_value"] == row["p_smallest"] == 0.1
    assert row["agreement"] == Agreement.NOT_SIGNIFICANT
    assert row["note"] == "alpha_unreachable:alpha=0.05"


@pytest.mark.parametrize(
    ("effect", "expected", "code"), [(9, "+", "agrees"), (-9, "+", "opposite"), (-9, "-", "agrees")]
)
def test_agreement_with_the_expected_sign(study, effect: float, expected: str, code: str) -> None:
    assert one(study(5, 5, effect=effect), expected=expected)["agreement"] == code
    assert one(study(5, 5, effect=effect))["agreement"] == ""


def test_donors_in_both_arms_are_paired(study) -> None:
    table = study(5, 5, effect=2.0).assign(donor=[f"D{i % 5}" for i in range(10)])
    row = one(table)
    difference = table["fate_bias"].to_numpy()[:5] - table["fate_bias"].to_numpy()[5:]
    flipped = scipy_stats.permutation_test(
        (difference,), lambda x: abs(x.mean()), permutation_type="samples", vectorized=False,
        n_resamples=np.inf, alternative="greater",
    )  # fmt: skip
    assert row["p_value"] == pytest.approx(flipped.pvalue)
    assert row["p_smallest"] == 2 / 32
    assert row["note"] == "paired"
    assert row["p_method"] == "exact_sign_flip:arrangements=32"
    assert np.isnan(row["p_welch"])


def test_partially_paired_donors_are_only_described(study) -> None:
    table = study(4, 4)
    table.loc[4, "donor"] = "D0"
    row = one(table)
    assert np.isnan(row["p_value"])
    assert row["note"] == "partially_paired:donors=1"


def test_a_pair_without_one_value_is_left_out(study) -> None:
    table = study(6, 6, effect=2.0).assign(donor=[f"D{i % 6}" for i in range(12)])
    complete = one(table.drop(index=[2, 8]))
    table.loc[2, "fate_bias"] = np.nan
    row = one(table)
    assert (row["n_case"], row["n_control"]) == (5, 5)
    for key in ("difference", "p_value", "g", "p_smallest"):
        assert row[key] == pytest.approx(complete[key])


def test_errors_name_the_remedy(study) -> None:
    table = study()
    with pytest.raises(InputError, match=r'"sik".*expected one of sick, well; did you mean "sick"'):
        contrast(table, case="sik", control="well", measures=["fate_bias"])
    with pytest.raises(InputError, match=r'no column "fate_bia".*did you mean "fate_bias"'):
        contrast(table, **ARMS, measures=["fate_bia"])
    with pytest.raises(InputError, match="has no donor"):
        one(table.assign(donor=None))
    with pytest.raises(InputError, match="kind"):
        one(table, kind="diseas")
    with pytest.raises(InputError, match="expected sign"):
        one(table, expected="up")
    with pytest.raises(InputError, match='both "sick"'):
        contrast(table, case="sick", control="sick", measures=["fate_bias"])


def test_an_arm_that_quality_control_emptied_has_no_donors(study) -> None:
    table = study().query("condition == 'well'")
    row = one(table, known_conditions=["sick", "well"])
    assert (row["n_case"], row["n_control"]) == (0, 4)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.integers(1, 3))
def test_contributions_sum_to_the_difference(study, seed: int, replicates: int) -> None:
    rng = np.random.default_rng(seed)
    table = pd.concat([study(4, 3).assign(sample=lambda t, i=i: t["sample"] + str(i)) for i in range(replicates)])
    genes = pd.DataFrame(rng.normal(size=(len(table), 6)), columns=[f"G{i}" for i in range(6)], index=table.index)
    table = table.drop(columns=["fate_bias", "osteogenic"]).reset_index(drop=True)
    genes = genes.reset_index(drop=True)
    # Donors with unequal numbers of samples: means of means, not means of samples.
    table, genes = table.iloc[: len(table) - replicates + 1], genes.iloc[: len(genes) - replicates + 1]
    parts = contributions(pd.concat([table, genes], axis=1), **ARMS, arms={"G1": "osteogenic"})
    whole = one(table.assign(fate_bias=genes.sum(axis=1)))
    assert parts["contribution"].sum() == pytest.approx(whole["difference"], abs=1e-12)
    assert parts.set_index("gene").loc["G1", "arm"] == "osteogenic"
    assert parts["contribution"].abs().is_monotonic_decreasing


def test_contributions_sum_to_the_paired_difference_too(study) -> None:
    table = study(6, 6).drop(columns=["fate_bias", "osteogenic"]).assign(donor=[f"D{i % 6}" for i in range(12)])
    genes = pd.DataFrame(np.random.default_rng(0).normal(size=(12, 3)), columns=["G0", "G1", "G2"])
    genes.loc[2] = np.nan
    parts = contributions(pd.concat([table, genes], axis=1), **ARMS)
    whole = one(table.assign(fate_bias=genes.sum(axis=1, min_count=1)))
    assert whole["n_case"] == 5
    assert parts["contribution"].sum() == pytest.approx(whole["difference"], abs=1e-12)


def test_samples_without_a_score_contribute_nothing(study) -> None:
    table = study(3, 3).drop(columns=["fate_bias", "osteogenic"]).assign(G0=1.0, G1=2.0)
    table.loc[0, ["G0", "G1"]] = np.nan
    assert contributions(table, **ARMS)["contribution"].tolist() == [0.0, 0.0]


def test_false_positives_stay_at_the_level(study) -> None:
    rejected = [one(study(4, 5, seed=seed))["p_value"] <= 0.05 for seed in range(300)]
    # 6 of 126 arrangements: exactly 0.0476; three Monte Carlo standard errors around it.
    assert abs(np.mean(rejected) - 6 / 126) < 3 * np.sqrt(0.0476 * 0.9524 / 300)


@pytest.mark.parametrize("wrong", ["8,5", np.inf])
def test_a_score_that_is_no_number_is_refused_not_dropped(study, wrong: object) -> None:
    table = study().astype({"fate_bias": object})
    table.loc[1, "fate_bias"] = wrong
    with pytest.raises(InputError, match=f'column "fate_bias" holds "{wrong}"'):
        one(table)


def test_blank_donors_are_not_one_donor(study) -> None:
    with pytest.raises(InputError, match='sample "S0" has no donor'):
        one(study().assign(donor=" "))


def test_no_smallest_p_where_no_test_is_valid(study) -> None:
    row = one(study(5, 5).assign(donor=[f"D{i}" for i in [0, 1, 2, 3, 4, 0, 1, 7, 8, 9]]))
    assert row["agreement"] == ""
    assert parse_notes(row["note"])[0].code == NoteCode.PARTIALLY_PAIRED
    assert np.isnan(row["p_smallest"])


def test_power_is_that_of_the_design_alone(study) -> None:
    rows = [one(study(5, 4, effect=effect, seed=seed)) for effect, seed in ((0, 1), (3, 2))]
    assert [row["power"] for row in rows] == pytest.approx([power(5, 4)] * 2)


def test_moderated_p_borrows_from_the_other_measures(study) -> None:
    table = study(3, 5, seed=4)
    for number in range(6):
        table[f"set:{number}"] = np.random.default_rng(number).normal(size=8)
    measures = ["fate_bias", "osteogenic", *(f"set:{number}" for number in range(6))]
    result = contrast(table, **ARMS, measures=measures)
    sick = (table["condition"] == "sick").to_numpy()
    values = table[measures].to_numpy().T
    pooled = (2 * values[:, sick].var(axis=1, ddof=1) + 4 * values[:, ~sick].var(axis=1, ddof=1)) / 6
    expected = moderated_p(values[:, sick].mean(axis=1) - values[:, ~sick].mean(axis=1), pooled, 6, 1 / 3 + 1 / 5)
    np.testing.assert_allclose(result["p_moderated"], expected)
    assert np.isnan(contrast(table, **ARMS, measures=["fate_bias"])["p_moderated"]).all()  # nobody to borrow from


def test_moderated_p_of_pairs(study) -> None:
    table = study(4, 4).assign(donor=[f"D{i}" for i in range(4)] * 2)
    measures = ["fate_bias", "osteogenic"]
    result = contrast(table, **ARMS, measures=measures)
    pairs = table[measures].to_numpy()[:4] - table[measures].to_numpy()[4:]
    expected = moderated_p(pairs.mean(axis=0), pairs.var(axis=0, ddof=1), 3, 1 / 4)
    np.testing.assert_allclose(result["p_moderated"], expected)


def test_covariates_are_held_constant(study) -> None:
    table = study(6, 6, seed=3)
    fields = table[["sample", "donor", "condition"]].assign(age=np.arange(12) * 7 % 11, sex=list("fm") * 6)
    row = one(table, fields=fields, covariates=["age", "sex"])
    design = covariate_columns(fields, ["age", "sex"])
    expected = adjusted_difference(table["fate_bias"], table["condition"] == "sick", design)
    assert row["adjusted"] == pytest.approx(expected.difference)
    assert row["p_adjusted"] == pytest.approx(expected.p_value)
    assert row["adjusted_for"] == "linear_model:covariates=age|sex[m]"
    assert one(table)["adjusted_for"] == ""


def test_samples_of_a_donor_share_its_covariates(study) -> None:
    table = study(4, 4)
    fields = table[["sample", "donor", "condition"]].assign(age=range(8))
    doubled = pd.concat([table, table.assign(sample=table["sample"] + "b")], ignore_index=True)
    more = pd.concat([fields, fields.assign(sample=fields["sample"] + "b")], ignore_index=True)
    once = one(table, fields=fields, covariates=["age"])
    assert one(doubled, fields=more, covariates=["age"])["p_adjusted"] == pytest.approx(once["p_adjusted"])


def test_a_block_is_a_random_intercept(study) -> None:
    table = study(5, 5)
    fields = table[["sample", "donor", "condition"]].assign(batch=list("abcde") * 2)
    row = one(table, fields=fields, block="batch")
    assert row["adjusted_for"] == "mixed_model:blocks=5"
    assert np.isfinite(row["p_adjusted"])


def test_partially_paired_donors_get_a_mixed_model(study) -> None:
    row = one(study(5, 5).assign(donor=[f"D{i}" for i in [0, 1, 2, 3, 4, 0, 1, 7, 8, 9]]))
    assert np.isnan(row["p_value"])
    assert np.isfinite(row["p_adjusted"])
    assert row["adjusted_for"] == "mixed_model:blocks=8"


def test_a_covariate_that_nobody_recorded_is_refused(study) -> None:
    fields = study()[["sample", "donor", "condition"]].assign(age=1)
    with pytest.raises(InputError, match='no column "agee" to adjust for.*age'):
        one(study(), fields=fields, covariates=["agee"])
    with pytest.raises(InputError, match="no sample fields to adjust for age"):
        one(study(), covariates=["age"])


@pytest.mark.parametrize("name", ["core", "extended", "review"])
def test_without_a_gene_is_the_index_that_never_had_it(name: str) -> None:
    """The difference of an index whose definition lacks the gene, from expression, beside the one from the parts."""
    samples = fs.simulate.bulk(n_donors=8, n_genes=600, seed=2)
    index = load_index(name, organism="human")
    genes = list(samples.var_names)
    parts = fs.tl.gene_contributions(samples, organism="human", index=index)
    identity = samples.obs[["sample", "donor", "condition"]].astype(str)
    table = pd.concat([identity, parts], axis=1)
    found = fs.stats.contributions(
        table, case="osteoporosis", control="control", factors=leave_one_out_factors(index, genes)
    ).set_index("gene")
    case = (identity["condition"] == "osteoporosis").to_numpy()
    known = found.index[found["difference_without"].notna()]
    assert len(known) > (0.5 if name == "review" else 0.99) * len(found)
    for gene in [*known[:4], *known[-2:]]:
        units = set(index.genes.loc[index.genes["symbol"] == gene, "unit"])
        gone = set(index.genes.loc[index.genes["unit"].isin(units), "symbol"])
        weights = index_weights(index, [one for one in genes if one not in gone])["fate_bias"]
        weights = weights.groupby(level=0).sum()
        direct = gene_values(samples, list(weights.index)) @ weights.to_numpy()
        expected = direct[case].mean() - direct[~case].mean()
        assert found.loc[gene, "difference_without"] == pytest.approx(expected, abs=1e-9)


def test_the_last_gene_of_an_arm_cannot_be_left_out() -> None:
    factors = leave_one_out_factors(load_index("core"), ["RUNX2", "SP7", "PPARG"])
    assert factors.loc["PPARG"].isna().all()
    assert factors.loc["RUNX2"].to_dict() == {"RUNX2": 0.0, "SP7": 2.0, "PPARG": 1.0}


def test_without_factors_the_difference_without_a_gene_is_missing() -> None:
    table = pd.DataFrame({"sample": ["a", "b"], "donor": ["a", "b"], "condition": ["x", "y"], "RUNX2": [1.0, 2.0]})
    assert np.isnan(fs.stats.contributions(table, case="x", control="y")["difference_without"]).all()

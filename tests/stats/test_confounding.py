from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from fatescore.errors import InputError
from fatescore.stats import Audit, audit_summary, confounding
from fatescore.tables import CONFOUNDING, parse_notes
from fatescore.tables.codes import AuditVerdict

ARMS = {"case": "sick", "control": "well"}


@pytest.fixture
def fields():
    def make(n_case: int, n_control: int, **columns) -> pd.DataFrame:
        n = n_case + n_control
        names = [f"S{i}" for i in range(n)]
        condition = ["sick"] * n_case + ["well"] * n_control
        return pd.DataFrame({"sample": names, "donor": names, "condition": condition, **columns})

    return make


def verdict_of(table: pd.DataFrame, field: str, **options) -> str | None:
    result = confounding(table, **ARMS, **options).set_index("field")["verdict"]
    return result.get(field)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("AAAAABBBB", "complete_separation"),  # a kit an arm
        ("AABBBCCDD", "complete_separation"),  # two kits an arm, none shared
        ("AAAABABBB", "clean"),
        ("ABABABABA", "clean"),
        ("AAAAAAAAA", "clean"),
        ("AAAAAAABB", "clean"),
        ("AAAAAABBB", "partial_separation"),  # three of four controls by another kit
    ],
)
def test_text(fields, values: str, expected: str) -> None:
    assert verdict_of(fields(5, 4, kit=list(values)), "kit") == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([9, 8, 7, 6, 5, 4, 3, 2, 1], "complete_separation"),
        ([9, 8, 7, 6, 4, 5, 3, 2, 1], "partial_separation"),
        ([1, 3, 5, 7, 9, 2, 4, 6, 8], "clean"),
        ([1, 1, 1, 3, 3, 2, 2, 2, 2], "complete_separation"),  # batch numbers: ranges overlap, values do not
        ([5] * 9, "clean"),
    ],
)
def test_numbers(fields, values: list[int], expected: str) -> None:
    assert verdict_of(fields(5, 4, depth=values), "depth") == expected


def test_statistics_equal_scipy(fields) -> None:
    kit, depth = list("AAABCABBC"), [3.0, 1, 4, 1.5, 9, 2.6, 5, 3.5, 8]
    table = confounding(fields(5, 4, kit=kit, depth=depth), **ARMS).set_index("field")
    counts = pd.crosstab(pd.Series(kit), np.arange(9) < 5).to_numpy()
    assert table.loc["kit", "statistic"] == pytest.approx(scipy_stats.contingency.association(counts))
    exact = scipy_stats.mannwhitneyu(depth[:5], depth[5:], method="exact")
    assert table.loc["depth", "p_value"] == pytest.approx(exact.pvalue)
    assert table.loc["depth", "statistic"] == pytest.approx(abs(2 * exact.statistic / 20 - 1))


def test_two_by_two_p_equals_fisher(fields) -> None:
    table = confounding(fields(5, 4, kit=list("AAAABABBB")), **ARMS).set_index("field")
    assert table.loc["kit", "p_value"] == pytest.approx(scipy_stats.fisher_exact([[4, 1], [1, 3]]).pvalue)


def test_separation_by_chance_in_tiny_studies_is_still_named(fields) -> None:
    tiny = fields(2, 2, kit=list("AABB"), depth=[1.0, 2.0, 3.0, 4.0])
    assert verdict_of(tiny, "kit") == "complete_separation"
    assert verdict_of(tiny, "depth") == "partial_separation"


def test_names_get_no_row_and_what_stands_on_one_side_only_does(fields) -> None:
    table = fields(5, 4, title=[f"t{i}" for i in range(9)], note=[f"x{i}" for i in range(5)] + [None] * 4, empty=np.nan)
    result = confounding(table, **ARMS).set_index("field")["verdict"]
    assert result.to_dict() == {"note": "complete_separation"}
    numbers = fields(5, 4, age=[70, 71, 72, 73, 74] + [None] * 4)
    assert verdict_of(numbers, "age") == "complete_separation"


def test_labels_of_the_condition_do_not_count(fields) -> None:
    own = list("ooooocccc")
    table = fields(
        5,
        4,
        **{
            "characteristics: diagnosis": own,
            "source_name_ch1": ["sick marrow"] * 5 + ["old marrow"] * 4,
            "lab": ["sick"] * 5 + ["Well"] * 4,
        },
    )
    result = confounding(table, **ARMS)
    assert set(result["verdict"]) == {"condition_label"}
    assert audit_summary(result) == Audit(AuditVerdict.CLEAN)
    assert verdict_of(fields(5, 4, cluster=own), "cluster") == "complete_separation"
    assert verdict_of(fields(5, 4, cluster=own), "cluster", ignore=["cluster"]) == "condition_label"


def test_units_dates_and_wording(fields) -> None:
    ages = [
        "79 yrs (old)",
        "80 yrs",
        "81 yrs",
        "79 yrs",
        "90 yrs (old)",
        "80 yrs (c)",
        "81 yrs (c)",
        "79 yrs (c)",
        "88 yrs",
    ]
    dates = ["Feb 1 2012"] * 2 + ["Feb 2 2012"] * 3 + ["Mar 21 2012"] * 2 + ["Mar 22 2012"] * 2
    wording = ["Lysed, washed."] * 5 + ["lysed washed"] * 4
    table = fields(5, 4, age=ages, date=dates, protocol=wording)
    result = confounding(table, **ARMS).set_index("field")
    assert result["verdict"].to_dict() == {"date": "complete_separation", "age": "clean", "protocol": "clean"}
    assert result.loc["age", "case_values"] == "81.8 [79, 90]"
    assert result.loc["date", "control_values"] == "2012-03-21 [2012-03-21, 2012-03-22]"
    values = np.array([79.0, 80, 81, 79, 90, 80, 81, 79, 88])
    spread = np.sqrt((4 * values[:5].var(ddof=1) + 3 * values[5:].var(ddof=1)) / 7)
    assert result.loc["age", "smd"] == pytest.approx((values[:5].mean() - values[5:].mean()) / spread)
    assert np.isnan(result.loc["protocol", "smd"])


def test_donors_are_the_unit(fields) -> None:
    table = fields(8, 8, kit=list("AAAABBBB") + list("ABABABBB"))
    table["donor"] = [f"D{i // 4}" for i in range(16)]  # two donors an arm, four samples each
    assert verdict_of(table, "kit") != "complete_separation"
    p_value = confounding(table, **ARMS).set_index("field").loc["kit", "p_value"]
    assert p_value >= 2 / 6


def test_one_donor_an_arm_is_completely_confounded_with_the_donor(fields) -> None:
    result = confounding(fields(1, 1, kit=["A", "A"]), **ARMS)
    assert audit_summary(result) == Audit(AuditVerdict.COMPLETELY_CONFOUNDED, ("donor",))
    assert confounding(fields(0, 3, kit=["A"] * 3), **ARMS)["field"].tolist() == ["donor"]


def test_across_data_sets_the_data_set_itself_is_the_confounder(fields) -> None:
    table = fields(4, 4, dataset=["A"] * 4 + ["B"] * 4)
    assert audit_summary(confounding(table, **ARMS)) == (AuditVerdict.COMPLETELY_CONFOUNDED, ("dataset",))
    assert confounding(fields(4, 4, dataset=["A"] * 8), **ARMS).empty


def test_the_audit_names_partially_confounded_fields(fields) -> None:
    table = fields(5, 4, sex=list("AAAAAABBB"), kit=list("ABABABABA"))
    result = confounding(table, **ARMS, dataset="GSE1", contrast="op")
    assert list(result.columns) == CONFOUNDING.names
    assert result["field"].tolist() == ["sex", "kit"]
    assert audit_summary(result) == Audit(AuditVerdict.PARTIALLY_CONFOUNDED, ("sex",))
    assert audit_summary(result.iloc[1:]) == Audit(AuditVerdict.CLEAN)
    assert audit_summary(result.iloc[1:], recorded=False) == Audit(AuditVerdict.NO_FIELDS)
    assert audit_summary(result, recorded=False) == Audit(AuditVerdict.PARTIALLY_CONFOUNDED, ("sex",))


def test_a_planted_kit_is_always_caught_and_clean_fields_are_mostly_left_alone(fields) -> None:
    rng = np.random.default_rng(0)
    alarms = caught = 0
    runs = 150
    for _ in range(runs):
        table = fields(6, 6, kit=list("AAAAAABBBBBB"), sex=rng.choice(["f", "m"], 12), age=rng.normal(size=12))
        result = confounding(table, **ARMS).set_index("field")["verdict"]
        caught += result["kit"] == "complete_separation"
        alarms += int((result[["sex", "age"]] != "clean").sum())
    assert caught == runs
    # Exact tests at 0.1 reject at most 10 % of clean fields; three Monte Carlo standard errors on top.
    assert alarms / (2 * runs) < 0.1 + 3 * np.sqrt(0.09 / (2 * runs))


def test_many_donors_use_drawn_arrangements_and_repeat_exactly(fields) -> None:
    table = fields(12, 12, kit=list("AB" * 12), depth=np.arange(24.0))
    first = confounding(table, **ARMS)
    pd.testing.assert_frame_equal(first, confounding(table, **ARMS))
    assert verdict_of(table, "depth") == "complete_separation"


def test_missing_columns_are_named() -> None:
    with pytest.raises(InputError, match='no column "donor"'):
        confounding(pd.DataFrame({"sample": []}), **ARMS)


@pytest.mark.realdata
def test_the_labelling_kit_of_gse35958_is_found(real_data: Path) -> None:
    path = next((real_data / "geo/series/GSE35nnn/GSE35958/matrix").glob("*series_matrix.txt.gz"))
    rows: dict[str, list[str]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            key, *values = line.rstrip("\n").split("\t")
            if key.startswith("!Sample_") and not key.startswith("!Sample_char"):
                rows[key.removeprefix("!Sample_")] = [value.strip('"') for value in values]
    table = pd.DataFrame(rows)
    names = table["geo_accession"]
    condition = np.where(table["title"].str.contains("osteopo"), "osteoporosis", "control")
    labelled = table.assign(sample=names, donor=names, condition=condition)
    result = confounding(labelled, case="osteoporosis", control="control").set_index("field")
    label = result.loc["label_protocol_ch1"]
    assert label["verdict"] == "complete_separation"
    assert label["p_value"] == pytest.approx(1 / 126)
    assert "One-Cycle" in label["case_values"]
    assert "IVT Express" in label["control_values"]
    assert result.loc["source_name_ch1", "verdict"] == "condition_label"
    assert "label_protocol_ch1" in audit_summary(result.reset_index()).fields


@pytest.mark.parametrize(
    ("case", "control"),
    [
        (["79", "80 years", "81 yr", "90 y"], ["20", "30 y", "31 yrs", "25 Years"]),
        (["8,5", "8,61", "9,0", "9.1"], ["7,1", "7,2", "7,305", "7"]),
        (["1,000,000", "1,200,000", "990,000", "1,400,000"], ["100,000", "120,000", "130,000", "85"]),
    ],
)
def test_numbers_written_in_many_ways_are_numbers(fields, case: list[str], control: list[str]) -> None:
    assert verdict_of(fields(4, 4, value=case + control), "value") == "complete_separation"


def test_times_are_converted_and_other_units_are_told_apart(fields) -> None:
    ages = ["8 weeks", "9 weeks", "10 weeks", "3 months", "2 years", "3 years", "4 years", "5 years"]
    doses = ["5 mg", "6 mg", "7 mg", "8 mg", "5 mmol", "6 mmol", "7 mmol", "8 mmol"]
    found = confounding(fields(4, 4, age=ages, dose=doses), **ARMS).set_index("field")
    assert set(found["verdict"]) == {"complete_separation"}
    assert found.loc["age", "case_values"] == "0.1919 [0.1533, 0.25]"
    assert found.loc["age", "note"] == "units_converted:units=month|week,unit=year"
    assert parse_notes(found.loc["dose", "note"])[0].number("samples") == 4


def test_an_arm_without_donors_is_not_assessed(fields) -> None:
    for counts in ((0, 3), (3, 0)):
        found = confounding(fields(*counts, kit=["A"] * 3), **ARMS)
        assert audit_summary(found) == Audit(AuditVerdict.NOT_ASSESSABLE)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("hMSC-osteopo_elderly", "hMSC-old_elderly"), ()),
        (("patient bone", "control bone"), ()),
        (("hip", "knee"), ("source_name_ch1",)),
    ],
)
def test_free_text_labels_the_condition_only_where_it_shares_a_word(
    values: tuple[str, str], expected: tuple[str, ...]
) -> None:
    fields = pd.DataFrame(
        {
            "sample": list("abcdefgh"),
            "donor": list("abcdefgh"),
            "condition": ["osteoporosis"] * 4 + ["control"] * 4,
            "source_name_ch1": [values[0]] * 4 + [values[1]] * 4,
        }
    )
    assert audit_summary(confounding(fields, case="osteoporosis", control="control")).fields == expected


def test_the_same_donor_in_both_arms_cannot_be_assessed() -> None:
    fields = pd.DataFrame({"sample": ["a", "b"], "donor": ["pool", "pool"], "condition": ["OS", "RE"]})
    found = confounding(fields, case="OS", control="RE")
    assert audit_summary(found).verdict == AuditVerdict.NOT_ASSESSABLE


def test_a_long_text_that_lacks_a_part_is_shown_with_the_words_around_the_gap(fields) -> None:
    text = (
        "RNA was extracted with kit X from monolayers of cultivated hMSC{} and stored at minus eighty degrees until use"
    )
    protocol = [text.format(" in passage one or two")] * 4 + [text.format("")] * 4
    found = confounding(fields(4, 4, protocol=protocol), **ARMS).iloc[0]
    assert found["case_values"].startswith(
        "... monolayers of cultivated hMSC in passage one or two and stored at minus"
    )
    assert found["control_values"].startswith("... monolayers of cultivated hMSC and stored at minus ...")

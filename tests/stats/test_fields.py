"""Fields as people write them: what is read, what is said of it, and what stays text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fatescore.stats import audit_summary, confounding, contrast
from fatescore.stats._fields import read_field
from fatescore.stats._numbers import parse_numbers
from fatescore.tables import parse_notes
from fatescore.tables.codes import AuditVerdict, NoteCode

OLD, YOUNG = ["82", "84", "86", "88"], ["20", "21", "22", "23", "24"]
EXACT = {
    "90": 90.0, "90.5": 90.5, "90,5": 90.5, "90 yrs": 90.0, "90y": 90.0, "90 years old": 90.0, "90-year-old": 90.0,
    "90 y/o": 90.0, "age 90": 90.0, "９０": 90.0, "90 (at surgery)": 90.0, "90 years, 6 months": 90.5, "90y6m": 90.5,
}  # fmt: skip
INEXACT = {
    "90+": 90.0, "90 +": 90.0, ">89": 89.0, "> 89 years": 89.0, ">=90": 90.0, "≥90": 90.0, "90 or older": 90.0,
    "90 years and above": 90.0, "over 89": 89.0, "at least 90": 90.0, "85-89": 87.0, "85–89": 87.0, "85 to 89": 87.0,
    "85 - 89 yrs": 87.0, "85y-89y": 87.0, "~90": 90.0, "ca. 90": 90.0, "approx. 90": 90.0, "about 90 years": 90.0,
    "≈90": 90.0, "c. 90": 90.0,
}  # fmt: skip
MISSING = ["not collected", "ND", ".", "nan", "?", "none", "missing: control sample", None, np.nan, pd.NA]


def audited(values: list[object], n_case: int | None = None, name: str = "age") -> pd.DataFrame:
    n, k = len(values), n_case or len(values) // 2
    names = [f"s{i}" for i in range(n)]
    table = pd.DataFrame({"sample": names, "donor": names, "condition": ["op"] * k + ["ctl"] * (n - k)})
    return confounding(table.assign(**{name: pd.Series(values, dtype=object)}), case="op", control="ctl")


@pytest.mark.parametrize("value", [*EXACT, *INEXACT, *MISSING, "adult", "80±3", "twelve"], ids=str)
def test_one_odd_value_hides_no_age(value: object) -> None:
    found = audited([value, *OLD, *YOUNG])
    assert audit_summary(found) == (AuditVerdict.COMPLETELY_CONFOUNDED, ("age",))
    # exact rank-sum p of complete separation: both extremes of all arrangements of the known values
    known = value in EXACT or value in INEXACT
    assert found["p_value"].tolist() == pytest.approx([2 / 252 if known else 2 / 126])


@pytest.mark.parametrize(("value", "number"), [*EXACT.items(), *INEXACT.items()])
def test_what_is_read_and_what_is_noted(value: str, number: float) -> None:
    found = parse_numbers(pd.Series([value, *OLD]))
    assert found.array.tolist() == [number, 82.0, 84.0, 86.0, 88.0]
    assert [note.code for note in found.notes] == [NoteCode.VALUES_APPROXIMATE] * (value in INEXACT)


def test_notes_name_the_values() -> None:
    found = audited([">89", "elderly", "80-85", "88", "old", "20", "21", "22", "18 months", "24"])
    notes = {note.code: note for note in parse_notes(found["note"].iloc[0])}
    assert notes["values_approximate"].names("values") == ("80-85", ">89")
    assert notes["values_left_out"].names("values") == ("18 months", "elderly", "old")
    assert notes["values_left_out"].number("samples") == 3


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["18 mo", "8 weeks", "2 years", "3 years"], [1.5, 56 / 365.25, 2, 3]),
        (["12h", "24 hours", "36 h", "2 d"], [12, 24, 36, 48]),
        (["5 mg", "500 ug", "1 mg"], [5, 0.5, 1]),
        (["-2.5", "−3.1", "<-2.5", "0"], [-2.5, -3.1, -2.5, 0]),
        (["24.3 kg/m2", "23 kg/m²", "25 kg/m^2", "24"], [24.3, 23, 25, 24]),
        (["45%", "50 %", "5 percent"], [45, 50, 5]),
        (["P2", "passage 3", "p4", "P8-P9"], [2, 3, 4, 8.5]),
        (["82 F", "80 M", "79 F"], [82, 80, 79]),
        (["age: 82", "age: 83 years old", "Age: n/a"], [82, 83, np.nan]),
        (["T-score: -2.5", "t-score: -3", "T-Score: unknown"], [-2.5, -3, np.nan]),
        (["1,000", ">1,400", "100,000"], [1000, 1400, 100000]),
        (["0,305", "0,412", "1"], [0.305, 0.412, 1]),
        (["20-29", "30-39", "80-89"], [24.5, 34.5, 84.5]),
        (["82", "84", "18 months"], [82, 84, np.nan]),
        (["47%", "60%", "0.45"], [47, 60, np.nan]),
        ([1, 0, True], [1, 0, np.nan]),
        (["2012-03-21", "22 Mar 2012", "unknown"], [15420, 15421, np.nan]),
        (["13/3/2012", "1/4/2012"], [15412, 15431]),
        (["3/13/2012", "4/1/2012"], [15412, 15431]),
        (["13.3.2012", "1.4.2012"], [15412, 15431]),
    ],
)
def test_numbers(values: list[object], numbers: list[float]) -> None:
    found = read_field(pd.Series(values, dtype=object)).numbers
    assert found.array == pytest.approx(np.array(numbers, dtype=float), nan_ok=True)


@pytest.mark.parametrize(
    "values",
    [
        ["1A", "2B", "1B", "2A"],
        ["A1", "A2", "B1", "B2"],
        ["1C", "2D", "3C"],
        ["I", "II", "III"],
        ["12-345", "12-346", "12-347"],
        ["01-02", "01-03", "02-01"],
        ["1 control", "2 control", "3 case", "4 case"],
        ["1", "1", "2", "2", "A", "A"],
        ["hip", "82", "knee", "spine"],
        ["CD271+", "CD271-"],
    ],
)
def test_categories_stay_text(values: list[str]) -> None:
    found = read_field(pd.Series(values))
    assert found.numbers is None
    assert found.texts.tolist() == values


def test_none_and_minus_are_answers_among_words() -> None:
    assert read_field(pd.Series(["none", "dex", "n/a"])).texts.tolist() == ["none", "dex", np.nan]
    assert read_field(pd.Series(["+", "-", "+"])).texts.tolist() == ["+", "-", "+"]
    assert read_field(pd.Series(["none", "NONE", None])).texts.isna().all()
    assert read_field(pd.Series(["drug: dex", "drug: n/a"])).texts.tolist() == ["drug: dex", np.nan]
    assert read_field(pd.Series(["A", "-", "B"])).texts.tolist() == ["A", np.nan, "B"]


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        (["adult", "elderly", "old", "aged", "20", "21", "22", "23"], "complete_separation"),
        (["82", "elderly", "old", "aged", "20", "21", "22", "23"], "partial_separation"),
        (["82", "old", "20", "21"], "partial_separation"),
        (["5 mg", "6 mg", "7 mg", "8 mg", "5 mmol", "6 mmol", "7 mmol", "8 mmol"], "complete_separation"),
        (["22", "adult", "elderly", "old", "aged", "senile", "20", "21", "23", "24", "25", "26"], "partial_separation"),
        (["82", "elderly", "20", "41", "80", "45", "22", "23"], "clean"),
        (["old", "old", "old", "old", "30", "20", "21", "22", "23", "24"], "complete_separation"),
    ],
)
def test_a_field_that_is_mostly_numbers_always_has_a_row(values: list[str], verdict: str) -> None:
    found = audited(values)
    assert found["verdict"].tolist() == [verdict]
    assert "values_left_out" in found["note"].iloc[0]


def test_names_still_have_no_row() -> None:
    assert audited([f"MSC {n}" for n in range(8)]).empty
    assert audited([f"{n} osteoporotic" for n in range(4)] + [f"{n} control" for n in range(4)], name="library").empty


@pytest.mark.parametrize("value", ["90+", "not collected", "ND", "adult", None])
def test_a_covariate_stays_one_column(value: object) -> None:
    ages = [value, *OLD, *YOUNG]
    names = [f"s{i}" for i in range(10)]
    table = pd.DataFrame({"sample": names, "donor": names, "condition": ["op", "ctl"] * 5, "age": ages})
    table["fate_bias"] = np.random.default_rng(0).normal(size=10)
    how = {"case": "op", "control": "ctl", "measures": ["fate_bias"], "covariates": ["age"]}
    found = contrast(table, fields=table, **how).iloc[0]
    number = 90 if value == "90+" else np.nan
    wanted = contrast(table, fields=table.assign(age=[number, *map(float, OLD + YOUNG)]), **how).iloc[0]
    assert found["adjusted"] == pytest.approx(wanted["adjusted"])
    left = "" if value == "90+" else ",left_out=1"
    assert found["adjusted_for"] == wanted["adjusted_for"] == f"linear_model:covariates=age{left}"


def test_a_covariate_of_which_nothing_is_known_adjusts_for_nothing() -> None:
    names = [f"s{i}" for i in range(8)]
    table = pd.DataFrame({"sample": names, "donor": names, "condition": ["op", "ctl"] * 4, "age": "not collected"})
    table["fate_bias"] = np.arange(8.0)
    found = contrast(
        table, fields=table, case="op", control="ctl", measures=["fate_bias"], covariates=["age"]
    ).iloc[0]  # fmt: skip
    assert np.isnan(found["adjusted"])
    assert not found["adjusted_for"].startswith("linear_model")


@pytest.mark.parametrize(
    "kind",
    [
        lambda ages: pd.Categorical(ages, categories=[*dict.fromkeys(ages), "unused"]),
        lambda ages: pd.array(ages, dtype="string"),
        lambda ages: pd.Series([None, *map(int, ages[1:])], dtype="Int64"),
        lambda ages: pd.to_datetime([f"20{age}-01-01" if age.isdigit() else None for age in ages]),
    ],
)
def test_fields_of_any_type(kind) -> None:
    names = [f"s{i}" for i in range(10)]
    table = pd.DataFrame({"sample": names, "donor": names, "condition": ["op"] * 5 + ["ctl"] * 5})
    found = confounding(table.assign(age=kind(["missing", *OLD, *YOUNG])), case="op", control="ctl")
    assert found["verdict"].tolist() == ["complete_separation"]

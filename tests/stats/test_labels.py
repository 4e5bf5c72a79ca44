from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fatescore import stats
from fatescore.errors import InputError
from fatescore.stats._labels import label, with_labels


@pytest.mark.parametrize("value", [1, 1.0, "1", " 1 ", np.int8(1), np.float32(1)])
def test_whole_numbers_are_one_name(value: object) -> None:
    assert label(value) == "1"


def test_other_names() -> None:
    assert [label(value) for value in (True, np.True_, 1.5, 1e20, "1.0", "a  b")] == [
        "True", "True", "1.5", "100000000000000000000", "1.0", "a  b",
    ]  # fmt: skip
    assert {label(value) for value in (None, np.nan, pd.NA, pd.NaT, "", "  ")} == {""}


def test_a_number_beside_its_text_is_one_donor_or_refused() -> None:
    table = pd.DataFrame({"donor": [1, 1.0, "1", "2"]}, dtype=object)
    assert with_labels(table)["donor"].tolist() == ["1", "1", "1", "2"]
    with pytest.raises(InputError, match='donors "1" and "1.0"'):
        with_labels(pd.DataFrame({"donor": ["1", "1.0"]}))


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(InputError, match='several columns "donor"'):
        with_labels(pd.DataFrame([[1, 2]], columns=["donor", "donor"]))


@pytest.mark.parametrize("donor", [None, np.nan, "", " ", "unknown", "not collected", "nan", "?"])
def test_a_donor_without_name_is_refused(study, donor: object) -> None:
    table = study()
    table["donor"] = table["donor"].astype(object)
    table.loc[[1, 2], "donor"] = donor
    with pytest.raises(InputError, match='sample "S1" has no donor'):
        stats.donor_means(table, ["fate_bias"])


def test_initials_are_names(study) -> None:
    table = study()
    table.loc[[1, 2], "donor"] = ["NA", "ND"]
    assert len(stats.donor_means(table, ["fate_bias"])) == 9


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA, " "])
def test_samples_without_condition_are_told(study, nothing: object) -> None:
    table = study(6, 4)
    whole = stats.contrast(table.drop(index=0), case="sick", control="well", measures=["fate_bias"])
    table["condition"] = table["condition"].astype(object)
    table.loc[0, "condition"] = nothing
    found = stats.contrast(table, case="sick", control="well", measures=["fate_bias"])
    assert found["note"].tolist() == ["no_condition:samples=1"]
    pd.testing.assert_frame_equal(found.drop(columns="note"), whole.drop(columns="note"))


@pytest.mark.parametrize(
    ("column", "case", "control"),
    [
        ([0] * 4 + [1] * 4, 1, 0),
        ([0] * 4 + [1] * 4, "1", "0"),
        ([0.0] * 4 + [1.0] * 4, "1", "0"),
        (["0"] * 4 + ["1"] * 4, 1.0, 0.0),
        ([False] * 4 + [True] * 4, True, False),
        (pd.array([0] * 4 + [1] * 4, dtype="Int8"), 1, 0),
        (pd.array([False] * 4 + [True] * 4, dtype="boolean"), "True", "False"),
        (pd.Categorical([0] * 4 + [1] * 4, categories=[0, 1, 2]), 1, 0),
    ],
)
def test_conditions_that_are_no_text(column: object, case: object, control: object) -> None:
    names = list("abcdefgh")
    table = pd.DataFrame(
        {"sample": names, "donor": names, "condition": column, "fate_bias": [1, 2, 3, 4, 5, 6, 7, 8.0]}
    )
    found = stats.contrast(table, case=case, control=control, measures=["fate_bias"]).iloc[0]
    assert found["p_value"] == pytest.approx(2 / 70)  # the extreme of 8 over 4 arrangements, both sides
    assert (found["difference"], found["case"], found["control"]) == (4.0, str(case).removesuffix(".0"), label(control))


def test_a_condition_that_is_not_there_is_refused(study) -> None:
    table = study().assign(condition=[1] * 5 + [0] * 4)
    with pytest.raises(InputError, match=r'condition "2" is not in the table; expected one of 0, 1'):
        stats.contrast(table, case=2, control=0, measures=["fate_bias"])


def test_missing_values_are_no_arm_of_a_test() -> None:
    with pytest.raises(InputError, match="case holds no values"):
        stats.permutation_test([1.0, np.nan, 3.0], [4.0, 5.0, 6.0])
    with pytest.raises(InputError, match="leave donors without a value out"):
        stats.sign_flip_test([1.0, np.nan])


@pytest.mark.parametrize("labels", [["sick"] * 3 + ["well"] * 3, ["True"] * 3 + ["False"] * 3, [1, 1, 1, None, 0, 0]])
def test_labels_that_are_no_flags_are_refused(labels: list[object]) -> None:
    with pytest.raises(InputError, match="something else than True and False"):
        stats.expression_shift(np.eye(6), labels)


def test_numbers_of_batches_are_names(study) -> None:
    table = study(6, 6).assign(batch=[1, 2, 3] * 4)
    twice = pd.concat(
        [table, table.assign(sample=lambda rows: rows["sample"] + "b", batch=lambda rows: rows["batch"] + 1)]
    )
    how = {"case": "sick", "control": "well", "measures": ["fate_bias"], "block": "batch"}
    with pytest.raises(InputError, match='a donor has no "batch", or several'):
        stats.contrast(twice, fields=twice, **how)
    text = stats.contrast(table, fields=table.astype({"batch": str}), **how)
    pd.testing.assert_frame_equal(stats.contrast(table, fields=table.astype({"batch": float}), **how), text)


@pytest.mark.parametrize("nothing", ["", None, np.nan])
def test_a_data_set_needs_no_name(study, nothing: object) -> None:
    table = study()
    wanted = stats.contrast(table, case="sick", control="well", measures=["fate_bias"])
    found = stats.contrast(table.assign(dataset=nothing), case="sick", control="well", measures=["fate_bias"])
    pd.testing.assert_frame_equal(found, wanted)

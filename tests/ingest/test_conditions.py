"""Which condition names show, and which of two is the case."""

from __future__ import annotations

import pandas as pd
import pytest

from fatescore.ingest import conditions


@pytest.mark.parametrize(
    ("case", "control", "kind"),
    [
        ("Osteoporosis", "Control", "disease"), ("OP", "OA", "disease"), ("osteopenic", "non-osteopenic", "disease"),
        ("OVX", "Sham", "disease"), ("fracture", "nonfracture", "disease"), ("low BMD", "high BMD", "disease"),
        ("patient", "healthy", "disease"), ("hMSC-osteopo", "hMSC-old", "disease"), ("骨质疏松", "对照", "disease"),
        ("osteoporotic elderly", "healthy elderly", "disease"), ("aged", "young", "other"), ("KO", "WT", "other"),
        ("KO_OVX", "WT_OVX", "other"), ("Runx2 -/-", "Runx2 +/+", "other"), ("Runx2+/-", "Runx2+/+", "other"),
        ("RUNX2 siRNA", "control siRNA", "other"), ("Dex", "Vehicle", "other"), ("treated", "untreated", "other"),
        ("day 7", "baseline", "other"), ("24 months", "young", "other"),
    ],
)  # fmt: skip
def test_words_tell_the_case_whatever_the_order(case: str, control: str, kind: str) -> None:
    expected = conditions.Sides(case, control, kind)
    assert conditions.sides([control, case]) == expected
    assert conditions.sides([case, control]) == expected


@pytest.mark.parametrize(
    "levels",
    [
        ["A", "B"], ["OVX", "OVX+E2"], ["osteogenic", "adipogenic"], ["OVX", "KO"], ["sham", "wild type"],
        ["old", "treated"], ["OP control", "x"], ["day 0", "day 7"], ["control 1", "control 2"], ["control"],
    ],
)  # fmt: skip
def test_where_words_do_not_tell_nothing_is_said(levels: list[str]) -> None:
    assert conditions.sides(levels) is None
    assert conditions.contrasts(levels) == []


def test_of_several_conditions_the_only_control_is_compared_with_each() -> None:
    found = conditions.contrasts(["OVX", "sham", "fracture"])
    assert [(one.case, one.control) for one in found] == [("OVX", "sham"), ("fracture", "sham")]
    assert conditions.contrasts(["OVX", "sham", "WT"]) == []  # two controls
    assert conditions.contrasts(["OVX", "sham", "7 days"]) == []  # one that no word tells
    assert conditions.contrasts(["sham", "OVX", "OVX E2"]) == []  # a treatment of the cases


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ("control_1 control_2 osteoporosis_1 osteoporosis_2", "control control osteoporosis osteoporosis"),
        ("CT1 CT2 OP1 OP2", "CT CT OP OP"),
        ("marrow_control_1 marrow_OP_1 marrow_control_2", "control OP control"),
        ("Sham-rep1 Sham-rep2 OVX-rep1 OVX-rep2", "Sham Sham OVX OVX"),
        ("CT1_marrow CT2_marrow OP1_marrow OP2_marrow", "CT CT OP OP"),
        ("CTRL_1 OP_1", "CTRL OP"),
        ("BMSC-ctrl_d1_P1_86yrs BMSC-osteopo_d1_P2_74yrs BMSC-osteopo_d2_P1_79yrs", "ctrl osteopo osteopo"),
        ("patient_1 patient_2 healthy_1", "patient patient healthy"),
        ("a1 a2 b1 b2", ""), ("CT1 CT2", ""), ("GSM1 GSM2", ""), ("S1 OP1 S2", "S OP S"), ("x", ""),
        ("ctrl_1 ctrl_OVX_1 OVX_1", ""),  # a control that is a case
    ],
)  # fmt: skip
def test_names_show_the_condition(names: str, shown: str) -> None:
    assert conditions.of_names(names.split()) == shown.split()


def test_fields_show_each_grouping_once_and_those_called_so_first() -> None:
    fields = pd.DataFrame(
        {
            "title": ["a", "b", "c", "d"],
            "source_name_ch1": ["healthy bone", "healthy bone", "OP bone", "OP bone"],
            "characteristics: disease state": ["control", "control", "osteoporosis", "osteoporosis"],
            "characteristics: treatment": ["vehicle", "dex", "vehicle", "dex"],
            "characteristics: diagnosis": ["", "", "osteoporosis", "osteoporosis"],  # of the controls nothing is known
            "characteristics: status": ["", "fractured", "fractured", ""],
            "characteristics: batch": ["1", "2", "2", "1"],
        }
    )
    found = conditions.of_fields(fields)
    assert [one.where for one in found] == [
        'the field "characteristics: disease state"', 'the field "characteristics: treatment"',
    ]  # fmt: skip
    assert found[0].conditions == ["control", "control", "osteoporosis", "osteoporosis"]

"""A sample sheet and the data: every row on its sample, or a refusal that helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.ingest.inspection import Inspection, inspect
from fatescore.ingest.sample_sheet import Sheet, join_sheet

GROUPS = {"CT1": "con", "CT2": "con", "OP1": "OP", "OP2": "OP"}


@pytest.fixture
def data(tmp_path: Path) -> Callable[..., Inspection]:
    """Write a table of counts with these samples, and inspect it."""

    def make(*samples: str, name: str = "study") -> Inspection:
        values = np.arange(3 * len(samples)).reshape(3, -1)
        table = pd.DataFrame(values, index=["RUNX2", "PPARG", "ALPL"], columns=list(samples))
        table.to_csv(tmp_path / f"{name}.tsv", sep="\t")
        return inspect(tmp_path / f"{name}.tsv")

    return make


@pytest.fixture
def study(data: Callable[..., Inspection]) -> Inspection:
    return data(*GROUPS)


@pytest.fixture
def join(tmp_path: Path) -> Callable[..., Sheet]:
    def joined(text: str, *inspected: Inspection, **named: str) -> Sheet:
        path = tmp_path / "sheet.csv"
        path.write_text(text, encoding="utf-8")
        return join_sheet(path, inspected, **named)

    return joined


def sheet(header: str, row: str, rows: dict[str, str] = GROUPS) -> str:
    lines = [row.format(sample=sample, group=group, n=n) for n, (sample, group) in enumerate(rows.items(), start=1)]
    return "\n".join([header, *lines]) + "\n"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Sample ID,Patient,Group,Age,Sex", "{sample},P{n},{group},7{n},F"),
        ("donor_id;library;diagnosis;age;gender", "P{n};{sample};{group};7{n};F"),
        ("Subject\tName\tDisease State\tAge (years)\tsex", "P{n}\t{sample}\t{group}\t7{n}\tF"),
        ("Group,Individual,GSM,AGE,SEX", "{group},P{n},{sample},7{n},F"),
        ("样本,患者,分组,年龄,性别", "{sample},P{n},{group},7{n},F"),
        ("\ufeffsample,donor,condition,age,sex", '"{sample}", P{n} ,{group},7{n},F'),
        ("what,donor,condition,age,sex", "{sample},P{n},{group},7{n},F"),  # no usual name: by what it holds
    ],
)
def test_usual_names_and_marks(study: Inspection, join: Callable[..., Sheet], header: str, row: str) -> None:
    found = join(sheet(header, row), study)
    assert found.table.columns.tolist() == ["dataset", "sample", "donor", "condition", "age", "sex"]
    assert found.table.loc[2].tolist() == ["study", "OP1", "P3", "OP", "73", "F"]
    assert found.table["sample"].tolist() == list(GROUPS)
    assert found.notes == []


def test_rows_in_another_order_stay_with_their_samples(study: Inspection, join: Callable[..., Sheet]) -> None:
    rows = dict(reversed(GROUPS.items()))
    table = join(sheet("sample,donor,group,note", "{sample},of {sample},{group},{n}", rows), study).table
    assert table.set_index("sample")["donor"].to_dict() == {name: f"of {name}" for name in GROUPS}
    assert table["note"].tolist() == ["1", "2", "3", "4"]  # a further column stays


def test_without_donors_every_sample_is_one_and_it_is_said(study: Inspection, join: Callable[..., Sheet]) -> None:
    found = join(sheet("sample,group", "{sample},{group}"), study)
    assert found.table["donor"].tolist() == list(GROUPS)
    assert found.notes == ["no column of the sheet names donors: every sample is taken as one"]


def test_a_name_that_differs_from_that_in_the_data_is_kept_beside_it(
    data: Callable[..., Inspection], join: Callable[..., Sheet]
) -> None:
    found = data("X1", "X2", "X3", "X4")
    text = sheet("sample,name in data,GSM,group", "{sample},X{n},GSM{n},{group}")
    table = join(text, found).table
    assert table["sample"].tolist() == list(GROUPS)
    assert table["name_in_data"].tolist() == ["X1", "X2", "X3", "X4"]
    assert table["geo_accession"].tolist() == ["GSM1", "GSM2", "GSM3", "GSM4"]


def test_the_names_of_files_join_what_the_names_in_the_data_do_not(tmp_path: Path, join: Callable[..., Sheet]) -> None:
    folder = tmp_path / "flat"
    folder.mkdir()
    for n, name in enumerate(GROUPS, start=1):
        (folder / f"GSM{n}_{name}.counts.txt").write_text(f"gene\t{name}\nRUNX2\t{n}\nPPARG\t7\n")
    found = inspect(folder)
    assert found.samples["condition"].tolist() == ["CT", "CT", "OP", "OP"]  # what the files show
    table = join(sheet("sample,group", "{sample},{group}"), found).table
    assert table["name_in_data"].tolist() == ["GSM1", "GSM2", "GSM3", "GSM4"]
    with pytest.raises(InputError, match=r"several rows .* are the sample GSM1"):
        join(sheet("sample,group", "{sample},{group}") + "GSM1,con\n", found)
    files = join(sheet("file,group", "GSM{n}_{sample}.counts.txt,{group}"), found).table
    assert files["sample"].tolist() == ["GSM1", "GSM2", "GSM3", "GSM4"]
    assert "name_in_data" not in files


def test_a_row_may_leave_a_sample_out_or_be_of_none(study: Inspection, join: Callable[..., Sheet]) -> None:
    text = sheet("sample,group,use", "{sample},{group},yes", {"CT1": "con", "OP1": "OP", "OP2": "OP"})
    table = join(f"{text}CT2,,No\nOP9,,no\n", study).table
    assert table.set_index("sample")["use"].to_dict() == {"CT1": "yes", "OP1": "yes", "OP2": "yes", "CT2": "no"}


def test_two_data_sets_share_a_sheet(data: Callable[..., Inspection], join: Callable[..., Sheet]) -> None:
    both = data("CT1", "OP1", name="a"), data("CT2", "OP2", name="b")
    table = join(sheet("sample,group", "{sample},{group}"), *both).table
    assert table.set_index("sample")["dataset"].to_dict() == {"CT1": "a", "CT2": "b", "OP1": "a", "OP2": "b"}
    twins = data("CT1", "OP1", name="a"), data("CT1", "OP1", name="b")
    with pytest.raises(InputError, match=r'"CT1" is a sample of a and of b; .*say which in a column "dataset"'):
        join("sample,group\nCT1,con\nOP1,OP\n", *twins)
    rows = "a,CT1,con\na,OP1,OP\nb,CT1,OP\nb,OP1,con\nc,CT1,con\n"
    found = join(f"dataset,sample,group\n{rows}", *twins)
    assert found.table[["dataset", "condition"]].to_numpy().tolist() == [
        ["a", "con"], ["a", "OP"], ["b", "OP"], ["b", "con"],
    ]  # fmt: skip
    assert found.notes[0] == "1 rows of other data sets are left out"


def test_a_column_dataset_of_other_things_is_a_further_column(study: Inspection, join: Callable[..., Sheet]) -> None:
    table = join(sheet("sample,group,dataset", "{sample},{group},run{n}"), study).table
    assert table["dataset"].unique().tolist() == ["study"]
    assert table["dataset (sheet)"].tolist() == ["run1", "run2", "run3", "run4"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (sheet("sample,group", "{sample},{group}", {"CT1": "con", "OP1": "OP"}), r"no row for CT2, OP2 .*\"use\""),
        (sheet("sample,group", "{sample},{group}", {**GROUPS, "OP7": "OP"}), r"not in the data.*: OP7; .*remove these"),
        (sheet("sample,group", "{sample},{group}").replace("OP2", "OP7"), r"OP7; expected names in the data: OP2;"),
        (sheet("sample,group", "s{n},{group}"), r"no column names the samples .*CT1, CT2, OP1, OP2; .*name_in_data"),
        (sheet("sample,group", "{sample},{group}") + "CT1,con\n", r'"CT1" stands twice in column "sample"'),
        (
            sheet("sample,group,treatment", "{sample},{group},t{n}"),
            r'condition: group, treatment; .*--condition "group"',
        ),
        (sheet("sample,patient,animal,group", "{sample},P{n},x,{group}"), r"could be the donor: patient, animal"),
        (sheet("sample,what", "{sample},v{n}"), r"no column with two values .*--condition: one of sample, what"),
        (sheet("sample,group", "{sample},{group}").replace("con", "", 1), r'row 2: sample "CT1" has no condition'),
        (sheet("sample,group", "{sample},{group}").replace("con", "?", 1), r'row 2: sample "CT1" has no condition'),
        (sheet("sample,group", "{sample},{group}").replace("con", "Con", 1), r'"Con" and "con" differ in spelling'),
        (sheet("sample,patient,group", "{sample},,{group}"), r'has no donor \(column "patient"\)'),
        ("sample,group\n", r"has no rows"),
    ],
)
def test_what_is_absent_or_ambiguous_is_refused_with_what_helps(
    study: Inspection, join: Callable[..., Sheet], text: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        join(text, study)


def test_the_way_out_of_a_refusal_works(study: Inspection, join: Callable[..., Sheet]) -> None:
    two = sheet("sample,group,treatment", "{sample},{group},t{n}")
    assert join(two, study, condition="group").table["condition"].tolist() == list(GROUPS.values())
    with pytest.raises(InputError, match=r'no column "grup"; did you mean "group"'):
        join(two, study, condition="grup")
    donors = sheet("sample,patient,animal,group", "{sample},P{n},x,{group}")
    assert join(donors, study, donor="patient").table["donor"].tolist() == ["P1", "P2", "P3", "P4"]
    absent = sheet("sample,group", "{sample},{group}", {"CT1": "con", "OP1": "OP"})
    lines = absent.replace("group", "group,use").splitlines()
    assert len(join("\n".join([lines[0], *(f"{line}," for line in lines[1:]), "CT2,,no", "OP2,,no"]), study).table) == 4


def test_a_usual_name_whose_values_do_not_differ_is_no_condition(study: Inspection, join: Callable[..., Sheet]) -> None:
    found = join(sheet("sample,status,what", "{sample},passed,{group}"), study)
    assert found.roles["condition"] == "what"  # the only one whose words tell case and control


def test_a_row_that_could_be_two_samples_is_refused(
    data: Callable[..., Inspection], join: Callable[..., Sheet]
) -> None:
    found = data("CT 1", "CT-1", "OP1")
    with pytest.raises(InputError, match=r"CT.1.*could be CT 1, CT-1"):
        join("sample,group\nCT.1,con\nOP1,OP\n", found)

"""Names that are spelled differently: joined where only one can be meant, else told."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatescore.ingest.spelling import join, spellings

LABEL = (
    st.text("abXY019 -+/%()#αβ*<>_.", min_size=1, max_size=8)
    .map(str.strip)
    .filter(lambda text: re.search("[a-zA-Z0-9]", text))
)


def make_names(titles: list[str]) -> list[str]:
    """R's make.names(unique = TRUE) in the C locale."""
    names = [re.sub(r"[^A-Za-z0-9._]", ".", title) for title in titles]
    names = [name if re.match(r"[A-Za-z]|\.(?![0-9])", name) else f"X{name}" for name in names]
    found: list[str] = []
    for place, name in enumerate(names):
        free = (f"{name}.{n}" for n in range(1, 99) if f"{name}.{n}" not in {*names, *found})
        found.append(next(free) if name in names[:place] else name)
    return found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CT.1", "CT 1"), ("X1_KO", "1 KO"), ("X.5..FBS", "5% FBS"), ("CT1", "CT1 [RNA-seq]"), ("CT1_count", "CT1"),
        ("CT1.sorted.bam", "CT1"), ("./a/b/CT1.bam", "CT1"), ("CT1_counts.txt", "CT1"), ("BMSC_01", "BMSC 1"),
        ("TNFa.1", "TNFα 1"), ("TNF..1", "TNFα 1"), ("TNFalpha_1", "TNFα 1"), ("Bela", "Béla"), ("FPKM.CT1", "CT1"),
        ("CT1ReadsPerGene.out.tab", "CT1"), ("CT1_S3_L001_R1_001", "CT1"), ("CT1_Aligned.sortedByCoord.out.bam", "CT1"),
        ("CT1.CHP Signal", "CT1"), ("CT1_cellbender_filtered", "CT1"),
    ],
)  # fmt: skip
def test_spelled_differently(name: str, text: str) -> None:
    found = join([name], {"GSM1": [text], "GSM2": ["another"]})
    assert found.found == {name: (text, "GSM1")}


@pytest.mark.parametrize(
    ("name", "text"), [("CT1", "CT2"), ("BMSC_1", "BMSC_10"), ("OP1 2", "OP12"), ("counts", "raw"), ("+/+", "-/-")]
)
def test_not_the_same(name: str, text: str) -> None:
    found = join([name], {"GSM1": [text]})
    assert (found.found, found.ambiguous) == ({}, {})


@pytest.mark.parametrize(
    ("column", "titles"),
    [
        ("Runx2.....1", ["Runx2 +/+ 1", "Runx2 -/- 1"]), ("CD271...", ["CD271(+)", "CD271(-)"]),
        ("ifnA", ["IFNα", "IFNa"]), ("TNF..1", ["TNFα 1", "TNFβ 1"]), ("X.5.", ["<5%", ">5%"]), ("WT.", ["WT*", "WT"]),
        ("KO..1", ["KO \N{MINUS SIGN}1", "KO +1"]), ("a_1", ["a-1", "a.1"]), ("WT", ["WT", "WT"]),
        ("CT1", ["CT1 [RNA-seq]", "CT1 [scRNA-seq]"]), ("对照 1", ["对照1", "病例1"]),
    ],
)  # fmt: skip
def test_what_could_be_two_is_never_chosen(column: str, titles: list[str]) -> None:
    found = join([column], {f"GSM{n}": [title] for n, title in enumerate(titles)})
    assert not found.found
    assert {owner for _, owner in found.ambiguous[column]} == {"GSM0", "GSM1"}


def test_a_number_may_be_that_of_a_repeated_name() -> None:
    found = join(["a.1", "a.1.1"], {"GSM1": ["a-1"], "GSM2": ["a.1"]})  # make.unique: the first may be either
    assert not found.found
    assert set(found.ambiguous) == {"a.1", "a.1.1"}


def test_exact_names_are_judged_as_the_loosest_one() -> None:
    texts = {"GSM1": ["Runx2 +/+ 1"], "GSM2": ["Runx2 -/- 1"], "GSM3": ["CT 1"]}
    whole = join(["Runx2 +/+ 1", "Runx2 -/- 1", "pool"], texts)
    assert set(whole.found) == {"Runx2 +/+ 1", "Runx2 -/- 1"}  # nothing needs another spelling
    mixed = join(["Runx2 +/+ 1", "Runx2.....1"], texts)
    assert not mixed.found
    assert set(mixed.ambiguous) == {"Runx2 +/+ 1", "Runx2.....1"}


def test_two_names_of_one() -> None:
    found = join(["CT.1", "CT-1"], {"GSM1": ["CT 1"]})
    assert not found.found
    assert set(found.ambiguous) == {"CT.1", "CT-1"}


def test_folders_that_all_share_go() -> None:
    texts = {"GSM1": ["CT1"], "GSM2": ["OP1"]}
    for names in (["X..a.b.CT1.bam", "X..a.b.OP1.bam"], ["X.h.CT1.accepted_hits.bam", "X.h.OP1.accepted_hits.bam"]):
        assert [owner for _, owner in join(names, texts).found.values()] == ["GSM1", "GSM2"]


@given(st.lists(LABEL, min_size=1, max_size=6, unique=True))
def test_r_never_makes_one_sample_of_another(titles: list[str]) -> None:
    owners = {f"GSM{n}": [title] for n, title in enumerate(titles)}
    columns = make_names(titles)
    for chosen in (columns, columns[: len(columns) // 2 + 1]):
        found = join(chosen, owners)
        for column, (_, owner) in found.found.items():
            assert owner == f"GSM{columns.index(column)}"


@given(st.lists(LABEL, min_size=1, max_size=6, unique=True))
def test_names_as_they_are_written_are_always_found(titles: list[str]) -> None:
    found = join(titles, {f"GSM{n}": [title] for n, title in enumerate(titles)})
    assert [owner for _, owner in found.found.values()] == [f"GSM{n}" for n in range(len(titles))]


@given(LABEL)
def test_spelling_again_changes_nothing(label: str) -> None:
    assert all(key in spellings(key) for key in spellings(label))


def test_repeats_that_pandas_numbers_are_not_the_replicates_of_that_number() -> None:
    columns = ["CT", "CT.1", "CT.2"]
    assert not join(columns, {f"GSM{n}": [f"CT{n}"] for n in (1, 2, 3)}).found
    sheet = join(["CT1", "CT2"], {name: [name] for name in columns})
    assert not sheet.found
    assert {name: {owner for _, owner in hits} for name, hits in sheet.ambiguous.items()} == {
        "CT1": {"CT", "CT.1"}, "CT2": {"CT.1", "CT.2"},
    }  # fmt: skip
    assert join(["CT1"], {"CT.1": ["CT.1"], "CT.2": ["CT.2"]}).found == {"CT1": ("CT.1", "CT.1")}  # nothing repeats


def test_a_name_behind_an_accession() -> None:
    found = join(["CT1", "GSM2"], {"a": ["GSM1_CT1.CEL.gz"], "b": ["GSM2_OP1.CEL.gz", "GSM2"]})
    assert found.found == {"CT1": ("GSM1_CT1.CEL.gz", "a"), "GSM2": ("GSM2", "b")}
    assert not join(["CT1"], {"a": ["GSM1_CT1"], "b": ["GSM2_CT1"]}).found

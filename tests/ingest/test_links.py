"""Which name in the data and which GEO sample a row of the sample table is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.ingest.geo_names import accessions_of
from fatescore.ingest.links import link
from fatescore.ingest.matrix import Raw
from fatescore.ingest.patterns import complete
from fatescore.ingest.samples import match_samples

TITLES = ["BMSC, healthy, donor A", "BMSC, osteoporotic, donor D"]
RUNX2 = {"title": ["Runx2 +/+ 1", "Runx2 +/+ 2", "Runx2 -/- 1", "Runx2 -/- 2"]}
PATTERNS: dict[str, Any] = {
    "donor": {"field": "title", "match": r"donor (\w)"},
    "condition": {"field": "title", "values": {"control": "healthy", "osteoporosis": "osteoporotic"}},
}


def raw(columns: list[str], **fields: list[str]) -> Raw:
    n = max(map(len, fields.values()), default=0)
    index = pd.Index([f"GSM{n + 1}" for n in range(n)], name="geo_accession")
    described = pd.DataFrame(fields, index=index, dtype=object) if fields else None
    return Raw(np.ones((len(columns), 1)), ["RUNX2"], list(columns), fields=described)


def rows(*samples: str, **columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"sample": samples, "donor": samples, "condition": "x", **columns}, dtype=object)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("description", ["Library name: CT1", "Library name: OP1"]),
        ("description", ["RNA-seq of bone | CT1", "RNA-seq of bone | OP1"]),
        ("characteristics: sample id", ["CT1", "OP1"]),
        ("source_name_ch1", ["CT1", "OP1"]),
        ("supplementary_file_1", ["ftp://x/GSM1_CT1.txt.gz", "ftp://x/GSM2_OP1_counts.txt.gz"]),
        ("relation", [f"BioSample: https://x/SAMN1 | SRA: https://x?term=SRX{n}" for n in (11, 12)]),
    ],
)
def test_columns_are_found_in_any_field_that_names_the_sample(field: str, values: list[str]) -> None:
    columns = ["SRX11", "SRX12"] if field == "relation" else ["CT1", "OP1"]
    data = raw(columns, title=TITLES, **{field: values})
    links = link(data, rows(*columns))
    assert links.accessions == dict(zip(columns, ["GSM1", "GSM2"], strict=True))
    assert f"{columns[0]} is GSM1 ({field}" in links.notes[0]
    made = complete(data, rows(), PATTERNS, "d")
    assert made[["sample", "donor", "condition"]].to_numpy().tolist() == [
        ["GSM1", "A", "control"], ["GSM2", "D", "osteoporosis"],
    ]  # fmt: skip
    assert match_samples(data, made, "d").names == dict(zip(columns, ["GSM1", "GSM2"], strict=True))


def test_titles_that_are_spelled_as_the_columns_need_no_note() -> None:
    links = link(raw(["a 1", "GSM2_x"], title=["a 1", "b"]), rows("a 1", "GSM2"))
    assert (links.samples, links.notes) == ({"a 1": "a 1", "GSM2_x": "GSM2"}, [])
    assert links.accessions == {"a 1": "GSM1", "GSM2_x": "GSM2"}


def test_another_spelling_is_noted_on_both_sides() -> None:
    links = link(raw(["CT.1"], title=["CT 1"]), rows("ct-01"))
    assert links.samples == {"CT.1": "ct-01"}
    assert links.notes == [
        'samples found in GEO\'s fields: CT.1 is GSM1 (title "CT 1")',
        "samples whose names are spelled differently in the data: ct-01 is CT.1",
    ]


@pytest.mark.parametrize(
    "table",
    [rows("Runx2.....1", "Runx2.....2"), rows("GSM3", "GSM4"), rows("Runx2 -/- 1", "Runx2 -/- 2")],
    ids=["columns", "accessions", "titles"],
)
def test_a_column_that_could_be_two_samples_is_refused(table: pd.DataFrame) -> None:
    data = raw(["Runx2.....1", "Runx2.....2"], **RUNX2)
    message = r'Runx2\.{5}1 in the data could be GSM1 \("Runx2 \+/\+ 1"\), GSM3 \("Runx2 -/- 1"\).*name_in_data'
    with pytest.raises(InputError, match=message):
        link(data, table)
    with pytest.raises(InputError, match=r"could be GSM1 .*GSM3"):
        complete(data, rows(), {"condition": {"field": "title"}, "donor": {"field": "title"}}, "d")


@pytest.mark.parametrize(
    "table",
    [
        rows("Runx2.....1", "Runx2.....2", geo_accession=["GSM1", "GSM2"]),
        rows("GSM1", "GSM2", name_in_data=["Runx2.....1", "Runx2.....2"]),
        rows("A", "B", name_in_data=["Runx2.....1", "Runx2.....2"], geo_accession=["GSM1", "GSM2"]),
    ],
)
def test_what_the_refusal_advises_works(table: pd.DataFrame) -> None:
    data = raw(["Runx2.....1", "Runx2.....2"], **RUNX2)
    matched = match_samples(data, table, "d")
    assert matched.fields["title"].tolist() == ["Runx2 +/+ 1", "Runx2 +/+ 2"]
    assert matched.fields["geo_accession"].tolist() == ["GSM1", "GSM2"]
    assert matched.names == dict(zip(data.columns, table["sample"], strict=True))
    assert "name_in_data" not in matched.fields
    assert matched.notes == ["2 samples of the series have no values in the data: GSM3, GSM4"]


def test_none_says_that_a_column_is_no_sample_of_geo() -> None:
    data = raw(["Runx2.....1"], **RUNX2)
    matched = match_samples(data, rows("Runx2.....1", geo_accession=["none"]), "d")
    assert list(matched.fields) == ["dataset", "sample", "donor", "condition"]
    assert "no GEO sample was found for Runx2.....1" in matched.notes[0]


def test_left_out_it_needs_no_accession() -> None:
    data = raw(["Runx2.....1", "GSM4"], **RUNX2)
    matched = match_samples(data, rows("Runx2.....1", "GSM4", use=["no", ""]), "d")
    assert matched.fields["sample"].tolist() == ["GSM4"]


def test_a_column_without_a_geo_sample_is_a_note() -> None:
    matched = match_samples(raw(["k1", "k2"], title=TITLES), rows("k1", "k2"), "d")
    assert matched.notes == [
        "no GEO sample was found for k1, k2: their GEO fields are blank; geo_accession in samples.tsv names it"
    ]
    assert match_samples(raw(["k1", "k2"]), rows("k1", "k2"), "d").notes == []  # no series, no fields to miss


def test_an_accession_leads_to_the_column() -> None:
    data = raw(["CT1", "OP1"], title=TITLES, description=["Library name: CT1", "Library name: OP1"])
    links = link(data, rows("first", "second", geo_accession=["GSM2", "GSM1"]))
    assert links.samples == {"OP1": "first", "CT1": "second"}
    unknown = rows("first", "k2", geo_accession=["GSM2", ""])
    with pytest.raises(InputError, match=r"not in the data: first"):  # a blank accession is none
        match_samples(raw(["k1", "k2"], title=TITLES), unknown, "d")


def test_the_table_comes_before_the_name_and_says_so() -> None:
    links = link(raw(["CT1"], title=["CT1", "OP1"]), rows("CT1", geo_accession=["GSM2"]))
    assert links.accessions == {"CT1": "GSM2"}
    assert links.notes == ["CT1 is GSM2, as samples.tsv says, though its name is that of GSM1"]


@pytest.mark.parametrize(
    ("columns", "table", "message"),
    [
        (["1", "2"], rows("a", "b", name_in_data=["1", "3"]), r'"b" is "3", which is no name in the data.*1, 2'),
        (["1", "2"], rows("a", "b", name_in_data=["1", "1"]), r"a, b have the same name_in_data, 1"),
        (["1"], rows("1", geo_accession=["GSM9"]), r'"GSM9", which is no sample of the series.*GSM1, GSM2.*did you'),
        (["GSM1_a"], rows("GSM2", name_in_data=["GSM1_a"]), r'"GSM2" is GSM1_a in the data and GSM2'),
        (["a.b"], rows("a-b", "a b"), r"a-b, a b of the sample table could be a\.b.*name_in_data"),
        (["1", "2"], rows("CT1", "OP1"), r"not in the data: CT1, OP1; expected .*1, 2; .*column name_in_data"),
    ],
)
def test_statements_that_cannot_be(columns: list[str], table: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        match_samples(raw(columns, title=TITLES), table, "d")


def test_columns_of_one_accession_are_named_in_full() -> None:
    data = raw(["GSM1_a", "GSM1_b"], title=TITLES)
    made = complete(data, rows(), PATTERNS, "d")
    assert made["sample"].tolist() == ["GSM1_a", "GSM1_b"]
    assert match_samples(data, made, "d").fields["geo_accession"].tolist() == ["GSM1", "GSM1"]


def test_names_that_geo_does_not_know_are_completed_from_the_table() -> None:
    data = raw(["1", "2"], title=TITLES)
    with pytest.raises(InputError, match=r"no sample fields: 1, 2.*name_in_data"):
        complete(data, rows(), PATTERNS, "d")
    table = rows("GSM2", "GSM1", name_in_data=["1", "2"]).assign(donor="", condition="")
    made = complete(data, table, PATTERNS, "d")
    assert match_samples(data, made, "d").fields["condition"].tolist() == ["osteoporosis", "control"]


@pytest.mark.parametrize(
    "sentences",
    [
        ["RNA of BMSC (L101)", "RNA of BMSC (L102), L101 failed"],
        ["counts.txt, column L101", "counts.txt, column L102."],
    ],
)
def test_names_that_are_words_of_a_field(sentences: list[str]) -> None:
    links = link(raw(["L102", "L101"], title=TITLES, description=sentences), rows("L101", "L102"))
    if "failed" in sentences[1]:  # L101 is a word of both
        assert set(links.accessions.values()) == {""}
    else:
        assert links.accessions == {"L102": "GSM2", "L101": "GSM1"}
        assert "L102 is GSM2 (a word of its description)" in links.notes[0]


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        (["L101", "L102"], {"description": ["of L101", "of L102"], "source_name": ["in L102", "in L101"]}),  # differ
        (["1", "2"], {"description": ["donor 1", "donor 2"]}),  # numbers are of anything
        (["L101", "L103"], {"description": ["of L101", "of L102"]}),  # one is missing
        (["L101"], {"description": ["of L101", "of L102"]}),  # a single word is chance
        (["L101", "L102"], {"protocol": ["of L101", "of L102"]}),
    ],
)
def test_words_that_are_not_sure(columns: list[str], fields: dict[str, list[str]]) -> None:
    links = link(raw(columns, title=TITLES, **fields), rows(*columns))
    assert set(links.accessions.values()) == {""}


def test_an_accession_in_the_name_needs_no_series() -> None:
    names = ["GSM1_CT1", "GSM2_OP1"]
    assert link(raw(names), rows("GSM2", "GSM1")).samples == dict(zip(names, ["GSM1", "GSM2"], strict=True))
    assert link(raw(names), rows("OP1", "CT1")).samples == dict(zip(names, ["CT1", "OP1"], strict=True))


def test_a_name_that_contradicts_its_accession_is_refused() -> None:
    data = raw(["GSM2_CT1", "GSM1_CT2"], title=["CT1", "CT2"])
    with pytest.raises(InputError, match=r"CT1, CT2 of the sample table could be GSM1_CT2, GSM2_CT1 in the data"):
        link(data, rows("CT1", "CT2"))
    stated = link(data, rows("CT1", "CT2", name_in_data=["GSM1_CT2", "GSM2_CT1"]))  # as the refusal says
    assert stated.samples == {"GSM1_CT2": "CT1", "GSM2_CT1": "CT2"}


def test_a_sample_of_the_series_without_values_is_noted() -> None:
    data = raw(["CT1"], title=["CT1", "OP1"])
    assert match_samples(data, rows("CT1"), "d").notes == ["1 samples of the series have no values in the data: GSM2"]


@pytest.mark.parametrize(("sample", "hint"), [("contol 1", 'did you mean "control 1"'), ("control 2", "name_in_data")])
def test_another_number_is_never_proposed(sample: str, hint: str) -> None:
    with pytest.raises(InputError, match=f"not in the data: {sample}; .*{hint}") as refused:
        match_samples(raw(["control 1"]), rows(sample), "d")
    assert ("did you mean" in str(refused.value)) is ("did you mean" in hint)


def test_a_sample_that_another_name_holds_is_not_given_twice() -> None:
    found = accessions_of(raw(["GSM1_x", "CT1"], title=["CT1", "OP1"]))
    assert (found.of, list(found.ambiguous)) == ({"GSM1_x": "GSM1", "CT1": ""}, ["CT1"])
    data = raw(["GSM1_x", "L101", "L102"], title=TITLES, description=["of L101", "of L102"])
    links = link(data, rows(*data.columns))
    assert links.accessions == {"GSM1_x": "GSM1", "L101": "", "L102": ""}

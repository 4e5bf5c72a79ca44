"""Accessions and addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.geo.accession import DEFAULT_BASE_URL, Accession, check_base_url, is_safe_name, select_files


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("GSE35958", "series/GSE35nnn/GSE35958"),
        ("GSE781", "series/GSEnnn/GSE781"),
        ("GSE1", "series/GSEnnn/GSE1"),
        ("GSE1000", "series/GSE1nnn/GSE1000"),
        ("gpl570", "platforms/GPLnnn/GPL570"),
        (" GSM878100 ", "samples/GSM878nnn/GSM878100"),
    ],
)
def test_folder(text: str, folder: str) -> None:
    assert Accession.parse(text).folder == folder


@given(st.integers(1, 999_999_999))
def test_stub_keeps_all_but_three_digits(number: int) -> None:
    accession = Accession.parse(f"GSE{number}")
    assert accession.stub == f"GSE{number // 1000 or ''}nnn"


@pytest.mark.parametrize("text", ["", "GSE", "35958", "GSE35958x", "GSE0", "GDS12", "../GSE1", "GSE1/..", "GSE 1"])
def test_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a GEO accession"):
        Accession.parse(text)


def test_addresses() -> None:
    assert check_base_url("/m/geo") == "file:///m/geo"
    assert check_base_url("https://x.example/geo/") == "https://x.example/geo"
    for wrong in ("ftp://ftp.example/geo", "", "gopher://x"):
        with pytest.raises(InputError, match="cannot be a GEO mirror"):
            check_base_url(wrong)


def test_ncbis_own_counts_are_asked_for_outside_the_file_tree() -> None:
    human, mouse = Accession.parse("GSE164073").counts(DEFAULT_BASE_URL)
    page = "https://www.ncbi.nlm.nih.gov/geo/download/"
    name = "GSE164073_raw_counts_GRCh38.p13_NCBI.tsv.gz"
    assert human.counts == (f"{page}?type=rnaseq_counts&acc=GSE164073&format=file&file={name}", name)
    genes = "Human.GRCh38.p13.annot.tsv.gz"
    assert human.genes == (f"{page}?format=file&type=rnaseq_counts&file={genes}", genes)
    assert (mouse.counts.name, mouse.genes.name) == (
        "GSE164073_raw_counts_GRCm39_NCBI.tsv.gz", "Mouse.GRCm39.annot.tsv.gz",
    )  # fmt: skip


def test_a_mirror_keeps_ncbis_counts_and_genes_side_by_side() -> None:
    human, _ = Accession.parse("GSE164073").counts("file:///mirror")
    folder = "series/GSE164nnn/GSE164073/counts"
    assert human.counts.address == f"{folder}/GSE164073_raw_counts_GRCh38.p13_NCBI.tsv.gz"
    assert human.genes.address == f"{folder}/Human.GRCh38.p13.annot.tsv.gz"


def test_names_that_lead_elsewhere() -> None:
    assert not any(map(is_safe_name, ["", ".", "..", "../a", "/a", "a/b", "a\\b", "a\nb", "a\0"]))
    assert all(map(is_safe_name, ["GSE1_a b#1%20.txt", "..a", "ä"]))


def test_a_glob_that_fits_none_is_not_used() -> None:
    assert select_files(["GSE1_a.txt", "GSE1_b.csv"], "*.csv") == ["GSE1_b.csv"]
    assert select_files(["GSE1_a.txt", "GSE1_b.csv"], "*.tsv") == ["GSE1_a.txt", "GSE1_b.csv"]

"""Accessions and addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.geo.accession import Accession, check_base_url, join


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
    assert join("file:///m/", "/a/b") == "file:///m/a/b"
    assert check_base_url("/m/geo") == "file:///m/geo"
    assert check_base_url("https://x.example/geo/") == "https://x.example/geo"
    for wrong in ("ftp://ftp.example/geo", "", "gopher://x"):
        with pytest.raises(InputError, match="cannot be a GEO mirror"):
            check_base_url(wrong)

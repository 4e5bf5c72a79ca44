"""Libraries of several species."""

from __future__ import annotations

import pandas as pd
import pytest
import scipy.sparse as sp

from fatescore.ingest._genomes import of_organism, species_of
from fatescore.ingest.readers._libraries import Library


def library(*names: str) -> Library:
    features = pd.DataFrame({"id": names, "name": names, "type": ""}, dtype=object)
    return Library("s", sp.csr_matrix([range(1, len(names) + 1)]), features, ["AA"])


@pytest.mark.parametrize(
    ("genome", "species"),
    [
        ("hg19", "human"),
        ("GRCh38", "human"),
        ("GRCm39", "mouse"),
        ("mm10_premrna", "mouse"),
        ("rn6", "rat"),
        ("rn7_premrna", "rat"),
        ("Rnor_5.0", "rat"),
        ("Rnor_6.0", "rat"),
        ("mRatBN7.2", "rat"),
        ("GRCr8", "rat"),
        ("danRer11", ""),
        ("rn7sk", ""),
        ("rn60", ""),
        ("MM10", ""),
        ("mm1", ""),
        ("hg190", ""),
    ],
)
def test_assemblies(genome: str, species: str) -> None:
    assert species_of(genome) == species


def test_only_prefixed_features_of_other_species_go() -> None:
    notes: list[str] = []
    for _ in range(2):  # noted once for all libraries alike
        kept = of_organism(library("GRCh38_RUNX2", "mm10___Runx2", "EGFP"), "human", notes)
        assert kept.features["name"].tolist() == ["RUNX2", "EGFP"]
        assert kept.matrix.toarray().tolist() == [[1, 3]]
    assert notes == ["1 features of mm10 were left out; cells of that species may still be there"]


def test_a_prefix_with_an_underline_of_its_own_comes_off() -> None:
    kept = of_organism(library("Rnor_6.0_Runx2", "mRatBN7.2___Alpl", "mm10_Alpl"), "rat", [])
    assert kept.features["id"].tolist() == ["Runx2", "Alpl"]


def test_one_species_keeps_its_features_without_the_prefix() -> None:
    notes: list[str] = []
    assert of_organism(library("GRCh38_RUNX2", "GRCh38_ALPL"), "human", notes).features["id"].tolist() == [
        "RUNX2",
        "ALPL",
    ]
    assert notes == []


def test_names_that_only_look_like_it_stay() -> None:
    one = library("hg_x", "MM1", "RUNX2", "GRCh38_")
    assert of_organism(one, "human", []) is one
    two = library("mm10_Runx2", "Alpl")
    assert of_organism(two, "human", []) is two  # of the wrong species altogether: for the check of the names

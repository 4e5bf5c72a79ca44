"""Libraries of single cells: names of samples, the choice between raw and filtered barcodes, several species."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.ingest.genome_prefix import species_of
from fatescore.ingest.readers._libraries import Library, of_organism, prefer_filtered, sample_name


@pytest.mark.parametrize(
    ("member", "prefix", "name"),
    [
        ("GSM12_op.h5", "GSM12_op", "GSM12"),
        ("GSM1/x/GSM2_op.h5", "GSM2_op", "GSM2"),
        ("GSM1_op/outs/filtered_feature_bc_matrix.h5", "filtered_feature_bc_matrix", "GSM1"),
        ("op1_raw_gene_bc_matrices_h5.h5", "op1_raw_gene_bc_matrices_h5", "op1"),
        ("op1/count/filtered_gene_bc_matrices/matrix.mtx", "", "op1"),
        ("filtered_feature_bc_matrix.h5", "filtered_feature_bc_matrix", ""),
        ("./matrix.mtx", "", ""),
    ],
)
def test_sample_names(member: str, prefix: str, name: str) -> None:
    assert sample_name(member, prefix) == name


@given(
    samples=st.dictionaries(
        st.from_regex(r"GSM[1-9]\d{0,3}", fullmatch=True), st.sampled_from(["raw", "filtered", "both"]), min_size=1
    )
)
def test_every_sample_keeps_one_library(samples: dict[str, str]) -> None:
    named = [
        (sample, f"{sample}_{kind}_feature_bc_matrix.h5")
        for sample, has in samples.items()
        for kind in (("raw", "filtered") if has == "both" else (has,))
    ]
    notes: list[str] = []
    kept = prefer_filtered(named, Path("x"), notes)
    wanted = {"raw": "raw", "filtered": "filtered", "both": "filtered"}
    assert kept == [f"{sample}_{wanted[has]}_feature_bc_matrix.h5" for sample, has in samples.items()]
    assert len(notes) == ("both" in samples.values()) + ("raw" in samples.values())


def test_raw_counts_are_no_raw_barcodes() -> None:
    notes: list[str] = []
    assert prefer_filtered([("GSM1", "GSM1_raw_counts.loom")], Path("x"), notes) == ["GSM1_raw_counts.loom"]
    assert notes == []
    with pytest.raises(InputError, match="several matrices for the sample"):
        prefer_filtered([("GSM1", "GSM1_raw_counts.loom"), ("GSM1", "GSM1_x.loom")], Path("x"), notes)


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
        assert kept.matrix.load().toarray().tolist() == [[1, 3]]
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

"""Which files belong together, by the words in their names."""

from __future__ import annotations

import pytest

from fatescore.errors import InputError
from fatescore.ingest.readers._triplets import triplets, without_partial

NAMES = {
    "words in any order": [
        "GSM1_matrix_BM1.mtx.gz", "GSM1_features_BM1.tsv.gz", "GSM1_barcodes_BM1.tsv.gz", "BM2_GSM2.matrix.mtx",
        "features-BM2_GSM2.csv", "BM2_barcodes_GSM2.txt",
    ],
    "counts.mtx": [
        "GSM1_counts.mtx", "GSM1_genes.tsv", "GSM1_cells.tsv", "GSM2_x_counts.mtx.gz", "GSM2_x_genes.csv",
        "GSM2_x_barcodes.csv",
    ],
    "flat CellRanger": [
        f"GSM{n}_filtered_feature_bc_{part}" for n in (1, 2) for part in ("matrix.mtx", "features.tsv", "barcodes.tsv")
    ],
    "STARsolo": [
        f"GSM{n}/Solo.out/Gene/filtered/{part}"
        for n in (1, 2) for part in ("matrix.mtx", "features.tsv", "barcodes.tsv")
    ],
    "Parse": [
        f"GSM{n}/DGE_filtered/{part}" for n in (1, 2) for part in ("DGE.mtx", "all_genes.csv", "cell_metadata.csv")
    ],
    "cells in a sample's name": [
        f"GSM{n}_CD34_cells_{part}" for n in (1, 2) for part in ("matrix.mtx", "features.tsv", "barcodes.tsv")
    ],
    "packed otherwise": [
        f"GSM{n}.{part}" for n in (1, 2) for part in ("mtx.bz2", "genes.tsv.xz", "barcodes.tsv")
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", NAMES)
def test_two_samples(kind: str) -> None:
    members = NAMES[kind]
    for order in (members, members[::-1]):
        found = {one.name: one.parts for one in triplets(order, "x")}
        assert sorted(found) == ["GSM1", "GSM2"]
        for n, sample in enumerate(["GSM1", "GSM2"]):
            assert sorted(found[sample].values()) == sorted(members[3 * n : 3 * n + 3])
            assert set(found[sample]) == {"matrix", "features", "barcodes"}


@pytest.mark.parametrize(
    ("members", "name"),
    [
        (["BM-1_matrix.mtx"], "BM-1"),
        (["matrix_BM-1.mtx"], "BM-1"),
        (["CT1/Solo.out/Gene/filtered/matrix.mtx"], "CT1"),
        (["run/CT1_Solo.out/GeneFull_Ex50pAS/raw/matrix.mtx"], "CT1"),
        (["CT1/counts_unfiltered/cells_x_genes.mtx"], "CT1"),
        (["CT1/DGE_unfiltered/count_matrix.mtx"], "CT1"),
        (["matrix.mtx"], ""),
    ],
)
def test_names_of_samples(members: list[str], name: str) -> None:
    assert [one.name for one in triplets(members, "x")] == [name]


def test_a_list_of_another_sample_is_never_taken() -> None:
    found = triplets(["A_matrix.mtx", "A_genes.tsv", "A_barcodes.tsv", "A_2_matrix.mtx", "A_2_genes.tsv"], "x")
    assert [sorted(one.parts) for one in found] == [["barcodes", "features", "matrix"], ["features", "matrix"]]


def test_parts_of_the_counts_share_lists_and_yield_to_all_of_them() -> None:
    lists = ["s/cells_x_genes.barcodes.txt", "s/cells_x_genes.genes.txt", "s/cells_x_genes.genes.names.txt"]
    parts = [f"s/cells_x_genes.{part}.mtx" for part in ("mature", "nascent", "ambiguous", "total")]
    found = triplets([*lists, *parts], "x")
    assert all(set(one.parts) == {"matrix", "barcodes", "features", "names"} for one in found)
    notes: list[str] = []
    assert [one.parts["matrix"] for one in without_partial(found, notes)] == ["s/cells_x_genes.total.mtx"]
    assert "left out because there are all of them: s/cells_x_genes.mature.mtx" in notes[0]
    solo = [
        f"s/Solo.out/{place}.mtx" for place in ("Velocyto/raw/spliced", "Velocyto/raw/unspliced", "Gene/raw/matrix")
    ]
    assert [one.parts["matrix"] for one in without_partial(triplets(solo, "x"), [])] == [
        "s/Solo.out/Gene/raw/matrix.mtx"
    ]
    notes = []
    assert len(without_partial(triplets(solo[:1], "x"), notes)) == 1
    assert notes == ["only a part of the counts is in s/Solo.out/Velocyto/raw/spliced.mtx"]


@pytest.mark.parametrize("twice", ["GSM1_genes.tsv", "GSM1_features.tsv.gz", "GSM1.features.csv"])
def test_two_lists_for_one_matrix_are_not_chosen_between(twice: str) -> None:
    with pytest.raises(InputError, match=r"several files could list the features of GSM1_matrix.mtx: .*folder of"):
        triplets(["GSM1_matrix.mtx", "GSM1_features.tsv", "GSM1_barcodes.tsv", twice], "x")

"""The review's sets and the index."""

from __future__ import annotations

import numpy as np
import pytest

from fatescore import gene_sets
from fatescore.errors import InputError


def test_arms_are_those_of_the_design() -> None:
    human = gene_sets.load("review", organism="human")
    assert set(human["osteogenic"]) == {"RUNX2", "ALPL", "COL1A1", "SP7", "IBSP", "BGLAP"}
    assert set(human["adipogenic"]) == {"PPARG", "CEBPA"}
    mouse = gene_sets.load("review", organism="mouse")
    assert mouse["osteogenic"]["Bglap"] + mouse["osteogenic"]["Bglap2"] == 1.0
    assert "Bglap3" not in mouse["osteogenic"]


@pytest.mark.parametrize("gene", ["BMP4", "BMP7", "GDF2", "SOX9", "SOX5", "WNT4", "PTCH1", "AXIN2", "SMAD6", "SMAD7"])
def test_genes_whose_sign_a_careless_reader_gets_wrong_are_in_no_set(gene: str) -> None:
    assert not any(gene in members for members in gene_sets.load("review").values())


def test_signs() -> None:
    human = gene_sets.load("review")
    assert human["wnt_canonical"]["GSK3B"] < 0 < human["wnt_canonical"]["WNT10B"]
    assert human["epigenetic_pro"]["HDAC9"] > 0
    assert set(human["epigenetic_anti"]) == {"KDM5A"}


@pytest.mark.parametrize("organism", ["human", "mouse"])
def test_every_member_is_a_current_symbol(organism: str) -> None:
    from fatescore.gene_sets.symbols import resolve

    genes = sorted({gene for members in gene_sets.load(organism=organism).values() for gene in members})
    table = resolve(genes, organism)
    assert list(table["symbol"]) == genes
    assert set(table["mapped_by"]) == {"approved"}


def test_unknown_names_say_what_was_meant() -> None:
    with pytest.raises(InputError, match='did you mean "human"'):
        gene_sets.load(organism="humen")
    with pytest.raises(InputError, match="reviev.*did you mean"):
        gene_sets.load("reviev")


@pytest.mark.parametrize("organism", ["human", "mouse"])
def test_index_weights(organism: str) -> None:
    index = gene_sets.load_index(organism=organism)
    weights = gene_sets.index_weights(index, list(index.genes["symbol"]))
    sums = weights.sum()
    np.testing.assert_allclose(sums[["osteogenic", "adipogenic", "commitment"]], [1, 1, 2])
    np.testing.assert_allclose(sums[["fate_bias", "maturation"]], 0, atol=1e-12)
    np.testing.assert_allclose(weights["fate_bias"], weights["osteogenic"] - weights["adipogenic"])


def test_index_weights_follow_what_is_measured() -> None:
    index = gene_sets.load_index(organism="mouse")
    some = gene_sets.index_weights(index, ["Runx2", "Bglap2", "Pparg"])
    assert some.loc["Bglap2", "osteogenic"] == 0.5  # takes the place of the gene that is not measured
    assert some.loc["Pparg", "fate_bias"] == -1.0
    none = gene_sets.index_weights(index, ["Runx2", "Alpl", "Pparg"])
    assert none["maturation"].isna().all()  # no late gene


def test_not_scorable_names_what_is_missing() -> None:
    index = gene_sets.load_index()
    assert gene_sets.why_not_scorable(index, list(index.genes["symbol"])) == ""
    reason = gene_sets.why_not_scorable(index, ["RUNX2", "ALPL", "COL1A1", "PPARG", "CEBPA"])
    assert reason == "osteogenic arm: 3 of 6 genes measured, 4 needed; missing SP7, IBSP, BGLAP"

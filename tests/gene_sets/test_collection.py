"""The review's sets and the index."""

from __future__ import annotations

import numpy as np
import pytest

from fatescore import gene_sets, organisms
from fatescore.errors import InputError
from fatescore.tables import join_notes, parse_notes


def test_arms_are_those_of_the_design() -> None:
    human = gene_sets.load("review", organism="human")
    assert set(human["osteogenic"]) == {"RUNX2", "ALPL", "COL1A1", "SP7", "IBSP", "BGLAP"}
    assert set(human["adipogenic"]) == {"PPARG", "CEBPA"}
    mouse = gene_sets.load("review", organism="mouse")
    assert mouse["osteogenic"]["Bglap"] + mouse["osteogenic"]["Bglap2"] == 1.0
    assert "Bglap3" not in mouse["osteogenic"]


@pytest.mark.parametrize("gene", ["BMP4", "BMP7", "GDF2", "SOX9", "SOX5", "WNT4", "FOXO1", "HOXA10"])
def test_genes_whose_sign_a_careless_reader_gets_wrong_are_in_no_axis(gene: str) -> None:
    sets = gene_sets.load("review")
    assert not any(gene in members for name, members in sets.items() if not name.startswith("mir_"))


@pytest.mark.parametrize("gene", ["AXIN2", "PTCH1", "NFKBIA", "SMAD6", "SMAD7"])
def test_feedback_targets_rise_with_their_pathway(gene: str) -> None:
    weights = [members[gene] for name, members in gene_sets.load().items() if gene in members and "mir" not in name]
    assert weights == [1.0]


def test_signs() -> None:
    human = gene_sets.load("review")
    assert "GSK3B" not in human["wnt_canonical"]  # switched off at the protein: mRNA does not tell
    assert gene_sets.not_measurable()["wnt_canonical"]["GSK3B"].startswith("switched off at the protein")
    assert human["epigenetic_pro"]["HDAC9"] > 0
    assert set(human["epigenetic_anti"]) == {"KDM5A"}


@pytest.mark.parametrize("organism", organisms.names())
def test_every_member_is_a_current_symbol(organism: str) -> None:
    from fatescore.gene_sets.symbols import resolve

    genes = sorted({gene for members in gene_sets.load("extended", organism=organism).values() for gene in members})
    table = resolve(genes, organism)
    assert list(table["symbol"]) == genes
    assert set(table["mapped_by"]) == {"approved"}


def test_unknown_names_say_what_was_meant() -> None:
    with pytest.raises(InputError, match='did you mean "human"'):
        gene_sets.load(organism="humen")
    with pytest.raises(InputError, match="reviev.*did you mean"):
        gene_sets.load("reviev")


@pytest.mark.parametrize("name", gene_sets.index_names())
@pytest.mark.parametrize("organism", organisms.names())
def test_index_weights(organism: str, name: str) -> None:
    index = gene_sets.load_index(name, organism=organism)
    weights = gene_sets.index_weights(index, list(index.genes["symbol"]))
    assert index.genes["symbol"].is_unique  # each gene counts once
    sums = weights.sum()
    np.testing.assert_allclose(sums[["osteogenic", "adipogenic"]], [1, 1])
    np.testing.assert_allclose(sums[["fate_bias", "maturation"]], 0, atol=1e-12)
    if name != "review":
        np.testing.assert_allclose(weights["fate_bias"], weights["osteogenic"] - weights["adipogenic"])


def test_core_is_the_state_arms_only() -> None:
    index = gene_sets.load_index("core")
    assert list(index.genes["symbol"]) == ["RUNX2", "ALPL", "COL1A1", "SP7", "IBSP", "BGLAP", "PPARG", "CEBPA"]


def test_regulators_move_the_review_index_the_right_way() -> None:
    index = gene_sets.load_index("review")
    weights = gene_sets.index_weights(index, list(index.genes["symbol"]))
    fate = weights["fate_bias"]
    assert fate["BMP2"] > 0 > fate["KDM5A"]
    assert (fate[list(index.units("mirna_for_fat")["symbol"])] > 0).all()  # high targets: the miRNA is not active
    assert (fate[list(index.units("mirna_for_bone")["symbol"])] < 0).all()
    both = list(index.units("mirna_against_both")["symbol"])
    np.testing.assert_array_equal(fate[both], 0)  # 335 and 138 suppress both fates
    assert (weights["commitment"][both] > 0).all()


def test_mirna_sets_leave_out_what_would_be_circular_and_what_does_not_exist() -> None:
    human, mouse = gene_sets.load(), gene_sets.load(organism="mouse")
    state = {"RUNX2", "PPARG", "CEBPA", "ALPL", "SP7"}
    for name in (name for name in human if name.startswith("mir_")):
        assert not state & set(human[name])
        assert max(human[name].values()) < 0
    assert "mir_705" not in human
    assert "mir_637" not in mouse
    assert not any("Gt(ROSA)26Sor" in members for members in mouse.values())


def test_how_many_genes_are_needed_can_be_set() -> None:
    genes = ["RUNX2", "ALPL", "SP7", "PPARG"]
    lenient = gene_sets.load_index(scorable={"osteogenic": 3, "adipogenic": 1})
    assert gene_sets.why_not_scorable(lenient, genes) == []
    assert gene_sets.why_not_scorable(gene_sets.load_index(), genes) != []
    with pytest.raises(InputError, match="at least 1"):
        gene_sets.load_index(scorable={"osteogenic": 0})
    with pytest.raises(InputError, match='did you mean "adipogenic"'):
        gene_sets.load_index(scorable={"adipogenc": 1})


def test_textbook_markers_do_not_make_up_for_genes_of_the_core() -> None:
    index = gene_sets.load_index("extended")
    genes = [symbol for symbol in index.genes["symbol"] if symbol != "CEBPA"]
    assert gene_sets.why_not_scorable(index, genes)[0].names("missing") == ("CEBPA",)


def test_extended_adds_markers_with_a_source() -> None:
    extra = set(gene_sets.load("extended")) - set(gene_sets.load("review"))
    assert extra == {"osteogenic_textbook", "adipogenic_textbook"}


def test_index_weights_follow_what_is_measured() -> None:
    index = gene_sets.load_index(organism="mouse")
    some = gene_sets.index_weights(index, ["Runx2", "Bglap2", "Pparg"])
    assert some.loc["Bglap2", "osteogenic"] == 0.5  # takes the place of the gene that is not measured
    assert some.loc["Pparg", "fate_bias"] == -1.0
    none = gene_sets.index_weights(index, ["Runx2", "Alpl", "Pparg"])
    assert none["maturation"].isna().all()  # no late gene


def test_not_scorable_names_what_is_missing() -> None:
    index = gene_sets.load_index()
    assert gene_sets.why_not_scorable(index, list(index.genes["symbol"])) == []
    notes = gene_sets.why_not_scorable(index, ["RUNX2", "ALPL", "COL1A1", "PPARG"])
    assert join_notes(notes) == (
        "arm_too_small:arm=osteogenic,measured=3,size=6,needed=4,missing=SP7|IBSP|BGLAP;"
        "arm_too_small:arm=adipogenic,measured=1,size=2,needed=2,missing=CEBPA"
    )
    message = gene_sets.not_scorable_message(notes)
    assert message.startswith("osteogenic arm: 3 of 6 genes measured, 4 needed; missing SP7, IBSP, BGLAP; adipogenic")
    assert gene_sets.not_scorable_message(parse_notes(join_notes(notes))) == message


def test_a_comparison_of_organisms_loses_the_genes_without_ortholog() -> None:
    (note,) = gene_sets.loss_between(["mouse", "human", "human"], "review")
    assert (note.code, note.values["index"], note.names("organisms")) == ("ortholog_loss", "review", ("human", "mouse"))
    assert note.names("human") == ("CASC2", "CYTOR", "UCA1", "ZNF350")
    assert gene_sets.loss_between(["mouse", "human"], "extended") == gene_sets.loss_between(["human"], "review") == []

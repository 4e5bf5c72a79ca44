"""What is refused or told about names of genes."""

from __future__ import annotations

import numpy as np
import pytest

from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.ingest.feature_merging import Genes
from fatescore.ingest.identifiers import to_genes

KNOWN = sorted(symbols.approved_symbols("human"))[::400][:100]


def genes_of(ids: list[str], organism: str = "human", **more: list[str]) -> Genes:
    return to_genes(np.array([[2.0**n for n in range(len(ids))]]), ids, organism, "counts", **more)  # type: ignore[arg-type]


def refused(ids: list[str], organism: str = "human") -> str:
    with pytest.raises(InputError) as error:
        genes_of(ids, organism)
    return str(error.value)


# --- the share of known names ----------------------------------------------------------------------------


def test_names_of_which_hardly_any_is_a_gene_are_refused() -> None:
    words = refused([*(f"PROBE_{n}" for n in range(699)), "GAPDH"])
    assert "1 of 700 are known (0.1%: GAPDH), others are called PROBE_0, PROBE_1" in words
    assert "10% of the names at least; name the rows by genes, or add a column gene_name that does" in words


@pytest.mark.parametrize(
    "names",
    [
        [f"P{n}" for n in range(96)],  # wells: half are somebody's aliases
        [f"{n + 200000}_at" for n in range(60)],
        [f"A{n}" for n in range(400)],
    ],
)
def test_aliases_that_fit_by_chance_are_no_evidence(names: list[str]) -> None:
    assert "10%" in refused(names) or "no human gene is known" in refused(names)


@pytest.mark.parametrize("n_unknown", [0, 200, 899])
def test_a_tenth_is_enough_and_less_than_half_is_noted(n_unknown: int) -> None:
    ids = [*KNOWN, *(f"MSTRG.{n:06}" for n in range(n_unknown))]
    notes = to_genes(np.ones((1, len(ids))), ids, "human", "counts").notes
    assert notes == (
        [] if not n_unknown else
        [f"only {100 / len(ids):.0%} of {len(ids)} names are known genes; not known: "
         f"MSTRG.000000, MSTRG.000001, MSTRG.000002, MSTRG.000003, MSTRG.000004, MSTRG.000005 and {n_unknown - 6} more"]
    )  # fmt: skip


def test_one_more_unknown_name_is_too_many() -> None:
    assert "100 of 1001 are known (10.0%" in refused([*KNOWN, *(f"MSTRG.{n:06}" for n in range(901))])


def test_a_panel_may_be_all_aliases() -> None:
    assert list(genes_of(["TNAP", "CBFA1", "OPN"]).var.index) == ["ALPL", "RUNX2", "SPP1"]


def test_missing_names_are_not_counted_as_unknown() -> None:
    ids = [*KNOWN, *["NA"] * 2000]
    genes = to_genes(np.ones((1, len(ids))), ids, "human", "counts")
    assert list(genes.var.index) == KNOWN
    assert genes.notes == ["2000 rows have no name of a gene and were dropped: NA"]


# --- transcripts, numbers, other species -----------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    ["ENST{:011}.2", "ENST{:011}", "NM_{:06}.3", "NR_{:06}", "XM_{:09}.1", "ENSMUST{:011}", "ENSDART{:011}.1"],
)
@pytest.mark.parametrize("organism", ["human", "mouse"])
def test_transcripts_are_refused_with_what_sums_them(pattern: str, organism: str) -> None:
    words = refused([pattern.format(n + 999_000) for n in range(50)], organism)
    assert "the names are transcripts, not genes, such as" in words
    assert "tximport" in words
    assert "quant.genes.sf" in words


def test_some_transcripts_are_told() -> None:
    notes = genes_of([*KNOWN[:20], "ENST00000999999", "NM_999999"]).notes
    assert notes == ["2 names are transcripts, not genes, and were not summed: ENST00000999999, NM_999999"]


def test_numbers_are_refused() -> None:
    words = refused([str(n) for n in range(300)])  # 225 is an alias of EGR1
    assert "the names are numbers, such as 0, 1, 2 and 297 more: rows counted, or NCBI GeneIDs" in words


@pytest.mark.parametrize(
    ("pattern", "fix"),
    [
        ("ENSMUSG{:011}", "set organism to mouse"), ("ENSRNOG{:011}.1", "set organism to rat"),
        ("ENSSSCG{:011}", r"ids of a species without data here (ENSSSC...): name the rows by human orthologs"),
    ],
)  # fmt: skip
def test_ids_of_another_species_are_named_even_if_they_are_unknown(pattern: str, fix: str) -> None:
    assert fix in refused([pattern.format(n) for n in range(50)])


@pytest.mark.parametrize("organism", ["human", "mouse"])
@pytest.mark.parametrize("beside", [False, True])
def test_ids_of_two_species(organism: str, beside: bool) -> None:
    ids = ["ENSG00000124813.2", "ENSMUSG00000039153", "ENSG00000162551", "ENSMUSG00000028766.3", "ERCC-00002", "EGFP"]
    names = ["RUNX2", "Runx2", "ALPL", "Alpl", "ERCC-00002", "EGFP"]
    genes = genes_of(names, organism, other_names=ids) if beside else genes_of(ids, organism)
    own = {"RUNX2": 1, "ALPL": 4} if organism == "human" else {"Runx2": 2, "Alpl": 8}
    rest = [name for name in genes.var.index if name not in own]
    assert sorted(rest) == ["EGFP", "ERCC-00002"]
    assert {name: genes.matrix[0][list(genes.var.index).index(name)] for name in own} == own
    other = "ENSMUSG00000039153, ENSMUSG00000028766.3" if organism == "human" else "ENSG00000124813.2, ENSG00000162551"
    assert [note for note in genes.notes if "only" not in note] == [
        f"2 features of other species were left out: {other}"
    ]


# --- names that are no genes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["NA", "NaN", "NULL", "None", "-", "---", "N/A", "", " ", "#N/A", "n/a", "nan", "<NA>", "."]
)
def test_missing_names_are_dropped_and_noted(word: str) -> None:
    genes = genes_of(["RUNX2", word, "ALPL", word])
    assert genes.var.index.tolist() == ["RUNX2", "ALPL"]
    assert genes.matrix.tolist() == [[1, 4]]
    assert genes.notes == [f"2 rows have no name of a gene and were dropped: {word.strip()}"]


def test_a_second_name_serves_where_the_first_is_missing() -> None:
    genes = genes_of(["RUNX2", "NA", ""], other_names=["", "ENSG00000162551", "ENSG00000170374"])
    assert genes.var.index.tolist() == ["RUNX2", "ALPL", "SP7"]
    assert genes.notes == []


@pytest.mark.parametrize(
    "date",
    [
        "1-Mar",
        "Mar-01",
        "2-Sep",
        "2006/09/02",
        "01. Mrz",
        "2006-09-02 00:00:00",
        "1-MAR",
        "1-déc",
        "01/03/2006",
        "Sep-02",
    ],
)
def test_dates_stay_apart_and_are_told(date: str) -> None:
    genes = genes_of(["RUNX2", date, "ALPL", date])
    assert genes.var.index.tolist() == ["RUNX2", date, "ALPL", f"{date}-2"]
    assert genes.var["mapped_by"].tolist() == ["approved", "unmapped", "approved", "unmapped"]
    assert genes.notes == [f"2 names are dates, which Excel makes of genes such as MARCHF1: {date}"]


@pytest.mark.parametrize("number", ["44621", "2.31E+13", "2,31E+13", "225", "38961.0"])
def test_numbers_are_dropped_and_told(number: str) -> None:
    genes = genes_of(["RUNX2", number, "ALPL", number])
    assert genes.var.index.tolist() == ["RUNX2", "ALPL"]
    assert genes.notes[0].startswith("2 names are numbers, which Excel makes of genes")
    assert genes.notes[0].endswith(f"were dropped: {number}")


# --- one gene under two names ----------------------------------------------------------------------------


def test_another_species_spelling_beside_the_gene_is_not_added() -> None:
    ids = ["RUNX2", "ALPL", "SP7", "Runx2", "Alpl", "Sp7", "Bglap"]
    genes = genes_of(ids)
    assert list(genes.var.index) == ids
    assert genes.var["mapped_by"].tolist() == ["approved"] * 3 + ["unmapped"] * 4  # most are mouse, so Bglap is
    assert "4 names are genes of another species, or repeat a gene in other letters" in genes.notes[0]


def test_one_of_them_does_not_speak_for_the_others() -> None:
    rules = genes_of(["RUNX2", "Runx2", "Alpl", "Sp7", "Bglap", *KNOWN[:20]]).var["mapped_by"]
    assert rules.tolist()[:5] == ["approved", "unmapped", "case", "case", "case"]
    orfs = sorted(name for name in symbols.approved_symbols("human") if "orf" in name)
    twice = [name for orf in orfs[:2] for name in (orf, orf.upper())]
    # capitals are no species
    assert list(genes_of([*twice, orfs[2].upper(), "ALPL"]).var.index) == [*twice, orfs[2], "ALPL"]


def test_capitals_of_a_mouse_table_are_its_own() -> None:
    genes = genes_of(["RUNX2", "ALPL", "BGLAP2"], "mouse")
    assert genes.var.index.tolist() == ["Runx2", "Alpl", "Bglap2"]
    assert genes.notes == []

"""The column of a platform's table that names genes."""

from __future__ import annotations

import time

import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.geo import probe_symbols
from fatescore.geo.gene_column import gene_column, split_symbols

GENES = sorted(symbols.approved_symbols("human"))[5000:5400:4]
IDS = sorted(symbols._lookup("human").ensembl)[:100]
ENTREZ = [str(n) for n in range(860, 960)]
PROBES = [f"{n}_at" for n in range(100)]


def chosen(**columns: list[str]) -> pd.Series:
    return gene_column(pd.DataFrame({"ID": PROBES, **columns}), "human")


@pytest.mark.parametrize(
    "title", ["Gene symbol", "GENE_SYMBOL", "Symbol", "ILMN_Gene", "ORF", "GeneSymbols", "SPOT_ID", "Gene Symbol and x"]
)
def test_a_column_of_symbols_under_any_title(title: str) -> None:
    found = chosen(GB_ACC=[f"NM_{n}" for n in range(100)], ENTREZ_GENE_ID=ENTREZ, **{title: GENES})
    assert (found.name, found.to_list()) == (title, GENES)


def test_ensembl_ids_with_versions() -> None:
    assert chosen(ENSEMBL_ID=[f"{name}.3" for name in IDS], Description=["x"] * 100).name == "ENSEMBL_ID"


def test_a_title_is_no_proof() -> None:
    descriptions = [f"{gene} related factor" for gene in GENES]
    assert chosen(GENE=ENTREZ, GENE_NAME=descriptions, target=GENES).name == "target"
    assert chosen(Gene_Symbol=[""] * 100, symbol=["---"] * 90 + GENES[:10], Anno=GENES).name == "Anno"


def test_of_columns_that_name_as_many_the_usual_title_wins() -> None:
    assert chosen(Search_Key=GENES, ENSEMBL_ID=IDS, Symbol=GENES[:90] + [""] * 10).name == "Symbol"


def test_of_two_columns_with_one_title_that_with_the_genes_is_read() -> None:
    assert chosen(Gene=ENTREZ, GENE=GENES).to_list() == GENES


def test_numbers_codes_and_missing_values_are_no_genes() -> None:
    codes = ["T"] * 50 + ["S"] * 50  # T is a former symbol of TBXT
    missing = ["NA"] * 100  # of XK
    with pytest.raises(
        InputError, match=r"names no known genes; its columns are ID \(\"0_at\"\), GENE \(\"860\"\), "
    ) as e:
        chosen(GENE=ENTREZ, Probe_Type=codes, alias=missing, few=GENES[:20] + [f"clone {n}" for n in range(80)])
    assert 'Probe_Type ("T")' in str(e.value)
    with pytest.raises(InputError, match=r"225"):  # an alias of EGR1
        chosen(GENE=["225"] * 50 + ["6367"] * 50)


def test_genes_of_another_organism_are_genes() -> None:
    mouse = sorted(set(symbols._lookup("mouse").ensembl))[:100]
    assert chosen(ENSEMBL_ID=mouse).to_list() == mouse


def test_gene_assignment() -> None:
    cell = "NM_1 // BGLAP // osteocalcin // 1q22 // 632 /// NM_2 // PMF1-BGLAP // read-through // 1q22 // 1"
    found = probe_symbols(pd.DataFrame({"ID": ["1", "2"], "gene_assignment": [cell, "---"]}))
    assert split_symbols(found["1"]) == ["BGLAP", "PMF1-BGLAP"]
    assert split_symbols(found["2"]) == []


def test_mrna_assignment_as_affymetrix_and_thermo_fisher_write_it() -> None:
    cell = (
        "NM_3 // RefSeq // Homo sapiens DEAD (Asp-Glu-Ala) box, type (X), polypeptide (RUNX2), transcript variant 1, "
        "mRNA. // chr6 // 100 // 100 // 0 // --- // 0 /// ENST1 // ENSEMBL // runt [gene_biotype:protein_coding]"
        " // chr6 // 100 /// NR_1 // RefSeq // Homo sapiens runt (RUNX2), non-coding RNA. // chr6"
    )
    found = probe_symbols(
        pd.DataFrame({"ID": ["a", "b"], "SPOT_ID": ["chr6:1-2", "control"], "SPOT_ID.2": [cell, "---"]})
    )
    assert found.name == "SPOT_ID.2"
    assert [split_symbols(text) for text in found] == [["RUNX2"], []]


def test_a_table_of_ten_thousand_columns_takes_no_time() -> None:
    table = pd.DataFrame([["p"] + [""] * 9_999], columns=["ID", *map(str, range(9_999))])
    gene_column(pd.DataFrame({"ID": ["p"], "symbol": ["RUNX2"]}))  # reads the tables of genes
    start = time.monotonic()
    with pytest.raises(InputError, match=r"10 \(empty\) and 9988 more"):
        gene_column(table)
    assert time.monotonic() - start < 2

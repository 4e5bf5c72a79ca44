"""Features to genes."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.gene_sets.symbols import resolve
from fatescore.ingest.identifiers import to_genes

IDS = ["ENSG00000124813.23", "RUNX2", "CBFA1", "ALPL", "TAZ", "nobody"]


def test_counts_of_one_gene_are_summed() -> None:
    matrix = np.array([[1, 2, 4, 8, 16, 32], [0, 1, 0, 1, 0, 1]])
    genes = to_genes(matrix, IDS, "human", "counts")
    assert list(genes.var.index) == ["RUNX2", "ALPL", "TAZ", "nobody"]
    assert genes.matrix.tolist() == [[7, 8, 16, 32], [1, 1, 0, 1]]
    assert genes.var.loc["RUNX2"].tolist() == ["ENSG00000124813.23;RUNX2;CBFA1", "approved", 3]
    assert genes.var["mapped_by"].tolist() == ["approved", "approved", "ambiguous", "unmapped"]
    assert "TAZ" in genes.notes[0]


def test_log_values_keep_the_highest() -> None:
    matrix = np.array([[1.0, 3.0, 2.0, 8, 16, 32], [1.0, 2.0, 5.0, 1, 0, 1]])
    genes = to_genes(matrix, IDS, "human", "log2")
    assert genes.var.loc["RUNX2"].tolist() == ["CBFA1", "previous", 3]
    assert genes.matrix[:, list(genes.var.index).index("RUNX2")].tolist() == [2, 5]


def test_an_alias_yields_to_the_symbol() -> None:
    genes = to_genes(np.array([[1.0, 9.0]]), ["ALPL", "TNAP"], "human", "log2")
    assert genes.var["mapped_by"].to_dict() == {"ALPL": "approved", "TNAP": "ambiguous"}
    assert to_genes(np.array([[9.0]]), ["TNAP"], "human", "log2").var.index.tolist() == ["ALPL"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([*IDS, "SPP1", "OPN", "xy"]), min_size=1, max_size=12), st.integers(0, 1000))
def test_sums_keep_the_total_and_agree_with_pandas(ids: list[str], seed: int) -> None:
    matrix = np.random.default_rng(seed).integers(0, 9, (2, len(ids)))
    if set(ids) <= {"TAZ", "nobody", "xy"}:
        return  # nothing known
    dense = to_genes(matrix, ids, "human", "counts")
    sparse = to_genes(sp.csr_matrix(matrix), ids, "human", "counts")
    assert dense.matrix.sum() == matrix.sum()
    assert np.array_equal(sparse.matrix.toarray(), dense.matrix)
    table = pd.DataFrame(matrix.T, index=resolve(ids, "human")["symbol"].to_numpy()).groupby(level=0).sum()
    assert np.array_equal(table.loc[dense.var.index].to_numpy().T, dense.matrix)


def test_second_name_serves_where_the_first_is_unknown() -> None:
    ids = ["ENSG99999999999", "ENSG00000162551", "ENSG99999999998"]
    genes = to_genes(np.array([[1, 2, 3]]), ids, "human", "counts", other_names=["RUNX2", "wrong", "AC1.1"])
    assert list(genes.var.index) == ["RUNX2", "ALPL", "AC1.1"]
    assert genes.var["original_id"].tolist() == ids


def test_a_known_first_name_goes_before_the_second() -> None:
    genes = to_genes(np.array([[1, 2]]), ["RUNX2", "x1x"], "human", "counts", other_names=["ALPL", "SP7"])
    assert list(genes.var.index) == ["RUNX2", "SP7"]


def test_probes() -> None:
    matrix = np.array([[1.0, 2, 3, 4, 5]])
    cells = pd.Series(["RUNX2", "RUNX2", "PMF1-BGLAP /// PMF1 /// BGLAP", "A1BG///A2M", "---"])
    genes = to_genes(matrix, list("abcde"), "human", "linear", annotation=cells, keep_genes={"BGLAP"})
    assert genes.var["original_id"].to_dict() == {"RUNX2": "b", "BGLAP": "c"}
    assert genes.notes == [
        "1 features that measure several genes were dropped",
        "1 features without a gene were dropped",
        "kept from a read-through probe: BGLAP",
    ]


def test_rows_named_by_symbols_with_slashes() -> None:
    genes = to_genes(np.array([[1.0, 2, 3]]), ["ALPL", "PMF1-BGLAP///PMF1///BGLAP", "A1BG///A2M"], "human", "log2",
                     keep_genes={"BGLAP"})  # fmt: skip
    assert list(genes.var.index) == ["ALPL", "BGLAP"]


def test_symbol_before_or_after_a_pipe() -> None:
    for ids in (["RUNX2|chr6", "ALPL|chr1"], ["ENSG00000124813.1|RUNX2", "ENSG00000162551.1|ALPL"]):
        assert list(to_genes(np.array([[1, 2]]), ids, "human", "counts").var.index) == ["RUNX2", "ALPL"]


JOINED = {
    "ENSG.12_SYMBOL": "ENSG00000124813.12_RUNX2 ENSG00000162551.1_ALPL ENSG00000206503.1_HLA-A ENSG00000136352_NKX2-1",
    "SYMBOL_ENSG": "RUNX2_ENSG00000124813 ALPL_ENSG00000162551 HLA-A_ENSG00000206503 NKX2-1_ENSG00000136352",
    "SYMBOL|ENSG": "RUNX2|ENSG00000124813.1 ALPL|ENSG00000162551.2 HLA-A|ENSG00000206503.3 NKX2-1|ENSG00000136352.4",
    "SYMBOL;ENSG": "RUNX2;ENSG00000124813 ALPL;ENSG00000162551 HLA-A;ENSG00000206503 NKX2-1;ENSG00000136352",
    "SYMBOL__chr": "RUNX2__chr6 ALPL__chr1 HLA-A__chr6 NKX2-1__chr14",
    "SYMBOL:chr:place": "RUNX2:chr6:45-49 ALPL:chr1:21-22 HLA-A:chr6:29-30 NKX2-1:chr14:36-37",
    "gene-SYMBOL": "gene-RUNX2 gene-ALPL gene-HLA-A gene-NKX2-1",
    "gene:ENSG": "gene:ENSG00000124813 gene:ENSG00000162551 gene:ENSG00000206503 gene:ENSG00000136352",
    "gene:ENSG.2": "gene:ENSG00000124813.2 gene:ENSG00000162551.2 gene:ENSG00000206503.9 gene:ENSG00000136352.2",
    "hg38_": "hg38_RUNX2 hg38_ALPL hg38_HLA-A hg38_NKX2-1",
    "GRCh38-": "GRCh38-RUNX2 GRCh38-ALPL GRCh38-HLA-A GRCh38-NKX2-1",
    "Rhapsody": "RUNX2|NM_001|Reference_end ALPL|NM_002|PolyA_1 HLA-A|NM_003|Reference_end NKX2-1|NM_004|Reference_end",
    "GFF": "ID=gene-RUNX2 ID=gene-ALPL ID=gene-HLA-A ID=gene-NKX2-1",
    "genome and id": "GRCh38_ENSG00000124813 GRCh38_ENSG00000162551 GRCh38_ENSG00000206503 GRCh38_ENSG00000136352",
    "UniProt": "RUNX2_HUMAN ALPL_HUMAN HLA-A_HUMAN NKX2-1_HUMAN",
    "at": "RUNX2@chr6 ALPL@chr1 HLA-A@chr6 NKX2-1@chr14",
}


@pytest.mark.parametrize("scale", ["counts", "log2"])
@pytest.mark.parametrize("kind", sorted(JOINED))
def test_joined_names(kind: str, scale: str) -> None:
    ids = JOINED[kind].split()
    genes = to_genes(np.array([[1.0, 2, 4, 8]]), ids, "human", scale)  # type: ignore[arg-type]
    assert dict(zip(genes.var.index, genes.matrix[0], strict=True)) == {"RUNX2": 1, "ALPL": 2, "HLA-A": 4, "NKX2-1": 8}
    assert genes.var["original_id"].tolist() == ids
    assert "names" in genes.notes[0]
    second = to_genes(np.array([[1.0, 2, 4, 8]]), ["a1x", "b1x", "c1x", "d1x"], "human", "counts", other_names=ids)
    assert list(second.var.index) == ["RUNX2", "ALPL", "HLA-A", "NKX2-1"]


def test_a_gene_id_in_brackets() -> None:
    genes = to_genes(np.array([[1, 2]]), ["RUNX2 (860)", "HLA-A (3105)"], "human", "counts")
    assert list(genes.var.index) == ["RUNX2", "HLA-A"]


def test_joined_rows_of_one_gene_are_summed() -> None:
    ids = ["RUNX2__chr6", "RUNX2__chr6_random", "ALPL__chr1", "CBFA1__chr6"]
    genes = to_genes(np.array([[1, 2, 4, 8]]), ids, "human", "counts")
    assert dict(zip(genes.var.index, genes.matrix[0].tolist(), strict=True)) == {"RUNX2": 11, "ALPL": 4}


def test_whole_names_stay_whole() -> None:
    ids = ["HLA-A", "NKX2-1", "RP11-34P13.7", "Y_RNA", "MT-CO1", "ERCC-00002", "ERCC-00003", "TP53", "ALPL", "SP7"]
    genes = to_genes(np.ones((1, len(ids))), ids, "human", "counts")
    assert genes.notes == []
    assert genes.var["original_id"].tolist() == ids
    assert [name for name in genes.var.index if name in ("ERCC", "RP11", "Y", "MT")] == []


def test_quotes_and_blanks_are_no_part_of_a_name() -> None:
    ids = ["'RUNX2", "`HLA-A`", '"ALPL"', " SP7 ", "\xa0SPP1\ufeff", "IBSP"]
    genes = to_genes(np.ones((1, len(ids))), ids, "human", "counts")
    assert list(genes.var.index) == ["RUNX2", "HLA-A", "ALPL", "SP7", "SPP1", "IBSP"]
    assert genes.var["original_id"].tolist() == ids


def test_sixty_thousand_names_take_a_moment() -> None:
    known = list(symbols._lookup("human").ensembl.items())
    ids = [f"{identifier}.{n % 30}_{symbol}" for n, (identifier, symbol) in enumerate(known)]
    ids += [f"ENSG9{n:010}.1_AC{n:06}.1" for n in range(60_000 - len(ids))]
    matrix = sp.csr_matrix((1, len(ids)))
    start = time.process_time()
    genes = to_genes(matrix, ids, "human", "counts")
    assert time.process_time() - start < 6  # 1.5 s on a machine with nothing else to do
    assert (symbols.mapped(genes.var["mapped_by"])).sum() == len(known)


def test_genes_with_gaps_are_dropped_and_named() -> None:
    genes = to_genes(np.array([[1.0, 2.0], [np.nan, 3.0]]), ["ALPL", "RUNX2"], "human", "log2", keep_genes={"ALPL"})
    assert list(genes.var.index) == ["RUNX2"]
    assert genes.notes == ["1 genes with missing values were dropped: ALPL"]


@pytest.mark.parametrize(
    ("ids", "organism", "message"),
    [
        (["foo", "bar"], "human", "no human gene is known among 2 names such as foo, bar"),
        (["ENSMUSG00000039153.1"], "human", "set organism to mouse"),
        (["ENSG00000124813"], "mouse", "set organism to human"),
        (["Runx2", "Alpl", "Sp7"], "human", "the names are mouse genes: 100% are mouse symbols, 0% human"),
    ],
)
def test_unknown_genes(ids: list[str], organism: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        to_genes(np.ones((1, len(ids))), ids, organism, "counts")  # type: ignore[arg-type]


def test_capitals_for_mouse() -> None:
    genes = to_genes(np.array([[1, 2]]), ["RUNX2", "BGLAP2"], "mouse", "counts")
    assert genes.var["mapped_by"].to_dict() == {"Runx2": "case", "Bglap2": "case"}

"""Features to genes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
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

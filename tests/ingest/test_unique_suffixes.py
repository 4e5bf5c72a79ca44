"""Numbers behind repeated names."""

from __future__ import annotations

import numpy as np
import pytest

from fatescore.gene_sets import symbols
from fatescore.ingest.identifiers import to_genes

OTHERS = sorted(symbols.approved_symbols("human"))[::1500]


def sums(ids: list[str], beside: list[str] | None = None) -> dict[str, int]:
    """Return the sums of genes, without those of other rows that make it a table of usual names."""
    names = [*ids, *OTHERS]
    values = np.array([[*(2**n for n in range(len(ids))), *[0] * len(OTHERS)]])
    genes = to_genes(values, names, "human", "counts", other_names=[*beside, *OTHERS] if beside else None)
    return {name: n for name, n in zip(genes.var.index, genes.matrix[0].tolist(), strict=True) if n}


@pytest.mark.parametrize("separator", [".", "-", "_dup"])
def test_rows_that_software_numbered_are_rows_of_their_gene(separator: str) -> None:
    ids = ["RUNX2", "ALPL", f"RUNX2{separator}1", f"RUNX2{separator}2", "SP7"]
    assert sums(ids) == {"RUNX2": 1 + 4 + 8, "ALPL": 2, "SP7": 16}
    note = to_genes(np.ones((1, len(ids) + len(OTHERS))), [*ids, *OTHERS], "human", "counts").notes[0]
    assert note.startswith(
        f"2 names repeat a gene with a number behind it, and were taken as rows of that gene: {ids[2]}"
    )


@pytest.mark.parametrize(
    "ids",
    [
        ["NKX2-1", "NKX2-2", "NKX2-5", "ALPL"],  # genes of their own
        ["HLA-DRB1", "HLA-A", "KRTAP5-1", "KRTAP5-2", "ALPL"],
        ["MIR1-1", "MIR1-2", "ALPL"],
        ["RP11-1.1", "RP11-1.2", "AC000001.1", "ALPL"],  # no gene without the number
        ["RUNX2", "RUNX2-201", "RUNX2-202"],  # transcripts
        ["RUNX2", "RUNX2.2"],  # no first
        ["RUNX2", "RUNX2.01"],
        ["RUNX2", "RUNX2.1.1"],
        ["RUNX2", "RUNX2-AS1"],
        ["RUNX2.1", "ALPL"],  # the gene is not there
        ["nobody", "nobody.1", "ALPL"],
    ],
)
def test_other_numbers_are_part_of_the_name(ids: list[str]) -> None:
    assert list(sums(ids)) == ids


def test_a_gene_with_a_number_of_its_own_stays() -> None:
    ids = ["Krtap13", "Krtap13-1", "Alpl"]  # of the mouse, both approved
    genes = to_genes(np.array([[1, 2, 4]]), ids, "mouse", "counts")
    assert list(genes.var.index) == ids


def test_an_id_beside_the_name_decides() -> None:
    ids, beside = ["RUNX2", "RUNX2-1"], ["ENSG00000124813", "ENSG00000162551"]
    assert sums(ids, beside) == {"RUNX2": 1, "ALPL": 2}
    assert sums(ids, ["ENSG00000124813", "ENSG00000999999"])["RUNX2"] == 1


def test_log_values_keep_the_highest() -> None:
    genes = to_genes(np.array([[1.0, 3.0], [1.0, 2.0]]), ["RUNX2", "RUNX2.1"], "human", "log2")
    assert (list(genes.var.index), genes.matrix.tolist()) == (["RUNX2"], [[3.0], [2.0]])
